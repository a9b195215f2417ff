//! What a rider does: take a delivery on, fetch it, hand it over for the code, or say why not. Each move locks the order
//! first, so that riding, refunds and after-sale take turns; the delivery's guarded update decides who was first.

use super::desk::{self, DeliveryRow};
use super::{accept, arrive, begin, bring_back, promised, set_out};
use crate::flows::detail;
use axum::extract::State;
use db::Tx;
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::delivery::{self, AboutDelivery, CANCEL_COURIER, CarriedBy, Delivery, Proof, Rider};
use trade::order::{self, Order};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(claim_delivery))
        .routes(routes!(give_up_delivery))
        .routes(routes!(fetch_delivery))
        .routes(routes!(deliver_delivery))
        .routes(routes!(fail_delivery))
        .routes(routes!(retry_delivery))
        .routes(routes!(return_delivery))
        .routes(routes!(hand_delivery))
        .routes(routes!(deliver_order_again))
}

/// A delivery with its order, locked. `delivery.not_found` (404), `order.other_store` (403).
fn locked(tx: &mut Tx<'_>, ctx: &Ctx, grants: &Grants, id: Id) -> Result<(Order, Delivery)> {
    let order_id = delivery::find(tx, ctx.mall_id, id)?.order_id;
    let order = order::lock(tx, ctx.mall_id, order_id)?;
    detail::within_store(grants, &order)?;
    Ok((order, delivery::find(tx, ctx.mall_id, id)?))
}

/// Whose delivery it is may move it, and who ships orders. `delivery.other_rider` (403).
fn carried(tx: &mut Tx<'_>, ctx: &Ctx, grants: &Grants, id: Id) -> Result<(Order, Delivery)> {
    let (order, delivery) = locked(tx, ctx, grants, id)?;
    let mine = delivery.rider_id == Some(grants.staff_id);
    if mine || grants.allow::<perm::OrderShip>() {
        return Ok((order, delivery));
    }
    Err(Error::forbidden("delivery.other_rider", "这一单是别的骑手接的"))
}

async fn row(app: &App, grants: &Grants, ctx: &Ctx, id: Id) -> Result<DeliveryRow> {
    let (reader, mall_id, grants) = (app.clone(), ctx.mall_id, grants.clone());
    let read = app.db.read(move |tx| {
        let one = delivery::find(tx, mall_id, id)?;
        desk::rows(&reader, tx, mall_id, &grants, &[one])
    });
    read.await?.pop().ok_or_else(|| Error::internal("a delivery without its order"))
}

/// Makes a move in one audited transaction and answers how the delivery stands.
async fn moved(
    app: &App,
    staff: &Staff<perm::DeliveryRide>,
    id: Id,
    action: &'static str,
    act: impl Fn(&mut Tx<'_>, &Ctx, &Grants) -> Result<String> + Send + 'static,
) -> Answer<Json<DeliveryRow>> {
    let grants = staff.grants.clone();
    let by = grants.clone();
    staff
        .write(app, action, move |tx, ctx| {
            let text = act(tx, ctx, &by)?;
            Ok(((), Note::new("delivery", id, text)))
        })
        .await?;
    Ok(Json(row(app, &grants, &staff.ctx, id).await?))
}

/// Take a delivery on.
///
/// Needs `delivery.ride`. Of two riders who ask at the same instant one gets it.
#[utoipa::path(post, path = "/deliveries/{id}/claim", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRow), (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.taken`, `delivery.with_courier`")))]
async fn claim_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRow>> {
    let writer = app.clone();
    moved(&app, &staff, id, "delivery.claim", move |tx, ctx, grants| {
        let (order, delivery) = locked(tx, ctx, grants, id)?;
        if delivery.carried_by == CarriedBy::Courier {
            return Err(Error::conflict("delivery.with_courier", "这一单已经叫了配送平台的骑手"));
        }
        let phone = delivery::phone_of(tx, &writer.sealer, ctx.mall_id, grants.staff_id)?;
        let rider = Rider { id: Some(grants.staff_id), name: grants.name.clone(), phone };
        accept(tx, ctx, &writer.sealer, &delivery, &rider)?;
        Ok(format!("接单：订单 {}", order.id))
    })
    .await
}

/// Give a delivery back that was not fetched.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too.
#[utoipa::path(post, path = "/deliveries/{id}/give-up", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRow), (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.with_courier`")))]
async fn give_up_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRow>> {
    moved(&app, &staff, id, "delivery.give_up", move |tx, ctx, grants| {
        let (order, delivery) = ridden(tx, ctx, grants, id)?;
        delivery::give_up(tx, ctx, &delivery)?;
        order::add_event(tx, ctx, order.id, "rider_gave_up", "骑手改派中")?;
        Ok(format!("退回接单：订单 {}", order.id))
    })
    .await
}

/// What a rider of the store carries; a courier's moves are told by the service. `delivery.with_courier` (409).
fn ridden(tx: &mut Tx<'_>, ctx: &Ctx, grants: &Grants, id: Id) -> Result<(Order, Delivery)> {
    let (order, delivery) = carried(tx, ctx, grants, id)?;
    if delivery.carried_by == CarriedBy::Courier {
        return Err(Error::conflict("delivery.with_courier", "配送平台的骑手在送这一单，状态由平台更新"));
    }
    Ok((order, delivery))
}

/// Fetch the goods at the store.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too. The order is `shipped` from now on.
#[utoipa::path(post, path = "/deliveries/{id}/fetch", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRow), (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.after_sale_open`, `delivery.with_courier`, `order.not_allowed`")))]
async fn fetch_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRow>> {
    moved(&app, &staff, id, "delivery.fetch", move |tx, ctx, grants| {
        let (order, delivery) = ridden(tx, ctx, grants, id)?;
        set_out(tx, ctx, delivery.order_id)?;
        Ok(format!("取货：订单 {}", order.id))
    })
    .await
}

/// How the goods were handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverAtDoor {
    /// The four digits the member tells.
    #[schema(max_length = 10)]
    pub code: Option<String>,
    /// Why without the code: left with the neighbour, at the door as agreed …
    #[schema(max_length = 100)]
    pub note: Option<String>,
}

/// Hand the goods over at the door.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too. Either the member's code, or why it went without; after
/// five wrong codes only the latter. The order is completed.
#[utoipa::path(post, path = "/deliveries/{id}/deliver", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = HandOverAtDoor, responses((status = 200, body = DeliveryRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `code`, `note`"),
    (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.wrong_code`, `delivery.code_locked`, `delivery.moved`, `delivery.with_courier`, `order.not_allowed`")))]
async fn deliver_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
    Json(request): Json<HandOverAtDoor>,
) -> Answer<Json<DeliveryRow>> {
    let code = detail::short_text("code", request.code, 10)?;
    let note = detail::short_text("note", request.note, 100)?;
    if code.is_none() && note.is_none() {
        return Err(Error::field("code", "请输入顾客的收货码，或写明没有收货码的原因").into());
    }
    let grants = staff.grants.clone();
    let by = grants.clone();
    // A wrong code is counted, so it must be committed before it is refused.
    let left = staff
        .write(&app, "delivery.deliver", move |tx, ctx| {
            let (order, delivery) = ridden(tx, ctx, &by, id)?;
            let promise = promised(tx, ctx, order.id)?;
            if let Some(typed) = &code {
                if let Some(left) = delivery::wrong_code(tx, ctx, &delivery, &promise, typed)? {
                    return Ok((Some(left), Note::new("delivery", id, "收货码不对")));
                }
                arrive(tx, ctx, &order, &delivery, &Proof::Code)?;
                return Ok((None, Note::new("delivery", id, format!("送达：订单 {}，已核对收货码", order.id))));
            }
            let why = note.as_deref().unwrap_or_default();
            arrive(tx, ctx, &order, &delivery, &Proof::Note(why))?;
            Ok((None, Note::new("delivery", id, format!("送达：订单 {}，没有收货码：{why}", order.id))))
        })
        .await?;
    if let Some(left) = left {
        let text = format!("收货码不对，请再问一下顾客，还可以试 {left} 次");
        return Err(Error::conflict("delivery.wrong_code", text).at("code").into());
    }
    Ok(Json(row(&app, &grants, &staff.ctx, id).await?))
}

/// Why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryTrouble {
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

/// Say why the goods could not be handed over.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too. They stay with the rider, who tries again or brings them back.
#[utoipa::path(post, path = "/deliveries/{id}/fail", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = DeliveryTrouble, responses((status = 200, body = DeliveryRow),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.with_courier`")))]
async fn fail_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
    Json(request): Json<DeliveryTrouble>,
) -> Answer<Json<DeliveryRow>> {
    let reason = detail::required_text("reason", request.reason, 100)?;
    moved(&app, &staff, id, "delivery.fail", move |tx, ctx, grants| {
        let (order, delivery) = ridden(tx, ctx, grants, id)?;
        delivery::failed(tx, ctx, &delivery, &reason)?;
        order::add_event(tx, ctx, order.id, "delivery_failed", &format!("没有送到：{reason}"))?;
        let payload = serde_json::json!({ "order_id": order.id, "member_id": order.member_id, "reason": reason });
        platform::outbox::emit(tx, ctx, "order.delivery_failed", &payload)?;
        Ok(format!("没有送到：订单 {}，{reason}", order.id))
    })
    .await
}

/// Set out again with goods that nobody took.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too.
#[utoipa::path(post, path = "/deliveries/{id}/again", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRow), (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.with_courier`")))]
async fn retry_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRow>> {
    moved(&app, &staff, id, "delivery.again", move |tx, ctx, grants| {
        let (order, delivery) = ridden(tx, ctx, grants, id)?;
        delivery::again(tx, ctx, &delivery)?;
        order::add_event(tx, ctx, order.id, "delivery_again", "骑手再次送来")?;
        Ok(format!("再次配送：订单 {}", order.id))
    })
    .await
}

/// Bring the goods back to the store.
///
/// Needs `delivery.ride`; another rider's needs `order.ship` too. The order waits for another delivery, or for a refund.
#[utoipa::path(post, path = "/deliveries/{id}/bring-back", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryRow), (status = 403, body = ProblemBody, description = "`order.other_store`, `delivery.other_rider`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.after_sale_open`")))]
async fn return_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryRow>> {
    moved(&app, &staff, id, "delivery.bring_back", move |tx, ctx, grants| {
        let (order, delivery) = carried(tx, ctx, grants, id)?;
        bring_back(tx, ctx, &order, &delivery, delivery.note.as_deref())?;
        Ok(format!("带回门店：订单 {}", order.id))
    })
    .await
}

/// Who carries it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandTo {
    pub carried_by: CarriedBy,
}

/// Hand a delivery that was not fetched to the store's riders, or to a courier service.
///
/// Needs `delivery.ride` and `order.ship`. A courier who was called is taken back.
#[utoipa::path(post, path = "/deliveries/{id}/hand", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = HandTo, responses((status = 200, body = DeliveryRow),
    (status = 403, body = ProblemBody, description = "`order.other_store`, `staff.not_permitted`"),
    (status = 404, body = ProblemBody, description = "`delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.moved`, `delivery.no_courier`, `courier.not_configured`")))]
async fn hand_delivery(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Path(id): Path<Id>,
    Json(request): Json<HandTo>,
) -> Answer<Json<DeliveryRow>> {
    if request.carried_by == CarriedBy::Courier {
        app.outside.courier(staff.mall.id)?;
    }
    let grants = staff.grants.clone();
    let by = grants.clone();
    let fresh = staff
        .write(&app, "delivery.hand", move |tx, ctx| {
            may_ship(&by)?;
            let (order, delivery) = locked(tx, ctx, &by, id)?;
            let promise = promised(tx, ctx, order.id)?;
            has_courier(&promise, request.carried_by)?;
            delivery::cancel(tx, ctx, &delivery, "改派")?;
            if delivery.courier_number.is_some() {
                let about = AboutDelivery { delivery_id: delivery.id };
                platform::job::enqueue(tx, ctx, platform::job::NewJob::new(CANCEL_COURIER, &about).once(delivery.id))?;
            }
            let fresh = begin(tx, ctx, &promise, request.carried_by)?;
            let to = if request.carried_by == CarriedBy::Courier { "配送平台" } else { "门店骑手" };
            order::add_event(tx, ctx, order.id, "delivery_handed", &format!("改由{to}配送"))?;
            Ok((fresh, Note::new("delivery", id, format!("改由{to}配送：订单 {}", order.id))))
        })
        .await?;
    Ok(Json(row(&app, &grants, &staff.ctx, fresh).await?))
}

fn may_ship(grants: &Grants) -> Result<()> {
    let refused = || Error::forbidden("staff.not_permitted", "改派需要发货的权限");
    if grants.allow::<perm::OrderShip>() { Ok(()) } else { Err(refused()) }
}

fn has_courier(promise: &delivery::LocalOrder, carried_by: CarriedBy) -> Result<()> {
    if carried_by == CarriedBy::Courier && promise.courier_store.is_none() {
        let text = "下单时这家门店没有填配送平台的门店编号，叫不到平台的骑手";
        return Err(Error::conflict("delivery.no_courier", text));
    }
    Ok(())
}

/// Deliver an order again, after its goods were brought back.
///
/// Needs `order.ship`.
#[utoipa::path(post, path = "/orders/{id}/delivery", tag = "delivery", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = HandTo, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`delivery.under_way`, `delivery.not_local`, `delivery.no_courier`, `courier.not_configured`, `order.not_allowed`")))]
async fn deliver_order_again(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Path(id): Path<Id>,
    Json(request): Json<HandTo>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    if request.carried_by == CarriedBy::Courier {
        app.outside.courier(mall_id)?;
    }
    staff
        .write(&app, "order.deliver_again", move |tx, ctx| {
            let order = order::lock(tx, mall_id, id)?;
            detail::within_store(&grants, &order)?;
            let promise = promised(tx, ctx, id)?;
            has_courier(&promise, request.carried_by)?;
            if order.status != order::Status::ToShip {
                return Err(order::not_allowed(order.status));
            }
            begin(tx, ctx, &promise, request.carried_by)?;
            order::add_event(tx, ctx, id, "delivery_again", "门店重新安排配送")?;
            Ok(((), Note::new("order", id, "重新安排配送")))
        })
        .await?;
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}
