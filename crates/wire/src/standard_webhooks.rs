//! Standard Webhooks (standardwebhooks.com): the secret's form and the signature over `id.timestamp.body`.
//! A message carries `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`: one or several `v1,` +
//! base64(HMAC-SHA-256), separated by spaces, so that a secret can be changed without a gap.

use crate::digest::{from_base64, hmac_sha256, same, to_base64};
use crate::{Result, WireError};

/// Beginning of every secret.
pub const PREFIX: &str = "whsec_";
/// How far a receiver lets the timestamp lie from now, in seconds.
pub const TOLERANCE_S: i64 = 300;

/// The text of a secret of 24 to 64 bytes.
pub fn secret_text(key: &[u8]) -> String {
    format!("{PREFIX}{}", to_base64(key))
}

fn key_of(secret: &str) -> Result<Vec<u8>> {
    let key = from_base64(secret.strip_prefix(PREFIX).unwrap_or(secret)).ok_or(WireError::Key("webhook secret"))?;
    if (24..=64).contains(&key.len()) { Ok(key) } else { Err(WireError::Key("webhook secret")) }
}

/// One signature: `v1,…`.
pub fn sign(secret: &str, id: &str, timestamp_s: i64, body: &str) -> Result<String> {
    let message = format!("{id}.{timestamp_s}.{body}");
    Ok(format!("v1,{}", to_base64(hmac_sha256(key_of(secret)?, message))))
}

/// What a receiver checks: the time, and that one of the signatures is made with `secret`.
pub fn verify(secret: &str, id: &str, timestamp: &str, body: &str, signatures: &str, now_s: i64) -> Result<()> {
    let timestamp_s: i64 = timestamp.parse().map_err(|_| WireError::Malformed("webhook-timestamp"))?;
    if now_s.abs_diff(timestamp_s) > TOLERANCE_S.unsigned_abs() {
        return Err(WireError::Stale);
    }
    let expected = sign(secret, id, timestamp_s, body)?;
    let matches = signatures.split(' ').any(|given| same(given, &expected));
    if matches { Ok(()) } else { Err(WireError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn signs_as_the_reference_libraries_do() {
        assert_eq!(sign(SECRET, ID, 1_614_265_330, BODY).unwrap(), SIGNATURE);
        assert_eq!(sign(SECRET.strip_prefix(PREFIX).unwrap(), ID, 1_614_265_330, BODY).unwrap(), SIGNATURE);
    }

    #[test]
    fn a_receiver_takes_one_of_several_signatures_and_no_old_message() {
        let both = format!("v1,AAAA {SIGNATURE}");
        let check = |body: &str, signatures: &str, now: i64| verify(SECRET, ID, "1614265330", body, signatures, now);
        check(BODY, &both, 1_614_265_600).unwrap();
        assert_eq!(check(BODY, "v1,AAAA", 1_614_265_330), Err(WireError::Signature));
        assert_eq!(check("{}", &both, 1_614_265_330), Err(WireError::Signature));
        assert_eq!(check(BODY, &both, 1_614_265_631), Err(WireError::Stale));
        assert_eq!(verify(SECRET, ID, "soon", BODY, &both, 0), Err(WireError::Malformed("webhook-timestamp")));
    }

    #[test]
    fn a_secret_is_read_back_and_short_ones_are_refused() {
        let secret = secret_text(&[7; 32]);
        assert!(secret.starts_with("whsec_") && sign(&secret, "a", 1, "").is_ok());
        assert_eq!(sign("whsec_c2hvcnQ=", "a", 1, ""), Err(WireError::Key("webhook secret")));
    }
}
