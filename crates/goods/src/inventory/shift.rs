//! Many levels at once: rows are made and locked in id order, then written in one go with their movements.
//! A level never falls below what is reserved.

use super::level::refresh_in_stock;
use super::movement::{NewMovement, record};
use super::{Holder, MOST};
use db::{Arg, Tx, args, row};
use kernel::{Id, Result};
use platform::Ctx;

/// Pieces that come to a place, or leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub sku_id: Id,
    pub location_id: Id,
    /// Not zero.
    pub delta: i64,
}

/// A level before it is changed.
#[derive(Debug, Clone, Copy)]
struct Before {
    sku_id: Id,
    location_id: Id,
    on_hand: i64,
    reserved: i64,
}
row!(Before { sku_id, location_id, on_hand, reserved });

/// A shift that cannot be: so many pieces are free there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    pub sku_id: Id,
    pub free: i64,
}

/// Changes levels, each SKU at a place once; answers those that cannot be, and writes nothing then.
pub(super) fn shift(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holder: Holder,
    kind: &'static str,
    note: Option<&str>,
    shifts: &[Shift],
) -> Result<Vec<Short>> {
    let mut shifts = shifts.to_vec();
    shifts.sort_unstable_by_key(|s| (s.sku_id, s.location_id));
    let rows = open_all(tx, ctx, &shifts)?;
    let before = |s: &Shift| rows.iter().find(|row| (row.sku_id, row.location_id) == (s.sku_id, s.location_id));
    let free = |s: &Shift| before(s).map_or(0, |row| row.on_hand - row.reserved);
    let on_hand = |s: &Shift| before(s).map_or(0, |row| row.on_hand);
    let blocked = |s: &&Shift| free(s) + s.delta < 0 || on_hand(s) + s.delta > MOST;
    let short: Vec<Short> = shifts.iter().filter(blocked).map(|s| Short { sku_id: s.sku_id, free: free(s) }).collect();
    if !short.is_empty() {
        return Ok(short);
    }
    // The rows are locked, so what they will hold can be told as a number.
    let levels: Vec<Vec<Arg>> = shifts
        .iter()
        .map(|s| Vec::from(args![ctx.mall_id, s.sku_id, s.location_id, on_hand(s) + s.delta, ctx.now]))
        .collect();
    tx.insert_many(
        "insert into stock (mall_id, sku_id, location_id, on_hand, updated_at) values",
        "on conflict (mall_id, sku_id, location_id)
         do update set on_hand = excluded.on_hand, updated_at = excluded.updated_at",
        &levels,
    )?;
    let movements: Vec<NewMovement<'_>> = shifts
        .iter()
        .map(|s| NewMovement {
            sku_id: s.sku_id,
            location_id: s.location_id,
            kind,
            on_hand_delta: s.delta,
            reserved_delta: 0,
            holder: Some(holder),
            note,
        })
        .collect();
    record(tx, ctx, &movements)?;
    let crossed: Vec<Id> =
        shifts.iter().filter(|s| (free(s) > 0) != (free(s) + s.delta > 0)).map(|s| s.sku_id).collect();
    refresh_in_stock(tx, ctx, &crossed)?;
    Ok(short)
}

/// The rows, made where there are none, locked in the order of SKU and place.
fn open_all(tx: &mut Tx<'_>, ctx: &Ctx, shifts: &[Shift]) -> Result<Vec<Before>> {
    let arriving: Vec<Vec<Arg>> = shifts
        .iter()
        .filter(|s| s.delta > 0)
        .map(|s| Vec::from(args![ctx.mall_id, s.sku_id, s.location_id, ctx.now]))
        .collect();
    tx.insert_many(
        "insert into stock (mall_id, sku_id, location_id, updated_at) values",
        "on conflict (mall_id, sku_id, location_id) do nothing",
        &arriving,
    )?;
    let sku_ids: Vec<Id> = shifts.iter().map(|s| s.sku_id).collect();
    let mut places: Vec<Id> = shifts.iter().map(|s| s.location_id).collect();
    places.sort_unstable();
    places.dedup();
    tx.all(
        "select sku_id, location_id, on_hand, reserved
         from stock
         where mall_id = $1 and sku_id = any($2) and location_id = any($3)
         order by sku_id, location_id
         for update",
        &args![ctx.mall_id, sku_ids, places],
    )
}
