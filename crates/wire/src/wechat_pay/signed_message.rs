//! What WeChat Pay signs: every response and every notice, over `timestamp\nnonce\nbody\n`, in `Wechatpay-*` headers.
//! The receiver picks the key by `Wechatpay-Serial` (a certificate's serial or a `PUB_KEY_ID_…`) and refuses probes.

use super::MAX_CLOCK_SKEW_S;
use crate::certificate::normal_serial;
use crate::{PrivateKey, PublicKey, Result, WireError};
use std::fmt;

/// Start of a signature sent on purpose to see whether a receiver verifies at all.
pub const PROBE_PREFIX: &str = "WECHATPAY/SIGNTEST/";

/// The signature headers of a response or notice.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// Unix seconds, as text: the text itself is signed.
    pub timestamp: String,
    pub nonce: String,
    /// In the form of [`normal_serial`].
    pub serial: String,
    /// Base64.
    pub signature: String,
}

impl fmt::Debug for SignatureHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignatureHeaders({} {} {})", self.serial, self.timestamp, self.nonce)
    }
}

fn signed_text(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{timestamp}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

impl SignatureHeaders {
    /// Signs a body as the platform does. `serial` names the key that verifies it.
    pub fn sign(key: &PrivateKey, serial: &str, timestamp_s: i64, nonce: &str, body: &[u8]) -> Self {
        let timestamp = timestamp_s.to_string();
        let signature = key.sign(signed_text(&timestamp, nonce, body));
        SignatureHeaders { timestamp, nonce: nonce.to_owned(), serial: serial.to_owned(), signature }
    }

    /// Header names and values to send.
    pub fn pairs(&self) -> [(&'static str, String); 5] {
        [
            ("Wechatpay-Timestamp", self.timestamp.clone()),
            ("Wechatpay-Nonce", self.nonce.clone()),
            ("Wechatpay-Serial", self.serial.clone()),
            ("Wechatpay-Signature", self.signature.clone()),
            ("Wechatpay-Signature-Type", super::SCHEMA.to_owned()),
        ]
    }

    /// Collects the headers; `header` looks one up by its lower-case name.
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Result<Self> {
        let take = |name: &'static str| match header(name) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(WireError::Missing(name)),
        };
        Ok(SignatureHeaders {
            timestamp: take("wechatpay-timestamp")?,
            nonce: take("wechatpay-nonce")?,
            serial: normal_serial(&take("wechatpay-serial")?),
            signature: take("wechatpay-signature")?,
        })
    }

    /// Refuses probes and messages more than five minutes from `now_s`, without looking at keys.
    pub fn check_freshness(&self, now_s: i64) -> Result<()> {
        if self.signature.starts_with(PROBE_PREFIX) {
            return Err(WireError::Probe);
        }
        let sent_s: i64 = self.timestamp.parse().map_err(|_| WireError::Malformed("wechatpay-timestamp"))?;
        if now_s.abs_diff(sent_s) > MAX_CLOCK_SKEW_S.unsigned_abs() {
            return Err(WireError::Stale);
        }
        Ok(())
    }

    /// [`Self::check_freshness`], then the signature over the raw body.
    pub fn verify(&self, key: &PublicKey, body: &[u8], now_s: i64) -> Result<()> {
        self.check_freshness(now_s)?;
        key.verify(signed_text(&self.timestamp, &self.nonce, body), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(made: &SignatureHeaders) -> SignatureHeaders {
        let pairs = made.pairs();
        SignatureHeaders::read(|name| pairs.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()))
            .unwrap()
    }

    #[test]
    fn response_is_accepted_only_whole_and_fresh() {
        let key = PrivateKey::generate().unwrap();
        let public = key.public_key().unwrap();
        let made = read(&SignatureHeaders::sign(&key, "00AB", 1_800_000_000, "n", b"{}"));
        assert_eq!(made.serial, "AB");
        made.verify(&public, b"{}", 1_799_999_700).unwrap();
        assert_eq!(made.verify(&public, b"{}", 1_799_999_699), Err(WireError::Stale));
        assert_eq!(made.verify(&public, b"{ }", 1_800_000_000), Err(WireError::Signature));
        let other = SignatureHeaders { nonce: "m".into(), ..made.clone() };
        assert_eq!(other.verify(&public, b"{}", 1_800_000_000), Err(WireError::Signature));
        let extreme = SignatureHeaders { timestamp: i64::MIN.to_string(), ..made };
        assert_eq!(extreme.verify(&public, b"{}", 1_800_000_000), Err(WireError::Stale));
    }

    #[test]
    fn empty_body_of_a_204_is_signed_too() {
        let key = PrivateKey::generate().unwrap();
        let made = SignatureHeaders::sign(&key, "AB", 1_800_000_000, "n", b"");
        made.verify(&key.public_key().unwrap(), b"", 1_800_000_000).unwrap();
    }

    #[test]
    fn probes_and_missing_headers_are_refused() {
        let key = PrivateKey::generate().unwrap();
        let made = SignatureHeaders::sign(&key, "AB", 1_800_000_000, "n", b"");
        let probe = SignatureHeaders { signature: format!("{PROBE_PREFIX}{}", made.signature), ..made };
        assert_eq!(probe.verify(&key.public_key().unwrap(), b"", 1_800_000_000), Err(WireError::Probe));
        assert_eq!(SignatureHeaders::read(|_| None), Err(WireError::Missing("wechatpay-timestamp")));
        assert_eq!(SignatureHeaders::read(|_| Some("")), Err(WireError::Missing("wechatpay-timestamp")));
    }
}
