//! Callbacks of [`LocalChannel`](super::LocalChannel): JSON signed with a shared secret, so that a forged or altered one
//! is told from a real one. A notice can be changed before it is signed (the channel errs) or after (somebody lies).

use kernel::ports::{ChannelPayment, ChannelPaymentState, ChannelRefund, ChannelRefundState};
use kernel::{Fen, Instant};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Header that carries the signature.
pub(super) const SIGNATURE: &str = "x-local-signature";

/// A callback about to be delivered, as often and as late as the test likes.
#[derive(Debug, Clone)]
pub struct LocalNotice {
    content: Value,
    secret: String,
    /// Bytes that are sent although other bytes were signed.
    altered: Option<Value>,
}

impl LocalNotice {
    pub(super) fn new(content: Value, secret: &str) -> Self {
        LocalNotice { content, secret: secret.to_owned(), altered: None }
    }

    /// The channel itself says something else about the payment or refund, under its own signature.
    #[must_use]
    pub fn saying(mut self, field: &str, value: impl Into<Value>) -> Self {
        let kind = self.content["kind"].as_str().unwrap_or_default().to_owned();
        self.content[kind][field] = value.into();
        self
    }

    /// The same notice under another notice id.
    #[must_use]
    pub fn named(mut self, notice_id: &str) -> Self {
        self.content["notice_id"] = notice_id.into();
        self
    }

    /// Changed on the way: the signature does not fit any more.
    #[must_use]
    pub fn altered(mut self, field: &str, value: impl Into<Value>) -> Self {
        let changed = self.clone().saying(field, value).content;
        self.altered = Some(changed);
        self
    }

    /// Signed by somebody who does not know the secret.
    #[must_use]
    pub fn forged(mut self) -> Self {
        self.secret = "guessed".into();
        self
    }

    /// Body and signature as sent.
    pub fn wire(&self) -> (Vec<u8>, String) {
        let signed = self.content.to_string();
        let sent = self.altered.as_ref().map_or_else(|| signed.clone(), Value::to_string);
        (sent.into_bytes(), sign(&self.secret, signed.as_bytes()))
    }
}

pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    let digest = Sha256::new().chain_update(secret).chain_update(b"\n").chain_update(body).finalize();
    hex::encode(digest)
}

pub(super) fn payment_json(payment: &ChannelPayment) -> Value {
    json!({
        "number": payment.number,
        "paid": payment.transaction_id.is_some(),
        "transaction_id": payment.transaction_id,
        "amount": payment.amount.map(|fen| fen.0),
        "currency": payment.currency,
        "app_id": payment.app_id,
        "merchant_id": payment.merchant_id,
        "payer": payment.payer_openid,
        "paid_at": payment.paid_at.map(|at| at.0),
    })
}

pub(super) fn payment_from(value: &Value) -> ChannelPayment {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let paid = value["paid"].as_bool() == Some(true);
    ChannelPayment {
        number: text("number").unwrap_or_default(),
        state: if paid { ChannelPaymentState::Paid } else { ChannelPaymentState::NotPaid },
        transaction_id: text("transaction_id"),
        amount: value["amount"].as_i64().map(Fen),
        currency: text("currency"),
        app_id: text("app_id").unwrap_or_default(),
        merchant_id: text("merchant_id").unwrap_or_default(),
        payer_openid: text("payer"),
        paid_at: value["paid_at"].as_i64().map(Instant),
    }
}

pub(super) const fn refund_word(state: ChannelRefundState) -> &'static str {
    match state {
        ChannelRefundState::Processing => "processing",
        ChannelRefundState::Done => "done",
        ChannelRefundState::Closed => "closed",
        ChannelRefundState::Abnormal => "abnormal",
    }
}

pub(super) fn refund_from(value: &Value) -> ChannelRefund {
    ChannelRefund {
        refund_number: value["refund_number"].as_str().unwrap_or_default().to_owned(),
        channel_refund_id: value["channel_refund_id"].as_str().unwrap_or_default().to_owned(),
        state: match value["state"].as_str() {
            Some("done") => ChannelRefundState::Done,
            Some("abnormal") => ChannelRefundState::Abnormal,
            Some("closed") => ChannelRefundState::Closed,
            _ => ChannelRefundState::Processing,
        },
        amount: Fen(value["amount"].as_i64().unwrap_or_default()),
        finished_at: None,
    }
}
