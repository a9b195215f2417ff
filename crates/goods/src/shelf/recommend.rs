//! What a shopper may like: what sells best in the categories they looked at last, then what sells best at all. Without a
//! shopper, or for one who does not want it in person, only the latter.

use crate::catalog::{CARD_COLUMNS, CardRow, ProductCard};
use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::App;
use std::collections::HashSet;

/// How far back is looked.
const LOOKED_AT: i64 = 20;
/// In how many categories.
const CATEGORIES: usize = 4;
const MOST: i64 = 20;

/// At most `limit` products on sale; those just looked at come last.
pub fn recommended(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    of: Option<Id>,
    limit: i64,
) -> Result<Vec<ProductCard>> {
    rows(tx, mall_id, of, limit)?.into_iter().map(|row| row.card(app)).collect()
}

pub(super) fn rows(tx: &mut Tx<'_>, mall_id: MallId, of: Option<Id>, limit: i64) -> Result<Vec<CardRow>> {
    let limit = limit.clamp(1, MOST);
    let looked_at = of.map(|shopper| looked_at(tx, mall_id, shopper)).transpose()?.unwrap_or_default();
    let mut categories: Vec<Id> = Vec::new();
    for (_, category_id) in &looked_at {
        if categories.len() < CATEGORIES && !categories.contains(category_id) {
            categories.push(*category_id);
        }
    }
    let seen: HashSet<Id> = looked_at.iter().map(|(id, _)| *id).collect();
    let mut rows = if categories.is_empty() { Vec::new() } else { of_categories(tx, mall_id, &categories)? };
    rows.extend(best_selling(tx, mall_id)?);
    let mut known = HashSet::new();
    rows.retain(|row| known.insert(row.id));
    let (again, fresh): (Vec<CardRow>, Vec<CardRow>) = rows.into_iter().partition(|row| seen.contains(&row.id));
    Ok(fresh.into_iter().chain(again).take(usize::try_from(limit).unwrap_or(0)).collect())
}

fn looked_at(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<Vec<(Id, Id)>> {
    tx.all(
        "select p.id, p.category_id
         from browse_history h
         join product p on p.mall_id = h.mall_id and p.id = h.product_id
         where h.mall_id = $1 and h.member_id = $2 and p.deleted_at is null
         order by h.seen_at desc, h.product_id desc
         limit $3",
        &args![mall_id, shopper, LOOKED_AT],
    )
}

/// The best of each category in turn, so that none crowds out the others.
fn of_categories(tx: &mut Tx<'_>, mall_id: MallId, category_ids: &[Id]) -> Result<Vec<CardRow>> {
    tx.all(
        &format!(
            "select {CARD_COLUMNS}
             from (
               select q.id as id, q.mall_id as mall_id,
                 row_number() over (partition by q.category_id order by q.sales_count desc, q.id desc) as place
               from product q
               where q.mall_id = $1 and q.category_id = any($2) and q.status = 'on_sale' and q.in_stock
             ) ranked
             join product p on p.mall_id = ranked.mall_id and p.id = ranked.id
             where ranked.place <= $3
             order by ranked.place, p.sales_count desc, p.id desc"
        ),
        &args![mall_id, category_ids, MOST],
    )
}

fn best_selling(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<CardRow>> {
    tx.all(
        &format!(
            "select {CARD_COLUMNS}
             from product p
             where p.mall_id = $1 and p.status = 'on_sale' and p.in_stock
             order by p.sales_count desc, p.id desc
             limit $2"
        ),
        &args![mall_id, MOST + LOOKED_AT],
    )
}
