//! Callbacks of [`LocalChannel`](super::LocalChannel): JSON signed with a shared secret, so that a forged or altered one
//! is told from a real one. A notice can be changed before it is signed (the channel errs) or after (somebody lies).

use serde_json::Value;
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
