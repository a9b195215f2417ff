//! Bookings as shown, to their members and to staff: a handful of queries for a whole page.

use super::deposit_of;
use db::Tx;
use goods::store;
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::booking::{self, Booking, NoShow, State};
use trade::order::{self, Order, Status, mask_phone};
use utoipa::ToSchema;

/// What a page may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookingAction {
    Pay,
    Reschedule,
    Cancel,
    ShowCode,
    Arrive,
    Start,
    Finish,
    NoShow,
    /// The rest of the price, at the counter.
    TakeRest,
}

/// Where it takes place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingStore {
    pub id: Id,
    pub name: String,
    pub address: String,
    pub phone: String,
    pub lat: f64,
    pub lng: f64,
}

impl From<store::StoreRow> for BookingStore {
    fn from(store: store::StoreRow) -> Self {
        BookingStore {
            id: store.id,
            name: store.name,
            address: store.address,
            phone: store.phone,
            lat: store.place.lat,
            lng: store.place.lng,
        }
    }
}

/// A booking.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingView {
    pub id: Id,
    /// The order of its deposit, with its code.
    pub order_id: Id,
    pub service_id: Id,
    pub service_name: String,
    pub picture: Picture,
    pub state: State,
    pub store: BookingStore,
    pub resource_id: Id,
    pub resource_name: String,
    /// The member asked for this person or room.
    pub wants_resource: bool,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub people: i64,
    /// Of all people.
    pub price_fen: i64,
    /// To be paid when booking.
    pub deposit_fen: i64,
    /// Of the deposit, with the store now.
    pub paid_fen: i64,
    /// Still to be paid at the counter.
    pub rest_fen: i64,
    pub refunded_fen: i64,
    /// Until when it can be changed, or given up without losing the deposit.
    pub free_until: Instant,
    pub no_show: NoShow,
    /// What giving it up now brings back to its member.
    pub refund_now_fen: i64,
    /// Pay the deposit before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    pub by_store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_name: Option<String>,
    /// Whole for its member and on the page of one booking, masked in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_reason: Option<String>,
    pub allowed_actions: Vec<BookingAction>,
}

/// For whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Member,
    Board,
    Staff,
}

/// Some bookings with everything about them.
pub(super) fn views(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    rows: Vec<Booking>,
    now: Instant,
    reader: Reader,
) -> Result<Vec<BookingView>> {
    let ids = |of: fn(&Booking) -> Id| rows.iter().map(of).collect::<Vec<Id>>();
    let services = booking::services_by_id(tx, mall_id, &ids(|row| row.service_id))?;
    let stores: HashMap<Id, store::StoreRow> = store::stores_by_id(tx, mall_id, &ids(|row| row.store_id))?
        .into_iter()
        .map(|store| (store.id, store))
        .collect();
    let names = booking::resource_names(tx, mall_id, &ids(|row| row.resource_id))?;
    let mut order_ids = ids(|row| row.order_id);
    order_ids.extend(rows.iter().filter_map(|row| row.rest_order_id));
    let orders = order::by_ids(tx, mall_id, &order_ids)?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let order = orders.get(&row.order_id).ok_or_else(|| Error::internal("a booking without its order"))?;
        let store = stores.get(&row.store_id).cloned().ok_or_else(|| Error::internal("a booking without its store"))?;
        let contact = row.contact(&app.sealer)?;
        let rest = rest_of(&row, order, row.rest_order_id.and_then(|id| orders.get(&id)));
        let picture = services.get(&row.service_id).and_then(|service| service.picture_key.clone()).unwrap_or_default();
        let phone = contact.as_ref().map(|contact| contact.phone.clone()).filter(|phone| !phone.is_empty());
        made.push(BookingView {
            allowed_actions: actions(&row, reader, rest, now),
            refund_now_fen: if now <= row.free_until() { deposit_of(order).0 } else { 0 },
            contact_name: contact.map(|contact| contact.name).filter(|name| !name.is_empty()),
            contact_phone: phone.map(|phone| if reader == Reader::Board { mask_phone(&phone) } else { phone }),
            free_until: row.free_until(),
            rest_fen: rest.0,
            deposit_fen: order.total.0,
            paid_fen: deposit_of(order).0,
            refunded_fen: order.refunded.0,
            expires_at: order.expires_at.filter(|_| order.status == Status::Unpaid),
            picture: storage::picture(app, &picture, &row.service_name),
            resource_name: names.get(&row.resource_id).cloned().unwrap_or_default(),
            store: store.into(),
            id: row.id,
            order_id: row.order_id,
            service_id: row.service_id,
            service_name: row.service_name,
            state: row.state,
            resource_id: row.resource_id,
            wants_resource: row.wants_resource,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            people: row.people,
            price_fen: row.price.0,
            no_show: row.no_show,
            by_store: row.by_store,
            remark: row.remark,
            created_at: row.created_at,
            arrived_at: row.arrived_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            ended_reason: row.ended_reason,
        });
    }
    Ok(made)
}

/// One booking.
pub(super) fn view(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    row: Booking,
    now: Instant,
    reader: Reader,
) -> Result<BookingView> {
    let made = views(app, tx, mall_id, vec![row], now, reader)?.pop();
    made.ok_or_else(|| Error::internal("a booking without its view"))
}

/// What is left to pay, given the sale that took the rest, if any. What was given back after that is not asked for again.
pub(super) fn rest_of(booking: &Booking, order: &Order, rest: Option<&Order>) -> Fen {
    let settled = rest.is_some_and(|rest| rest.paid_at.is_some());
    let owed = booking.state.stands() && booking.state != State::Held && !settled;
    if owed { Fen((booking.price.0 - order.paid.0).max(0)) } else { Fen::ZERO }
}

fn actions(booking: &Booking, reader: Reader, rest: Fen, now: Instant) -> Vec<BookingAction> {
    use BookingAction::{Arrive, Cancel, Finish, NoShow, Pay, Reschedule, ShowCode, Start, TakeRest};
    let member = reader == Reader::Member;
    let mut actions = match booking.state {
        State::Held if member => vec![Pay, Cancel],
        State::Held => vec![],
        State::Booked if member => {
            let mut actions = vec![ShowCode];
            if now <= booking.free_until() {
                actions.push(Reschedule);
            }
            if now < booking.starts_at {
                actions.push(Cancel);
            }
            actions
        }
        State::Booked => {
            let missing = (now >= booking.starts_at).then_some(NoShow);
            [Arrive, Reschedule, Cancel].into_iter().chain(missing).collect()
        }
        State::Arrived if !member => vec![Start, Finish],
        State::Started if !member => vec![Finish],
        _ => vec![],
    };
    if !member && rest > Fen::ZERO && matches!(booking.state, State::Arrived | State::Started | State::Finished) {
        actions.push(TakeRest);
    }
    actions
}

/// What a clerk sees of the booking behind a code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BookingBrief {
    pub id: Id,
    pub state: State,
    pub service_name: String,
    pub resource_name: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub people: i64,
    pub rest_fen: i64,
}

/// The booking of a deposit's order.
pub fn brief(app: &App, tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<BookingBrief>> {
    let Some(row) = booking::by_order(tx, mall_id, order_id)? else { return Ok(None) };
    let now = app.clock.now();
    let of = view(app, tx, mall_id, row, now, Reader::Board)?;
    Ok(Some(BookingBrief {
        id: of.id,
        state: of.state,
        service_name: of.service_name,
        resource_name: of.resource_name,
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        people: of.people,
        rest_fen: of.rest_fen,
    }))
}
