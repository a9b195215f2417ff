//! Shifts: opening with a float, cash in and out that is no sale, counting and closing; and the list of them.

use super::{at_store, own_shift, take_cash};
use crate::flows::detail::{required_text, short_text};
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use people::staff;
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::counter::{self, DrawerEntry, DrawerKind, Shift};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(open_counter_shift, list_counter_shifts))
        .routes(routes!(list_my_counter_shifts))
        .routes(routes!(get_counter_shift))
        .routes(routes!(move_counter_cash))
        .routes(routes!(close_counter_shift))
}

/// The most a float, a count or a movement may be: a million yuan.
const MOST_FEN: i64 = 100_000_000;

pub(super) fn fen(field: &'static str, value: i64, least: i64) -> Result<Fen> {
    if (least..=MOST_FEN).contains(&value) { Ok(Fen(value)) } else { Err(Error::field(field, "金额不正确")) }
}

/// A clerk's turn at a counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterShiftView {
    pub id: Id,
    pub store_id: Id,
    pub store_name: String,
    pub clerk_id: Id,
    pub clerk_name: String,
    pub opened_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Instant>,
    /// Sales paid, and what they cost.
    pub sales: i64,
    pub sold_fen: i64,
    /// What moved the drawer; those that left it are negative. They sum to `expected_fen`.
    pub float_fen: i64,
    pub cash_sales_fen: i64,
    pub cash_refunds_fen: i64,
    pub open_returns_fen: i64,
    pub paid_in_fen: i64,
    pub paid_out_fen: i64,
    /// What must lie in the drawer.
    pub expected_fen: i64,
    /// What was counted at the end, and how much more or less than expected that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Shifts with their sums and names: four queries for all of them.
pub(super) fn views(tx: &mut Tx<'_>, mall_id: MallId, shifts: Vec<Shift>) -> Result<Vec<CounterShiftView>> {
    let ids: Vec<Id> = shifts.iter().map(|shift| shift.id).collect();
    let clerks: Vec<Id> = shifts.iter().map(|shift| shift.clerk_id).collect();
    let stores: Vec<Id> = shifts.iter().map(|shift| shift.store_id).collect();
    let mut sums = counter::sums_of(tx, mall_id, &ids)?;
    let names = staff::names(tx, mall_id, &clerks)?;
    let stores: HashMap<Id, String> =
        store::stores_by_id(tx, mall_id, &stores)?.into_iter().map(|store| (store.id, store.name)).collect();
    let view = |shift: Shift| {
        let sums = sums.remove(&shift.id).unwrap_or_default();
        let of = |kind: DrawerKind| sums.drawer.get(kind.as_str()).map_or(0, |fen| fen.0);
        CounterShiftView {
            id: shift.id,
            store_id: shift.store_id,
            store_name: stores.get(&shift.store_id).cloned().unwrap_or_default(),
            clerk_id: shift.clerk_id,
            clerk_name: names.get(&shift.clerk_id).cloned().unwrap_or_default(),
            opened_at: shift.opened_at,
            closed_at: shift.closed_at,
            sales: sums.sales,
            sold_fen: sums.sold.0,
            float_fen: of(DrawerKind::Float),
            cash_sales_fen: of(DrawerKind::Sale),
            cash_refunds_fen: of(DrawerKind::Refund),
            open_returns_fen: of(DrawerKind::OpenReturn),
            paid_in_fen: of(DrawerKind::PaidIn),
            paid_out_fen: of(DrawerKind::PaidOut),
            expected_fen: sums.expected().0,
            difference_fen: shift.counted.zip(shift.expected).map(|(counted, expected)| counted.0 - expected.0),
            counted_fen: shift.counted.map(|fen| fen.0),
            note: shift.note,
        }
    };
    Ok(shifts.into_iter().map(view).collect())
}

fn view_of(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<CounterShiftView> {
    let shift = counter::find_shift(tx, mall_id, id)?;
    views(tx, mall_id, vec![shift])?.pop().ok_or_else(|| Error::internal("a shift without its view"))
}

/// Where, and what lies in the drawer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCounterShift {
    pub store_id: Id,
    #[schema(minimum = 0)]
    pub float_fen: i64,
}

/// Open a shift at a store's counter.
///
/// Needs `counter.sell`. One at a time for each clerk and store.
#[utoipa::path(post, path = "/counter/shifts", tag = "counter", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = OpenCounterShift,
    responses((status = 200, body = CounterShiftView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `float_fen`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_open`, `counter.day_closed`, `store.closed`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn open_counter_shift(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    key: IdempotencyKey,
    Json(request): Json<OpenCounterShift>,
) -> Answer<Json<CounterShiftView>> {
    let claim = Claim::new(&staff.ctx, "counter.open_shift", &key, &request)?;
    let float = fen("float_fen", request.float_fen, 0)?;
    at_store(&staff.grants, request.store_id)?;
    let (mall_id, clerk_id, offset) = (staff.mall.id, staff.id, staff.mall.utc_offset_ms);
    let view = staff
        .write_once(&app, "counter.open_shift", claim, move |tx, ctx| {
            if !store::find_store(tx, mall_id, request.store_id)?.is_open() {
                return Err(Error::conflict("store.closed", "这家门店已停业，不能开班"));
            }
            let id = counter::open_shift(tx, ctx, request.store_id, clerk_id, float, ctx.now.day_at_offset(offset))?;
            Ok((view_of(tx, mall_id, id)?, Note::new("counter_shift", id, format!("开班，备用金 ¥{float}"))))
        })
        .await?;
    Ok(Json(view))
}

/// Show my open shifts.
///
/// Needs `counter.sell`.
#[utoipa::path(get, path = "/counter/my-shifts", tag = "counter", security(("staff" = [])),
    responses((status = 200, body = Vec<CounterShiftView>)))]
async fn list_my_counter_shifts(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
) -> Answer<Json<Vec<CounterShiftView>>> {
    let (mall_id, clerk_id) = (staff.mall.id, staff.id);
    let mine = app.db.read(move |tx| {
        let open = counter::my_open_shifts(tx, mall_id, clerk_id)?;
        views(tx, mall_id, open)
    });
    Ok(Json(mine.await?))
}

/// Which shifts to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct ShiftQuery {
    store_id: Option<Id>,
    cursor: Option<String>,
}

/// List shifts, newest first.
///
/// Needs `counter.sell`; without `counter.settle` one's own. A clerk bound to a store sees that store's.
#[utoipa::path(get, path = "/counter/shifts", tag = "counter", security(("staff" = [])), params(ShiftQuery),
    responses((status = 200, body = Page<CounterShiftView>)))]
async fn list_counter_shifts(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Query(query): Query<ShiftQuery>,
) -> Answer<Json<Page<CounterShiftView>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let clerk_id = (!staff.grants.allow::<perm::CounterSettle>()).then_some(staff.id);
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id.or(query.store_id));
    let page = app
        .db
        .read(move |tx| {
            let page = counter::shifts(tx, mall_id, store_id, clerk_id, cursor, 20)?;
            Ok(Page { items: views(tx, mall_id, page.items)?, next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}

/// A shift with its cash.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterShiftDetail {
    #[serde(flatten)]
    pub shift: CounterShiftView,
    /// The latest hundred movements of cash, newest first.
    pub entries: Vec<DrawerEntry>,
}

/// Show a shift with what moved its drawer.
///
/// Needs `counter.sell`; for another's shift also `counter.settle`.
#[utoipa::path(get, path = "/counter/shifts/{id}", tag = "counter", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = CounterShiftDetail),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`")))]
async fn get_counter_shift(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
) -> Answer<Json<CounterShiftDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let detail = app
        .db
        .read(move |tx| {
            let shift = view_of(tx, mall_id, id)?;
            at_store(&grants, shift.store_id)?;
            if shift.clerk_id != grants.staff_id && !grants.allow::<perm::CounterSettle>() {
                return Err(Error::forbidden("counter.other_clerk", "这是别人的班次，你没有查看的权限"));
            }
            Ok(CounterShiftDetail { shift, entries: counter::entries(tx, mall_id, id, 100)? })
        })
        .await?;
    Ok(Json(detail))
}

/// Cash that is no sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterCash {
    /// Positive: put into the drawer; negative: taken out of it.
    pub amount_fen: i64,
    #[schema(min_length = 1, max_length = 100)]
    pub note: String,
}

/// Put cash into the drawer, or take it out.
///
/// Needs `counter.sell`. Of one's own open shift.
#[utoipa::path(post, path = "/counter/shifts/{id}/cash", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = CounterCash,
    responses((status = 200, body = CounterShiftView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `amount_fen`, `note`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_closed`, `counter.drawer_short`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn move_counter_cash(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(request): Json<CounterCash>,
) -> Answer<Json<CounterShiftView>> {
    let claim = Claim::new(&staff.ctx, "counter.cash", &key, &(id, &request))?;
    let amount = fen("amount_fen", request.amount_fen.saturating_abs(), 1)?;
    let note = required_text("note", request.note, 100)?;
    let (mall_id, grants, is_in) = (staff.mall.id, staff.grants.clone(), request.amount_fen > 0);
    let view = staff
        .write_once(&app, "counter.cash", claim, move |tx, ctx| {
            own_shift(tx, ctx, &grants, id)?;
            if is_in {
                counter::record(tx, ctx, id, DrawerKind::PaidIn, ctx.id(), amount, Some(&note))?;
            } else {
                take_cash(tx, ctx, id, DrawerKind::PaidOut, ctx.id(), amount, Some(&note))?;
            }
            let verb = if is_in { "存入" } else { "取出" };
            Ok((view_of(tx, mall_id, id)?, Note::new("counter_shift", id, format!("{verb}现金 ¥{amount}：{note}"))))
        })
        .await?;
    Ok(Json(view))
}

/// What was counted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseCounterShift {
    #[schema(minimum = 0)]
    pub counted_fen: i64,
    /// Needed when it is not what was expected.
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Count the drawer and close a shift.
///
/// Needs `counter.sell`; another's shift needs `counter.settle`. What was counted is kept beside what was expected; a
/// difference needs a note.
#[utoipa::path(post, path = "/counter/shifts/{id}/close", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = CloseCounterShift, responses((status = 200, body = CounterShiftView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `counted_fen`, `note`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`, `counter.other_clerk`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`"),
    (status = 409, body = ProblemBody, description = "`counter.shift_closed`, `counter.sale_waiting`")))]
async fn close_counter_shift(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
    Json(request): Json<CloseCounterShift>,
) -> Answer<Json<CounterShiftView>> {
    let counted = fen("counted_fen", request.counted_fen, 0)?;
    let note = short_text("note", request.note, 200)?;
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let view = staff
        .write(&app, "counter.close_shift", move |tx, ctx| {
            let shift = counter::lock_shift(tx, mall_id, id)?;
            at_store(&grants, shift.store_id)?;
            if shift.clerk_id != grants.staff_id && !grants.allow::<perm::CounterSettle>() {
                return Err(Error::forbidden("counter.other_clerk", "这是别人的班次，请联系店长交班"));
            }
            let expected = counter::close_shift(tx, ctx, id, counted, note.as_deref())?;
            if expected != counted && note.is_none() {
                return Err(Error::field("note", "现金和应有金额不一致，请写明原因"));
            }
            let said = format!("交班，应有现金 ¥{expected}，实点 ¥{counted}");
            Ok((view_of(tx, mall_id, id)?, Note::new("counter_shift", id, said)))
        })
        .await?;
    Ok(Json(view))
}
