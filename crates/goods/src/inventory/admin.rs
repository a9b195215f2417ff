//! Stock in the back office: what lies where, corrections with their reason, and the trail.

use super::Demand;
use super::level::{Level, adjust, count, receive};
use super::scope;
use crate::label::{option_text, texts};
use crate::named;
use crate::store::{self, LocationRow};
use axum::extract::State;
use db::{Tx, args, row};
use kernel::{Cursor, Page};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Ctx, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Stock of one SKU at one location.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockRow {
    pub sku_id: Id,
    pub product_id: Id,
    pub product_name: String,
    pub picture: Option<Picture>,
    pub option_text: String,
    pub code: String,
    pub location_id: Id,
    pub location_name: String,
    pub on_hand: i64,
    pub reserved: i64,
    pub available: i64,
    /// At or below it the SKU counts as low here.
    pub low_mark: i64,
    /// Pieces on their way to this place.
    pub in_transit: i64,
}

/// How a level is changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockChangeKind {
    /// `quantity` pieces arrive.
    Receive,
    /// The level changes by `quantity`, which may be negative.
    Adjust,
    /// `quantity` pieces were counted.
    Count,
}

/// A correction of stock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StockChange {
    pub sku_id: Id,
    pub location_id: Id,
    pub kind: StockChangeKind,
    pub quantity: i64,
    /// At most 100 characters.
    pub note: Option<String>,
}

/// One change of stock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Movement {
    pub id: Id,
    pub at: Instant,
    /// `reserve`, `commit`, `release`, `receive`, `adjust`, `transfer` or `count`.
    pub kind: String,
    pub sku_id: Id,
    pub location_name: String,
    pub delta_on_hand: i64,
    pub delta_reserved: i64,
    pub holder_kind: Option<String>,
    pub holder_id: Option<Id>,
    /// `member`, `staff` or `system`.
    pub actor_kind: String,
    pub actor_name: Option<String>,
    pub note: Option<String>,
}
row!(Movement {
    id,
    at,
    kind,
    sku_id,
    location_name,
    delta_on_hand,
    delta_reserved,
    holder_kind,
    holder_id,
    actor_kind,
    actor_name,
    note
});

/// A place where stock lies.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Location {
    pub id: Id,
    pub name: String,
    /// `warehouse` or `store`.
    pub kind: String,
    pub store_id: Option<Id>,
}

impl From<LocationRow> for Location {
    fn from(row: LocationRow) -> Self {
        Location { id: row.id, name: row.name, kind: row.kind, store_id: row.store_id }
    }
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_stock))
        .routes(routes!(change_stock))
        .routes(routes!(list_movements))
        .routes(routes!(list_locations))
        .merge(super::moves::routes())
        .merge(super::take::routes())
        .merge(super::transit::routes())
        .merge(super::replenish::routes())
        .merge(super::low::routes())
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StockFilter {
    /// The beginning of a SKU's code or barcode, or words of a product.
    q: Option<String>,
    location_id: Option<Id>,
    /// Only what is at or below its mark.
    low: Option<bool>,
    cursor: Option<String>,
    /// 1–100, 50 if absent.
    limit: Option<i64>,
}

/// List stock by SKU and location.
///
/// Needs `inventory.view`. Goods that were deleted are left out.
#[utoipa::path(get, path = "/inventory", tag = "inventory", security(("staff" = [])), params(StockFilter),
    responses((status = 200, body = Page<StockRow>)))]
async fn list_stock(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<StockFilter>,
) -> Answer<Json<Page<StockRow>>> {
    let (mall_id, limit) = (staff.mall.id, filter.limit.unwrap_or(50).clamp(1, 100));
    let rows = app.db.read(move |tx| stock_rows(tx, mall_id, &filter, limit)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.sku_id.0, id: row.location_id.0 });
    let items = page.items.into_iter().map(|row| row.shown(&app)).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Receive, correct or count stock.
///
/// Needs `inventory.edit`. A clerk of a store does so at its own shelf only.
#[utoipa::path(post, path = "/inventory/changes", tag = "inventory", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = StockChange,
    responses((status = 200, body = StockRow),
        (status = 403, body = ProblemBody, description = "`inventory.other_store`"),
        (status = 404, body = ProblemBody, description = "`inventory.no_such_sku`, `location.not_found`"),
        (status = 409, body = ProblemBody, description = "`inventory.below_reserved`: fewer would lie there than are promised"),
        (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn change_stock(
    State(app): State<App>,
    staff: Staff<perm::InventoryEdit>,
    key: IdempotencyKey,
    Json(change): Json<StockChange>,
) -> Answer<Json<StockRow>> {
    let claim = Claim::new(&staff.ctx, "inventory.change", &key, &change)?;
    let (sku_id, location_id, mall_id) = (change.sku_id, change.location_id, staff.mall.id);
    let store_id = staff.grants.store_id;
    staff
        .write_once(&app, "inventory.change", claim, move |tx, ctx| {
            let on_hand = apply(tx, ctx, store_id, &change)?.on_hand;
            Ok(((), Note::new("sku", sku_id, summary(&change, on_hand))))
        })
        .await?;
    let row = app.db.read(move |tx| stock_row(tx, mall_id, sku_id, location_id)).await?;
    Ok(Json(row.shown(&app)?))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MovementFilter {
    sku_id: Id,
    cursor: Option<String>,
    /// 1–100, 50 if absent.
    limit: Option<i64>,
}

/// List what happened to the stock of a SKU, newest first.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/inventory/movements", tag = "inventory", security(("staff" = [])), params(MovementFilter),
    responses((status = 200, body = Page<Movement>)))]
async fn list_movements(
    State(app): State<App>,
    staff: Staff<perm::InventoryView>,
    Query(filter): Query<MovementFilter>,
) -> Answer<Json<Page<Movement>>> {
    let (mall_id, limit) = (staff.mall.id, filter.limit.unwrap_or(50).clamp(1, 100));
    let before = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map(|cursor| cursor.id);
    let rows: Vec<Movement> = app
        .db
        .read(move |tx| {
            tx.all(
                "select m.id, m.at, m.kind, m.sku_id, coalesce(l.name, ''), m.on_hand_delta, m.reserved_delta,
                   m.holder_kind, m.holder_id, m.actor_kind, s.name, m.note
                 from stock_movement m
                 left join location l on l.mall_id = m.mall_id and l.id = m.location_id
                 left join staff s on s.mall_id = m.mall_id and s.id = m.actor_id and m.actor_kind = 'staff'
                 where m.mall_id = $1 and m.sku_id = $2 and m.id < $3
                 order by m.id desc
                 limit $4",
                &args![mall_id, filter.sku_id, before.unwrap_or(i64::MAX), limit + 1],
            )
        })
        .await?;
    Ok(Json(Page::from_rows(rows, limit, |movement| Cursor { key: movement.at.0, id: movement.id.0 })))
}

/// List warehouses and stores where stock lies.
///
/// Needs `inventory.view`.
#[utoipa::path(get, path = "/locations", tag = "inventory", security(("staff" = [])),
    responses((status = 200, body = Vec<Location>)))]
async fn list_locations(State(app): State<App>, staff: Staff<perm::InventoryView>) -> Answer<Json<Vec<Location>>> {
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| store::locations(tx, mall_id)).await?;
    Ok(Json(rows.into_iter().map(Location::from).collect()))
}

/// A row of stock before its picture is known.
pub(super) struct Row {
    pub sku_id: Id,
    pub location_id: Id,
    product_id: Id,
    product_name: String,
    picture_key: Option<String>,
    picture_keys: String,
    option_values: String,
    code: String,
    location_name: String,
    on_hand: i64,
    reserved: i64,
    low_mark: i64,
    in_transit: i64,
}
row!(Row {
    sku_id,
    location_id,
    product_id,
    product_name,
    picture_key,
    picture_keys,
    option_values,
    code,
    location_name,
    on_hand,
    reserved,
    low_mark,
    in_transit
});

impl Row {
    pub(super) fn shown(self, app: &App) -> Result<StockRow> {
        let key = match self.picture_key {
            Some(key) => Some(key),
            None => texts(&self.picture_keys)?.into_iter().next(),
        };
        Ok(StockRow {
            sku_id: self.sku_id,
            product_id: self.product_id,
            picture: key.map(|key| storage::picture(app, &key, &self.product_name)),
            product_name: self.product_name,
            option_text: option_text(&self.option_values)?,
            code: self.code,
            location_id: self.location_id,
            location_name: self.location_name,
            on_hand: self.on_hand,
            reserved: self.reserved,
            available: self.on_hand - self.reserved,
            low_mark: self.low_mark,
            in_transit: self.in_transit,
        })
    }
}

// Joined from the left, so that the walk is along the stock in its order.
const SELECT: &str =
    "select t.sku_id, t.location_id, p.id, p.name, k.picture_key, p.picture_keys, k.option_values, k.code,
   l.name, t.on_hand, t.reserved, t.low_mark,
   (select cast(coalesce(sum(n.underway), 0) as bigint)
    from stock_transfer_line n
    where n.mall_id = t.mall_id and n.sku_id = t.sku_id and n.to_location_id = t.location_id and n.underway > 0)
 from stock t
 left join sku k on k.mall_id = t.mall_id and k.id = t.sku_id
 left join product p on p.mall_id = k.mall_id and p.id = k.product_id
 left join location l on l.mall_id = t.mall_id and l.id = t.location_id";

/// Rows of some SKUs at some places, without those whose goods were deleted.
pub(super) fn rows_of(tx: &mut Tx<'_>, mall_id: MallId, sku_ids: &[Id], location_ids: &[Id]) -> Result<Vec<Row>> {
    tx.all(
        &format!(
            "{SELECT}
             where t.mall_id = $1 and t.sku_id = any($2) and t.location_id = any($3)
               and k.deleted_at is null and p.deleted_at is null"
        ),
        &args![mall_id, sku_ids, location_ids],
    )
}

fn stock_rows(tx: &mut Tx<'_>, mall_id: MallId, filter: &StockFilter, limit: i64) -> Result<Vec<Row>> {
    let after = filter.cursor.as_deref().map(Cursor::decode).transpose()?.unwrap_or(Cursor { key: 0, id: 0 });
    let mut args = Vec::from(args![mall_id, after.key, after.id, limit + 1]);
    let mut chosen = String::new();
    if let Some(location_id) = filter.location_id {
        args.push(location_id.into());
        chosen += &format!(" and t.location_id = ${}", args.len());
    }
    if filter.low == Some(true) {
        chosen += " and t.on_hand - t.reserved <= t.low_mark";
    }
    if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        args.push(named::skus(tx, mall_id, q)?.into());
        chosen += &format!(" and t.sku_id = any(${})", args.len());
    }
    tx.all(
        &format!(
            "{SELECT}
             where t.mall_id = $1 and k.deleted_at is null and p.deleted_at is null
               and (t.sku_id, t.location_id) > ($2, $3){chosen}
             order by t.sku_id, t.location_id
             limit $4"
        ),
        &args,
    )
}

pub(super) fn stock_row(tx: &mut Tx<'_>, mall_id: MallId, sku_id: Id, location_id: Id) -> Result<Row> {
    tx.one(
        &format!("{SELECT} where t.mall_id = $1 and t.sku_id = $2 and t.location_id = $3"),
        &args![mall_id, sku_id, location_id],
    )
}

fn apply(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Option<Id>, change: &StockChange) -> Result<Level> {
    let note = change.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > 100) {
        return Err(Error::field("note", "备注最长 100 个字"));
    }
    let (sku_id, location_id, quantity) = (change.sku_id, change.location_id, change.quantity);
    store::find_location(tx, ctx.mall_id, location_id)?;
    scope::within(tx, ctx.mall_id, store_id, location_id)?;
    let known: Option<Id> = tx.opt("select id from sku where mall_id = $1 and id = $2", &args![ctx.mall_id, sku_id])?;
    known.ok_or_else(|| Error::not_found("inventory.no_such_sku", "没有找到这个规格"))?;
    match change.kind {
        StockChangeKind::Receive => receive(tx, ctx, Demand { sku_id, location_id, quantity }, note),
        StockChangeKind::Adjust => adjust(tx, ctx, sku_id, location_id, quantity, note),
        StockChangeKind::Count => count(tx, ctx, sku_id, location_id, quantity, note),
    }
}

fn summary(change: &StockChange, on_hand: i64) -> String {
    let verb = match change.kind {
        StockChangeKind::Receive => "入库",
        StockChangeKind::Adjust => "调整",
        StockChangeKind::Count => "盘点",
    };
    format!("{verb} {}，现有 {on_hand} 件", change.quantity)
}
