//! Goods on their way: whoever sends, counts or gives up at the same time, not a piece appears and none vanishes.

use super::*;
use crate::inventory::{Demand, Holder, drift, receive as receive_goods, reserve};
use crate::testing::{Made, TestMall, each};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::Barrier;
use std::thread;

fn shelf(mall: &TestMall, name: &str) -> Id {
    mall.shelf(name)
}

fn sheet(from: Id, to: Id, lines: &[(Id, i64)]) -> NewTransferSheet {
    let lines = lines.iter().map(|(sku_id, quantity)| TransferPieces { sku_id: *sku_id, quantity: *quantity });
    NewTransferSheet { from_location_id: from, to_location_id: to, lines: lines.collect(), note: None }
}

fn opened(mall: &TestMall, from: Id, to: Id, lines: &[(Id, i64)]) -> Id {
    let new = sheet(from, to, lines);
    mall.write(move |tx, ctx| open(tx, ctx, None, &new)).unwrap()
}

fn sent(mall: &TestMall, id: Id) -> Result<()> {
    mall.write(move |tx, ctx| send(tx, ctx, None, id))
}

fn line(sku_id: Id, received: i64, missing: i64, reason: Option<DifferenceReason>) -> ReceivedLine {
    ReceivedLine { sku_id, received, missing, reason, note: None }
}

fn received(mall: &TestMall, id: Id, seen: i64, lines: Vec<ReceivedLine>) -> Result<(i64, i64)> {
    let receipt = TransferReceipt { seen, lines };
    mall.write(move |tx, ctx| receive(tx, ctx, None, id, &receipt))
}

fn on_hand(mall: &TestMall, sku_id: Id, location_id: Id) -> i64 {
    let level: Option<i64> = mall
        .read(move |tx, mall_id| {
            tx.opt(
                "select on_hand from stock where mall_id = $1 and sku_id = $2 and location_id = $3",
                &args![mall_id, sku_id, location_id],
            )
        })
        .unwrap();
    level.unwrap_or(0)
}

/// `(on shelves, under way, written off)` of a SKU, and what its product says lies on shelves.
fn everywhere(mall: &TestMall, sku_id: Id) -> (i64, i64, i64, i64) {
    mall.read(move |tx, mall_id| {
        tx.one(
            "select
               (select cast(coalesce(sum(on_hand), 0) as bigint) from stock where mall_id = $1 and sku_id = $2),
               (select cast(coalesce(sum(underway), 0) as bigint) from stock_transfer_line where mall_id = $1 and sku_id = $2),
               (select cast(coalesce(sum(lost), 0) as bigint) from stock_transfer_line where mall_id = $1 and sku_id = $2),
               (select p.on_hand from product p join sku k on k.mall_id = p.mall_id and k.product_id = p.id
                where k.mall_id = $1 and k.id = $2)",
            &args![mall_id, sku_id],
        )
    })
    .unwrap()
}

fn state(mall: &TestMall, id: Id) -> String {
    mall.read(move |tx, mall_id| find(tx, mall_id, id)).unwrap().state
}

fn tea(mall: &TestMall, name: &str, stock: i64) -> Made {
    mall.product(name, &[("100g", 19_900, stock)])
}

#[test]
fn goods_leave_on_sending_and_lie_there_on_receipt() {
    each(|mall| {
        let (tea, lake) = (tea(mall, "龙井", 10), shelf(mall, "湖滨店"));
        let sku = tea.skus[0];
        let id = opened(mall, mall.warehouse, lake, &[(sku, 10)]);
        assert_eq!(on_hand(mall, sku, mall.warehouse), 10, "a draft moves nothing");
        sent(mall, id).unwrap();
        assert_eq!((on_hand(mall, sku, mall.warehouse), on_hand(mall, sku, lake)), (0, 0));
        assert_eq!(everywhere(mall, sku), (0, 10, 0, 0));
        assert!(!mall.in_stock(tea.id), "what is under way cannot be sold");
        assert!(sent(mall, id).unwrap_err().is("stock_transfer.wrong_state"), "once only");
        assert!(mall.write(move |tx, ctx| cancel(tx, ctx, None, id)).unwrap_err().is("stock_transfer.wrong_state"));
        assert_eq!(received(mall, id, 10, vec![line(sku, 4, 0, None)]).unwrap(), (4, 0));
        assert_eq!((state(mall, id).as_str(), everywhere(mall, sku)), ("sent", (4, 6, 0, 4)));
        assert!(mall.in_stock(tea.id));
        assert!(received(mall, id, 10, vec![line(sku, 6, 0, None)]).unwrap_err().is("stock_transfer.moved"));
        let rest = vec![line(sku, 3, 3, Some(DifferenceReason::NotSent))];
        assert_eq!(received(mall, id, 6, rest).unwrap(), (3, 3));
        assert_eq!((state(mall, id).as_str(), everywhere(mall, sku)), ("received", (10, 0, 0, 10)));
        assert_eq!((on_hand(mall, sku, mall.warehouse), on_hand(mall, sku, lake)), (3, 7));
    });
}

#[test]
fn a_difference_needs_a_reason_and_is_never_more_than_is_under_way() {
    each(|mall| {
        let (tea, lake) = (tea(mall, "龙井", 10), shelf(mall, "湖滨店"));
        let sku = tea.skus[0];
        let id = opened(mall, mall.warehouse, lake, &[(sku, 5)]);
        sent(mall, id).unwrap();
        for (lines, field) in [
            (vec![line(sku, 3, 2, None)], "lines[0].reason"),
            (vec![line(sku, 6, 0, None)], "lines[0].received"),
            (vec![line(sku, 3, 3, Some(DifferenceReason::Lost))], "lines[0].received"),
            (vec![line(sku, -1, 0, None)], "lines[0].received"),
            (vec![line(sku, 1, 0, None), line(sku, 1, 0, None)], "lines[1].sku_id"),
            (vec![line(Id(77), 1, 0, None)], "lines[0].sku_id"),
            (vec![line(sku, 0, 0, None)], "lines"),
        ] {
            assert_eq!(received(mall, id, 5, lines).unwrap_err().field_name(), Some(field));
        }
        received(mall, id, 5, vec![line(sku, 3, 2, Some(DifferenceReason::Damaged))]).unwrap();
        assert_eq!(everywhere(mall, sku), (8, 0, 2, 8));
    });
}

#[test]
fn what_orders_hold_stays_and_the_refusal_names_it() {
    each(|mall| {
        let (tea, lake) = (tea(mall, "龙井", 10), shelf(mall, "湖滨店"));
        let demand = Demand { sku_id: tea.skus[0], location_id: mall.warehouse, quantity: 8 };
        mall.write(move |tx, ctx| reserve(tx, ctx, Holder { kind: "order", id: Id(1) }, &[demand], None)).unwrap();
        let id = opened(mall, mall.warehouse, lake, &[(tea.skus[0], 3)]);
        let refused = sent(mall, id).unwrap_err();
        assert!(refused.is("stock_transfer.short"));
        assert_eq!(refused.message(), "「龙井 100g」只有 2 件可以调出");
        assert_eq!(refused.details().unwrap()["sku_ids"], serde_json::json!([tea.skus[0].to_string()]));
        let less = sheet(mall.warehouse, lake, &[(tea.skus[0], 2)]);
        mall.write(move |tx, ctx| rewrite(tx, ctx, None, id, &less)).unwrap();
        sent(mall, id).unwrap();
        assert_eq!(mall.level(tea.skus[0]), (8, 8));
    });
}

#[test]
fn a_sheet_goes_between_two_places_of_one_shop_and_names_a_sku_once() {
    each(|mall| {
        let (tea, lake) = (tea(mall, "龙井", 10), shelf(mall, "湖滨店"));
        let (_, other) = mall.write(|tx, ctx| crate::store::found_shop(tx, ctx, "别家")).unwrap();
        let try_open = |new: NewTransferSheet| mall.write(move |tx, ctx| open(tx, ctx, None, &new)).unwrap_err();
        let one = [(tea.skus[0], 1)];
        assert!(try_open(sheet(lake, lake, &one)).is("stock_transfer.same_place"));
        assert!(try_open(sheet(lake, other, &one)).is("stock_transfer.other_shop"));
        assert!(try_open(sheet(lake, Id(5), &one)).is("location.not_found"));
        assert!(try_open(sheet(mall.warehouse, lake, &[(Id(5), 1)])).is("inventory.no_such_sku"));
        assert_eq!(try_open(sheet(mall.warehouse, lake, &[one[0], one[0]])).field_name(), Some("lines"));
        assert_eq!(try_open(sheet(mall.warehouse, lake, &[])).field_name(), Some("lines"));
        assert_eq!(try_open(sheet(mall.warehouse, lake, &[(tea.skus[0], 0)])).field_name(), Some("lines"));
    });
}

#[test]
fn of_eight_who_count_the_same_box_one_receives_it() {
    each(|mall| {
        let (tea, lake) = (tea(mall, "龙井", 40), shelf(mall, "湖滨店"));
        let sku = tea.skus[0];
        let id = opened(mall, mall.warehouse, lake, &[(sku, 20)]);
        sent(mall, id).unwrap();
        let gate = Barrier::new(8);
        let won: usize = thread::scope(|scope| {
            let clerks: Vec<_> = (0..8)
                .map(|_| {
                    let gate = &gate;
                    scope.spawn(move || {
                        gate.wait();
                        match received(mall, id, 20, vec![line(sku, 10, 0, None)]) {
                            Ok(_) => 1,
                            Err(e) => {
                                assert!(e.is("stock_transfer.moved"), "{e}");
                                0
                            }
                        }
                    })
                })
                .collect();
            clerks.into_iter().map(|clerk| clerk.join().unwrap()).sum()
        });
        assert_eq!((won, everywhere(mall, sku)), (1, (30, 10, 0, 30)));
    });
}

#[test]
fn opposite_transfers_at_once_do_not_block_each_other() {
    each(|mall| {
        let (east, west) = (shelf(mall, "东店"), shelf(mall, "西店"));
        let (tea, cup) = (tea(mall, "龙井", 0), tea(mall, "茶杯", 0));
        for place in [east, west] {
            for sku_id in [tea.skus[0], cup.skus[0]] {
                let some = Demand { sku_id, location_id: place, quantity: 100 };
                mall.write(move |tx, ctx| receive_goods(tx, ctx, some, None).map(drop)).unwrap();
            }
        }
        thread::scope(|scope| {
            for n in 0..12 {
                let (from, to) = if n % 2 == 0 { (east, west) } else { (west, east) };
                let (tea, cup) = (tea.skus[0], cup.skus[0]);
                scope.spawn(move || {
                    let id = opened(mall, from, to, &[(cup, 2), (tea, 3)]);
                    sent(mall, id).unwrap();
                    let lines = vec![
                        line(tea, 2, 1, Some(DifferenceReason::NotSent)),
                        line(cup, 1, 1, Some(DifferenceReason::Lost)),
                    ];
                    received(mall, id, 5, lines).unwrap();
                });
            }
        });
        assert_eq!(everywhere(mall, tea.skus[0]), (200, 0, 0, 200));
        assert_eq!(everywhere(mall, cup.skus[0]), (188, 0, 12, 188));
        assert_eq!(mall.read(drift).unwrap(), []);
    });
}

#[derive(Debug, Clone)]
enum Step {
    Open { from: usize, to: usize, tea: i64, cup: i64 },
    Send(usize),
    Cancel(usize),
    Receive { sheet: usize, tea: (i64, i64), cup: (i64, i64), reason: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let some = || (0i64..4, 0i64..3);
    prop_oneof![
        3 => (0usize..3, 0usize..3, 1i64..5, 1i64..5).prop_map(|(from, to, tea, cup)| Step::Open { from, to, tea, cup }),
        4 => (0usize..6).prop_map(Step::Send),
        1 => (0usize..6).prop_map(Step::Cancel),
        6 => (0usize..6, some(), some(), 0usize..3)
            .prop_map(|(sheet, tea, cup, reason)| Step::Receive { sheet, tea, cup, reason }),
    ]
}

const REASONS: [DifferenceReason; 3] = [DifferenceReason::NotSent, DifferenceReason::Lost, DifferenceReason::Damaged];

fn perform(mall: &TestMall, places: &[Id; 3], skus: &[Id; 2], sheets: &mut Vec<Id>, step: &Step) -> Result<()> {
    let of = |sheets: &[Id], at: usize| sheets.get(at).copied().unwrap_or(Id(1));
    match *step {
        Step::Open { from, to, tea, cup } => {
            let new = sheet(places[from], places[to], &[(skus[0], tea), (skus[1], cup)]);
            sheets.push(mall.write(move |tx, ctx| open(tx, ctx, None, &new))?);
            Ok(())
        }
        Step::Send(at) => sent(mall, of(sheets, at)),
        Step::Cancel(at) => {
            let id = of(sheets, at);
            mall.write(move |tx, ctx| cancel(tx, ctx, None, id))
        }
        Step::Receive { sheet, tea, cup, reason } => {
            let id = of(sheets, sheet);
            let (seen,): (i64,) = mall.read(move |tx, mall_id| {
                tx.one(
                    "select cast(coalesce(sum(underway), 0) as bigint) from stock_transfer_line
                     where mall_id = $1 and stock_transfer_id = $2",
                    &args![mall_id, id],
                )
            })?;
            let told = |sku, (came, missing): (i64, i64)| line(sku, came, missing, Some(REASONS[reason]));
            received(mall, id, seen, vec![told(skus[0], tea), told(skus[1], cup)]).map(drop)
        }
    }
}

#[test]
fn whatever_happens_to_transfers_no_piece_appears_or_vanishes() {
    each(|mall| {
        let places = [mall.warehouse, shelf(mall, "东店"), shelf(mall, "西店")];
        let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
        let round = std::cell::Cell::new(0);
        TestRunner::new(config)
            .run(&prop::collection::vec(step(), 1..30), |steps| {
                round.set(round.get() + 1);
                let n = round.get();
                let skus = [tea(mall, &format!("茶{n}"), 9).skus[0], tea(mall, &format!("杯{n}"), 7).skus[0]];
                let mut sheets = Vec::new();
                for step in &steps {
                    let refused = perform(mall, &places, &skus, &mut sheets, step).err();
                    prop_assert!(!refused.is_some_and(|e| e.is("internal")), "{:?}", step);
                    for (sku, made) in skus.iter().zip([9, 7]) {
                        let (lying, underway, lost, product) = everywhere(mall, *sku);
                        prop_assert_eq!(lying + underway + lost, made, "{:?}", step);
                        prop_assert_eq!(product, lying);
                    }
                }
                Ok(())
            })
            .unwrap();
    });
}
