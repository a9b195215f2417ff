//! What shoppers keep: once each, newest first, and carried over when a guest becomes a member.

use super::favourite::{keep, kept};
use super::history::{REMEMBERED, remember, seen, trim};
use super::*;
use crate::testing::{TestMall, each};
use db::Arg;
use kernel::{Cursor, seconds};

const START: Cursor = Cursor { key: i64::MAX, id: i64::MAX };
const GUEST: Id = Id(71);
const MEMBER: Id = Id(72);

fn favourites(mall: &TestMall, shopper: Id) -> Vec<Id> {
    let rows = mall.read(move |tx, mall_id| kept(tx, mall_id, shopper, START, 100)).unwrap();
    rows.into_iter().map(|row| row.card.id).collect()
}

fn history_of(mall: &TestMall, shopper: Id) -> Vec<Id> {
    let rows = mall.read(move |tx, mall_id| seen(tx, mall_id, shopper, START, 300)).unwrap();
    rows.into_iter().map(|row| row.card.id).collect()
}

fn look(mall: &TestMall, shopper: Id, product: Id) {
    mall.clock.advance(seconds(1));
    mall.write(move |tx, ctx| remember(tx, ctx, shopper, product)).unwrap();
}

fn like(mall: &TestMall, shopper: Id, product: Id) {
    mall.clock.advance(seconds(1));
    mall.write(move |tx, ctx| keep(tx, ctx, shopper, product)).unwrap();
}

#[test]
fn a_favourite_is_kept_once_and_lost_with_its_product() {
    each(|mall| {
        let (tea, cup) = (mall.product("龙井", &[("a", 1, 1)]).id, mall.product("茶杯", &[("a", 1, 1)]).id);
        for product in [tea, cup, tea] {
            like(mall, MEMBER, product);
        }
        assert_eq!(favourites(mall, MEMBER), [cup, tea]);
        assert_eq!(mall.read(|tx, mall_id| favourite_count(tx, mall_id, MEMBER)).unwrap(), 2);
        mall.write(move |tx, ctx| crate::catalog::bin(tx, ctx, tea)).unwrap();
        assert_eq!(favourites(mall, MEMBER), [cup]);
        assert_eq!(mall.read(|tx, mall_id| favourite_count(tx, mall_id, MEMBER)).unwrap(), 1);
        let refused = mall.write(move |tx, ctx| keep(tx, ctx, MEMBER, tea));
        assert!(refused.unwrap_err().is("product.not_found"));
    });
}

#[test]
fn looking_again_moves_to_the_front() {
    each(|mall| {
        let (tea, cup) = (mall.product("龙井", &[("a", 1, 1)]).id, mall.product("茶杯", &[("a", 1, 1)]).id);
        for product in [tea, cup, tea] {
            look(mall, GUEST, product);
        }
        assert_eq!(history_of(mall, GUEST), [tea, cup]);
    });
}

#[test]
fn only_the_last_two_hundred_are_remembered() {
    each(|mall| {
        let rows: Vec<Vec<Arg>> = (1..=REMEMBERED + 5).map(|n| Vec::from(args![mall.mall_id, GUEST, n, n])).collect();
        mall.write(move |tx, ctx| {
            tx.insert_many("insert into browse_history (mall_id, member_id, product_id, seen_at) values", "", &rows)?;
            trim(tx, ctx.mall_id, GUEST)
        })
        .unwrap();
        let (count, oldest): (i64, i64) = mall
            .read(|tx, mall_id| {
                tx.one(
                    "select count(*), min(product_id) from browse_history where mall_id = $1 and member_id = $2",
                    &args![mall_id, GUEST],
                )
            })
            .unwrap();
        assert_eq!((count, oldest), (REMEMBERED, 6));
    });
}

#[test]
fn a_guest_takes_the_shelf_along() {
    each(|mall| {
        let [tea, cup, pot] = ["龙井", "茶杯", "茶壶"].map(|name| mall.product(name, &[("a", 1, 1)]).id);
        like(mall, MEMBER, tea);
        like(mall, GUEST, tea);
        like(mall, GUEST, cup);
        look(mall, MEMBER, tea);
        look(mall, MEMBER, pot);
        look(mall, GUEST, cup);
        look(mall, GUEST, tea);
        for (shopper, phrase) in [(MEMBER, "茶杯"), (GUEST, "龙井"), (GUEST, "茶杯")] {
            mall.clock.advance(seconds(1));
            mall.write(move |tx, ctx| search::record_query(tx, ctx, shopper, phrase)).unwrap();
        }
        mall.write(|tx, ctx| merge_shopper(tx, ctx, GUEST, MEMBER)).unwrap();
        let asked = |shopper: Id| mall.read(move |tx, mall_id| search::history(tx, mall_id, shopper)).unwrap();
        assert_eq!((asked(MEMBER), asked(GUEST)), (vec!["茶杯".to_owned(), "龙井".to_owned()], vec![]));
        assert_eq!(favourites(mall, MEMBER), [cup, tea]);
        assert_eq!(history_of(mall, MEMBER), [tea, cup, pot]);
        assert!(favourites(mall, GUEST).is_empty() && history_of(mall, GUEST).is_empty());
    });
}

#[test]
fn recommendations_follow_what_was_looked_at_and_are_the_same_for_who_is_nobody() {
    each(|mall| {
        let (teas, cups) = (mall.category("茶", None), mall.category("杯", None));
        let of = |name: &str, category_id: Id| {
            let mut input = mall.input(name, &[("a", 1, 1)]);
            input.category_id = category_id;
            mall.create(input).id
        };
        let (tea, other_tea) = (of("龙井", teas), of("白茶", teas));
        let (cup, other_cup) = (of("茶杯", cups), of("盖碗", cups));
        look(mall, MEMBER, tea);
        let ids = |of: Option<Id>| {
            let rows = mall.read(move |tx, mall_id| super::recommend::rows(tx, mall_id, of, 10)).unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let anybody = [other_cup, cup, other_tea, tea];
        assert_eq!(ids(None), anybody, "what sold most, the newest among equals");
        assert_eq!(ids(Some(GUEST)), anybody, "who looked at nothing");
        assert_eq!(ids(Some(MEMBER)), [other_tea, other_cup, cup, tea], "tea first, what was seen last");
        let one = mall.read(|tx, mall_id| super::recommend::rows(tx, mall_id, Some(MEMBER), 1)).unwrap();
        assert_eq!(one.len(), 1);
    });
}
