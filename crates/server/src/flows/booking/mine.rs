//! A member's own bookings: look, move to another time, give up. What was promised when it was booked holds.

use super::book::able;
use super::view::{BookingView, Reader, view, views};
use super::{CHANGED, emit, of_member, paid_back};
use crate::flows::{close, detail, refund};
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Query};
use serde::{Deserialize, Serialize};
use trade::booking::{self, Booking, Place, State as BookingState, Wanted};
use trade::order::{self, Move};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_my_bookings))
        .routes(routes!(get_my_booking))
        .routes(routes!(reschedule_my_booking))
        .routes(routes!(cancel_my_booking))
}

/// Which of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingFilter)]
pub enum Filter {
    #[default]
    All,
    /// Still to come, or going on.
    Open,
    Over,
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct BookingQuery {
    #[param(inline)]
    state: Filter,
    cursor: Option<String>,
}

/// List my bookings, newest first.
#[utoipa::path(get, path = "/bookings", tag = "booking", security(("member" = [])), params(BookingQuery),
    responses((status = 200, body = Page<BookingView>)))]
async fn list_my_bookings(
    State(app): State<App>,
    member: Member,
    Query(query): Query<BookingQuery>,
) -> Answer<Json<Page<BookingView>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let open = match query.state {
        Filter::All => None,
        Filter::Open => Some(true),
        Filter::Over => Some(false),
    };
    let (reader, mall_id, member_id, now) = (app.clone(), member.mall.id, member.id, member.ctx.now);
    let page = app.db.read(move |tx| {
        let page = booking::of_member(tx, mall_id, member_id, open, cursor, 20)?;
        let items = views(&reader, tx, mall_id, page.items, now, Reader::Member)?;
        Ok(Page { items, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// Show one of my bookings.
///
/// Its code is that of its order: `GET /orders/{order_id}/pickup-pass`.
#[utoipa::path(get, path = "/bookings/{id}", tag = "booking", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = BookingView), (status = 404, body = ProblemBody, description = "`booking.not_found`")))]
async fn get_my_booking(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<BookingView>> {
    Ok(Json(read(&app, member.mall.id, member.id, id, member.ctx.now).await?))
}

async fn read(app: &App, mall_id: MallId, member_id: Id, id: Id, now: Instant) -> Result<BookingView> {
    let reader = app.clone();
    let read = app.db.read(move |tx| {
        let row = of_member(booking::find(tx, mall_id, id)?, member_id)?;
        view(&reader, tx, mall_id, row, now, Reader::Member)
    });
    read.await
}

/// Another time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RescheduleBooking {
    pub starts_at: Instant,
    /// With this person or in this room; absent: with whoever is least busy.
    pub resource_id: Option<Id>,
}

/// Move my booking to another time.
///
/// Until `free_until`. The new time is taken and the old one given back, or neither.
#[utoipa::path(post, path = "/bookings/{id}/reschedule", tag = "booking", security(("member" = [])),
    params(("id" = Id, Path)), request_body = RescheduleBooking, responses((status = 200, body = BookingView),
    (status = 404, body = ProblemBody, description = "`booking.not_found`, `booking.no_such_resource`"),
    (status = 409, body = ProblemBody, description = "`booking.too_late`, `booking.time_gone`, `booking.time_full`, `booking.not_allowed`")))]
async fn reschedule_my_booking(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(request): Json<RescheduleBooking>,
) -> Answer<Json<BookingView>> {
    let (mall_id, member_id, ctx) = (member.mall.id, member.id, member.ctx.clone());
    let offset = member.mall.utc_offset_ms;
    app.db
        .write(move |tx| {
            let booking = of_member(booking::lock(tx, mall_id, id)?, member_id)?;
            if booking.state == BookingState::Booked && ctx.now > booking.free_until() {
                let text = format!("开始前 {} 小时内不能自己改约，请联系门店", booking.free_hours);
                return Err(Error::conflict("booking.too_late", text));
            }
            move_to(tx, &ctx, &booking, request.starts_at, request.resource_id, offset, false)?;
            emit(tx, &ctx, CHANGED, id, None, Fen::ZERO)
        })
        .await?;
    Ok(Json(read(&app, mall_id, member_id, id, member.ctx.now).await?))
}

/// Moves a booking; also by the store.
pub(super) fn move_to(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    booking: &Booking,
    starts_at: Instant,
    resource_id: Option<Id>,
    utc_offset_ms: i64,
    by_store: bool,
) -> Result<Place> {
    if booking.state != BookingState::Booked {
        return Err(booking::not_allowed(booking.state));
    }
    let service = booking::find_service(tx, ctx.mall_id, booking.service_id)?;
    let store = store::find_store(tx, ctx.mall_id, booking.store_id)?;
    let able = able(tx, ctx.mall_id, &service, store.id, resource_id)?;
    let wanted = Wanted {
        store: &store,
        service: &service,
        resources: &able,
        people: booking.people,
        starts_at,
        utc_offset_ms,
        by_store,
    };
    let place = booking::reschedule(tx, ctx, booking, &wanted, resource_id.is_some())?;
    order::add_event(tx, ctx, booking.order_id, "booking_changed", "预约改了时间")?;
    Ok(place)
}

/// Giving up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBooking {
    #[schema(max_length = 80)]
    pub reason: Option<String>,
    /// `refund_now_fen` as the member saw it; when the time for giving up has passed meanwhile the request is refused.
    pub expected_refund_fen: i64,
}

/// Give my booking up.
///
/// Until `free_until` the deposit goes back the way it came; later, until it begins, it stays with the store. An unpaid one is
/// given up at once.
#[utoipa::path(post, path = "/bookings/{id}/cancel", tag = "booking", security(("member" = [])), params(("id" = Id, Path)),
    request_body = CancelBooking, responses((status = 200, body = BookingView),
    (status = 404, body = ProblemBody, description = "`booking.not_found`"),
    (status = 409, body = ProblemBody, description = "`booking.refund_changed`, `booking.not_allowed`, `booking.too_late`, `order.already_paid`"),
    (status = 502, body = ProblemBody, description = "`payment.channel_failed`: the channel could not close, try again")))]
async fn cancel_my_booking(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(request): Json<CancelBooking>,
) -> Answer<Json<BookingView>> {
    let reason = detail::short_text("reason", request.reason, 80)?;
    let (mall_id, member_id, ctx) = (member.mall.id, member.id, member.ctx.clone());
    let found = app.db.read(move |tx| {
        let booking = of_member(booking::find(tx, mall_id, id)?, member_id)?;
        let order = order::find(tx, mall_id, booking.order_id)?;
        Ok((booking, order))
    });
    let (booking, order) = found.await?;
    if booking.state == BookingState::Held {
        Move::Cancel.apply(order.status, order.delivery)?;
        if close::close_intents(&app, &member.ctx, &order).await? == close::Intents::Paid {
            return Err(close::already_paid().into());
        }
    }
    app.db
        .write(move |tx| {
            let order = order::lock(tx, mall_id, order.id)?;
            let booking = of_member(booking::lock(tx, mall_id, id)?, member_id)?;
            let reason = reason.as_deref().unwrap_or("顾客取消预约");
            match booking.state {
                BookingState::Held => close::finish(tx, &ctx, &order, Move::Cancel, Some(reason)).map(drop),
                BookingState::Booked => give_up(tx, &ctx, &booking, &order, reason, request.expected_refund_fen),
                other => Err(booking::not_allowed(other)),
            }
        })
        .await?;
    Ok(Json(read(&app, mall_id, member_id, id, member.ctx.now).await?))
}

fn give_up(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    booking: &Booking,
    order: &order::Order,
    reason: &str,
    expected_refund_fen: i64,
) -> Result<()> {
    if ctx.now >= booking.starts_at {
        return Err(Error::conflict("booking.too_late", "已经到预约的时间，请联系门店"));
    }
    let in_time = ctx.now <= booking.free_until();
    let back = if in_time { order.paid.0 - order.refunded.0 } else { 0 };
    if back != expected_refund_fen {
        let error = Error::conflict("booking.refund_changed", "可退的定金变了，请确认后再取消");
        return Err(error.with(serde_json::json!({ "refund_fen": back })));
    }
    if in_time {
        return refund::refund_in_full(tx, ctx, order, reason).map(drop);
    }
    keep_deposit(tx, ctx, order, "取消得太晚")?;
    paid_back(tx, ctx, order.id, Fen::ZERO, reason)
}

/// The deposit stays with the store: the order is over, its code is dead.
pub(super) fn keep_deposit(tx: &mut Tx<'_>, ctx: &Ctx, order: &order::Order, why: &str) -> Result<()> {
    order::advance(tx, ctx, order, Move::Forfeit, Some(why))?;
    trade::pickup::close(tx, ctx, order.id)
}
