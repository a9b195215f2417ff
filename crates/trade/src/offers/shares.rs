//! What each unit of a line cost. A line's payable is split over its units by largest remainder (ties to the earlier
//! unit) and stored run-length, so refunding any unit gives back exactly what that unit cost.

use kernel::{Error, Fen, Result};

/// `[(share, units)]`, dearer units first; the shares sum to `payable`.
pub fn shares(payable: Fen, quantity: i64) -> Vec<(Fen, i64)> {
    if quantity <= 0 {
        return Vec::new();
    }
    let (base, dearer) = (payable.0.div_euclid(quantity), payable.0.rem_euclid(quantity));
    let runs = [(Fen(base + 1), dearer), (Fen(base), quantity - dearer)];
    runs.into_iter().filter(|(_, units)| *units > 0).collect()
}

/// The stored text: `[[1990,2]]`.
pub fn shares_text(payable: Fen, quantity: i64) -> String {
    runs_text(&shares(payable, quantity))
}

/// Runs of units as text.
pub(super) fn runs_text(runs: &[(Fen, i64)]) -> String {
    let runs: Vec<String> = runs.iter().map(|(fen, units)| format!("[{},{units}]", fen.0)).collect();
    format!("[{}]", runs.join(","))
}

/// The runs of a stored text.
pub fn shares_of(text: &str) -> Result<Vec<(Fen, i64)>> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// The sum of a line's first `count` unit shares.
pub fn first_units(text: &str, count: i64) -> Result<i64> {
    let (mut left, mut sum) = (count, 0);
    for (fen, units) in shares_of(text)? {
        let taken = left.min(units);
        sum += fen.0 * taken;
        left -= taken;
    }
    Ok(sum)
}

/// Per unit, what the line paid after something less what it paid before: the shares of one discount.
pub(crate) fn difference(before: Fen, after: Fen, quantity: i64) -> Vec<(Fen, i64)> {
    let (mut a, mut b) = (shares(before, quantity).into_iter(), shares(after, quantity).into_iter());
    let (mut left, mut right) = (a.next(), b.next());
    let mut runs: Vec<(Fen, i64)> = Vec::with_capacity(3);
    while let (Some((was, n)), Some((is, m))) = (left, right) {
        let units = n.min(m);
        match runs.last_mut() {
            Some(last) if last.0.0 == is.0 - was.0 => last.1 += units,
            _ => runs.push((Fen(is.0 - was.0), units)),
        }
        left = if n == units { a.next() } else { Some((was, n - units)) };
        right = if m == units { b.next() } else { Some((is, m - units)) };
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dearer_units_come_first() {
        assert_eq!(shares_text(Fen(1_000), 3), "[[334,1],[333,2]]");
        assert_eq!(shares_text(Fen(900), 3), "[[300,3]]");
        assert_eq!(shares_text(Fen(0), 2), "[[0,2]]");
    }

    proptest! {
        #[test]
        fn a_discount_takes_from_every_unit_what_it_paid_less(
            before in 0i64..10_000_000, part in 0.0f64..=1.0, quantity in 1i64..1_000,
        ) {
            let after = (before as f64 * part) as i64;
            let runs = difference(Fen(before), Fen(after), quantity);
            prop_assert_eq!(runs.iter().map(|(fen, units)| fen.0 * units).sum::<i64>(), after - before);
            prop_assert_eq!(runs.iter().map(|(_, units)| units).sum::<i64>(), quantity);
            prop_assert!(runs.iter().all(|(fen, _)| fen.0 <= 0), "no unit gets dearer: {runs:?}");
        }

        #[test]
        fn any_split_of_a_line_gives_back_what_it_cost(
            payable in 0i64..10_000_000, quantity in 1i64..200, cuts in proptest::collection::vec(0i64..200, 0..8),
        ) {
            let text = shares_text(Fen(payable), quantity);
            let mut places: Vec<i64> = cuts.into_iter().map(|cut| cut.min(quantity)).chain([0, quantity]).collect();
            places.sort_unstable();
            let parts: Vec<i64> = places
                .windows(2)
                .map(|pair| first_units(&text, pair[1]).unwrap() - first_units(&text, pair[0]).unwrap())
                .collect();
            prop_assert_eq!(parts.iter().sum::<i64>(), payable);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn shares_sum_and_agree_with_largest_remainder(payable in 0i64..10_000_000_000, quantity in 1i64..1_000) {
            let runs = shares(Fen(payable), quantity);
            prop_assert_eq!(runs.iter().map(|(fen, units)| fen.0 * units).sum::<i64>(), payable);
            prop_assert_eq!(runs.iter().map(|(_, units)| units).sum::<i64>(), quantity);
            let weights = vec![1; usize::try_from(quantity).unwrap()];
            let flat: Vec<Fen> = runs.iter().flat_map(|(fen, n)| std::iter::repeat_n(*fen, usize::try_from(*n).unwrap())).collect();
            prop_assert_eq!(flat, kernel::prorate(Fen(payable), &weights));
        }
    }
}
