//! Instants as the outside services write them: China Standard Time, in the forms their documents show.

use kernel::{Instant, hours};

/// `2026-11-23T21:00:00+08:00`.
pub(crate) fn rfc3339(at: Instant) -> String {
    let t = (at + hours(8)).datetime();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `2026-11-23 21:00:00`.
pub(crate) fn plain(at: Instant) -> String {
    rfc3339(at)[..19].replace('T', " ")
}

/// `20261123210000`.
pub(crate) fn compact(at: Instant) -> String {
    plain(at).chars().filter(char::is_ascii_digit).collect()
}

/// `21:00:05`, for pages.
pub(crate) fn clock(at: Instant) -> String {
    plain(at)[11..].to_owned()
}

/// `¥12.30`, for pages.
pub(crate) fn yuan(fen: i64) -> String {
    format!("¥{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn china_is_eight_hours_ahead() {
        let at = Instant::parse("2026-11-23T16:00:05Z").unwrap();
        assert_eq!(rfc3339(at), "2026-11-24T00:00:05+08:00");
        assert_eq!(plain(at), "2026-11-24 00:00:05");
        assert_eq!(compact(at), "20261124000005");
        assert_eq!(clock(at), "00:00:05");
        assert_eq!(yuan(1205), "¥12.05");
    }
}
