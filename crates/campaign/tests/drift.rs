//! A hundred thousand orders as plain numbers: priced by the quote, split into units, paid with balance and money, given
//! back unit by unit in any order. The books balance after every order, and not a fen has gone astray in the end.
//! The seed is printed; `QUOTE_SEED=… cargo test -p campaign --test drift` runs the same orders again.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may; the seed is printed")]

#[path = "quotes/dice.rs"]
mod dice;

use dice::{Case, Dice};
use kernel::{Fen, prorate};
use people::wallet::gift_part;
use std::collections::BTreeMap;
use trade::offers::shares;
use trade::quote::price;

const ORDERS: u64 = 100_000;
const THREADS: u64 = 2;

/// Accounts of a double-entry book; every posting has its counterpart, so the whole is always zero.
#[derive(Default)]
struct Book(BTreeMap<&'static str, i64>);

impl Book {
    fn post(&mut self, from: &'static str, to: &'static str, fen: i64) {
        assert!(fen >= 0, "{from} → {to}: {fen}");
        *self.0.entry(from).or_default() -= fen;
        *self.0.entry(to).or_default() += fen;
    }
    fn of(&self, account: &str) -> i64 {
        self.0.get(account).copied().unwrap_or(0)
    }
}

/// Sums over all orders, kept apart from the book.
#[derive(Default, Debug, PartialEq, Eq)]
struct Totals {
    list: i64,
    discount: i64,
    freight: i64,
    paid: i64,
    units_kept: i64,
    refunded: i64,
}

fn one(n: u64, seed: u64, book: &mut Book, totals: &mut Totals) {
    let at = format!("QUOTE_SEED={seed} order {n}");
    let mut dice = Dice::new(seed.wrapping_add(n));
    let (lines, promotions) = (dice.roll(1, 3), dice.roll(0, 3));
    let coupons = dice.roll(0, 1);
    let limited = dice.roll(0, 1);
    let case = Case::of(&mut dice, lines, promotions, coupons, limited);
    let draft = price(&case.facts()).unwrap();
    let total = draft.total().0;
    assert_eq!(total, draft.goods().0 + draft.discount().0 + draft.freight.0, "{at}");
    totals.list += draft.goods().0;
    totals.discount += draft.discount().0;
    totals.freight += draft.freight.0;
    totals.paid += total;

    // Balance pays some of it: principal first, then gift; money pays the rest.
    let (principal_held, gift_held) = (dice.roll(0, 20_000), dice.roll(0, 5_000));
    let by_balance = if dice.one_in(3) { total.min(principal_held + gift_held) } else { 0 };
    let principal = by_balance.min(principal_held);
    let gift = by_balance - principal;
    book.post("money outside", "principal", principal);
    book.post("mall's gift", "gift", gift);
    book.post("principal", "sales", principal);
    book.post("gift", "sales", gift);
    book.post("money outside", "sales", total - by_balance);

    // Every unit by itself, some of them given back in any order, the freight with the last.
    let flat = |(fen, n): (Fen, i64)| std::iter::repeat_n(fen.0, usize::try_from(n).unwrap());
    let mut units: Vec<i64> =
        draft.lines.iter().flat_map(|line| shares(line.payable, line.quantity).into_iter().flat_map(flat)).collect();
    assert_eq!(units.iter().sum::<i64>() + draft.freight.0, total, "{at}");
    dice.shuffle(&mut units);
    let all = dice.one_in(3);
    let wanted = dice.roll(0, i64::try_from(units.len()).unwrap());
    let back = if all { units.len() } else { usize::try_from(wanted).unwrap() };
    // What channels gave, in the order in which it goes back: gift, principal, money.
    let (mut gone, mut gone_gift, mut gone_principal) = (0_i64, 0_i64, 0_i64);
    let mut give = |fen: i64, book: &mut Book| {
        let of_balance = gift_part(by_balance, gone, fen);
        let of_gift = gift_part(gift, gone, fen);
        let of_principal = of_balance - of_gift;
        book.post("sales", "gift", of_gift);
        book.post("gift", "mall's gift", of_gift);
        book.post("sales", "principal", of_principal);
        book.post("principal", "money outside", of_principal);
        book.post("sales", "money outside", fen - of_balance);
        gone += fen;
        gone_gift += of_gift;
        gone_principal += of_principal;
    };
    let mut left = back;
    while left > 0 {
        let some = usize::try_from(dice.roll(1, 3)).unwrap().min(left);
        give(units[back - left..back - left + some].iter().sum(), book);
        left -= some;
    }
    if all {
        give(draft.freight.0, book);
    }
    let kept: i64 = units[back..].iter().sum::<i64>() + if all { 0 } else { draft.freight.0 };
    assert_eq!(gone + kept, total, "{at}: what went back and what stays are the whole");
    if all {
        assert_eq!((gone, gone_gift, gone_principal), (total, gift, principal), "{at}: each channel has its own back");
    }
    totals.units_kept += kept;
    totals.refunded += gone;

    // An invoice over what is kept, line by line, is the whole again.
    let weights: Vec<i64> = draft.lines.iter().map(|line| line.payable.0).collect();
    assert_eq!(prorate(Fen(kept), &weights).iter().map(|part| part.0).sum::<i64>(), kept, "{at}");
    assert_eq!(book.0.values().sum::<i64>(), 0, "{at}: the book balances");
}

#[test]
fn a_hundred_thousand_orders_leave_no_rounding_drift() {
    let seed = dice::seed();
    println!("drift: QUOTE_SEED={seed}, {ORDERS} orders");
    let done: Vec<(Book, Totals)> = std::thread::scope(|scope| {
        let work = |share: u64| {
            let (mut book, mut totals) = (Book::default(), Totals::default());
            for n in (share..ORDERS).step_by(usize::try_from(THREADS).unwrap()) {
                one(n, seed, &mut book, &mut totals);
            }
            (book, totals)
        };
        let threads: Vec<_> = (0..THREADS).map(|share| scope.spawn(move || work(share))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (book, totals) in done {
        assert_eq!(totals.list + totals.discount + totals.freight, totals.paid, "{totals:?}");
        assert_eq!(totals.units_kept + totals.refunded, totals.paid, "{totals:?}");
        assert_eq!(book.of("sales"), totals.units_kept, "what the shop keeps is what the units kept cost");
        assert_eq!((book.of("principal"), book.of("gift")), (0, 0), "what was spent or given back leaves nothing over");
        assert_eq!(book.of("money outside") + book.of("mall's gift"), -totals.units_kept);
    }
}
