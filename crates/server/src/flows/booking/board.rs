//! The day of a store: who comes when, with whom.

use super::at_store;
use super::book::read;
use super::view::{BookingView, Reader, views};
use axum::extract::State;
use kernel::{Cursor, Id, Instant, Page, days};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::Deserialize;
use trade::booking;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_bookings_of_day)).routes(routes!(get_booking))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    store_id: Id,
    /// A day of the mall's calendar, `2026-11-26`; absent: today.
    day: Option<String>,
    cursor: Option<String>,
}

/// List the bookings of a store's day in the order of time.
///
/// Needs `booking.manage`. Without those whose deposit was never paid.
#[utoipa::path(get, path = "/bookings", tag = "booking", security(("staff" = [])), params(BoardQuery),
    responses((status = 200, body = Page<BookingView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`"),
    (status = 403, body = ProblemBody, description = "`booking.other_store`")))]
async fn list_bookings_of_day(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Query(query): Query<BoardQuery>,
) -> Answer<Json<Page<BookingView>>> {
    at_store(&staff.grants, query.store_id)?;
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id, now, offset) = (app.clone(), staff.mall.id, staff.ctx.now, staff.mall.utc_offset_ms);
    let day = match &query.day {
        Some(text) => crate::flows::reconcile::day_number("day", text)?,
        None => now.day_at_offset(offset),
    };
    let (from, to) = (Instant(days(day) - offset), Instant(days(day + 1) - offset));
    let page = app.db.read(move |tx| {
        let page = booking::at_store(tx, mall_id, query.store_id, from, to, cursor, 100)?;
        let items = views(&reader, tx, mall_id, page.items, now, Reader::Board)?;
        Ok(Page { items, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// Show a booking.
///
/// Needs `booking.manage`.
#[utoipa::path(get, path = "/bookings/{id}", tag = "booking", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = BookingView),
    (status = 403, body = ProblemBody, description = "`booking.other_store`"),
    (status = 404, body = ProblemBody, description = "`booking.not_found`")))]
async fn get_booking(
    State(app): State<App>,
    staff: Staff<perm::BookingManage>,
    Path(id): Path<Id>,
) -> Answer<Json<BookingView>> {
    let found = read(&app, staff.mall.id, id, staff.ctx.now).await?;
    at_store(&staff.grants, found.store.id)?;
    Ok(Json(found))
}
