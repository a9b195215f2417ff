//! Refunds: accepted at once, finished a few seconds later, told by a notice if an address was given.
//! The sum of all refunds never exceeds the payment; a refund number repeated with other content is refused.

use super::answer::{Answer, PayError, PayResult, read};
use super::guard::Caller;
use super::model::{Payment, Refund, RefundStatus, TradeState};
use super::{notice, settle};
use crate::china;
use crate::switches::Fault;
use crate::world::{World, sleep_ms};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use kernel::{Instant, seconds};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const TAKES_MS: i64 = seconds(3);
const MAX_REFUNDS: u32 = 50;

#[derive(Deserialize, Serialize)]
struct Request {
    transaction_id: Option<String>,
    out_trade_no: Option<String>,
    out_refund_no: String,
    reason: Option<String>,
    notify_url: Option<String>,
    amount: Amount,
}

#[derive(Deserialize, Serialize)]
struct Amount {
    refund: i64,
    total: i64,
    currency: String,
}

impl Request {
    fn check(&self) -> Result<(), PayError> {
        let number = &self.out_refund_no;
        let plain = number.chars().all(|c| c.is_ascii_alphanumeric() || "_-|*@".contains(c));
        if number.is_empty() || number.len() > 64 || !plain {
            return Err(PayError::param("out_refund_no", "商户退款单号格式错误"));
        }
        if self.transaction_id.is_some() == self.out_trade_no.is_some() {
            return Err(PayError::param("transaction_id", "transaction_id 与 out_trade_no 须且只能给一个"));
        }
        if self.reason.as_deref().is_some_and(|r| r.len() > 80) {
            return Err(PayError::param("reason", "退款原因过长"));
        }
        if self.amount.refund < 1 || self.amount.currency != "CNY" {
            return Err(PayError::param("amount", "退款金额须大于零，币种为 CNY"));
        }
        Ok(())
    }

    /// What must not change between two calls with one refund number.
    fn fingerprint(&self, payment: &Payment) -> String {
        format!("{} {} {}", payment.number, self.amount.refund, self.amount.total)
    }
}

/// `POST /v3/refund/domestic/refunds`.
pub(super) async fn create(State(world): State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    let request: Request = read(&body)?;
    request.check()?;
    let now = world.now();
    let (refund, fresh) = accept(&world, &caller, &request, now)?;
    if fresh {
        world.payments_changed();
        finish_later(world.clone(), refund.number.clone());
    }
    Ok(Answer::json(view(&refund), &refund.faults))
}

/// Books the refund, or answers the one that was booked before under the same number.
fn accept(world: &World, caller: &Caller, request: &Request, now: Instant) -> Result<(Refund, bool), PayError> {
    let mut state = world.state();
    let known = state.pay.refunds.get(&request.out_refund_no).cloned();
    let payment = match (&request.transaction_id, &request.out_trade_no) {
        (Some(id), _) => state.pay.by_transaction(id),
        (None, Some(number)) => state.pay.by_number(number),
        (None, None) => None,
    };
    let payment = payment.ok_or_else(|| PayError::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
    let fingerprint = request.fingerprint(payment);
    if let Some(known) = known {
        if known.fingerprint == fingerprint {
            return Ok((known, false));
        }
        return Err(PayError::new(400, "PARAM_ERROR", "订单金额或退款金额与之前请求不一致，请核实后再试"));
    }
    let has = |fault| payment.faults.has(fault) || caller.faults.has(fault);
    if has(Fault::RefundNotEnough) {
        return Err(PayError::new(403, "NOT_ENOUGH", "商户可用余额不足，请充值后重新发起退款"));
    }
    let transaction_id = match (payment.state, &payment.transaction_id) {
        (TradeState::Success | TradeState::Refund, Some(id)) => id.clone(),
        _ => return Err(PayError::invalid("订单未支付，不能退款")),
    };
    if request.amount.total != payment.total_fen {
        return Err(PayError::invalid("订单金额与支付时不一致"));
    }
    if request.amount.refund > payment.total_fen - payment.refunded_fen {
        return Err(PayError::invalid("申请退款金额超过订单可退金额"));
    }
    if payment.refunds >= MAX_REFUNDS {
        return Err(PayError::new(403, "RULE_LIMIT", "一笔订单最多退款 50 次"));
    }
    let ends_abnormal = has(Fault::RefundAbnormal);
    let mut faults = payment.faults.clone();
    faults.extend(&caller.lasting);
    payment.refunded_fen += request.amount.refund;
    payment.refunds += 1;
    payment.state = TradeState::Refund;
    let day = &china::compact(now)[..8];
    let refund = Refund {
        number: request.out_refund_no.clone(),
        refund_id: format!(
            "503{:06}{day}{:012}",
            settle::random_below(1_000_000),
            settle::random_below(1_000_000_000_000)
        ),
        payment_number: payment.number.clone(),
        transaction_id,
        amount_fen: request.amount.refund,
        total_fen: payment.total_fen,
        notify_url: request.notify_url.clone(),
        created_at: now,
        finishes_at: now + world.notice_ms(TAKES_MS),
        finished_at: None,
        status: RefundStatus::Processing,
        fingerprint,
        ends_abnormal,
        by_public_key: caller.by_public_key,
        faults,
    };
    state.pay.refunds.insert(refund.number.clone(), refund.clone());
    Ok((refund, true))
}

/// Ends the refund in real time, so that its notice goes out without anybody asking.
fn finish_later(world: Arc<World>, number: String) {
    tokio::spawn(async move {
        sleep_ms(world.notice_ms(TAKES_MS)).await;
        let now = world.now();
        let refund = {
            let mut state = world.state();
            let Some(refund) = state.pay.refunds.get_mut(&number) else { return };
            finish(refund, now);
            refund.clone()
        };
        world.payments_changed();
        notice::announce_refund(&world, &refund);
    });
}

fn finish(refund: &mut Refund, now: Instant) {
    if refund.status == RefundStatus::Processing {
        refund.status = if refund.ends_abnormal { RefundStatus::Abnormal } else { RefundStatus::Success };
        refund.finished_at = Some(now);
    }
}

/// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
pub(super) async fn query(State(world): State<Arc<World>>, Path(number): Path<String>) -> PayResult {
    let now = world.now();
    let mut state = world.state();
    let refund = state.pay.refunds.get_mut(&number);
    let refund = refund.ok_or_else(|| PayError::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))?;
    // After a restart nobody is left to end it, so the clock does.
    if now >= refund.finishes_at {
        finish(refund, now);
    }
    Ok(Answer::json(view(refund), &refund.faults))
}

fn view(refund: &Refund) -> Value {
    let mut view = json!({
        "refund_id": refund.refund_id,
        "out_refund_no": refund.number,
        "transaction_id": refund.transaction_id,
        "out_trade_no": refund.payment_number,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": china::rfc3339(refund.created_at),
        "status": refund.status.code(),
        "funds_account": "AVAILABLE",
        "amount": {
            "total": refund.total_fen,
            "refund": refund.amount_fen,
            "from": [],
            "payer_total": refund.total_fen,
            "payer_refund": refund.amount_fen,
            "settlement_refund": refund.amount_fen,
            "settlement_total": refund.total_fen,
            "discount_refund": 0,
            "currency": "CNY"
        },
        "promotion_detail": []
    });
    if let (RefundStatus::Success, Some(at)) = (refund.status, refund.finished_at) {
        view["success_time"] = json!(china::rfc3339(at));
    }
    view
}

/// The content of a refund notice; its fields differ from the query's.
pub(super) fn notice_view(refund: &Refund, merchant_id: &str) -> Value {
    let mut view = json!({
        "mchid": merchant_id,
        "transaction_id": refund.transaction_id,
        "out_trade_no": refund.payment_number,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.number,
        "refund_status": refund.status.code(),
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": refund.total_fen,
            "refund": refund.amount_fen,
            "payer_total": refund.total_fen,
            "payer_refund": refund.amount_fen
        }
    });
    if let (RefundStatus::Success, Some(at)) = (refund.status, refund.finished_at) {
        view["success_time"] = json!(china::rfc3339(at));
    }
    view
}
