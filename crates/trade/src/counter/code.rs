//! The code by which a member is known at a counter: who, and until when, signed by the mall. It says no name and no phone,
//! and is worth nothing two minutes later. To pay from the balance it works once.

use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, minutes, seconds};
use platform::Ctx;
use platform::seal::Sealer;
use platform::signer::Signer;

/// How long a code can be scanned.
pub const MEMBER_CODE_LIFE_MS: i64 = minutes(2);
/// How far the clocks of two nodes may be apart.
const LEEWAY_MS: i64 = seconds(10);

const PREFIX: &str = "HM1.";

/// The key that signs a mall's member codes.
pub fn member_signer(sealer: &Sealer, mall_id: MallId) -> Result<Signer> {
    Signer::of(sealer, "member code", mall_id)
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberCode {
    pub member_id: Id,
    pub expires_at: Instant,
}

impl MemberCode {
    /// A code for now.
    pub fn fresh(member_id: Id, now: Instant) -> Self {
        MemberCode { member_id, expires_at: now + MEMBER_CODE_LIFE_MS }
    }

    /// Whether a text is meant as a member's code, true or forged.
    pub fn is_one(text: &str) -> bool {
        text.trim().starts_with(PREFIX)
    }

    /// The code.
    pub fn signed(&self, signer: &Signer) -> Result<String> {
        let mut body = [0u8; 16];
        body[..8].copy_from_slice(&self.member_id.0.to_be_bytes());
        body[8..].copy_from_slice(&self.expires_at.0.to_be_bytes());
        signer.text(PREFIX, &body)
    }

    /// Reads a code that is good now. `counter.code_forged`, `counter.code_expired` (409).
    pub fn read(signer: &Signer, text: &str, now: Instant) -> Result<Self> {
        let body: Option<[u8; 16]> = signer.read(PREFIX, text);
        let body = body.ok_or_else(|| Error::conflict("counter.code_forged", "这不是本商城的会员码，请核对后再扫"))?;
        let number = |at: usize| i64::from_be_bytes(body[at..at + 8].try_into().expect("eight bytes"));
        let code = MemberCode { member_id: Id(number(0)), expires_at: Instant(number(8)) };
        if now > code.expires_at + LEEWAY_MS {
            return Err(Error::conflict("counter.code_expired", "会员码已经过期，请顾客刷新后再扫"));
        }
        Ok(code)
    }
}

/// Uses a code up to pay from the balance. `counter.code_used` (409) the second time.
pub fn use_up(tx: &mut Tx<'_>, ctx: &Ctx, code: &MemberCode) -> Result<()> {
    tx.exec(
        "insert into member_code_use (mall_id, member_id, expires_at) values ($1, $2, $3)",
        &args![ctx.mall_id, code.member_id, code.expires_at],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_its_member_for_two_minutes() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let (ours, theirs) = (member_signer(&sealer, Id(1)).unwrap(), member_signer(&sealer, Id(2)).unwrap());
        let now = Instant::parse("2026-11-23T02:00:00Z").unwrap();
        let text = MemberCode::fresh(Id(7), now).signed(&ours).unwrap();
        assert_eq!(MemberCode::read(&ours, &text, now).unwrap().member_id, Id(7));
        assert!(MemberCode::read(&theirs, &text, now).unwrap_err().is("counter.code_forged"));
        assert!(MemberCode::read(&ours, &text, now + minutes(3)).unwrap_err().is("counter.code_expired"));
        assert!(MemberCode::read(&ours, "HM1.AAAA", now).unwrap_err().is("counter.code_forged"));
    }
}
