//! Counting a warehouse while the shop goes on selling.

use super::file::understand;
use super::line::{LineFilter, lines};
use super::*;
use crate::inventory::{Demand, Holder, commit, reserve};
use crate::testing::{Made, TestMall, each};
use kernel::minutes;
use platform::sheet;

fn opened(mall: &TestMall) -> Id {
    let new = NewStockTake { location_id: mall.warehouse, category_id: None, title: None };
    mall.write(move |tx, ctx| open(tx, ctx, &new)).unwrap()
}

fn counted(mall: &TestMall, take: Id, counts: &[(Id, Option<i64>)]) -> i64 {
    let counts: Vec<Count> =
        counts.iter().map(|(sku_id, counted)| Count { sku_id: *sku_id, counted: *counted }).collect();
    mall.write(move |tx, ctx| set_counts(tx, ctx, take, &counts)).unwrap()
}

fn posted(mall: &TestMall, take: Id, uneven: Uneven) -> Result<post::Posted> {
    mall.write(move |tx, ctx| post(tx, ctx, take, uneven))
}

/// One piece is ordered and paid.
fn sold(mall: &TestMall, sku_id: Id, order: i64) {
    let demand = Demand { sku_id, location_id: mall.warehouse, quantity: 1 };
    let holder = Holder { kind: "order", id: Id(order) };
    mall.write(move |tx, ctx| {
        reserve(tx, ctx, holder, &[demand], Some(ctx.now + minutes(30)))?;
        commit(tx, ctx, holder)
    })
    .unwrap();
}

fn two(mall: &TestMall) -> (Made, Made) {
    (mall.product("龙井", &[("100g", 19_900, 10), ("50g", 9_900, 4)]), mall.product("茶杯", &[("白", 3_900, 1)]))
}

#[test]
fn differences_become_movements_and_what_was_not_counted_stays() {
    each(|mall| {
        let (tea, cup) = two(mall);
        let take = opened(mall);
        assert_eq!(counted(mall, take, &[(tea.skus[0], Some(8)), (cup.skus[0], Some(0)), (Id(77), Some(5))]), 2);
        let row = mall.read(move |tx, mall_id| find(tx, mall_id, take)).unwrap();
        assert_eq!(row.title, "2026-11-23 总仓");
        assert_eq!((row.line_count, row.counted_count, row.differing_count, row.surplus, row.missing), (3, 2, 2, 0, 3));
        assert!(posted(mall, take, Uneven::Refuse).unwrap_err().is("stock_take.wrong_state"));
        mall.write(move |tx, ctx| finish(tx, ctx, take)).unwrap();
        let again = mall.write(move |tx, ctx| set_counts(tx, ctx, take, &[]));
        assert!(again.unwrap_err().is("stock_take.wrong_state"));
        assert_eq!(posted(mall, take, Uneven::Refuse).unwrap(), post::Posted { changed: 2, left_out: 0 });
        assert_eq!(mall.level(tea.skus[0]), (8, 0));
        assert_eq!(mall.level(tea.skus[1]), (4, 0));
        assert!(mall.in_stock(tea.id) && !mall.in_stock(cup.id), "the last cup was not there");
        let movements: Vec<(i64, String, Id)> = mall
            .read(move |tx, mall_id| {
                tx.all(
                    "select on_hand_delta, kind, holder_id from stock_movement
                     where mall_id = $1 and holder_kind = 'stock_take' order by on_hand_delta",
                    &args![mall_id],
                )
            })
            .unwrap();
        assert_eq!(movements, [(-2, "count".to_owned(), take), (-1, "count".to_owned(), take)]);
        assert!(posted(mall, take, Uneven::Refuse).unwrap_err().is("stock_take.wrong_state"), "once only");
    });
}

#[test]
fn what_was_sold_meanwhile_is_told_and_stays_sold() {
    each(|mall| {
        let (tea, cup) = two(mall);
        let take = opened(mall);
        counted(mall, take, &[(tea.skus[0], Some(9)), (cup.skus[0], Some(1))]);
        mall.write(move |tx, ctx| finish(tx, ctx, take)).unwrap();
        sold(mall, tea.skus[0], 1);
        assert!(posted(mall, take, Uneven::Refuse).unwrap_err().is("stock_take.moved"));
        assert_eq!(mall.level(tea.skus[0]), (9, 0));
        // One was missing when it was counted, one was sold since: eight are left.
        assert_eq!(posted(mall, take, Uneven::Apply).unwrap(), post::Posted { changed: 1, left_out: 0 });
        assert_eq!(mall.level(tea.skus[0]), (8, 0));
    });
}

#[test]
fn moved_lines_can_be_left_out_or_counted_again() {
    each(|mall| {
        let (tea, cup) = two(mall);
        let take = opened(mall);
        counted(mall, take, &[(tea.skus[0], Some(9)), (tea.skus[1], Some(5))]);
        sold(mall, tea.skus[0], 1);
        mall.write(move |tx, ctx| finish(tx, ctx, take)).unwrap();
        assert_eq!(mall.write(move |tx, ctx| recount_moved(tx, ctx, take)).unwrap(), 1);
        let filter = LineFilter::default();
        let rows = mall.read(move |tx, mall_id| lines(tx, mall_id, take, &filter)).unwrap();
        let seen: Vec<(i64, Option<i64>)> = rows.iter().map(|row| (row.expected, row.counted)).collect();
        assert_eq!(seen, [(9, None), (4, Some(5)), (1, None)]);
        sold(mall, tea.skus[1], 2);
        mall.write(move |tx, ctx| finish(tx, ctx, take)).unwrap();
        assert_eq!(posted(mall, take, Uneven::LeaveOut).unwrap(), post::Posted { changed: 0, left_out: 1 });
        assert_eq!((mall.level(tea.skus[1]), mall.level(cup.skus[0])), ((3, 0), (1, 0)));
    });
}

#[test]
fn a_count_below_what_orders_hold_is_never_written() {
    each(|mall| {
        let (tea, _) = two(mall);
        let demand = Demand { sku_id: tea.skus[0], location_id: mall.warehouse, quantity: 6 };
        let holder = Holder { kind: "order", id: Id(9) };
        mall.write(move |tx, ctx| reserve(tx, ctx, holder, &[demand], None)).unwrap();
        let take = opened(mall);
        counted(mall, take, &[(tea.skus[0], Some(5))]);
        mall.write(move |tx, ctx| finish(tx, ctx, take)).unwrap();
        assert!(posted(mall, take, Uneven::Refuse).unwrap_err().is("stock_take.below_reserved"));
        assert_eq!(posted(mall, take, Uneven::Apply).unwrap(), post::Posted { changed: 0, left_out: 1 });
        assert_eq!(mall.level(tea.skus[0]), (10, 6));
    });
}

#[test]
fn a_file_of_counts_is_read_by_code_or_barcode_and_told_where_it_is_wrong() {
    each(|mall| {
        let (tea, _) = two(mall);
        let take = opened(mall);
        let filter = LineFilter::default();
        let rows = mall.read(move |tx, mall_id| lines(tx, mall_id, take, &filter)).unwrap();
        let table = |text: &str| sheet::read(text.as_bytes()).unwrap();
        let good = table("规格编码,商品,实盘数量\n龙井-100g,龙井,１２\n龙井-50g,龙井,\n");
        let (counts, blank, problems) = understand(&good, &rows).unwrap();
        assert_eq!((counts, blank, problems.len()), (vec![Count { sku_id: tea.skus[0], counted: Some(12) }], 1, 0));
        let bad = table("规格编码,实盘数量\n龙井-100g,九\n没有的,1\n龙井-50g,2\n龙井-50g,3\n");
        let (_, _, problems) = understand(&bad, &rows).unwrap();
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3, 5]);
        assert!(understand(&table("编码,备注\na,b\n"), &rows).unwrap_err().is("stock_take.no_column"));
    });
}

#[test]
fn a_sheet_may_hold_one_category_only() {
    each(|mall| {
        two(mall);
        let empty = mall.category("空的", None);
        let new = NewStockTake { location_id: mall.warehouse, category_id: Some(empty), title: None };
        let refused = mall.write(move |tx, ctx| open(tx, ctx, &new)).unwrap_err();
        assert!(refused.is("stock_take.nothing_there"));
    });
}
