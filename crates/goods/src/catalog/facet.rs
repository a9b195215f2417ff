//! Facets: what the chosen products could be narrowed down to, with counts. Each facet ignores its own filter, so that a
//! second brand can be added to the first.

use super::list::{Selection, Without};
use db::{Tx, row};
use kernel::{Id, Result};
use serde::{Deserialize, Serialize};
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
row!(BrandFacet { id, name, count });

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

impl Selection<'_> {
    pub(super) fn facets(&self, tx: &mut Tx<'_>) -> Result<Facets> {
        let (from, args) = self.sql(Without::Nothing);
        let total: i64 = tx.one(&format!("select count(*) {from}"), &args)?;
        let (from, args) = self.sql(Without::Prices);
        let (min_price_fen, max_price_fen): (Option<i64>, Option<i64>) =
            tx.one(&format!("select min(p.min_price_fen), max(p.min_price_fen) {from}"), &args)?;
        let (from, args) = self.sql(Without::Brands);
        let brands = tx.all(
            &format!(
                "select b.id, b.name, chosen.products
                 from (select p.brand_id + 0 as brand_id, count(*) as products {from} group by p.brand_id + 0) chosen
                 join brand b on b.id = chosen.brand_id
                 where b.mall_id = $1
                 order by chosen.products desc, b.id
                 limit 30"
            ),
            &args,
        )?;
        let attributes = if total <= NARROW { attribute_facets(self.attribute_values(tx)?) } else { Vec::new() };
        Ok(Facets { brands, attributes, min_price_fen, max_price_fen, total })
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
    facets.sort_by_key(|facet| std::cmp::Reverse(facet.values.iter().map(|value| value.count).sum::<i64>()));
    facets.truncate(NAMES_SHOWN);
    facets.iter_mut().for_each(|facet| facet.values.truncate(VALUES_SHOWN));
    facets
}
