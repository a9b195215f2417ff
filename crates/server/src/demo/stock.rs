//! What the back office shows of stock: warning marks, a stock-take that is written down and one that is being counted.

use db::{Tx, args};
use goods::inventory::{Count, LowMark, NewStockTake, Uneven, count_take, finish_take, mark_low, open_take, post_take};
use kernel::{Id, Result, days, hours};
use platform::Ctx;

pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let places: Vec<(Id, String)> =
        tx.all("select id, kind from location where mall_id = $1 order by kind desc, id", &args![ctx.mall_id])?;
    for (location_id, kind) in &places {
        let rows = rows_of(tx, ctx, *location_id)?;
        let low_mark = if kind == "warehouse" { 8 } else { 2 };
        let marks: Vec<LowMark> =
            rows.iter().map(|(sku_id, _)| LowMark { sku_id: *sku_id, location_id: *location_id, low_mark }).collect();
        mark_low(tx, ctx, &marks)?;
    }
    let mut stores = places.into_iter().filter(|(_, kind)| kind == "store").map(|(id, _)| id);
    if let Some(counted) = stores.next() {
        let then = ctx.at(ctx.now - days(2));
        let take = count_some(tx, &then, counted, "月末盘点", usize::MAX)?;
        finish_take(tx, &then, take)?;
        post_take(tx, &ctx.at(then.now + hours(1)), take, Uneven::Apply)?;
    }
    if let Some(open) = stores.next() {
        count_some(tx, ctx, open, "换季盘点", 6)?;
    }
    Ok(())
}

fn rows_of(tx: &mut Tx<'_>, ctx: &Ctx, location_id: Id) -> Result<Vec<(Id, i64)>> {
    tx.all(
        "select sku_id, on_hand from stock where mall_id = $1 and location_id = $2 order by sku_id",
        &args![ctx.mall_id, location_id],
    )
}

/// A sheet of which the first lines are counted; every fifth is one short, one is one over.
fn count_some(tx: &mut Tx<'_>, ctx: &Ctx, location_id: Id, title: &str, lines: usize) -> Result<Id> {
    let new = NewStockTake { location_id, category_id: None, title: Some(title.to_owned()) };
    let take = open_take(tx, ctx, &new)?;
    let rows = rows_of(tx, ctx, location_id)?;
    let counts: Vec<Count> = rows
        .into_iter()
        .take(lines)
        .enumerate()
        .map(|(place, (sku_id, on_hand))| {
            let off = match place % 5 {
                1 if on_hand > 3 => -1,
                3 if place == 3 => 1,
                _ => 0,
            };
            Count { sku_id, counted: Some(on_hand + off) }
        })
        .collect();
    count_take(tx, ctx, take, &counts)?;
    Ok(take)
}
