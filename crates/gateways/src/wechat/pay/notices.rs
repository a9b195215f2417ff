//! Callbacks: proven, opened, and told in our words. Anything doubtful is `payment.notice_rejected` (401), so WeChat keeps
//! it and tries again; only when the certificates to prove it could not be fetched is it `payment.channel_unavailable`.

use super::WechatPay;
use super::combined::Combined;
use super::payments::Transaction;
use super::refunds::Refund;
use super::transfers::Bill;
use super::trust::Doubt;
use kernel::ports::{Notice, RawNotice};
use kernel::{Error, Result};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::fmt;
use wire::wechat_pay::{NoticeEnvelope, SignatureHeaders};

fn rejected(cause: impl fmt::Display) -> Error {
    Error::unauthenticated("payment.notice_rejected", "通知没有通过验证").because(cause)
}

fn typed<T: DeserializeOwned>(content: &[u8]) -> Result<T> {
    serde_json::from_slice(content).map_err(|e| rejected(format!("content of unknown form: {e}")))
}

fn is_combined(content: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        combine_out_trade_no: Option<IgnoredAny>,
    }
    serde_json::from_slice(content).is_ok_and(|kind: Kind| kind.combine_out_trade_no.is_some())
}

impl WechatPay {
    pub(super) async fn open_notice(&self, raw: &RawNotice<'_>) -> Result<Notice> {
        let header = |name: &str| {
            raw.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let headers = SignatureHeaders::read(header).map_err(rejected)?;
        self.believe(&headers, raw.body, raw.received_at).await.map_err(|doubt| match doubt {
            Doubt::Forged(_) => rejected(doubt),
            Doubt::Unavailable(_) => {
                Error::gateway("payment.channel_unavailable", "微信支付暂时没有回应，请稍后再试").because(doubt)
            }
        })?;
        let envelope = NoticeEnvelope::parse(raw.body).map_err(rejected)?;
        let content = envelope.resource.open(&self.api_v3_key).map_err(rejected)?;
        let notice_id = envelope.id;
        match envelope.event_type.split('.').next() {
            // A combined payment has the same event; its content says what it is.
            Some("TRANSACTION") if is_combined(&content) => {
                let payment = typed::<Combined>(&content)?.into_payment().map_err(rejected)?;
                if payment.merchant_id != self.merchant_id || payment.app_id != self.app_id {
                    return Err(rejected("the payment belongs to another merchant or app"));
                }
                Ok(Notice::Combined { notice_id, payment })
            }
            Some("TRANSACTION") => {
                let payment = typed::<Transaction>(&content)?.into_payment().map_err(rejected)?;
                if payment.merchant_id != self.merchant_id || payment.app_id != self.app_id {
                    return Err(rejected("the payment belongs to another merchant or app"));
                }
                Ok(Notice::Payment { notice_id, payment })
            }
            Some("REFUND") => {
                let refund: Refund = typed(&content)?;
                if refund.mchid.as_deref() != Some(self.merchant_id.as_str()) {
                    return Err(rejected("the refund belongs to another merchant"));
                }
                Ok(Notice::Refund { notice_id, refund: refund.into_refund().map_err(rejected)? })
            }
            Some("MCHTRANSFER") => {
                let bill: Bill = typed(&content)?;
                if bill.mch_id.as_deref() != Some(self.merchant_id.as_str()) {
                    return Err(rejected("the transfer belongs to another merchant"));
                }
                Ok(Notice::Transfer { notice_id, transfer: bill.into_transfer().map_err(rejected)? })
            }
            _ => Ok(Notice::Other { notice_id, event: envelope.event_type }),
        }
    }
}
