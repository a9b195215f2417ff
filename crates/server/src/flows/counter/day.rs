//! Closing a store's day: whoever settles it has seen its sums, says what of the cash goes to the bank, and the sums of that
//! moment are kept. A closed day can be opened again with a reason.

use super::at_store;
use super::settle::{CounterSettlement, settlement};
use super::shift::fen;
use crate::flows::detail::{required_text, short_text};
use crate::flows::reconcile::day_number;
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result, days};
use people::staff;
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, ClosedDay, DaySums};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_counter_days, close_counter_day)).routes(routes!(reopen_counter_day))
}

/// A day that was closed, with its sums as they were then.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterDayView {
    pub store_id: Id,
    #[schema(example = "2026-11-26")]
    pub day: String,
    pub closed_at: Instant,
    pub closed_by_name: String,
    pub sales: i64,
    pub sold_fen: i64,
    pub returned_fen: i64,
    pub open_returns_fen: i64,
    /// Cash counted by the shifts that ended on the day, and how much more or less than expected that was.
    pub counted_fen: i64,
    pub difference_fen: i64,
    /// Of the counted cash, what was taken to the bank; the rest stays for the next day.
    pub banked_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

pub(super) fn day_views(tx: &mut Tx<'_>, mall_id: MallId, closed: Vec<ClosedDay>) -> Result<Vec<CounterDayView>> {
    let people: Vec<Id> = closed.iter().map(|one| one.closed_by).collect();
    let names = staff::names(tx, mall_id, &people)?;
    let view = |one: ClosedDay| CounterDayView {
        store_id: one.store_id,
        day: Instant(days(one.day)).date_at_offset(0),
        closed_at: one.closed_at,
        closed_by_name: names.get(&one.closed_by).cloned().unwrap_or_default(),
        sales: one.sales,
        sold_fen: one.sold.0,
        returned_fen: one.returned.0,
        open_returns_fen: one.open_returns.0,
        counted_fen: one.counted.0,
        difference_fen: one.difference.0,
        banked_fen: one.banked.0,
        note: one.note,
    };
    Ok(closed.into_iter().map(view).collect())
}

/// Whose closed days to list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    store_id: Id,
    cursor: Option<String>,
}

/// List a store's closed days, newest first.
///
/// Needs `counter.settle`.
#[utoipa::path(get, path = "/counter/days", tag = "counter", security(("staff" = [])), params(DayQuery),
    responses((status = 200, body = Page<CounterDayView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`")))]
async fn list_counter_days(
    State(app): State<App>,
    staff: Staff<perm::CounterSettle>,
    Query(query): Query<DayQuery>,
) -> Answer<Json<Page<CounterDayView>>> {
    at_store(&staff.grants, query.store_id)?;
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app
        .db
        .read(move |tx| {
            let page = counter::closed_days(tx, mall_id, query.store_id, cursor, 31)?;
            Ok(Page { items: day_views(tx, mall_id, page.items)?, next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}

/// Which day is closed, as it was seen.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseCounterDay {
    pub store_id: Id,
    #[schema(example = "2026-11-26")]
    pub day: String,
    /// `sold_fen` and `returned_fen` of the settlement that was looked at.
    pub seen_sold_fen: i64,
    pub seen_returned_fen: i64,
    /// Of the counted cash, what is taken to the bank.
    #[schema(minimum = 0)]
    pub banked_fen: i64,
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Close a store's day.
///
/// Needs `counter.settle`. Every shift that began on the day or before it must be closed; none is opened on it afterwards. The
/// sums of this moment are kept.
#[utoipa::path(post, path = "/counter/days", tag = "counter", security(("staff" = [])), request_body = CloseCounterDay,
    responses((status = 200, body = CounterSettlement),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`, `banked_fen`, `note`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_open`, `counter.day_closed`, `counter.day_changed`: sold or given back since it was looked at")))]
async fn close_counter_day(
    State(app): State<App>,
    staff: Staff<perm::CounterSettle>,
    Json(request): Json<CloseCounterDay>,
) -> Answer<Json<CounterSettlement>> {
    at_store(&staff.grants, request.store_id)?;
    let (mall_id, offset) = (staff.mall.id, staff.mall.utc_offset_ms);
    let day = day_number("day", &request.day)?;
    if day > staff.ctx.now.day_at_offset(offset) {
        return Err(Error::field("day", "这一天还没有到").into());
    }
    let banked = fen("banked_fen", request.banked_fen, 0)?;
    let note = short_text("note", request.note.clone(), 200)?;
    let closed = staff
        .write(&app, "counter.close_day", move |tx, ctx| {
            let store_id = request.store_id;
            // A day nobody sold on has no row yet, and its store may not be one.
            goods::store::find_store(tx, mall_id, store_id)?;
            counter::hold_open_day(tx, mall_id, store_id, day)?;
            let now = settlement(tx, mall_id, store_id, day, offset)?;
            if (now.sold_fen, now.returned_fen) != (request.seen_sold_fen, request.seen_returned_fen) {
                return Err(Error::conflict("counter.day_changed", "刚才又有销售或退款，请核对新的数字再日结"));
            }
            let sums = sums_of(&now);
            if banked > sums.counted {
                return Err(Error::field("banked_fen", format!("不能多于实点现金 ¥{}", sums.counted)));
            }
            let until = Instant(days(day + 1) - offset);
            counter::close_day(tx, ctx, store_id, day, until, &sums, banked, note.as_deref())?;
            let words = format!("{} 日结 {}，销售 ¥{}，缴存 ¥{banked}", now.store_name, now.day, sums.sold);
            Ok((settlement(tx, mall_id, store_id, day, offset)?, Note::new("store", store_id, words)))
        })
        .await?;
    Ok(Json(closed))
}

/// The sums that are kept.
fn sums_of(now: &CounterSettlement) -> DaySums {
    DaySums {
        sales: now.sales,
        sold: Fen(now.sold_fen),
        returned: Fen(now.returned_fen),
        open_returns: Fen(now.open_returns_fen),
        counted: Fen(now.counted_fen),
        difference: Fen(now.difference_fen),
    }
}

/// Which day, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenCounterDay {
    pub store_id: Id,
    #[schema(example = "2026-11-26")]
    pub day: String,
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Open a closed day again.
///
/// Needs `counter.settle`. The audit log keeps the reason.
#[utoipa::path(post, path = "/counter/days/reopen", tag = "counter", security(("staff" = [])),
    request_body = ReopenCounterDay, responses((status = 200, body = CounterSettlement),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `day`, `reason`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.day_open`")))]
async fn reopen_counter_day(
    State(app): State<App>,
    staff: Staff<perm::CounterSettle>,
    Json(request): Json<ReopenCounterDay>,
) -> Answer<Json<CounterSettlement>> {
    at_store(&staff.grants, request.store_id)?;
    let (mall_id, offset, store_id) = (staff.mall.id, staff.mall.utc_offset_ms, request.store_id);
    let day = day_number("day", &request.day)?;
    let reason = required_text("reason", request.reason, 200)?;
    let opened = staff
        .write(&app, "counter.reopen_day", move |tx, _| {
            goods::store::find_store(tx, mall_id, store_id)?;
            counter::reopen_day(tx, mall_id, store_id, day)?;
            let now = settlement(tx, mall_id, store_id, day, offset)?;
            let words = format!("{} 撤销日结 {}：{reason}", now.store_name, now.day);
            Ok((now, Note::new("store", store_id, words)))
        })
        .await?;
    Ok(Json(opened))
}
