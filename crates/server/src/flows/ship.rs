//! Ship: a parcel with its lines, the order's move when nothing is left, the track a member asks for.
//! The carrier is asked outside of any transaction, at most every ten minutes per parcel.

use super::detail;
use axum::extract::State;
use db::Tx;
use kernel::{Error, Id, Result, minutes};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, DeliveryKind, Move, Order, Status};
use trade::shipping::{self, CARRIERS, Carrier, ParcelLine, TrackView};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(track_parcel))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_carriers))
        .routes(routes!(ship_order))
        .routes(routes!(ship_order_parcels))
        .routes(routes!(mark_order_ready))
}

/// List the carriers.
#[utoipa::path(get, path = "/carriers", tag = "orders", security(("staff" = [])), responses((status = 200, body = Vec<Carrier>)))]
async fn list_carriers(_staff: Staff<perm::SignedIn>) -> Json<Vec<Carrier>> {
    Json(CARRIERS.iter().map(|c| Carrier { code: c.code.into(), name: c.name.into() }).collect())
}

/// A parcel to hand to a carrier.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipRequest {
    pub carrier_code: String,
    #[schema(min_length = 6, max_length = 40)]
    pub tracking_number: String,
    /// Absent: everything that was not sent yet.
    pub lines: Option<Vec<ParcelLine>>,
}

/// Several parcels at once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipParcels {
    /// At most 20. Only the last may leave its lines out: it takes what is left.
    pub parcels: Vec<ShipRequest>,
}

/// Ship an order, whole or in part.
///
/// Needs `order.ship`. The order becomes `shipped` when nothing is left to send.
#[utoipa::path(post, path = "/orders/{id}/ship", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ShipRequest, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.shipped_too_much`, `shipping.tracking_used`")))]
async fn ship_order(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Path(id): Path<Id>,
    Json(request): Json<ShipRequest>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    ship_by_staff(&app, &staff, id, vec![request]).await
}

/// Ship an order in several parcels, all or none of them.
///
/// Needs `order.ship`. The order becomes `shipped` when nothing is left to send.
#[utoipa::path(post, path = "/orders/{id}/parcels", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ShipParcels, responses((status = 200, body = detail::AdminOrderDetail),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `parcels`, `carrier_code`, `tracking_number`, `lines`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `order.shipped_too_much`, `shipping.tracking_used`")))]
async fn ship_order_parcels(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Path(id): Path<Id>,
    Json(request): Json<ShipParcels>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    if request.parcels.is_empty() || request.parcels.len() > 20 {
        return Err(Error::field("parcels", "一次最多填写 20 个包裹").into());
    }
    ship_by_staff(&app, &staff, id, request.parcels).await
}

async fn ship_by_staff(
    app: &App,
    staff: &Staff<perm::OrderShip>,
    id: Id,
    parcels: Vec<ShipRequest>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(app, "order.ship", move |tx, ctx| {
            let order = order::lock(tx, mall_id, id)?;
            detail::within_store(&grants, &order)?;
            let text = ship_in(tx, ctx, &order, &parcels)?;
            Ok(((), Note::new("order", id, format!("发货：{text}"))))
        })
        .await?;
    detail::admin_detail(app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// Records the parcels; the order moves when nothing is left. Answers carriers and numbers in words.
pub fn ship_in(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, parcels: &[ShipRequest]) -> Result<String> {
    Move::Ship.apply(order.status, order.delivery)?;
    if order.delivery == DeliveryKind::Local {
        return Err(Error::conflict("order.not_allowed", "同城配送的订单由骑手送，请到配送页处理"));
    }
    let mut texts = Vec::with_capacity(parcels.len());
    for parcel in parcels {
        let carrier = shipping::carrier(&parcel.carrier_code)
            .ok_or_else(|| Error::field("carrier_code", "没有这家快递公司，请从列表中选择"))?;
        let lines = match &parcel.lines {
            Some(lines) => lines.clone(),
            None => shipping::unshipped(tx, ctx.mall_id, order.id)?,
        };
        if lines.is_empty() && parcel.lines.is_none() {
            return Err(Error::conflict("order.shipped_too_much", "没有剩下的商品可以装进这个包裹"));
        }
        shipping::record_parcel(tx, ctx, order.id, carrier, &parcel.tracking_number, &lines)?;
        texts.push(format!("{} {}", carrier.name, parcel.tracking_number.trim()));
    }
    let text = texts.join("、");
    if shipping::is_all_sent(tx, ctx.mall_id, order.id)? {
        order::advance(tx, ctx, order, Move::Ship, Some(&text))?;
    } else {
        order::add_event(tx, ctx, order.id, "parcel_sent", &format!("部分商品已发出：{text}"))?;
        let payload = serde_json::json!({ "order_id": order.id, "member_id": order.member_id });
        platform::outbox::emit(tx, ctx, "order.parcel_sent", &payload)?;
    }
    Ok(text)
}

/// Mark a pickup order as laid out for the member.
///
/// Needs `order.ship`.
#[utoipa::path(post, path = "/orders/{id}/ready", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = detail::AdminOrderDetail), (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`, `pickup.not_waiting`")))]
async fn mark_order_ready(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Path(id): Path<Id>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(&app, "order.ready", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            detail::within_store(&grants, &order)?;
            if order.status != Status::ToPickUp || order.is_service {
                return Err(order::not_allowed(order.status));
            }
            trade::pickup::mark_ready(tx, ctx, id)?;
            order::add_event(tx, ctx, id, "ready", "门店已备好货，可以来取了")?;
            let payload = serde_json::json!({ "order_id": id, "member_id": order.member_id });
            platform::outbox::emit(tx, ctx, "order.ready", &payload)?;
            Ok(((), Note::new("order", id, "备货完成")))
        })
        .await?;
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// Follow a parcel.
#[utoipa::path(get, path = "/orders/{id}/parcels/{parcel_id}/track", tag = "order", security(("member" = [])),
    params(("id" = Id, Path), ("parcel_id" = Id, Path)), responses((status = 200, body = TrackView),
    (status = 404, body = ProblemBody, description = "`order.not_found`, `shipping.no_such_parcel`")))]
async fn track_parcel(
    State(app): State<App>,
    member: Member,
    Path((id, parcel_id)): Path<(Id, Id)>,
) -> Answer<Json<TrackView>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let (order, parcel) = app
        .db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            let parcel = shipping::find_parcel(tx, mall_id, id, parcel_id)?;
            Ok((order, parcel))
        })
        .await?;
    if member.ctx.now - parcel.tracked_at < minutes(10) {
        return Ok(Json(shipping::track_view(&parcel)?));
    }
    let carrier = shipping::carrier(&parcel.carrier_code).map_or("", |c| c.kuaidi100);
    let phone = order.receiver(&app.sealer)?.map(|r| r.phone).unwrap_or_default();
    match app.outside.express_of(mall_id).track(carrier, &parcel.tracking_number, &phone).await {
        Ok(track) => {
            let ctx = member.ctx.clone();
            let parcel = app
                .db
                .write(move |tx| {
                    shipping::save_track(tx, &ctx, parcel_id, track.as_ref())?;
                    shipping::find_parcel(tx, mall_id, id, parcel_id)
                })
                .await?;
            Ok(Json(shipping::track_view(&parcel)?))
        }
        Err(error) => {
            tracing::warn!(%parcel_id, %error, "the carrier could not be asked");
            Ok(Json(shipping::track_view(&parcel)?))
        }
    }
}

/// A parcel of an order as WeChat wants to hear of it.
pub fn carrier_for_wechat(code: &str) -> Result<&'static str> {
    shipping::carrier(code).map(|c| c.wechat).ok_or_else(|| Error::internal(format_args!("unknown carrier {code}")))
}
