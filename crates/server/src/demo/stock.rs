//! What the back office shows of stock: warning marks, a stock-take that is written down and one that is being counted,
//! goods on their way to a store, a transfer that arrived with a broken piece, and one a store asks for.

use db::{Tx, args};
use goods::inventory::{
    Count, DifferenceReason, LowMark, NewStockTake, NewTransferSheet, ReceivedLine, TransferPieces, TransferReceipt,
    Uneven, count_take, finish_take, mark_low, open_take, open_transfer, post_take, receive_transfer, send_transfer,
};
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
    transfers(tx, ctx, &places)?;
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

/// The warehouse sends to its stores what it has plenty of.
fn transfers(tx: &mut Tx<'_>, ctx: &Ctx, places: &[(Id, String)]) -> Result<()> {
    let warehouse: Option<Id> =
        tx.opt("select id from location where mall_id = $1 and is_default order by id limit 1", &args![ctx.mall_id])?;
    let stores: Vec<Id> = places.iter().filter(|(_, kind)| kind == "store").map(|(id, _)| *id).collect();
    let (Some(warehouse), [first, .., last]) = (warehouse, &stores[..]) else { return Ok(()) };
    let plenty: Vec<Id> =
        rows_of(tx, ctx, warehouse)?.into_iter().filter(|(_, on_hand)| *on_hand >= 40).map(|(id, _)| id).collect();
    let some = |to: Id, note: &str, skus: &[Id], quantity: i64| NewTransferSheet {
        from_location_id: warehouse,
        to_location_id: to,
        lines: skus.iter().map(|sku_id| TransferPieces { sku_id: *sku_id, quantity }).collect(),
        note: Some(note.to_owned()),
    };
    if plenty.len() < 6 {
        return Ok(());
    }
    let earlier = ctx.at(ctx.now - days(3));
    let came = open_transfer(tx, &earlier, None, &some(*last, "每周补货", &plenty[..2], 4))?;
    send_transfer(tx, &earlier, None, came)?;
    let whole = ReceivedLine { sku_id: plenty[0], received: 4, missing: 0, reason: None, note: None };
    let broken = ReceivedLine {
        sku_id: plenty[1],
        received: 3,
        missing: 1,
        reason: Some(DifferenceReason::Damaged),
        note: Some("外箱压扁，一件碎了".to_owned()),
    };
    let receipt = TransferReceipt { seen: 8, lines: vec![whole, broken] };
    receive_transfer(tx, &ctx.at(earlier.now + hours(5)), None, came, &receipt)?;
    let today = ctx.at(ctx.now - hours(3));
    let underway = open_transfer(tx, &today, None, &some(*first, "早班车，浙A·7H621", &plenty[2..5], 3))?;
    send_transfer(tx, &today, None, underway)?;
    open_transfer(tx, ctx, None, &some(*last, "周末活动，请多备一些", &plenty[4..6], 5))?;
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
