//! A template's content on its way into a mall that stands, and what it brought, by id.

use super::catalog::Catalog;
use super::seed::{Keys, Seeding};
use db::Tx;
use kernel::{Id, Result};
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Ids and keys of what was written, so that it can be taken out again.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Brought {
    pub products: Vec<Id>,
    /// Branches before their leaves.
    pub categories: Vec<Id>,
    pub files: Vec<String>,
    pub home_version: Option<i64>,
}

/// Writes a template's freight, categories, goods, search words and home page into a mall that stands.
pub(crate) fn fill(
    app: &App,
    ctx: &Ctx,
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    photos: &HashMap<String, String>,
) -> Result<Brought> {
    let seeding = Seeding { app, ctx, catalog, photos };
    let shop = goods::store::only_shop(tx, ctx.mall_id)?;
    let warehouse = goods::store::default_location(tx, ctx.mall_id, shop)?;
    let freight = seeding.freight(tx)?;
    let categories = seeding.categories(tx)?;
    let products = seeding.products(tx, warehouse, &Keys::new(), &freight, &Keys::new(), &categories)?;
    let words: Vec<&str> = catalog.hot_words.iter().map(String::as_str).collect();
    platform::search::pin(tx, ctx.mall_id, &words, ctx.now)?;
    seeding.home(tx, &categories, &products)?;
    let mut ordered: Vec<Id> = categories.into_values().collect();
    ordered.sort_unstable();
    let home_version =
        tx.opt("select published_number from page where mall_id = $1 and slug = 'home'", &db::args![ctx.mall_id])?;
    Ok(Brought { products: products.into_values().collect(), categories: ordered, files: Vec::new(), home_version })
}
