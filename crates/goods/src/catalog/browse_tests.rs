//! What shoppers find: every sort, filters with their facets, categories, words.

use super::draft::{NameValue, ProductStatus};
use super::list::{ProductFilter, ProductSort};
use super::*;
use crate::testing::{TestMall, each};
use kernel::{Cursor, Id, Page};

pub(super) fn listed(mall: &TestMall, filter: ProductFilter) -> Vec<Id> {
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
