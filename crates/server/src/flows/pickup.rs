//! Fetching at a store: the slots a member chooses from, the list a clerk prepares from, and calling a member to the
//! counter. A clerk bound to a store sees and calls its members only.

use super::detail;
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Query, Staff, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::order::{self, OrderLineView, OrderMember, Status};
use trade::pickup::{self, PickupRule, WaitingPickup};
use trade::timeslot::TimeSlot;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_pickup_slots)).routes(routes!(change_pickup_slot))
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_pickup_rule, change_pickup_rule))
        .routes(routes!(list_pickups))
        .routes(routes!(call_to_counter))
}

/// When goods can be fetched at a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PickupSlots {
    /// False: the store deals out no time, members come whenever it is open.
    pub required: bool,
    /// In order; those without places are full.
    pub slots: Vec<TimeSlot>,
}

/// List the time slots of a store.
///
/// A slot is taken when the order is placed, with `slot_at` in its delivery.
#[utoipa::path(get, path = "/stores/{id}/pickup-slots", tag = "store", params(("id" = Id, Path)),
    responses((status = 200, body = PickupSlots),
        (status = 404, body = ProblemBody, description = "`store.not_found`: no such store, or it is closed")))]
async fn list_pickup_slots(State(app): State<App>, visitor: Visitor, Path(id): Path<Id>) -> Answer<Json<PickupSlots>> {
    let (mall_id, now, offset) = (visitor.mall.id, visitor.ctx.now, visitor.mall.utc_offset_ms);
    let found = app
        .db
        .read(move |tx| {
            let store = store::find_store(tx, mall_id, id)?;
            if !store.is_open() {
                return Err(Error::not_found("store.not_found", "这家门店暂时不营业"));
            }
            pickup::slots(tx, mall_id, &store, now, offset)
        })
        .await?;
    Ok(Json(match found {
        Some((_, slots)) => PickupSlots { required: true, slots },
        None => PickupSlots { required: false, slots: Vec::new() },
    }))
}

/// Another time for an order.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickupSlotChange {
    /// Beginning of one of the store's slots.
    pub slot_at: Instant,
}

/// Change the time an order is fetched.
///
/// As often as needed until all of it was fetched, also after the booked time has passed.
#[utoipa::path(put, path = "/orders/{id}/pickup-slot", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    request_body = PickupSlotChange, responses((status = 200, body = detail::OrderDetail),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`pickup.slot_full`, `pickup.slot_gone`, `pickup.no_booking`: nothing waits, or its store deals out no time")))]
async fn change_pickup_slot(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(change): Json<PickupSlotChange>,
) -> Answer<Json<detail::OrderDetail>> {
    let (mall_id, member_id, ctx) = (member.mall.id, member.id, member.ctx.clone());
    let offset = member.mall.utc_offset_ms;
    app.db
        .write(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            let waits = matches!(order.status, Status::Unpaid | Status::ToPickUp);
            let store_id = order.store_id.filter(|_| waits).ok_or_else(pickup::no_booking)?;
            let store = store::find_store(tx, mall_id, store_id)?;
            pickup::rebook(tx, &ctx, &store, id, change.slot_at, offset)?;
            order::add_event(tx, &ctx, id, "pickup_slot_changed", "顾客改了取货时间")
        })
        .await?;
    detail::member_detail(&app, mall_id, member_id, id).await.map(Json).map_err(Into::into)
}

/// A store's rule for time slots.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickupRuleSetting {
    /// Absent: the store deals out no time.
    pub rule: Option<PickupRule>,
}

/// Show a store's rule for time slots.
///
/// Needs `store.view`.
#[utoipa::path(get, path = "/stores/{id}/pickup-rule", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PickupRuleSetting), (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn read_pickup_rule(
    State(app): State<App>,
    staff: Staff<perm::StoreView>,
    Path(id): Path<Id>,
) -> Answer<Json<PickupRuleSetting>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        store::find_store(tx, mall_id, id)?;
        pickup::rule(tx, mall_id, id)
    });
    Ok(Json(PickupRuleSetting { rule: read.await? }))
}

/// Change a store's rule for time slots.
///
/// Needs `store.edit`. Orders keep the time they have.
#[utoipa::path(put, path = "/stores/{id}/pickup-rule", tag = "store", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PickupRuleSetting, responses((status = 200, body = PickupRuleSetting),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `slot_minutes`, `capacity`, `days_ahead`, `lead_minutes`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`")))]
async fn change_pickup_rule(
    State(app): State<App>,
    staff: Staff<perm::StoreEdit>,
    Path(id): Path<Id>,
    Json(setting): Json<PickupRuleSetting>,
) -> Answer<Json<PickupRuleSetting>> {
    setting.rule.as_ref().map_or(Ok(()), PickupRule::check)?;
    let (mall_id, rule) = (staff.mall.id, setting.rule);
    staff
        .write(&app, "store.pickup_rule", move |tx, ctx| {
            let store = store::find_store(tx, mall_id, id)?;
            pickup::save_rule(tx, ctx, id, rule.as_ref())?;
            let text = match &rule {
                Some(rule) => format!("{}：每 {} 分钟接待 {} 单", store.name, rule.slot_minutes, rule.capacity),
                None => format!("{}：取货不限时段", store.name),
            };
            Ok(((), Note::new("store", id, text)))
        })
        .await?;
    Ok(Json(setting))
}

/// Which pickups to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PickupState {
    /// Everything that waits.
    #[default]
    Waiting,
    /// Still to be laid out.
    ToPrepare,
    /// Laid out for the member.
    Ready,
}

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct PickupQuery {
    #[param(inline)]
    state: PickupState,
    /// Of one store; a clerk bound to a store sees its own in any case.
    store_id: Option<Id>,
    cursor: Option<String>,
}

/// One order on the list at the counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PickupRow {
    pub order_id: Id,
    pub number: String,
    pub store_id: Id,
    pub member: OrderMember,
    pub remark: Option<String>,
    pub lines: Vec<OrderLineView>,
    pub quantity: i64,
    pub handed_quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_starts_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot_ends_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_at: Option<Instant>,
    pub paid_at: Option<Instant>,
}

/// List what waits to be fetched, the first wanted first.
///
/// Needs `order.redeem`. The clerk prepares from it, and keeps it to know what is inside when the network is gone.
#[utoipa::path(get, path = "/pickups", tag = "orders", security(("staff" = [])), params(PickupQuery),
    responses((status = 200, body = Page<PickupRow>)))]
async fn list_pickups(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Query(query): Query<PickupQuery>,
) -> Answer<Json<Page<PickupRow>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let store_id = staff.grants.store_id.or(query.store_id);
    let ready = match query.state {
        PickupState::Waiting => None,
        PickupState::ToPrepare => Some(false),
        PickupState::Ready => Some(true),
    };
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| {
        let page = pickup::waiting(tx, mall_id, store_id, ready, cursor, 30)?;
        Ok(Page { items: rows(&reader, tx, mall_id, &page.items)?, next_cursor: page.next_cursor })
    });
    Ok(Json(page.await?))
}

/// The orders behind a page of pickups: three queries for all of them.
fn rows(app: &App, tx: &mut Tx<'_>, mall_id: MallId, waiting: &[WaitingPickup]) -> Result<Vec<PickupRow>> {
    let ids: Vec<Id> = waiting.iter().map(|one| one.order_id).collect();
    let orders = order::by_ids(tx, mall_id, &ids)?;
    let mut lines = order::lines_of(tx, mall_id, &ids)?;
    let members: Vec<Id> = orders.values().map(|order| order.member_id).collect();
    let briefs = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let member = |id: Id| OrderMember {
        id,
        nickname: briefs.get(&id).map(|brief| brief.nickname.clone()).unwrap_or_default(),
        phone_masked: briefs.get(&id).and_then(|brief| brief.phone_masked.clone()),
    };
    let row = |one: &WaitingPickup| {
        let order = orders.get(&one.order_id)?;
        let lines = lines.remove(&one.order_id).unwrap_or_default();
        Some(PickupRow {
            order_id: order.id,
            number: order.id.to_string(),
            store_id: one.store_id,
            member: member(order.member_id),
            remark: order.remark.clone(),
            lines: order::line_views(app, &lines),
            quantity: order.quantity,
            handed_quantity: one.handed,
            slot_starts_at: one.slot_starts_at,
            slot_ends_at: one.slot_ends_at,
            ready_at: one.ready_at,
            called_at: one.called_at,
            paid_at: order.paid_at,
        })
    };
    Ok(waiting.iter().filter_map(row).collect::<Vec<_>>())
}

/// Call a member to the counter.
///
/// Needs `order.redeem`. The goods must be laid out; once in two minutes.
#[utoipa::path(post, path = "/orders/{id}/call", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = detail::AdminOrderDetail), (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`pickup.not_ready`, `pickup.called_just_now`")))]
async fn call_to_counter(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Path(id): Path<Id>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    staff
        .write(&app, "order.call", move |tx, ctx| {
            let order = order::find(tx, mall_id, id)?;
            detail::within_store(&grants, &order)?;
            pickup::call(tx, ctx, id)?;
            let payload = serde_json::json!({ "order_id": id, "member_id": order.member_id });
            platform::outbox::emit(tx, ctx, "order.called", &payload)?;
            Ok(((), Note::new("order", id, "叫顾客来取货")))
        })
        .await?;
    detail::admin_detail(&app, mall_id, id).await.map(Json).map_err(Into::into)
}

/// Names of stores are looked up once for many orders.
pub fn store_name(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<String> {
    let ids: Vec<Id> = store_id.into_iter().collect();
    let stores: HashMap<Id, String> =
        store::stores_by_id(tx, mall_id, &ids)?.into_iter().map(|store| (store.id, store.name)).collect();
    Ok(ids.first().and_then(|id| stores.get(id).cloned()).unwrap_or_default())
}
