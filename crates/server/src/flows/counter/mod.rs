//! The counter of a store: a clerk opens a shift, rings up goods under the same quote as online, takes the money in one or
//! several ways, and hands the goods over at once. A sale is an order (ADR 80); what it is paid with moves the shift's drawer.
//! A clerk bound to a store stands at its counter only.

mod basket;
mod buyer;
mod day;
mod give_back;
mod held;
mod receipt;
mod sell;
mod settle;
mod shift;
mod tender;
mod wait;

pub(super) use basket::{CounterGoods, goods_at};
pub(super) use buyer::{CounterMember, member_at_counter};
pub use receipt::{CounterReceipt, receipt_of};
pub use sell::{SellAtCounter, sell_in};

use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::permission::Grants;
use platform::{App, Ctx};
use trade::counter::{self, DrawerKind, Shift, TenderKind};
use trade::order::{self, Move, Status};
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    buyer::shop_routes()
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    shift::routes()
        .merge(buyer::routes())
        .merge(basket::routes())
        .merge(sell::routes())
        .merge(wait::routes())
        .merge(receipt::routes())
        .merge(give_back::routes())
        .merge(held::routes())
        .merge(settle::routes())
        .merge(day::routes())
}

/// A clerk bound to a store stands at its counter only. `counter.other_store` (403).
pub(super) fn at_store(grants: &Grants, store_id: Id) -> Result<()> {
    match grants.store_id {
        Some(own) if own != store_id => Err(Error::forbidden("counter.other_store", "这不是你所在门店的柜台")),
        _ => Ok(()),
    }
}

/// The clerk's own open shift, locked: nothing moves its drawer beside us. `counter.other_clerk` (403),
/// `counter.shift_closed` (409).
fn own_shift(tx: &mut Tx<'_>, ctx: &Ctx, grants: &Grants, id: Id) -> Result<Shift> {
    let shift = counter::lock_shift(tx, ctx.mall_id, id)?;
    at_store(grants, shift.store_id)?;
    if shift.clerk_id != grants.staff_id {
        return Err(Error::forbidden("counter.other_clerk", "这是别人的班次，请用自己的班次"));
    }
    shift.require_open()?;
    Ok(shift)
}

/// Cash that leaves a drawer must lie in it. `counter.drawer_short` (409).
fn take_cash(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    shift_id: Id,
    kind: DrawerKind,
    source_id: Id,
    amount: kernel::Fen,
    note: Option<&str>,
) -> Result<()> {
    let sums = counter::sums_of(tx, ctx.mall_id, &[shift_id])?;
    if sums.get(&shift_id).is_none_or(|sums| sums.expected() < amount) {
        return Err(Error::conflict("counter.drawer_short", "钱箱里的现金不够，请先存入备用金"));
    }
    counter::record(tx, ctx, shift_id, kind, source_id, kernel::Fen(-amount.0), note)
}

/// The money of a sale is here: its cash lies in the drawer, its goods are with the buyer. Called by the settlement of
/// payments, in its transaction, after stock and sums.
pub fn hand_over(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<Status> {
    let order = order::find(tx, ctx.mall_id, order_id)?;
    let sale = counter::of_order(tx, ctx.mall_id, order_id)?
        .ok_or_else(|| Error::internal("an order of the counter without its sale"))?;
    tx.exec(
        "update order_line set shipped_quantity = quantity where mall_id = $1 and order_id = $2",
        &args![ctx.mall_id, order_id],
    )?;
    counter::mark_paid(tx, ctx, order_id)?;
    let tenders = counter::tenders_of(tx, ctx.mall_id, &[order_id])?.remove(&order_id).unwrap_or_default();
    for cash in tenders.iter().filter(|tender| tender.kind == TenderKind::Cash) {
        counter::record(tx, ctx, sale.shift_id, DrawerKind::Sale, cash.payment_id, cash.amount, None)?;
    }
    order::advance(tx, ctx, &order, Move::HandOver, None)
}
