//! Code pay (当面付条码支付): the payer's code is charged and the answer is the payment, or that the payer is asked on the phone.
//! Nobody is notified, since no address is given: whoever waits asks.
//! Source: opendocs.alipay.com, alipay.trade.pay and alipay.trade.cancel.

use super::Alipay;
use super::call::{Failure, check_number, read_china_time};
use super::payments::subject;
use crate::http::Repeat;
use kernel::ports::{ChannelPayment, ChannelPaymentState, CloseOutcome, CodeChannel, CodeIntent, Pending};
use kernel::{Error, Fen, Result};
use serde::Deserialize;
use serde_json::json;

/// Refusals after which the number collected nothing and never will.
const REFUSALS: &[(&str, &str)] = &[
    ("ACQ.PAYMENT_AUTH_CODE_INVALID", "付款码不正确或已过期，请顾客刷新后再扫"),
    ("ACQ.BUYER_BALANCE_NOT_ENOUGH", "顾客的余额不足，请换一种方式付款"),
    ("ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH", "顾客的银行卡余额不足，请换一种方式付款"),
    ("ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE", "顾客没有可用的付款方式，请换一种方式付款"),
    ("ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "顾客今天的付款额度用完了，请换一种方式付款"),
    ("ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR", "顾客本月的付款额度用完了，请换一种方式付款"),
    ("ACQ.BUYER_ENABLE_STATUS_FORBID", "顾客的账户状态异常，请换一种方式付款"),
    ("ACQ.PAYMENT_FAIL", "支付宝没有完成这笔付款，请换一种方式"),
    ("ACQ.PAYMENT_REQUEST_HAS_RISK", "支付宝认为这笔付款有风险，请换一种方式"),
];

#[derive(Deserialize)]
struct Collected {
    out_trade_no: String,
    trade_no: String,
    total_amount: String,
    gmt_payment: Option<String>,
    buyer_user_id: Option<String>,
    buyer_open_id: Option<String>,
}

#[derive(Deserialize)]
struct Cancelled {
    #[serde(default)]
    retry_flag: String,
}

impl Alipay {
    async fn charge(&self, intent: &CodeIntent) -> Result<ChannelPayment> {
        check_number(&intent.number)?;
        let content = json!({
            "out_trade_no": intent.number,
            "total_amount": intent.amount.to_string(),
            "subject": subject(&intent.description),
            "scene": "bar_code",
            "auth_code": intent.auth_code,
            "product_code": "FACE_TO_FACE_PAYMENT",
            "seller_id": self.seller_id,
            "store_id": intent.store,
        });
        // Sent twice it would be told that the trade exists: what was not answered is asked about.
        let answer = self.call::<Collected>("alipay.trade.pay", &content, "", Repeat::OnlyUnsent).await;
        let made = match answer {
            Ok(made) => made,
            Err(failure) if failure.is_waiting() => return Ok(self.asked(intent)),
            Err(failure) => {
                let known = REFUSALS.iter().find(|(code, _)| failure.says(code));
                let error = failure.into_error();
                return Err(match known {
                    Some((_, words)) => Error::conflict("payment.code_refused", *words).because(error),
                    None => error,
                });
            }
        };
        let amount = Fen::from_yuan(&made.total_amount);
        if made.out_trade_no != intent.number || amount.is_none() {
            return Err(Failure::unreadable("the answer is about another trade").into_error());
        }
        Ok(ChannelPayment {
            state: ChannelPaymentState::Paid,
            transaction_id: Some(made.trade_no),
            amount,
            currency: Some("CNY".to_owned()),
            payer_openid: made.buyer_open_id.or(made.buyer_user_id),
            paid_at: made.gmt_payment.as_deref().and_then(read_china_time),
            ..self.asked(intent)
        })
    }

    /// The payer is asked on the phone.
    fn asked(&self, intent: &CodeIntent) -> ChannelPayment {
        ChannelPayment {
            number: intent.number.clone(),
            state: ChannelPaymentState::Paying,
            transaction_id: None,
            amount: None,
            currency: None,
            app_id: self.app_id.clone(),
            merchant_id: self.seller_id.clone(),
            payer_openid: None,
            paid_at: None,
        }
    }

    /// Takes it back: a trade that waits is closed, one that was paid meanwhile is refunded, one nobody knows stays unknown.
    async fn undo(&self, number: &str) -> Result<CloseOutcome> {
        check_number(number)?;
        let content = json!({ "out_trade_no": number });
        match self.call::<Cancelled>("alipay.trade.cancel", &content, "", Repeat::Harmless).await {
            Ok(answer) if answer.retry_flag == "Y" => {
                Err(Failure::unreadable("the cancellation shall be sent again").into_error())
            }
            Ok(_) => Ok(CloseOutcome::Closed),
            Err(failure) if failure.is_not_found() => Ok(CloseOutcome::Closed),
            Err(failure) => Err(failure.into_error()),
        }
    }
}

impl CodeChannel for Alipay {
    /// Sixteen to twenty-four digits that begin with 25 to 30.
    fn takes(&self, auth_code: &str) -> bool {
        let digits = (16..=24).contains(&auth_code.len()) && auth_code.bytes().all(|b| b.is_ascii_digit());
        digits && matches!(auth_code.get(..2), Some("25" | "26" | "27" | "28" | "29" | "30"))
    }
    fn pay_by_code<'a>(&'a self, intent: &'a CodeIntent) -> Pending<'a, ChannelPayment> {
        Box::pin(self.charge(intent))
    }
    fn reverse<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome> {
        Box::pin(self.undo(number))
    }
}
