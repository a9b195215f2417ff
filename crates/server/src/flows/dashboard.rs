//! Today in numbers: what was sold until now against yesterday and last week at the same time of day, what waits for
//! staff, hours and days, the way from the door to the till, the best sellers. The mall's day begins at midnight of its
//! own time zone. Every number comes from a rollup, a capped count or a short range of an index.

use axum::extract::State;
use db::{Tx, args};
use insight::report::{self, Best};
use kernel::{Id, Ids, Instant, MallId, Result, days};
use platform::permission::perm;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Days of the long curve, today included.
const DAYS: i64 = 30;
/// Counts of what waits stop here; nobody works off more in a sitting.
const ENOUGH: i64 = 1_000;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_dashboard))
}

/// Sales of a day, or of its first hours.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct DaySales {
    pub paid_fen: i64,
    pub orders_paid: i64,
    pub orders_placed: i64,
    pub new_members: i64,
    /// Refunds started, but for those that failed.
    pub refunded_fen: i64,
}

/// What waits for staff. Counts stop at 1000.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct TodoCounts {
    pub to_ship: i64,
    pub to_pick_up: i64,
    pub unpaid: i64,
    pub low_stock: i64,
    pub refund_problems: i64,
    /// After-sales that staff have to answer, receive or send for, and those the operator decides.
    pub after_sales: i64,
    pub reviews_unanswered: i64,
    /// Webhook addresses that were switched off because they only failed.
    pub webhooks_disabled: i64,
}

/// Paid amounts of one hour of the day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HourSales {
    pub hour: i64,
    pub today_fen: i64,
    pub yesterday_fen: i64,
}

/// Sales of one whole day; of today until now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SalesOfDay {
    /// The mall's calendar day.
    #[schema(example = "2026-11-25")]
    pub day: String,
    pub paid_fen: i64,
    pub orders_paid: i64,
}

/// People on their way from the door to the till.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
pub struct FunnelCounts {
    /// Visitors that opened the storefront.
    pub visitors: i64,
    /// Visitors that put something into the cart.
    pub carts: i64,
    /// Members that placed an order.
    pub orders: i64,
    /// Members of these that paid.
    pub paid: i64,
}

/// A best seller of today.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TopProduct {
    pub product_id: Id,
    pub name: String,
    pub picture: Picture,
    pub quantity: i64,
    pub amount_fen: i64,
}

/// The front page of the back office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Dashboard {
    pub today: DaySales,
    /// Until the same time of day.
    pub yesterday: DaySales,
    /// The same weekday last week, until the same time of day.
    pub last_week: DaySales,
    pub todo: TodoCounts,
    pub curve: Vec<HourSales>,
    /// The last 30 days, oldest first, today last.
    pub days: Vec<SalesOfDay>,
    pub funnel: FunnelCounts,
    /// The whole of yesterday.
    pub funnel_yesterday: FunnelCounts,
    pub top_products: Vec<TopProduct>,
    pub as_of: Instant,
}

/// Show today's numbers.
///
/// Needs `dashboard.view`. Visitors, carts and best sellers are counted once a minute, everything else is of this moment.
#[utoipa::path(get, path = "/dashboard", tag = "dashboard", security(("staff" = [])), responses((status = 200, body = Dashboard)))]
async fn get_dashboard(State(app): State<App>, staff: Staff<perm::DashboardView>) -> Answer<Json<Dashboard>> {
    let (reader, mall_id, now, offset) = (app.clone(), staff.mall.id, staff.ctx.now, staff.mall.utc_offset_ms);
    let dashboard = app.db.read(move |tx| compose(&reader, tx, mall_id, now, offset)).await?;
    Ok(Json(dashboard))
}

fn compose(app: &App, tx: &mut Tx<'_>, mall_id: MallId, now: Instant, offset: i64) -> Result<Dashboard> {
    let today = now.day_at_offset(offset);
    let midnight = Instant(today * days(1) - offset);
    let mut until_now = |days_ago: i64| sales(tx, mall_id, offset, midnight - days(days_ago), now + 1 - days(days_ago));
    let (of_today, yesterday, last_week) = (until_now(0)?, until_now(1)?, until_now(7)?);
    Ok(Dashboard {
        today: of_today,
        yesterday,
        last_week,
        todo: todo(tx, mall_id)?,
        curve: curve(tx, mall_id, offset, today)?,
        days: last_days(tx, mall_id, offset, today)?,
        funnel: funnel(tx, mall_id, offset, today)?,
        funnel_yesterday: funnel(tx, mall_id, offset, today - 1)?,
        top_products: top_products(app, tx, mall_id, today)?,
        as_of: now,
    })
}

/// From `from` until before `to`.
fn sales(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<DaySales> {
    let (orders_paid, paid_fen) = report::between(tx, mall_id, offset, from, to)?;
    let (first, last) = (Ids::first_at(from), Ids::first_at(to));
    let (orders_placed,): (i64,) = tx.one(
        "select count(*) from trade_order where mall_id = $1 and id >= $2 and id < $3",
        &args![mall_id, first, last],
    )?;
    let (new_members,): (i64,) = tx.one(
        "select count(*) from member where mall_id = $1 and kind = 'member' and created_at >= $2 and created_at < $3",
        &args![mall_id, from, to],
    )?;
    let (refunded_fen,): (i64,) = tx.one(
        "select cast(coalesce(sum(amount_fen), 0) as bigint) from refund
         where mall_id = $1 and id >= $2 and id < $3 and status <> 'failed'",
        &args![mall_id, first, last],
    )?;
    Ok(DaySales { paid_fen, orders_paid, orders_placed, new_members, refunded_fen })
}

fn todo(tx: &mut Tx<'_>, mall_id: MallId) -> Result<TodoCounts> {
    let mut some = |sql: &str| -> Result<i64> {
        let sql = format!("select count(*) from (select 1 as one from {sql} limit {ENOUGH}) found");
        tx.one::<(i64,)>(&sql, &args![mall_id]).map(|row| row.0)
    };
    Ok(TodoCounts {
        to_ship: some("trade_order where mall_id = $1 and status = 'to_ship'")?,
        to_pick_up: some("trade_order where mall_id = $1 and status = 'to_pick_up'")?,
        unpaid: some("trade_order where mall_id = $1 and status = 'unpaid'")?,
        low_stock: some("stock where mall_id = $1 and on_hand - reserved <= low_mark")?,
        after_sales: some(
            "after_sale where mall_id = $1 and status in ('requested', 'returning', 'received', 'escalated')",
        )?,
        refund_problems: some("refund where mall_id = $1 and status = 'failed'")?,
        reviews_unanswered: some("review where mall_id = $1 and reply is null and hidden_reason is null")?,
        webhooks_disabled: open::webhook::count_disabled(tx, mall_id)?,
    })
}

fn curve(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, today: i64) -> Result<Vec<HourSales>> {
    let rows = report::by_hour(tx, mall_id, offset, Instant((today - 1) * days(1) - offset))?;
    let of = |hour: i64| rows.iter().find(|row| row.at == hour).map_or(0, |row| row.paid_fen);
    let hours = (0..24).map(|hour| HourSales {
        hour,
        today_fen: of(today * 24 + hour),
        yesterday_fen: of((today - 1) * 24 + hour),
    });
    Ok(hours.collect())
}

fn last_days(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, today: i64) -> Result<Vec<SalesOfDay>> {
    let first = today - DAYS + 1;
    let rows = report::by_day(tx, mall_id, offset, Instant(first * days(1) - offset))?;
    let of = |day: i64| rows.iter().find(|row| row.at == day).map_or((0, 0), |row| (row.paid_fen, row.orders_paid));
    let one = |day: i64| {
        let (paid_fen, orders_paid) = of(day);
        let date = Instant(day * days(1)).datetime().date();
        SalesOfDay { day: date.to_string(), paid_fen, orders_paid }
    };
    Ok((first..=today).map(one).collect())
}

fn funnel(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, day: i64) -> Result<FunnelCounts> {
    let start = Instant(day * days(1) - offset);
    let made = report::funnel(tx, mall_id, day, start, start + days(1))?;
    Ok(FunnelCounts { visitors: made.visitors, carts: made.carts, orders: made.orders, paid: made.paid })
}

fn top_products(app: &App, tx: &mut Tx<'_>, mall_id: MallId, today: i64) -> Result<Vec<TopProduct>> {
    let best = report::best_products(tx, mall_id, today, 8)?;
    let ids: Vec<Id> = best.iter().map(|one| one.product_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Id, String, String)> =
        tx.all("select id, name, picture_keys from product where mall_id = $1 and id = any($2)", &args![mall_id, ids])?;
    let known: HashMap<Id, (String, String)> = rows.into_iter().map(|(id, name, keys)| (id, (name, keys))).collect();
    let product = |one: Best| {
        let (name, keys) = known.get(&one.product_id).cloned().unwrap_or_default();
        let keys: Vec<String> = serde_json::from_str(&keys).unwrap_or_default();
        TopProduct {
            picture: storage::picture(app, keys.first().map_or("", String::as_str), &name),
            product_id: one.product_id,
            name,
            quantity: one.quantity,
            amount_fen: one.amount_fen,
        }
    };
    Ok(best.into_iter().map(product).collect())
}
