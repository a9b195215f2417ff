//! Code pay (付款码支付): the payer's code is charged and the answer is the payment itself, or that the payer is asked on the
//! phone. There is no notice: whoever waits asks. Source: pay.weixin.qq.com/doc/v3/merchant, 付款码支付 and 撤销订单.

use super::WechatPay;
use super::call::{Failure, check_number, read};
use super::payments::Transaction;
use crate::http::{Repeat, cut};
use kernel::ports::{ChannelPayment, ChannelPaymentState, CloseOutcome, CodeChannel, CodeIntent, Pending};
use kernel::{Error, Result};
use reqwest::Method;
use serde_json::json;

/// Refusals after which the number collected nothing and never will.
const REFUSALS: &[(&str, &str)] = &[
    ("AUTH_CODE_EXPIRED", "付款码已过期，请顾客刷新后再扫"),
    ("AUTH_CODE_ERROR", "付款码不正确，请顾客刷新后再扫"),
    ("AUTH_CODE_INVALID", "这不是微信付款码，请核对后再扫"),
    ("NOT_ENOUGH", "顾客的余额不足，请换一种方式付款"),
    ("BANK_ERROR", "银行没有接受这笔付款，请换一种方式"),
    ("USER_ACCOUNT_ABNORMAL", "顾客的账户状态异常，请换一种方式付款"),
];

impl WechatPay {
    async fn charge(&self, intent: &CodeIntent) -> Result<ChannelPayment> {
        check_number(&intent.number)?;
        let body = json!({
            "appid": self.app_id,
            "mchid": self.merchant_id,
            "description": cut(&intent.description, 127),
            "out_trade_no": intent.number,
            "amount": { "total": intent.amount.0, "currency": "CNY" },
            "payer": { "auth_code": intent.auth_code },
            "scene_info": { "store_info": { "out_id": intent.store } },
        });
        // Repeated under its own number it answers how that one stands.
        let path = "/v3/pay/transactions/codepay";
        let answer = match self.call(Method::POST, path, Some(&body), Repeat::Harmless).await {
            Ok(answer) => answer,
            Err(Failure::Refused(refusal)) if refusal.code == "USERPAYING" => return self.known(&intent.number).await,
            Err(Failure::Refused(refusal)) => {
                let known = REFUSALS.iter().find(|(code, _)| *code == refusal.code);
                return Err(match known {
                    Some((_, words)) => Error::conflict("payment.code_refused", *words).because(refusal),
                    None => Failure::Refused(refusal).into_error(),
                });
            }
            Err(failure) => return Err(failure.into_error()),
        };
        let transaction: Transaction = read(&answer).map_err(Failure::into_error)?;
        let payment = transaction.into_payment().map_err(|e| Failure::unreadable(e).into_error())?;
        if payment.number != intent.number || payment.merchant_id != self.merchant_id {
            return Err(Failure::unreadable("the answer is about another payment").into_error());
        }
        Ok(payment)
    }

    async fn known(&self, number: &str) -> Result<ChannelPayment> {
        let found = self.query_payment(number).await?;
        found.ok_or_else(|| Failure::unreadable("the payer is asked about a payment nobody knows").into_error())
    }

    /// Takes it back. What the channel refuses to reverse is decided by the payment's state.
    async fn undo(&self, number: &str) -> Result<CloseOutcome> {
        check_number(number)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{number}/reverse");
        let body = json!({ "appid": self.app_id, "mchid": self.merchant_id });
        let failure = match self.call(Method::POST, &path, Some(&body), Repeat::Harmless).await {
            Ok(_) => return Ok(CloseOutcome::Closed),
            Err(failure) if failure.is_not_found() => return Ok(CloseOutcome::Closed),
            Err(failure) => failure,
        };
        match self.query_payment(number).await?.map(|payment| payment.state) {
            None | Some(ChannelPaymentState::Closed | ChannelPaymentState::Failed) => Ok(CloseOutcome::Closed),
            Some(ChannelPaymentState::Paid) => Ok(CloseOutcome::AlreadyPaid),
            Some(_) => Err(failure.into_error()),
        }
    }
}

impl CodeChannel for WechatPay {
    /// Eighteen digits that begin with 10 to 15.
    fn takes(&self, auth_code: &str) -> bool {
        let digits = auth_code.len() == 18 && auth_code.bytes().all(|b| b.is_ascii_digit());
        digits && matches!(auth_code.get(..2), Some("10" | "11" | "12" | "13" | "14" | "15"))
    }
    fn pay_by_code<'a>(&'a self, intent: &'a CodeIntent) -> Pending<'a, ChannelPayment> {
        Box::pin(self.charge(intent))
    }
    fn reverse<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome> {
        Box::pin(self.undo(number))
    }
}
