//! Combined payment (合单支付): one cashier over several sub-orders of this merchant. All are paid in one press or none is; each
//! has a transaction of its own, which refunds and the bill know. One notice tells of all.

use super::answer::{Answer, PayError, PayResult, read};
use super::guard::Caller;
use super::model::{PayState, Payment, Scene, TradeState};
use super::prepay::{self, Payer, SceneInfo};
use crate::switches::{Fault, Faults};
use crate::world::World;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use kernel::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// A payment over several sub-orders, which are kept as payments of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Combined {
    pub(super) number: String,
    pub(super) prepay_id: String,
    /// Numbers of the sub-orders.
    pub(super) subs: Vec<String>,
}

/// A combined payment as queries and notices show it.
pub(super) fn combined_view(number: &str, subs: &[Payment], merchant_id: &str) -> Value {
    let one = |sub: &Payment| {
        let mut view = sub.view(merchant_id);
        let mut amount = json!({"total_amount": sub.total_fen, "currency": "CNY"});
        if sub.paid_at.is_some() {
            amount["payer_amount"] = json!(sub.total_fen);
            amount["payer_currency"] = json!("CNY");
        }
        view["amount"] = amount;
        for field in ["appid", "trade_state_desc", "payer"] {
            view.as_object_mut().map(|view| view.remove(field));
        }
        view
    };
    let first = subs.first();
    json!({
        "combine_appid": first.map(|sub| sub.app_id.as_str()).unwrap_or_default(),
        "combine_mchid": merchant_id,
        "combine_out_trade_no": number,
        "sub_orders": subs.iter().map(one).collect::<Vec<Value>>(),
        "combine_payer_info": {"openid": first.and_then(|sub| sub.openid.as_deref()).unwrap_or_default()}
    })
}

impl PayState {
    pub(super) fn combined(&self, number: &str) -> Option<&Combined> {
        self.combined.get(number)
    }

    pub(super) fn put_combined(&mut self, combined: Combined) {
        self.combined.insert(combined.number.clone(), combined);
    }

    /// What opens the cashier for a number, of a payment or of a combined one.
    pub(crate) fn prepay_of(&self, number: &str) -> Option<String> {
        let combined = self.combined(number).map(|combined| combined.prepay_id.clone());
        combined.or_else(|| self.payments.get(number).map(|payment| payment.prepay_id.clone()))
    }

    /// What the cashier collects: a payment, or a combined one with the sum of its sub-orders.
    pub(crate) fn whole(&self, prepay_id: &str) -> Option<Payment> {
        let payment = self.payments.get(self.prepay_ids.get(prepay_id)?)?;
        let Some(combined) = payment.combined.as_deref().and_then(|number| self.combined(number)) else {
            return Some(payment.clone());
        };
        let subs: Vec<&Payment> = combined.subs.iter().filter_map(|sub| self.payments.get(sub)).collect();
        let description = subs.iter().map(|sub| sub.description.as_str()).collect::<Vec<_>>().join("、");
        let total_fen = subs.iter().map(|sub| sub.total_fen).sum();
        Some(Payment { number: combined.number.clone(), total_fen, description, ..payment.clone() })
    }
}

/// Sub-orders of one payment at most.
const MOST: usize = 50;

#[derive(Deserialize, Serialize)]
struct Request {
    combine_appid: String,
    combine_mchid: String,
    combine_out_trade_no: String,
    sub_orders: Vec<Sub>,
    combine_payer_info: Option<Payer>,
    scene_info: Option<SceneInfo>,
    time_expire: Option<String>,
    notify_url: String,
}

#[derive(Deserialize, Serialize)]
struct Sub {
    mchid: String,
    attach: String,
    amount: Amount,
    out_trade_no: String,
    description: String,
}

#[derive(Deserialize, Serialize)]
struct Amount {
    total_amount: i64,
    currency: String,
}

impl Request {
    fn check(&self, world: &World, scene: Scene, now: Instant) -> Result<Option<Instant>, PayError> {
        whose(world, &self.combine_appid, &self.combine_mchid)?;
        prepay::check_number("combine_out_trade_no", &self.combine_out_trade_no)?;
        if !(1..=MOST).contains(&self.sub_orders.len()) {
            return Err(PayError::param("sub_orders", "子单数量须在 1 到 50 之间"));
        }
        for (at, sub) in self.sub_orders.iter().enumerate() {
            if sub.mchid != self.combine_mchid {
                return Err(PayError::param("sub_orders.mchid", "子单商户号与合单商户号没有绑定关系"));
            }
            prepay::check_number("sub_orders.out_trade_no", &sub.out_trade_no)?;
            prepay::length(&sub.description, "sub_orders.description", 1, 127)?;
            prepay::length(&sub.attach, "sub_orders.attach", 1, 128)?;
            if sub.amount.total_amount < 1 || sub.amount.currency != "CNY" {
                return Err(PayError::param("sub_orders.amount", "子单金额须大于零，币种为 CNY"));
            }
            let again = self.sub_orders[..at].iter().any(|other| other.out_trade_no == sub.out_trade_no);
            if again || sub.out_trade_no == self.combine_out_trade_no {
                return Err(PayError::param("sub_orders.out_trade_no", "子单号重复"));
            }
        }
        prepay::check_notify_url(&self.notify_url)?;
        prepay::check_scene(scene, self.combine_payer_info.as_ref(), self.scene_info.as_ref())?;
        self.time_expire.as_deref().map(|text| prepay::expiry(text, now)).transpose()
    }
}

fn whose(world: &World, app_id: &str, merchant_id: &str) -> Result<(), PayError> {
    world.keys(|keys| {
        if merchant_id != keys.merchant_id() {
            Err(PayError::param("combine_mchid", "商户号与签名的商户号不一致"))
        } else if app_id != keys.app_id() {
            Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"))
        } else {
            Ok(())
        }
    })
}

/// `POST /v3/combine-transactions/jsapi`.
pub(super) async fn jsapi(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    create(&world, &caller, &body, Scene::Jsapi)
}

/// `POST /v3/combine-transactions/native`.
pub(super) async fn native(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    create(&world, &caller, &body, Scene::Native)
}

/// `POST /v3/combine-transactions/h5`.
pub(super) async fn h5(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    create(&world, &caller, &body, Scene::H5)
}

fn create(world: &Arc<World>, caller: &Caller, body: &Bytes, scene: Scene) -> PayResult {
    let request: Request = read(body)?;
    let now = world.now();
    let expires_at = request.check(world, scene, now)?;
    let mut faults = Faults::default();
    for sub in &request.sub_orders {
        faults.extend(&Faults::of_description(&sub.description));
    }
    if faults.has(Fault::FailPrepay) || caller.faults.has(Fault::FailPrepay) {
        return Err(PayError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用"));
    }
    let fingerprint = prepay::fingerprint(scene, &request);
    faults.extend(&caller.lasting);

    let mut state = world.state();
    let number = request.combine_out_trade_no.clone();
    let known = state.pay.combined(&number).cloned();
    let prepay_id = match known {
        Some(known) => {
            for sub in &known.subs {
                if let Some(payment) = state.pay.current(sub, now) {
                    prepay::reentry(payment, &fingerprint)?;
                }
            }
            known.prepay_id
        }
        None => {
            let taken = |number: &String| state.pay.payments.get(number).is_some();
            if taken(&number) || request.sub_orders.iter().any(|sub| taken(&sub.out_trade_no)) {
                return Err(PayError::new(403, "OUT_TRADE_NO_USED", "商户订单号重复"));
            }
            let prepay_id = prepay::new_prepay_id(now);
            state.pay.put_combined(Combined {
                number: number.clone(),
                prepay_id: prepay_id.clone(),
                subs: request.sub_orders.iter().map(|sub| sub.out_trade_no.clone()).collect(),
            });
            prepay_id
        }
    };
    let openid = request.combine_payer_info.map(|p| p.openid).filter(|_| scene == Scene::Jsapi);
    for sub in request.sub_orders {
        state.pay.put(Payment {
            number: sub.out_trade_no,
            prepay_id: prepay_id.clone(),
            scene,
            app_id: request.combine_appid.clone(),
            description: sub.description,
            attach: Some(sub.attach),
            total_fen: sub.amount.total_amount,
            openid: openid.clone(),
            notify_url: request.notify_url.clone(),
            created_at: now,
            expires_at,
            link_expires_at: now + prepay::life_ms(scene),
            fingerprint: fingerprint.clone(),
            by_public_key: caller.by_public_key,
            faults: faults.clone(),
            state: TradeState::NotPay,
            transaction_id: None,
            paid_at: None,
            refunded_fen: 0,
            refunds: 0,
            shipping: None,
            combined: Some(number.clone()),
        });
    }
    drop(state);
    world.payments_changed();
    Ok(prepay::opening(world, scene, &prepay_id, &faults))
}

fn unknown() -> PayError {
    PayError::new(404, "ORDER_NOT_EXIST", "订单不存在")
}

/// The sub-orders of a combined payment as they stand now.
fn subs_of(world: &World, number: &str) -> Result<Vec<Payment>, PayError> {
    let now = world.now();
    let mut state = world.state();
    let known = state.pay.combined(number).cloned().ok_or_else(unknown)?;
    Ok(known.subs.iter().filter_map(|sub| state.pay.current(sub, now).cloned()).collect())
}

/// `GET /v3/combine-transactions/out-trade-no/{combine_out_trade_no}`.
pub(super) async fn query(State(world): State<Arc<World>>, Path(number): Path<String>) -> PayResult {
    let subs = subs_of(&world, &number)?;
    let faults = subs.first().map(|sub| sub.faults.clone()).unwrap_or_default();
    Ok(Answer::json(world.keys(|keys| combined_view(&number, &subs, keys.merchant_id())), &faults))
}

#[derive(Deserialize)]
struct Close {
    combine_appid: String,
    sub_orders: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    mchid: String,
    out_trade_no: String,
}

/// `POST /v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close`: every sub-order is to be named.
pub(super) async fn close(State(world): State<Arc<World>>, Path(number): Path<String>, body: Bytes) -> PayResult {
    let request: Close = read(&body)?;
    let subs = subs_of(&world, &number)?;
    for sub in &request.sub_orders {
        whose(&world, &request.combine_appid, &sub.mchid)?;
    }
    let named = |payment: &Payment| request.sub_orders.iter().any(|sub| sub.out_trade_no == payment.number);
    if request.sub_orders.len() != subs.len() || !subs.iter().all(named) {
        return Err(PayError::param("sub_orders", "关单须列出全部子单"));
    }
    if subs.iter().any(|sub| matches!(sub.state, TradeState::Success | TradeState::Refund)) {
        return Err(PayError::new(400, "ORDER_PAID", "该订单已支付，不能关闭"));
    }
    {
        let mut state = world.state();
        for sub in &subs {
            if let Some(payment) = state.pay.by_number(&sub.number) {
                payment.state = TradeState::Closed;
            }
        }
    }
    world.payments_changed();
    Ok(Answer::empty(&subs.first().map(|sub| sub.faults.clone()).unwrap_or_default()))
}
