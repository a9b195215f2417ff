//! Refunds. A refund whose fate is unknown is looked up before it is sent again, always with the same number;
//! if it still cannot be told, the caller gets `payment.channel_unknown` and asks later.
//! Source: pay.weixin.qq.com/doc/v3/merchant/4012791883.

use super::WechatPay;
use super::call::{Failure, check_number, read};
use crate::http::{Repeat, cut};
use bytes::Bytes;
use kernel::ports::{ChannelRefund, ChannelRefundState, RefundRequest};
use kernel::{Error, Fen, Instant, Result};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

const PATH: &str = "/v3/refund/domestic/refunds";

/// A refund as WeChat writes it: `status` in answers, `refund_status` in notices.
#[derive(Deserialize)]
pub(super) struct Refund {
    /// In notices only.
    pub mchid: Option<String>,
    out_refund_no: String,
    refund_id: String,
    #[serde(alias = "refund_status")]
    status: String,
    success_time: Option<String>,
    amount: Amount,
}

#[derive(Deserialize)]
struct Amount {
    refund: i64,
}

impl Refund {
    /// In our words; an unknown state is an error that names it.
    pub fn into_refund(self) -> Result<ChannelRefund, String> {
        let state = match self.status.as_str() {
            "PROCESSING" => ChannelRefundState::Processing,
            "SUCCESS" => ChannelRefundState::Done,
            "CLOSED" => ChannelRefundState::Closed,
            "ABNORMAL" => ChannelRefundState::Abnormal,
            other => return Err(format!("refund status {other}")),
        };
        Ok(ChannelRefund {
            refund_number: self.out_refund_no,
            channel_refund_id: self.refund_id,
            state,
            amount: Fen(self.amount.refund),
            finished_at: self.success_time.as_deref().and_then(Instant::parse),
        })
    }
}

fn refund_error(failure: Failure) -> Error {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Unknown(cause) => {
            return Error::gateway("payment.channel_unknown", "微信支付还没有确认这笔退款，系统会继续查询")
                .because(cause);
        }
    };
    let error = match refusal.code.as_str() {
        "NOT_ENOUGH" => Error::conflict("payment.refund_insufficient", "商户可用余额不足，退款没有发起，请先充值"),
        "USER_ACCOUNT_ABNORMAL" => Error::conflict("payment.refund_account", "收款人的微信账户异常，退款没有发起"),
        "RESOURCE_NOT_EXISTS" | "ORDER_NOT_EXIST" => Error::conflict("payment.not_found", "微信支付没有找到这笔交易"),
        "INVALID_REQUEST" | "PARAM_ERROR" | "RULE_LIMIT" | "TRADE_ERROR" => {
            Error::conflict("payment.refund_refused", "微信支付没有接受这笔退款，请核对金额和期限")
        }
        _ => Error::gateway("payment.channel_refused", "微信支付没有接受这次请求，请联系商家"),
    };
    error.because(refusal)
}

fn typed(body: &Bytes, number: &str) -> Result<ChannelRefund, Failure> {
    let refund = read::<Refund>(body)?.into_refund().map_err(Failure::unreadable)?;
    if refund.refund_number != number {
        return Err(Failure::unreadable("the answer is about another refund"));
    }
    Ok(refund)
}

impl WechatPay {
    pub(super) async fn start_refund(&self, request: &RefundRequest) -> Result<ChannelRefund> {
        check_number(&request.payment_number)?;
        check_number(&request.refund_number)?;
        let body = json!({
            "out_trade_no": request.payment_number,
            "out_refund_no": request.refund_number,
            "reason": cut(&request.reason, 80),
            "notify_url": request.notify_url,
            "amount": { "refund": request.amount.0, "total": request.payment_total.0, "currency": "CNY" },
        });
        let first = self.post_refund(&body, &request.refund_number).await;
        let Err(Failure::Unknown(cause)) = first else { return first.map_err(refund_error) };
        match self.look_up(&request.refund_number).await {
            Ok(Some(refund)) => Ok(refund),
            Ok(None) => self.post_refund(&body, &request.refund_number).await.map_err(refund_error),
            Err(_) => Err(refund_error(Failure::Unknown(cause))),
        }
    }

    async fn post_refund(&self, body: &Value, number: &str) -> Result<ChannelRefund, Failure> {
        let answer = self.call(Method::POST, PATH, Some(body), Repeat::OnlyUnsent).await?;
        typed(&answer, number)
    }

    async fn look_up(&self, number: &str) -> Result<Option<ChannelRefund>, Failure> {
        match self.call(Method::GET, &format!("{PATH}/{number}"), None, Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => Ok(None),
            other => typed(&other?, number).map(Some),
        }
    }

    pub(super) async fn find_refund(&self, number: &str) -> Result<Option<ChannelRefund>> {
        check_number(number)?;
        self.look_up(number).await.map_err(Failure::into_error)
    }
}
