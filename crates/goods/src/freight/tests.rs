//! Tables of fees worked out by hand, and the properties that hold for every template.

use super::template::{FreeRule, Rule, Template, Unit};
use super::*;
use kernel::{Fen, Id};
use proptest::prelude::*;

fn rule(codes: &[&str], first: i64, first_fee_fen: i64, next: i64, next_fee_fen: i64) -> Rule {
    let region_codes = codes.iter().map(|code| (*code).to_owned()).collect();
    Rule { region_codes, first, first_fee_fen, next, next_fee_fen }
}

fn template(id: i64, unit: Unit, rules: Vec<Rule>) -> Template {
    Template {
        id: Id(id),
        name: format!("模板{id}"),
        unit,
        rules,
        free_rules: Vec::new(),
        no_delivery_codes: vec!["71".into()],
        is_default: id == 1,
    }
}

fn load(template_id: Option<i64>, quantity: i64, weight_g: i64, amount: i64) -> Load {
    Load { template_id: template_id.map(Id), quantity, weight_g, volume_cm3: weight_g, amount: Fen(amount) }
}

fn by_piece() -> Template {
    let mut one = template(1, Unit::Piece, vec![rule(&[], 1, 1_000, 1, 200), rule(&["33", "3205"], 1, 600, 2, 100)]);
    let codes = vec!["33".to_owned()];
    one.free_rules = vec![FreeRule { region_codes: codes, min_amount_fen: Some(9_900), min_quantity: None }];
    one
}

fn by_weight() -> Template {
    template(2, Unit::Weight, vec![rule(&[], 1_000, 1_200, 500, 300), rule(&["33"], 1_000, 700, 1_000, 200)])
}

const HANGZHOU: &str = "330102";
const SUZHOU: &str = "320505";
const URUMQI: &str = "650102";

fn fen(templates: &[Template], loads: &[Load], district: &str) -> i64 {
    let freight = fee(templates, loads, district).expect("it can be delivered");
    assert_eq!(freight.explanation.iter().map(|(_, part)| part.0).sum::<i64>(), freight.fee.0);
    freight.fee.0
}

#[test]
fn pieces_pay_first_then_every_begun_step() {
    let all = [by_piece()];
    for (quantity, elsewhere, hangzhou) in [(1, 1_000, 600), (2, 1_200, 700), (3, 1_400, 700), (4, 1_600, 800)] {
        assert_eq!(fen(&all, &[load(None, quantity, 0, 100)], URUMQI), elsewhere, "{quantity}");
        assert_eq!(fen(&all, &[load(None, quantity, 0, 100)], HANGZHOU), hangzhou, "{quantity}");
    }
    assert_eq!(fen(&all, &[load(None, 1, 0, 100)], SUZHOU), 600, "a city of another province");
    assert_eq!(fen(&all, &[load(None, 1, 0, 100)], "320102"), 1_000, "the province of that city");
    let two_lines = [load(None, 1, 0, 100), load(Some(1), 2, 0, 100)];
    assert_eq!(fen(&all, &two_lines, URUMQI), 1_400, "lines of one template are summed");
}

#[test]
fn weight_and_volume_pay_by_what_they_measure() {
    for unit in [Unit::Weight, Unit::Volume] {
        let all = [Template { unit, is_default: true, ..by_weight() }];
        for (grams, expected) in
            [(0, 1_200), (1, 1_200), (1_000, 1_200), (1_001, 1_500), (1_500, 1_500), (1_501, 1_800)]
        {
            assert_eq!(fen(&all, &[load(None, 3, grams, 100)], URUMQI), expected, "{grams}");
        }
    }
}

#[test]
fn free_delivery_begins_at_its_amount_in_its_region() {
    let all = [by_piece()];
    assert_eq!(fen(&all, &[load(None, 1, 0, 9_899)], HANGZHOU), 600);
    assert_eq!(fen(&all, &[load(None, 9, 0, 9_900)], HANGZHOU), 0);
    assert_eq!(fen(&all, &[load(None, 1, 0, 9_900)], URUMQI), 1_000);
    let free = fee(&all, &[load(None, 1, 0, 9_900)], HANGZHOU).unwrap();
    assert_eq!(free.explanation, [("模板1：部分地区满 99.00 元包邮".to_owned(), Fen(0))]);
}

#[test]
fn both_conditions_of_a_free_rule_must_hold() {
    let mut one = by_piece();
    one.free_rules = vec![FreeRule { region_codes: vec![], min_amount_fen: Some(5_000), min_quantity: Some(3) }];
    let all = [one];
    assert_eq!(fen(&all, &[load(None, 3, 0, 4_999)], URUMQI), 1_400);
    assert_eq!(fen(&all, &[load(None, 2, 0, 9_999)], URUMQI), 1_200);
    assert_eq!(fen(&all, &[load(None, 3, 0, 5_000)], URUMQI), 0);
}

#[test]
fn an_order_pays_the_first_fee_once() {
    let all = [by_piece(), by_weight()];
    // Weight is dearer: 12.00 for the first kilo and one step of 3.00; one piece counts as one further piece, 2.00.
    let loads = [load(Some(1), 1, 0, 100), load(Some(2), 1, 1_400, 100)];
    assert_eq!(fen(&all, &loads, URUMQI), 1_500 + 200);
    // In Zhejiang too: 7.00 and a step of 2.00; three pieces are two steps of two at 1.00.
    let loads = [load(Some(1), 3, 0, 100), load(Some(2), 1, 1_400, 100)];
    assert_eq!(fen(&all, &loads, HANGZHOU), 900 + 200);
    // What is free pays nothing, and what remains pays its first fee.
    let loads = [load(Some(1), 3, 0, 9_900), load(Some(2), 1, 1_400, 100)];
    assert_eq!(fen(&all, &loads, HANGZHOU), 900);
}

#[test]
fn a_template_without_further_steps_is_never_carried_for_nothing() {
    let flat = template(3, Unit::Piece, vec![rule(&[], 1, 500, 0, 0)]);
    assert_eq!(fen(std::slice::from_ref(&flat), &[load(Some(3), 9, 0, 100)], URUMQI), 500, "alone, any number");
    let all = [by_piece(), flat];
    assert_eq!(fen(&all, &[load(Some(3), 9, 0, 100), load(Some(1), 1, 0, 100)], URUMQI), 1_000 + 500);
}

#[test]
fn the_rest_never_pay_more_than_alone() {
    let generous = template(3, Unit::Piece, vec![rule(&[], 10, 500, 1, 300)]);
    let all = [by_piece(), generous];
    assert_eq!(fen(&all, &[load(Some(3), 10, 0, 100), load(Some(1), 1, 0, 100)], URUMQI), 1_000 + 500);
}

#[test]
fn some_regions_are_out_of_reach() {
    let refused = fee(&[by_piece()], &[load(None, 1, 0, 99_999)], "710101").unwrap_err();
    assert_eq!(refused, Undeliverable { template: "模板1".into() });
    let only_near = template(1, Unit::Piece, vec![rule(&["33"], 1, 600, 1, 100)]);
    assert!(fee(&[only_near], &[load(None, 1, 0, 1)], URUMQI).is_err());
}

#[test]
fn no_template_and_no_goods_cost_nothing() {
    assert_eq!(fen(&[], &[load(None, 5, 5, 5)], URUMQI), 0);
    assert_eq!(fen(&[by_piece()], &[], URUMQI), 0);
    assert_eq!(fen(&[by_piece()], &[load(None, 0, 0, 0)], URUMQI), 0);
    assert_eq!(fen(&[by_piece()], &[load(Some(99), 1, 0, 0)], URUMQI), 1_000, "a template that is gone");
}

#[test]
fn the_note_of_a_product_tells_the_least() {
    assert_eq!(note(None), "包邮");
    assert_eq!(note(Some(&by_piece())), "运费 6.00 元起，部分地区满 99.00 元包邮");
    assert_eq!(note(Some(&template(1, Unit::Piece, vec![rule(&[], 1, 800, 1, 100)]))), "运费 8.00 元");
    assert_eq!(note(Some(&template(1, Unit::Piece, vec![rule(&[], 1, 0, 1, 100)]))), "包邮");
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let fees = (0i64..5_000, 0i64..2_000);
    (any::<bool>(), 1i64..5_000, 0i64..2_000, fees)
        .prop_map(|(near, first, next, (a, b))| rule(if near { &["33"] } else { &[] }, first, a, next, b))
}

fn any_template() -> impl Strategy<Value = Template> {
    let free = prop::option::of((1i64..50_000, 1i64..20));
    (1i64..4, 0usize..3, any_rule(), any_rule(), free).prop_map(|(id, unit, base, special, free)| {
        let unit = [Unit::Piece, Unit::Weight, Unit::Volume][unit];
        let mut one = template(id, unit, vec![Rule { region_codes: vec![], ..base }, special]);
        one.free_rules = free
            .map(|(fen, pieces)| FreeRule {
                region_codes: vec![],
                min_amount_fen: Some(fen),
                min_quantity: Some(pieces),
            })
            .into_iter()
            .collect();
        one
    })
}

fn any_load() -> impl Strategy<Value = Load> {
    (prop::option::of(1i64..5), 1i64..30, 0i64..20_000, 0i64..60_000).prop_map(|(id, n, g, fen)| load(id, n, g, fen))
}

fn distinct(mut templates: Vec<Template>) -> Vec<Template> {
    templates.sort_by_key(|template| template.id);
    templates.dedup_by_key(|template| template.id);
    templates
}

proptest! {
    #[test]
    fn a_fee_is_never_negative_and_its_lines_sum_to_it(
        templates in prop::collection::vec(any_template(), 0..4),
        loads in prop::collection::vec(any_load(), 0..6),
    ) {
        let freight = fee(&distinct(templates), &loads, HANGZHOU).unwrap();
        prop_assert!(freight.fee.0 >= 0);
        prop_assert!(freight.explanation.iter().all(|(_, part)| part.0 >= 0));
        prop_assert_eq!(freight.explanation.iter().map(|(_, part)| part.0).sum::<i64>(), freight.fee.0);
    }

    #[test]
    fn more_goods_are_never_cheaper_unless_they_become_free(
        templates in prop::collection::vec(any_template(), 1..4),
        loads in prop::collection::vec(any_load(), 1..5),
        more in (1i64..10, 0i64..5_000),
    ) {
        let templates = distinct(templates);
        let mut grown = loads.clone();
        grown[0].quantity += more.0;
        grown[0].weight_g += more.1;
        grown[0].volume_cm3 += more.1;
        grown[0].amount = Fen(grown[0].amount.0 + more.1);
        let before = fee(&templates, &loads, HANGZHOU).unwrap();
        let after = fee(&templates, &grown, HANGZHOU).unwrap();
        let free = |freight: &Freight| freight.explanation.iter().filter(|(label, _)| label.ends_with("包邮")).count();
        prop_assert!(after.fee >= before.fee || free(&after) > free(&before), "{:?} {:?}", before, after);
    }

    #[test]
    fn the_order_of_lines_does_not_matter(
        templates in prop::collection::vec(any_template(), 1..4),
        loads in prop::collection::vec(any_load(), 1..5),
    ) {
        let templates = distinct(templates);
        let backwards: Vec<Load> = loads.iter().rev().copied().collect();
        prop_assert_eq!(fee(&templates, &loads, HANGZHOU), fee(&templates, &backwards, HANGZHOU));
    }
}

mod stored {
    use crate::freight::{FreightTemplateInput, Unit, save, templates};
    use crate::testing::each;
    use kernel::Id;

    fn input(name: &str, is_default: bool) -> FreightTemplateInput {
        FreightTemplateInput {
            name: name.into(),
            unit: Unit::Piece,
            rules: vec![super::rule(&[], 1, 1_000, 1, 200), super::rule(&["33"], 1, 600, 1, 100)],
            free_rules: Vec::new(),
            no_delivery_codes: vec!["71".into()],
            is_default,
        }
    }

    #[test]
    fn a_shop_has_exactly_one_default() {
        each(|mall| {
            let save_one = |id: Option<Id>, name: &'static str, is_default: bool| {
                mall.write(move |tx, ctx| save(tx, ctx, id, &input(name, is_default)))
            };
            let first = save_one(None, "默认", false).unwrap();
            let second = save_one(None, "大件", true).unwrap();
            let found = mall.read(move |tx, mall_id| templates(tx, mall_id, &[first])).unwrap();
            assert_eq!(
                found.iter().map(|t| (t.id, t.is_default)).collect::<Vec<_>>(),
                [(first, false), (second, true)]
            );
            let refused = save_one(Some(second), "大件", false);
            assert!(refused.unwrap_err().is("freight_template.is_default"));
            assert!(save_one(Some(Id(5)), "没有", false).unwrap_err().is("freight_template.not_found"));
        });
    }

    #[test]
    fn contradicting_rules_are_refused_at_their_field() {
        each(|mall| {
            let refuse = |spoil: fn(&mut FreightTemplateInput)| {
                let mut spoiled = input("模板", false);
                spoil(&mut spoiled);
                let error = mall.write(move |tx, ctx| save(tx, ctx, None, &spoiled)).unwrap_err();
                error.field_name().unwrap_or_default().to_owned()
            };
            assert_eq!(refuse(|t| t.rules.truncate(0)), "rules");
            assert_eq!(refuse(|t| t.rules.push(super::rule(&[], 1, 1, 1, 1))), "rules");
            assert_eq!(refuse(|t| t.rules.push(super::rule(&["33"], 1, 1, 1, 1))), "rules[2].region_codes");
            assert_eq!(refuse(|t| t.rules[0].first = 0), "rules[0].first");
            assert_eq!(refuse(|t| t.rules[1].next = -1), "rules[1].next");
            assert_eq!(refuse(|t| t.rules[1].first_fee_fen = -1), "rules[1].first_fee_fen");
            assert_eq!(refuse(|t| t.no_delivery_codes[0] = "7x".into()), "no_delivery_codes");
            assert_eq!(refuse(|t| t.name = " ".into()), "name");
        });
    }
}
