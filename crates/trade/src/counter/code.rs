//! The code by which a member is known at a counter: who, and until when, signed by the mall. It says no name and no phone,
//! and is worth nothing two minutes later. To pay from the balance it works once. Cameras read it as a text in a QR picture,
//! scanners of one line as digits in bars (ADR 125); it is the same code.

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
const PURPOSE: &str = "member code";
const BARS: &str = "member bars";

/// The bar code: 99 bits in so many digits, because bars can say a digit in half the width of a letter. Goods have 14 at most,
/// payment codes 24.
const DIGITS: usize = 30;
/// Of the 99 bits: who (63), the second it ends within [`ROUND_S`] (8), and the proof (28).
const ROUND_S: i64 = 1 << 8;
const PROOF_BITS: u32 = 28;

/// What a mall's member codes are made and checked with.
pub struct MemberCodes<'a> {
    sealer: &'a Sealer,
    mall_id: MallId,
}

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberCode {
    pub member_id: Id,
    pub expires_at: Instant,
}

impl MemberCode {
    /// A code for now; it ends with a whole second.
    pub fn fresh(member_id: Id, now: Instant) -> Self {
        let end = now.0 + MEMBER_CODE_LIFE_MS;
        MemberCode { member_id, expires_at: Instant(end - end.rem_euclid(1_000)) }
    }

    /// Whether a text is meant as a member's code, true or forged.
    pub fn is_one(text: &str) -> bool {
        let text = text.trim();
        text.starts_with(PREFIX) || is_bars(text)
    }

    fn bytes(&self) -> [u8; 16] {
        let mut body = [0u8; 16];
        body[..8].copy_from_slice(&self.member_id.0.to_be_bytes());
        body[8..].copy_from_slice(&self.expires_at.0.to_be_bytes());
        body
    }

    fn of(body: [u8; 16]) -> Self {
        let number = |at: usize| i64::from_be_bytes(body[at..at + 8].try_into().expect("eight bytes"));
        MemberCode { member_id: Id(number(0)), expires_at: Instant(number(8)) }
    }
}

fn is_bars(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl<'a> MemberCodes<'a> {
    pub fn new(sealer: &'a Sealer, mall_id: MallId) -> Self {
        MemberCodes { sealer, mall_id }
    }

    /// The code as a text for a QR picture.
    pub fn text(&self, code: &MemberCode) -> Result<String> {
        Signer::of(self.sealer, PURPOSE, self.mall_id)?.text(PREFIX, &code.bytes())
    }

    /// The same code in digits, for a bar code.
    pub fn digits(&self, code: &MemberCode) -> String {
        let who = u128::from(code.member_id.0.unsigned_abs());
        let second = u128::from((code.expires_at.0 / 1_000).rem_euclid(ROUND_S).unsigned_abs());
        let number = (((who << 8) | second) << PROOF_BITS) | u128::from(self.proof(code));
        format!("{number:0width$}", width = DIGITS)
    }

    /// Short, so it is worth something only because staff alone can ask, and for two minutes.
    fn proof(&self, code: &MemberCode) -> u32 {
        let [a, b, c, d, ..] = self.sealer.proof(BARS, self.mall_id, &code.bytes());
        u32::from_be_bytes([a, b, c, d]) >> (u32::BITS - PROOF_BITS)
    }

    /// Reads a code that is good now. `counter.code_forged`, `counter.code_expired` (409).
    pub fn read(&self, text: &str, now: Instant) -> Result<MemberCode> {
        let text = text.trim();
        let code = if is_bars(text) { self.read_digits(text, now) } else { self.read_text(text)? };
        let code =
            code.ok_or_else(|| Error::conflict("counter.code_forged", "这不是本商城现在的会员码，请顾客刷新后再扫"))?;
        if now > code.expires_at + LEEWAY_MS {
            return Err(Error::conflict("counter.code_expired", "会员码已经过期，请顾客刷新后再扫"));
        }
        Ok(code)
    }

    fn read_text(&self, text: &str) -> Result<Option<MemberCode>> {
        Ok(Signer::of(self.sealer, PURPOSE, self.mall_id)?.read(PREFIX, text).map(MemberCode::of))
    }

    /// The second it ends is told within four minutes: the last such second that a code of now, or of a clock that is ahead,
    /// can end with. What is older than that is no code any more.
    fn read_digits(&self, text: &str, now: Instant) -> Option<MemberCode> {
        let number: u128 = text.parse().ok()?;
        let who = i64::try_from(number >> (PROOF_BITS + 8)).ok()?;
        let second = i64::try_from((number >> PROOF_BITS) & 0xff).ok()?;
        let latest = (now + MEMBER_CODE_LIFE_MS + LEEWAY_MS).0 / 1_000;
        let ends = latest - (latest - second).rem_euclid(ROUND_S);
        let code = MemberCode { member_id: Id(who), expires_at: Instant(ends * 1_000) };
        (u128::from(self.proof(&code)) == number & ((1 << PROOF_BITS) - 1)).then_some(code)
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

    fn now() -> Instant {
        Instant::parse("2026-11-23T02:00:00.700Z").unwrap()
    }

    #[test]
    fn a_code_names_its_member_for_two_minutes_as_a_text_and_in_digits() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let (ours, theirs) = (MemberCodes::new(&sealer, Id(1)), MemberCodes::new(&sealer, Id(2)));
        for member_id in [Id(7), Id(i64::MAX)] {
            let code = MemberCode::fresh(member_id, now());
            for text in [ours.text(&code).unwrap(), ours.digits(&code)] {
                assert!(MemberCode::is_one(&text), "{text}");
                for later in [0, 60_000, 129_000] {
                    assert_eq!(ours.read(&format!(" {text} "), now() + later).unwrap(), code);
                }
                assert!(ours.read(&text, now() + minutes(3)).unwrap_err().is("counter.code_expired"));
                assert!(theirs.read(&text, now()).unwrap_err().is("counter.code_forged"));
            }
        }
        for forged in ["HM1.AAAA", "000000000000000000000000000007", &"9".repeat(30)] {
            assert!(ours.read(forged, now()).unwrap_err().is("counter.code_forged"));
        }
        // Goods, phones and payment codes are none.
        for other in ["6970000102483", "13800001234", "134567890123456789", "280123456789012345678901"] {
            assert!(!MemberCode::is_one(other));
        }
    }

    #[test]
    fn a_clock_that_is_ahead_is_believed_a_little() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let ours = MemberCodes::new(&sealer, Id(1));
        let code = MemberCode::fresh(Id(7), now());
        assert_eq!(ours.read(&ours.digits(&code), now() - seconds(9)).unwrap(), code);
        assert!(ours.read(&ours.digits(&code), now() + minutes(5)).is_err());
    }
}
