//! Refunds. Alipay answers at once, and `fund_change` says whether this very request moved money; whenever it did not, or the
//! answer is unknown, the refund is looked up, always under the same `out_request_no`.
//! Source: opendocs.alipay.com, alipay.trade.refund and .fastpay.refund.query.

use super::Alipay;
use super::call::{Failure, check_number, read_china_time};
use crate::http::Repeat;
use kernel::ports::{ChannelRefund, ChannelRefundState, RefundRequest};
use kernel::{Error, Fen, Result};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Refunded {
    #[serde(default)]
    trade_no: String,
    #[serde(default)]
    fund_change: String,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    trade_no: String,
    #[serde(default)]
    out_request_no: String,
    #[serde(default)]
    refund_amount: String,
    #[serde(default)]
    refund_status: String,
    gmt_refund_pay: Option<String>,
}

fn refund_error(failure: Failure) -> Error {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Unknown(cause) => {
            return Error::gateway("payment.channel_unknown", "支付宝还没有确认这笔退款，系统会继续查询")
                .because(cause);
        }
    };
    let error = match refusal.sub_code.as_str() {
        "ACQ.SELLER_BALANCE_NOT_ENOUGH" => {
            Error::conflict("payment.refund_insufficient", "商户可用余额不足，退款没有发起，请先充值")
        }
        "ACQ.BUYER_ERROR" | "ACQ.BUYER_ENABLE_STATUS_FORBID" => {
            Error::conflict("payment.refund_account", "收款人的支付宝账户异常，退款没有发起")
        }
        "ACQ.TRADE_NOT_EXIST" => Error::conflict("payment.not_found", "支付宝没有找到这笔交易"),
        code if code.starts_with("ACQ.") => {
            Error::conflict("payment.refund_refused", "支付宝没有接受这笔退款，请核对金额和期限")
        }
        _ => Error::gateway("payment.channel_refused", "支付宝没有接受这次请求，请联系商家"),
    };
    error.because(refusal)
}

impl Alipay {
    pub(super) async fn start_refund(&self, request: &RefundRequest) -> Result<ChannelRefund> {
        check_number(&request.payment_number)?;
        check_number(&request.refund_number)?;
        let content = json!({
            "out_trade_no": request.payment_number,
            "out_request_no": request.refund_number,
            "refund_amount": request.amount.to_string(),
            "refund_reason": request.reason.chars().take(80).collect::<String>(),
        });
        let asked: Result<Refunded, Failure> = self.call("alipay.trade.refund", &content, "", Repeat::OnlyUnsent).await;
        let state = match &asked {
            Err(failure @ Failure::Refused(_)) if !failure.is_not_found() => None,
            Ok(done) if done.fund_change == "Y" => Some(done.trade_no.clone()),
            _ => match self.find_refund(&request.payment_number, &request.refund_number).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) | Err(_) => None,
            },
        };
        match (state, asked) {
            (Some(trade_no), _) => Ok(ChannelRefund {
                refund_number: request.refund_number.clone(),
                channel_refund_id: refund_id(&trade_no, &request.refund_number),
                state: ChannelRefundState::Done,
                amount: request.amount,
                finished_at: Some(self.clock.now()),
            }),
            (None, Err(failure)) => Err(refund_error(failure)),
            (None, Ok(_)) => Err(refund_error(Failure::Unknown("fund_change is not Y yet".to_owned()))),
        }
    }

    pub(super) async fn find_refund(&self, payment: &str, number: &str) -> Result<Option<ChannelRefund>> {
        check_number(payment)?;
        check_number(number)?;
        let content = json!({
            "out_trade_no": payment,
            "out_request_no": number,
            "query_options": ["gmt_refund_pay"],
        });
        let found: Found = match self.call("alipay.trade.fastpay.refund.query", &content, "", Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(Failure::into_error)?,
        };
        // Without a status there is no such refund, or it has not moved money yet: asking for it again is harmless.
        if found.refund_status != "REFUND_SUCCESS" {
            return Ok(None);
        }
        let amount = Fen::from_yuan(&found.refund_amount);
        let amount = amount.filter(|_| found.out_request_no == number);
        let amount = amount.ok_or_else(|| Failure::unreadable("the answer is about another refund").into_error())?;
        Ok(Some(ChannelRefund {
            refund_number: number.to_owned(),
            channel_refund_id: refund_id(&found.trade_no, number),
            state: ChannelRefundState::Done,
            amount,
            finished_at: found.gmt_refund_pay.as_deref().and_then(read_china_time),
        }))
    }
}

/// Alipay names a refund by its trade and our number.
fn refund_id(trade_no: &str, number: &str) -> String {
    format!("{trade_no}/{number}")
}
