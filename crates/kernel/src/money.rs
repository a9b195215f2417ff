//! Money in integer fen, and the one place where it is divided.
//! Arithmetic is checked; a float never touches it. Rounding is half away from zero, on a line total.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in fen (1/100 yuan). May be negative in discounts and postings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    pub const ZERO: Fen = Fen(0);

    /// The largest amount an order may reach: 100 million yuan.
    pub const MAX: Fen = Fen(10_000_000_000);

    /// Exactly what `12.3`, `12.30` or `12` says in yuan; `None` for anything else, a third decimal included.
    pub fn from_yuan(text: &str) -> Option<Fen> {
        let (yuan, cents) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(yuan) || !digits(cents) || cents.len() > 2 {
            return None;
        }
        let cents: i64 = format!("{cents:0<2}").parse().ok()?;
        yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents).map(Fen)
    }
    /// Checked sum.
    pub fn plus(self, other: Fen) -> Result<Fen> {
        self.0.checked_add(other.0).map(Fen).ok_or_else(overflow)
    }
    /// Checked difference.
    pub fn minus(self, other: Fen) -> Result<Fen> {
        self.0.checked_sub(other.0).map(Fen).ok_or_else(overflow)
    }
    /// Checked product with a count.
    pub fn times(self, n: i64) -> Result<Fen> {
        self.0.checked_mul(n).map(Fen).ok_or_else(overflow)
    }
    /// `self × numerator / denominator`, rounded half away from zero to the fen.
    pub fn ratio(self, numerator: i64, denominator: i64) -> Result<Fen> {
        if denominator == 0 {
            return Err(overflow());
        }
        let (p, d) = (i128::from(self.0) * i128::from(numerator), i128::from(denominator));
        let (p, d) = if d < 0 { (-p, -d) } else { (p, d) };
        let rounded = if p >= 0 { (2 * p + d) / (2 * d) } else { -((-2 * p + d) / (2 * d)) };
        i64::try_from(rounded).map(Fen).map_err(|_| overflow())
    }
}

fn overflow() -> Error {
    Error::invalid("money.overflow", "金额超出范围")
}

impl fmt::Display for Fen {
    /// Yuan with two decimals: `12.30`, `-0.05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", n / 100, n % 100)
    }
}

/// Splits `amount` over `weights` by largest remainder, ties to the earlier; the parts sum to `amount` exactly.
/// With all weights zero the first part takes all. Weights are not negative.
pub fn prorate(amount: Fen, weights: &[i64]) -> Vec<Fen> {
    let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    if weights.is_empty() {
        return Vec::new();
    }
    if total == 0 {
        let mut parts = vec![Fen::ZERO; weights.len()];
        parts[0] = amount;
        return parts;
    }
    let (sign, size) = (amount.0.signum(), i128::from(amount.0.unsigned_abs()));
    let mut parts: Vec<i64> = Vec::with_capacity(weights.len());
    let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
    for (i, w) in weights.iter().enumerate() {
        let product = size * i128::from(*w);
        parts.push(i64::try_from(product / total).expect("a part is not larger than the whole"));
        remainders.push((product % total, i));
    }
    let given: i128 = parts.iter().map(|p| i128::from(*p)).sum();
    let left = usize::try_from(size - given).expect("fewer leftovers than parts");
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, i) in remainders.into_iter().take(left) {
        parts[i] += 1;
    }
    parts.into_iter().map(|p| Fen(p * sign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(Fen(5).ratio(1, 2).unwrap(), Fen(3));
        assert_eq!(Fen(-5).ratio(1, 2).unwrap(), Fen(-3));
        assert_eq!(Fen(199).ratio(88, 100).unwrap(), Fen(175));
        assert!(Fen(i64::MAX).plus(Fen(1)).is_err());
    }

    #[test]
    fn leftovers_go_to_the_largest_remainder_then_the_earlier_line() {
        assert_eq!(prorate(Fen(100), &[1, 1, 1]), [Fen(34), Fen(33), Fen(33)]);
        assert_eq!(prorate(Fen(-10), &[1, 3]), [Fen(-3), Fen(-7)]);
        assert_eq!(prorate(Fen(7), &[0, 0]), [Fen(7), Fen(0)]);
    }

    #[test]
    fn prints_yuan() {
        assert_eq!(Fen(-5).to_string(), "-0.05");
        assert_eq!(Fen(123_400).to_string(), "1234.00");
    }

    #[test]
    fn reads_yuan_exactly_or_not_at_all() {
        for (text, fen) in [("0.10", 10), ("12", 1_200), ("12.3", 1_230), ("88.88", 8_888), ("0.01", 1)] {
            assert_eq!(Fen::from_yuan(text), Some(Fen(fen)), "{text}");
        }
        for odd in ["", ".5", "1.", "1.234", "-1.00", "+1", "1,000.00", "1e2", " 1", "99999999999999999999"] {
            assert_eq!(Fen::from_yuan(odd), None, "{odd}");
        }
        assert_eq!(Fen::from_yuan(&Fen(123_456).to_string()), Some(Fen(123_456)));
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_stay_within_one_fen(
            amount in -10_000_000_000i64..10_000_000_000,
            weights in prop::collection::vec(0i64..1_000_000_000, 1..30),
        ) {
            let parts = prorate(Fen(amount), &weights);
            prop_assert_eq!(parts.iter().map(|p| p.0).sum::<i64>(), amount);
            let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            if total > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = i128::from(amount) * i128::from(*weight);
                    prop_assert!((i128::from(part.0) * total - exact).abs() < total);
                    prop_assert!(part.0.signum() * amount.signum() >= 0);
                }
            }
        }
    }
}
