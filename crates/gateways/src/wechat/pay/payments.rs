//! Prepay, query and close. Source: pay.weixin.qq.com/doc/v3/merchant 4012791897 (JSAPI), 4012791891 (Native), 4012791901 (H5).

use super::WechatPay;
use super::call::{Failure, check_number, read};
use crate::http::{Repeat, cut};
use kernel::ports::{
    ChannelPayment, ChannelPaymentState, CloseOutcome, PayInstruction, PayScene, PaymentIntent, scene_unsupported,
};
use kernel::{Error, Fen, Instant, Result};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::wechat_pay::front_end_sign;

/// A payment as WeChat writes it, in answers and in notices.
#[derive(Deserialize)]
pub(super) struct Transaction {
    #[serde(default)]
    appid: String,
    mchid: String,
    out_trade_no: String,
    trade_state: String,
    transaction_id: Option<String>,
    success_time: Option<String>,
    payer: Option<Payer>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    total: Option<i64>,
    currency: Option<String>,
}

impl Transaction {
    /// In our words; an unknown state, or a paid one without transaction id or amount, is an error that names it.
    pub fn into_payment(self) -> Result<ChannelPayment, String> {
        let state = state_of(&self.trade_state)?;
        let amount = self.amount.as_ref().and_then(|a| a.total).map(Fen);
        let transaction_id = self.transaction_id.filter(|id| !id.is_empty());
        let paid = matches!(state, ChannelPaymentState::Paid | ChannelPaymentState::Refunded);
        if paid && (transaction_id.is_none() || amount.is_none()) {
            return Err("a paid transaction without id or amount".to_owned());
        }
        Ok(ChannelPayment {
            number: self.out_trade_no,
            state,
            transaction_id,
            amount,
            currency: self.amount.map(|a| a.currency.unwrap_or_else(|| "CNY".to_owned())),
            app_id: self.appid,
            merchant_id: self.mchid,
            payer_openid: self.payer.and_then(|p| p.openid),
            paid_at: self.success_time.as_deref().and_then(Instant::parse),
        })
    }
}

/// In our words; an unknown one is an error that names it.
pub(super) fn state_of(trade_state: &str) -> Result<ChannelPaymentState, String> {
    Ok(match trade_state {
        "SUCCESS" => ChannelPaymentState::Paid,
        "REFUND" => ChannelPaymentState::Refunded,
        "NOTPAY" => ChannelPaymentState::NotPaid,
        "USERPAYING" | "ACCEPT" => ChannelPaymentState::Paying,
        "CLOSED" | "REVOKED" => ChannelPaymentState::Closed,
        "PAYERROR" => ChannelPaymentState::Failed,
        other => return Err(format!("trade_state {other}")),
    })
}

#[derive(Deserialize)]
pub(super) struct Prepaid {
    prepay_id: Option<String>,
    code_url: Option<String>,
    h5_url: Option<String>,
}

/// RFC 3339 in China time, whole seconds: `2026-11-23T21:30:00+08:00`.
pub(super) fn china_time(at: Instant) -> String {
    let local = (at + kernel::hours(8)).to_string();
    format!("{}+08:00", &local[..19])
}

impl WechatPay {
    pub(super) async fn create_payment(&self, intent: &PaymentIntent) -> Result<PayInstruction> {
        check_number(&intent.number)?;
        let path = match intent.scene {
            PayScene::MiniProgram => "/v3/pay/transactions/jsapi",
            PayScene::Native => "/v3/pay/transactions/native",
            PayScene::H5 => "/v3/pay/transactions/h5",
            PayScene::Page => return Err(scene_unsupported()),
        };
        let body = self.prepay_body(intent)?;
        let answer = self.call(Method::POST, path, Some(&body), Repeat::Harmless).await.map_err(Failure::into_error)?;
        let prepaid: Prepaid = read(&answer).map_err(Failure::into_error)?;
        self.instruction(intent.scene, prepaid)
    }

    /// What the front end does with the answer to a prepay.
    pub(super) fn instruction(&self, scene: PayScene, prepaid: Prepaid) -> Result<PayInstruction> {
        let (kind, made) = match scene {
            PayScene::MiniProgram => ("prepay_id", prepaid.prepay_id.map(|id| self.front_end_arguments(&id))),
            PayScene::Native => ("code_url", prepaid.code_url.map(|code_url| PayInstruction::Native { code_url })),
            PayScene::H5 | PayScene::Page => ("h5_url", prepaid.h5_url.map(|h5_url| PayInstruction::H5 { h5_url })),
        };
        made.ok_or_else(|| Failure::unreadable(format!("no {kind}")).into_error())
    }

    fn prepay_body(&self, intent: &PaymentIntent) -> Result<Value> {
        let mut body = json!({
            "appid": self.app_id,
            "mchid": self.merchant_id,
            "description": cut(&intent.description, 127),
            "out_trade_no": intent.number,
            "notify_url": intent.notify_url,
            "time_expire": china_time(intent.expires_at),
            "amount": { "total": intent.amount.0, "currency": "CNY" },
        });
        match intent.scene {
            PayScene::MiniProgram => {
                let openid = intent.openid.as_deref().filter(|o| !o.is_empty());
                let openid = openid.ok_or_else(|| Error::field("openid", "请先用微信登录，再发起支付"))?;
                body["payer"] = json!({ "openid": openid });
            }
            PayScene::Native | PayScene::Page => {}
            PayScene::H5 => {
                body["scene_info"] = json!({ "payer_client_ip": intent.client_ip, "h5_info": { "type": "Wap" } });
            }
        }
        Ok(body)
    }

    /// Arguments of `wx.requestPayment`.
    fn front_end_arguments(&self, prepay_id: &str) -> PayInstruction {
        let time_stamp = self.clock.now().unix_seconds().to_string();
        let nonce_str = wire::random::nonce();
        let package = format!("prepay_id={prepay_id}");
        let pay_sign = front_end_sign(&self.private_key, &self.app_id, &time_stamp, &nonce_str, &package);
        PayInstruction::MiniProgram {
            app_id: self.app_id.clone(),
            time_stamp,
            nonce_str,
            package,
            sign_type: "RSA".to_owned(),
            pay_sign,
        }
    }

    pub(super) async fn query_payment(&self, number: &str) -> Result<Option<ChannelPayment>> {
        check_number(number)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", self.merchant_id);
        let answer = match self.call(Method::GET, &path, None, Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(Failure::into_error)?,
        };
        let transaction: Transaction = read(&answer).map_err(Failure::into_error)?;
        let payment = transaction.into_payment().map_err(|e| Failure::unreadable(e).into_error())?;
        if payment.number != number || payment.merchant_id != self.merchant_id {
            return Err(Failure::unreadable("the answer is about another payment").into_error());
        }
        Ok(Some(payment))
    }

    /// Closes, and when the channel refuses for any reason, lets the payment's state decide.
    pub(super) async fn close_payment(&self, number: &str) -> Result<CloseOutcome> {
        check_number(number)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{number}/close");
        let body = json!({ "mchid": self.merchant_id });
        let failure = match self.call(Method::POST, &path, Some(&body), Repeat::Harmless).await {
            Ok(_) => return Ok(CloseOutcome::Closed),
            Err(failure) if failure.is_not_found() => return Ok(CloseOutcome::Closed),
            Err(failure @ Failure::Unknown(_)) => return Err(failure.into_error()),
            Err(failure) => failure,
        };
        match self.query_payment(number).await?.map(|payment| payment.state) {
            None | Some(ChannelPaymentState::Closed) => Ok(CloseOutcome::Closed),
            Some(ChannelPaymentState::Paid | ChannelPaymentState::Refunded) => Ok(CloseOutcome::AlreadyPaid),
            Some(_) => Err(failure.into_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(text: &str) -> Result<ChannelPayment, String> {
        serde_json::from_str::<Transaction>(text).unwrap().into_payment()
    }

    #[test]
    fn unpaid_transaction_needs_neither_amount_nor_payer() {
        let read = payment(r#"{"appid":"wx1","mchid":"19","out_trade_no":"P1","trade_state":"NOTPAY"}"#).unwrap();
        assert_eq!((read.state, read.amount, read.transaction_id), (ChannelPaymentState::NotPaid, None, None));
    }

    #[test]
    fn paid_transaction_without_proof_is_refused() {
        let bare = r#"{"appid":"wx1","mchid":"19","out_trade_no":"P1","trade_state":"SUCCESS","transaction_id":"42"}"#;
        assert!(payment(bare).is_err());
        assert!(payment(r#"{"mchid":"19","out_trade_no":"P1","trade_state":"LOST"}"#).is_err());
    }

    #[test]
    fn expiry_is_written_in_china_time() {
        let at = Instant::parse("2026-11-23T16:30:00.999Z").unwrap();
        assert_eq!(china_time(at), "2026-11-24T00:30:00+08:00");
    }
}
