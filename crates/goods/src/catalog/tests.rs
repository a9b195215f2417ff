//! The catalogue: what the editor accepts, what the list shows in which order, and that pages neither repeat nor skip.

use super::draft::{NameValue, ProductInput, ProductOption, ProductStatus, SkuInput};
use super::list::{ProductFilter, ProductSort};
use super::*;
use crate::testing::{Made, PICTURE, TestMall, each};
use db::args;
use kernel::{Cursor, Id, Page, minutes, seconds};

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

fn listed(mall: &TestMall, filter: ProductFilter) -> Vec<Id> {
    mall.read(move |tx, mall_id| {
        let rows = filter.prepared(tx, mall_id)?.rows(tx)?;
        Ok(rows.into_iter().map(|row| row.card.id).collect())
    })
    .unwrap()
}

/// Twelve products with ties in price, sales and stock.
fn shelf(mall: &TestMall) -> Vec<Id> {
    (0..12)
        .map(|n| {
            let mut input = mall.input(&format!("茶样{n}"), &[("a", [100, 200, 300][n % 3], (n % 2) as i64)]);
            input.attributes = vec![NameValue { name: "产地".into(), value: ["杭州", "绍兴"][n % 2].into() }];
            input.tags = if n < 4 { vec!["新品".into()] } else { vec![] };
            let made = mall.create(input);
            let sold = [(made.id, [5, 5, 9, 0][n % 4])];
            mall.write(move |tx, ctx| add_sales(tx, ctx, &sold)).unwrap();
            made.id
        })
        .collect()
}

#[test]
fn every_sort_walks_every_product_once() {
    each(|mall| {
        let ids = shelf(mall);
        use ProductSort::*;
        for (sort, q) in
            [Default, New, Sales, PriceAsc, PriceDesc].into_iter().flat_map(|s| [(s, None), (s, Some("茶样"))])
        {
            let filter = |cursor: Option<String>, limit: i64| ProductFilter {
                q: q.map(str::to_owned),
                sort,
                cursor,
                limit: Some(limit),
                ..ProductFilter::default()
            };
            let whole = {
                let filter = filter(None, 50);
                mall.read(move |tx, mall_id| {
                    let rows = filter.prepared(tx, mall_id)?.rows(tx)?;
                    Ok(rows.into_iter().map(|row| (row.key, row.card.id)).collect::<Vec<_>>())
                })
                .unwrap()
            };
            let ordered =
                if sort == PriceAsc { whole.is_sorted() } else { whole.iter().rev().collect::<Vec<_>>().is_sorted() };
            assert!(ordered, "{sort:?} {q:?} {whole:?}");
            let mut sorted: Vec<Id> = whole.iter().map(|row| row.1).collect();
            sorted.sort();
            assert_eq!(sorted, ids, "{sort:?} {q:?}");
            for size in [1, 5] {
                let mut walked = Vec::new();
                let mut cursor = None;
                loop {
                    let filter = filter(cursor.take(), size);
                    let page = mall
                        .read(move |tx, mall_id| {
                            let rows = filter.prepared(tx, mall_id)?.rows(tx)?;
                            Ok(Page::from_rows(rows, size, |row| Cursor { key: row.key, id: row.card.id.0 })
                                .map(|row| (row.key, row.card.id)))
                        })
                        .unwrap();
                    walked.extend(page.items);
                    cursor = page.next_cursor;
                    if cursor.is_none() {
                        break;
                    }
                }
                assert_eq!(walked, whole, "{sort:?} {q:?} by {size}");
            }
        }
    });
}

#[test]
fn filters_narrow_and_their_own_facet_does_not() {
    each(|mall| {
        let ids = shelf(mall);
        let every = |pick: &dyn Fn(usize) -> bool| -> Vec<Id> {
            ids.iter().enumerate().filter(|(n, _)| pick(*n)).map(|(_, id)| *id).rev().collect()
        };
        let new = || ProductFilter { sort: ProductSort::New, limit: Some(50), ..ProductFilter::default() };
        assert_eq!(listed(mall, ProductFilter { in_stock: Some(true), ..new() }), every(&|n| n % 2 == 1));
        assert_eq!(listed(mall, ProductFilter { tag: Some("新品".into()), ..new() }), every(&|n| n < 4));
        assert_eq!(listed(mall, ProductFilter { attr: vec!["产地:绍兴".into()], ..new() }), every(&|n| n % 2 == 1));
        let both = vec!["产地:绍兴".to_owned(), "产地:杭州".to_owned()];
        assert_eq!(listed(mall, ProductFilter { attr: both, ..new() }).len(), 12);
        let two = vec!["产地:绍兴".to_owned(), "材质:竹".to_owned()];
        assert!(listed(mall, ProductFilter { attr: two, ..new() }).is_empty());
        let range = ProductFilter { min_price_fen: Some(200), max_price_fen: Some(200), ..new() };
        assert_eq!(listed(mall, range), every(&|n| n % 3 == 1));
        let chosen = ProductFilter { attr: vec!["产地:绍兴".into()], max_price_fen: Some(100), ..new() };
        let facets = mall.read(move |tx, mall_id| chosen.prepared(tx, mall_id)?.facets(tx)).unwrap();
        assert_eq!((facets.total, facets.min_price_fen, facets.max_price_fen), (2, Some(100), Some(300)));
        let values: Vec<_> = facets.attributes[0].values.iter().map(|v| (v.value.as_str(), v.count)).collect();
        assert_eq!((facets.attributes[0].name.as_str(), values), ("产地", vec![("杭州", 2), ("绍兴", 2)]));
        let odd = ProductFilter { attr: vec!["产地".into()], ..new() };
        let refused = mall.read(move |tx, mall_id| odd.prepared(tx, mall_id).map(drop));
        assert_eq!(refused.unwrap_err().field_name(), Some("attr"));
    });
}

#[test]
fn a_category_holds_what_is_below_it() {
    each(|mall| {
        let home = mall.category("家居", None);
        let chairs = mall.category("椅子", Some(home));
        let mut input = mall.input("藤椅", &[("a", 100, 1)]);
        input.category_id = chairs;
        let chair = mall.create(input).id;
        mall.product("龙井", &[("a", 100, 1)]);
        let of = |category_id| ProductFilter { category_id: Some(category_id), ..ProductFilter::default() };
        assert_eq!(listed(mall, of(home)), [chair]);
        assert_eq!(listed(mall, of(chairs)), [chair]);
        assert!(listed(mall, of(Id(5))).is_empty());
    });
}

#[test]
fn words_find_products_and_the_bin_hides_them() {
    each(|mall| {
        let mut input = mall.input("西湖龙井 明前", &[("100g", 100, 1)]);
        input.keywords = Some("绿茶 伴手礼".into());
        let tea = mall.create(input).id;
        let cup = mall.product("青瓷茶杯", &[("白", 100, 1)]).id;
        let find = |q: &str| listed(mall, ProductFilter { q: Some(q.into()), ..ProductFilter::default() });
        assert_eq!(find("龙井"), [tea]);
        assert_eq!(find("伴手礼"), [tea]);
        assert_eq!(find("茶杯"), [cup]);
        assert!(find("电脑").is_empty());
        assert_eq!(find("  ").len(), 2, "a blank question is no filter");
        mall.write(move |tx, ctx| bin(tx, ctx, tea)).unwrap();
        assert!(find("龙井").is_empty());
        assert!(mall.write(move |tx, ctx| bin(tx, ctx, tea)).unwrap_err().is("product.not_found"));
        mall.write(move |tx, ctx| restore(tx, ctx, tea)).unwrap();
        assert!(find("龙井").is_empty(), "it comes back off sale");
        mall.write(move |tx, ctx| set_status(tx, ctx, tea, ProductStatus::OnSale)).unwrap();
        assert_eq!(find("龙井"), [tea]);
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
