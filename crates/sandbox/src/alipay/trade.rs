//! The methods: what they check, what they change, and the refusals with Alipay's own codes.

use super::gateway::{Call, view};
use super::model::{Trade, TradeRefund, TradeStatus};
use super::{bill, code, notice};
use crate::china;
use crate::pay::{Declined, random_below};
use crate::switches::{Fault, Faults};
use crate::world::World;
use kernel::{Fen, Instant};
use serde_json::{Value, json};
use std::sync::Arc;

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) code: &'static str,
    pub(super) msg: &'static str,
    pub(super) sub_code: &'static str,
    pub(super) sub_msg: String,
}

impl Refused {
    pub(super) fn business(sub_code: &'static str, sub_msg: &str) -> Self {
        Refused { code: "40004", msg: "Business Failed", sub_code, sub_msg: sub_msg.to_owned() }
    }
    pub(super) fn arguments(sub_code: &'static str, sub_msg: &str) -> Self {
        Refused { code: "40002", msg: "Invalid Arguments", sub_code, sub_msg: sub_msg.to_owned() }
    }
    pub(super) fn system() -> Self {
        Self::business("ACQ.SYSTEM_ERROR", "系统错误，请用相同参数重新调用")
    }
    pub(super) fn busy() -> Self {
        let sub_msg = "系统繁忙".to_owned();
        Refused { code: "20000", msg: "Service Currently Unavailable", sub_code: "isp.unknow-error", sub_msg }
    }
    pub(super) fn no_trade() -> Self {
        Self::business("ACQ.TRADE_NOT_EXIST", "交易不存在")
    }
}

/// Runs a method; the faults of the trade it is about come along.
pub(super) fn run(world: &Arc<World>, call: &Call, method: &str) -> (Result<Value, Refused>, Faults) {
    let outcome = match method {
        "alipay.trade.create" => create(world, call),
        "alipay.trade.pay" => code::pay(world, call),
        "alipay.trade.cancel" => code::cancel(world, call),
        "alipay.trade.query" => query(world, call),
        "alipay.trade.close" => close(world, call),
        "alipay.trade.refund" => refund(world, call),
        "alipay.trade.fastpay.refund.query" => query_refund(world, call),
        "alipay.system.oauth.token" => token(world, call),
        "alipay.data.dataservice.bill.downloadurl.query" => bill::address(world, call),
        _ => Err(Refused::arguments("isv.invalid-method", "不存在的方法名")),
    };
    let number = call.text("out_trade_no");
    let faults = world.state().alipay.current(number, world.now()).map(|trade| trade.faults.clone());
    (outcome, faults.unwrap_or_default())
}

/// The payer's browser opened a signed address, or a mini program or a counter asked for a trade.
pub(super) fn open(world: &Arc<World>, call: &Call, method: &str) -> Result<Trade, Refused> {
    let product = match method {
        "alipay.trade.page.pay" => "FAST_INSTANT_TRADE_PAY",
        "alipay.trade.wap.pay" => "QUICK_WAP_WAY",
        "alipay.trade.pay" => "FACE_TO_FACE_PAYMENT",
        _ => "JSAPI_PAY",
    };
    let invalid = |what: &str| Refused::business("ACQ.INVALID_PARAMETER", &format!("参数无效：{what}"));
    if call.text("product_code") != product {
        return Err(invalid("product_code"));
    }
    let number = call.text("out_trade_no");
    let plain = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if number.is_empty() || number.len() > 64 || !plain {
        return Err(invalid("out_trade_no"));
    }
    let total = Fen::from_yuan(call.text("total_amount")).filter(|fen| (1..=10_000_000_000).contains(&fen.0));
    let total = total.ok_or_else(|| invalid("total_amount"))?;
    let subject = call.text("subject");
    if subject.is_empty() || subject.chars().count() > 256 || subject.contains(['/', '=', '&']) {
        return Err(invalid("subject"));
    }
    let seller = call.text("seller_id");
    if !seller.is_empty() && world.keys(|k| k.alipay.seller_id != seller) {
        return Err(invalid("seller_id"));
    }
    let now = world.now();
    let expires_at = match call.text("time_expire") {
        "" => None,
        text => {
            Some(Instant::parse(&format!("{}+08:00", text.replace(' ', "T"))).ok_or_else(|| invalid("time_expire"))?)
        }
    };
    let own = Faults::of_description(subject);
    if own.has(Fault::FailPrepay) || call.faults.has(Fault::FailPrepay) {
        return Err(Refused::system());
    }
    let mut state = world.state();
    if let Some(known) = state.alipay.current(number, now) {
        return match known.status {
            TradeStatus::Success => Err(Refused::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")),
            TradeStatus::Closed if known.paid_at.is_some() => {
                Err(Refused::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"))
            }
            TradeStatus::Closed => Err(Refused::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")),
            TradeStatus::WaitBuyerPay if known.total != total || known.subject != subject => {
                Err(Refused::business("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改"))
            }
            TradeStatus::WaitBuyerPay => Ok(known.clone()),
        };
    }
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Refused::business("ACQ.TRADE_HAS_CLOSE", "交易已超时关闭"));
    }
    let mut faults = own;
    faults.extend(&call.lasting);
    let day = &china::compact(now)[..8];
    let trade = Trade {
        number: number.to_owned(),
        trade_no: format!("{day}22001{:015}", random_below(1_000_000_000_000_000)),
        product: product.to_owned(),
        subject: subject.to_owned(),
        total,
        notify_url: call.of("notify_url").to_owned(),
        return_url: call.of("return_url").to_owned(),
        quit_url: call.text("quit_url").to_owned(),
        created_at: now,
        expires_at,
        faults,
        status: TradeStatus::WaitBuyerPay,
        buyer_id: None,
        paid_at: None,
        refunds: Vec::new(),
    };
    state.alipay.put(trade.clone());
    drop(state);
    world.payments_changed();
    Ok(trade)
}

fn create(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let buyer = [call.text("buyer_id"), call.text("buyer_open_id")].concat();
    if buyer.is_empty() || call.text("op_app_id") != call.of("app_id") {
        return Err(Refused::business("ACQ.INVALID_PARAMETER", "参数无效：buyer_id 或 op_app_id"));
    }
    let trade = open(world, call, "alipay.trade.create")?;
    if let Some(kept) = world.state().alipay.current(&trade.number, world.now()) {
        kept.buyer_id = Some(buyer);
    }
    Ok(json!({"out_trade_no": trade.number, "trade_no": trade.trade_no}))
}

fn query(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let now = world.now();
    let mut state = world.state();
    let (number, trade_no) = (call.text("out_trade_no"), call.text("trade_no"));
    let found =
        if trade_no.is_empty() { state.alipay.current(number, now) } else { state.alipay.by_trade_no(trade_no, now) };
    found.map(|trade| view(trade)).ok_or_else(Refused::no_trade)
}

fn close(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let now = world.now();
    let mut state = world.state();
    let trade = state.alipay.current(call.text("out_trade_no"), now).ok_or_else(Refused::no_trade)?;
    if trade.status != TradeStatus::WaitBuyerPay {
        return Err(Refused::business("ACQ.REASON_TRADE_STATUS_INVALID", "交易状态异常"));
    }
    trade.status = TradeStatus::Closed;
    let answer = json!({"out_trade_no": trade.number, "trade_no": trade.trade_no});
    drop(state);
    world.payments_changed();
    Ok(answer)
}

fn refund(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let amount = Fen::from_yuan(call.text("refund_amount")).filter(|fen| fen.0 > 0);
    let amount = amount.ok_or_else(|| Refused::business("ACQ.INVALID_PARAMETER", "参数无效：refund_amount"))?;
    let now = world.now();
    let mut state = world.state();
    let trade = state.alipay.current(call.text("out_trade_no"), now).ok_or_else(Refused::no_trade)?;
    let number = match call.text("out_request_no") {
        "" => trade.number.clone(),
        number => number.to_owned(),
    };
    let changed = match trade.refunds.iter().find(|refund| refund.number == number) {
        Some(known) if known.amount != amount => {
            return Err(Refused::business("ACQ.DISCORDANT_REPEAT_REQUEST", "重复的退款请求信息不一致"));
        }
        Some(_) => false,
        None => {
            let has = |fault| trade.faults.has(fault) || call.faults.has(fault);
            if has(Fault::RefundNotEnough) {
                return Err(Refused::business("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"));
            }
            if trade.status != TradeStatus::Success {
                return Err(Refused::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法"));
            }
            if trade.refunded().0 + amount.0 > trade.total.0 {
                return Err(Refused::business("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限"));
            }
            let reason = call.text("refund_reason").to_owned();
            trade.refunds.push(TradeRefund { number: number.clone(), amount, reason, at: now });
            if trade.refunded() == trade.total {
                trade.status = TradeStatus::Closed;
            }
            true
        }
    };
    let trade = trade.clone();
    drop(state);
    if changed {
        world.payments_changed();
        notice::announce_refund(world, &trade, &number);
    }
    Ok(json!({
        "out_trade_no": trade.number,
        "trade_no": trade.trade_no,
        "buyer_user_id": trade.buyer_id,
        "fund_change": if changed { "Y" } else { "N" },
        "refund_fee": trade.refunded().to_string(),
        "gmt_refund_pay": china::plain(now),
    }))
}

fn query_refund(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let now = world.now();
    let mut state = world.state();
    let trade = state.alipay.current(call.text("out_trade_no"), now).ok_or_else(Refused::no_trade)?;
    // Alipay answers an unknown refund with success and no content.
    let found = trade.refunds.iter().find(|refund| refund.number == call.text("out_request_no"));
    Ok(found.map_or_else(
        || json!({}),
        |refund| {
            json!({
                "out_trade_no": trade.number,
                "trade_no": trade.trade_no,
                "out_request_no": refund.number,
                "total_amount": trade.total.to_string(),
                "refund_amount": refund.amount.to_string(),
                "refund_status": "REFUND_SUCCESS",
                "gmt_refund_pay": china::plain(refund.at),
            })
        },
    ))
}

fn token(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    if call.of("grant_type") != "authorization_code" {
        return Err(Refused::arguments("isv.grant-type-invalid", "grant_type参数不正确"));
    }
    let buyer = world.state().alipay.take_code(call.of("code"));
    let buyer = buyer.ok_or_else(|| Refused::arguments("isv.code-invalid", "授权码无效"))?;
    Ok(json!({
        "user_id": buyer,
        "access_token": format!("authusrB{}", wire::random::nonce()),
        "refresh_token": format!("authusrB{}", wire::random::nonce()),
        "expires_in": 1_296_000,
        "re_expires_in": 2_592_000,
    }))
}

/// The person pressed "pay": once, whatever is pressed twice.
pub(crate) fn pay(world: &Arc<World>, trade_no: &str) -> Result<Trade, Declined> {
    let now = world.now();
    let paid = {
        let mut state = world.state();
        let declines = state.switches.has(Fault::PayerDeclined);
        let trade = state.alipay.by_trade_no(trade_no, now).ok_or(Declined::Unknown)?;
        match trade.status {
            TradeStatus::Success => return Err(Declined::AlreadyPaid),
            TradeStatus::Closed if trade.paid_at.is_some() => return Err(Declined::AlreadyPaid),
            TradeStatus::Closed => return Err(Declined::Closed),
            TradeStatus::WaitBuyerPay => {}
        }
        if declines || trade.faults.has(Fault::PayerDeclined) {
            return Err(Declined::Bank);
        }
        trade.status = TradeStatus::Success;
        trade.paid_at = Some(now);
        trade.buyer_id.get_or_insert_with(|| format!("2088{:012}", random_below(1_000_000_000_000)));
        trade.clone()
    };
    world.payments_changed();
    notice::announce_payment(world, &paid);
    Ok(paid)
}
