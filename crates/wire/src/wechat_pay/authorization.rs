//! The `Authorization` header of a request to WeChat Pay: made by a merchant, taken apart and checked by a stand-in.
//! Five lines are signed: method, path with query exactly as sent, timestamp, nonce, body (empty keeps its line).

use super::MAX_CLOCK_SKEW_S;
use crate::{PrivateKey, PublicKey, Result, WireError};
use std::fmt;

/// Scheme of the header.
pub const SCHEMA: &str = "WECHATPAY2-SHA256-RSA2048";

/// The five values of the header. `Display` writes the header's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    pub merchant_id: String,
    /// Serial of the merchant's certificate.
    pub serial: String,
    pub nonce: String,
    /// Unix seconds.
    pub timestamp_s: i64,
    /// Base64.
    pub signature: String,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization({} {} {} {})", self.merchant_id, self.serial, self.timestamp_s, self.nonce)
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{SCHEMA} mchid=\"{}\",nonce_str=\"{}\",timestamp=\"{}\",serial_no=\"{}\",signature=\"{}\"",
            self.merchant_id, self.nonce, self.timestamp_s, self.serial, self.signature
        )
    }
}

fn signed_text(method: &str, path_and_query: &str, timestamp_s: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method}\n{path_and_query}\n{timestamp_s}\n{nonce}\n").into_bytes();
    text.extend_from_slice(body);
    text.push(b'\n');
    text
}

impl Authorization {
    /// Signs a request. `path_and_query` as it goes over the wire (`/v3/certificates`, `/v3/…?mchid=1`);
    /// for uploads `body` is the `meta` JSON alone.
    pub fn sign(
        key: &PrivateKey,
        merchant_id: &str,
        serial: &str,
        method: &str,
        path_and_query: &str,
        timestamp_s: i64,
        nonce: &str,
        body: &[u8],
    ) -> Self {
        Authorization {
            merchant_id: merchant_id.to_owned(),
            serial: serial.to_owned(),
            nonce: nonce.to_owned(),
            timestamp_s,
            signature: key.sign(signed_text(method, path_and_query, timestamp_s, nonce, body)),
        }
    }

    /// Takes a header's value apart. Fields may come in any order; a field twice or an unknown one is refused.
    pub fn parse(header: &str) -> Result<Self> {
        const WRONG: WireError = WireError::Malformed("Authorization");
        let (schema, fields) = header.trim().split_once(' ').ok_or(WRONG)?;
        if schema != SCHEMA {
            return Err(WRONG);
        }
        let [mut merchant_id, mut serial, mut nonce, mut timestamp, mut signature] = [const { None::<&str> }; 5];
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or(WRONG)?;
            let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).ok_or(WRONG)?;
            let slot = match name {
                "mchid" => &mut merchant_id,
                "serial_no" => &mut serial,
                "nonce_str" => &mut nonce,
                "timestamp" => &mut timestamp,
                "signature" => &mut signature,
                _ => return Err(WRONG),
            };
            if slot.replace(value).is_some() || value.is_empty() {
                return Err(WRONG);
            }
        }
        Ok(Authorization {
            merchant_id: merchant_id.ok_or(WireError::Missing("mchid"))?.to_owned(),
            serial: serial.ok_or(WireError::Missing("serial_no"))?.to_owned(),
            nonce: nonce.ok_or(WireError::Missing("nonce_str"))?.to_owned(),
            timestamp_s: timestamp.ok_or(WireError::Missing("timestamp"))?.parse().map_err(|_| WRONG)?,
            signature: signature.ok_or(WireError::Missing("signature"))?.to_owned(),
        })
    }

    /// Checks the time (± 5 minutes) and the signature with the merchant's public key.
    pub fn verify(&self, key: &PublicKey, method: &str, path_and_query: &str, body: &[u8], now_s: i64) -> Result<()> {
        if now_s.abs_diff(self.timestamp_s) > MAX_CLOCK_SKEW_S.unsigned_abs() {
            return Err(WireError::Stale);
        }
        key.verify(signed_text(method, path_and_query, self.timestamp_s, &self.nonce, body), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &PrivateKey) -> Authorization {
        Authorization::sign(key, "1900000001", "7777", "POST", "/v3/x?a=1", 1_800_000_000, "N0NCE", b"{}")
    }

    #[test]
    fn header_goes_out_and_comes_back() {
        let key = PrivateKey::generate().unwrap();
        let made = signed(&key);
        let read = Authorization::parse(&made.to_string()).unwrap();
        assert_eq!(read, made);
        let public = key.public_key().unwrap();
        read.verify(&public, "POST", "/v3/x?a=1", b"{}", 1_800_000_300).unwrap();
        assert_eq!(read.verify(&public, "POST", "/v3/x?a=1", b"{}", 1_800_000_301), Err(WireError::Stale));
        assert_eq!(read.verify(&public, "POST", "/v3/x?a=2", b"{}", 1_800_000_000), Err(WireError::Signature));
        assert_eq!(read.verify(&public, "GET", "/v3/x?a=1", b"{}", 1_800_000_000), Err(WireError::Signature));
        assert_eq!(read.verify(&public, "POST", "/v3/x?a=1", b"{ }", 1_800_000_000), Err(WireError::Signature));
        assert!(!format!("{made:?}").contains(&made.signature));
    }

    #[test]
    fn order_of_fields_is_free() {
        let text = format!("{SCHEMA} signature=\"c2ln\", serial_no=\"A\",timestamp=\"1\",nonce_str=\"n\",mchid=\"m\"");
        let read = Authorization::parse(&text).unwrap();
        assert_eq!((read.merchant_id.as_str(), read.timestamp_s, read.signature.as_str()), ("m", 1, "c2ln"));
    }

    #[test]
    fn broken_headers_are_refused() {
        for text in [
            "",
            "Bearer abc",
            "WECHATPAY2-SHA256-RSA2048 mchid=\"m\"",
            "WECHATPAY2-SHA256-RSA2048 mchid=m,nonce_str=\"n\",timestamp=\"1\",serial_no=\"s\",signature=\"x\"",
            "WECHATPAY2-SHA256-RSA2048 mchid=\"m\",mchid=\"m\",nonce_str=\"n\",timestamp=\"1\",serial_no=\"s\",signature=\"x\"",
            "WECHATPAY2-SHA256-RSA2048 mchid=\"m\",nonce_str=\"n\",timestamp=\"soon\",serial_no=\"s\",signature=\"x\"",
            "WECHATPAY2-SHA256-RSA2048 mchid=\"\",nonce_str=\"n\",timestamp=\"1\",serial_no=\"s\",signature=\"x\"",
        ] {
            assert!(Authorization::parse(text).is_err(), "{text}");
        }
    }
}
