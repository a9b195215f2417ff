//! Code pay: charges the owner of a code at once, or asks on the phone first. The code's last digit says how its owner is:
//! `1` is asked and pays when somebody presses "pay" at the cashier or in the console, `2` lacks the money, `3` shows a code
//! that ran out, anything else pays at once. A reversal gives back what was paid.

use super::answer::{Answer, PayError, PayResult, read};
use super::guard::Caller;
use super::model::{Payment, Scene, TradeState};
use super::prepay::{check_number, fingerprint, length, new_prepay_id, reentry};
use super::settle::new_transaction_id;
use crate::switches::{Fault, Faults};
use crate::world::World;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use kernel::minutes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// How long a payer is asked.
const ASKED_MS: i64 = minutes(1);

#[derive(Deserialize, Serialize)]
struct CodePay {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    attach: Option<String>,
    amount: Amount,
    payer: Payer,
    scene_info: Option<SceneInfo>,
}

#[derive(Deserialize, Serialize)]
struct Amount {
    total: i64,
    currency: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Payer {
    auth_code: String,
}

#[derive(Deserialize, Serialize)]
struct SceneInfo {
    store_info: StoreInfo,
}

#[derive(Deserialize, Serialize)]
struct StoreInfo {
    id: Option<String>,
    out_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Reverse {
    appid: String,
    mchid: String,
}

fn merchant(world: &World, app_id: &str, merchant_id: &str) -> Result<(), PayError> {
    world.keys(|keys| match (merchant_id == keys.merchant_id(), app_id == keys.app_id()) {
        (false, _) => Err(PayError::param("mchid", "商户号与签名的商户号不一致")),
        (_, false) => Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")),
        _ => Ok(()),
    })
}

impl CodePay {
    fn check(&self, world: &World) -> Result<(), PayError> {
        merchant(world, &self.appid, &self.mchid)?;
        length(&self.description, "description", 1, 127)?;
        check_number("out_trade_no", &self.out_trade_no)?;
        if self.amount.total < 1 || self.amount.currency.as_deref().is_some_and(|c| c != "CNY") {
            return Err(PayError::param("amount", "订单总金额须大于零，币种为 CNY"));
        }
        let store = self.scene_info.as_ref().map(|scene| &scene.store_info);
        if store.is_none_or(|store| store.id.is_none() && store.out_id.is_none()) {
            return Err(PayError::param("scene_info.store_info", "门店信息须有 id 或 out_id"));
        }
        let code = &self.payer.auth_code;
        let begins =
            code.get(..2).and_then(|head| head.parse::<u32>().ok()).is_some_and(|head| (10..=15).contains(&head));
        if code.len() != 18 || !begins || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PayError::new(400, "AUTH_CODE_INVALID", "请扫描微信支付的付款码"));
        }
        Ok(())
    }
}

/// `POST /v3/pay/transactions/codepay`.
pub(super) async fn pay(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    let request: CodePay = read(&body)?;
    request.check(&world)?;
    let now = world.now();
    let fingerprint = fingerprint(Scene::Code, &request);
    let mut state = world.state();
    if let Some(known) = state.pay.current(&request.out_trade_no, now) {
        reentry(known, &fingerprint)?;
        return Ok(Answer::json(world.keys(|k| known.view(k.merchant_id())), &known.faults.clone()));
    }
    let mut faults = Faults::of_description(&request.description);
    faults.extend(&caller.lasting);
    let declined = state.switches.has(Fault::PayerDeclined) || faults.has(Fault::PayerDeclined);
    let how = request.payer.auth_code.chars().last();
    match how {
        _ if declined => return Err(PayError::new(400, "BANK_ERROR", "银行系统异常，请用户切换银行卡")),
        Some('2') => return Err(PayError::new(400, "NOT_ENOUGH", "用户账号余额不足")),
        Some('3') => return Err(PayError::new(400, "AUTH_CODE_EXPIRED", "用户的付款码已过期")),
        _ => {}
    }
    let asked = how == Some('1');
    let transaction_id = (!asked).then(|| new_transaction_id(now));
    let payment = Payment {
        number: request.out_trade_no.clone(),
        prepay_id: new_prepay_id(now),
        scene: Scene::Code,
        app_id: request.appid,
        description: request.description,
        attach: request.attach,
        total_fen: request.amount.total,
        openid: Some(format!("oCode{}", &wire::random::nonce()[..23])),
        notify_url: String::new(),
        created_at: now,
        expires_at: None,
        link_expires_at: now + ASKED_MS,
        fingerprint,
        by_public_key: caller.by_public_key,
        faults,
        state: if asked { TradeState::UserPaying } else { TradeState::Success },
        transaction_id: transaction_id.clone(),
        paid_at: (!asked).then_some(now),
        refunded_fen: 0,
        refunds: 0,
        shipping: None,
        combined: None,
    };
    let answer = Answer::json(world.keys(|k| payment.view(k.merchant_id())), &payment.faults);
    if let Some(id) = transaction_id {
        state.pay.name_transaction(&id, &payment.number);
    }
    state.pay.put(payment);
    drop(state);
    world.payments_changed();
    Ok(answer)
}

/// `POST /v3/pay/transactions/out-trade-no/{out_trade_no}/reverse`.
pub(super) async fn reverse(State(world): State<Arc<World>>, Path(number): Path<String>, body: Bytes) -> PayResult {
    let whose: Reverse = read(&body)?;
    merchant(&world, &whose.appid, &whose.mchid)?;
    let now = world.now();
    let answer = {
        let mut state = world.state();
        let known = state.pay.current(&number, now).filter(|payment| payment.scene == Scene::Code);
        let payment = known.ok_or_else(|| PayError::new(404, "ORDER_NOT_EXIST", "订单不存在"))?;
        if payment.state == TradeState::Refund {
            return Err(PayError::new(400, "TRADE_ERROR", "订单发生过退款，不能撤销"));
        }
        // As if it had never been: no bill knows it.
        (payment.paid_at, payment.transaction_id) = (None, None);
        payment.state = TradeState::Revoked;
        Answer::json(json!({"out_trade_no": number, "mchid": whose.mchid}), &payment.faults.clone())
    };
    world.payments_changed();
    Ok(answer)
}
