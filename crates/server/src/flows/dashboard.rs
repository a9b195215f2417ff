//! Today in numbers: what was sold until now against yesterday and last week at the same time of day, what waits for
//! staff, the hours, the best sellers. The mall's day begins at midnight of its own time zone.

use axum::extract::State;
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result, days, hours};
use platform::permission::perm;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
    pub refunded_fen: i64,
}

/// What waits for staff.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct TodoCounts {
    pub to_ship: i64,
    pub to_pick_up: i64,
    pub unpaid: i64,
    pub low_stock: i64,
    pub refund_problems: i64,
    pub reviews_unanswered: i64,
}

/// Paid amounts of one hour of the day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HourSales {
    pub hour: i64,
    pub today_fen: i64,
    pub yesterday_fen: i64,
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
    pub top_products: Vec<TopProduct>,
    pub as_of: Instant,
}

/// Show today's numbers.
///
/// Needs `dashboard.view`.
#[utoipa::path(get, path = "/dashboard", tag = "dashboard", security(("staff" = [])), responses((status = 200, body = Dashboard)))]
async fn get_dashboard(State(app): State<App>, staff: Staff<perm::DashboardView>) -> Answer<Json<Dashboard>> {
    let (reader, mall_id, now, offset) = (app.clone(), staff.mall.id, staff.ctx.now, staff.mall.utc_offset_ms);
    let dashboard = app.db.read(move |tx| compose(&reader, tx, mall_id, now, offset)).await?;
    Ok(Json(dashboard))
}

fn compose(app: &App, tx: &mut Tx<'_>, mall_id: MallId, now: Instant, offset_ms: i64) -> Result<Dashboard> {
    let midnight = Instant(now.day_at_offset(offset_ms) * days(1) - offset_ms);
    let until = |days_ago: i64| (midnight - days(days_ago), now - days(days_ago));
    let (t0, t1) = until(0);
    let (y0, y1) = until(1);
    let (w0, w1) = until(7);
    Ok(Dashboard {
        today: sales(tx, mall_id, t0, t1)?,
        yesterday: sales(tx, mall_id, y0, y1)?,
        last_week: sales(tx, mall_id, w0, w1)?,
        todo: todo(tx, mall_id)?,
        curve: curve(tx, mall_id, midnight)?,
        top_products: top_products(app, tx, mall_id, midnight)?,
        as_of: now,
    })
}

fn sales(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<DaySales> {
    let (paid_fen, orders_paid): (i64, i64) = tx.one(
        "select cast(coalesce(sum(paid_fen), 0) as bigint), count(*) from trade_order
         where mall_id = $1 and paid_at >= $2 and paid_at <= $3 and paid_at is not null",
        &args![mall_id, from, to],
    )?;
    let first = kernel::Ids::first_at(from);
    let last = kernel::Ids::first_at(to + 1);
    let (orders_placed,): (i64,) = tx.one(
        "select count(*) from trade_order where mall_id = $1 and id >= $2 and id < $3",
        &args![mall_id, first, last],
    )?;
    let (new_members,): (i64,) = tx.one(
        "select count(*) from member where mall_id = $1 and kind = 'member' and created_at >= $2 and created_at <= $3",
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
    let rows: Vec<(String, i64)> = tx.all(
        "select status, count(*) from trade_order
         where mall_id = $1 and status in ('unpaid', 'to_ship', 'to_pick_up')
         group by status",
        &args![mall_id],
    )?;
    let of = |status: &str| rows.iter().find(|row| row.0 == status).map_or(0, |row| row.1);
    let (low_stock,): (i64,) =
        tx.one("select count(*) from stock where mall_id = $1 and on_hand - reserved <= low_mark", &args![mall_id])?;
    let (reviews_unanswered,): (i64,) = tx.one(
        "select count(*) from review where mall_id = $1 and reply is null and hidden_reason is null",
        &args![mall_id],
    )?;
    Ok(TodoCounts {
        to_ship: of("to_ship"),
        to_pick_up: of("to_pick_up"),
        unpaid: of("unpaid"),
        low_stock,
        refund_problems: trade::payment::open_refunds(tx, mall_id)?,
        reviews_unanswered,
    })
}

fn curve(tx: &mut Tx<'_>, mall_id: MallId, midnight: Instant) -> Result<Vec<HourSales>> {
    let yesterday = midnight - days(1);
    let rows: Vec<(i64, i64)> = tx.all(
        "select (paid_at - $2) / $3, cast(sum(paid_fen) as bigint) from trade_order
         where mall_id = $1 and paid_at >= $2 and paid_at is not null
         group by 1",
        &args![mall_id, yesterday, hours(1)],
    )?;
    let of = |hour: i64| rows.iter().find(|row| row.0 == hour).map_or(0, |row| row.1);
    Ok((0..24).map(|hour| HourSales { hour, today_fen: of(24 + hour), yesterday_fen: of(hour) }).collect())
}

fn top_products(app: &App, tx: &mut Tx<'_>, mall_id: MallId, since: Instant) -> Result<Vec<TopProduct>> {
    let rows: Vec<(Id, String, Option<String>, i64, i64)> = tx.all(
        "select l.product_id, max(l.name), max(l.picture_key), cast(sum(l.quantity) as bigint),
                cast(sum(l.payable_fen) as bigint)
         from trade_order o
         join order_line l on l.mall_id = o.mall_id and l.order_id = o.id
         where o.mall_id = $1 and o.paid_at >= $2 and o.paid_at is not null and o.status <> 'closed'
         group by l.product_id
         order by 5 desc
         limit 8",
        &args![mall_id, since],
    )?;
    let product = |(product_id, name, key, quantity, amount_fen): (Id, String, Option<String>, i64, i64)| TopProduct {
        picture: storage::picture(app, key.as_deref().unwrap_or_default(), &name),
        product_id,
        name,
        quantity,
        amount_fen,
    };
    Ok(rows.into_iter().map(product).collect())
}
