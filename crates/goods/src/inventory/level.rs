//! The level of a shelf: goods come in, are corrected, counted and moved; and how many are free to promise.
//! A level never falls below what is reserved. Also keeps `product.in_stock`, touched only when a level crosses zero.

use super::movement::{NewMovement, record};
use super::{Demand, Holder, MOST, summed};
use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;
use std::collections::HashMap;

/// One row of stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub on_hand: i64,
    pub reserved: i64,
}
row!(Level { on_hand, reserved });

impl Level {
    /// Pieces that may still be promised.
    pub const fn available(self) -> i64 {
        self.on_hand - self.reserved
    }
}

/// Goods arrive: `quantity` pieces more lie at the location.
pub fn receive(tx: &mut Tx<'_>, ctx: &Ctx, demand: Demand, note: Option<&str>) -> Result<Level> {
    let levels = arrive(tx, ctx, None, &[demand], note)?;
    levels.first().copied().ok_or_else(|| Error::internal("one demand makes one level"))
}

/// Goods of several SKUs arrive together.
pub fn receive_all(tx: &mut Tx<'_>, ctx: &Ctx, demands: &[Demand], note: &str) -> Result<()> {
    arrive(tx, ctx, None, demands, Some(note)).map(drop)
}

/// Goods of a holder come back on the shelf, as after a refund before shipping.
pub fn restock(tx: &mut Tx<'_>, ctx: &Ctx, holder: Holder, demands: &[Demand], note: &str) -> Result<()> {
    arrive(tx, ctx, Some(holder), demands, Some(note)).map(drop)
}

/// Corrects a level by a signed number of pieces.
///
/// # Errors
/// `inventory.below_reserved` (409) when fewer would lie there than are promised; 400 for zero.
pub fn adjust(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku_id: Id,
    location_id: Id,
    delta: i64,
    note: Option<&str>,
) -> Result<Level> {
    if delta == 0 || delta.abs() > MOST {
        return Err(Error::field("quantity", "调整的数量不能是 0"));
    }
    let before = open_level(tx, ctx, sku_id, location_id)?;
    set_level(tx, ctx, sku_id, location_id, before, before.on_hand + delta, "adjust", note)
}

/// Writes down what was counted at the shelf; the difference becomes a movement, also when it is zero.
///
/// # Errors
/// `inventory.below_reserved` (409) when fewer were counted than are promised.
pub fn count(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku_id: Id,
    location_id: Id,
    counted: i64,
    note: Option<&str>,
) -> Result<Level> {
    if !(0..=MOST).contains(&counted) {
        return Err(Error::field("quantity", "盘点数量要在 0 以上"));
    }
    let before = open_level(tx, ctx, sku_id, location_id)?;
    set_level(tx, ctx, sku_id, location_id, before, counted, "count", note)
}

/// Moves pieces that are not promised from one location to another; answers the levels `(from, to)`.
///
/// # Errors
/// `inventory.below_reserved` (409) when not so many are free at `from`.
pub fn transfer(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku_id: Id,
    from: Id,
    to: Id,
    quantity: i64,
    note: Option<&str>,
) -> Result<(Level, Level)> {
    if from == to || !(1..=MOST).contains(&quantity) {
        return Err(Error::field("quantity", "调拨需要两个不同的地点和 1 件以上的商品"));
    }
    // Both rows are locked in id order, so that two opposite transfers do not wait for each other.
    let (first, second) = (from.min(to), from.max(to));
    let levels = [open_level(tx, ctx, sku_id, first)?, open_level(tx, ctx, sku_id, second)?];
    let (at_from, at_to) = if first == from { (levels[0], levels[1]) } else { (levels[1], levels[0]) };
    let left = set_level(tx, ctx, sku_id, from, at_from, at_from.on_hand - quantity, "transfer", note)?;
    let arrived = set_level(tx, ctx, sku_id, to, at_to, at_to.on_hand + quantity, "transfer", note)?;
    Ok((left, arrived))
}

/// Pieces that may be promised at one location, by SKU; a SKU without a row of stock is absent.
pub fn available(tx: &mut Tx<'_>, mall_id: MallId, location_id: Id, sku_ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select sku_id, on_hand - reserved
         from stock
         where mall_id = $1 and location_id = $2 and sku_id = any($3)",
        &args![mall_id, location_id, sku_ids],
    )?;
    Ok(rows.into_iter().collect())
}

/// The same at several locations, by location and SKU.
pub fn available_at(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    location_ids: &[Id],
    sku_ids: &[Id],
) -> Result<HashMap<(Id, Id), i64>> {
    let rows: Vec<(Id, Id, i64)> = tx.all(
        "select location_id, sku_id, on_hand - reserved
         from stock
         where mall_id = $1 and location_id = any($2) and sku_id = any($3)",
        &args![mall_id, location_ids, sku_ids],
    )?;
    Ok(rows.into_iter().map(|(location_id, sku_id, left)| ((location_id, sku_id), left)).collect())
}

/// The most pieces one location could promise, by SKU: an order is filled from one place, so places do not add up.
/// This is the `available` that shoppers see before they chose between delivery and pickup.
pub fn best_available(tx: &mut Tx<'_>, mall_id: MallId, sku_ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select sku_id, max(on_hand - reserved)
         from stock
         where mall_id = $1 and sku_id = any($2)
         group by sku_id",
        &args![mall_id, sku_ids],
    )?;
    Ok(rows.into_iter().collect())
}

/// Rows of stock at or below their mark, of products that are on sale; for the dashboard.
pub fn low_count(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    tx.one(
        "select count(*)
         from stock t
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where t.mall_id = $1 and t.on_hand - t.reserved <= t.low_mark
           and k.deleted_at is null and p.deleted_at is null and p.status = 'on_sale'",
        &args![mall_id],
    )
}

/// Brings `product.in_stock` up to date for the products of these SKUs: true while any location can promise any of
/// their SKUs. Called when a level crossed zero, after all stock rows of a verb are taken.
pub(crate) fn refresh_in_stock(tx: &mut Tx<'_>, ctx: &Ctx, sku_ids: &[Id]) -> Result<()> {
    if sku_ids.is_empty() {
        return Ok(());
    }
    let product_ids: Vec<Id> = tx.all(
        "select p.id
         from product p
         where p.mall_id = $1 and p.id in (select k.product_id from sku k where k.mall_id = $1 and k.id = any($2))
         order by p.id
         for update",
        &args![ctx.mall_id, sku_ids],
    )?;
    refresh_products(tx, ctx, &product_ids)
}

/// As [`refresh_in_stock`], for products, and the sum of what lies on the shelves, from which SKUs that were deleted are
/// gone. The rows were locked by a statement before, so that this one sees what another
/// transaction, emptying another SKU of the same product, has committed meanwhile.
pub(crate) fn refresh_products(tx: &mut Tx<'_>, ctx: &Ctx, product_ids: &[Id]) -> Result<()> {
    let changed: Vec<Id> = tx.all(
        "with truth as (
           select p.id as product_id, exists (
             select 1
             from sku k
             join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
             where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null and t.on_hand > t.reserved
           ) as in_stock, coalesce((
             select cast(sum(t.on_hand) as bigint)
             from sku k
             join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
             where k.mall_id = p.mall_id and k.product_id = p.id and k.deleted_at is null
           ), 0) as on_hand
           from product p
           where p.mall_id = $1 and p.id = any($2)
         )
         update product
         set in_stock = truth.in_stock, on_hand = truth.on_hand
         from truth
         where product.mall_id = $1 and product.id = truth.product_id
           and (product.in_stock <> truth.in_stock or product.on_hand <> truth.on_hand)
         returning product.id",
        &args![ctx.mall_id, product_ids],
    )?;
    for id in &changed {
        ctx.touch(tx, Topic::Product(ctx.mall_id, *id));
    }
    if !changed.is_empty() {
        ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    }
    Ok(())
}

fn arrive(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holder: Option<Holder>,
    demands: &[Demand],
    note: Option<&str>,
) -> Result<Vec<Level>> {
    let demands = summed(demands)?;
    let mut levels = Vec::with_capacity(demands.len());
    let mut movements = Vec::with_capacity(demands.len());
    let mut refilled = Vec::new();
    for d in &demands {
        let level: Level = tx.one(
            "insert into stock (mall_id, sku_id, location_id, on_hand, updated_at)
             values ($1, $2, $3, $4, $5)
             on conflict (mall_id, sku_id, location_id)
             do update set on_hand = stock.on_hand + excluded.on_hand, updated_at = excluded.updated_at
             returning on_hand, reserved",
            &args![ctx.mall_id, d.sku_id, d.location_id, d.quantity, ctx.now],
        )?;
        if level.available() <= d.quantity {
            refilled.push(d.sku_id);
        }
        levels.push(level);
        movements.push(NewMovement {
            sku_id: d.sku_id,
            location_id: d.location_id,
            kind: "receive",
            on_hand_delta: d.quantity,
            reserved_delta: 0,
            holder,
            note,
        });
    }
    record(tx, ctx, &movements)?;
    refresh_in_stock(tx, ctx, &refilled)?;
    Ok(levels)
}

/// The row of stock, made if there is none, and locked until the transaction ends.
fn open_level(tx: &mut Tx<'_>, ctx: &Ctx, sku_id: Id, location_id: Id) -> Result<Level> {
    tx.exec(
        "insert into stock (mall_id, sku_id, location_id, updated_at) values ($1, $2, $3, $4) on conflict do nothing",
        &args![ctx.mall_id, sku_id, location_id, ctx.now],
    )?;
    tx.one(
        "select on_hand, reserved from stock where mall_id = $1 and sku_id = $2 and location_id = $3 for update",
        &args![ctx.mall_id, sku_id, location_id],
    )
}

fn set_level(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sku_id: Id,
    location_id: Id,
    before: Level,
    on_hand: i64,
    kind: &'static str,
    note: Option<&str>,
) -> Result<Level> {
    if on_hand < before.reserved {
        let message = if before.reserved == 0 {
            format!("现在只有 {} 件，不够扣减", before.on_hand)
        } else {
            format!("已有 {} 件被订单占用，库存不能少于这个数", before.reserved)
        };
        return Err(Error::conflict("inventory.below_reserved", message).at("quantity"));
    }
    let after: Level = tx.one(
        "update stock
         set on_hand = $4, updated_at = $5
         where mall_id = $1 and sku_id = $2 and location_id = $3
         returning on_hand, reserved",
        &args![ctx.mall_id, sku_id, location_id, on_hand, ctx.now],
    )?;
    record(
        tx,
        ctx,
        &[NewMovement {
            sku_id,
            location_id,
            kind,
            on_hand_delta: on_hand - before.on_hand,
            reserved_delta: 0,
            holder: None,
            note,
        }],
    )?;
    if (before.available() > 0) != (after.available() > 0) {
        refresh_in_stock(tx, ctx, &[sku_id])?;
    }
    Ok(after)
}
