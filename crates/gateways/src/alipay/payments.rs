//! Create, query and close. Source: opendocs.alipay.com, alipay.trade.page.pay, .wap.pay, .create, .query, .close.

use super::Alipay;
use super::call::{Failure, check_number, china_time, read_china_time};
use crate::http::Repeat;
use kernel::ports::{
    ChannelPayment, ChannelPaymentState, CloseOutcome, PayInstruction, PayScene, PaymentIntent, scene_unsupported,
};
use kernel::{Error, Fen, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// A trade as `alipay.trade.query` tells it.
#[derive(Deserialize)]
struct Trade {
    out_trade_no: String,
    trade_no: Option<String>,
    trade_status: String,
    total_amount: Option<String>,
    send_pay_date: Option<String>,
    buyer_user_id: Option<String>,
    buyer_open_id: Option<String>,
}

/// A trade's state in our words. `TRADE_CLOSED` is both a trade nobody paid and one that was refunded in full: `was_paid`
/// tells them apart.
pub(super) fn state_of(trade_status: &str, was_paid: bool) -> Result<ChannelPaymentState, String> {
    Ok(match trade_status {
        "WAIT_BUYER_PAY" => ChannelPaymentState::NotPaid,
        "TRADE_SUCCESS" | "TRADE_FINISHED" => ChannelPaymentState::Paid,
        "TRADE_CLOSED" if was_paid => ChannelPaymentState::Refunded,
        "TRADE_CLOSED" => ChannelPaymentState::Closed,
        other => return Err(format!("trade_status {other}")),
    })
}

#[derive(Deserialize)]
struct Created {
    trade_no: String,
}

#[derive(Deserialize)]
struct Closed {}

#[derive(Deserialize)]
struct Token {
    user_id: Option<String>,
    open_id: Option<String>,
}

impl Alipay {
    pub(super) async fn create_payment(&self, intent: &PaymentIntent) -> Result<PayInstruction> {
        check_number(&intent.number)?;
        match intent.scene {
            PayScene::Page => self.page("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", intent),
            PayScene::H5 => self.page("alipay.trade.wap.pay", "QUICK_WAP_WAY", intent),
            PayScene::MiniProgram => self.trade(intent).await,
            PayScene::Native => Err(scene_unsupported()),
        }
    }

    fn content(&self, product: &str, intent: &PaymentIntent) -> Value {
        json!({
            "out_trade_no": intent.number,
            "total_amount": intent.amount.to_string(),
            "subject": subject(&intent.description),
            "product_code": product,
            "seller_id": self.seller_id,
            "time_expire": china_time(intent.expires_at),
        })
    }

    /// A signed address; Alipay hears of it when the payer opens it.
    fn page(&self, method: &str, product: &str, intent: &PaymentIntent) -> Result<PayInstruction> {
        let mut content = self.content(product, intent);
        let back = intent.return_url.as_deref().unwrap_or_default();
        if intent.scene == PayScene::H5 && !back.is_empty() {
            content["quit_url"] = back.into();
        }
        let content = content.to_string();
        let own = [("biz_content", content.as_str()), ("notify_url", &intent.notify_url), ("return_url", back)];
        Ok(PayInstruction::H5 { h5_url: self.address(method, &own)? })
    }

    /// A trade for the mini program, where the payer is known.
    async fn trade(&self, intent: &PaymentIntent) -> Result<PayInstruction> {
        let payer = intent.openid.as_deref().filter(|payer| !payer.is_empty());
        let payer = payer.ok_or_else(|| Error::field("auth_code", "请先在支付宝里授权，再发起支付"))?;
        let mut content = self.content("JSAPI_PAY", intent);
        content[payer_field(payer)] = payer.into();
        content["op_app_id"] = self.app_id.as_str().into();
        let made: Created = self
            .call("alipay.trade.create", &content, &intent.notify_url, Repeat::Harmless)
            .await
            .map_err(Failure::into_error)?;
        Ok(PayInstruction::Trade { trade_no: made.trade_no })
    }

    /// `alipay.system.oauth.token`: who gave this code. A code works once.
    pub(super) async fn payer_of(&self, code: &str) -> Result<String> {
        let own = [("grant_type", "authorization_code"), ("code", code)];
        let token: Token =
            self.ask("alipay.system.oauth.token", &own, Repeat::OnlyUnsent).await.map_err(Failure::into_error)?;
        let id = token.user_id.or(token.open_id).filter(|id| !id.is_empty());
        id.ok_or_else(|| Failure::unreadable("no user").into_error())
    }

    pub(super) async fn query_payment(&self, number: &str) -> Result<Option<ChannelPayment>> {
        check_number(number)?;
        let content = json!({ "out_trade_no": number });
        let trade: Trade = match self.call("alipay.trade.query", &content, "", Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(Failure::into_error)?,
        };
        let unreadable = |cause: String| Failure::unreadable(cause).into_error();
        if trade.out_trade_no != number {
            return Err(unreadable("the answer is about another trade".to_owned()));
        }
        let state = state_of(&trade.trade_status, trade.send_pay_date.is_some()).map_err(unreadable)?;
        let amount = trade.total_amount.as_deref().and_then(Fen::from_yuan);
        let paid = matches!(state, ChannelPaymentState::Paid | ChannelPaymentState::Refunded);
        if paid && (amount.is_none() || trade.trade_no.is_none()) {
            return Err(unreadable("a paid trade without number or amount".to_owned()));
        }
        Ok(Some(ChannelPayment {
            number: trade.out_trade_no,
            state,
            transaction_id: trade.trade_no.filter(|_| paid),
            amount,
            currency: amount.map(|_| "CNY".to_owned()),
            // The answer is about our own app and seller, since the request was signed for them.
            app_id: self.app_id.clone(),
            merchant_id: self.seller_id.clone(),
            payer_openid: trade.buyer_open_id.or(trade.buyer_user_id),
            paid_at: trade.send_pay_date.as_deref().and_then(read_china_time),
        }))
    }

    /// Closes, and when the channel refuses for any reason, lets the trade's state decide. A trade nobody opened does not
    /// exist; its address dies with `time_expire`.
    pub(super) async fn close_payment(&self, number: &str) -> Result<CloseOutcome> {
        check_number(number)?;
        let content = json!({ "out_trade_no": number });
        let failure = match self.call::<Closed>("alipay.trade.close", &content, "", Repeat::Harmless).await {
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

/// A user id is 16 digits beginning with 2088; anything else is an open id.
fn payer_field(payer: &str) -> &'static str {
    let is_user_id = payer.len() == 16 && payer.starts_with("2088") && payer.bytes().all(|b| b.is_ascii_digit());
    if is_user_id { "buyer_id" } else { "buyer_open_id" }
}

/// Alipay refuses `/`, `=` and `&` in subjects.
pub(super) fn subject(text: &str) -> String {
    text.chars().map(|c| if "/=&".contains(c) { ' ' } else { c }).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_trade_was_refunded_only_if_it_was_paid() {
        assert_eq!(state_of("TRADE_CLOSED", true), Ok(ChannelPaymentState::Refunded));
        assert_eq!(state_of("TRADE_CLOSED", false), Ok(ChannelPaymentState::Closed));
        assert_eq!(state_of("TRADE_FINISHED", true), Ok(ChannelPaymentState::Paid));
        assert!(state_of("TRADE_PENDING", true).is_err());
    }

    #[test]
    fn payers_are_named_in_the_field_of_their_kind() {
        assert_eq!(payer_field("2088102534368455"), "buyer_id");
        assert_eq!(payer_field("094WDGhyIQWCvO8ZgNNm7I3WL2"), "buyer_open_id");
        assert_eq!(subject("茶/壶 a=1&b"), "茶 壶 a 1 b");
    }
}
