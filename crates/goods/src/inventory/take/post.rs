//! The end of a stock-take: the differences become movements, in one transaction.

use super::super::level::refresh_in_stock;
use super::super::movement::{NewMovement, record};
use super::super::{Holder, MOST};
use super::{TakeState, lock, set_state};
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to do with lines whose stock moved after the sheet was opened, and with those that would fall below what
/// orders hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Uneven {
    /// Write nothing while there are any.
    #[default]
    Refuse,
    /// They were counted before the goods moved: the difference holds all the same. Lines below what is held stay out.
    Apply,
    /// Leave them out; they are to be counted again.
    LeaveOut,
}

/// What was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// Lines whose level changed.
    pub changed: i64,
    /// Counted lines that were left out.
    pub left_out: i64,
}

struct Due {
    sku_id: Id,
    expected: i64,
    counted: i64,
    on_hand: i64,
    reserved: i64,
}
row!(Due { sku_id, expected, counted, on_hand, reserved });

impl Due {
    const fn has_moved(&self) -> bool {
        self.on_hand != self.expected
    }

    /// What would lie there.
    const fn after(&self) -> i64 {
        self.on_hand + self.counted - self.expected
    }

    const fn is_blocked(&self) -> bool {
        self.after() < self.reserved || self.after() > MOST
    }
}

/// Writes the differences of a counted sheet into the stock.
///
/// # Errors
/// `stock_take.moved` (409) where goods moved since the sheet was opened and nobody decided, `stock_take.below_reserved`
/// (409) where fewer would lie there than orders hold, `stock_take.wrong_state` (409).
pub fn post(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, uneven: Uneven) -> Result<Posted> {
    let (location_id, title) = lock(tx, ctx, id, &[TakeState::Counted])?;
    let rows: Vec<Due> = tx.all(
        "select n.sku_id, n.expected, n.counted, t.on_hand, t.reserved
         from stock_take_line n
         join stock t on t.mall_id = n.mall_id and t.sku_id = n.sku_id and t.location_id = $3
         where n.mall_id = $1 and n.stock_take_id = $2 and n.counted is not null
         order by n.sku_id
         for update",
        &args![ctx.mall_id, id, location_id],
    )?;
    if uneven == Uneven::Refuse {
        refuse_uneven(&rows)?;
    }
    let (due, out): (Vec<&Due>, Vec<&Due>) =
        rows.iter().partition(|row| !row.is_blocked() && (uneven == Uneven::Apply || !row.has_moved()));
    write(tx, ctx, id, location_id, &title, &due)?;
    let out: Vec<Id> = out.into_iter().map(|row| row.sku_id).collect();
    tx.exec(
        "update stock_take_line
         set posted_delta = counted - expected
         where mall_id = $1 and stock_take_id = $2 and counted is not null and sku_id <> all($3)",
        &args![ctx.mall_id, id, &out],
    )?;
    set_state(tx, ctx, id, TakeState::Posted)?;
    let changed = due.iter().filter(|row| row.after() != row.on_hand).count();
    let whole = |count: usize| i64::try_from(count).map_err(Error::internal);
    Ok(Posted { changed: whole(changed)?, left_out: whole(out.len())? })
}

fn refuse_uneven(rows: &[Due]) -> Result<()> {
    let moved = rows.iter().filter(|row| row.has_moved()).count();
    if moved > 0 {
        let message = format!("有 {moved} 行在盘点期间有出入库，请决定是重新数，还是按差额过账");
        return Err(Error::conflict("stock_take.moved", message));
    }
    let blocked = rows.iter().filter(|row| row.is_blocked()).count();
    if blocked > 0 {
        let message = format!("有 {blocked} 行的实盘数量少于订单占用的数量，请先处理订单，或者把这些行留下");
        return Err(Error::conflict("stock_take.below_reserved", message));
    }
    Ok(())
}

fn write(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, location_id: Id, title: &str, due: &[&Due]) -> Result<()> {
    let changing: Vec<&Due> = due.iter().copied().filter(|row| row.after() != row.on_hand).collect();
    // The rows are locked, so what they will hold can be told as a number.
    let levels: Vec<Vec<Arg>> = changing
        .iter()
        .map(|row| Vec::from(args![ctx.mall_id, row.sku_id, location_id, row.after(), ctx.now]))
        .collect();
    tx.insert_many(
        "insert into stock (mall_id, sku_id, location_id, on_hand, updated_at) values",
        "on conflict (mall_id, sku_id, location_id)
         do update set on_hand = excluded.on_hand, updated_at = excluded.updated_at",
        &levels,
    )?;
    let movements: Vec<NewMovement<'_>> = changing
        .iter()
        .map(|row| NewMovement {
            sku_id: row.sku_id,
            location_id,
            kind: "count",
            on_hand_delta: row.after() - row.on_hand,
            reserved_delta: 0,
            holder: Some(Holder { kind: "stock_take", id }),
            note: Some(title),
        })
        .collect();
    record(tx, ctx, &movements)?;
    let crossed: Vec<Id> = changing
        .iter()
        .filter(|row| (row.on_hand > row.reserved) != (row.after() > row.reserved))
        .map(|row| row.sku_id)
        .collect();
    refresh_in_stock(tx, ctx, &crossed)
}
