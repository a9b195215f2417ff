//! How a store delivers, as staff write it; the times it deals out, as members choose from them.

use axum::extract::State;
use goods::store;
use kernel::{Error, Id};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff, Visitor};
use serde::{Deserialize, Serialize};
use trade::delivery::{self, CarriedBy, DeliveryRule, DeliverySlots};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_delivery_slots))
}

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_delivery_rule, change_delivery_rule))
}

/// List the times at which a store delivers.
///
/// A slot is taken when the order is placed, with `slot_at` in its delivery, or `asap` instead.
#[utoipa::path(get, path = "/stores/{id}/delivery-slots", tag = "store", params(("id" = Id, Path)),
    responses((status = 200, body = DeliverySlots),
        (status = 404, body = ProblemBody, description = "`store.not_found`: no such store, it is closed, or does not deliver")))]
async fn list_delivery_slots(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<Id>,
) -> Answer<Json<DeliverySlots>> {
    let (mall_id, now, offset) = (visitor.mall.id, visitor.ctx.now, visitor.mall.utc_offset_ms);
    let found = app.db.read(move |tx| {
        let store = store::find_store(tx, mall_id, id)?;
        let rule = delivery::rule(tx, mall_id, id)?.filter(|rule| rule.is_on && store.is_open());
        let rule = rule.ok_or_else(|| Error::not_found("store.not_found", "这家门店暂时不能配送"))?;
        delivery::slots(tx, mall_id, &store, &rule, now, offset)
    });
    Ok(Json(found.await?))
}

/// How a store delivers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryRuleSetting {
    /// Absent: nothing was written yet.
    pub rule: Option<DeliveryRule>,
}

/// Show how a store delivers.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/stores/{id}/delivery-rule", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRuleSetting), (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn read_delivery_rule(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRuleSetting>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        store::find_store(tx, mall_id, id)?;
        delivery::rule(tx, mall_id, id)
    });
    Ok(Json(DeliveryRuleSetting { rule: read.await? }))
}

/// Change how a store delivers.
///
/// Needs `store.edit`. Where to is the store's delivery area. Orders keep what they were promised.
#[utoipa::path(put, path = "/stores/{id}/delivery-rule", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = DeliveryRule, responses((status = 200, body = DeliveryRuleSetting),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the value that does not fit"),
    (status = 404, body = ProblemBody, description = "`store.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.no_area`: draw the delivery area first; `courier.not_configured`: no account at a courier service")))]
async fn change_delivery_rule(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Path(id): Path<Id>,
    Json(rule): Json<DeliveryRule>,
) -> Answer<Json<DeliveryRuleSetting>> {
    rule.check()?;
    let mall_id = staff.mall.id;
    if rule.is_on && rule.carried_by == CarriedBy::Courier {
        app.outside.courier(mall_id)?;
    }
    let saved = rule.clone();
    staff
        .write(&app, "store.delivery_rule", move |tx, ctx| {
            let store = store::find_store(tx, mall_id, id)?;
            if rule.is_on && store.delivery_area.is_none() {
                return Err(Error::conflict("delivery.no_area", "先给门店画好配送范围并保存，再打开同城配送"));
            }
            delivery::save_rule(tx, ctx, id, &rule)?;
            let by = if rule.carried_by == CarriedBy::Courier { "配送平台" } else { "自己的骑手" };
            let text = match rule.is_on {
                true => format!("{}：同城配送由{by}送，起步 {} 元", store.name, kernel::Fen(rule.base_fen)),
                false => format!("{}：关闭同城配送", store.name),
            };
            Ok(((), Note::new("store", id, text)))
        })
        .await?;
    Ok(Json(DeliveryRuleSetting { rule: Some(saved) }))
}
