//! Combined payment of several sub-orders under this one merchant: prepay, query, close. Each sub-order becomes a transaction
//! of its own; refunds and bills know only those. Source: pay.weixin.qq.com/doc/v3/merchant 4012557027.

use super::WechatPay;
use super::call::{Failure, check_number, read};
use super::payments::{Prepaid, china_time, state_of};
use crate::http::{Repeat, cut};
use kernel::ports::{
    ChannelPayment, ChannelPaymentState, CloseOutcome, CombinedChannel, CombinedPayment, PayInstruction, PayScene,
    PaymentIntent, Pending, SubOrder, scene_unsupported,
};
use kernel::{Error, Fen, Instant, Result};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

const PATH: &str = "/v3/combine-transactions";

/// A combined payment as WeChat writes it, in answers and in notices.
#[derive(Deserialize)]
pub(super) struct Combined {
    combine_appid: String,
    combine_mchid: String,
    combine_out_trade_no: String,
    sub_orders: Vec<Sub>,
    combine_payer_info: Option<Payer>,
}

#[derive(Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Sub {
    mchid: String,
    out_trade_no: String,
    trade_state: String,
    transaction_id: Option<String>,
    success_time: Option<String>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Amount {
    total_amount: Option<i64>,
    currency: Option<String>,
}

impl Combined {
    /// In our words; an unknown state, or a paid one without transaction id or amount, is an error that names it.
    pub fn into_payment(self) -> Result<CombinedPayment, String> {
        let openid = self.combine_payer_info.and_then(|payer| payer.openid);
        let mut parts = Vec::with_capacity(self.sub_orders.len());
        for sub in self.sub_orders {
            let state = state_of(&sub.trade_state)?;
            let amount = sub.amount.as_ref().and_then(|a| a.total_amount).map(Fen);
            let transaction_id = sub.transaction_id.filter(|id| !id.is_empty());
            let paid = matches!(state, ChannelPaymentState::Paid | ChannelPaymentState::Refunded);
            if paid && (transaction_id.is_none() || amount.is_none()) {
                return Err("a paid sub-order without id or amount".to_owned());
            }
            parts.push(ChannelPayment {
                number: sub.out_trade_no,
                state,
                transaction_id,
                amount,
                currency: sub.amount.map(|a| a.currency.unwrap_or_else(|| "CNY".to_owned())),
                app_id: self.combine_appid.clone(),
                merchant_id: sub.mchid,
                payer_openid: openid.clone(),
                paid_at: sub.success_time.as_deref().and_then(Instant::parse),
            });
        }
        let (number, app_id, merchant_id) = (self.combine_out_trade_no, self.combine_appid, self.combine_mchid);
        Ok(CombinedPayment { number, app_id, merchant_id, parts })
    }
}

impl CombinedChannel for WechatPay {
    fn create_combined<'a>(&'a self, intent: &'a PaymentIntent, parts: &'a [SubOrder]) -> Pending<'a, PayInstruction> {
        Box::pin(self.prepay_combined(intent, parts))
    }
    fn query_combined<'a>(&'a self, number: &'a str) -> Pending<'a, Option<CombinedPayment>> {
        Box::pin(self.find_combined(number))
    }
    fn close_combined<'a>(&'a self, number: &'a str, parts: &'a [String]) -> Pending<'a, CloseOutcome> {
        Box::pin(self.shut_combined(number, parts))
    }
}

impl WechatPay {
    async fn prepay_combined(&self, intent: &PaymentIntent, parts: &[SubOrder]) -> Result<PayInstruction> {
        check_number(&intent.number)?;
        parts.iter().try_for_each(|part| check_number(&part.number))?;
        let kind = match intent.scene {
            PayScene::MiniProgram => "jsapi",
            PayScene::Native => "native",
            PayScene::H5 => "h5",
            PayScene::Page => return Err(scene_unsupported()),
        };
        let body = self.combined_body(intent, parts)?;
        let path = format!("{PATH}/{kind}");
        let answer =
            self.call(Method::POST, &path, Some(&body), Repeat::Harmless).await.map_err(Failure::into_error)?;
        let prepaid: Prepaid = read(&answer).map_err(Failure::into_error)?;
        self.instruction(intent.scene, prepaid)
    }

    fn combined_body(&self, intent: &PaymentIntent, parts: &[SubOrder]) -> Result<Value> {
        let subs: Vec<Value> = parts
            .iter()
            .map(|part| {
                json!({
                    "mchid": self.merchant_id,
                    "attach": intent.number,
                    "amount": { "total_amount": part.amount.0, "currency": "CNY" },
                    "out_trade_no": part.number,
                    "description": cut(&part.description, 127),
                })
            })
            .collect();
        let mut body = json!({
            "combine_appid": self.app_id,
            "combine_mchid": self.merchant_id,
            "combine_out_trade_no": intent.number,
            "sub_orders": subs,
            "time_expire": china_time(intent.expires_at),
            "notify_url": intent.notify_url,
        });
        match intent.scene {
            PayScene::MiniProgram => {
                let openid = intent.openid.as_deref().filter(|o| !o.is_empty());
                let openid = openid.ok_or_else(|| Error::field("openid", "请先用微信登录，再发起支付"))?;
                body["combine_payer_info"] = json!({ "openid": openid });
            }
            PayScene::Native | PayScene::Page => {}
            PayScene::H5 => {
                body["scene_info"] = json!({ "payer_client_ip": intent.client_ip, "h5_info": { "type": "Wap" } });
            }
        }
        Ok(body)
    }

    async fn find_combined(&self, number: &str) -> Result<Option<CombinedPayment>> {
        check_number(number)?;
        let path = format!("{PATH}/out-trade-no/{number}");
        let answer = match self.call(Method::GET, &path, None, Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(Failure::into_error)?,
        };
        let combined: Combined = read(&answer).map_err(Failure::into_error)?;
        let payment = combined.into_payment().map_err(|e| Failure::unreadable(e).into_error())?;
        if payment.number != number || payment.merchant_id != self.merchant_id {
            return Err(Failure::unreadable("the answer is about another payment").into_error());
        }
        Ok(Some(payment))
    }

    /// Closes, and when the channel refuses for any reason, lets the payment's state decide.
    async fn shut_combined(&self, number: &str, parts: &[String]) -> Result<CloseOutcome> {
        check_number(number)?;
        let path = format!("{PATH}/out-trade-no/{number}/close");
        let subs: Vec<Value> =
            parts.iter().map(|part| json!({ "mchid": self.merchant_id, "out_trade_no": part })).collect();
        let body = json!({ "combine_appid": self.app_id, "sub_orders": subs });
        let failure = match self.call(Method::POST, &path, Some(&body), Repeat::Harmless).await {
            Ok(_) => return Ok(CloseOutcome::Closed),
            Err(failure) if failure.is_not_found() => return Ok(CloseOutcome::Closed),
            Err(failure @ Failure::Unknown(_)) => return Err(failure.into_error()),
            Err(failure) => failure,
        };
        let Some(known) = self.find_combined(number).await? else { return Ok(CloseOutcome::Closed) };
        let all = |states: &[ChannelPaymentState]| known.parts.iter().all(|part| states.contains(&part.state));
        if all(&[ChannelPaymentState::Paid, ChannelPaymentState::Refunded]) {
            Ok(CloseOutcome::AlreadyPaid)
        } else if all(&[ChannelPaymentState::Closed]) {
            Ok(CloseOutcome::Closed)
        } else {
            Err(failure.into_error())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAID: &str = r#"{"combine_appid":"wx1","combine_mchid":"19","combine_out_trade_no":"700000",
        "sub_orders":[{"mchid":"19","trade_type":"JSAPI","trade_state":"SUCCESS","bank_type":"CMC","attach":"700000",
        "success_time":"2026-11-25T10:34:56+08:00","transaction_id":"4200001","out_trade_no":"700000S1",
        "amount":{"total_amount":10,"currency":"CNY","payer_amount":10,"payer_currency":"CNY"}},
        {"mchid":"19","trade_state":"NOTPAY","out_trade_no":"700000S2","amount":{"total_amount":20}}],
        "combine_payer_info":{"openid":"o1"}}"#;

    #[test]
    fn every_sub_order_is_a_payment_of_its_own() {
        let read = serde_json::from_str::<Combined>(PAID).unwrap().into_payment().unwrap();
        let [paid, open] = &read.parts[..] else { panic!("two sub-orders") };
        assert_eq!(
            (paid.number.as_str(), paid.state, paid.amount),
            ("700000S1", ChannelPaymentState::Paid, Some(Fen(10)))
        );
        assert_eq!(
            (open.state, open.amount, &open.transaction_id),
            (ChannelPaymentState::NotPaid, Some(Fen(20)), &None)
        );
        assert_eq!((paid.payer_openid.as_deref(), paid.app_id.as_str()), (Some("o1"), "wx1"));
        let bare = PAID.replace(r#""transaction_id":"4200001","#, "");
        assert!(serde_json::from_str::<Combined>(&bare).unwrap().into_payment().is_err(), "paid without proof");
    }
}
