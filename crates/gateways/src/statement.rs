//! What the channels' statement files have in common: archives that are bounded before they are believed, text in GBK, and
//! decimals read to the fen without a float.

use kernel::Error;
use std::io::{Cursor, Read};

/// Most bytes of a file once unpacked.
const MOST_UNPACKED: u64 = 512 << 20;
/// Most files of an archive.
const MOST_FILES: usize = 100;

/// A file that is not what it should be.
pub(crate) fn unreadable(cause: impl std::fmt::Display) -> Error {
    Error::gateway("payment.bill_unreadable", "支付账单读不懂，请稍后重试或联系支持").because(cause)
}

/// The files of a zip archive whose name `wanted` accepts. Names may be GBK: they are decoded where they are not UTF-8.
pub(crate) fn unzip(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<Vec<u8>>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    if archive.len() > MOST_FILES {
        return Err(format!("an archive of {} files", archive.len()));
    }
    let (mut found, mut left) = (Vec::new(), MOST_UNPACKED);
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(|e| e.to_string())?;
        let name = match std::str::from_utf8(file.name_raw()) {
            Ok(name) => name.to_owned(),
            Err(_) => gbk(file.name_raw()),
        };
        if !wanted(&name) {
            continue;
        }
        let mut content = Vec::new();
        (&mut file).take(left + 1).read_to_end(&mut content).map_err(|e| e.to_string())?;
        left = left.checked_sub(content.len() as u64).ok_or("the unpacked bill is too large")?;
        found.push(content);
    }
    Ok(found)
}

/// Text of a file in GBK.
pub(crate) fn gbk(bytes: &[u8]) -> String {
    encoding_rs::GBK.decode(bytes).0.into_owned()
}

/// Yuan with two places as fen; never negative.
pub(crate) fn fen(text: &str) -> Result<i64, String> {
    hundredths(text).and_then(|fen| if fen < 0 { Err(format!("amount {text}")) } else { Ok(fen) })
}

/// A decimal number as hundredths, exactly; a fee has up to five places and is rounded half away from zero.
pub(crate) fn hundredths(text: &str) -> Result<i64, String> {
    let wrong = || format!("amount {text}");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || places.len() > 6 || !plain(whole) || !plain(places) {
        return Err(wrong());
    }
    let thousandths: i64 =
        format!("{whole}{:0<3}", places.get(..3.min(places.len())).unwrap_or_default()).parse().map_err(|_| wrong())?;
    Ok(sign * ((thousandths + 5) / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_fen_without_a_float() {
        for (text, want) in [("0.29", 29), ("1", 100), ("1.005", 101), ("-0.06000", -6), ("19.9", 1_990)] {
            assert_eq!(hundredths(text), Ok(want), "{text}");
        }
        for text in ["", ".5", "1.2.3", "1,000.00", "１"] {
            assert!(hundredths(text).is_err(), "{text}");
        }
        assert!(fen("-0.01").is_err());
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert!(unzip(b"<html>", |_| true).is_err());
    }
}
