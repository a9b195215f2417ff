//! Work on the list: many products at once, numbers in place, copies, an order by hand, list prices with a history.

use super::arrange::{BrandOrder, CategoryOrder, CategoryPlace, arrange_brands, arrange_categories};
use super::change::{BatchChange, PriceChange, ProductChange, Selection, preview};
use super::quick::{FromTo, QuickEdit, QuickSku, copy, quick_edit};
use super::*;
use crate::testing::{Made, TestMall, each};
use db::args;
use kernel::{Id, days};

fn price_of(mall: &TestMall, sku_id: Id) -> i64 {
    mall.read(move |tx, mall_id| {
        tx.one("select price_fen from sku where mall_id = $1 and id = $2", &args![mall_id, sku_id])
    })
    .unwrap()
}

fn edit(mall: &TestMall, made: &Made, price: Option<(i64, i64)>, stock: Option<(i64, i64)>) -> kernel::Result<String> {
    let (id, sku_id) = (made.id, made.skus[0]);
    let pair = |pair: Option<(i64, i64)>| pair.map(|(from, to)| FromTo { from, to });
    let edit = QuickEdit { skus: vec![QuickSku { sku_id, price: pair(price), stock: pair(stock) }] };
    mall.write(move |tx, ctx| quick_edit(tx, ctx, id, &edit))
}

#[test]
fn a_quick_edit_changes_what_was_seen_and_nothing_else() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5)]);
        assert_eq!(edit(mall, &tea, Some((19_900, 17_900)), Some((5, 8))).unwrap(), "龙井");
        assert_eq!((price_of(mall, tea.skus[0]), mall.level(tea.skus[0]).0), (17_900, 8));
        assert!(edit(mall, &tea, Some((19_900, 100)), None).unwrap_err().is("sku.price_changed"));
        assert!(edit(mall, &tea, Some((17_900, 100)), Some((5, 1))).unwrap_err().is("inventory.changed"));
        assert_eq!((price_of(mall, tea.skus[0]), mall.level(tea.skus[0]).0), (17_900, 8));
    });
}

#[test]
fn a_list_price_shows_only_when_it_was_asked_before() {
    each(|mall| {
        let mut input = mall.input("龙井", &[("100g", 19_900, 5)]);
        input.skus[0].list_price_fen = Some(19_901);
        let tea = mall.create(input);
        let ids = [tea.skus[0]];
        let shown = |mall: &TestMall| {
            mall.read(move |tx, mall_id| skus_for_sale(tx, mall_id, &ids)).unwrap()[0].list_price.map(|fen| fen.0)
        };
        assert_eq!(shown(mall), None);
        // Asked for a month, then reduced: the editor's list price is what was asked.
        mall.clock.advance(days(30));
        let id = tea.id;
        mall.write(move |tx, ctx| {
            let mut input = input_of(tx, ctx.mall_id, id)?;
            input.skus[0].price_fen = 15_900;
            input.skus[0].list_price_fen = Some(19_900);
            update(tx, ctx, id, &input)
        })
        .unwrap();
        assert_eq!(shown(mall), Some(19_900));
        // After ninety days it is the normal price.
        mall.clock.advance(days(90));
        mall.write(move |tx, ctx| settle_struck(tx, ctx, &[id])).unwrap();
        assert_eq!(shown(mall), None);
    });
}

#[test]
fn a_change_of_prices_is_told_in_numbers_first() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_999, 5)]);
        let asked = |change: PriceChange, round_to_fen| BatchChange {
            selection: Selection { ids: vec![tea.id, Id(5)], filter: None },
            change: ProductChange::Price { change, round_to_fen },
        };
        let told = |asked: BatchChange| mall.read(move |tx, mall_id| preview(tx, mall_id, &asked)).unwrap();
        let less = told(asked(PriceChange::Factor { permille: 900 }, 10));
        assert_eq!((less.products, less.changing, less.skus, less.refused), (1, 1, 2, 0));
        assert_eq!((less.examples[0].from_fen, less.examples[0].to_fen), (19_900, 17_910));
        assert_eq!(less.examples[1].to_fen, 36_000);
        let below = told(asked(PriceChange::Add { fen: -20_000 }, 1));
        assert_eq!((below.skus, below.refused), (1, 1));
        assert_eq!(told(asked(PriceChange::Set { fen: 19_900 }, 1)).skus, 1);
        assert!(asked(PriceChange::Add { fen: 0 }, 1).check().is_err());
        assert!(asked(PriceChange::Factor { permille: 900 }, 0).check().is_err());
    });
}

#[test]
fn a_copy_is_off_sale_and_has_codes_of_its_own() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        let id = tea.id;
        let (first, name) = mall.write(move |tx, ctx| copy(tx, ctx, id)).unwrap();
        mall.write(move |tx, ctx| copy(tx, ctx, id)).unwrap();
        assert_eq!(name, "龙井（副本）");
        assert_eq!(mall.level(mall.skus(first)[0]).0, 0);
        assert!(!mall.in_stock(first));
    });
}

#[test]
fn categories_move_together_and_never_in_a_circle() {
    each(|mall| {
        let top = mall.category_id;
        let (green, pots) = (mall.category("绿茶", Some(top)), mall.category("壶", None));
        let arranged = |places: &[(Id, Option<Id>)]| {
            let places = places.iter().map(|(id, parent_id)| CategoryPlace { id: *id, parent_id: *parent_id });
            let order = CategoryOrder { places: places.collect() };
            mall.write(move |tx, ctx| arrange_categories(tx, ctx, &order))
        };
        arranged(&[(pots, None), (top, None), (green, Some(pots))]).unwrap();
        let rows = mall.read(categories).unwrap();
        let green_row = rows.iter().find(|row| row.id == green).unwrap();
        assert_eq!(green_row.path, format!("/{pots}/{green}/"));
        assert_eq!(arranged(&[(pots, None), (top, None), (green, Some(pots))]).unwrap(), 0);
        assert!(arranged(&[(pots, Some(green)), (top, None), (green, Some(pots))]).is_err());
        assert!(arranged(&[(pots, None), (top, None)]).unwrap_err().is("catalog.list_changed"));
    });
}

#[test]
fn brands_stand_in_the_order_they_are_put() {
    each(|mall| {
        let brand = |name: &str| {
            let input = BrandInput { name: name.into(), logo_key: None, story: None, position: 0 };
            mall.write(move |tx, ctx| create_brand(tx, ctx, &input)).unwrap()
        };
        let (a, b) = (brand("甲"), brand("乙"));
        mall.write(move |tx, ctx| arrange_brands(tx, ctx, &BrandOrder { ids: vec![b, a] })).unwrap();
        let order: Vec<Id> = mall.read(brands).unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(order, [b, a]);
    });
}
