//! Promise, hand over, give back: the three verbs of an order's life, and the hottest path of the program.
//! One guarded update per row of stock, in id order, without reading first; then one insert of reservations and one of
//! movements. `reserved` never exceeds `on_hand`.

use super::level::refresh_in_stock;
use super::movement::{NewMovement, record};
use super::{Demand, Holder, summed};
use crate::label::label;
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Instant, Result};
use platform::Ctx;

/// Keeps stock for a holder, all of it or none.
///
/// # Errors
/// `inventory.sold_out` (409) names the goods and carries `details.sku_ids`; nothing is kept then, even if the caller
/// goes on with its transaction.
pub fn reserve(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holder: Holder,
    demands: &[Demand],
    expires_at: Option<Instant>,
) -> Result<()> {
    let demands = summed(demands)?;
    let mut emptied = Vec::new();
    let mut taken = Vec::with_capacity(demands.len());
    let mut short = Vec::new();
    for demand in &demands {
        match take(tx, ctx, demand)? {
            Some(left) => {
                if left == 0 {
                    emptied.push(demand.sku_id);
                }
                taken.push(*demand);
            }
            None => short.push(*demand),
        }
    }
    if !short.is_empty() {
        for demand in &taken {
            give_back(tx, ctx, demand)?;
        }
        return Err(sold_out(tx, ctx, &short)?);
    }
    let rows: Vec<Vec<Arg>> = taken
        .iter()
        .map(|d| Vec::from(args![ctx.mall_id, holder.kind, holder.id, d.sku_id, d.location_id, d.quantity, expires_at]))
        .collect();
    tx.insert_many(
        "insert into stock_reservation (mall_id, holder_kind, holder_id, sku_id, location_id, quantity, expires_at) values",
        "on conflict (mall_id, holder_kind, holder_id, sku_id, location_id)
         do update set quantity = stock_reservation.quantity + excluded.quantity, expires_at = excluded.expires_at",
        &rows,
    )?;
    record(tx, ctx, &movements("reserve", holder, &taken, 0, 1))?;
    refresh_in_stock(tx, ctx, &emptied)
}

/// Hands over what the holder has reserved: the pieces leave the shelf.
///
/// # Errors
/// `inventory.nothing_reserved` (409) when the holder holds nothing, as after a first commit or a release.
pub fn commit(tx: &mut Tx<'_>, ctx: &Ctx, holder: Holder) -> Result<()> {
    let held = take_reservations(tx, ctx, holder)?;
    if held.is_empty() {
        return Err(Error::conflict("inventory.nothing_reserved", "库存已经处理过了"));
    }
    for d in &held {
        let changed = tx.exec(
            "update stock
             set on_hand = on_hand - $4, reserved = reserved - $4, updated_at = $5
             where mall_id = $1 and sku_id = $2 and location_id = $3 and reserved >= $4",
            &args![ctx.mall_id, d.sku_id, d.location_id, d.quantity, ctx.now],
        )?;
        expect_kept(changed, d)?;
    }
    record(tx, ctx, &movements("commit", holder, &held, -1, -1))
}

/// Gives back what the holder has reserved; answers how many pieces. Zero when nothing was held, so it may be repeated.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, holder: Holder) -> Result<i64> {
    let held = take_reservations(tx, ctx, holder)?;
    if held.is_empty() {
        return Ok(0);
    }
    let mut refilled = Vec::new();
    for demand in &held {
        let left = give_back(tx, ctx, demand)?;
        if left == demand.quantity {
            refilled.push(demand.sku_id);
        }
    }
    record(tx, ctx, &movements("release", holder, &held, 0, -1))?;
    refresh_in_stock(tx, ctx, &refilled)?;
    Ok(held.iter().map(|d| d.quantity).sum())
}

/// Reserves if there is enough; answers what is left available.
fn take(tx: &mut Tx<'_>, ctx: &Ctx, d: &Demand) -> Result<Option<i64>> {
    tx.opt(
        "update stock
         set reserved = reserved + $4, updated_at = $5
         where mall_id = $1 and sku_id = $2 and location_id = $3 and on_hand - reserved >= $4
         returning on_hand - reserved",
        &args![ctx.mall_id, d.sku_id, d.location_id, d.quantity, ctx.now],
    )
}

/// Un-reserves; answers what is available then.
fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, d: &Demand) -> Result<i64> {
    let left: Option<i64> = tx.opt(
        "update stock
         set reserved = reserved - $4, updated_at = $5
         where mall_id = $1 and sku_id = $2 and location_id = $3 and reserved >= $4
         returning on_hand - reserved",
        &args![ctx.mall_id, d.sku_id, d.location_id, d.quantity, ctx.now],
    )?;
    left.ok_or_else(|| broken(d))
}

/// Ends the holder's reservations; whoever deletes them owns what follows, so a concurrent second call finds none.
fn take_reservations(tx: &mut Tx<'_>, ctx: &Ctx, holder: Holder) -> Result<Vec<Demand>> {
    let mut held: Vec<Demand> = tx.all(
        "delete from stock_reservation
         where mall_id = $1 and holder_kind = $2 and holder_id = $3
         returning sku_id, location_id, quantity",
        &args![ctx.mall_id, holder.kind, holder.id],
    )?;
    held.sort_unstable_by_key(|d| (d.sku_id, d.location_id));
    Ok(held)
}
row!(Demand { sku_id, location_id, quantity });

fn movements(
    kind: &'static str,
    holder: Holder,
    demands: &[Demand],
    on_hand: i64,
    reserved: i64,
) -> Vec<NewMovement<'static>> {
    let movement = |d: &Demand| NewMovement {
        sku_id: d.sku_id,
        location_id: d.location_id,
        kind,
        on_hand_delta: on_hand * d.quantity,
        reserved_delta: reserved * d.quantity,
        holder: Some(holder),
        note: None,
    };
    demands.iter().map(movement).collect()
}

fn expect_kept(changed: u64, demand: &Demand) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(broken(demand)) }
}

fn broken(d: &Demand) -> Error {
    Error::internal(format_args!("stock of sku {} at {} holds less than is reserved", d.sku_id, d.location_id))
}

/// The refusal, in words of a shop assistant. Reads only now that the answer is no anyway.
fn sold_out(tx: &mut Tx<'_>, ctx: &Ctx, short: &[Demand]) -> Result<Error> {
    let ids: Vec<Id> = short.iter().map(|d| d.sku_id).collect();
    let rows: Vec<(Id, Id, String, String, i64)> = tx.all(
        "select k.id, t.location_id, p.name, k.option_values, t.on_hand - t.reserved
         from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
         where k.mall_id = $1 and k.id = any($2)",
        &args![ctx.mall_id, &ids],
    )?;
    let sentence = |d: &Demand| {
        let row =
            rows.iter().find(|r| (r.0, r.1) == (d.sku_id, d.location_id)).or(rows.iter().find(|r| r.0 == d.sku_id));
        match row {
            Some((_, at, name, values, left)) if *at == d.location_id && *left > 0 => {
                format!("「{}」只剩 {left} 件", label(name, values))
            }
            Some((_, _, name, values, _)) => format!("「{}」刚刚卖完了", label(name, values)),
            None => String::from("有一件商品刚刚卖完了"),
        }
    };
    let sentences: Vec<String> = short.iter().map(sentence).collect();
    let message = format!("{}，看看别的规格或减少数量", sentences.join("，"));
    Ok(Error::conflict("inventory.sold_out", message).with(serde_json::json!({ "sku_ids": ids })))
}
