//! Where a product can be had today: the stores that have it on their shelf.

use crate::store::{Point, StoreRow, StoreView, open_stores, shown};
use axum::extract::State;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_product_stores))
}

/// A store, and what of the product lies there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProductStore {
    pub store: StoreView,
    /// The SKUs that can be picked up there now; how many is the store's matter.
    pub sku_ids: Vec<Id>,
    /// Pieces one may have put aside there to try them; 0 for none.
    pub fitting_pieces: i64,
}

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Near {
    /// Latitude where the shopper stands.
    lat: Option<f64>,
    /// Longitude where the shopper stands.
    lng: Option<f64>,
}

/// List the stores that have a product in stock.
///
/// Looks at 100 open stores, the nearest ones when `lat` and `lng` are given. Empty when no store has it.
#[utoipa::path(get, path = "/products/{id}/stores", tag = "store", params(("id" = Id, Path), Near),
    responses((status = 200, body = Vec<ProductStore>),
        (status = 404, body = ProblemBody, description = "`product.not_found`: no such product, or it is in the bin")))]
async fn list_product_stores(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
    Query(near): Query<Near>,
) -> Answer<Json<Vec<ProductStore>>> {
    let point = Point::parse(near.lat, near.lng)?;
    let mall_id = visitor.mall.id;
    let found = app.db.read(move |tx| stores_with(tx, mall_id, id, point)).await?;
    let fitting_pieces = visitor.mall.settings.fitting_pieces;
    let row = |(store, sku_ids): (StoreRow, Vec<Id>)| {
        Ok(ProductStore { store: shown(&app, &visitor.mall, &store, point)?, sku_ids, fitting_pieces })
    };
    Ok(Json(found.into_iter().map(row).collect::<Result<_>>()?))
}

fn stores_with(tx: &mut Tx<'_>, mall_id: MallId, id: Id, near: Option<Point>) -> Result<Vec<(StoreRow, Vec<Id>)>> {
    let known: Option<(Id,)> =
        tx.opt("select id from product where mall_id = $1 and id = $2 and deleted_at is null", &args![mall_id, id])?;
    known.ok_or_else(|| Error::not_found("product.not_found", "没有找到这件商品"))?;
    let stores = open_stores(tx, mall_id, near)?;
    let store_ids: Vec<Id> = stores.iter().map(|store| store.id).collect();
    let rows: Vec<(Id, Id)> = tx.all(
        "select l.store_id, t.sku_id
         from sku k
         join stock t on t.mall_id = k.mall_id and t.sku_id = k.id
         join location l on l.mall_id = t.mall_id and l.id = t.location_id
         where k.mall_id = $1 and k.product_id = $2 and k.deleted_at is null
           and t.on_hand > t.reserved and l.store_id = any($3)
         order by t.sku_id",
        &args![mall_id, id, store_ids],
    )?;
    let mut by_store: HashMap<Id, Vec<Id>> = HashMap::new();
    for (store_id, sku_id) in rows {
        by_store.entry(store_id).or_default().push(sku_id);
    }
    Ok(stores.into_iter().filter_map(|store| by_store.remove(&store.id).map(|skus| (store, skus))).collect())
}
