//! A store as a name card, the districts that have stores, and which stores deliver to a place.

use super::area::{DeliveryArea, FARTHEST_M};
use super::place::{Point, box_around, distance_m};
use super::region::region_path;
use super::row::{STORE_COLUMNS, StoreRow, find_store};
use super::shop::{StoreView, shown};
use axum::response::{IntoResponse, Response};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::cache::{Cached, Topic};
use platform::mall::Mall;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A store with everything a shopper may want to know of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StoreCard {
    #[serde(flatten)]
    pub store: StoreView,
    pub district_code: String,
    /// The first one is the store's `picture`.
    pub pictures: Vec<Picture>,
    /// Where it delivers to by itself.
    pub delivery_area: Option<DeliveryArea>,
}

/// A district with stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreDistrict {
    pub district_code: String,
    pub province: String,
    pub city: String,
    pub district: String,
    pub stores: i64,
}

pub(super) fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_store))
        .routes(routes!(list_store_districts))
        .routes(routes!(list_delivering_stores))
}

/// Turns a store into its card.
fn card(app: &App, mall: &Mall, store: &StoreRow, near: Option<Point>) -> Result<StoreCard> {
    let picture = |key: &String| storage::picture(app, key, &store.name);
    Ok(StoreCard {
        store: shown(app, mall, store, near)?,
        district_code: store.district_code.clone(),
        pictures: store.picture_keys.iter().map(picture).collect(),
        delivery_area: store.delivery_area.clone(),
    })
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Near {
    /// Latitude where the shopper stands.
    lat: Option<f64>,
    /// Longitude where the shopper stands.
    lng: Option<f64>,
}

/// Read one open store.
#[utoipa::path(get, path = "/stores/{id}", tag = "store", params(("id" = Id, Path), Near),
    responses((status = 200, body = StoreCard),
        (status = 404, body = ProblemBody, description = "`store.not_found`: no such store, or it is closed")))]
async fn read_store(
    app: axum::extract::State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
    Query(near): Query<Near>,
) -> Answer<Response> {
    let point = Point::parse(near.lat, near.lng)?;
    let (stamp, mall_id) = (app.cache.stamp(&[Topic::Stores(visitor.mall.id)]), visitor.mall.id);
    let store = app.db.read(move |tx| find_store(tx, mall_id, id)).await?;
    if !store.is_open() {
        return Err(Error::not_found("store.not_found", "这家门店暂时不营业").into());
    }
    let card = card(&app, &visitor.mall, &store, point)?;
    Ok(if point.is_some() { Json(card).into_response() } else { Cached::new(card, stamp).into_response() })
}

/// List the districts that have open stores, in the order of their codes.
#[utoipa::path(get, path = "/store-districts", tag = "store", responses((status = 200, body = Vec<StoreDistrict>)))]
async fn list_store_districts(app: axum::extract::State<App>, visitor: Visitor) -> Answer<Response> {
    let (stamp, mall_id) = (app.cache.stamp(&[Topic::Stores(visitor.mall.id)]), visitor.mall.id);
    let counts: BTreeMap<String, i64> = app
        .db
        .read(move |tx| {
            tx.all(
                "select district_code, count(*)
                 from store
                 where mall_id = $1 and status = 'open'
                 group by district_code",
                &args![mall_id],
            )
        })
        .await?
        .into_iter()
        .collect();
    let named = counts.into_iter().map(|(district_code, stores)| {
        let (province, city, district) = region_path(&district_code)?;
        let own = str::to_owned;
        Ok(StoreDistrict { district_code, province: own(province), city: own(city), district: own(district), stores })
    });
    Ok(Cached::new(named.collect::<Result<Vec<_>>>()?, stamp).into_response())
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Spot {
    /// GCJ-02 degrees.
    lat: f64,
    lng: f64,
}

/// List the open stores that deliver to a place, the nearest first.
///
/// At most 20.
#[utoipa::path(get, path = "/delivering-stores", tag = "store", params(Spot),
    responses((status = 200, body = Vec<StoreView>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `lat`")))]
async fn list_delivering_stores(
    app: axum::extract::State<App>,
    visitor: Visitor,
    Query(spot): Query<Spot>,
) -> Answer<Json<Vec<StoreView>>> {
    let point = Point::parse(Some(spot.lat), Some(spot.lng))?.ok_or_else(|| Error::field("lat", "位置不正确"))?;
    let mall_id = visitor.mall.id;
    let stores = app.db.read(move |tx| delivering(tx, mall_id, point)).await?;
    let views = stores.iter().map(|store| shown(&app, &visitor.mall, store, Some(point)));
    Ok(Json(views.collect::<Result<_>>()?))
}

/// Open stores within whose area a point lies. No area reaches farther than fifty kilometres, so a box along the index of
/// stores with an area holds all that may.
pub fn delivering(tx: &mut Tx<'_>, mall_id: MallId, point: Point) -> Result<Vec<StoreRow>> {
    let (south, north, west, east) = box_around(point, FARTHEST_M as f64 + 1.0);
    let mut stores: Vec<StoreRow> = tx.all(
        &format!(
            "select {STORE_COLUMNS}
             from store s
             where s.mall_id = $1 and s.status = 'open' and s.delivery_area is not null
               and s.lat between $2 and $3 and s.lng between $4 and $5"
        ),
        &args![mall_id, south, north, west, east],
    )?;
    stores.retain(|store| store.delivery_area.as_ref().is_some_and(|area| area.contains(store.place, point)));
    stores.sort_by_key(|store| (distance_m(point, store.place), store.id));
    stores.truncate(20);
    Ok(stores)
}
