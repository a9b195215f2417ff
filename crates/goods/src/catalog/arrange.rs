//! The order in which shoppers see categories and brands, written as a whole: what staff dragged together is one request
//! and one transaction. A list that misses something somebody just added is refused, so nothing loses its place silently.

use super::category::{CategoryRow, DEEPEST, categories};
use db::{Arg, Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;
use platform::cache::Topic;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Where a category stands: below whom; its place among its siblings is its place in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryPlace {
    pub id: Id,
    /// Absent for the top level.
    pub parent_id: Option<Id>,
}

/// Every category of the mall, siblings in their order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryOrder {
    pub places: Vec<CategoryPlace>,
}

/// Every brand of the mall in order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BrandOrder {
    pub ids: Vec<Id>,
}

fn list_changed() -> Error {
    Error::conflict("catalog.list_changed", "列表刚刚有变化，请刷新后再排")
}

/// Puts all categories where they are told to stand; answers how many moved.
///
/// # Errors
/// `catalog.list_changed` (409) when the list is not the mall's; 400 for a circle or a fourth level.
pub fn arrange_categories(tx: &mut Tx<'_>, ctx: &Ctx, order: &CategoryOrder) -> Result<usize> {
    let rows = categories(tx, ctx.mall_id)?;
    let known: HashSet<Id> = rows.iter().map(|row| row.id).collect();
    let told: HashSet<Id> = order.places.iter().map(|place| place.id).collect();
    if told != known || told.len() != order.places.len() {
        return Err(list_changed());
    }
    let parents: HashMap<Id, Option<Id>> = order.places.iter().map(|place| (place.id, place.parent_id)).collect();
    let mut counts: HashMap<Option<Id>, i64> = HashMap::new();
    let mut moved = Vec::new();
    let by_id: HashMap<Id, &CategoryRow> = rows.iter().map(|row| (row.id, row)).collect();
    for place in &order.places {
        let position = counts.entry(place.parent_id).or_default();
        *position += 1;
        let path = path_of(place.id, &parents)?;
        let row = by_id[&place.id];
        if (row.parent_id, row.position, &row.path) != (place.parent_id, *position, &path) {
            moved.push(Vec::from(args![place.id, ctx.mall_id, place.parent_id, path, &row.name, *position]));
        }
    }
    tx.insert_many(
        "insert into category (id, mall_id, parent_id, path, name, position) values",
        "on conflict (mall_id, id)
         do update set parent_id = excluded.parent_id, path = excluded.path, position = excluded.position",
        &moved,
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(moved.len())
}

/// `/1/5/`, walked from the category to the top.
fn path_of(id: Id, parents: &HashMap<Id, Option<Id>>) -> Result<String> {
    let mut chain = vec![id];
    let mut at = id;
    while let Some(parent) = parents.get(&at).copied().ok_or_else(list_changed)? {
        if chain.contains(&parent) {
            return Err(Error::field("places", "分类不能放到它自己下面"));
        }
        chain.push(parent);
        at = parent;
    }
    if chain.len() > DEEPEST {
        return Err(Error::field("places", "分类最多三级"));
    }
    Ok(chain.iter().rev().fold(String::from("/"), |path, id| format!("{path}{id}/")))
}

/// Puts all brands in order; answers how many moved.
///
/// # Errors
/// `catalog.list_changed` (409) when the list is not the mall's.
pub fn arrange_brands(tx: &mut Tx<'_>, ctx: &Ctx, order: &BrandOrder) -> Result<usize> {
    let rows = super::brand::brands(tx, ctx.mall_id)?;
    let known: HashSet<Id> = rows.iter().map(|row| row.id).collect();
    let told: HashSet<Id> = order.ids.iter().copied().collect();
    if told != known || told.len() != order.ids.len() {
        return Err(list_changed());
    }
    let by_id: HashMap<Id, (&str, i64)> = rows.iter().map(|row| (row.id, (row.name.as_str(), row.position))).collect();
    let moved: Vec<Vec<Arg>> = (1i64..)
        .zip(&order.ids)
        .filter(|(position, id)| by_id[id].1 != *position)
        .map(|(position, id)| Vec::from(args![*id, ctx.mall_id, by_id[id].0, position]))
        .collect();
    tx.insert_many(
        "insert into brand (id, mall_id, name, position) values",
        "on conflict (mall_id, id) do update set position = excluded.position",
        &moved,
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(moved.len())
}
