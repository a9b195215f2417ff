//! The catalogue: what the editor accepts, what the list shows in which order, and that pages neither repeat nor skip.

use super::browse_tests::listed;
use super::draft::{NameValue, ProductInput, ProductOption, ProductStatus, SkuInput};
use super::list::ProductFilter;
use super::*;
use crate::testing::{Made, PICTURE, TestMall, each};
use db::args;
use kernel::{Id, minutes, seconds};

fn refused(mall: &TestMall, spoil: impl Fn(&mut ProductInput)) -> String {
    let mut input = mall.input("龙井", &[("100g", 19_900, 1), ("250g", 39_900, 1)]);
    spoil(&mut input);
    input.checked("/files/m1/").unwrap_err().field_name().unwrap_or_default().to_owned()
}

#[test]
fn every_sku_has_one_value_of_every_option() {
    each(|mall| {
        assert_eq!(refused(mall, |p| p.skus[1].option_values.clear()), "skus[1].option_values");
        assert_eq!(refused(mall, |p| p.skus[1].option_values = vec!["500g".into()]), "skus[1].option_values");
        assert_eq!(refused(mall, |p| p.skus[1].option_values.push("250g".into())), "skus[1].option_values");
        assert_eq!(refused(mall, |p| p.skus[1].option_values = p.skus[0].option_values.clone()), "skus");
        assert_eq!(refused(mall, |p| p.options[0].values.push("500g".into())), "options[0]", "nothing uses it");
        assert_eq!(refused(mall, |p| p.options[0].values.push("100g".into())), "options[0]", "twice");
        assert_eq!(refused(mall, |p| p.skus[1].code = p.skus[0].code.clone()), "skus");
        assert_eq!(refused(mall, |p| p.skus.clear()), "skus");
        assert_eq!(refused(mall, |p| p.options.clear()), "skus[0].option_values");
    });
}

#[test]
fn the_matrix_has_its_bounds() {
    each(|mall| {
        let grid = |options: usize, values: usize| {
            let mut input = mall.input("龙井", &[("a", 1, 1)]);
            let axis = |n: usize| ProductOption {
                name: format!("规格{n}"),
                values: (0..values).map(|v| v.to_string()).collect(),
            };
            input.options = (0..options).map(axis).collect();
            let template = input.skus[0].clone();
            let count = values.pow(options as u32);
            input.skus = (0..count)
                .map(|n| SkuInput {
                    code: n.to_string(),
                    option_values: (0..options).map(|o| (n / values.pow(o as u32) % values).to_string()).collect(),
                    ..template.clone()
                })
                .collect();
            input.checked("").map(|p| p.skus.len()).map_err(|e| e.field_name().unwrap_or_default().to_owned())
        };
        assert_eq!(grid(2, 10), Ok(100));
        assert_eq!(grid(3, 5), Err("skus".into()), "125 SKUs");
        assert_eq!(grid(4, 1), Err("options".into()));
        assert_eq!(grid(1, 21), Err("options[0]".into()));
        assert_eq!(grid(0, 1), Ok(1), "a product without options has one SKU");
    });
}

#[test]
fn fields_have_their_bounds() {
    each(|mall| {
        assert_eq!(refused(mall, |p| p.name = "  ".into()), "name");
        assert_eq!(refused(mall, |p| p.picture_keys.clear()), "picture_keys");
        assert_eq!(refused(mall, |p| p.skus[0].price_fen = -1), "skus[0].price_fen");
        assert_eq!(refused(mall, |p| p.skus[0].list_price_fen = Some(100)), "skus[0].list_price_fen");
        assert_eq!(refused(mall, |p| p.skus[1].weight_g = -1), "skus[1].weight_g");
        assert_eq!(refused(mall, |p| p.purchase_limit = Some(0)), "purchase_limit");
        assert_eq!(refused(mall, |p| p.status = ProductStatus::Scheduled), "on_sale_at");
        assert_eq!(refused(mall, |p| p.tags = vec!["新品".into(), "新品 ".into()]), "tags");
        let pair = |name: &str| NameValue { name: name.into(), value: "x".into() };
        assert_eq!(refused(mall, |p| p.attributes = vec![pair("产地"), pair("产地")]), "attributes");
        assert_eq!(refused(mall, |p| p.attributes = vec![pair("产:地")]), "attributes[0]");
    });
}

fn update_with(mall: &TestMall, made: &Made, change: impl Fn(&mut ProductInput)) -> kernel::Result<()> {
    let mut input = mall.input("龙井", &[("100g", 19_900, 9), ("250g", 39_900, 9)]);
    for (sku, id) in input.skus.iter_mut().zip(&made.skus) {
        sku.id = Some(*id);
    }
    input.version = Some(1);
    change(&mut input);
    let (input, id) = (input.checked("/files/m1/")?, made.id);
    mall.write(move |tx, ctx| update(tx, ctx, id, &input))
}

#[test]
fn who_read_an_old_version_must_read_again() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        update_with(mall, &tea, |p| p.subtitle = Some("明前".into())).unwrap();
        assert!(update_with(mall, &tea, |_| {}).unwrap_err().is("product.changed"));
        update_with(mall, &tea, |p| p.version = Some(2)).unwrap();
        let none = Made { id: Id(5), skus: vec![] };
        assert!(update_with(mall, &none, |_| {}).unwrap_err().is("product.not_found"));
        assert_eq!(update_with(mall, &tea, |p| p.version = None).unwrap_err().field_name(), Some("version"));
        assert_eq!(mall.level(tea.skus[0]), (5, 0), "initial stock of a known SKU is ignored");
    });
}

#[test]
fn two_editors_at_once_have_one_winner() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        let won: usize = std::thread::scope(|scope| {
            let editors: Vec<_> =
                (0..8).map(|_| scope.spawn(|| usize::from(update_with(mall, &tea, |_| {}).is_ok()))).collect();
            editors.into_iter().map(|editor| editor.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
    });
}

#[test]
fn skus_come_go_and_swap_their_codes() {
    each(|mall| {
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        update_with(mall, &tea, |p| {
            let (a, b) = (p.skus[0].code.clone(), p.skus[1].code.clone());
            (p.skus[0].code, p.skus[1].code) = (b, a);
        })
        .unwrap();
        update_with(mall, &tea, |p| {
            p.version = Some(2);
            // The second goes; a new one takes its values and the code it had.
            p.skus[1].id = None;
            p.skus[1].initial_stock = Some(7);
        })
        .unwrap();
        let now = mall.skus(tea.id);
        assert_eq!((now[0], now.len()), (tea.skus[0], 2));
        assert_ne!(now[1], tea.skus[1]);
        assert_eq!(mall.level(now[1]), (7, 0));
        let all = [tea.skus[0], tea.skus[1], now[1]];
        let sold = mall.read(move |tx, mall_id| skus_for_sale(tx, mall_id, &all)).unwrap();
        let mut on_sale: Vec<_> = sold.iter().map(|sku| (sku.sku_id, sku.on_sale)).collect();
        on_sale.sort();
        assert_eq!(on_sale, [(tea.skus[0], true), (tea.skus[1], false), (now[1], true)]);
        let foreign = mall.product("茶杯", &[("白", 100, 1)]).skus[0];
        let error = update_with(mall, &tea, |p| {
            p.version = Some(3);
            p.skus[1].id = Some(foreign);
        });
        assert_eq!(error.unwrap_err().field_name(), Some("skus[1].id"));
        let error = update_with(mall, &tea, |p| {
            p.version = Some(3);
            p.skus[1].id = Some(now[1]);
            p.skus[1].code = "茶杯-白".into();
        });
        assert!(error.unwrap_err().is("sku.code_taken"));
    });
}

#[test]
fn a_new_product_may_not_take_a_code() {
    each(|mall| {
        mall.product("龙井", &[("100g", 19_900, 5)]);
        let input = mall.input("龙井", &[("100g", 1, 1)]);
        let error = mall.write(move |tx, ctx| create(tx, ctx, &input, None)).unwrap_err();
        assert!(error.is("sku.code_taken"));
        assert_eq!(error.field_name(), Some("skus[0].code"));
    });
}

#[test]
fn references_must_exist_in_this_mall() {
    each(|mall| {
        let refuse = |spoil: fn(&mut ProductInput)| {
            let mut input = mall.input("龙井", &[("100g", 1, 1)]);
            spoil(&mut input);
            let error = mall.write(move |tx, ctx| create(tx, ctx, &input, None)).unwrap_err();
            error.field_name().unwrap_or_default().to_owned()
        };
        assert_eq!(refuse(|p| p.category_id = Id(5)), "category_id");
        assert_eq!(refuse(|p| p.brand_id = Some(Id(5))), "brand_id");
        assert_eq!(refuse(|p| p.freight_template_id = Some(Id(5))), "freight_template_id");
        assert_eq!(refuse(|p| p.picture_keys.push("m2/x.jpg".into())), "picture_keys");
    });
}

#[test]
fn facts_for_sale_come_in_one_query() {
    each(|mall| {
        let mut input = mall.input("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        input.skus[0].list_price_fen = Some(29_900);
        input.purchase_limit = Some(2);
        let tea = mall.create(input);
        let ids = [tea.skus[0], Id(4)];
        // A list price that nobody ever paid is not shown.
        let never = mall.read(move |tx, mall_id| skus_for_sale(tx, mall_id, &ids)).unwrap();
        assert_eq!(never[0].list_price, None);
        asked_before(mall, &tea, 29_900);
        let found = mall.read(move |tx, mall_id| skus_for_sale(tx, mall_id, &ids)).unwrap();
        assert_eq!(found.len(), 1);
        let sku = &found[0];
        assert_eq!((sku.name.as_str(), sku.option_text.as_str()), ("龙井", "100g"));
        assert_eq!((sku.price.0, sku.list_price.map(|fen| fen.0)), (19_900, Some(29_900)));
        assert_eq!((sku.picture_key.as_deref(), sku.purchase_limit, sku.on_sale), (Some(PICTURE), Some(2), true));
        let product_id = tea.id;
        mall.write(move |tx, ctx| set_status(tx, ctx, product_id, ProductStatus::OffSale)).unwrap();
        let found = mall.read(move |tx, mall_id| skus_for_sale(tx, mall_id, &ids)).unwrap();
        assert!(!found[0].on_sale);
        let elsewhere = mall.read(move |tx, _| skus_for_sale(tx, Id(2), &ids)).unwrap();
        assert!(elsewhere.is_empty(), "another mall's SKUs");
    });
}

#[test]
fn schedules_turn_at_their_instant() {
    each(|mall| {
        let now = mall.ctx().now;
        let mut input = mall.input("明前龙井", &[("100g", 1, 1)]);
        input.status = ProductStatus::Scheduled;
        (input.on_sale_at, input.off_sale_at) = (Some(now + minutes(10)), Some(now + minutes(20)));
        let tea = mall.create(input);
        let status = || -> String {
            let id = tea.id;
            mall.read(move |tx, mall_id| {
                tx.one("select status from product where mall_id = $1 and id = $2", &args![mall_id, id])
            })
            .unwrap()
        };
        let due = || {
            let now = mall.ctx().now;
            mall.read(move |tx, mall_id| save::anything_due(tx, mall_id, now)).unwrap()
        };
        let turn = || mall.write(turn_due).unwrap();
        assert_eq!((due(), turn(), status().as_str()), (false, 0, "scheduled"));
        mall.clock.advance(minutes(10));
        assert_eq!((due(), turn(), status().as_str()), (true, 1, "on_sale"));
        assert_eq!((due(), turn()), (false, 0));
        mall.clock.advance(minutes(10));
        assert_eq!((due(), turn(), status().as_str()), (true, 1, "off_sale"));
        assert_eq!((due(), turn()), (false, 0));
    });
}

#[test]
fn categories_move_with_their_children_and_are_not_lost() {
    each(|mall| {
        let home = mall.category("家居", None);
        let chairs = mall.category("椅子", Some(home));
        let stools = mall.category("凳子", Some(chairs));
        let outdoor = mall.category("户外", None);
        let change = |id: Id, parent_id: Option<Id>| {
            let input = CategoryInput { name: "改名".into(), parent_id, picture_key: None, position: 1 };
            mall.write(move |tx, ctx| update_category(tx, ctx, id, &input))
        };
        assert_eq!(change(home, Some(stools)).unwrap_err().field_name(), Some("parent_id"), "below itself");
        assert_eq!(change(home, Some(home)).unwrap_err().field_name(), Some("parent_id"));
        assert_eq!(change(home, Some(outdoor)).unwrap_err().field_name(), Some("parent_id"), "four levels");
        change(chairs, Some(outdoor)).unwrap();
        let stool = mall.read(move |tx, mall_id| find_category(tx, mall_id, stools)).unwrap();
        assert_eq!(stool.path_ids(), [outdoor, chairs, stools]);
        let delete = |id: Id| mall.write(move |tx, ctx| delete_category(tx, ctx, id).map(drop));
        assert!(delete(chairs).unwrap_err().is("category.in_use"));
        let tea = mall.product("龙井", &[("a", 1, 1)]).id;
        mall.write(move |tx, ctx| bin(tx, ctx, tea)).unwrap();
        assert!(delete(mall.category_id).unwrap_err().is("category.in_use"), "the bin counts too");
        for id in [stools, chairs, home, outdoor] {
            delete(id).unwrap();
        }
        assert!(delete(home).unwrap_err().is("category.not_found"));
    });
}

#[test]
fn brands_have_names_of_their_own() {
    each(|mall| {
        let brand = |name: &str| BrandInput { name: name.into(), logo_key: None, story: None, position: 0 };
        let make = |name: &'static str| mall.write(move |tx, ctx| create_brand(tx, ctx, &brand(name)));
        let zhuli = make("竹里").unwrap();
        assert!(make(" 竹里 ").unwrap_err().is("brand.name_taken"));
        let other = make("南山").unwrap();
        let renamed = mall.write(move |tx, ctx| update_brand(tx, ctx, other, &brand("竹里")));
        assert!(renamed.unwrap_err().is("brand.name_taken"));
        let mut input = mall.input("竹椅", &[("a", 1, 1)]);
        input.brand_id = Some(zhuli);
        mall.create(input);
        assert!(mall.write(move |tx, ctx| delete_brand(tx, ctx, zhuli)).unwrap_err().is("brand.in_use"));
        mall.write(move |tx, ctx| delete_brand(tx, ctx, other)).unwrap();
        let found = listed(mall, ProductFilter { brand_id: vec![zhuli], ..ProductFilter::default() });
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn sales_are_counted_and_never_fall_below_zero() {
    each(|mall| {
        let tea = mall.product("龙井", &[("a", 1, 1)]).id;
        let count = |sold: &'static [i64]| -> i64 {
            let sold: Vec<(Id, i64)> = sold.iter().map(|n| (tea, *n)).collect();
            mall.clock.advance(seconds(1));
            mall.write(move |tx, ctx| {
                add_sales(tx, ctx, &sold)?;
                tx.one("select sales_count from product where mall_id = $1 and id = $2", &args![ctx.mall_id, tea])
            })
            .unwrap()
        };
        assert_eq!(count(&[2, 3]), 5);
        assert_eq!(count(&[-1]), 4);
        assert_eq!(count(&[-9]), 0);
    });
}

/// A product whose first SKU was asked for at another price until now.
fn asked_before(mall: &TestMall, made: &Made, price_fen: i64) {
    let (id, sku_id) = (made.id, made.skus[0]);
    mall.write(move |tx, ctx| {
        super::note_new_prices(tx, &ctx.at(ctx.now - kernel::days(30)), &[(sku_id, price_fen)])?;
        super::settle_struck(tx, ctx, &[id])
    })
    .unwrap();
}
