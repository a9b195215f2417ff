//! The code that is shown and scanned: what it is for, where, and until when, signed by the mall. Twenty-six bytes and a
//! signature in base64url after `HF1.`; it names no person and is worth nothing two minutes later.

use super::model::Kind;
use kernel::{Error, Id, Instant, MallId, Result, minutes, seconds};
use platform::seal::Sealer;
use platform::signer::Signer;
use serde::Serialize;
use utoipa::ToSchema;

/// How long a code can be scanned.
pub const LIFE_MS: i64 = minutes(2);
/// How far the clocks of phones may be from ours.
const LEEWAY_MS: i64 = seconds(60);
/// How long after the fact a clerk's page may tell what it handed over without a network.
const LATE_MS: i64 = kernel::hours(24);

const PREFIX: &str = "HF1.";
const VERSION: u8 = 1;
const BODY_LEN: usize = 26;

/// What the clerk's page needs to check codes by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PassKey {
    /// The uncompressed P-256 point in base64url; signatures are ECDSA with SHA-256, `r ‖ s`.
    pub public_key: String,
    pub life_ms: i64,
    pub leeway_ms: i64,
    /// How long a hand-over without a network may wait to be told.
    pub late_ms: i64,
    /// By the server's clock, so that the page knows how far its own is off.
    pub now: Instant,
}

impl PassKey {
    pub fn of(signer: &Signer, now: Instant) -> Self {
        PassKey { public_key: signer.public_key(), life_ms: LIFE_MS, leeway_ms: LEEWAY_MS, late_ms: LATE_MS, now }
    }
}

/// The key that signs a mall's codes.
pub fn signer(sealer: &Sealer, mall_id: MallId) -> Result<Signer> {
    Signer::of(sealer, "redemption pass", mall_id)
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub kind: Kind,
    pub subject_id: Id,
    pub store_id: Id,
    pub expires_at: Instant,
}

impl Pass {
    /// Whether a text is meant as a code of ours, true or forged.
    pub fn is_one(text: &str) -> bool {
        text.trim().starts_with(PREFIX)
    }

    fn body(&self) -> [u8; BODY_LEN] {
        let mut body = [0; BODY_LEN];
        body[0] = VERSION;
        // Both are the code of an order that waits at a counter.
        body[1] = match self.kind {
            Kind::Pickup | Kind::Service => 1,
        };
        body[2..10].copy_from_slice(&self.subject_id.0.to_be_bytes());
        body[10..18].copy_from_slice(&self.store_id.0.to_be_bytes());
        body[18..26].copy_from_slice(&self.expires_at.0.to_be_bytes());
        body
    }

    /// The code.
    pub fn signed(&self, signer: &Signer) -> Result<String> {
        signer.text(PREFIX, &self.body())
    }

    /// Reads a code. `redemption.pass_forged` (409) when we did not sign it.
    pub fn read(signer: &Signer, text: &str) -> Result<Pass> {
        let forged = || Error::conflict("redemption.pass_forged", "这个二维码不是本商城的取货码，请核对后再扫");
        let body: [u8; BODY_LEN] = signer.read(PREFIX, text).ok_or_else(forged)?;
        if body[0] != VERSION || body[1] != 1 {
            return Err(forged());
        }
        let number = |at: usize| i64::from_be_bytes(body[at..at + 8].try_into().expect("eight bytes"));
        Ok(Pass {
            kind: Kind::Pickup,
            subject_id: Id(number(2)),
            store_id: Id(number(10)),
            expires_at: Instant(number(18)),
        })
    }

    /// Whether the code was good when it was scanned: now, or at `handed_at` by a page without a network.
    /// `redemption.pass_expired`, `redemption.told_too_late` (409).
    pub fn check_time(&self, now: Instant, handed_at: Option<Instant>) -> Result<()> {
        let scanned_at = handed_at.unwrap_or(now);
        if scanned_at > now + LEEWAY_MS || scanned_at + LATE_MS < now {
            return Err(Error::conflict("redemption.told_too_late", "离线交付要在 24 小时内上传，请联系店长处理"));
        }
        let issued_at = self.expires_at - LIFE_MS;
        if scanned_at > self.expires_at + LEEWAY_MS || scanned_at + LEEWAY_MS < issued_at {
            return Err(Error::conflict("redemption.pass_expired", "这个二维码已经过期，请顾客刷新后再扫"));
        }
        Ok(())
    }
}
