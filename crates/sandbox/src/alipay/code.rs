//! Code pay: charges the owner of a code at once, or asks on the phone first. The code's last digit says how its owner is, as at
//! WeChat's stand-in: `1` is asked and pays when somebody presses "pay" at the cashier or in the console, `2` lacks the money,
//! `3` shows a code that ran out, anything else pays at once. A cancellation gives back what was paid.

use super::gateway::Call;
use super::model::{Trade, TradeRefund, TradeStatus};
use super::trade::{Refused, open, pay as press};
use crate::china;
use crate::pay::Declined;
use crate::world::World;
use serde_json::{Value, json};
use std::sync::Arc;

/// `alipay.trade.pay`.
pub(super) fn pay(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let code = call.text("auth_code");
    let begins = matches!(code.get(..2), Some("25" | "26" | "27" | "28" | "29" | "30"));
    let digits = (16..=24).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    if call.text("scene") != "bar_code" || !begins || !digits {
        return Err(Refused::business("ACQ.PAYMENT_AUTH_CODE_INVALID", "支付失败，获取顾客账户信息失败"));
    }
    match code.chars().last() {
        Some('2') => return Err(Refused::business("ACQ.BUYER_BALANCE_NOT_ENOUGH", "买家余额不足")),
        Some('3') => return Err(Refused::business("ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码已过期")),
        _ => {}
    }
    let trade = open(world, call, "alipay.trade.pay")?;
    if code.ends_with('1') {
        return Ok(json!({"code": "10003", "out_trade_no": trade.number, "trade_no": trade.trade_no}));
    }
    let paid = press(world, &trade.trade_no).map_err(|why| match why {
        Declined::AlreadyPaid => Refused::business("ACQ.TRADE_HAS_SUCCESS", "交易已被支付"),
        Declined::Closed | Declined::Expired | Declined::Unknown => {
            Refused::business("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
        }
        Declined::Bank => Refused::business("ACQ.PAYMENT_FAIL", "支付失败"),
    })?;
    Ok(json!({
        "out_trade_no": paid.number,
        "trade_no": paid.trade_no,
        "total_amount": paid.total.to_string(),
        "receipt_amount": paid.total.to_string(),
        "buyer_user_id": paid.buyer_id,
        "buyer_logon_id": "hef***@sandbox.com",
        "gmt_payment": paid.paid_at.map(china::plain),
        "fund_bill_list": [{"amount": paid.total.to_string(), "fund_channel": "ALIPAYACCOUNT"}],
    }))
}

/// `alipay.trade.cancel`: closes what waits, gives back what was paid.
pub(super) fn cancel(world: &Arc<World>, call: &Call) -> Result<Value, Refused> {
    let now = world.now();
    let mut state = world.state();
    let trade = state.alipay.current(call.text("out_trade_no"), now).ok_or_else(Refused::no_trade)?;
    let action = match trade.status {
        TradeStatus::WaitBuyerPay => "close",
        TradeStatus::Success if trade.refunds.is_empty() => {
            let (number, amount) = (trade.number.clone(), trade.total);
            trade.refunds.push(TradeRefund { number, amount, reason: "撤销".to_owned(), at: now });
            "refund"
        }
        TradeStatus::Success => return Err(Refused::business("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")),
        TradeStatus::Closed => "",
    };
    trade.status = TradeStatus::Closed;
    let answer = cancelled(trade, action);
    drop(state);
    world.payments_changed();
    Ok(answer)
}

fn cancelled(trade: &Trade, action: &str) -> Value {
    json!({"out_trade_no": trade.number, "trade_no": trade.trade_no, "retry_flag": "N", "action": action})
}
