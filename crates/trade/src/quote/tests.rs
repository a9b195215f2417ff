//! Pricing without a database: the facts are made by hand.

use super::{Facts, Place, QuotedShop, price};
use crate::cart::Item;
use goods::catalog::SkuForSale;
use kernel::{Fen, Id};
use proptest::prelude::*;
use std::collections::HashMap;

fn sku(id: i64, price_fen: i64) -> SkuForSale {
    SkuForSale {
        sku_id: Id(id),
        product_id: Id(id * 10),
        shop_id: Id(1),
        name: format!("商品{id}"),
        option_text: String::new(),
        picture_key: None,
        category_ids: Vec::new(),
        brand_id: None,
        price: Fen(price_fen),
        list_price: None,
        weight_g: 100,
        volume_cm3: 100,
        freight_template_id: None,
        return_7d: true,
        no_return_reason: None,
        purchase_limit: None,
        on_sale: true,
        shop_open: true,
    }
}

fn facts(lines: &[(i64, i64, i64)]) -> Facts {
    Facts {
        items: lines.iter().map(|(id, _, quantity)| Item { sku_id: Id(*id), quantity: *quantity }).collect(),
        skus: lines.iter().map(|(id, price_fen, _)| sku(*id, *price_fen)).collect(),
        available: HashMap::new(),
        limits: Vec::new(),
        place: Place::Store { store_id: Id(5), name: "湖滨店".into(), shop_id: None, at_counter: false },
        shops: vec![QuotedShop { id: Id(1), name: "自营".into(), location_id: Some(Id(1)) }],
        elsewhere: HashMap::new(),
        templates: Default::default(),
        rules: Vec::new(),
    }
}

#[test]
fn an_empty_selection_is_explained() {
    let draft = price(&facts(&[])).unwrap();
    assert_eq!(draft.total(), Fen(0));
    assert_eq!(draft.problems[0].code, "order.empty");
}

#[test]
fn what_cannot_be_bought_is_a_problem_not_an_error() {
    let mut facts = facts(&[(1, 100, 2), (2, 300, 1)]);
    facts.skus[0].on_sale = false;
    facts.skus.remove(1);
    let codes: Vec<String> = price(&facts).unwrap().problems.into_iter().map(|p| p.code).collect();
    assert_eq!(codes, ["product.off_sale", "sku.gone"]);
}

#[test]
fn a_purchase_limit_counts_what_was_bought_before() {
    let mut facts = facts(&[(1, 100, 2)]);
    facts.limits = vec![(Id(10), "茶".into(), 3, 2)];
    let draft = price(&facts).unwrap();
    assert!(!draft.placeable());
    assert!(draft.problems[0].message.contains("已经买过 2 件"));
}

#[test]
fn amounts_past_the_maximum_are_refused() {
    assert!(price(&facts(&[(1, 10_000_000_000, 999)])).unwrap_err().is("order.too_large"));
}

proptest! {
    #[test]
    fn lines_sum_to_the_total_and_the_quote_is_the_same_twice(
        lines in prop::collection::vec((0i64..200_000, 1i64..999), 1..40),
    ) {
        let lines: Vec<(i64, i64, i64)> = lines.iter().zip(1..).map(|((p, q), id)| (id, *p, *q)).collect();
        let facts = facts(&lines);
        let (a, b) = (price(&facts).unwrap(), price(&facts).unwrap());
        prop_assert_eq!(a.total(), b.total());
        prop_assert_eq!(a.total().0, lines.iter().map(|(_, p, q)| p * q).sum::<i64>());
        prop_assert!(a.placeable());
    }
}
