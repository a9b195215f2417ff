//! The rest of a price, at the counter: a sale like any other whose line is what is left to pay of a booking.

use super::at_store;
use super::book::{line_of, request_of};
use super::view::rest_of;
use db::Tx;
use goods::store;
use kernel::{Error, Fen, Id, Result};
use platform::Ctx;
use platform::permission::Grants;
use trade::booking::{self, Booking, State};
use trade::order::{self, Status};
use trade::quote::Request;

/// What is left to pay of a booking, as a request for the counter's quote. `booking.nothing_left`, `booking.not_allowed` (409).
pub fn rest_line(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    grants: &Grants,
    store_id: Id,
    booking_id: Id,
) -> Result<(Booking, Request)> {
    // Not locked: naming the sale in the booking is what two counters at once take turns at.
    let booking = booking::find(tx, ctx.mall_id, booking_id)?;
    at_store(grants, booking.store_id)?;
    if booking.store_id != store_id {
        return Err(Error::forbidden("booking.other_store", "这是另一家门店的预约"));
    }
    if !matches!(booking.state, State::Arrived | State::Started | State::Finished) {
        return Err(booking::not_allowed(booking.state));
    }
    let order = order::find(tx, ctx.mall_id, booking.order_id)?;
    let rest = match booking.rest_order_id {
        Some(id) => Some(order::find(tx, ctx.mall_id, id)?),
        None => None,
    };
    if rest.as_ref().is_some_and(|rest| rest.status == Status::Unpaid) {
        return Err(Error::conflict("booking.rest_moved", "尾款正在另一个柜台收，请稍后再看"));
    }
    let left = rest_of(&booking, &order, rest.as_ref());
    if left == Fen::ZERO {
        return Err(Error::conflict("booking.nothing_left", "这个预约没有要收的尾款"));
    }
    let service = booking::find_service(tx, ctx.mall_id, booking.service_id)?;
    let store = store::find_store(tx, ctx.mall_id, booking.store_id)?;
    let what = if order.total == Fen::ZERO { "到店付款" } else { "预约尾款" };
    let mut request = request_of(booking.member_id, &store, line_of(&service, &store, left, what), 1)?;
    request.at_counter = true;
    Ok((booking, request))
}
