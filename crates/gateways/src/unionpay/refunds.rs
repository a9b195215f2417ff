//! Refunds (退货, txnType 04). UnionPay only accepts them at once; whether the money went back is asked for or told by a
//! notice, always under the same number and second. A refund that UnionPay refused is closed: it may be asked for again
//! under a new number. Source: open.unionpay.com API 264.

use super::UnionPay;
use super::call::{Door, Failure, Verdict, named, verdict};
use crate::http::Repeat;
use kernel::ports::{ChannelRefund, ChannelRefundState, RefundRequest};
use kernel::{Error, Fen, Result};

fn unknown(cause: impl std::fmt::Display) -> Error {
    Error::gateway("payment.channel_unknown", "银联还没有确认这笔退款，系统会继续查询").because(cause)
}

pub(super) fn state_of(code: &str) -> ChannelRefundState {
    match verdict(code) {
        Verdict::Done => ChannelRefundState::Done,
        Verdict::Unknown => ChannelRefundState::Processing,
        Verdict::Refused => ChannelRefundState::Closed,
    }
}

impl UnionPay {
    pub(super) async fn start_refund(&self, request: &RefundRequest) -> Result<ChannelRefund> {
        let (order_id, txn_time) = named(&request.refund_number)?;
        if request.transaction_id.is_empty() {
            return Err(Error::conflict("payment.not_found", "这笔支付没有银联的查询流水号，不能退款"));
        }
        let amount = request.amount.0.to_string();
        let own = [
            ("txnType", "04"),
            ("txnSubType", "00"),
            ("bizType", "000201"),
            ("channelType", "07"),
            ("orderId", order_id),
            ("txnTime", &txn_time),
            ("txnAmt", &amount),
            ("origQryId", &request.transaction_id),
            ("backUrl", &request.notify_url),
        ];
        let refund = |state, id: &str| ChannelRefund {
            refund_number: request.refund_number.clone(),
            channel_refund_id: id.to_owned(),
            state,
            amount: request.amount,
            finished_at: (state == ChannelRefundState::Closed).then(|| self.clock.now()),
        };
        match self.call(Door::Back, &own, Repeat::OnlyUnsent).await {
            Ok(told) => Ok(refund(ChannelRefundState::Processing, told.of("queryId"))),
            // 12 says that this very number came before: how it stands is asked for, as after no answer at all.
            Err(Failure::Refused(refusal)) if refusal.code != "12" => {
                tracing::warn!(number = request.refund_number, %refusal, "UnionPay refused a refund");
                Ok(refund(ChannelRefundState::Closed, ""))
            }
            Err(failure) => match self.find_refund(&request.refund_number).await {
                Ok(Some(found)) => Ok(found),
                Ok(None) | Err(_) => Err(unknown(failure.into_error())),
            },
        }
    }

    pub(super) async fn find_refund(&self, number: &str) -> Result<Option<ChannelRefund>> {
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
        let amount = told.of("txnAmt").parse().ok().map(Fen).filter(|fen| fen.0 > 0 && told.of("orderId") == number);
        let amount = amount.ok_or_else(|| Failure::unreadable("a refund without number or amount").into_error())?;
        Ok(Some(ChannelRefund {
            refund_number: number.to_owned(),
            channel_refund_id: told.of("queryId").to_owned(),
            state: state_of(told.of("origRespCode")),
            amount,
            finished_at: None,
        }))
    }
}
