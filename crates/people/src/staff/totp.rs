//! One-time codes of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds, one step of tolerance).
//! A step is accepted once: the caller stores it and refuses steps that are not later.

use kernel::{Error, Instant, Result};
use totp_rs::{Algorithm, Builder, Totp};

pub(super) const COLUMN: &str = "staff.totp";

/// The secret as base32, as apps take it.
pub(super) fn new_secret(bytes: [u8; 20]) -> String {
    totp_rs::Secret::from(bytes).to_base32()
}

/// `otpauth://totp/河坊生活:admin?secret=…`, for a QR code.
pub(super) fn otpauth_url(secret: &str, mall: &str, username: &str) -> Result<String> {
    let issuer = mall.replace(':', " ");
    build(secret, username, &issuer)?.to_url().map_err(Error::internal)
}

/// The step in which `code` is right now, if it is.
pub(super) fn step_of(secret: &str, code: &str, now: Instant) -> Result<Option<i64>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.unix_seconds()).unwrap_or_default();
    let step = build(secret, "staff", "hefang")?.check(&code, seconds);
    Ok(step.map(|step| i64::try_from(step).unwrap_or(i64::MAX)))
}

fn build(secret: &str, account: &str, issuer: &str) -> Result<Totp> {
    let secret =
        totp_rs::Secret::try_from_base32(secret).map_err(|_| Error::internal("a stored totp secret is not base32"))?;
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(secret)
        .with_account_name(account)
        .with_issuer(Some(issuer))
        .build()
        .map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, the last six digits.
    #[test]
    fn known_answers() {
        let secret = new_secret(*b"12345678901234567890");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let now = Instant(seconds * 1_000);
            assert_eq!(step_of(&secret, code, now).unwrap(), Some(seconds / 30));
            assert_eq!(step_of(&secret, code, now + 30_000).unwrap(), Some(seconds / 30), "one step late");
            assert_eq!(step_of(&secret, code, now + 60_000).unwrap(), None, "two steps late");
        }
        for broken in ["", "28708", "2870821", "abcdef", "２８７０８２"] {
            assert_eq!(step_of(&secret, broken, Instant(59_000)).unwrap(), None, "{broken}");
        }
    }

    #[test]
    fn the_address_names_mall_and_account() {
        let url = otpauth_url(&new_secret([7; 20]), "河坊: 生活", "admin").unwrap();
        assert!(url.starts_with("otpauth://totp/") && url.contains("secret=") && url.contains("admin"), "{url}");
    }
}
