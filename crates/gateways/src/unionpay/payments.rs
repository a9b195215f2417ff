//! The form a browser posts, the state of a payment, and what stands for closing. Source: open.unionpay.com API 257
//! (消费), 757 (交易状态查询).

use super::UnionPay;
use super::call::{Door, Failure, Verdict, china_time, named, read_china_time, read_short_time, verdict};
use crate::http::{Repeat, cut};
use kernel::ports::{
    ChannelPayment, ChannelPaymentState, CloseOutcome, PayInstruction, PayScene, PaymentIntent, scene_unsupported,
};
use kernel::{Error, Fen, Result, hours};

/// After this a trade that is still under way at UnionPay has failed: everything is decided at `payTimeout`, and the bank
/// page of a net bank, which alone may outlive it, is paid back by UnionPay itself.
const DECIDED_AFTER: i64 = hours(24);
/// Most characters of `frontUrl`.
const LONGEST_ADDRESS: usize = 256;

/// A trade's state from `origRespCode`. A bank that refused a card leaves the form open: another card may be tried.
pub(super) fn state_of(code: &str) -> ChannelPaymentState {
    match (verdict(code), code) {
        (Verdict::Done, _) => ChannelPaymentState::Paid,
        (Verdict::Unknown, _) => ChannelPaymentState::Paying,
        (Verdict::Refused, "34") => ChannelPaymentState::NotPaid,
        (Verdict::Refused, _) => ChannelPaymentState::Failed,
    }
}

impl UnionPay {
    /// Only signs; UnionPay hears of it when the payer's browser posts it.
    pub(super) fn payment_form(&self, intent: &PaymentIntent) -> Result<PayInstruction> {
        let channel_type = match intent.scene {
            PayScene::Page => "07",
            PayScene::H5 => "08",
            PayScene::MiniProgram | PayScene::Native => return Err(scene_unsupported()),
        };
        let (order_id, txn_time) = named(&intent.number)?;
        let (amount, pay_timeout) = (intent.amount.0.to_string(), china_time(intent.expires_at));
        let front_url = intent.return_url.as_deref().filter(|url| url.len() <= LONGEST_ADDRESS).unwrap_or_default();
        let goods = format!("{{commodityName={}}}", goods(&intent.description));
        let fields = self.signed(&[
            ("txnType", "01"),
            ("txnSubType", "01"),
            ("bizType", "000201"),
            ("channelType", channel_type),
            ("orderId", order_id),
            ("txnTime", &txn_time),
            ("txnAmt", &amount),
            ("currencyCode", "156"),
            ("payTimeout", &pay_timeout),
            ("frontUrl", front_url),
            ("backUrl", &intent.notify_url),
            ("riskRateInfo", &goods),
        ]);
        Ok(PayInstruction::Form { action: self.front.clone(), fields })
    }

    pub(super) async fn query_payment(&self, number: &str) -> Result<Option<ChannelPayment>> {
        let (order_id, txn_time) = named(number)?;
        let own = [
            ("txnType", "00"),
            ("txnSubType", "00"),
            ("bizType", "000201"),
            ("orderId", order_id),
            ("txnTime", txn_time.as_str()),
        ];
        let told = match self.call(Door::Query, &own, Repeat::Harmless).await {
            Err(failure) if failure.is_not_found() => return Ok(None),
            other => other.map_err(Failure::into_error)?,
        };
        let unreadable = |cause: &str| Failure::unreadable(cause).into_error();
        if told.of("orderId") != number {
            return Err(unreadable("the answer names no trade"));
        }
        let state = state_of(told.of("origRespCode"));
        let paid = state == ChannelPaymentState::Paid;
        let amount = told.of("txnAmt").parse().ok().map(Fen).filter(|fen| fen.0 > 0);
        let id = Some(told.of("queryId")).filter(|id| !id.is_empty());
        if paid && (amount.is_none() || id.is_none()) {
            return Err(unreadable("a paid trade without number or amount"));
        }
        let sent_at = read_china_time(&txn_time);
        Ok(Some(ChannelPayment {
            number: number.to_owned(),
            state,
            transaction_id: id.filter(|_| paid).map(str::to_owned),
            amount,
            currency: currency(told.of("currencyCode")),
            app_id: self.merchant_id.clone(),
            merchant_id: told.of("merId").to_owned(),
            payer_openid: None,
            paid_at: sent_at.filter(|_| paid).and_then(|sent| read_short_time(told.of("traceTime"), sent)),
        }))
    }

    /// There is no closing. What is paid is told; what a bank is still deciding is an error, so that nobody guesses; the rest
    /// counts as closed. Should its form be paid before it dies, the money finds nothing to pay and goes back.
    pub(super) async fn close_payment(&self, number: &str) -> Result<CloseOutcome> {
        let Some(payment) = self.query_payment(number).await? else { return Ok(CloseOutcome::Closed) };
        let age = kernel::ports::sent_at(number).map_or(0, |sent| self.clock.now() - sent);
        match payment.state {
            ChannelPaymentState::Paid | ChannelPaymentState::Refunded => Ok(CloseOutcome::AlreadyPaid),
            ChannelPaymentState::Paying if age < DECIDED_AFTER => {
                Err(Error::gateway("payment.channel_failed", "银行还在处理这笔付款，请稍后再试"))
            }
            _ => Ok(CloseOutcome::Closed),
        }
    }
}

/// ISO 4217 by its number.
pub(super) fn currency(number: &str) -> Option<String> {
    match number {
        "" => None,
        "156" => Some("CNY".to_owned()),
        other => Some(other.to_owned()),
    }
}

/// Signs that mean something inside a field are left out.
fn goods(text: &str) -> String {
    let plain: String = text.chars().map(|c| if "&={}\"'".contains(c) { ' ' } else { c }).collect();
    cut(&plain, 120).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_come_from_the_original_code() {
        for (code, state) in [
            ("00", ChannelPaymentState::Paid),
            ("A6", ChannelPaymentState::Paid),
            ("03", ChannelPaymentState::Paying),
            ("04", ChannelPaymentState::Paying),
            ("05", ChannelPaymentState::Paying),
            ("34", ChannelPaymentState::NotPaid),
            ("64", ChannelPaymentState::Failed),
            ("42", ChannelPaymentState::Failed),
        ] {
            assert_eq!(state_of(code), state, "{code}");
        }
        assert_eq!(goods("龙井 a=1&{b}"), "龙井 a 1  b ");
    }
}
