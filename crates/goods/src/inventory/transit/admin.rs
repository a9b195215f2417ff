//! Transfers in the back office. A clerk of a store writes those from and to it, sends what leaves it and receives what
//! comes to it; everyone else acts on both sides.

use super::go::{TransferReceipt, receive, send};
use super::line::{self, GoodsUnderway, TransferLine};
use super::{NewTransferSheet, TRANSFER, TransferRow, TransferState, cancel, find, open, rewrite};
use crate::inventory::scope;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::{Permission, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A transfer between two places.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferSheet {
    pub id: Id,
    pub from_location_id: Id,
    pub from_name: String,
    pub to_location_id: Id,
    pub to_name: String,
    pub state: TransferState,
    pub note: Option<String>,
    pub lines: i64,
    /// Pieces on the sheet.
    pub quantity: i64,
    pub received: i64,
    /// Never sent after all.
    pub returned: i64,
    /// Lost or damaged.
    pub lost: i64,
    /// Still on their way.
    pub underway: i64,
    pub staff_name: Option<String>,
    pub created_at: Instant,
    pub sent_at: Option<Instant>,
    pub ended_at: Option<Instant>,
}

/// A transfer with its lines.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferSheetDetail {
    pub transfer: TransferSheet,
    pub lines: Vec<TransferLine>,
    /// What the caller may do.
    pub allowed_actions: Vec<TransferAction>,
}

/// What may be done with a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferAction {
    Edit,
    Send,
    Cancel,
    Receive,
}

impl TransferRow {
    fn shown(self) -> Result<TransferSheet> {
        let state = TransferState::parse(&self.state)?;
        let underway = match state {
            TransferState::Sent => self.quantity - self.received - self.returned - self.lost,
            _ => 0,
        };
        Ok(TransferSheet {
            id: self.id,
            from_location_id: self.from_location_id,
            from_name: self.from_name,
            to_location_id: self.to_location_id,
            to_name: self.to_name,
            state,
            note: self.note,
            lines: self.line_count,
            quantity: self.quantity,
            received: self.received,
            returned: self.returned,
            lost: self.lost,
            underway,
            staff_name: self.staff_name,
            created_at: self.created_at,
            sent_at: self.sent_at,
            ended_at: self.ended_at,
        })
    }
}

pub(in crate::inventory) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_transfer_sheets, open_transfer_sheet))
        .routes(routes!(read_transfer_sheet, rewrite_transfer_sheet))
        .routes(routes!(send_transfer_sheet))
        .routes(routes!(receive_transfer_sheet))
        .routes(routes!(cancel_transfer_sheet))
        .routes(routes!(list_underway))
}

async fn read<P: Permission>(app: &App, staff: &Staff<P>, id: Id) -> Result<TransferSheetDetail> {
    let (mall_id, store_id, reader) = (staff.mall.id, staff.grants.store_id, app.clone());
    let may_edit = staff.grants.allow::<perm::InventoryEdit>();
    app.db
        .read(move |tx| {
            let transfer = find(tx, mall_id, id)?.shown()?;
            let own = scope::own_place(tx, mall_id, store_id)?;
            let lines = line::lines(&reader, tx, mall_id, id)?;
            let allowed_actions = if may_edit { allowed(&transfer, own) } else { Vec::new() };
            Ok(TransferSheetDetail { transfer, lines, allowed_actions })
        })
        .await
}

/// What the state and the caller's own place leave to do.
fn allowed(transfer: &TransferSheet, own: Option<Id>) -> Vec<TransferAction> {
    let sends = own.is_none_or(|own| own == transfer.from_location_id);
    let receives = own.is_none_or(|own| own == transfer.to_location_id);
    match transfer.state {
        TransferState::Draft if sends => vec![TransferAction::Edit, TransferAction::Send, TransferAction::Cancel],
        TransferState::Draft if receives => vec![TransferAction::Edit, TransferAction::Cancel],
        TransferState::Sent if receives => vec![TransferAction::Receive],
        _ => Vec::new(),
    }
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TransferFilter {
    #[param(inline)]
    state: Option<TransferState>,
    /// From or to this place.
    location_id: Option<Id>,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List transfers, newest first.
///
/// Needs `inventory.view`. A clerk of a store sees those from and to it.
#[utoipa::path(get, path = "/stock-transfers", tag = "inventory", security(("staff" = [])), params(TransferFilter),
    responses((status = 200, body = Page<TransferSheet>)))]
async fn list_transfer_sheets(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<TransferFilter>,
) -> Answer<Json<Page<TransferSheet>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let limit = filter.limit.unwrap_or(30).clamp(1, 100);
    let rows = app.db.read(move |tx| sheets(tx, mall_id, store_id, &filter, limit)).await?;
    let page = Page::from_rows(rows, limit, |row: &TransferRow| Cursor { key: 0, id: row.id.0 });
    let items = page.items.into_iter().map(TransferRow::shown).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

fn sheets(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    filter: &TransferFilter,
    limit: i64,
) -> Result<Vec<TransferRow>> {
    let before = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let mut args = Vec::from(args![mall_id, before, limit + 1]);
    let mut chosen = String::new();
    if let Some(state) = filter.state {
        args.push(state.as_str().into());
        chosen += &format!(" and t.state = ${}", args.len());
    }
    for place in [filter.location_id, scope::own_place(tx, mall_id, store_id)?].into_iter().flatten() {
        args.push(place.into());
        chosen += &format!(" and (t.from_location_id = ${0} or t.to_location_id = ${0})", args.len());
    }
    tx.all(&format!("{TRANSFER} where t.mall_id = $1 and t.id < $2{chosen} order by t.id desc limit $3"), &args)
}

/// Write a transfer between two places of a shop; nothing moves yet.
///
/// Needs `inventory.edit`. A clerk of a store writes those from and to it.
#[utoipa::path(post, path = "/stock-transfers", tag = "inventory", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = NewTransferSheet,
    responses((status = 201, body = TransferSheetDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`location.not_found`, `inventory.no_such_sku`"),
        (status = 409, body = ProblemBody, description = "`stock_transfer.same_place`, `stock_transfer.other_shop`"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn open_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    key: IdempotencyKey,
    Json(new): Json<NewTransferSheet>,
) -> Answer<(StatusCode, Json<TransferSheetDetail>)> {
    let claim = Claim::new(&staff.ctx, "stock_transfer.open", &key, &new)?;
    let store_id = staff.grants.store_id;
    let id = staff
        .write_once(&app, "stock_transfer.open", claim, move |tx, ctx| {
            let id = open(tx, ctx, store_id, &new)?;
            let row = find(tx, ctx.mall_id, id)?;
            let summary = format!("开调拨单 {} → {}，{} 件", row.from_name, row.to_name, row.quantity);
            Ok((id, Note::new("stock_transfer", id, summary)))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, &staff, id).await?)))
}

/// Read a transfer.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/stock-transfers/{id}", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)),
    responses((status = 200, body = TransferSheetDetail),
        (status = 404, body = ProblemBody, description = "`stock_transfer.not_found`")))]
async fn read_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Path(id): Path<Id>,
) -> Answer<Json<TransferSheetDetail>> {
    Ok(Json(read(&app, &staff, id).await?))
}

/// Write a draft anew.
///
/// Needs `inventory.edit`.
#[utoipa::path(put, path = "/stock-transfers/{id}", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = NewTransferSheet,
    responses((status = 200, body = TransferSheetDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_transfer.not_found`, `location.not_found`, `inventory.no_such_sku`"),
        (status = 409, body = ProblemBody, description = "`stock_transfer.wrong_state`: it was sent; `stock_transfer.same_place`, `stock_transfer.other_shop`")))]
async fn rewrite_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    Json(new): Json<NewTransferSheet>,
) -> Answer<Json<TransferSheetDetail>> {
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_transfer.edit", move |tx, ctx| {
            rewrite(tx, ctx, store_id, id, &new)?;
            Ok(((), Note::new("stock_transfer", id, format!("改调拨单，{} 行", new.lines.len()))))
        })
        .await?;
    Ok(Json(read(&app, &staff, id).await?))
}

/// Send a draft: its goods leave the sender's shelf and are under way.
///
/// Needs `inventory.edit`. Only what no order holds can leave.
#[utoipa::path(post, path = "/stock-transfers/{id}/send", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)),
    responses((status = 200, body = TransferSheetDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_transfer.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_transfer.short` (details.sku_ids): not so many are free; `stock_transfer.wrong_state`")))]
async fn send_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<TransferSheetDetail>> {
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_transfer.send", move |tx, ctx| {
            send(tx, ctx, store_id, id)?;
            let row = find(tx, ctx.mall_id, id)?;
            let summary = format!("发出调拨 {} → {}，{} 件", row.from_name, row.to_name, row.quantity);
            Ok(((), Note::new("stock_transfer", id, summary)))
        })
        .await?;
    Ok(Json(read(&app, &staff, id).await?))
}

/// Receive what arrived of a transfer, all of it or a part.
///
/// Needs `inventory.edit`. Pieces that will not arrive are told with a reason: `not_sent` brings them back onto the
/// sender's shelf, `lost` and `damaged` write them off. What is told of neither way stays under way.
#[utoipa::path(post, path = "/stock-transfers/{id}/receive", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path), ("Idempotency-Key" = String, Header)), request_body = TransferReceipt,
    responses((status = 200, body = TransferSheetDetail),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `lines[0].received`: more than is under way; at `lines[0].reason`"),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_transfer.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_transfer.moved`: somebody received meanwhile; `stock_transfer.wrong_state`"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn receive_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
    key: IdempotencyKey,
    Json(receipt): Json<TransferReceipt>,
) -> Answer<Json<TransferSheetDetail>> {
    if !(1..=200).contains(&receipt.lines.len()) {
        return Err(Error::field("lines", "一次收 1 到 200 行").into());
    }
    let claim = Claim::new(&staff.ctx, "stock_transfer.receive", &key, &(id, &receipt))?;
    let store_id = staff.grants.store_id;
    staff
        .write_once(&app, "stock_transfer.receive", claim, move |tx, ctx| {
            let (received, missing) = receive(tx, ctx, store_id, id, &receipt)?;
            let row = find(tx, ctx.mall_id, id)?;
            let summary = format!("{} 收到从 {} 调来的 {received} 件，少 {missing} 件", row.to_name, row.from_name);
            Ok(((), Note::new("stock_transfer", id, summary)))
        })
        .await?;
    Ok(Json(read(&app, &staff, id).await?))
}

/// Give a draft up.
///
/// Needs `inventory.edit`.
#[utoipa::path(post, path = "/stock-transfers/{id}/cancel", tag = "inventory", security(("staff" = [])),
    params(("id" = Id, Path)),
    responses((status = 200, body = TransferSheetDetail),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`stock_transfer.not_found`"),
        (status = 409, body = ProblemBody, description = "`stock_transfer.wrong_state`: it was sent")))]
async fn cancel_transfer_sheet(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<TransferSheetDetail>> {
    let store_id = staff.grants.store_id;
    staff
        .write(&app, "stock_transfer.cancel", move |tx, ctx| {
            cancel(tx, ctx, store_id, id)?;
            Ok(((), Note::new("stock_transfer", id, "作废调拨单")))
        })
        .await?;
    Ok(Json(read(&app, &staff, id).await?))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UnderWayFilter {
    sku_id: Id,
}

/// List where pieces of a SKU are under way to.
///
/// Needs `inventory.view`. The oldest 100.
#[utoipa::path(get, path = "/inventory/underway", tag = "inventory", security(("staff" = [])), params(UnderWayFilter),
    responses((status = 200, body = Vec<GoodsUnderway>)))]
async fn list_underway(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<UnderWayFilter>,
) -> Answer<Json<Vec<GoodsUnderway>>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| line::underway(tx, mall_id, filter.sku_id)).await?))
}
