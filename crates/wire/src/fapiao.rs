//! The invoice service's signature: HMAC-SHA256 over method, path, time and digest of the body, in three headers. There is
//! no protocol that all providers of 数电票 share; a bridge to one of them speaks this one.

use crate::digest::{hmac_sha256, same};
use crate::{Result, WireError, sha256_hex};

/// Header of the account's key.
pub const KEY: &str = "x-fapiao-key";
/// Header of the time, in Unix seconds.
pub const TIMESTAMP: &str = "x-fapiao-timestamp";
/// Header of the signature.
pub const SIGNATURE: &str = "x-fapiao-signature";
/// How far clocks may differ.
const SKEW_S: i64 = 300;

/// Signature of a request; `path` as sent, with its query.
pub fn sign(secret: &str, method: &str, path: &str, timestamp_s: i64, body: &[u8]) -> String {
    let text = format!("{method}\n{path}\n{timestamp_s}\n{}\n", sha256_hex(body));
    hex::encode(hmac_sha256(secret, text))
}

/// Checks [`sign`] and that the request is fresh.
pub fn verify(
    secret: &str,
    method: &str,
    path: &str,
    timestamp_s: i64,
    body: &[u8],
    given: &str,
    now_s: i64,
) -> Result<()> {
    if (now_s - timestamp_s).abs() > SKEW_S {
        return Err(WireError::Stale);
    }
    if same(sign(secret, method, path, timestamp_s, body), given) { Ok(()) } else { Err(WireError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_everything_and_ages() {
        let signed = sign("secret", "POST", "/fapiao/v1/invoices", 1_795_000_000, b"{}");
        assert_eq!(signed.len(), 64);
        let check =
            |path: &str, body: &[u8], now: i64| verify("secret", "POST", path, 1_795_000_000, body, &signed, now);
        assert!(check("/fapiao/v1/invoices", b"{}", 1_795_000_299).is_ok());
        assert_eq!(check("/fapiao/v1/invoices", b"{ }", 1_795_000_000), Err(WireError::Signature));
        assert_eq!(check("/fapiao/v1/invoice", b"{}", 1_795_000_000), Err(WireError::Signature));
        assert_eq!(check("/fapiao/v1/invoices", b"{}", 1_795_000_301), Err(WireError::Stale));
    }
}
