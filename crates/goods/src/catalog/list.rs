//! The list of products: one statement for every combination of search, filters, sort and cursor.
//! A cursor holds the sort key and the id of the last row, so pages neither repeat nor skip what did not move.

use super::card::{CARD_COLUMNS, CardRow, ProductCard};
use super::facet::Facets;
use db::{Arg, FromRow, Row, Tx};
use kernel::Cursor;
use kernel::{Error, Id, MallId, Result};
use platform::search::{self, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductSort {
    /// With `q` the best match first; otherwise what is in stock before what is not, and the most sold first.
    #[default]
    Default,
    New,
    Sales,
    PriceAsc,
    PriceDesc,
}

/// What of the catalogue to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProductFilter {
    /// Words to search for.
    pub q: Option<String>,
    /// The category and everything below it.
    pub category_id: Option<Id>,
    /// Any of these brands.
    #[serde(default)]
    pub brand_id: Vec<Id>,
    pub min_price_fen: Option<i64>,
    pub max_price_fen: Option<i64>,
    /// `产地:杭州`; of one name any value, of several names all.
    #[serde(default)]
    pub attr: Vec<String>,
    /// `true` leaves out what is sold out.
    pub in_stock: Option<bool>,
    pub tag: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub sort: ProductSort,
    pub cursor: Option<String>,
    /// 1–50, 20 if absent.
    #[param(minimum = 1, maximum = 50)]
    pub limit: Option<i64>,
}

/// A page of products; the first page carries the facets.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductList {
    pub items: Vec<ProductCard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
}

/// A card with the value it is sorted by.
pub(super) struct Ranked {
    pub key: i64,
    pub card: CardRow,
}

impl FromRow for Ranked {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Ranked { key: row.next()?, card: row.next()? })
    }
}

impl ProductFilter {
    pub(super) fn page_size(&self) -> i64 {
        self.limit.unwrap_or(20).clamp(1, 50)
    }

    /// The words searched for, trimmed; `None` when there are none.
    pub(super) fn phrase(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|q| !q.is_empty())
    }

    /// Makes sense of the search and the attributes.
    pub(super) fn prepared(&self, tx: &mut Tx<'_>, mall_id: MallId) -> Result<Selection<'_>> {
        let plan = self.phrase().map(|q| search::plan(tx, mall_id, super::index::KIND, q)).transpose()?.flatten();
        let mut attributes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for attr in self.attr.iter().take(20) {
            let pair = attr.split_once(':').or_else(|| attr.split_once('：'));
            let (name, value) = pair.ok_or_else(|| Error::field("attr", "筛选条件写成 产地:杭州 这样的格式"))?;
            attributes.entry(name.trim()).or_default().push(value.trim());
        }
        Ok(Selection { mall_id, filter: self, plan, attributes })
    }
}

/// What to leave out of a selection, so that a facet offers more than what is already chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    Nothing,
    Brands,
    Attributes,
    Prices,
}

/// A filter ready to be turned into SQL.
pub(super) struct Selection<'a> {
    mall_id: MallId,
    filter: &'a ProductFilter,
    plan: Option<Plan>,
    attributes: BTreeMap<&'a str, Vec<&'a str>>,
}

impl Selection<'_> {
    /// `from … where …` of the chosen products, called `p`, and its arguments. What is in the bin is off sale.
    pub(super) fn sql(&self, without: Without) -> (String, Vec<Arg>) {
        let mut args = vec![Arg::from(self.mall_id)];
        let mut push = |value: Arg| {
            args.push(value);
            args.len()
        };
        let mut conditions = String::from("where p.mall_id = $1\n  and p.status = 'on_sale'");
        if let Some(category_id) = self.filter.category_id {
            let n = push(category_id.into());
            conditions += &format!(
                "\n  and p.category_id in (
                   select c.id
                   from category c
                   join category root on root.mall_id = c.mall_id
                   where c.mall_id = $1 and root.id = ${n} and c.path like root.path || '%'
                 )"
            );
        }
        if !self.filter.brand_id.is_empty() && without != Without::Brands {
            let n = push(Arg::from(&self.filter.brand_id));
            conditions += &format!("\n  and p.brand_id = any(${n})");
        }
        if without != Without::Prices {
            for (bound, operator) in [(self.filter.min_price_fen, ">="), (self.filter.max_price_fen, "<=")] {
                if let Some(fen) = bound {
                    let n = push(fen.into());
                    conditions += &format!("\n  and p.min_price_fen {operator} ${n}");
                }
            }
        }
        if without != Without::Attributes {
            for (name, values) in &self.attributes {
                let (n, v) = (push(Arg::from(*name)), push(Arg::from(values)));
                conditions += &format!(
                    "\n  and p.id in (
                       select a.product_id
                       from product_attribute a
                       where a.mall_id = $1 and a.name = ${n} and a.value = any(${v})
                     )"
                );
            }
        }
        if self.filter.in_stock == Some(true) {
            conditions += "\n  and p.in_stock";
        }
        if let Some(tag) = self.filter.tag.as_deref() {
            let n = push(tag.into());
            conditions += &format!(
                "\n  and p.id in (select t.product_id from product_tag t where t.mall_id = $1 and t.tag = ${n})"
            );
        }
        let join = self.plan.as_ref().map(|plan| plan.join("p.id", &mut args)).unwrap_or_default();
        (format!("from product p\n{join}\n{conditions}"), args)
    }

    pub(super) const fn mall_id(&self) -> MallId {
        self.mall_id
    }

    pub(super) const fn has_price(&self) -> bool {
        self.filter.min_price_fen.is_some() || self.filter.max_price_fen.is_some()
    }

    pub(super) fn has_brand(&self) -> bool {
        !self.filter.brand_id.is_empty()
    }

    /// Neither search nor category, attribute or tag: all products of the mall, but for stock, brand and price.
    pub(super) fn is_plain(&self) -> bool {
        let filter = self.filter;
        self.plan.is_none() && filter.category_id.is_none() && self.attributes.is_empty() && filter.tag.is_none()
    }

    fn order(&self) -> Order {
        let by = |column, falls| Order { key: column, columns: [column].to_vec(), falls };
        match (self.filter.sort, self.plan.is_some()) {
            (ProductSort::Default, true) => by("hit.score", true),
            (ProductSort::Default, false) => Order {
                key: "(case when p.in_stock then 1000000000000 else 0 end) + p.sales_count",
                columns: ["p.in_stock", "p.sales_count"].to_vec(),
                falls: true,
            },
            (ProductSort::New, true) => by("p.id + 0", true),
            (ProductSort::New, false) => by("p.id", true),
            (ProductSort::Sales, true) => by("p.sales_count + 0", true),
            (ProductSort::Sales, false) => by("p.sales_count", true),
            (ProductSort::PriceAsc, true) => by("p.min_price_fen + 0", false),
            (ProductSort::PriceAsc, false) => by("p.min_price_fen", false),
            (ProductSort::PriceDesc, true) => by("p.min_price_fen + 0", true),
            (ProductSort::PriceDesc, false) => by("p.min_price_fen", true),
        }
    }

    /// One row more than the page holds.
    pub(super) fn rows(&self, tx: &mut Tx<'_>) -> Result<Vec<Ranked>> {
        let (from, mut args) = self.sql(Without::Nothing);
        let order = self.order();
        let (direction, operator) = if order.falls { ("desc", "<") } else { ("asc", ">") };
        let mut after = String::new();
        if let Some(cursor) = self.filter.cursor.as_deref().map(Cursor::decode).transpose()? {
            let first = args.len() + 1;
            args.extend(order.position(cursor));
            let places: Vec<String> = (first..=args.len()).map(|n| format!("${n}")).collect();
            after = format!("and ({}, p.id) {operator} ({})", order.columns.join(", "), places.join(", "));
        }
        args.push((self.filter.page_size() + 1).into());
        let by: Vec<String> = order.columns.iter().map(|column| format!("{column} {direction}, ")).collect();
        tx.all(
            &format!(
                "select {key}, {CARD_COLUMNS}
                 {from}
                   {after}
                 order by {by}p.id {direction}
                 limit ${limit}",
                key = order.key,
                by = by.concat(),
                limit = args.len()
            ),
            &args,
        )
    }
}

/// How a list is sorted. With a search the columns are never bare: an index on them would lure the engine into walking
/// all products instead of the few that were found (see [`Plan`]); without one they are exactly those of an index.
struct Order {
    /// One number that tells the place in the order; goes into the cursor.
    key: &'static str,
    columns: Vec<&'static str>,
    falls: bool,
}

impl Order {
    /// A cursor as values of the columns and the id.
    fn position(&self, cursor: Cursor) -> Vec<Arg> {
        let key = match self.columns.len() {
            1 => vec![Arg::from(cursor.key)],
            _ => vec![Arg::from(cursor.key >= IN_STOCK), Arg::from(cursor.key % IN_STOCK)],
        };
        key.into_iter().chain([Arg::from(cursor.id)]).collect()
    }
}

/// Added to the sales of what is in stock in the key of the default order; nobody sells that many.
const IN_STOCK: i64 = 1_000_000_000_000;
