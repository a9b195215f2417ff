//! What waits to be brought, as riders and the store see it: the first wanted first. A rider bound to a store sees that
//! store's. The phone of the receiver is whole for who carries it, and for who ships orders.

use axum::extract::State;
use db::Tx;
use goods::store::StoreRow;
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use people::Phone;
use platform::audit::Note;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::delivery::{self, CarriedBy, Delivery, DeliveryState, ListState};
use trade::order::{self, OrderLineView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_deliveries)).routes(routes!(read_rider, change_rider))
}

/// What may be done with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryAction {
    Claim,
    GiveUp,
    Fetch,
    Deliver,
    Fail,
    Again,
    BringBack,
    /// Call a courier service.
    CallCourier,
    /// Take it back from the courier service for the store's own riders.
    ToRiders,
}

/// One delivery on the riders' list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryRow {
    pub id: Id,
    pub order_id: Id,
    pub number: String,
    pub store_id: Id,
    pub store_name: String,
    pub store_address: String,
    pub state: DeliveryState,
    pub carried_by: CarriedBy,
    pub wanted_from: Instant,
    /// Absent: as soon as the store can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_until: Option<Instant>,
    pub distance_m: i64,
    pub weight_g: i64,
    pub receiver_name: String,
    /// Whole for who carries it; else masked.
    pub receiver_phone: String,
    pub address: String,
    /// GCJ-02 degrees, for the way there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lng: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    pub quantity: i64,
    pub lines: Vec<OrderLineView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rider_name: Option<String>,
    pub is_mine: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub courier_service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    pub allowed_actions: Vec<DeliveryAction>,
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    #[param(inline)]
    state: ListState,
    /// Of one store; a rider bound to a store sees that store's in any case.
    store_id: Option<Id>,
    /// Only what the asking rider took on.
    mine: bool,
    cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List deliveries, the first wanted first.
///
/// Needs `delivery.ride`. Those that are over come the latest first.
#[utoipa::path(get, path = "/deliveries", tag = "delivery", security(("staff" = [])), params(DeliveryQuery),
    responses((status = 200, body = Page<DeliveryRow>)))]
async fn list_deliveries(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Query(query): Query<DeliveryQuery>,
) -> Answer<Json<Page<DeliveryRow>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let store_id = staff.grants.store_id.or(query.store_id);
    let rider_id = query.mine.then_some(staff.id);
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let page = app.db.read(move |tx| {
        let page = match query.state {
            ListState::Ended => delivery::list_ended(tx, mall_id, store_id, rider_id, cursor, PAGE)?,
            state => delivery::list(tx, mall_id, state, store_id, rider_id, cursor, PAGE)?,
        };
        Ok(Page { items: rows(&reader, tx, mall_id, &grants, &page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// What a rider may do now; the page hides the rest.
fn actions(delivery: &Delivery, grants: &Grants, is_mine: bool, order_open: bool) -> Vec<DeliveryAction> {
    use DeliveryAction::{Again, BringBack, CallCourier, Claim, Deliver, Fail, Fetch, GiveUp, ToRiders};
    let ships = grants.allow::<perm::OrderShip>();
    let mut actions = Vec::new();
    let carries = (is_mine || ships) && delivery.carried_by == CarriedBy::Riders;
    match delivery.state {
        DeliveryState::Waiting if delivery.carried_by == CarriedBy::Riders => {
            actions.push(Claim);
            if ships && delivery.courier_store.is_some() {
                actions.push(CallCourier);
            }
        }
        DeliveryState::Accepted if carries => actions.extend([Fetch, GiveUp]),
        DeliveryState::Fetched if carries && order_open => actions.extend([Deliver, Fail]),
        DeliveryState::Failed if carries && order_open => actions.extend([Again, Deliver, BringBack]),
        DeliveryState::Fetched | DeliveryState::Failed if carries || ships => actions.push(BringBack),
        _ => {}
    }
    let with_courier = delivery.carried_by == CarriedBy::Courier;
    if with_courier && ships && matches!(delivery.state, DeliveryState::Waiting | DeliveryState::Accepted) {
        actions.push(ToRiders);
    }
    actions
}

/// The orders behind a page of deliveries: a handful of queries for all of them.
pub fn rows(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    grants: &Grants,
    page: &[Delivery],
) -> Result<Vec<DeliveryRow>> {
    let ids: Vec<Id> = page.iter().map(|one| one.order_id).collect();
    let orders = order::by_ids(tx, mall_id, &ids)?;
    let lines = order::lines_of(tx, mall_id, &ids)?;
    let promised = delivery::local_orders(tx, mall_id, &ids)?;
    let store_ids: Vec<Id> = page.iter().map(|one| one.store_id).collect();
    let stores: HashMap<Id, StoreRow> =
        goods::store::stores_by_id(tx, mall_id, &store_ids)?.into_iter().map(|store| (store.id, store)).collect();
    let ships = grants.allow::<perm::OrderShip>();
    let mut rows = Vec::with_capacity(page.len());
    for one in page {
        let (Some(order), Some(promise)) = (orders.get(&one.order_id), promised.get(&one.order_id)) else { continue };
        let is_mine = one.rider_id == Some(grants.staff_id);
        let receiver = order.receiver(&app.sealer)?;
        let place = promise.place(&app.sealer)?;
        let store = stores.get(&one.store_id);
        let open = one.ended_at.is_none();
        let phone = receiver.as_ref().map(|r| r.phone.clone()).unwrap_or_default();
        rows.push(DeliveryRow {
            id: one.id,
            order_id: order.id,
            number: order.id.to_string(),
            store_id: one.store_id,
            store_name: store.map(|store| store.name.clone()).unwrap_or_default(),
            store_address: store.map(|store| store.address.clone()).unwrap_or_default(),
            state: one.state,
            carried_by: one.carried_by,
            wanted_from: promise.wanted_from,
            wanted_until: promise.wanted_until,
            distance_m: promise.distance_m,
            weight_g: promise.weight_g,
            receiver_name: receiver.as_ref().map(|r| r.name.clone()).unwrap_or_default(),
            receiver_phone: if open && (is_mine || ships) { phone } else { order::mask_phone(&phone) },
            address: receiver.map(|r| format!("{} {}", r.region, r.detail)).unwrap_or_default(),
            lat: place.map(|place| place.lat),
            lng: place.map(|place| place.lng),
            remark: order.remark.clone(),
            quantity: order.quantity,
            lines: order::line_views(app, lines.get(&order.id).map_or(&[][..], |lines| &lines[..])),
            rider_name: one.rider_name.clone(),
            is_mine,
            courier_service: one.courier_service.clone(),
            note: one.note.clone(),
            last_error: one.last_error.clone(),
            fetched_at: one.fetched_at,
            ended_at: one.ended_at,
            allowed_actions: actions(one, grants, is_mine, order.status != order::Status::Closed),
        });
    }
    Ok(rows)
}

/// The phone on which members reach a rider; they see it masked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RiderPhone {
    /// Mainland mobile number; absent while none was told.
    pub phone: Option<String>,
}

/// Show the phone I ride with.
///
/// Needs `delivery.ride`.
#[utoipa::path(get, path = "/delivery-rider", tag = "delivery", security(("staff" = [])), responses((status = 200, body = RiderPhone)))]
async fn read_rider(State(app): State<App>, staff: Staff<perm::DeliveryRide>) -> Answer<Json<RiderPhone>> {
    let (reader, mall_id, id) = (app.clone(), staff.mall.id, staff.id);
    let phone = app.db.read(move |tx| delivery::phone_of(tx, &reader.sealer, mall_id, id)).await?;
    Ok(Json(RiderPhone { phone }))
}

/// Tell the phone I ride with.
///
/// Needs `delivery.ride`. Deliveries taken on from now on show it, masked.
#[utoipa::path(put, path = "/delivery-rider", tag = "delivery", security(("staff" = [])), request_body = RiderPhone,
    responses((status = 200, body = RiderPhone), (status = 400, body = ProblemBody, description = "`session.phone_invalid`")))]
async fn change_rider(
    State(app): State<App>,
    staff: Staff<perm::DeliveryRide>,
    Json(told): Json<RiderPhone>,
) -> Answer<Json<RiderPhone>> {
    let phone = Phone::parse(told.phone.as_deref().unwrap_or_default())?;
    let (writer, id, kept) = (app.clone(), staff.id, phone.clone());
    staff
        .write(&app, "delivery.rider", move |tx, ctx| {
            delivery::save_phone(tx, ctx, &writer.sealer, id, &kept)?;
            Ok(((), Note::new("staff", id, "登记骑手电话")))
        })
        .await?;
    Ok(Json(RiderPhone { phone: Some(phone.national().to_owned()) }))
}
