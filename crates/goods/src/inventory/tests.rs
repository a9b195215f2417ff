//! Stock under many hands: nothing is sold twice, nothing is lost, and the counters always agree with the trail.

use super::*;
use crate::testing::{TestMall, each};
use db::args;
use kernel::{Id, Instant, minutes};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

const ORDER: &str = "order";

fn order(n: i64) -> Holder {
    Holder { kind: ORDER, id: Id(n) }
}

fn pieces(mall: &TestMall, sku_id: Id, quantity: i64) -> Demand {
    Demand { sku_id, location_id: mall.warehouse, quantity }
}

fn try_reserve(mall: &TestMall, holder: Holder, demands: Vec<Demand>) -> kernel::Result<()> {
    mall.write(move |tx, ctx| reserve(tx, ctx, holder, &demands, Some(ctx.now + minutes(30))))
}

/// Sums of the trail per SKU: `(on_hand, reserved)`.
fn trail(mall: &TestMall, sku_id: Id) -> (i64, i64) {
    mall.read(move |tx, mall_id| {
        tx.one(
            "select cast(coalesce(sum(on_hand_delta), 0) as bigint), cast(coalesce(sum(reserved_delta), 0) as bigint)
             from stock_movement
             where mall_id = $1 and sku_id = $2",
            &args![mall_id, sku_id],
        )
    })
    .unwrap()
}

#[test]
fn sixty_four_buyers_of_ten_pieces_make_ten_orders() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 10)]);
        let gate = Barrier::new(64);
        let won: usize = thread::scope(|scope| {
            let buyers: Vec<_> = (1..=64)
                .map(|n| {
                    let (gate, demand) = (&gate, pieces(mall, tea.skus[0], 1));
                    scope.spawn(move || {
                        gate.wait();
                        match try_reserve(mall, order(n), vec![demand]) {
                            Ok(()) => 1,
                            Err(e) => {
                                assert!(e.is("inventory.sold_out"), "{e}");
                                0
                            }
                        }
                    })
                })
                .collect();
            buyers.into_iter().map(|buyer| buyer.join().unwrap()).sum()
        });
        assert_eq!(won, 10);
        assert_eq!(mall.level(tea.skus[0]), (10, 10));
        assert!(!mall.in_stock(tea.id));
        assert_eq!(mall.read(drift).unwrap(), []);
    });
}

#[test]
fn opposite_orders_of_the_same_goods_do_not_deadlock() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 1_000), ("250g", 200, 1_000)]);
        thread::scope(|scope| {
            for n in 1..=32 {
                let mut demands = vec![pieces(mall, tea.skus[0], 1), pieces(mall, tea.skus[1], 2)];
                if n % 2 == 0 {
                    demands.reverse();
                }
                scope.spawn(move || try_reserve(mall, order(n), demands).unwrap());
            }
        });
        assert_eq!(mall.level(tea.skus[0]), (1_000, 32));
        assert_eq!(mall.level(tea.skus[1]), (1_000, 64));
    });
}

#[test]
fn the_same_sku_on_several_lines_is_summed() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let twice = vec![pieces(mall, tea.skus[0], 3), pieces(mall, tea.skus[0], 3)];
        assert!(try_reserve(mall, order(1), twice).unwrap_err().is("inventory.sold_out"));
        assert_eq!(mall.level(tea.skus[0]), (5, 0));
        let fits = vec![pieces(mall, tea.skus[0], 3), pieces(mall, tea.skus[0], 2)];
        try_reserve(mall, order(1), fits).unwrap();
        assert_eq!(mall.level(tea.skus[0]), (5, 5));
        let rows: i64 = mall
            .read(|tx, mall_id| tx.one("select count(*) from stock_reservation where mall_id = $1", &args![mall_id]))
            .unwrap();
        assert_eq!(rows, 1);
    });
}

#[test]
fn a_short_order_keeps_nothing_even_when_its_caller_goes_on() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5), ("250g", 200, 1)]);
        let demands = vec![pieces(mall, tea.skus[0], 2), pieces(mall, tea.skus[1], 2)];
        let error = mall
            .write(move |tx, ctx| Ok(reserve(tx, ctx, order(1), &demands, None).expect_err("one of them is short")))
            .unwrap();
        assert_eq!(error.message(), "「龙井 250g」只剩 1 件，看看别的规格或减少数量");
        assert_eq!(error.details().unwrap()["sku_ids"], serde_json::json!([tea.skus[1].to_string()]));
        assert_eq!((mall.level(tea.skus[0]), mall.level(tea.skus[1])), ((5, 0), (1, 0)));
        assert_eq!(trail(mall, tea.skus[0]), (5, 0));
    });
}

#[test]
fn unknown_goods_and_silly_quantities_are_refused() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let unknown = vec![pieces(mall, Id(77), 1)];
        assert!(try_reserve(mall, order(1), unknown).unwrap_err().is("inventory.sold_out"));
        for quantity in [0, -3, i64::MAX] {
            let error = try_reserve(mall, order(1), vec![pieces(mall, tea.skus[0], quantity)]).unwrap_err();
            assert_eq!(error.field_name(), Some("quantity"), "{quantity}");
        }
        assert_eq!(mall.level(tea.skus[0]), (5, 0));
    });
}

#[test]
fn a_second_commit_finds_nothing_and_a_second_release_gives_nothing() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        try_reserve(mall, order(1), vec![pieces(mall, tea.skus[0], 2)]).unwrap();
        mall.write(|tx, ctx| commit(tx, ctx, order(1))).unwrap();
        assert_eq!(mall.level(tea.skus[0]), (3, 0));
        assert!(mall.write(|tx, ctx| commit(tx, ctx, order(1))).unwrap_err().is("inventory.nothing_reserved"));
        assert_eq!(mall.write(|tx, ctx| release(tx, ctx, order(1))).unwrap(), 0);
        try_reserve(mall, order(2), vec![pieces(mall, tea.skus[0], 3)]).unwrap();
        assert!(!mall.in_stock(tea.id));
        assert_eq!(mall.write(|tx, ctx| release(tx, ctx, order(2))).unwrap(), 3);
        assert!(mall.in_stock(tea.id));
        assert_eq!(mall.level(tea.skus[0]), (3, 0));
        assert_eq!(trail(mall, tea.skus[0]), (3, 0));
    });
}

#[test]
fn refunded_goods_come_back_to_their_place() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 2)]);
        try_reserve(mall, order(1), vec![pieces(mall, tea.skus[0], 2)]).unwrap();
        mall.write(|tx, ctx| commit(tx, ctx, order(1))).unwrap();
        assert_eq!((mall.level(tea.skus[0]), mall.in_stock(tea.id)), ((0, 0), false));
        let back = vec![pieces(mall, tea.skus[0], 1), pieces(mall, tea.skus[0], 1)];
        mall.write(move |tx, ctx| restock(tx, ctx, order(1), &back, "退款入库")).unwrap();
        assert_eq!((mall.level(tea.skus[0]), mall.in_stock(tea.id)), ((2, 0), true));
    });
}

#[test]
fn a_level_never_falls_below_what_is_promised() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let (sku, place) = (tea.skus[0], mall.warehouse);
        try_reserve(mall, order(1), vec![pieces(mall, sku, 3)]).unwrap();
        for refused in [
            mall.write(move |tx, ctx| adjust(tx, ctx, sku, place, -3, None)),
            mall.write(move |tx, ctx| count(tx, ctx, sku, place, 2, None)),
        ] {
            assert!(refused.unwrap_err().is("inventory.below_reserved"));
        }
        let level = mall.write(move |tx, ctx| count(tx, ctx, sku, place, 3, Some("盘亏"))).unwrap();
        assert_eq!((level, level.available()), (Level { on_hand: 3, reserved: 3 }, 0));
        assert!(!mall.in_stock(tea.id));
        let level = mall.write(move |tx, ctx| adjust(tx, ctx, sku, place, 4, None)).unwrap();
        assert_eq!(level, Level { on_hand: 7, reserved: 3 });
        assert!(mall.in_stock(tea.id));
        assert_eq!(trail(mall, sku), (7, 3));
    });
}

#[test]
fn transfers_move_only_what_is_free() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let (sku, from) = (tea.skus[0], mall.warehouse);
        let to = mall
            .write(|tx, ctx| {
                let (shop_id, id) = (crate::store::only_shop(tx, ctx.mall_id)?, ctx.id());
                tx.exec(
                    "insert into location (id, mall_id, shop_id, kind, name) values ($1, $2, $3, 'warehouse', '二仓')",
                    &args![id, ctx.mall_id, shop_id],
                )?;
                Ok(id)
            })
            .unwrap();
        try_reserve(mall, order(1), vec![pieces(mall, sku, 2)]).unwrap();
        let refused = mall.write(move |tx, ctx| transfer(tx, ctx, sku, from, to, 4, None));
        assert!(refused.unwrap_err().is("inventory.below_reserved"));
        let (left, arrived) = mall.write(move |tx, ctx| transfer(tx, ctx, sku, from, to, 3, None)).unwrap();
        assert_eq!((left, arrived), (Level { on_hand: 2, reserved: 2 }, Level { on_hand: 3, reserved: 0 }));
        assert!(mall.in_stock(tea.id), "the other place still has some");
        let free = mall.read(move |tx, mall_id| best_available(tx, mall_id, &[sku])).unwrap();
        assert_eq!(free[&sku], 3);
        let here = mall.read(move |tx, mall_id| available(tx, mall_id, from, &[sku, Id(9)])).unwrap();
        assert_eq!(here, HashMap::from([(sku, 0)]));
    });
}

#[test]
fn two_last_pieces_of_two_skus_taken_at_once_leave_the_product_sold_out() {
    each(|mall| {
        for round in 0..10 {
            let tea = mall.product(&format!("龙井{round}"), &[("100g", 100, 1), ("250g", 200, 1)]);
            thread::scope(|scope| {
                for (n, sku) in tea.skus.iter().enumerate() {
                    let demand = pieces(mall, *sku, 1);
                    scope.spawn(move || try_reserve(mall, order(round * 10 + n as i64), vec![demand]).unwrap());
                }
            });
            assert!(!mall.in_stock(tea.id), "round {round}");
        }
    });
}

#[test]
fn drift_and_overdue_reservations_are_reported() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 100, 5)]);
        let sku = tea.skus[0];
        try_reserve(mall, order(1), vec![pieces(mall, sku, 2)]).unwrap();
        mall.clock.advance(minutes(31));
        let now = mall.ctx().now;
        let late = mall.read(move |tx, mall_id| overdue(tx, mall_id, now, 10)).unwrap();
        assert_eq!(late, [(ORDER.to_owned(), Id(1))]);
        let early = mall.read(move |tx, mall_id| overdue(tx, mall_id, Instant(now.0 - minutes(2)), 10)).unwrap();
        assert!(early.is_empty());
        mall.write(|tx, ctx| tx.exec("delete from stock_reservation where mall_id = $1", &args![ctx.mall_id])).unwrap();
        let found = mall.read(drift).unwrap();
        assert_eq!(found, [Drift { sku_id: sku, location_id: mall.warehouse, reserved: 2, held: 0 }]);
    });
}

/// What a customer's day may do to stock.
#[derive(Debug, Clone)]
enum Verb {
    Reserve { holder: i64, quantities: Vec<(usize, i64)> },
    Commit(i64),
    Release(i64),
    Receive(usize, i64),
    Adjust(usize, i64),
    Count(usize, i64),
}

fn verb() -> impl Strategy<Value = Verb> {
    let some = prop::collection::vec((0usize..3, 1i64..4), 1..4);
    prop_oneof![
        4 => (1i64..5, some).prop_map(|(holder, quantities)| Verb::Reserve { holder, quantities }),
        2 => (1i64..5).prop_map(Verb::Commit),
        2 => (1i64..5).prop_map(Verb::Release),
        1 => (0usize..3, 1i64..6).prop_map(|(sku, n)| Verb::Receive(sku, n)),
        1 => (0usize..3, -4i64..5).prop_map(|(sku, n)| Verb::Adjust(sku, n)),
        1 => (0usize..3, 0i64..8).prop_map(|(sku, n)| Verb::Count(sku, n)),
    ]
}

/// The rules again, in the simplest words: counters in memory.
#[derive(Default)]
struct Model {
    levels: [(i64, i64); 3],
    held: HashMap<i64, [i64; 3]>,
}

impl Model {
    /// Applies a verb; false when it must be refused.
    fn apply(&mut self, verb: &Verb) -> bool {
        match verb {
            Verb::Reserve { holder, quantities } => {
                let mut sums = [0i64; 3];
                quantities.iter().for_each(|(sku, n)| sums[*sku] += n);
                if (0..3).any(|sku| self.levels[sku].0 - self.levels[sku].1 < sums[sku]) {
                    return false;
                }
                let held = self.held.entry(*holder).or_default();
                for ((level, held), sum) in self.levels.iter_mut().zip(held).zip(sums) {
                    level.1 += sum;
                    *held += sum;
                }
                true
            }
            Verb::Commit(holder) | Verb::Release(holder) => {
                let is_commit = matches!(verb, Verb::Commit(_));
                let Some(held) = self.held.remove(holder) else { return !is_commit };
                for (level, held) in self.levels.iter_mut().zip(held) {
                    level.1 -= held;
                    level.0 -= if is_commit { held } else { 0 };
                }
                true
            }
            Verb::Receive(sku, n) => {
                self.levels[*sku].0 += n;
                true
            }
            Verb::Adjust(sku, n) => {
                let (on_hand, reserved) = self.levels[*sku];
                let fits = *n != 0 && on_hand + n >= reserved;
                self.levels[*sku].0 += if fits { *n } else { 0 };
                fits
            }
            Verb::Count(sku, n) => {
                let fits = *n >= self.levels[*sku].1;
                self.levels[*sku].0 = if fits { *n } else { self.levels[*sku].0 };
                fits
            }
        }
    }
}

fn perform(mall: &TestMall, skus: &[Id], verb: &Verb) -> bool {
    let place = mall.warehouse;
    let done = match verb.clone() {
        Verb::Reserve { holder, quantities } => {
            let demands = quantities.iter().map(|(sku, n)| pieces(mall, skus[*sku], *n)).collect();
            try_reserve(mall, order(holder), demands)
        }
        Verb::Commit(holder) => mall.write(move |tx, ctx| commit(tx, ctx, order(holder))),
        Verb::Release(holder) => mall.write(move |tx, ctx| release(tx, ctx, order(holder)).map(drop)),
        Verb::Receive(sku, n) => {
            let demand = pieces(mall, skus[sku], n);
            mall.write(move |tx, ctx| receive(tx, ctx, demand, None).map(drop))
        }
        Verb::Adjust(sku, n) => {
            let sku = skus[sku];
            mall.write(move |tx, ctx| adjust(tx, ctx, sku, place, n, None).map(drop))
        }
        Verb::Count(sku, n) => {
            let sku = skus[sku];
            mall.write(move |tx, ctx| count(tx, ctx, sku, place, n, None).map(drop))
        }
    };
    match done {
        Ok(()) => true,
        Err(e) if e.is("internal") => panic!("{e}"),
        Err(_) => false,
    }
}

#[test]
fn any_sequence_of_verbs_agrees_with_the_model() {
    each(|mall| {
        let mut round = 0;
        let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
        let verbs = prop::collection::vec(verb(), 1..40);
        let mut runner = TestRunner::new(config);
        let product = std::cell::RefCell::new(&mut round);
        runner
            .run(&verbs, |verbs| {
                **product.borrow_mut() += 1;
                let name = format!("茶{}", product.borrow());
                let tea = mall.product(&name, &[("a", 100, 5), ("b", 100, 3), ("c", 100, 0)]);
                mall.write(|tx, ctx| tx.exec("delete from stock_reservation where mall_id = $1", &args![ctx.mall_id]))
                    .unwrap();
                let mut model = Model { levels: [(5, 0), (3, 0), (0, 0)], ..Model::default() };
                for verb in &verbs {
                    prop_assert_eq!(perform(mall, &tea.skus, verb), model.apply(verb), "{:?}", verb);
                    for (sku, level) in tea.skus.iter().zip(model.levels) {
                        prop_assert_eq!(mall.level(*sku), level);
                    }
                    let free = model.levels.iter().any(|(on_hand, reserved)| on_hand > reserved);
                    prop_assert_eq!(mall.in_stock(tea.id), free, "in_stock after {:?}", verb);
                }
                for (sku, level) in tea.skus.iter().zip(model.levels) {
                    prop_assert_eq!(trail(mall, *sku), level);
                }
                let ours = mall.read(drift).unwrap();
                prop_assert!(ours.iter().all(|d| !tea.skus.contains(&d.sku_id)), "{:?}", ours);
                Ok(())
            })
            .unwrap();
    });
}
