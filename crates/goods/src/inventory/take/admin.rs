//! Stock-takes in the back office.

use super::file;
use super::line::{self, LineFilter, StockTakeLine};
use super::post::{Uneven, post};
use super::{
    Count, NewStockTake, TAKE, TakeRow, TakeState, cancel, find, find_within, finish, open, recount_moved, reopen,
    set_counts,
};
use crate::inventory::scope;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A stock-take of one place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTake {
    pub id: Id,
    pub title: String,
    pub location_id: Id,
    pub location_name: String,
    pub state: TakeState,
    pub lines: i64,
    pub counted: i64,
    /// Counted lines that are not as expected.
    pub differing: i64,
    /// Pieces found beyond what was expected, and pieces that were not there.
    pub surplus: i64,
    pub missing: i64,
    pub staff_name: Option<String>,
    pub created_at: Instant,
    pub ended_at: Option<Instant>,
}

/// A stock-take with what stands in its way.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTakeDetail {
    pub stock_take: StockTake,
    /// Counted lines whose stock moved since the sheet was opened.
    pub moved: i64,
    /// Counted lines that would leave fewer than orders hold.
    pub below_reserved: i64,
    pub allowed_actions: Vec<TakeAction>,
}

/// What may be done with a stock-take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeAction {
    Count,
    Finish,
    Reopen,
    Post,
    Cancel,
}

impl TakeRow {
    fn shown(self) -> Result<StockTake> {
        Ok(StockTake {
            state: TakeState::parse(&self.state)?,
            id: self.id,
            title: self.title,
            location_id: self.location_id,
            location_name: self.location_name,
            lines: self.line_count,
            counted: self.counted_count,
            differing: self.differing_count,
            surplus: self.surplus,
            missing: self.missing,
            staff_name: self.staff_name,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

pub(in crate::inventory) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_stock_takes, open_stock_take))
        .routes(routes!(read_stock_take))
        .routes(routes!(list_stock_take_lines))
        .routes(routes!(count_stock))
        .routes(routes!(move_stock_take))
        .routes(routes!(post_stock_take))
        .merge(file::routes())
}

async fn read(app: &App, mall_id: MallId, store_id: Option<Id>, id: Id) -> Result<StockTakeDetail> {
    let (row, (moved, below_reserved)) =
        app.db.read(move |tx| Ok((find_within(tx, mall_id, store_id, id)?, line::uneven(tx, mall_id, id)?))).await?;
    let stock_take = row.shown()?;
    let allowed_actions = match stock_take.state {
        TakeState::Draft => vec![TakeAction::Count, TakeAction::Finish, TakeAction::Cancel],
        TakeState::Counted => vec![TakeAction::Reopen, TakeAction::Post, TakeAction::Cancel],
        TakeState::Posted | TakeState::Cancelled => Vec::new(),
    };
    let is_over = allowed_actions.is_empty();
    let now = |count: i64| if is_over { 0 } else { count };
    Ok(StockTakeDetail { moved: now(moved), below_reserved: now(below_reserved), stock_take, allowed_actions })
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TakeFilter {
    #[param(inline)]
    state: Option<TakeState>,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List stock-takes, newest first.
///
/// Needs `inventory.view`. A clerk of a store sees and touches those of its own shelf only (`inventory.other_store`).
#[utoipa::path(get, path = "/stock-takes", tag = "inventory", security(("staff" = [])), params(TakeFilter),
    responses((status = 200, body = Page<StockTake>)))]
async fn list_stock_takes(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<TakeFilter>,
) -> Answer<Json<Page<StockTake>>> {
    let (mall_id, limit) = (staff.mall.id, filter.limit.unwrap_or(30).clamp(1, 100));
    let before = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let store_id = staff.grants.store_id;
    let rows = app
        .db
        .read(move |tx| {
            let own = scope::own_place(tx, mall_id, store_id)?;
            takes(tx, mall_id, own, filter.state, before, limit)
        })
        .await?;
    let page = Page::from_rows(rows, limit, |row: &TakeRow| Cursor { key: 0, id: row.id.0 });
    let items = page.items.into_iter().map(TakeRow::shown).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn takes(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    own: Option<Id>,
    state: Option<TakeState>,
    before: i64,
    limit: i64,
) -> Result<Vec<TakeRow>> {
    // Texts of their own, so that each walks an index backwards.
    let mut args = Vec::from(args![mall_id, before, limit + 1]);
    let mut chosen = String::new();
    if let Some(state) = state {
        args.push(state.as_str().into());
        chosen += &format!(" and t.state = ${}", args.len());
    }
    if let Some(own) = own {
        args.push(own.into());
        chosen += &format!(" and t.location_id = ${}", args.len());
    }
    tx.all(&format!("{TAKE} where t.mall_id = $1 and t.id < $2{chosen} order by t.id desc limit $3"), &args)
}

/// Open a sheet for everything that lies, or lay, at a place.
///
/// Needs `inventory.edit`.
#[utoipa::path(post, path = "/stock-takes", tag = "inventory", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = NewStockTake,
    responses((status = 201, body = StockTakeDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`location.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_take.nothing_there`, `stock_take.too_long`: more than 5,000 SKUs, count by category"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn open_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    key: IdempotencyKey,
    Json(new): Json<NewStockTake>,
) -> Answer<(StatusCode, Json<StockTakeDetail>)> {
    let claim = Claim::new(&staff.ctx, "stock_take.open", &key, &new)?;
    let store_id = staff.grants.store_id;
    let id = staff
        .write_once(&app, "stock_take.open", claim, move |tx, ctx| {
            scope::within(tx, ctx.mall_id, store_id, new.location_id)?;
            let id = open(tx, ctx, &new)?;
            let row = find(tx, ctx.mall_id, id)?;
            Ok((id, Note::new("stock_take", id, format!("开盘点单 {}，{} 行", row.title, row.line_count))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, staff.mall.id, staff.grants.store_id, id).await?)))
}

/// Read a stock-take.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/stock-takes/{id}", tag = "inventory", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = StockTakeDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`")))]
async fn read_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Path(id): Path<Id>,
) -> Answer<Json<StockTakeDetail>> {
    Ok(Json(read(&app, staff.mall.id, staff.grants.store_id, id).await?))
}

/// List the lines of a stock-take.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/stock-takes/{id}/lines", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path), LineFilter),
    responses((status = 200, body = Page<StockTakeLine>),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`")))]
async fn list_stock_take_lines(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Path(id): Path<Id>,
    Query(filter): Query<LineFilter>,
) -> Answer<Json<Page<StockTakeLine>>> {
    let (mall_id, store_id, asked) = (staff.mall.id, staff.grants.store_id, filter.clone());
    let rows = app
        .db
        .read(move |tx| {
            find_within(tx, mall_id, store_id, id)?;
            line::lines(tx, mall_id, id, &asked)
        })
        .await?;
    Ok(Json(line::page(&app, &filter, rows)?))
}

/// Counts of a stock-take.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// 1–200.
    pub counts: Vec<Count>,
}

/// Write down what was counted.
///
/// Needs `inventory.edit`. A count that is taken back (`counted` absent) reads what is expected anew. SKUs that are not
/// on the sheet are left out.
#[utoipa::path(put, path = "/stock-takes/{id}/counts", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = Counts,
    responses((status = 200, body = StockTakeDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_take.wrong_state`: counting has ended")))]
async fn count_stock(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    Json(told): Json<Counts>,
) -> Answer<Json<StockTakeDetail>> {
    if !(1..=200).contains(&told.counts.len()) {
        return Err(Error::field("counts", "一次填 1 到 200 行").into());
    }
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_take.count", move |tx, ctx| {
            find_within(tx, ctx.mall_id, store_id, id)?;
            let met = set_counts(tx, ctx, id, &told.counts)?;
            Ok(((), Note::new("stock_take", id, format!("盘点填了 {met} 行"))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, staff.grants.store_id, id).await?))
}

/// Where a stock-take goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeMove {
    /// Counting has ended.
    Finish,
    /// Back to counting.
    Reopen,
    /// Back to counting, the counts of lines whose stock moved taken back.
    RecountMoved,
    /// Given up; the stock stays.
    Cancel,
}

/// A move of a stock-take.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTakeMove {
    #[serde(rename = "move")]
    pub to: TakeMove,
}

/// End counting, go back to it, or give a stock-take up.
///
/// Needs `inventory.edit`.
#[utoipa::path(post, path = "/stock-takes/{id}/move", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = StockTakeMove,
    responses((status = 200, body = StockTakeDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_take.wrong_state`, `stock_take.nothing_counted`")))]
async fn move_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    Json(asked): Json<StockTakeMove>,
) -> Answer<Json<StockTakeDetail>> {
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_take.move", move |tx, ctx| {
            find_within(tx, ctx.mall_id, store_id, id)?;
            let words = go(tx, ctx, id, asked.to)?;
            let title = find(tx, ctx.mall_id, id)?.title;
            Ok(((), Note::new("stock_take", id, format!("盘点单 {title}：{words}"))))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, staff.grants.store_id, id).await?))
}

fn go(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, to: TakeMove) -> Result<String> {
    match to {
        TakeMove::Finish => finish(tx, ctx, id).map(|()| String::from("点完了")),
        TakeMove::Reopen => reopen(tx, ctx, id).map(|()| String::from("继续清点")),
        TakeMove::RecountMoved => recount_moved(tx, ctx, id).map(|lines| format!("重新数 {lines} 行")),
        TakeMove::Cancel => cancel(tx, ctx, id).map(|()| String::from("作废")),
    }
}

/// How to post a stock-take.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockTakePosting {
    #[serde(default)]
    pub uneven: Uneven,
}

/// Write the differences of a counted stock-take into the stock.
///
/// Needs `inventory.edit`.
#[utoipa::path(post, path = "/stock-takes/{id}/post", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = StockTakePosting,
    responses((status = 200, body = StockTakeDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_take.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_take.moved`: goods moved since the sheet was opened; `stock_take.below_reserved`; `stock_take.wrong_state`")))]
async fn post_stock_take(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    Json(asked): Json<StockTakePosting>,
) -> Answer<Json<StockTakeDetail>> {
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_take.post", move |tx, ctx| {
            find_within(tx, ctx.mall_id, store_id, id)?;
            let posted = post(tx, ctx, id, asked.uneven)?;
            let title = find(tx, ctx.mall_id, id)?.title;
            let summary = format!("盘点过账 {title}：改了 {} 行，留下 {} 行", posted.changed, posted.left_out);
            Ok(((), Note::new("stock_take", id, summary)))
        })
        .await?;
    Ok(Json(read(&app, staff.mall.id, staff.grants.store_id, id).await?))
}
