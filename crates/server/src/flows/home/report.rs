//! What stores and clerks brought over some days, and the same as a file. The file is made at once and not by a task: those
//! are seen by everybody with the permission, and a clerk of a store sees that store only.

use super::mine::{HomeMember, shown};
use super::{clerks_of, within};
use crate::flows::reconcile::day_number;
use axum::extract::State;
use axum::response::Response;
use db::Tx;
use goods::store;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days};
use people::home::{self, Figures};
use people::staff;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::sheet::{self, Cell, Format, Writer};
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_home_report))
        .routes(routes!(download_home_report))
        .routes(routes!(list_home_members))
}

/// The most days of one report.
const MOST_DAYS: i64 = 366;
const PAGE: i64 = 20;

/// Which days, which store.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HomeReportQuery {
    /// The first day, `2026-11-01`; absent: thirty days with the last.
    from: Option<String>,
    /// The last day, included; absent: today.
    to: Option<String>,
    /// One store by its clerks; absent: every store. A clerk bound to a store gets that one.
    store_id: Option<Id>,
}

/// One row: a store, or a clerk of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeRow {
    /// The store or the clerk; absent for what no clerk in particular won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    pub name: String,
    /// Members now, by clerk only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<i64>,
    #[serde(flatten)]
    pub figures: Figures,
}

/// A day of the mall's calendar.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeDay {
    #[schema(example = "2026-11-26")]
    pub day: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// A report: by store, or by the clerks of one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeReport {
    #[schema(example = "2026-11-01")]
    pub from: String,
    #[schema(example = "2026-11-30")]
    pub to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    /// The most sales first.
    pub rows: Vec<HomeRow>,
    /// Days on which something happened, in order.
    pub days: Vec<HomeDay>,
    pub total: Figures,
}

/// Show what stores and clerks brought.
///
/// Needs `home.view`. Exact to this moment, at most 366 days. Sales are those of members at the time they paid, so a member
/// who was moved counts for the new home from then on.
#[utoipa::path(get, path = "/homes/report", tag = "home", security(("staff" = [])), params(HomeReportQuery),
    responses((status = 200, body = HomeReport),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `from` or `to`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn get_home_report(
    State(app): State<App>,
    staff: Staff<perm::HomeView>,
    Query(query): Query<HomeReportQuery>,
) -> Answer<Json<HomeReport>> {
    Ok(Json(make(&app, &staff, &query).await?))
}

/// Download what stores and clerks brought.
///
/// Needs `home.view`. CSV, the rows of the report and then its days.
#[utoipa::path(get, path = "/homes/report.csv", tag = "home", security(("staff" = [])), params(HomeReportQuery),
    responses((status = 200, body = Vec<u8>, content_type = "text/csv"),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `from` or `to`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn download_home_report(
    State(app): State<App>,
    staff: Staff<perm::HomeView>,
    Query(query): Query<HomeReportQuery>,
) -> Answer<Response> {
    let made = make(&app, &staff, &query).await?;
    let about = made.store_name.as_deref().unwrap_or("门店");
    let name = format!("{about}会员归属_{}_{}.csv", made.from, made.to);
    Ok(sheet::download(&name, Format::Csv, file(&made)?)?)
}

async fn make(app: &App, staff: &Staff<perm::HomeView>, query: &HomeReportQuery) -> Result<HomeReport> {
    let store_id = within(&staff.grants, query.store_id)?;
    let (mall_id, offset) = (staff.mall.id, staff.mall.utc_offset_ms);
    let day =
        |field: &'static str, text: &Option<String>| text.as_deref().map(|text| day_number(field, text)).transpose();
    let last = day("to", &query.to)?.unwrap_or_else(|| staff.ctx.now.day_at_offset(offset));
    let first = day("from", &query.from)?.unwrap_or(last - 29);
    if first > last || last - first >= MOST_DAYS {
        return Err(Error::field("to", "时间范围要从早到晚，最长一年"));
    }
    app.db.read(move |tx| report(tx, mall_id, offset, (first, last), store_id)).await
}

fn report(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    offset: i64,
    (first, last): (i64, i64),
    store_id: Option<Id>,
) -> Result<HomeReport> {
    let (from, to) = (Instant(days(first) - offset), Instant(days(last + 1) - offset));
    let (store_name, mut rows) = match store_id {
        Some(id) => (Some(store::find_store(tx, mall_id, id)?.name), clerks(tx, mall_id, id, from, to)?),
        None => (None, stores(tx, mall_id, from, to)?),
    };
    rows.sort_by_key(|row| (std::cmp::Reverse((row.figures.sales_fen, row.figures.won)), row.id));
    let by_day = home::by_day(tx, mall_id, store_id, from, to, offset)?;
    let date = |day: i64| Instant(days(day)).date_at_offset(0);
    Ok(HomeReport {
        from: date(first),
        to: date(last),
        store_id,
        store_name,
        total: rows.iter().fold(Figures::default(), |sum, row| sum.plus(row.figures)),
        rows,
        days: by_day.into_iter().map(|(day, figures)| HomeDay { day: date(day), figures }).collect(),
    })
}

fn stores(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<HomeRow>> {
    let found = home::by_store(tx, mall_id, from, to)?;
    let ids: Vec<Id> = found.keys().copied().collect();
    let named = store::stores_by_id(tx, mall_id, &ids)?;
    let names: HashMap<Id, String> = named.into_iter().map(|store| (store.id, store.name)).collect();
    let row = |(id, figures)| {
        let name = names.get(&id).cloned().unwrap_or_default();
        HomeRow { id: Some(id), name, members: None, figures }
    };
    Ok(found.into_iter().map(row).collect())
}

/// Everybody who works at the store, who won somebody for it, and what nobody in particular won.
fn clerks(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, from: Instant, to: Instant) -> Result<Vec<HomeRow>> {
    let mut found: BTreeMap<Option<Id>, Figures> = home::by_clerk(tx, mall_id, store_id, from, to)?;
    let members = home::members_in_force(tx, mall_id, store_id)?;
    for id in clerks_of(tx, mall_id, store_id)?.iter().map(|(id, _)| Some(*id)).chain(members.keys().copied()) {
        found.entry(id).or_default();
    }
    // The store's own row is always there: its invite hangs at the door.
    found.entry(None).or_default();
    let ids: Vec<Id> = found.keys().filter_map(|id| *id).collect();
    let names = staff::names(tx, mall_id, &ids)?;
    let row = |(id, figures): (Option<Id>, Figures)| {
        let name = id.map_or_else(|| "门店".to_owned(), |id| names.get(&id).cloned().unwrap_or_default());
        HomeRow { id, name, members: Some(members.get(&id).copied().unwrap_or(0)), figures }
    };
    Ok(found.into_iter().map(row).collect())
}

fn file(made: &HomeReport) -> Result<Vec<u8>> {
    let first = if made.store_id.is_some() { "导购" } else { "门店" };
    let header = [first, "新增会员", "其中已购", "订单数", "线上销售", "本店柜台", "其他门店柜台", "退款", "净销售额"];
    let mut writer = Writer::new(Format::Csv, &header)?;
    let mut line = |name: &str, figures: &Figures| {
        let mut cells = vec![Cell::text(name)];
        cells.extend([figures.won, figures.bought, figures.orders].map(Cell::Int));
        let sums =
            [figures.online_fen, figures.here_fen, figures.elsewhere_fen, figures.refunded_fen, figures.sales_fen];
        cells.extend(sums.map(Cell::Fen));
        writer.row(&cells)
    };
    for row in &made.rows {
        line(&row.name, &row.figures)?;
    }
    line("合计", &made.total)?;
    for day in &made.days {
        line(&day.day, &day.figures)?;
    }
    writer.finish()
}

/// Which members.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HomeMembersQuery {
    store_id: Option<Id>,
    clerk_id: Option<Id>,
    cursor: Option<String>,
}

/// List the members of a store, or of a clerk.
///
/// Needs `home.view`. The latest first, names masked.
#[utoipa::path(get, path = "/homes/members", tag = "home", security(("staff" = [])), params(HomeMembersQuery),
    responses((status = 200, body = Page<HomeMember>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`")))]
async fn list_home_members(
    State(app): State<App>,
    staff: Staff<perm::HomeView>,
    Query(query): Query<HomeMembersQuery>,
) -> Answer<Json<Page<HomeMember>>> {
    let store_id = within(&staff.grants, query.store_id)?;
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app
        .db
        .read(move |tx| {
            let page = home::members_of(tx, mall_id, store_id, query.clerk_id, cursor, PAGE)?;
            shown(&reader, tx, mall_id, page)
        })
        .await?;
    Ok(Json(page))
}
