//! What a delivery costs: a base fee, every kilometre and every kilogram begun beyond what it covers, or nothing from an
//! amount on. Pure; the parts carry their words, and their sum is the fee.

use super::rule::DeliveryRule;
use kernel::Fen;

/// What is carried how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trip {
    /// As the crow flies.
    pub distance_m: i64,
    pub weight_g: i64,
    /// What the goods cost after everything taken off.
    pub goods: Fen,
}

/// A part of the fee, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeePart {
    pub label: String,
    pub fee: Fen,
}

/// Units begun beyond what is covered.
fn begun(amount: i64, covered: i64, unit: i64) -> i64 {
    let over = (amount - covered).max(0);
    over / unit + i64::from(over % unit > 0)
}

/// Tenths without a needless zero: `2.4`, `3`.
fn tenths(amount: i64, unit: i64) -> String {
    let tenths = (amount * 10 + unit / 2) / unit;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

/// A distance in words: `2.4 公里`, `800 米`.
pub fn kilometres(metres: i64) -> String {
    if metres < 1_000 { format!("{metres} 米") } else { format!("{} 公里", tenths(metres, 1_000)) }
}

/// Yuan without needless zeros: `5`, `2.50`.
fn yuan(fen: i64) -> String {
    if fen % 100 == 0 { (fen / 100).to_string() } else { Fen(fen).to_string() }
}

/// The parts of the fee; at least one, so that the way is always explained.
pub fn parts(rule: &DeliveryRule, trip: &Trip) -> Vec<FeePart> {
    let far = kilometres(trip.distance_m);
    if let Some(from) = rule.free_from_fen.filter(|from| trip.goods.0 >= *from) {
        return vec![FeePart {
            label: format!("同城配送 {far}，满 {} 元免配送费", yuan(from)), fee: Fen::ZERO
        }];
    }
    let covered = kilometres(rule.base_metres);
    let mut parts = vec![FeePart {
        label: format!("同城配送 {far}，起步 {} 元含 {covered}", yuan(rule.base_fen)),
        fee: Fen(rule.base_fen),
    }];
    let further = begun(trip.distance_m, rule.base_metres, 1_000);
    if further > 0 && rule.further_km_fen > 0 {
        let label = format!("超出 {further} 公里，每公里 {} 元", yuan(rule.further_km_fen));
        parts.push(FeePart { label, fee: Fen(further * rule.further_km_fen) });
    }
    let heavier = begun(trip.weight_g, rule.base_weight_g, 1_000);
    if heavier > 0 && rule.further_kg_fen > 0 {
        let weight = tenths(trip.weight_g, 1_000);
        let label = format!("重 {weight} 公斤，超出 {heavier} 公斤，每公斤 {} 元", yuan(rule.further_kg_fen));
        parts.push(FeePart { label, fee: Fen(heavier * rule.further_kg_fen) });
    }
    parts
}

/// What it costs.
pub fn fee(rule: &DeliveryRule, trip: &Trip) -> Fen {
    Fen(parts(rule, trip).iter().map(|part| part.fee.0).sum())
}

#[cfg(test)]
mod tests {
    use super::super::rule::CarriedBy;
    use super::*;
    use proptest::prelude::*;

    fn rule() -> DeliveryRule {
        DeliveryRule {
            is_on: true,
            carried_by: CarriedBy::Riders,
            courier_store: None,
            base_fen: 500,
            base_metres: 3_000,
            further_km_fen: 200,
            base_weight_g: 5_000,
            further_kg_fen: 150,
            least_fen: 0,
            free_from_fen: Some(9_900),
            prepare_minutes: 20,
            asap: true,
            slot_minutes: 60,
            capacity: 5,
            days_ahead: 2,
        }
    }

    fn trip(distance_m: i64, weight_g: i64, goods: i64) -> Trip {
        Trip { distance_m, weight_g, goods: Fen(goods) }
    }

    #[test]
    fn what_is_begun_is_paid() {
        let cost = |metres, grams| fee(&rule(), &trip(metres, grams, 100)).0;
        assert_eq!([cost(0, 0), cost(3_000, 5_000)], [500, 500]);
        assert_eq!([cost(3_001, 0), cost(4_000, 0), cost(4_001, 0)], [700, 700, 900]);
        assert_eq!([cost(0, 5_001), cost(0, 6_000), cost(0, 6_001)], [650, 650, 800]);
        assert_eq!(cost(5_300, 7_200), 500 + 3 * 200 + 3 * 150);
    }

    #[test]
    fn from_an_amount_on_it_is_free_and_the_words_say_why() {
        let label = |trip: &Trip| parts(&rule(), trip)[0].label.clone();
        assert_eq!(label(&trip(2_440, 0, 9_899)), "同城配送 2.4 公里，起步 5 元含 3 公里");
        assert_eq!(label(&trip(850, 0, 9_900)), "同城配送 850 米，满 99 元免配送费");
        assert_eq!(fee(&rule(), &trip(20_000, 90_000, 9_900)), Fen::ZERO);
        let far = parts(&rule(), &trip(5_300, 7_200, 0));
        assert_eq!(far[1].label, "超出 3 公里，每公里 2 元");
        assert_eq!(far[2].label, "重 7.2 公斤，超出 3 公斤，每公斤 1.50 元");
    }

    proptest! {
        /// A second computation: walks the way metre by metre in steps of a thousand, and the weight in the same way.
        #[test]
        fn the_fee_is_what_counting_up_gives(
            base in 0i64..2_000, covers in 0i64..6_000, km in 0i64..900, holds in 0i64..9_000, kg in 0i64..900,
            free in proptest::option::of(0i64..20_000), metres in 0i64..50_000, grams in 0i64..60_000, goods in 0i64..20_000,
        ) {
            let rule = DeliveryRule { base_fen: base, base_metres: covers, further_km_fen: km, base_weight_g: holds,
                further_kg_fen: kg, free_from_fen: free, ..rule() };
            let trip = trip(metres, grams, goods);
            let mut counted = base;
            let mut reached = covers;
            while reached < metres { counted += km; reached += 1_000; }
            let mut lifted = holds;
            while lifted < grams { counted += kg; lifted += 1_000; }
            if free.is_some_and(|from| goods >= from) { counted = 0; }
            prop_assert_eq!(fee(&rule, &trip).0, counted);
            let said: i64 = parts(&rule, &trip).iter().map(|part| part.fee.0).sum();
            prop_assert_eq!(said, counted);
            prop_assert!(parts(&rule, &trip).iter().all(|part| part.fee.0 >= 0 && !part.label.is_empty()));
        }

        #[test]
        fn farther_or_heavier_never_costs_less(metres in 0i64..40_000, more in 0i64..9_000, grams in 0i64..40_000, load in 0i64..9_000) {
            let near = fee(&rule(), &trip(metres, grams, 0));
            prop_assert!(fee(&rule(), &trip(metres + more, grams + load, 0)) >= near);
        }
    }
}
