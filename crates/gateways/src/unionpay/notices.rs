//! Back notices: a posted form with UnionPay's certificate and signature in it. Anything doubtful is
//! `payment.notice_rejected` (401). Payments are told only when they succeeded, refunds either way; the browser that comes
//! back to `frontUrl` carries the same fields and proves nothing to anybody.

use super::UnionPay;
use super::call::{Fields, Verdict, named, read_china_time, read_short_time, verdict};
use super::payments::{currency, state_of};
use super::refunds;
use kernel::ports::{ChannelPayment, ChannelPaymentState, ChannelRefund, Notice, RawNotice};
use kernel::{Error, Fen, Result};
use std::fmt;

fn rejected(cause: impl fmt::Display) -> Error {
    Error::unauthenticated("payment.notice_rejected", "通知没有通过验证").because(cause)
}

impl UnionPay {
    pub(super) fn open_notice(&self, raw: &RawNotice<'_>) -> Result<Notice> {
        let told = self.proven(raw.body).map_err(rejected)?;
        if told.of("merId") != self.merchant_id {
            return Err(rejected("the notice belongs to another merchant"));
        }
        let (kind, number, id) = (told.of("txnType"), told.of("orderId"), told.of("queryId"));
        let notice_id: String = format!("{kind}-{id}-{}", told.of("respCode")).chars().take(100).collect();
        if !matches!(kind, "01" | "04") || verdict(told.of("respCode")) == Verdict::Unknown {
            return Ok(Notice::Other { notice_id, event: format!("txnType {kind}").chars().take(60).collect() });
        }
        if id.is_empty() {
            return Err(rejected("no queryId"));
        }
        let amount = told.of("txnAmt").parse().ok().map(Fen).filter(|fen| fen.0 > 0);
        if kind == "04" {
            let amount = amount.ok_or_else(|| rejected("a refund without amount"))?;
            let refund = ChannelRefund {
                refund_number: number.to_owned(),
                channel_refund_id: id.to_owned(),
                state: refunds::state_of(told.of("respCode")),
                amount,
                finished_at: self.traced_at(&told),
            };
            return Ok(Notice::Refund { notice_id, refund });
        }
        // The second is part of the number's name: a trade of another second is another trade.
        if named(number).is_ok_and(|(_, second)| second != told.of("txnTime")) {
            return Err(rejected("another txnTime than the number's"));
        }
        let state = state_of(told.of("respCode"));
        let paid = state == ChannelPaymentState::Paid;
        Ok(Notice::Payment {
            notice_id,
            payment: ChannelPayment {
                number: number.to_owned(),
                state,
                transaction_id: Some(id.to_owned()).filter(|_| paid),
                amount,
                currency: currency(told.of("currencyCode")),
                app_id: self.merchant_id.clone(),
                merchant_id: self.merchant_id.clone(),
                payer_openid: None,
                paid_at: self.traced_at(&told).filter(|_| paid),
            },
        })
    }

    /// `traceTime`, in the year the trade was sent in.
    fn traced_at(&self, told: &Fields) -> Option<kernel::Instant> {
        read_short_time(told.of("traceTime"), read_china_time(told.of("txnTime"))?)
    }
}
