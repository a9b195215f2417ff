//! The lanes without a database: whole points, caps, the better perk, and shares that sum up.

use super::price::{Spending, earned, spending};
use kernel::Fen;
use proptest::prelude::*;
use trade::offers::first_units;

#[test]
fn points_are_worth_whole_fen_and_no_point_is_wasted() {
    assert_eq!(spending(Fen(1_000), 5_000, 100), Spending { points: 1_000, off: Fen(1_000) });
    assert_eq!(spending(Fen(1_000), 999, 1_000), Spending { points: 990, off: Fen(99) });
    assert_eq!(spending(Fen(1_000), 9, 1_000), Spending { points: 0, off: Fen(0) });
    assert_eq!(spending(Fen(1_000), 3, 1), Spending { points: 3, off: Fen(300) });
    assert_eq!(spending(Fen(250), 3, 1), Spending { points: 3, off: Fen(250) });
    assert_eq!(spending(Fen(0), 500, 100), Spending { points: 0, off: Fen(0) });
}

#[test]
fn earnings_round_down() {
    assert_eq!(earned(9_999, 1, 100).unwrap(), 99);
    assert_eq!(earned(9_999, 1, 150).unwrap(), 149);
    assert_eq!(earned(99, 1, 100).unwrap(), 0);
}

#[test]
fn the_first_units_of_a_line_are_the_dearer_ones() {
    assert_eq!(first_units("[[334,1],[333,2]]", 1).unwrap(), 334);
    assert_eq!(first_units("[[334,1],[333,2]]", 2).unwrap(), 667);
    assert_eq!(first_units("[[-34,1],[-33,2]]", 3).unwrap(), -100);
    assert_eq!(first_units("[[334,1],[333,2]]", 9).unwrap(), 1_000);
}

proptest! {
    #[test]
    fn spending_stays_within_room_and_balance(room in 0i64..10_000_000, most in 0i64..10_000_000, per_yuan in 1i64..100_000) {
        let spent = spending(Fen(room), most, per_yuan);
        prop_assert!(spent.off.0 >= 0 && spent.off.0 <= room);
        prop_assert!(spent.points >= 0 && spent.points <= most);
        prop_assert_eq!(spent.off.0 == 0, spent.points == 0);
        let worth = i128::from(spent.points) * 100 / i128::from(per_yuan);
        prop_assert!(worth >= i128::from(spent.off.0), "the points cover what was taken off");
        if spent.points > 0 {
            let less = i128::from(spent.points - 1) * 100 / i128::from(per_yuan);
            prop_assert!(less < i128::from(spent.off.0), "one point fewer would not");
        }
    }
}
