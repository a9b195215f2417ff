//! Stores as shoppers see them: the nearest first when they tell where they are.

use super::hours::{OpeningHours, SpecialDay, is_open, still_to_come};
use super::place::{Point, box_around, distance_m};
use super::region::region_path;
use super::row::{STORE_COLUMNS, StoreRow, find_store, stores_by_id};
use super::service::StoreService;
use axum::response::{IntoResponse, Response};
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::cache::{Cached, Topic};
use platform::mall::Mall;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Query, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A physical outlet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoreView {
    pub id: Id,
    pub name: String,
    pub picture: Option<Picture>,
    pub province: String,
    pub city: String,
    pub district: String,
    pub address: String,
    pub phone: String,
    /// GCJ-02 degrees.
    pub lat: f64,
    pub lng: f64,
    pub hours: Vec<OpeningHours>,
    /// Dates to come with other hours, in order.
    pub special_days: Vec<SpecialDay>,
    /// By the server's clock.
    pub open_now: bool,
    pub notice: Option<String>,
    pub services: Vec<StoreService>,
    /// Metres from the place in the query, as the crow flies.
    pub distance_m: Option<i64>,
}

/// A store as shoppers see it, open or not; `store.not_found` (404).
pub fn store_view(app: &App, tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<StoreView> {
    let store = find_store(tx, mall_id, store_id)?;
    shown(app, &*app.malls.get(mall_id)?, &store, None)
}

/// Turns a store into what shoppers see; `near` is where they stand, if they told.
pub(crate) fn shown(app: &App, mall: &Mall, store: &StoreRow, near: Option<Point>) -> Result<StoreView> {
    let (province, city, district) = region_path(&store.district_code)?;
    let now = app.clock.now();
    Ok(StoreView {
        id: store.id,
        name: store.name.clone(),
        picture: store.picture_key.as_deref().map(|key| storage::picture(app, key, &store.name)),
        province: province.to_owned(),
        city: city.to_owned(),
        district: district.to_owned(),
        address: store.address.clone(),
        phone: store.phone.clone(),
        lat: store.place.lat,
        lng: store.place.lng,
        hours: store.hours.clone(),
        special_days: still_to_come(&store.special_days, now.day_at_offset(mall.utc_offset_ms)),
        open_now: store.is_open() && is_open(&store.hours, &store.special_days, now, mall.utc_offset_ms),
        notice: store.notice.clone(),
        services: store.services.clone(),
        distance_m: near.map(|point| distance_m(point, store.place)),
    })
}

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_stores)).merge(super::card::shop_routes())
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StoreFilter {
    /// Latitude where the shopper stands.
    lat: Option<f64>,
    /// Longitude where the shopper stands.
    lng: Option<f64>,
    /// Only stores of this district; six digits.
    district_code: Option<String>,
    /// Only stores that offer all of these, separated by commas: `parking,wifi`.
    services: Option<String>,
    /// Only stores that are open at this moment.
    open_now: Option<bool>,
}

/// List the open stores.
///
/// At most 100, the nearest first when `lat` and `lng` are given.
#[utoipa::path(get, path = "/stores", tag = "store", params(StoreFilter),
    responses((status = 200, body = Vec<StoreView>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `lat`, `services`")))]
async fn list_stores(
    app: axum::extract::State<App>,
    visitor: Visitor,
    Query(filter): Query<StoreFilter>,
) -> Answer<Response> {
    let point = Point::parse(filter.lat, filter.lng)?;
    let services = StoreService::parse_list(filter.services.as_deref().unwrap_or_default())?;
    let (stamp, mall_id) = (app.cache.stamp(&[Topic::Stores(visitor.mall.id)]), visitor.mall.id);
    let open_at = filter.open_now.unwrap_or(false).then(|| app.clock.now());
    let plain = point.is_none() && filter.district_code.is_none() && services.is_empty() && open_at.is_none();
    let wanted =
        Wanted { district_code: filter.district_code, services, open_at, utc_offset_ms: visitor.mall.utc_offset_ms };
    let stores = app.db.read(move |tx| wanted_stores(tx, mall_id, point, &wanted)).await?;
    let views = stores.iter().map(|store| shown(&app, &visitor.mall, store, point));
    let views = views.collect::<Result<Vec<_>>>()?;
    // Every shopper stands somewhere else and looks for something else: only the bare list is worth keeping.
    Ok(if plain { Cached::new(views, stamp).into_response() } else { Json(views).into_response() })
}

/// What a shopper looks for.
pub(super) struct Wanted {
    pub district_code: Option<String>,
    pub services: Vec<StoreService>,
    /// Open at this moment.
    pub open_at: Option<Instant>,
    pub utc_offset_ms: i64,
}

impl Wanted {
    fn accepts(&self, store: &StoreRow) -> bool {
        let open = |now: Instant| is_open(&store.hours, &store.special_days, now, self.utc_offset_ms);
        self.services.iter().all(|service| store.services.contains(service))
            && self.district_code.as_ref().is_none_or(|code| *code == store.district_code)
            && self.open_at.is_none_or(open)
    }

    fn is_picky(&self) -> bool {
        !self.services.is_empty() || self.open_at.is_some()
    }
}

/// Stores looked through for a shopper who is picky.
const LOOKED_THROUGH: usize = 2_000;

/// The open stores that fit, the nearest first when somebody stands somewhere.
pub(super) fn wanted_stores(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    near: Option<Point>,
    wanted: &Wanted,
) -> Result<Vec<StoreRow>> {
    let mut fitting: Vec<StoreRow> = match (&wanted.district_code, near) {
        (Some(code), _) => in_district(tx, mall_id, code)?,
        (None, Some(point)) => return nearest_wanted(tx, mall_id, point, wanted),
        (None, None) if wanted.is_picky() => some_open(tx, mall_id, LOOKED_THROUGH)?,
        (None, None) => some_open(tx, mall_id, SHOWN)?,
    };
    fitting.retain(|store| wanted.accepts(store));
    if let Some(point) = near {
        fitting.sort_by_key(|store| (distance_m(point, store.place), store.id));
    }
    fitting.truncate(SHOWN);
    Ok(fitting)
}

/// Looks through ever more of the nearest until enough of them fit.
fn nearest_wanted(tx: &mut Tx<'_>, mall_id: MallId, point: Point, wanted: &Wanted) -> Result<Vec<StoreRow>> {
    let mut most = SHOWN;
    loop {
        let mut found = nearest_stores(tx, mall_id, point, most)?;
        let all = found.len() < most;
        found.retain(|store| wanted.accepts(store));
        if all || found.len() >= SHOWN || most >= LOOKED_THROUGH {
            found.truncate(SHOWN);
            return Ok(found);
        }
        most = (most * 4).min(LOOKED_THROUGH);
    }
}

fn in_district(tx: &mut Tx<'_>, mall_id: MallId, code: &str) -> Result<Vec<StoreRow>> {
    tx.all(
        &format!(
            "select {STORE_COLUMNS}
             from store s
             where s.mall_id = $1 and s.status = 'open' and s.district_code = $2
             order by s.id
             limit $3"
        ),
        &args![mall_id, code, LOOKED_THROUGH as i64],
    )
}

fn some_open(tx: &mut Tx<'_>, mall_id: MallId, most: usize) -> Result<Vec<StoreRow>> {
    tx.all(
        &format!(
            "select {STORE_COLUMNS}
             from store s
             where s.mall_id = $1 and s.status = 'open'
             order by s.id
             limit $2"
        ),
        &args![mall_id, most as i64],
    )
}

const SHOWN: usize = 100;

/// The open stores to show, the nearest first when somebody stands somewhere.
pub(crate) fn open_stores(tx: &mut Tx<'_>, mall_id: MallId, near: Option<Point>) -> Result<Vec<StoreRow>> {
    match near {
        Some(point) => nearest_stores(tx, mall_id, point, SHOWN),
        None => some_open(tx, mall_id, SHOWN),
    }
}

/// Where a search begins, and half the girth of the earth, where it ends.
const FIRST_M: f64 = 3_000.0;
const LAST_M: f64 = 20_100_000.0;

/// The nearest open stores in order, exactly, without a walk over all of them: ever wider boxes along an index that holds
/// the places, until one holds enough within its circle; then the rows of those that are shown.
pub fn nearest_stores(tx: &mut Tx<'_>, mall_id: MallId, from: Point, most: usize) -> Result<Vec<StoreRow>> {
    let mut metres = FIRST_M;
    let mut found = loop {
        let (south, north, west, east) = box_around(from, metres + 1.0);
        let rows: Vec<(Id, f64, f64)> = tx.all(
            "select id, lat, lng
             from store
             where mall_id = $1 and status = 'open' and lat between $2 and $3 and lng between $4 and $5",
            &args![mall_id, south, north, west, east],
        )?;
        let far = |(id, lat, lng): (Id, f64, f64)| (distance_m(from, Point { lat, lng }), id);
        let found: Vec<(i64, Id)> = rows.into_iter().map(far).collect();
        // Corners of the box lie further away than its sides: a store there may be beaten by one outside the box.
        let inside = found.iter().filter(|(far, _)| (*far as f64) <= metres).count();
        if inside >= most || metres >= LAST_M {
            break found;
        }
        // As wide as it takes when stores lie as densely outside, and a little more.
        let wider = if inside == 0 { 4.0 } else { (1.3 * most as f64 / inside as f64).sqrt().clamp(1.3, 4.0) };
        metres = (metres * wider).min(LAST_M);
    };
    found.sort_unstable();
    found.truncate(most);
    let ids: Vec<Id> = found.iter().map(|(_, id)| *id).collect();
    let mut rows: HashMap<Id, StoreRow> =
        stores_by_id(tx, mall_id, &ids)?.into_iter().map(|store| (store.id, store)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}
