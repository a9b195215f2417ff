//! Facets: what the chosen products could be narrowed down to, with counts. Each facet ignores its own filter, so that a
//! second brand can be added to the first.

use super::list::{Selection, Without};
use db::{Tx, args, row};
use kernel::{Id, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::ToSchema;

/// What a list can be narrowed down to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// Most products first.
    pub brands: Vec<BrandFacet>,
    /// Names that more than one value stands under; none while the list is longer than 2,000 products, when they would
    /// mix the facts of chairs with those of cameras.
    pub attributes: Vec<AttributeFacet>,
    pub min_price_fen: Option<i64>,
    pub max_price_fen: Option<i64>,
    /// Products in the whole list.
    pub total: i64,
}

/// Products of a brand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BrandFacet {
    pub id: Id,
    pub name: String,
    pub count: i64,
}

/// Values of an attribute.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AttributeFacet {
    pub name: String,
    pub values: Vec<ValueFacet>,
}

/// Products with a value of an attribute.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ValueFacet {
    pub value: String,
    pub count: i64,
}

/// Attributes are offered for lists up to this length.
const NARROW: i64 = 2_000;
const NAMES_SHOWN: usize = 8;
const VALUES_SHOWN: usize = 12;

/// Products of a brand, or of none, and their prices.
struct BrandRow {
    id: Option<Id>,
    count: i64,
    min_price_fen: i64,
    max_price_fen: i64,
}
row!(BrandRow { id, count, min_price_fen, max_price_fen });

const BRANDS_SHOWN: usize = 30;

impl Selection<'_> {
    pub(super) fn facets(&self, tx: &mut Tx<'_>) -> Result<Facets> {
        let chosen = self.by_brand(tx, Without::Nothing)?;
        let unpriced = if self.has_price() { Some(self.by_brand(tx, Without::Prices)?) } else { None };
        let unbranded = if self.has_brand() { Some(self.by_brand(tx, Without::Brands)?) } else { None };
        let total = chosen.iter().map(|row| row.count).sum();
        let priced = unpriced.as_ref().unwrap_or(&chosen);
        let (min_price_fen, max_price_fen) =
            (priced.iter().map(|row| row.min_price_fen).min(), priced.iter().map(|row| row.max_price_fen).max());
        let brands = self.brand_facets(tx, unbranded.unwrap_or(chosen))?;
        let attributes = if total <= NARROW { attribute_facets(self.attribute_values(tx)?) } else { Vec::new() };
        Ok(Facets { brands, attributes, min_price_fen, max_price_fen, total })
    }

    /// One walk along the chosen products tells how many there are of each brand, and what they cost. Where nothing but
    /// stock narrows them down, the walk is along an index that holds all of it.
    fn by_brand(&self, tx: &mut Tx<'_>, without: Without) -> Result<Vec<BrandRow>> {
        let (from, args) = self.sql(without);
        let brand = if self.is_plain() { "p.brand_id" } else { "p.brand_id + 0" };
        tx.all(
            &format!("select {brand}, count(*), min(p.min_price_fen), max(p.min_price_fen) {from} group by {brand}"),
            &args,
        )
    }

    fn brand_facets(&self, tx: &mut Tx<'_>, mut rows: Vec<BrandRow>) -> Result<Vec<BrandFacet>> {
        rows.retain(|row| row.id.is_some());
        rows.sort_by_key(|row| (Reverse(row.count), row.id));
        rows.truncate(BRANDS_SHOWN);
        let ids: Vec<Id> = rows.iter().filter_map(|row| row.id).collect();
        let named: Vec<(Id, String)> =
            tx.all("select id, name from brand where mall_id = $1 and id = any($2)", &args![self.mall_id(), ids])?;
        let name = |id: Id| named.iter().find(|brand| brand.0 == id).map(|brand| brand.1.clone());
        let facet = |row: BrandRow| Some(BrandFacet { id: row.id?, name: name(row.id?)?, count: row.count });
        Ok(rows.into_iter().filter_map(facet).collect())
    }

    /// `(name, value, products)`, the commonest first. The cross join makes SQLite begin with the chosen products
    /// instead of with every attribute of the mall.
    fn attribute_values(&self, tx: &mut Tx<'_>) -> Result<Vec<(String, String, i64)>> {
        let (from, args) = self.sql(Without::Attributes);
        tx.all(
            &format!(
                "select a.name, a.value, count(*)
                 from (select p.id {from}) chosen
                 cross join product_attribute a
                 where a.mall_id = $1 and a.product_id = chosen.id
                 group by a.name, a.value
                 order by count(*) desc, a.name, a.value
                 limit 500"
            ),
            &args,
        )
    }
}

/// Groups `(name, value, count)`, the commonest first, by name. A name that every product has its own value of (a size
/// in millimetres) narrows nothing down and is left out.
fn attribute_facets(values: Vec<(String, String, i64)>) -> Vec<AttributeFacet> {
    let mut facets: Vec<AttributeFacet> = Vec::new();
    for (name, value, count) in values {
        let value = ValueFacet { value, count };
        match facets.iter_mut().find(|facet| facet.name == name) {
            Some(facet) => facet.values.push(value),
            None => facets.push(AttributeFacet { name, values: vec![value] }),
        }
    }
    let narrows = |facet: &AttributeFacet| facet.values.len() > 1 && facet.values.iter().any(|value| value.count > 1);
    facets.retain(narrows);
    facets.sort_by_key(|facet| Reverse(facet.values.iter().map(|value| value.count).sum::<i64>()));
    facets.truncate(NAMES_SHOWN);
    facets.iter_mut().for_each(|facet| facet.values.truncate(VALUES_SHOWN));
    facets
}
