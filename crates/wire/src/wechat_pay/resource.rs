//! Sealed parts of WeChat Pay messages: AEAD_AES_256_GCM with the merchant's APIv3 key, and the envelope of a notice.
//! The tag is the last 16 bytes of the ciphertext; the associated data may be empty.

use crate::digest::{from_base64, to_base64};
use crate::{Result, WireError, gcm};
use serde::{Deserialize, Serialize};
use std::fmt;

const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// The 32-byte APIv3 key of a merchant. Never printed.
#[derive(Clone)]
pub struct ApiV3Key([u8; 32]);

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiV3Key(…)")
    }
}

impl ApiV3Key {
    /// Takes the text set in the merchant console: exactly 32 ASCII characters.
    pub fn parse(text: &str) -> Result<Self> {
        let bytes = text.as_bytes().try_into().map_err(|_| WireError::Key("APIv3 key"))?;
        Ok(ApiV3Key(bytes))
    }

    /// Base64 of ciphertext and tag. `nonce` is 12 characters and never used twice with one key.
    pub fn seal(&self, nonce: &str, associated_data: &str, plaintext: &[u8]) -> Result<String> {
        gcm::seal(&self.0, nonce.as_bytes(), associated_data.as_bytes(), plaintext).map(to_base64)
    }

    /// Opens base64 of ciphertext and tag.
    pub fn open(&self, nonce: &str, associated_data: &str, ciphertext: &str) -> Result<Vec<u8>> {
        let sealed = from_base64(ciphertext).ok_or(WireError::Malformed("ciphertext"))?;
        gcm::open(&self.0, nonce.as_bytes(), associated_data.as_bytes(), &sealed)
    }
}

/// A sealed part as it stands in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub algorithm: String,
    pub nonce: String,
    #[serde(default)]
    pub associated_data: String,
    pub ciphertext: String,
    /// Kind of the content (`transaction`, `refund`); absent in certificate lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_type: Option<String>,
}

impl Resource {
    /// Seals `plaintext` with the 12-character `nonce`.
    pub fn seal(key: &ApiV3Key, nonce: &str, associated_data: &str, plaintext: &[u8]) -> Result<Self> {
        Ok(Resource {
            algorithm: ALGORITHM.to_owned(),
            nonce: nonce.to_owned(),
            associated_data: associated_data.to_owned(),
            ciphertext: key.seal(nonce, associated_data, plaintext)?,
            original_type: None,
        })
    }

    /// The plaintext; another algorithm than AEAD_AES_256_GCM is refused.
    pub fn open(&self, key: &ApiV3Key) -> Result<Vec<u8>> {
        if self.algorithm != ALGORITHM {
            return Err(WireError::Malformed("algorithm"));
        }
        key.open(&self.nonce, &self.associated_data, &self.ciphertext)
    }
}

/// Body of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeEnvelope {
    /// Id of the notice; the same on every retry.
    pub id: String,
    /// RFC 3339.
    pub create_time: String,
    /// `TRANSACTION.SUCCESS`, `REFUND.SUCCESS` …
    pub event_type: String,
    /// `encrypt-resource`.
    pub resource_type: String,
    #[serde(default)]
    pub summary: String,
    pub resource: Resource,
}

impl NoticeEnvelope {
    /// Reads a notice's body, after its signature was verified.
    pub fn parse(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body).map_err(|_| WireError::Malformed("notice"))
    }

    /// Builds a notice around `content`. `original_type` (`transaction`, `refund`) is also the associated data, as WeChat sends it.
    pub fn seal(
        key: &ApiV3Key,
        id: &str,
        create_time: &str,
        event_type: &str,
        original_type: &str,
        summary: &str,
        nonce: &str,
        content: &[u8],
    ) -> Result<Self> {
        let mut resource = Resource::seal(key, nonce, original_type, content)?;
        resource.original_type = Some(original_type.to_owned());
        Ok(NoticeEnvelope {
            id: id.to_owned(),
            create_time: create_time.to_owned(),
            event_type: event_type.to_owned(),
            resource_type: "encrypt-resource".to_owned(),
            summary: summary.to_owned(),
            resource,
        })
    }

    /// JSON bytes to sign and send.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an envelope is plain data")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiV3Key {
        ApiV3Key::parse("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb").unwrap()
    }

    #[test]
    fn envelope_round_trips() {
        let made = NoticeEnvelope::seal(
            &key(),
            "id-1",
            "2026-11-23T21:00:00+08:00",
            "TRANSACTION.SUCCESS",
            "transaction",
            "支付成功",
            "0123456789ab",
            br#"{"out_trade_no":"1"}"#,
        )
        .unwrap();
        let read = NoticeEnvelope::parse(&made.to_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!(read.resource.open(&key()).unwrap(), br#"{"out_trade_no":"1"}"#);
        let other = ApiV3Key::parse("00000000000000000000000000000000").unwrap();
        assert_eq!(read.resource.open(&other), Err(WireError::Decrypt));
        let sm4 = Resource { algorithm: "AEAD_SM4_GCM".into(), ..read.resource };
        assert_eq!(sm4.open(&key()), Err(WireError::Malformed("algorithm")));
    }

    #[test]
    fn key_has_exactly_32_bytes_and_stays_unseen() {
        assert_eq!(ApiV3Key::parse("short").unwrap_err(), WireError::Key("APIv3 key"));
        assert_eq!(format!("{:?}", key()), "ApiV3Key(…)");
    }
}
