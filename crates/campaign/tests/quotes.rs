//! Thousands of random carts under random rules per run: the promises of the quote, whatever is published.
//! Each test prints its seed; `QUOTE_SEED=… cargo test -p campaign` runs the same carts again.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may; the seed is printed")]

#[path = "quotes/dice.rs"]
mod dice;

use campaign::points_mall::{PointsItem, PointsItemRules, Thing};
use dice::{Case, Dice};
use kernel::{Fen, Id};
use std::collections::HashMap;
use std::sync::Arc;
use trade::offers::{Draft, OrderOf, RowKind, shares};
use trade::quote::price;

const CASES: u64 = 3_000;

fn run(name: &str, cases: u64, check: impl Fn(&mut Dice, &Case, &str)) {
    let seed = dice::seed();
    println!("{name}: QUOTE_SEED={seed}, {cases} carts");
    for n in 0..cases {
        let mut dice = Dice::new(seed.wrapping_add(n));
        let case = Case::random(&mut dice);
        check(&mut dice, &case, &format!("QUOTE_SEED={} (first cart)", seed.wrapping_add(n)));
    }
}

/// What each unit of each line pays, from what is stored of the line.
fn units(draft: &Draft) -> Vec<Vec<i64>> {
    let flat = |(fen, n): (Fen, i64)| std::iter::repeat_n(fen.0, usize::try_from(n).unwrap());
    draft.lines.iter().map(|line| shares(line.payable, line.quantity).into_iter().flat_map(flat).collect()).collect()
}

#[test]
fn shares_sum_and_nothing_is_negative_or_above_its_price() {
    run("shares", CASES, |_, case, at| {
        let draft = price(&case.facts()).unwrap();
        let mut by_line: HashMap<usize, i64> = HashMap::new();
        let mut freight = 0;
        for applied in &draft.applied {
            let sum: i64 = applied.parts.iter().map(|part| part.amount.0).sum();
            match applied.kind {
                RowKind::Discount => assert!(applied.amount <= Fen::ZERO, "{at}: {applied:?}"),
                RowKind::Fee => assert!(applied.amount >= Fen::ZERO, "{at}: {applied:?}"),
                RowKind::Gift => assert_eq!(applied.amount, Fen::ZERO, "{at}: {applied:?}"),
            }
            if applied.parts.is_empty() {
                freight += applied.amount.0;
            } else {
                assert_eq!(sum, applied.amount.0, "{at}: {applied:?}");
            }
            for part in &applied.parts {
                *by_line.entry(part.line).or_default() += part.amount.0;
                assert_eq!(part.after.0 - part.before.0, part.amount.0, "{at}: {applied:?}");
            }
        }
        assert_eq!(freight, draft.freight.0, "{at}");
        for (i, line) in draft.lines.iter().enumerate() {
            assert_eq!(line.discount.0, by_line.get(&i).copied().unwrap_or(0), "{at}: line {i}");
            assert_eq!(line.payable.0, line.amount.0 + line.discount.0, "{at}: line {i}");
            assert!(line.payable >= Fen::ZERO && line.payable <= line.amount, "{at}: line {i}");
            let top = line.unit_price.0;
            assert!(units(&draft)[i].iter().all(|fen| (0..=top).contains(fen)), "{at}: a unit above its price");
        }
        assert!(draft.total() >= Fen::ZERO, "{at}");
    });
}

#[test]
fn the_same_cart_has_the_same_quote_in_whatever_order_rules_are_listed() {
    run("order", CASES, |dice, case, at| {
        let first = price(&case.facts()).unwrap();
        let again = price(&case.facts()).unwrap();
        assert_eq!(first.applied, again.applied, "{at}: twice");
        assert_eq!(first.explanation, again.explanation, "{at}: twice");
        let shuffled = price(&case.shuffled(dice).facts()).unwrap();
        assert_eq!(first.applied, shuffled.applied, "{at}: shuffled");
        assert_eq!(first.total(), shuffled.total(), "{at}: shuffled");
    });
}

#[test]
fn refunding_every_unit_in_any_order_gives_back_what_was_paid() {
    run("refund", CASES, |dice, case, at| {
        let draft = price(&case.facts()).unwrap();
        let mut left: Vec<i64> = units(&draft).into_iter().flatten().collect();
        dice.shuffle(&mut left);
        let mut back = draft.freight.0;
        for unit in left {
            back += unit;
            assert!(back <= draft.total().0, "{at}: more than was paid");
        }
        assert_eq!(back, draft.total().0, "{at}");
    });
}

#[test]
fn the_orders_of_several_shops_and_places_sum_to_the_quote_and_each_stands_alone() {
    let several = std::cell::Cell::new(0);
    run("shops", CASES, |dice, case, at| {
        let mut case = case.clone();
        for (sku, _) in &mut case.lines {
            sku.shop_id = Id(dice.roll(1, 3));
        }
        for (gift, _) in case.gifts.values_mut() {
            gift.shop_id = case.lines[0].0.shop_id;
        }
        for (sku, _) in &case.lines {
            if dice.roll(1, 3) == 1 {
                case.elsewhere.insert(sku.sku_id, Id(900 + dice.roll(1, 2)));
            }
        }
        let draft = price(&case.facts()).unwrap();
        if draft.shops().len() < 2 && case.elsewhere.is_empty() {
            assert!(draft.by_order.is_empty());
            return;
        }
        several.set(several.get() + 1);
        let sum = |of: fn(&Draft) -> Fen| draft.by_order.iter().map(|(_, part)| of(part).0).sum::<i64>();
        assert_eq!(sum(Draft::goods), draft.goods().0, "{at}");
        assert_eq!(sum(Draft::discount), draft.discount().0, "{at}");
        assert_eq!(sum(|part| part.freight), draft.freight.0, "{at}");
        assert_eq!(sum(Draft::total), draft.total().0, "{at}");
        assert_eq!(draft.by_order.iter().map(|(_, part)| part.lines.len()).sum::<usize>(), draft.lines.len(), "{at}");
        for (OrderOf { shop_id: shop, from }, part) in &draft.by_order {
            assert!(part.total() >= Fen::ZERO && part.freight >= Fen::ZERO, "{at}");
            let mut by_line: HashMap<usize, i64> = HashMap::new();
            let mut freight = 0;
            for applied in &part.applied {
                match applied.parts.is_empty() {
                    true => freight += applied.amount.0,
                    false => {
                        assert_eq!(applied.parts.iter().map(|one| one.amount.0).sum::<i64>(), applied.amount.0, "{at}");
                    }
                }
                for one in &applied.parts {
                    assert_eq!((part.lines[one.line].sku.shop_id, part.lines[one.line].from), (*shop, *from), "{at}");
                    *by_line.entry(one.line).or_default() += one.amount.0;
                }
            }
            assert_eq!(freight, part.freight.0, "{at}: shop {shop} {from:?}");
            for (i, line) in part.lines.iter().enumerate() {
                assert_eq!(line.discount.0, by_line.get(&i).copied().unwrap_or(0), "{at}: shop {shop} line {i}");
            }
            let said: i64 = part.explanation.iter().map(|said| said.amount_fen).sum();
            assert_eq!(said, part.total().0, "{at}: shop {shop} explains {:?}", part.explanation);
        }
    });
    assert!(several.get() > 500, "{} carts of several orders", several.get());
}

#[test]
fn more_rules_never_cost_the_member_more() {
    run("worth", CASES, |_, case, at| {
        let with = price(&case.facts()).unwrap();
        let goods = |draft: &Draft| draft.total().0 - draft.freight.0;
        let without =
            price(&Case { promotions: Vec::new(), coupons: Vec::new(), limited: Vec::new(), ..case.clone() }.facts());
        assert!(goods(&with) <= goods(&without.unwrap()), "{at}");
        // Coupons are chosen with the freight in view, so they never make the whole dearer.
        let no_coupons = price(&Case { coupons: Vec::new(), ..case.clone() }.facts()).unwrap();
        assert!(with.total() <= no_coupons.total(), "{at}: a coupon made it dearer");
    });
}

#[test]
fn a_budget_is_never_exceeded_and_a_rule_is_given_whole_or_not_at_all() {
    run("budget", CASES, |_, case, at| {
        let draft = price(&case.facts()).unwrap();
        for rule in &case.promotions {
            let mine =
                draft.applied.iter().filter(|a| a.source.kind == "promotion" && a.source.id == rule.promotion.id);
            let spent: i64 = mine.map(|a| -a.amount.0).sum();
            assert!(rule.budget_left.is_none_or(|left| spent <= left.0), "{at}: {}", rule.promotion.name);
        }
    });
}

#[test]
fn goods_of_the_points_mall_cost_their_price_whatever_else_holds() {
    run("points mall", CASES, |dice, case, at| {
        let (sku, _) = &case.lines[0];
        if sku.price == Fen::ZERO {
            return; // Nothing could be cheaper.
        }
        let price_fen = Fen(dice.roll(0, sku.price.0 - 1));
        let thing = Thing::Sku { sku_id: sku.sku_id, product_id: sku.product_id };
        let points = dice.roll(1, 10_000);
        let (stock, per_member, on_sale) = (None, None, true);
        let item = PointsItem { id: Id(77), thing, points, price: price_fen, stock, taken: 0, per_member, on_sale };
        let mut facts = case.facts();
        let rules = PointsItemRules { item, sku_id: sku.sku_id, balance: i64::MAX, had: 0 };
        facts.rules.push(Arc::new(rules));
        let draft = price(&facts).unwrap();
        let line = &draft.lines[0];
        assert_eq!(line.payable, Fen(price_fen.0 * line.quantity), "{at}");
        let mine: Vec<_> = draft.applied.iter().filter(|a| a.parts.iter().any(|part| part.line == 0)).collect();
        assert_eq!((mine.len(), mine[0].quantity), (1, points * line.quantity), "{at}: {mine:?}");
        assert!(draft.lines.iter().all(|l| l.payable >= Fen::ZERO && l.payable <= l.amount), "{at}");
    });
}

#[test]
fn a_hundred_thousand_orders_do_not_drift_by_a_fen() {
    let seed = dice::seed();
    println!("drift: QUOTE_SEED={seed}");
    let mut dice = Dice::new(seed);
    let case = Case::random(&mut dice);
    let (mut paid, mut by_units, mut by_rows, mut orders) = (0i128, 0i128, 0i128, 0);
    while orders < 100_000 {
        // The rules stay, the carts change.
        let cart = Case { lines: Case::small_cart(&mut dice), ..case.clone() };
        let draft = price(&cart.facts()).unwrap();
        orders += 1;
        paid += i128::from(draft.total().0);
        by_units += i128::from(draft.freight.0);
        by_rows += i128::from(draft.goods().0);
        for line in &draft.lines {
            by_units += shares(line.payable, line.quantity).iter().map(|(fen, n)| i128::from(fen.0 * n)).sum::<i128>();
        }
        by_rows += draft.applied.iter().map(|applied| i128::from(applied.amount.0)).sum::<i128>();
    }
    assert_eq!(paid, by_units, "QUOTE_SEED={seed}: units");
    assert_eq!(paid, by_rows, "QUOTE_SEED={seed}: rows");
}
