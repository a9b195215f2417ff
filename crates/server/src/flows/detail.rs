//! The whole of an order on one page, for its member and for staff: lines, amounts with their explanation, receiver or
//! pickup, parcels, payments, refunds, timeline, and what may be done now. Also the lists.

use super::ORDER_GROUP;
use super::counter::{self, CounterReceipt};
use super::delivery::{self, LocalView};
use axum::extract::State;
use db::{Tx, args};
use goods::store::StoreView;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::order::{
    self, Action, DeliveryKind, Order, OrderCard, OrderEventView, OrderLineView, OrderMember, OrderShop,
    PriceChangeView, Standing, StateFilter, Status, TogetherOrder,
};
use trade::payment::{self, PaymentView, RefundView};
use trade::quote::Explanation;
use trade::shipping::{self, ParcelView, UploadView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_orders)).routes(routes!(get_order))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_any_order)).routes(routes!(remark_order))
}

/// Whom the goods are for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReceiverView {
    pub name: String,
    pub phone: String,
    pub phone_masked: String,
    pub region: String,
    pub detail: String,
}

/// Where the goods are fetched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PickupView {
    pub store: StoreView,
    /// Twelve digits; only the member sees them, once the order is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub ready: bool,
    /// The time that was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_starts_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_ends_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_at: Option<Instant>,
}

/// An order with everything about it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderDetail {
    pub id: Id,
    pub number: String,
    pub shop: OrderShop,
    /// All orders that are paid together, this one too; empty when it stands alone.
    pub together: Vec<TogetherOrder>,
    /// What is paid at once: the total of all of them.
    pub group_total_fen: i64,
    pub status: Status,
    pub allowed_actions: Vec<Action>,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_reason: Option<String>,
    pub delivery_kind: DeliveryKind,
    pub source: order::Source,
    /// Its line is a service that was booked.
    pub is_service: bool,
    /// The booking whose deposit it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<Id>,
    /// How it was sold at a counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<CounterReceipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<ReceiverView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup: Option<PickupView>,
    /// How a store brings it to the door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalView>,
    pub lines: Vec<OrderLineView>,
    pub goods_fen: i64,
    pub discount_fen: i64,
    pub freight_fen: i64,
    pub total_fen: i64,
    pub explanation: Vec<Explanation>,
    /// What the shop changed before payment, oldest first.
    pub price_changes: Vec<PriceChangeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    pub parcels: Vec<ParcelView>,
    pub events: Vec<OrderEventView>,
    pub payments: Vec<PaymentView>,
    pub refunds: Vec<RefundView>,
}

/// An order as staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminOrderDetail {
    #[serde(flatten)]
    pub order: OrderDetail,
    pub member: OrderMember,
    /// Where the goods leave from.
    pub location_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_remark: Option<String>,
    /// What WeChat's shipping management was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_upload: Option<UploadView>,
}

/// For whom a detail is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Member,
    Staff,
}

/// The detail for its member.
pub async fn member_detail(app: &App, mall_id: MallId, member_id: Id, id: Id) -> Result<OrderDetail> {
    let reader = app.clone();
    app.db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            compose(&reader, tx, mall_id, &order, Reader::Member)
        })
        .await
}

/// The detail for staff.
pub async fn admin_detail(app: &App, mall_id: MallId, id: Id) -> Result<AdminOrderDetail> {
    let reader = app.clone();
    app.db
        .read(move |tx| {
            let order = order::find(tx, mall_id, id)?;
            Ok(AdminOrderDetail {
                member: buyer(&reader, tx, mall_id, order.member_id)?,
                location_name: goods::store::find_location(tx, mall_id, order.location_id)?.name,
                staff_remark: order.staff_remark.clone(),
                shipping_upload: shipping::upload_view(tx, mall_id, id)?,
                order: compose(&reader, tx, mall_id, &order, Reader::Staff)?,
            })
        })
        .await
}

fn compose(app: &App, tx: &mut Tx<'_>, mall_id: MallId, order: &Order, reader: Reader) -> Result<OrderDetail> {
    let lines = order::lines(tx, mall_id, order.id)?;
    let parcels = shipping::parcels(tx, mall_id, order.id)?;
    let (pickup, local) = match (order.delivery, order.store_id) {
        (DeliveryKind::Local, _) => (None, delivery::local_view(app, tx, mall_id, order, reader == Reader::Member)?),
        (_, Some(store_id)) => (Some(pickup_view(app, tx, mall_id, order, store_id, reader)?), None),
        (_, None) => (None, None),
    };
    let together = order::together(tx, mall_id, order)?;
    let group = if together.is_empty() { vec![order.id] } else { together.iter().map(|one| one.id).collect() };
    let attempts = payment::attempts(tx, mall_id, ORDER_GROUP, order.group_id)?;
    let parts = match together.is_empty() {
        true => HashMap::new(),
        false => payment::parts_of(tx, mall_id, &attempts.iter().map(|attempt| attempt.id).collect::<Vec<Id>>())?,
    };
    let parts_of = |id: Id| parts.get(&id).map_or(&[][..], |parts| &parts[..]);
    let shop = goods::store::shop_names(tx, mall_id, &[order.shop_id])?.remove(&order.shop_id).unwrap_or_default();
    let refunds = payment::refunds_of_order(tx, mall_id, order.id)?;
    let refund_ids: Vec<Id> = refunds.iter().map(|refund| refund.id).collect();
    let settled = payment::settlements(tx, mall_id, &refund_ids)?;
    let standing = Standing {
        status: order.status,
        delivery: order.delivery,
        source: order.source,
        is_service: order.is_service,
        has_parcels: !parcels.is_empty(),
        has_unreviewed_lines: lines.iter().any(|line| line.reviewed_at.is_none()),
        has_free_pieces: lines.iter().any(order::Line::has_free_pieces),
        pickup_ready: pickup.as_ref().is_some_and(|p| p.ready),
    };
    let receiver = order.receiver(&app.sealer)?.map(receiver_view);
    Ok(OrderDetail {
        id: order.id,
        number: order.id.to_string(),
        shop: OrderShop { id: order.shop_id, name: shop },
        group_total_fen: together.iter().map(|one| one.total_fen).reduce(|a, b| a + b).unwrap_or(order.total.0),
        together,
        status: order.status,
        allowed_actions: match reader {
            Reader::Member => order::member_actions(standing),
            Reader::Staff => order::staff_actions(standing),
        },
        created_at: order.created_at,
        expires_at: order.expires_at.filter(|_| order.status == Status::Unpaid),
        paid_at: order.paid_at,
        completed_at: order.completed_at,
        closed_reason: order.closed_reason.clone(),
        delivery_kind: order.delivery,
        source: order.source,
        is_service: order.is_service,
        booking_id: match order.is_service {
            true => trade::booking::by_order(tx, mall_id, order.id)?.map(|booking| booking.id),
            false => None,
        },
        counter: counter::receipt_of(tx, mall_id, order)?,
        receiver,
        pickup,
        local,
        lines: order::line_views(app, &lines),
        goods_fen: order.goods.0,
        discount_fen: order.discount.0,
        freight_fen: order.freight.0,
        total_fen: order.total.0,
        explanation: serde_json::from_str(&order.explanation).map_err(Error::internal)?,
        price_changes: order::price_changes(tx, mall_id, order.id)?,
        remark: order.remark.clone(),
        parcels: parcels.iter().map(|parcel| parcel.view()).collect::<Result<_>>()?,
        events: order::events(tx, mall_id, order.id)?,
        payments: attempts
            .iter()
            .map(|attempt| payment::payment_view(attempt, group.clone(), parts_of(attempt.id)))
            .collect(),
        refunds: refunds.into_iter().map(|refund| RefundView::new(refund, &settled)).collect(),
    })
}

/// A receiver as shown.
pub fn receiver_view(receiver: order::Receiver) -> ReceiverView {
    ReceiverView {
        phone_masked: order::mask_phone(&receiver.phone),
        name: receiver.name,
        phone: receiver.phone,
        region: receiver.region,
        detail: receiver.detail,
    }
}

fn pickup_view(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    order: &Order,
    store_id: Id,
    reader: Reader,
) -> Result<PickupView> {
    let store = goods::store::store_view(app, tx, mall_id, store_id)?;
    let pickup = trade::pickup::of_order(tx, mall_id, order.id)?;
    let booking = trade::pickup::booking(tx, mall_id, order.id)?;
    let shows_code = reader == Reader::Member && order.status == Status::ToPickUp;
    Ok(PickupView {
        store,
        code: pickup.as_ref().filter(|_| shows_code).map(|p| p.code.clone()),
        ready: pickup.as_ref().is_some_and(|p| p.ready_at.is_some()),
        slot_starts_at: booking.map(|booking| booking.starts_at),
        slot_ends_at: booking.map(|booking| booking.ends_at),
        redeemed_at: pickup.and_then(|p| p.redeemed_at),
    })
}

/// Name and masked phone of a buyer.
pub fn buyer(app: &App, tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<OrderMember> {
    let brief = people::identity::briefs(tx, &app.sealer, mall_id, &[member_id])?.remove(&member_id);
    let brief = brief.ok_or_else(|| Error::internal(format_args!("order of an unknown member {member_id}")))?;
    Ok(OrderMember { id: member_id, nickname: brief.nickname, phone_masked: brief.phone_masked })
}

/// A clerk bound to a store touches only its orders. `order.other_store` (403).
pub fn within_store(grants: &Grants, order: &Order) -> Result<()> {
    match grants.store_id {
        Some(store_id) if order.desk_store_id != Some(store_id) => {
            Err(Error::forbidden("order.other_store", "这不是你所在门店的订单"))
        }
        _ => Ok(()),
    }
}

/// An optional text of at most `max` characters; blank is none.
pub fn short_text(field: &'static str, text: Option<String>, max: usize) -> Result<Option<String>> {
    let text = text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    match text {
        Some(text) if text.chars().count() > max => Err(Error::field(field, format!("最多 {max} 个字"))),
        other => Ok(other),
    }
}

/// A text of one to `max` characters.
pub fn required_text(field: &'static str, text: String, max: usize) -> Result<String> {
    short_text(field, Some(text), max)?.ok_or_else(|| Error::field(field, "请填写这一项"))
}

/// Which of the member's orders to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OrderQuery {
    #[param(inline)]
    pub state: StateFilter,
    pub cursor: Option<String>,
}

const PAGE: i64 = 20;

/// List my orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "order", security(("member" = [])), params(OrderQuery),
    responses((status = 200, body = Page<OrderCard>)))]
async fn list_orders(
    State(app): State<App>,
    member: Member,
    Query(query): Query<OrderQuery>,
) -> Answer<Json<Page<OrderCard>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let page = app.db.read(move |tx| order::cards(&reader, tx, mall_id, member_id, query.state, cursor, PAGE)).await?;
    Ok(Json(page))
}

/// Show one of my orders.
#[utoipa::path(get, path = "/orders/{id}", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = OrderDetail), (status = 404, body = ProblemBody, description = "`order.not_found`")))]
async fn get_order(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<OrderDetail>> {
    member_detail(&app, member.mall.id, member.id, id).await.map(Json).map_err(Into::into)
}

/// Show an order.
///
/// Needs `order.view`.
#[utoipa::path(get, path = "/orders/{id}", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminOrderDetail), (status = 404, body = ProblemBody, description = "`order.not_found`")))]
async fn get_any_order(
    State(app): State<App>,
    staff: Staff<perm::OrderView>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminOrderDetail>> {
    let mall_id = staff.mall.id;
    let order = app.db.read(move |tx| order::find(tx, mall_id, id)).await?;
    within_store(&staff.grants, &order)?;
    admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// A note that only staff see.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRemark {
    #[schema(max_length = 200)]
    pub text: String,
}

/// Note something about an order.
///
/// Needs `order.remark`. The member does not see it.
#[utoipa::path(post, path = "/orders/{id}/remark", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = OrderRemark, responses((status = 200, body = AdminOrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`")))]
async fn remark_order(
    State(app): State<App>,
    staff: Staff<perm::OrderRemark>,
    Path(id): Path<Id>,
    Json(request): Json<OrderRemark>,
) -> Answer<Json<AdminOrderDetail>> {
    let text = short_text("text", Some(request.text), 200)?;
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(&app, "order.remark", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            within_store(&grants, &order)?;
            tx.exec(
                "update trade_order set staff_remark = $3 where mall_id = $1 and id = $2",
                &args![ctx.mall_id, id, text.as_deref()],
            )?;
            Ok(((), Note::new("order", id, "备注订单")))
        })
        .await?;
    admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}
