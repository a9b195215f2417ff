//! What the store does with a booking: somebody came, it begins, it is over, nobody came; another time; off, with the deposit
//! back.

use super::book::read;
use super::view::BookingView;
use super::{CHANGED, arrived, at_store, emit, mine};
use crate::flows::{close, detail, refund};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Fen, Id, Instant, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::booking::{self, Booking, State as BookingState};
use trade::order::{self, Move, Status};
use trade::pickup;
use trade::redemption::{self, Kind, NewRedemption, Piece, Proof};
use trade::shipping;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(step_booking))
        .routes(routes!(reschedule_booking))
        .routes(routes!(cancel_booking))
}

/// What happened at the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingStep {
    /// Somebody came, and their code was not scanned.
    Arrive,
    Start,
    Finish,
    /// Nobody came; not before it begins.
    NoShow,
}

/// A step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBooking {
    pub step: BookingStep,
}

/// Say what happened with a booking.
///
/// Needs `booking.manage`. Who comes with a code is redeemed with it (`POST /redeem`); `arrive` is for those without.
#[utoipa::path(post, path = "/bookings/{id}/step", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = StepBooking, responses((status = 200, body = BookingView),
    (status = 403, body = ProblemBody, description = "`booking.other_store`"),
    (status = 404, body = ProblemBody, description = "`booking.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.not_allowed`, `booking.not_today`, `booking.not_begun`, `order.after_sale_open`")))]
async fn step_booking(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Path(id): Path<Id>,
    Json(request): Json<StepBooking>,
) -> Answer<Json<BookingView>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(&app, "booking.step", move |tx, ctx| {
            let booking = lock_with_order(tx, ctx, id)?.0;
            at_store(&grants, booking.store_id)?;
            let said = match request.step {
                BookingStep::Arrive => {
                    come(tx, ctx, &booking)?;
                    "到店"
                }
                BookingStep::Start => {
                    booking::move_to(tx, ctx, &booking, &[BookingState::Arrived], BookingState::Started, None)?;
                    "开始服务"
                }
                BookingStep::Finish => {
                    let from = [BookingState::Arrived, BookingState::Started];
                    booking::move_to(tx, ctx, &booking, &from, BookingState::Finished, None)?;
                    "服务完成"
                }
                BookingStep::NoShow => {
                    if ctx.now < booking.starts_at {
                        return Err(Error::conflict("booking.not_begun", "还没到预约的时间"));
                    }
                    miss(tx, ctx, &booking)?;
                    "未到店"
                }
            };
            Ok(((), Note::new("booking", id, format!("{} {said}", booking.service_name))))
        })
        .await?;
    Ok(Json(read(&app, mall_id, id, staff.ctx.now).await?))
}

/// The order first, then the booking: as everybody does who moves both.
pub(super) fn lock_with_order(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(Booking, order::Order)> {
    let order_id = booking::find(tx, ctx.mall_id, id)?.order_id;
    let order = order::lock(tx, ctx.mall_id, order_id)?;
    Ok((booking::lock(tx, ctx.mall_id, id)?, order))
}

/// Everybody of a booking came, without a code: written down where codes are.
fn come(tx: &mut Tx<'_>, ctx: &Ctx, booking: &Booking) -> Result<()> {
    if booking.state != BookingState::Booked {
        return Err(booking::not_allowed(booking.state));
    }
    let order = order::find(tx, ctx.mall_id, booking.order_id)?;
    if trade::after_sale::is_open(tx, ctx.mall_id, order.id)? {
        return Err(Error::conflict("order.after_sale_open", "这个预约正在申请退款，请先处理售后申请"));
    }
    Move::Redeem.apply(order.status, order.delivery)?;
    arrived(tx, ctx, order.id)?;
    let pickup = pickup::of_order(tx, ctx.mall_id, order.id)?
        .ok_or_else(|| Error::internal("a booking that was paid has no code"))?;
    let left = shipping::unshipped(tx, ctx.mall_id, order.id)?;
    let pieces: Vec<Piece> = left.iter().map(|line| Piece { line_id: line.line_id, quantity: line.quantity }).collect();
    pickup::hand_over(tx, ctx, &pickup, &pieces)?;
    let key = ctx.id().to_string();
    redemption::record(
        tx,
        ctx,
        &NewRedemption {
            kind: Kind::Service,
            subject_id: order.id,
            store_id: booking.store_id,
            request_key: &key,
            proof: Proof::Typed,
            pieces: &pieces,
            handed_at: ctx.now,
        },
    )?;
    pickup::finish(tx, ctx, order.id)?;
    order::advance(tx, ctx, &order, Move::Redeem, None).map(drop)
}

/// Nobody came: the time is free, and the deposit stays or goes back, as was promised.
pub(super) fn miss(tx: &mut Tx<'_>, ctx: &Ctx, booking: &Booking) -> Result<()> {
    booking::move_to(tx, ctx, booking, &[BookingState::Booked], BookingState::NoShow, None)?;
    let order = order::lock(tx, ctx.mall_id, booking.order_id)?;
    if booking.keeps_deposit() && order.paid > Fen::ZERO {
        return mine::keep_deposit(tx, ctx, &order, "没有到店");
    }
    refund::refund_in_full(tx, ctx, &order, "没有到店").map(drop)
}

/// Another time, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBooking {
    pub starts_at: Instant,
    pub resource_id: Option<Id>,
    /// Its member reads it.
    #[schema(min_length = 1, max_length = 80)]
    pub reason: String,
}

/// Move a booking to another time.
///
/// Needs `booking.manage`. The member is told why.
#[utoipa::path(post, path = "/bookings/{id}/reschedule", tag = "booking", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = MoveBooking, responses((status = 200, body = BookingView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`booking.other_store`"),
    (status = 404, body = ProblemBody, description = "`booking.not_found`, `booking.no_such_resource`"),
    (status = 409, body = ProblemBody, description = "`booking.time_gone`, `booking.time_full`, `booking.not_allowed`")))]
async fn reschedule_booking(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Path(id): Path<Id>,
    Json(request): Json<MoveBooking>,
) -> Answer<Json<BookingView>> {
    let reason = detail::required_text("reason", request.reason.clone(), 80)?;
    let (mall_id, grants, offset) = (staff.mall.id, staff.grants.clone(), staff.mall.utc_offset_ms);
    staff
        .write(&app, "booking.reschedule", move |tx, ctx| {
            let booking = booking::lock(tx, mall_id, id)?;
            at_store(&grants, booking.store_id)?;
            mine::move_to(tx, ctx, &booking, request.starts_at, request.resource_id, offset, true)?;
            emit(tx, ctx, CHANGED, id, Some(&reason), Fen::ZERO)?;
            Ok(((), Note::new("booking", id, format!("{} 改约：{reason}", booking.service_name))))
        })
        .await?;
    Ok(Json(read(&app, mall_id, id, staff.ctx.now).await?))
}

/// Why it is off.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallOffBooking {
    /// Its member reads it.
    #[schema(min_length = 1, max_length = 80)]
    pub reason: String,
}

/// Call a booking off.
///
/// Needs `booking.manage`. The whole deposit goes back the way it came, and the member is told why. Somebody who was checked in
/// by mistake is taken back first.
#[utoipa::path(post, path = "/bookings/{id}/cancel", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = CallOffBooking, responses((status = 200, body = BookingView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`booking.other_store`"),
    (status = 404, body = ProblemBody, description = "`booking.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.not_allowed`, `order.already_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`")))]
async fn cancel_booking(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Path(id): Path<Id>,
    Json(request): Json<CallOffBooking>,
) -> Answer<Json<BookingView>> {
    let reason = detail::required_text("reason", request.reason, 80)?;
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let found = app.db.read(move |tx| {
        let booking = booking::find(tx, mall_id, id)?;
        let order = order::find(tx, mall_id, booking.order_id)?;
        Ok((booking, order))
    });
    let (booking, order) = found.await?;
    at_store(&grants, booking.store_id)?;
    if order.status == Status::Unpaid && close::close_intents(&app, &staff.ctx, &order).await? == close::Intents::Paid {
        return Err(close::already_paid().into());
    }
    staff
        .write(&app, "booking.cancel", move |tx, ctx| {
            let (booking, order) = lock_with_order(tx, ctx, id)?;
            at_store(&grants, booking.store_id)?;
            match booking.state {
                BookingState::Held => close::finish(tx, ctx, &order, Move::Close, Some(&reason)).map(drop)?,
                BookingState::Booked => refund::refund_in_full(tx, ctx, &order, &reason).map(drop)?,
                other => return Err(booking::not_allowed(other)),
            }
            Ok(((), Note::new("booking", id, format!("取消 {}：{reason}", booking.service_name))))
        })
        .await?;
    Ok(Json(read(&app, mall_id, id, staff.ctx.now).await?))
}
