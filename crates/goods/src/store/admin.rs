//! Stores in the back office. Making a store makes the location its stock lies at; closing it hides it from shoppers
//! and keeps its stock and its history.

use super::area::DeliveryArea;
use super::hours::{self, OpeningHours, SpecialDay};
use super::place::Point;
use super::region::region_path;
use super::row::{STORE_COLUMNS, StoreRow, find_store, only_shop, sends_parcels};
use super::service::StoreService;
use super::shop::{StoreView, shown};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::audit::Note;
use platform::cache::Topic;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A store in the back office.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminStore {
    #[serde(flatten)]
    pub store: StoreView,
    pub status: StoreStatus,
    pub staff_count: i64,
    pub district_code: String,
    pub picture_key: Option<String>,
    /// Whether parcels may leave from its shelf.
    pub ships: bool,
    pub picture_keys: Vec<String>,
    /// In the order of `picture_keys`.
    pub pictures: Vec<Picture>,
    pub delivery_area: Option<DeliveryArea>,
}

/// Whether a store is shown and takes pickup orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreStatus {
    Open,
    Closed,
}

/// What staff write about a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoreInput {
    /// 1–40 characters.
    pub name: String,
    /// Six digits.
    pub district_code: String,
    pub address: String,
    pub lat: f64,
    pub lng: f64,
    pub phone: String,
    pub hours: Vec<OpeningHours>,
    /// Dates with other hours, at most 60; those that are over are dropped.
    #[serde(default)]
    pub special_days: Vec<SpecialDay>,
    pub notice: Option<String>,
    /// The first picture; `picture_keys` says more.
    pub picture_key: Option<String>,
    /// At most nine, the first one is shown in lists; takes the place of `picture_key`.
    #[serde(default)]
    pub picture_keys: Vec<String>,
    #[serde(default)]
    pub services: Vec<StoreService>,
    /// Where it delivers to by itself.
    #[serde(default)]
    pub delivery_area: Option<DeliveryArea>,
    pub status: StoreStatus,
    /// Whether parcels may leave from its shelf when the mall routes orders to stores.
    #[serde(default = "yes")]
    pub ships: bool,
}

const fn yes() -> bool {
    true
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_stores_as_staff, create_store_as_staff))
        .routes(routes!(read_store_as_staff, update_store))
        .merge(super::found::admin_routes())
}

/// List all stores.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/stores", tag = "store", security(("staff" = [])),
    responses((status = 200, body = Vec<AdminStore>)))]
async fn list_stores_as_staff(State(app): State<App>, staff: Staff<perm::StoreView>) -> Answer<Json<Vec<AdminStore>>> {
    let mall_id = staff.mall.id;
    let (stores, counts, ships) = app
        .db
        .read(move |tx| {
            let stores: Vec<StoreRow> = tx.all(
                &format!("select {STORE_COLUMNS} from store s where s.mall_id = $1 order by s.status desc, s.id"),
                &args![mall_id],
            )?;
            Ok((stores, staff_counts(tx, mall_id)?, senders(tx, mall_id)?))
        })
        .await?;
    let views = stores.iter().map(|store| {
        let view = shown(&app, &staff.mall, store, None)?;
        let sends = ships.contains(&store.id);
        Ok(admin_store(&app, view, store, counts.get(&store.id).copied().unwrap_or(0), sends))
    });
    Ok(Json(views.collect::<Result<_>>()?))
}

/// Read one store.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/stores/{id}", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminStore),
        (status = 404, body = ProblemBody, description = "`store.not_found`: no such store")))]
async fn read_store_as_staff(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminStore>> {
    Ok(Json(read(&app, &staff.mall, id).await?))
}

/// Open a store with a place for its stock.
///
/// Needs `store.edit`.
#[utoipa::path(post, path = "/stores", tag = "store", security(("staff" = [])), request_body = StoreInput,
    responses((status = 201, body = AdminStore)))]
async fn create_store_as_staff(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Json(input): Json<StoreInput>,
) -> Answer<(StatusCode, Json<AdminStore>)> {
    let id = staff
        .write(&app, "store.create", move |tx, ctx| {
            let id = create_store(tx, ctx, &input)?;
            Ok((id, Note::new("store", id, format!("新建门店 {}", input.name))))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(read(&app, &staff.mall, id).await?)))
}

/// Change a store.
///
/// Needs `store.edit`.
#[utoipa::path(put, path = "/stores/{id}", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = StoreInput,
    responses((status = 200, body = AdminStore),
        (status = 404, body = ProblemBody, description = "`store.not_found`: no such store")))]
async fn update_store(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Path(id): Path<Id>,
    Json(input): Json<StoreInput>,
) -> Answer<Json<AdminStore>> {
    staff
        .write(&app, "store.update", move |tx, ctx| {
            save_store(tx, ctx, id, &input)?;
            Ok(((), Note::new("store", id, format!("修改门店 {}", input.name))))
        })
        .await?;
    Ok(Json(read(&app, &staff.mall, id).await?))
}

/// Makes a store of the mall's shop, and its location.
pub fn create_store(tx: &mut Tx<'_>, ctx: &Ctx, input: &StoreInput) -> Result<Id> {
    check(input)?;
    let (shop_id, store_id) = (only_shop(tx, ctx.mall_id)?, ctx.id());
    tx.exec(
        "insert into store (id, mall_id, shop_id, name, district_code, address, lat, lng, phone, hours, notice,
           picture_key, status, created_at, special_days, picture_keys, services, delivery_area)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        &args![
            store_id,
            ctx.mall_id,
            shop_id,
            input.name.trim(),
            &input.district_code,
            input.address.trim(),
            input.lat,
            input.lng,
            input.phone.trim(),
            hours_json(&input.hours)?,
            &input.notice,
            input.pictures().first(),
            status_word(input.status),
            ctx.now,
            special_json(ctx, input)?,
            pictures_json(input)?,
            StoreService::json(&input.services)?,
            area_json(input)?
        ],
    )?;
    tx.exec(
        "insert into location (id, mall_id, shop_id, kind, name, store_id, ships) values ($1, $2, $3, 'store', $4, $5, $6)",
        &args![ctx.id(), ctx.mall_id, shop_id, input.name.trim(), store_id, input.ships],
    )?;
    ctx.touch(tx, Topic::Stores(ctx.mall_id));
    Ok(store_id)
}

fn save_store(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &StoreInput) -> Result<()> {
    check(input)?;
    find_store(tx, ctx.mall_id, id)?;
    tx.exec(
        "update store
         set name = $3, district_code = $4, address = $5, lat = $6, lng = $7, phone = $8, hours = $9, notice = $10,
           picture_key = $11, status = $12, special_days = $13, picture_keys = $14, services = $15,
           delivery_area = $16
         where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            id,
            input.name.trim(),
            &input.district_code,
            input.address.trim(),
            input.lat,
            input.lng,
            input.phone.trim(),
            hours_json(&input.hours)?,
            &input.notice,
            input.pictures().first(),
            status_word(input.status),
            special_json(ctx, input)?,
            pictures_json(input)?,
            StoreService::json(&input.services)?,
            area_json(input)?
        ],
    )?;
    tx.exec(
        "update location set name = $3, ships = $4 where mall_id = $1 and store_id = $2",
        &args![ctx.mall_id, id, input.name.trim(), input.ships],
    )?;
    ctx.touch(tx, Topic::Stores(ctx.mall_id));
    Ok(())
}

fn check(input: &StoreInput) -> Result<()> {
    let length = |text: &str| text.trim().chars().count();
    if !(1..=40).contains(&length(&input.name)) {
        return Err(Error::field("name", "门店名称要有 1 到 40 个字"));
    }
    if !(1..=120).contains(&length(&input.address)) {
        return Err(Error::field("address", "请填写门店地址，最长 120 个字"));
    }
    let is_phone = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | ' '));
    if !(5..=20).contains(&length(&input.phone)) || !is_phone(input.phone.trim()) {
        return Err(Error::field("phone", "请填写门店电话"));
    }
    if input.notice.as_deref().is_some_and(|notice| length(notice) > 200) {
        return Err(Error::field("notice", "门店提示最长 200 个字"));
    }
    Point::parse(Some(input.lat), Some(input.lng))?;
    if input.picture_keys.len() > 9 {
        return Err(Error::field("picture_keys", "门店照片最多 9 张"));
    }
    if let Some(area) = &input.delivery_area {
        area.check(Point { lat: input.lat, lng: input.lng })?;
    }
    region_path(&input.district_code)?;
    hours::check(&input.hours)
}

impl StoreInput {
    fn pictures(&self) -> Vec<&str> {
        if self.picture_keys.is_empty() {
            return self.picture_key.as_deref().into_iter().collect();
        }
        self.picture_keys.iter().map(String::as_str).collect()
    }
}

fn pictures_json(input: &StoreInput) -> Result<String> {
    serde_json::to_string(&input.pictures()).map_err(Error::internal)
}

fn area_json(input: &StoreInput) -> Result<Option<String>> {
    input.delivery_area.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)
}

fn hours_json(hours: &[OpeningHours]) -> Result<String> {
    serde_json::to_string(hours).map_err(Error::internal)
}

/// Those that are over everywhere on earth are dropped; the mall's calendar decides again when they are read.
fn special_json(ctx: &Ctx, input: &StoreInput) -> Result<String> {
    let earliest = ctx.now.day_at_offset(0) - 1;
    serde_json::to_string(&hours::check_special(&input.special_days, earliest)?).map_err(Error::internal)
}

fn status_word(status: StoreStatus) -> &'static str {
    match status {
        StoreStatus::Open => "open",
        StoreStatus::Closed => "closed",
    }
}

/// Who works at which store. The staff table belongs to people; a count is all that is looked at.
fn staff_counts(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select store_id, count(*)
         from staff
         where mall_id = $1 and store_id is not null and status = 'active'
         group by store_id",
        &args![mall_id],
    )?;
    Ok(rows.into_iter().collect())
}

async fn read(app: &App, mall: &platform::mall::Mall, id: Id) -> Result<AdminStore> {
    let mall_id = mall.id;
    let read = app.db.read(move |tx| {
        Ok((find_store(tx, mall_id, id)?, staff_counts(tx, mall_id)?, sends_parcels(tx, mall_id, id)?))
    });
    let (store, counts, ships) = read.await?;
    Ok(admin_store(app, shown(app, mall, &store, None)?, &store, counts.get(&id).copied().unwrap_or(0), ships))
}

/// Stores whose shelf parcels may leave from.
fn senders(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashSet<Id>> {
    let ids: Vec<Id> =
        tx.all("select store_id from location where mall_id = $1 and store_id is not null and ships", &args![mall_id])?;
    Ok(ids.into_iter().collect())
}

fn admin_store(app: &App, view: StoreView, store: &StoreRow, staff_count: i64, ships: bool) -> AdminStore {
    AdminStore {
        store: view,
        status: if store.is_open() { StoreStatus::Open } else { StoreStatus::Closed },
        staff_count,
        district_code: store.district_code.clone(),
        picture_key: store.picture_key.clone(),
        ships,
        picture_keys: store.picture_keys.clone(),
        pictures: store.picture_keys.iter().map(|key| storage::picture(app, key, &store.name)).collect(),
        delivery_area: store.delivery_area.clone(),
    }
}
