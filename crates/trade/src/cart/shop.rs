//! Cart routes of the storefront. Every change answers the whole cart, so the page never guesses.

use super::{CartView, Item};
use kernel::{Error, Id, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Shopper};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_cart))
        .routes(routes!(add_cart_line))
        .routes(routes!(change_cart_line))
        .routes(routes!(select_cart_lines))
        .routes(routes!(remove_cart_lines))
}

async fn changed(
    app: App,
    shopper: Shopper,
    change: impl Fn(&mut db::Tx<'_>, &platform::Ctx) -> Result<()> + Send + 'static,
) -> Answer<Json<CartView>> {
    let reader = app.clone();
    let view = app
        .db
        .write(move |tx| {
            change(tx, &shopper.ctx)?;
            super::view(&reader, tx, shopper.ctx.mall_id, shopper.id)
        })
        .await?;
    Ok(Json(view))
}

/// Show the cart.
#[utoipa::path(get, path = "/cart", tag = "cart", security(("member" = [])), responses((status = 200, body = CartView)))]
async fn get_cart(axum::extract::State(app): axum::extract::State<App>, shopper: Shopper) -> Answer<Json<CartView>> {
    let reader = app.clone();
    let view = app.db.read(move |tx| super::view(&reader, tx, shopper.ctx.mall_id, shopper.id)).await?;
    Ok(Json(view))
}

/// What to put in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartAdd {
    pub sku_id: Id,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
}

/// Put a SKU into the cart.
#[utoipa::path(post, path = "/cart/lines", tag = "cart", security(("member" = [])), request_body = CartAdd,
    responses((status = 200, body = CartView), (status = 409, body = ProblemBody, description = "`product.off_sale`, `shop.closed`, `cart.full`")))]
async fn add_cart_line(
    axum::extract::State(app): axum::extract::State<App>,
    shopper: Shopper,
    Json(add): Json<CartAdd>,
) -> Answer<Json<CartView>> {
    let (id, item) = (shopper.id, Item { sku_id: add.sku_id, quantity: add.quantity });
    changed(app, shopper, move |tx, ctx| super::add(tx, ctx, id, item)).await
}

/// What to change of a line; absent fields stay.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartChange {
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: Option<i64>,
    pub selected: Option<bool>,
    /// Another SKU of the same product.
    pub new_sku_id: Option<Id>,
}

/// Change a line of the cart.
#[utoipa::path(patch, path = "/cart/lines/{sku_id}", tag = "cart", security(("member" = [])), params(("sku_id" = Id, Path)),
    request_body = CartChange, responses((status = 200, body = CartView),
    (status = 404, body = ProblemBody, description = "`cart.no_such_line`"),
    (status = 409, body = ProblemBody, description = "`cart.other_product`")))]
async fn change_cart_line(
    axum::extract::State(app): axum::extract::State<App>,
    shopper: Shopper,
    Path(sku_id): Path<Id>,
    Json(change): Json<CartChange>,
) -> Answer<Json<CartView>> {
    let id = shopper.id;
    changed(app, shopper, move |tx, ctx| {
        super::change(tx, ctx, id, sku_id, change.quantity, change.selected, change.new_sku_id)
    })
    .await
}

/// Which lines to select; without `sku_ids` all of them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartSelection {
    pub sku_ids: Option<Vec<Id>>,
    pub selected: bool,
}

/// Select or clear lines of the cart.
#[utoipa::path(post, path = "/cart/select", tag = "cart", security(("member" = [])), request_body = CartSelection,
    responses((status = 200, body = CartView)))]
async fn select_cart_lines(
    axum::extract::State(app): axum::extract::State<App>,
    shopper: Shopper,
    Json(selection): Json<CartSelection>,
) -> Answer<Json<CartView>> {
    at_most(selection.sku_ids.as_ref().map_or(0, Vec::len))?;
    let id = shopper.id;
    changed(app, shopper, move |tx, ctx| super::select(tx, ctx, id, selection.sku_ids.as_deref(), selection.selected))
        .await
}

/// Which lines to take out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CartRemoval {
    pub sku_ids: Vec<Id>,
}

/// Take lines out of the cart.
#[utoipa::path(post, path = "/cart/remove", tag = "cart", security(("member" = [])), request_body = CartRemoval,
    responses((status = 200, body = CartView)))]
async fn remove_cart_lines(
    axum::extract::State(app): axum::extract::State<App>,
    shopper: Shopper,
    Json(removal): Json<CartRemoval>,
) -> Answer<Json<CartView>> {
    at_most(removal.sku_ids.len())?;
    let id = shopper.id;
    changed(app, shopper, move |tx, ctx| super::remove(tx, ctx.mall_id, id, &removal.sku_ids)).await
}

fn at_most(count: usize) -> Result<()> {
    if count <= 200 { Ok(()) } else { Err(Error::field("sku_ids", "一次最多 200 件")) }
}
