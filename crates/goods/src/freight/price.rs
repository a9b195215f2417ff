//! The fee of a delivery. Each template prices its own loads; the order pays the first-unit fee only once:
//!
//! - A template whose free rule holds, or that covers no goods, costs nothing.
//! - Of the others, the one with the highest first fee (then the lower id) pays `first_fee` and its further steps.
//! - The rest pay as if their first units were next units, and never more than they would pay alone. Where a rule has
//!   no further steps (`next` is 0) its first fee is paid, so that goods are not carried for nothing by accident.
//!
//! More goods of one template never cost less, unless a free rule begins to hold. Amounts stop at [`Fen::MAX`].

use super::template::{Rule, Template, Unit};
use kernel::{Fen, Id};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Some pieces that travel together under one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// `None` or an id that is gone: the default template.
    pub template_id: Option<Id>,
    pub quantity: i64,
    /// Of all pieces together (unit weight × quantity).
    pub weight_g: i64,
    /// Of all pieces together (unit volume × quantity).
    pub volume_cm3: i64,
    /// What the pieces cost after discounts; tested by rules of free delivery.
    pub amount: Fen,
}

/// A priced delivery; the explanation's amounts sum to the fee.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Freight {
    pub fee: Fen,
    /// `("默认按件：首 1 件", 6.00 元)`; a template that costs nothing says why.
    pub explanation: Vec<(String, Fen)>,
}

/// Nothing of this template goes to the district.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeliverable {
    pub template: String,
}

/// Prices loads to a district (six digits). Without any template at all, delivery is free.
pub fn fee(templates: &[Template], loads: &[Load], district_code: &str) -> Result<Freight, Undeliverable> {
    let mut charged = Vec::new();
    let mut freight = Freight::default();
    for (template, sum) in grouped(templates, loads) {
        let refused = || Undeliverable { template: template.name.clone() };
        if template.refuses(district_code) {
            return Err(refused());
        }
        if let Some(free) = template.free_rule(district_code, sum.amount, sum.quantity) {
            freight.explanation.push((format!("{}：{}", template.name, free.describe()), Fen::ZERO));
            continue;
        }
        let rule = template.rule(district_code).ok_or_else(refused)?;
        charged.push((template, rule, sum.units(template.unit)));
    }
    let dearest = charged.iter().max_by_key(|(t, rule, _)| (rule.first_fee_fen, Reverse(t.id))).map(|(t, ..)| t.id);
    for (template, rule, units) in charged {
        let alone = first_then_next(rule, units);
        let fee = if Some(template.id) == dearest { alone } else { alone.min(as_next(rule, units)) };
        freight.explanation.push((format!("{}：{}", template.name, measured(template.unit, units)), fee));
        freight.fee = Fen(freight.fee.0.saturating_add(fee.0).min(Fen::MAX.0));
    }
    settle_explanation(&mut freight);
    Ok(freight)
}

/// `first_fee` and a fee for every begun further step.
fn first_then_next(rule: &Rule, units: i64) -> Fen {
    Fen(rule.first_fee_fen.saturating_add(steps(units - rule.first, rule)).min(Fen::MAX.0))
}

/// Every begun step at the fee of further steps.
fn as_next(rule: &Rule, units: i64) -> Fen {
    if rule.next == 0 { Fen(rule.first_fee_fen) } else { Fen(steps(units.max(1), rule).min(Fen::MAX.0)) }
}

fn steps(units: i64, rule: &Rule) -> i64 {
    if units <= 0 || rule.next == 0 {
        return 0;
    }
    let begun = (units - 1) / rule.next + 1;
    begun.saturating_mul(rule.next_fee_fen)
}

/// At the ceiling the last line is cut, so that the lines still sum to the fee.
fn settle_explanation(freight: &mut Freight) {
    let mut left = freight.fee.0;
    for (_, part) in &mut freight.explanation {
        part.0 = part.0.min(left);
        left -= part.0;
    }
}

#[derive(Clone, Copy)]
struct Sum {
    quantity: i64,
    weight_g: i64,
    volume_cm3: i64,
    amount: Fen,
}

impl Sum {
    fn units(self, unit: Unit) -> i64 {
        match unit {
            Unit::Piece => self.quantity,
            Unit::Weight => self.weight_g,
            Unit::Volume => self.volume_cm3,
        }
    }
}

/// The loads of each template, summed, in the order of template ids. Empty loads and loads without any template vanish.
fn grouped<'a>(templates: &'a [Template], loads: &[Load]) -> Vec<(&'a Template, Sum)> {
    let default = templates.iter().find(|t| t.is_default);
    let mut sums: BTreeMap<Id, (&Template, Sum)> = BTreeMap::new();
    for load in loads.iter().filter(|load| load.quantity > 0) {
        let named = load.template_id.and_then(|id| templates.iter().find(|t| t.id == id));
        let Some(template) = named.or(default) else { continue };
        let zero = Sum { quantity: 0, weight_g: 0, volume_cm3: 0, amount: Fen::ZERO };
        let (_, sum) = sums.entry(template.id).or_insert((template, zero));
        sum.quantity = sum.quantity.saturating_add(load.quantity);
        sum.weight_g = sum.weight_g.saturating_add(load.weight_g.max(0));
        sum.volume_cm3 = sum.volume_cm3.saturating_add(load.volume_cm3.max(0));
        sum.amount = Fen(sum.amount.0.saturating_add(load.amount.0));
    }
    sums.into_values().collect()
}

fn measured(unit: Unit, units: i64) -> String {
    match unit {
        Unit::Piece => format!("{units} 件"),
        Unit::Weight => format!("{}.{:02} 千克", units / 1_000, units % 1_000 / 10),
        Unit::Volume => format!("{}.{:03} 立方米", units / 1_000_000, units % 1_000_000 / 1_000),
    }
}
