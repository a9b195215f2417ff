//! Services booked by time. The deposit of a booking is an order whose line is the service (ADR 110): it is paid, given back and
//! reported like any other, and its code is the one a store redeems. This flow joins the two, and is what orders call when one
//! of theirs is of a booking.

mod act;
mod board;
mod book;
mod browse;
mod clock;
mod manage;
mod mine;
mod rest;
mod tell;
mod view;

pub use book::{Asked, book_in};
pub use clock::{remind, sweep_no_shows};
pub use rest::rest_line;
pub use tell::{cancelled as tell_cancelled, changed as tell_changed, made as tell_made, reminder as tell_reminder};
pub use view::{BookingBrief, brief};

use db::Tx;
use kernel::{Error, Fen, Id, Instant, Result, hours};
use platform::permission::Grants;
use platform::{App, Ctx, outbox};
use serde::{Deserialize, Serialize};
use trade::booking::{self, Booking, State};
use utoipa_axum::router::OpenApiRouter;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    browse::shop_routes().merge(book::shop_routes()).merge(mine::shop_routes())
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    manage::admin_routes()
        .merge(browse::admin_routes())
        .merge(book::admin_routes())
        .merge(board::admin_routes())
        .merge(act::admin_routes())
}

/// Events in the outbox.
pub const MADE: &str = "booking.made";
pub const REMINDER: &str = "booking.reminder";
pub const CHANGED: &str = "booking.changed";
pub const CANCELLED: &str = "booking.cancelled";

/// What became of a booking, for those who are told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct News {
    booking_id: Id,
    /// Why the store did it.
    reason: Option<String>,
    refund_fen: i64,
}

fn emit(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    kind: &'static str,
    booking_id: Id,
    reason: Option<&str>,
    refund: Fen,
) -> Result<()> {
    outbox::emit(tx, ctx, kind, &News { booking_id, reason: reason.map(str::to_owned), refund_fen: refund.0 })
}

/// A clerk bound to a store touches only its bookings. `booking.other_store` (403).
fn at_store(grants: &Grants, store_id: Id) -> Result<()> {
    match grants.store_id {
        Some(own) if own != store_id => Err(Error::forbidden("booking.other_store", "这不是你所在门店的预约")),
        _ => Ok(()),
    }
}

/// The deposit of an order is paid. A booking of nothing to pay is written after its order, as booked.
pub fn paid(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let Some(booking) = booking::lock_by_order(tx, ctx.mall_id, order_id)? else { return Ok(()) };
    booking::move_to(tx, ctx, &booking, &[State::Held], State::Booked, None)?;
    emit(tx, ctx, MADE, booking.id, None, Fen::ZERO)
}

/// The order of a deposit was closed unpaid: its time is free again.
pub fn closed_unpaid(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let Some(booking) = booking::lock_by_order(tx, ctx.mall_id, order_id)? else { return Ok(()) };
    booking::move_to(tx, ctx, &booking, &[State::Held], State::Lapsed, None)
}

/// The order of a deposit was paid back whole, by whomever: nobody comes any more.
pub fn paid_back(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, amount: Fen, reason: &str) -> Result<()> {
    let Some(booking) = booking::lock_by_order(tx, ctx.mall_id, order_id)? else { return Ok(()) };
    if booking.state == State::NoShow {
        return Ok(()); // Nobody came, and the rule gives it back.
    }
    booking::move_to(tx, ctx, &booking, &[State::Booked, State::Arrived], State::Cancelled, Some(reason))?;
    emit(tx, ctx, CANCELLED, booking.id, Some(reason), amount)
}

/// How long before its time a booking can be checked in.
const EARLY: i64 = hours(12);

/// Why a booking's code cannot be redeemed now.
pub fn problem(booking: &BookingBrief, now: Instant) -> Option<String> {
    if booking.state == State::Booked && booking.starts_at - now > EARLY {
        return Some("还没到预约的日子".into());
    }
    let open = matches!(booking.state, State::Booked | State::Arrived | State::Started);
    (!open).then(|| booking::not_allowed(booking.state).message().to_owned())
}

/// Somebody came. More of the same booking may come after the first.
pub fn arrived(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let Some(booking) = booking::lock_by_order(tx, ctx.mall_id, order_id)? else { return Ok(()) };
    if matches!(booking.state, State::Arrived | State::Started) {
        return Ok(());
    }
    if booking.state == State::Booked && booking.starts_at - ctx.now > EARLY {
        return Err(Error::conflict("booking.not_today", "还没到预约的日子，要提前请先改约"));
    }
    booking::move_to(tx, ctx, &booking, &[State::Booked], State::Arrived, None)
}

/// Their coming was a mistake and is taken back; not once it was begun.
pub fn not_arrived(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    match booking::lock_by_order(tx, ctx.mall_id, order_id)? {
        Some(booking) => booking::move_to(tx, ctx, &booking, &[State::Arrived], State::Booked, None),
        None => Ok(()),
    }
}

/// What of a booking's deposit is with the store.
fn deposit_of(order: &trade::order::Order) -> Fen {
    Fen(order.paid.0 - order.refunded.0)
}

/// A member's booking; another's does not exist for them.
fn of_member(booking: Booking, member_id: Id) -> Result<Booking> {
    if booking.member_id == member_id {
        return Ok(booking);
    }
    Err(Error::not_found("booking.not_found", "没有找到这个预约"))
}
