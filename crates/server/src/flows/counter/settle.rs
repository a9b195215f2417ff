//! The day of a store's counter, added up: what its sales brought by channel, what went back, the drawers of its shifts. The
//! sums come from the payments and refunds that the finance reports count, and are held against the drawers.

use super::at_store;
use super::day::{CounterDayView, day_views};
use super::shift::{CounterShiftView, views};
use crate::flows::reconcile::day_number;
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Id, Instant, MallId, Result, days};
use people::staff;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, DrawerKind};
use trade::payment::CASH;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_counter_settlement))
}

/// Money of one channel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterChannel {
    pub channel: String,
    pub received_fen: i64,
    pub returned_fen: i64,
}

/// A return without a receipt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenReturnRow {
    pub id: Id,
    pub at: Instant,
    pub amount_fen: i64,
    pub note: String,
    pub staff_name: String,
}

/// The day of a store's counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterSettlement {
    pub store_id: Id,
    pub store_name: String,
    #[schema(example = "2026-11-26")]
    pub day: String,
    pub sales: i64,
    pub pieces: i64,
    pub sold_fen: i64,
    /// Given back on this day, of whatever day's sales.
    pub returned_fen: i64,
    /// By channel; received sums to `sold_fen`, returned to `returned_fen`.
    pub channels: Vec<CounterChannel>,
    /// Cash that drawers took for sales and gave for refunds on this day. They differ from the channel `cash` only by what
    /// was given back by hand elsewhere.
    pub drawer_sales_fen: i64,
    pub drawer_refunds_fen: i64,
    pub cash_given_elsewhere_fen: i64,
    /// No sale knows of these: they are in the drawers alone.
    pub open_returns: Vec<OpenReturnRow>,
    pub open_returns_fen: i64,
    /// Cash counted by the shifts that ended on this day, and how much more or less than expected that was.
    pub counted_fen: i64,
    pub difference_fen: i64,
    /// Shifts that were open on this day, newest first.
    pub shifts: Vec<CounterShiftView>,
    /// How the day was closed, with the sums of then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<CounterDayView>,
}

/// Which store, which day.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SettlementQuery {
    store_id: Id,
    /// A day of the mall's calendar, `2026-11-26`; absent: today.
    day: Option<String>,
}

/// Show the day of a store's counter.
///
/// Needs `counter.settle`. Exact to this moment.
#[utoipa::path(get, path = "/counter/settlement", tag = "counter", security(("staff" = [])), params(SettlementQuery),
    responses((status = 200, body = CounterSettlement), (status = 400, body = ProblemBody, description = "`request.invalid` at `day`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn get_counter_settlement(
    State(app): State<App>,
    staff: Staff<perm::CounterSettle>,
    Query(query): Query<SettlementQuery>,
) -> Answer<Json<CounterSettlement>> {
    at_store(&staff.grants, query.store_id)?;
    let (mall_id, offset) = (staff.mall.id, staff.mall.utc_offset_ms);
    let day = match &query.day {
        Some(text) => day_number("day", text)?,
        None => staff.ctx.now.day_at_offset(offset),
    };
    let made = app.db.read(move |tx| settlement(tx, mall_id, query.store_id, day, offset));
    Ok(Json(made.await?))
}

/// The day as it is now.
pub(super) fn settlement(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    day: i64,
    offset: i64,
) -> Result<CounterSettlement> {
    let (from, to) = (Instant(days(day) - offset), Instant(days(day + 1) - offset));
    let store = store::find_store(tx, mall_id, store_id)?;
    let totals = counter::day_totals(tx, mall_id, store_id, from, to)?;
    let drawers = counter::drawers_of(tx, mall_id, store_id, from, to)?;
    let of = |kind: DrawerKind| drawers.get(kind.as_str()).map_or(0, |fen| fen.0);
    let returns = counter::open_returns(tx, mall_id, store_id, from, to)?;
    let people: Vec<Id> = returns.iter().map(|one| one.staff_id).collect();
    let names = staff::names(tx, mall_id, &people)?;
    let shifts = counter::shifts_between(tx, mall_id, store_id, from, to)?;
    let closed = counter::closed_day(tx, mall_id, store_id, day)?.into_iter().collect();
    let ended = shifts.iter().filter(|shift| shift.closed_at.is_some_and(|at| at < to));
    let (counted, expected) = ended.fold((0, 0), |(counted, expected), shift| {
        (counted + shift.counted.map_or(0, |fen| fen.0), expected + shift.expected.map_or(0, |fen| fen.0))
    });
    let cash_back = totals.channels.get(CASH).map_or(0, |sum| sum.returned.0);
    Ok(CounterSettlement {
        store_id,
        store_name: store.name,
        day: from.date_at_offset(offset),
        sales: totals.sales,
        pieces: totals.pieces,
        sold_fen: totals.sold.0,
        returned_fen: totals.channels.values().map(|sum| sum.returned.0).sum(),
        drawer_sales_fen: of(DrawerKind::Sale),
        drawer_refunds_fen: of(DrawerKind::Refund),
        cash_given_elsewhere_fen: cash_back + of(DrawerKind::Refund),
        channels: totals
            .channels
            .into_iter()
            .map(|(channel, sum)| CounterChannel {
                channel,
                received_fen: sum.received.0,
                returned_fen: sum.returned.0,
            })
            .collect(),
        open_returns_fen: returns.iter().map(|one| one.amount.0).sum(),
        open_returns: returns
            .into_iter()
            .map(|one| OpenReturnRow {
                id: one.id,
                at: one.at,
                amount_fen: one.amount.0,
                note: one.note,
                staff_name: names.get(&one.staff_id).cloned().unwrap_or_default(),
            })
            .collect(),
        counted_fen: counted,
        difference_fen: counted - expected,
        shifts: views(tx, mall_id, shifts)?,
        closed: day_views(tx, mall_id, closed)?.pop(),
    })
}
