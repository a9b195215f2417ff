//! A Chinese mobile number, parsed once at the edge from whatever people type. It is stored sealed in E.164 and found by a
//! keyed hash; outside it shows as `138****0000`.

use kernel::{Error, Result};
use platform::seal::Sealer;

/// A valid mainland mobile number; holds the eleven digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// A phone as the database keeps it.
#[derive(Debug, Clone)]
pub struct SealedPhone {
    /// Opens to E.164.
    pub sealed: String,
    /// Keyed hash: equal numbers, equal text.
    pub hash: String,
    /// The last four digits.
    pub tail: String,
}

const COLUMN: &str = "member.phone";

impl Phone {
    /// Accepts `13800000000`, `+86 138-0000-0000`, `0086 138 0000 0000`, full-width digits.
    /// `session.phone_invalid` (400) at field `phone` for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let plain: Option<String> = text.chars().filter(|c| !is_filler(*c)).map(narrow).collect();
        let digits = plain.filter(|p| text.len() <= 64 && !p.is_empty()).ok_or_else(invalid)?;
        let (plus, digits) = match digits.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, digits.as_str()),
        };
        let national = match (plus, digits.len()) {
            (false, 11) => digits,
            (_, 13) => digits.strip_prefix("86").unwrap_or_default(),
            (false, 15) => digits.strip_prefix("0086").unwrap_or_default(),
            _ => "",
        };
        let fits = national.len() == 11
            && national.bytes().all(|b| b.is_ascii_digit())
            && national.starts_with('1')
            && matches!(national.as_bytes()[1], b'3'..=b'9');
        if fits { Ok(Phone(national.to_owned())) } else { Err(invalid()) }
    }

    /// The eleven digits, as carriers and parcels want them.
    pub fn national(&self) -> &str {
        &self.0
    }

    /// `+8613800000000`.
    pub fn e164(&self) -> String {
        format!("+86{}", self.0)
    }

    /// `138****0000`.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }

    /// The last four digits.
    pub fn tail(&self) -> &str {
        &self.0[7..]
    }

    /// What tables keep of a member's phone.
    pub fn seal(&self, sealer: &Sealer) -> SealedPhone {
        SealedPhone { sealed: sealer.seal(COLUMN, &self.e164()), hash: self.hash(sealer), tail: self.tail().to_owned() }
    }

    /// The keyed hash that finds it.
    pub fn hash(&self, sealer: &Sealer) -> String {
        sealer.hash(COLUMN, &self.e164())
    }

    /// Opens a sealed member phone; internal error if it was tampered with.
    pub fn open(sealer: &Sealer, sealed: &str) -> Result<Self> {
        Phone::parse(&sealer.open(COLUMN, sealed)?).map_err(Error::internal)
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '–' | '—' | '－' | '(' | ')' | '（' | '）' | '·' | '.')
}

/// Full-width signs become ASCII; letters and the like become nothing at all.
fn narrow(c: char) -> Option<char> {
    match c {
        '0'..='9' | '+' => Some(c),
        '＋' => Some('+'),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

fn invalid() -> Error {
    Error::invalid("session.phone_invalid", "手机号不正确，请填写 11 位手机号").at("phone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_one_number() {
        for text in [
            "13800000000",
            " 138 0000 0000 ",
            "138-0000-0000",
            "+8613800000000",
            "+86 138 0000 0000",
            "8613800000000",
            "0086 (138) 0000-0000",
            "１３８００００００００",
        ] {
            let phone = Phone::parse(text).expect(text);
            assert_eq!(phone.e164(), "+8613800000000");
            assert_eq!(phone.masked(), "138****0000");
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        let long = "1".repeat(200);
        for text in
            ["", "1380000000", "12800000000", "+12025550123", "0571-88888888", "1380000000a", "+13800000000", &long]
        {
            assert!(Phone::parse(text).is_err_and(|e| e.is("session.phone_invalid")), "{text}");
        }
    }

    #[test]
    fn sealed_phones_open_and_say_nothing() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let phone = Phone::parse("13812345678").unwrap();
        let kept = phone.seal(&sealer);
        assert_eq!(Phone::open(&sealer, &kept.sealed).unwrap(), phone);
        assert_eq!(kept.hash, phone.hash(&sealer));
        assert!(!format!("{kept:?} {phone:?}").contains("1234567"));
    }
}
