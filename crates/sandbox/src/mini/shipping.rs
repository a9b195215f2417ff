//! Shipping management (发货信息管理): the money of a mini-program order stays frozen until the seller tells WeChat how the goods
//! travel. One shipment per payment, or several while `is_all_delivered` is false; one correction afterwards.
//! Confirmation comes from the member, or by itself after ten days (express) or two days (everything else).

use super::{MiniError, MiniResult, Query, authorised, body, ok};
use crate::china;
use crate::pay::{Payment, Scene, TradeState};
use crate::switches::Fault;
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use kernel::{Instant, days};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const EXPRESS: i64 = 1;
const MAX_PARCELS: usize = 15;
const MAX_DESCRIPTION: usize = 120;

/// What WeChat was told about a payment's goods.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shipping {
    logistics_type: i64,
    delivery_mode: i64,
    parcels: Vec<Parcel>,
    complete: bool,
    corrections: u32,
    first_at: Instant,
    confirmed_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Parcel {
    #[serde(default)]
    tracking_no: String,
    #[serde(default)]
    express_company: String,
    #[serde(default)]
    item_desc: String,
    #[serde(default)]
    contact: Option<Value>,
}

impl Shipping {
    fn confirmed(&self, now: Instant) -> bool {
        let wait = if self.logistics_type == EXPRESS { days(10) } else { days(2) };
        self.confirmed_at.is_some() || (self.complete && now - self.first_at >= wait)
    }
}

/// `order_state`: 1 to ship, 2 shipped, 3 confirmed, 5 refunded.
pub(crate) fn order_state(payment: &Payment, now: Instant) -> i64 {
    match (&payment.shipping, payment.state) {
        (_, TradeState::Refund) if payment.refunded_fen >= payment.total_fen => 5,
        (Some(s), _) if s.confirmed(now) => 3,
        (Some(s), _) if s.complete => 2,
        _ => 1,
    }
}

#[derive(Deserialize)]
struct OrderKey {
    order_number_type: i64,
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    mchid: String,
    #[serde(default)]
    out_trade_no: String,
}

#[derive(Deserialize)]
struct Upload {
    #[serde(flatten)]
    sent: Sent,
    upload_time: String,
    payer: Payer,
}

/// What was sent of one payment.
#[derive(Deserialize)]
struct Sent {
    order_key: OrderKey,
    logistics_type: i64,
    delivery_mode: i64,
    is_all_delivered: Option<bool>,
    shipping_list: Vec<Parcel>,
}

#[derive(Deserialize)]
struct UploadCombined {
    order_key: OrderKey,
    sub_orders: Vec<Sent>,
    upload_time: String,
    payer: Payer,
}

#[derive(Deserialize)]
struct Payer {
    openid: String,
}

fn wrong(what: &str) -> MiniError {
    MiniError(40097, format!("invalid args: {what}"))
}

fn check_time(upload_time: &str) -> Result<(), MiniError> {
    if Instant::parse(upload_time).is_none() || !upload_time.contains('.') {
        return Err(wrong("upload_time must be RFC 3339 with milliseconds"));
    }
    Ok(())
}

impl Sent {
    fn check(&self) -> Result<(), MiniError> {
        if !(1..=4).contains(&self.logistics_type) {
            return Err(MiniError::new(10060005, "logistics_type invalid"));
        }
        if !(1..=2).contains(&self.delivery_mode) || (self.delivery_mode == 2 && self.logistics_type != EXPRESS) {
            return Err(wrong("delivery_mode"));
        }
        if self.delivery_mode == 2 && self.is_all_delivered.is_none() {
            return Err(wrong("is_all_delivered"));
        }
        let parcels = &self.shipping_list;
        if parcels.is_empty() || parcels.len() > MAX_PARCELS || (self.delivery_mode == 1 && parcels.len() > 1) {
            return Err(wrong("shipping_list"));
        }
        parcels.iter().try_for_each(|p| p.check(self.logistics_type))
    }

    fn complete(&self) -> bool {
        self.delivery_mode == 1 || self.is_all_delivered == Some(true)
    }
}

impl Parcel {
    fn check(&self, logistics_type: i64) -> Result<(), MiniError> {
        if self.item_desc.is_empty() || self.item_desc.chars().count() > MAX_DESCRIPTION {
            return Err(MiniError::new(10060024, "item_desc length invalid"));
        }
        if logistics_type == EXPRESS && (self.tracking_no.is_empty() || self.express_company.is_empty()) {
            return Err(wrong("tracking_no and express_company"));
        }
        if self.express_company == "SF" && self.contact.is_none() {
            return Err(wrong("contact is required for SF"));
        }
        Ok(())
    }
}

/// Runs `act` on the payment that the key names; 10060001 if there is none or it was not paid.
fn with_payment<T>(
    world: &World,
    key: &OrderKey,
    act: impl FnOnce(&mut Payment, Instant) -> Result<T, MiniError>,
) -> Result<T, MiniError> {
    let unknown = || MiniError::new(10060001, "payment not exist");
    if world.switched(Fault::ShippingUnknown) {
        return Err(unknown());
    }
    let merchant = world.keys(|k| k.merchant_id().to_owned());
    let now = world.now();
    let mut state = world.state();
    let payment = match key.order_number_type {
        1 if key.mchid == merchant => state.pay.by_number(&key.out_trade_no),
        1 => None,
        2 => state.pay.by_transaction(&key.transaction_id),
        _ => return Err(wrong("order_number_type")),
    };
    let payment = payment.filter(|p| p.scene == Scene::Jsapi && p.paid_at.is_some()).ok_or_else(unknown)?;
    act(payment, now)
}

/// `POST /wxa/sec/order/upload_shipping_info`.
pub(super) async fn upload(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: Upload = body(&bytes)?;
    check_time(&request.upload_time)?;
    tell(&world, &request.sent, &request.payer, None)?;
    world.payments_changed();
    ok()
}

/// `POST /wxa/sec/order/upload_combined_shipping_info`: of a payment over several sub-orders, what was sent of some.
pub(super) async fn upload_combined(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: UploadCombined = body(&bytes)?;
    check_time(&request.upload_time)?;
    let key = &request.order_key;
    if key.order_number_type != 1 || !world.keys(|keys| keys.merchant_id() == key.mchid) {
        return Err(MiniError::new(10060001, "payment not exist"));
    }
    if request.sub_orders.is_empty() {
        return Err(wrong("sub_orders"));
    }
    for sent in &request.sub_orders {
        tell(&world, sent, &request.payer, Some(&key.out_trade_no))?;
    }
    world.payments_changed();
    ok()
}

/// Keeps what was sent of one payment, which is a sub-order of `combined` or stands alone.
fn tell(world: &World, sent: &Sent, payer: &Payer, combined: Option<&str>) -> Result<(), MiniError> {
    sent.check()?;
    with_payment(world, &sent.order_key, |payment, now| {
        if payment.combined.as_deref() != combined {
            return Err(MiniError::new(10060001, "payment not exist"));
        }
        if payment.openid.as_deref() != Some(payer.openid.as_str()) {
            return Err(MiniError::new(40003, "invalid openid"));
        }
        if order_state(payment, now) == 5 {
            return Err(MiniError::new(10060004, "payment state does not allow shipping"));
        }
        payment.shipping = Some(told(payment.shipping.as_ref(), sent, now)?);
        Ok(())
    })
}

/// The shipping after this upload.
fn told(before: Option<&Shipping>, request: &Sent, now: Instant) -> Result<Shipping, MiniError> {
    let fresh = |parcels: Vec<Parcel>, first_at, corrections| Shipping {
        logistics_type: request.logistics_type,
        delivery_mode: request.delivery_mode,
        complete: request.complete(),
        parcels,
        corrections,
        first_at,
        confirmed_at: None,
    };
    let Some(before) = before else {
        return Ok(fresh(request.shipping_list.clone(), now, 0));
    };
    if before.confirmed(now) {
        return Err(MiniError::new(10060002, "payment already confirmed"));
    }
    if !before.complete && before.delivery_mode == request.delivery_mode {
        let mut parcels = before.parcels.clone();
        parcels.extend(request.shipping_list.iter().cloned());
        if parcels.len() > MAX_PARCELS {
            return Err(wrong("shipping_list"));
        }
        return Ok(fresh(parcels, before.first_at, before.corrections));
    }
    if before.parcels == request.shipping_list && before.logistics_type == request.logistics_type {
        return Err(MiniError::new(10060023, "shipping info not changed"));
    }
    if before.corrections > 0 {
        return Err(MiniError::new(10060003, "re-shipping already used"));
    }
    Ok(fresh(request.shipping_list.clone(), before.first_at, before.corrections + 1))
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    merchant_id: String,
    #[serde(default)]
    merchant_trade_no: String,
}

impl Which {
    fn key(self) -> OrderKey {
        let order_number_type = if self.transaction_id.is_empty() { 1 } else { 2 };
        OrderKey {
            order_number_type,
            transaction_id: self.transaction_id,
            mchid: self.merchant_id,
            out_trade_no: self.merchant_trade_no,
        }
    }
}

/// `POST /wxa/sec/order/get_order`.
pub(super) async fn get_order(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let merchant = world.keys(|k| k.merchant_id().to_owned());
    let order = with_payment(&world, &body::<Which>(&bytes)?.key(), |payment, now| {
        let shipping = payment.shipping.as_ref().map(|s| {
            json!({
                "delivery_mode": s.delivery_mode,
                "logistics_type": s.logistics_type,
                "finish_shipping": s.complete,
                "goods_desc": payment.description,
                "finish_shipping_count": s.corrections + 1,
                "shipping_list": s.parcels
            })
        });
        Ok(json!({
            "transaction_id": payment.transaction_id,
            "merchant_id": merchant,
            "sub_merchant_id": "",
            "merchant_trade_no": payment.number,
            "description": payment.description,
            "paid_amount": payment.total_fen,
            "openid": payment.openid,
            "trade_create_time": payment.created_at.unix_seconds(),
            "pay_time": payment.paid_at.map(Instant::unix_seconds),
            "order_state": order_state(payment, now),
            "in_complaint": false,
            "shipping": shipping
        }))
    })?;
    Ok(Json(json!({"errcode": 0, "errmsg": "ok", "order": order})))
}

#[derive(Deserialize)]
struct Received {
    #[serde(flatten)]
    which: Which,
    received_time: i64,
}

/// `POST /wxa/sec/order/notify_confirm_receive`: reminds the member; here the member confirms at once. Express only, once.
pub(super) async fn confirm_receive(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: Received = body(&bytes)?;
    let received_at = Instant(request.received_time.saturating_mul(1_000));
    with_payment(&world, &request.which.key(), |payment, now| match payment.shipping.as_mut() {
        Some(s) if s.complete && s.logistics_type == EXPRESS && !s.confirmed(now) => {
            s.confirmed_at = Some(received_at);
            Ok(())
        }
        _ => Err(MiniError::new(10060004, "payment state does not allow confirmation")),
    })?;
    world.payments_changed();
    ok()
}

/// `POST /wxa/sec/order/is_trade_managed`.
pub(super) async fn is_trade_managed(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: Value = body(&bytes)?;
    let own = world.keys(|k| request["appid"] == k.app_id());
    Ok(Json(json!({"errcode": 0, "errmsg": "ok", "is_trade_managed": own})))
}

/// Where the money of one payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Funds {
    NotCollected,
    AwaitingShipment,
    AwaitingReceipt,
    Settled,
    Returned,
}

impl Funds {
    /// Only orders of the mini program are frozen; browsers' payments settle at once.
    pub(crate) fn of(payment: &Payment, now: Instant) -> Self {
        match (payment.state, payment.scene) {
            (TradeState::NotPay | TradeState::UserPaying | TradeState::Closed | TradeState::Revoked, _) => {
                Funds::NotCollected
            }
            (TradeState::Refund, _) if payment.refunded_fen >= payment.total_fen => Funds::Returned,
            (_, Scene::Jsapi) => match order_state(payment, now) {
                1 => Funds::AwaitingShipment,
                2 => Funds::AwaitingReceipt,
                _ => Funds::Settled,
            },
            _ => Funds::Settled,
        }
    }

    pub(crate) const fn is_frozen(self) -> bool {
        matches!(self, Funds::AwaitingShipment | Funds::AwaitingReceipt)
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Funds::NotCollected => "未收款",
            Funds::AwaitingShipment => "冻结：等待发货",
            Funds::AwaitingReceipt => "冻结：已发货，等待确认收货",
            Funds::Settled => "已结算",
            Funds::Returned => "已退回",
        }
    }
}

/// When the goods were first told to be shipped, for the console.
pub(crate) fn shipped_word(payment: &Payment) -> String {
    payment.shipping.as_ref().map(|s| china::clock(s.first_at)).unwrap_or_default()
}
