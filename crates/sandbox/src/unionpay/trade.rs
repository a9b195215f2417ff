//! The trades: what they check, what they change, and the refusals with UnionPay's own codes.

use super::gateway::Call;
use super::model::{Order, Standing};
use super::notice;
use crate::china;
use crate::pay::{Declined, random_below};
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use kernel::{Fen, Instant, seconds};
use std::sync::Arc;

/// How long a refund takes.
const TAKES_MS: i64 = seconds(3);

/// `respCode` and `respMsg`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused(pub(super) &'static str, pub(super) &'static str);

const FORMAT: Refused = Refused("10", "报文格式错误[6100030]");

/// A new trade of a call, not kept yet.
fn drawn(call: &Call, now: Instant, amount: Fen, faults: Faults) -> Order {
    let stamp = &china::compact(now)[2..];
    Order {
        number: call.of("orderId").to_owned(),
        second: call.of("txnTime").to_owned(),
        kind: call.of("txnType").to_owned(),
        channel_type: call.of("channelType").to_owned(),
        goods: String::new(),
        amount,
        back_url: call.of("backUrl").to_owned(),
        front_url: call.of("frontUrl").to_owned(),
        created_at: now,
        expires_at: None,
        faults,
        standing: Standing::Waiting,
        token: wire::random::nonce().to_ascii_lowercase(),
        query_id: format!("{stamp}{:09}", random_below(1_000_000_000)),
        trace_no: format!("{:06}", random_below(1_000_000)),
        settled_at: None,
        refunded: Fen::ZERO,
        original: String::new(),
        ends_failed: false,
    }
}

fn amount_of(call: &Call) -> Result<Fen, Refused> {
    let amount = call.of("txnAmt").parse().ok().filter(|fen| (1..=99_999_999_999).contains(fen));
    amount.map(Fen).ok_or(FORMAT)
}

fn check_number(call: &Call) -> Result<(), Refused> {
    let number = call.of("orderId");
    let plain = number.bytes().all(|b| b.is_ascii_alphanumeric());
    if (8..=40).contains(&number.len()) && plain { Ok(()) } else { Err(FORMAT) }
}

/// The payer's browser posted a payment.
pub(super) fn open(world: &Arc<World>, call: &Call) -> Result<Order, Refused> {
    check_number(call)?;
    let formed = call.of("txnType") == "01"
        && call.of("txnSubType") == "01"
        && call.of("bizType") == "000201"
        && matches!(call.of("channelType"), "07" | "08")
        && call.of("currencyCode") == "156"
        && !call.of("backUrl").contains('?')
        && call.of("frontUrl").len() <= 256;
    let amount = amount_of(call)?;
    let expires_at = call.instant("payTimeout");
    if !formed || expires_at.is_none() != call.of("payTimeout").is_empty() {
        return Err(FORMAT);
    }
    let goods = call.of("riskRateInfo").trim_start_matches("{commodityName=").trim_end_matches('}').to_owned();
    let own = Faults::of_description(&goods);
    if own.has(Fault::FailPrepay) || call.faults.has(Fault::FailPrepay) {
        return Err(Refused("06", "系统正忙，请稍后再试[2000002]"));
    }
    let now = world.now();
    let mut state = world.state();
    if let Some(known) = state.unionpay.by_number(call.of("orderId")) {
        return match known.standing {
            Standing::Waiting if known.second == call.of("txnTime") && known.amount == amount => Ok(known.clone()),
            _ => Err(Refused("12", "重复交易[6100012]")),
        };
    }
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Refused("39", "交易不在受理时间范围内[2600039]"));
    }
    let mut faults = own;
    faults.extend(&call.lasting);
    let order = Order { goods, expires_at, ..drawn(call, now, amount, faults) };
    state.unionpay.put(order.clone());
    drop(state);
    world.payments_changed();
    Ok(order)
}

pub(super) fn query(world: &World, call: &Call) -> Result<Order, Refused> {
    let now = world.now();
    let mut state = world.state();
    let found = state.unionpay.by_number(call.of("orderId")).filter(|order| order.second == call.of("txnTime"));
    let order = found.ok_or(Refused("34", "查无此交易[2600034]"))?;
    match order.standing {
        Standing::Waiting => return Err(Refused("34", "查无此交易[2600034]")),
        // After a restart nobody is left to end a refund, so the clock does.
        Standing::Pending if order.kind == "04" && now >= order.created_at + world.notice_ms(TAKES_MS) => {
            finish(order, now);
        }
        _ => {}
    }
    Ok(order.clone())
}

pub(super) fn refund(world: &Arc<World>, call: &Call) -> Result<Order, Refused> {
    check_number(call)?;
    if call.of("txnType") != "04" || call.of("txnSubType") != "00" || call.of("bizType") != "000201" {
        return Err(FORMAT);
    }
    let (amount, now) = (amount_of(call)?, world.now());
    let refund = {
        let mut state = world.state();
        if state.unionpay.by_number(call.of("orderId")).is_some() {
            return Err(Refused("12", "重复交易[6100012]"));
        }
        let paid = state.unionpay.by_query_id(call.of("origQryId"));
        let paid = paid.filter(|order| order.kind == "01" && order.standing == Standing::Paid);
        let paid = paid.ok_or(Refused("35", "原交易不存在或状态不正确[2600035]"))?;
        let has = |fault| paid.faults.has(fault) || call.faults.has(fault);
        if has(Fault::RefundNotEnough) {
            return Err(Refused("30", "交易未通过，商户可退金额不足[2600030]"));
        }
        if paid.refunded.0 + amount.0 > paid.amount.0 {
            return Err(Refused("36", "与原交易信息不符，退货金额超限[2600036]"));
        }
        paid.refunded = Fen(paid.refunded.0 + amount.0);
        let ends_failed = has(Fault::RefundAbnormal);
        let (mut faults, original) = (paid.faults.clone(), paid.query_id.clone());
        faults.extend(&call.lasting);
        let drawn = drawn(call, now, amount, faults);
        let refund = Order { original, standing: Standing::Pending, ends_failed, ..drawn };
        state.unionpay.put(refund.clone());
        refund
    };
    world.payments_changed();
    finish_later(world.clone(), refund.number.clone());
    Ok(refund)
}

/// Ends a refund in real time, so that its notice goes out without anybody asking.
fn finish_later(world: Arc<World>, number: String) {
    tokio::spawn(async move {
        sleep_ms(world.notice_ms(TAKES_MS)).await;
        let now = world.now();
        let refund = {
            let mut state = world.state();
            let Some(refund) = state.unionpay.by_number(&number) else { return };
            finish(refund, now);
            let refund = refund.clone();
            if refund.standing == Standing::Failed
                && let Some(paid) = state.unionpay.by_query_id(&refund.original)
            {
                paid.refunded = Fen(paid.refunded.0 - refund.amount.0);
            }
            refund
        };
        world.payments_changed();
        notice::announce(&world, &refund);
    });
}

fn finish(refund: &mut Order, now: Instant) {
    if refund.standing == Standing::Pending {
        refund.standing = if refund.ends_failed { Standing::Failed } else { Standing::Paid };
        refund.settled_at = Some(now);
    }
}

/// The person pressed "pay": once, whatever is pressed twice. While the bank does not decide, nothing is told; paying again
/// after that is the bank's answer.
pub(crate) fn pay(world: &Arc<World>, number: &str) -> Result<Order, Declined> {
    let now = world.now();
    let paid = {
        let mut state = world.state();
        let switches = state.switches.clone();
        let order = state.unionpay.by_number(number).filter(|order| order.kind == "01").ok_or(Declined::Unknown)?;
        let has = |fault| switches.has(fault) || order.faults.has(fault);
        match order.standing {
            Standing::Paid => return Err(Declined::AlreadyPaid),
            Standing::Failed => return Err(Declined::Closed),
            Standing::Waiting if !order.payable(now) => return Err(Declined::Expired),
            Standing::Waiting | Standing::Pending => {}
        }
        if has(Fault::PayerDeclined) {
            return Err(Declined::Bank);
        }
        if has(Fault::PayerPending) {
            order.standing = Standing::Pending;
        } else {
            order.standing = Standing::Paid;
            order.settled_at = Some(now);
        }
        order.clone()
    };
    world.payments_changed();
    if paid.standing == Standing::Paid {
        notice::announce(world, &paid);
    }
    Ok(paid)
}
