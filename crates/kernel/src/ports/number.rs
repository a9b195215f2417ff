//! Our numbers at payment channels are ids, so they tell when they were made: `12` a payment, `R12` a refund, `R12N173` the
//! same refund asked for under a new number 173 seconds later. UnionPay knows a trade by its number and that second.

use crate::{Id, Ids, Instant, seconds};

/// When the trade of this number was sent; `None` for a number that is none of ours.
pub fn sent_at(number: &str) -> Option<Instant> {
    let digits = number.strip_prefix('R').unwrap_or(number);
    let (id, later) = match digits.split_once('N') {
        Some((id, later)) => (id, later.parse::<i64>().ok().filter(|later| (0..=100_000_000).contains(later))?),
        None => (digits, 0),
    };
    let id: Id = id.parse().ok()?;
    Some(Ids::instant_of(id) + seconds(later))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrozenClock;

    #[test]
    fn numbers_tell_the_second_they_were_sent() {
        let clock = FrozenClock::at(Instant::parse("2026-11-24T02:00:05.250Z").unwrap());
        let id = Ids::new(1).next(&clock);
        assert_eq!(sent_at(&id.to_string()), Instant::parse("2026-11-24T02:00:05.250Z"));
        assert_eq!(sent_at(&format!("R{id}")), sent_at(&id.to_string()));
        assert_eq!(sent_at(&format!("R{id}N173")), Instant::parse("2026-11-24T02:02:58.250Z"));
        for odd in ["", "R", "x", "R1N", "R1N-1", "hefang-live-check", "1N99999999999"] {
            assert_eq!(sent_at(odd), None, "{odd}");
        }
    }
}
