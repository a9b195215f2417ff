//! Baskets put aside while a customer fetches something, and taken up again at any till of the store.

use super::at_store;
use super::basket::{CounterGoods, goods_at};
use super::buyer::{CounterMember, member_at_counter};
use crate::flows::detail::required_text;
use crate::flows::fitting::{CounterFitting, MOST_FITTINGS};
use axum::extract::State;
use kernel::{Error, Id};
use platform::audit::Note;
use platform::extract::IdempotencyKey;
use platform::idempotency::Claim;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, Basket, HeldSale};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(hold_sale, list_held_sales)).routes(routes!(take_up_held_sale))
}

/// A basket to put aside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldSale {
    pub store_id: Id,
    /// How the clerk will know it again.
    #[schema(min_length = 1, max_length = 40)]
    pub label: String,
    pub basket: Basket,
}

/// Put a basket aside.
///
/// Needs `counter.sell`. It holds no stock and no price; at most fifty for each store.
#[utoipa::path(post, path = "/counter/held-sales", tag = "counter", security(("staff" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = HoldSale,
    responses((status = 200, body = HeldSale),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `label`, `basket`"),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`counter.too_many_held`"),
    (status = 422, body = ProblemBody, description = "`idempotency.mismatch`")))]
async fn hold_sale(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    key: IdempotencyKey,
    Json(request): Json<HoldSale>,
) -> Answer<Json<HeldSale>> {
    let claim = Claim::new(&staff.ctx, "counter.hold", &key, &request)?;
    at_store(&staff.grants, request.store_id)?;
    let label = required_text("label", request.label.clone(), 40)?;
    let fits = |item: &trade::quote::ItemInput| (1..=999).contains(&item.quantity);
    if !(1..=120).contains(&request.basket.items.len()) || !request.basket.items.iter().all(fits) {
        return Err(Error::field("basket", "挂单里要有 1 到 120 种商品").into());
    }
    if request.basket.fitting_ids.len() > MOST_FITTINGS {
        return Err(Error::field("basket", "留货一次最多 20 份").into());
    }
    let (mall_id, staff_id) = (staff.mall.id, staff.id);
    let held = staff
        .write_once(&app, "counter.hold", claim, move |tx, ctx| {
            goods::store::find_store(tx, mall_id, request.store_id)?;
            let held = counter::hold(tx, ctx, request.store_id, staff_id, &label, &request.basket)?;
            Ok((held.clone(), Note::new("held_sale", held.id, format!("挂单：{label}"))))
        })
        .await?;
    Ok(Json(held))
}

/// Of which store.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HeldQuery {
    store_id: Id,
}

/// List the baskets that were put aside, oldest first.
///
/// Needs `counter.sell`.
#[utoipa::path(get, path = "/counter/held-sales", tag = "counter", security(("staff" = [])), params(HeldQuery),
    responses((status = 200, body = Vec<HeldSale>), (status = 403, body = ProblemBody, description = "`counter.other_store`")))]
async fn list_held_sales(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Query(query): Query<HeldQuery>,
) -> Answer<Json<Vec<HeldSale>>> {
    at_store(&staff.grants, query.store_id)?;
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| counter::held_sales(tx, mall_id, query.store_id)).await?))
}

/// A line of a basket.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldLine {
    pub goods: CounterGoods,
    pub quantity: i64,
}

/// A basket taken up: its goods as they are now; what is gone is absent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TakenUp {
    pub lines: Vec<HeldLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<CounterMember>,
    /// Of its goods, what is still put aside for trying.
    pub fittings: Vec<CounterFitting>,
}

/// Take a basket up again.
///
/// Needs `counter.sell`. Of two clerks one gets it.
#[utoipa::path(post, path = "/counter/held-sales/{id}/take", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = TakenUp),
    (status = 404, body = ProblemBody, description = "`counter.no_such_held`")))]
async fn take_up_held_sale(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
) -> Answer<Json<TakenUp>> {
    let (reader, mall_id, bound) = (app.clone(), staff.mall.id, staff.grants.store_id);
    let taken = staff
        .write(&app, "counter.take_held", move |tx, ctx| {
            let (store_id, basket) = counter::take_held(tx, ctx, bound, id)?;
            let ids: Vec<Id> = basket.items.iter().map(|item| item.sku_id).collect();
            let known = goods_at(&reader, tx, mall_id, store_id, &ids)?;
            let line = |goods: CounterGoods| {
                let quantity = basket.items.iter().filter(|item| item.sku_id == goods.sku_id).map(|item| item.quantity);
                HeldLine { quantity: quantity.sum(), goods }
            };
            // Somebody who left meanwhile is nobody the counter knows.
            let member = basket.member_id.and_then(|id| member_at_counter(&reader, tx, ctx, id).ok());
            let fittings = trade::fitting::open_by_id(tx, mall_id, store_id, &basket.fitting_ids)?;
            let taken = TakenUp {
                fittings: fittings.into_iter().map(CounterFitting::from).collect(),
                lines: known.into_iter().map(line).collect(),
                member,
            };
            Ok((taken, Note::new("held_sale", id, "取回挂单")))
        })
        .await?;
    Ok(Json(taken))
}
