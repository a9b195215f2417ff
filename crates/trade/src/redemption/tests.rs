//! Codes that prove themselves.

use super::*;
use kernel::{Id, Instant, minutes, seconds};
use platform::seal::Sealer;

fn pass() -> Pass {
    let expires_at = Instant::parse("2026-11-23T02:02:00Z").unwrap();
    Pass { kind: Kind::Pickup, subject_id: Id(20_261_123_100_000_001), store_id: Id(7), expires_at }
}

#[test]
fn a_code_says_what_was_signed_and_nothing_else() {
    let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
    let (ours, theirs) = (signer(&sealer, Id(1)).unwrap(), signer(&sealer, Id(2)).unwrap());
    let text = pass().signed(&ours).unwrap();
    assert!(Pass::is_one(&text) && text.len() < 128, "short enough for a coarse picture: {}", text.len());
    assert_eq!(Pass::read(&ours, &text).unwrap(), pass());
    assert!(Pass::read(&theirs, &text).unwrap_err().is("redemption.pass_forged"));
    for at in 4..text.len() {
        let mut forged = text.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert!(Pass::read(&ours, &forged).is_err(), "{at}");
    }
    for odd in ["HF1.", "HF1.AAAA", "123456789012", "HF1.%%%"] {
        assert!(Pass::read(&ours, odd).is_err(), "{odd}");
    }
}

#[test]
fn a_code_is_good_for_two_minutes_and_a_late_report_for_a_day() {
    let (pass, end) = (pass(), pass().expires_at);
    let refused = |now, at| pass.check_time(now, at).err().map(|error| error.code().to_owned());
    assert_eq!(refused(end, None), None);
    assert_eq!(refused(end + seconds(60), None), None, "clocks differ");
    assert_eq!(refused(end + seconds(61), None).as_deref(), Some("redemption.pass_expired"));
    assert_eq!(refused(end - minutes(4), None).as_deref(), Some("redemption.pass_expired"), "not yet issued");
    let later = end + kernel::hours(5);
    assert_eq!(refused(later, Some(end - seconds(30))), None);
    assert_eq!(refused(later, Some(end + minutes(2))).as_deref(), Some("redemption.pass_expired"));
    assert_eq!(refused(later, Some(later + minutes(2))).as_deref(), Some("redemption.told_too_late"));
    assert_eq!(refused(end + kernel::hours(25), Some(end)).as_deref(), Some("redemption.told_too_late"));
}
