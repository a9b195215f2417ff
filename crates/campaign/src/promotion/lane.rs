//! Lane 3. Groups go by priority; within a group the rule that is worth most to the member is taken first, and goods
//! that took part in one rule of a group take no part in another of it. A rule is given whole or not at all.
//!
//! Pure: the same rules over the same draft give the same quote, in whatever order the rules are listed.

use super::benefit::{Benefit, Eligible, evaluate};
use super::model::{GiftItem, Promotion, Rule};
use goods::catalog::SkuForSale;
use kernel::{Fen, Id, Result};
use std::collections::HashMap;
use std::sync::Arc;
use trade::offers::{Draft, LaneName, Rules, Source, Standing};

/// Kind of the sources and of the version of promotions.
pub const PROMOTION: &str = "promotion";

/// A rule with what is known of the member.
#[derive(Debug, Clone)]
pub struct LiveRule {
    pub promotion: Arc<Promotion>,
    /// Times the member had it, when that is limited.
    pub uses: i64,
    /// What is left of the budget now; `None` without one.
    pub budget_left: Option<Fen>,
}

/// The promotions of a mall for one basket.
pub struct PromotionRules {
    /// By priority, then id.
    live: Vec<LiveRule>,
    standing: Standing,
    /// Gifts with the pieces there are.
    gifts: HashMap<Id, (SkuForSale, i64)>,
}

impl PromotionRules {
    pub fn new(mut live: Vec<LiveRule>, standing: Standing, gifts: HashMap<Id, (SkuForSale, i64)>) -> Self {
        live.sort_by_key(|rule| (rule.promotion.priority, rule.promotion.id));
        PromotionRules { live, standing, gifts }
    }
}

/// What a rule would do now.
struct Try<'a> {
    rule: &'a LiveRule,
    benefit: Benefit,
    worth: Fen,
    lines: Vec<usize>,
}

impl Rules for PromotionRules {
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()> {
        if lane != LaneName::Promotion || self.live.is_empty() {
            return Ok(());
        }
        // A group stands where its first rule stands.
        let mut groups: Vec<(&str, Vec<&LiveRule>)> = Vec::new();
        for rule in &self.live {
            let name = rule.promotion.group.as_str();
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, rules)) => rules.push(rule),
                None => groups.push((name, vec![rule])),
            }
        }
        groups.sort_by_key(|(name, rules)| (rules[0].promotion.priority, *name));
        let open: Vec<usize> = draft.open(LaneName::Promotion).collect();
        for (_, rules) in groups {
            self.group(rules, &open, draft)?;
        }
        Ok(())
    }
}

impl PromotionRules {
    fn group(&self, rules: Vec<&LiveRule>, open: &[usize], draft: &mut Draft) -> Result<()> {
        let mut left: Vec<&LiveRule> = Vec::with_capacity(rules.len());
        for rule in rules {
            match self.refusal(rule) {
                Some(reason) if self.concerns(rule, open, draft) => {
                    let source = Source::new(PROMOTION, rule.promotion.id);
                    draft.decline(LaneName::Promotion, Some(source), &rule.promotion.rule.words(), reason);
                }
                Some(_) => {}
                None => left.push(rule),
            }
        }
        // Lines that took part in a rule of this group, with that rule's words.
        let mut taken: Vec<(usize, String)> = Vec::new();
        loop {
            let mut tries: Vec<Try<'_>> = Vec::with_capacity(left.len());
            for rule in &left {
                tries.extend(self.attempt(rule, open, &taken, draft)?);
            }
            // Of equal worth the first by priority and id; `max_by_key` would take the last.
            let best = tries.iter().enumerate().filter(|(_, t)| self.covers(t)).min_by_key(|(i, t)| (-t.worth.0, *i));
            let Some((at, _)) = best else {
                for lost in tries {
                    self.explain(lost, &taken, draft);
                }
                return Ok(());
            };
            let won = tries.swap_remove(at);
            left.retain(|rule| rule.promotion.id != won.rule.promotion.id);
            let label = match &won.benefit {
                Benefit::Spread { label, .. } | Benefit::Each { label, .. } => label.clone(),
                Benefit::Gift { label, .. } | Benefit::Nothing { label, .. } => label.clone(),
            };
            taken.extend(self.apply(won, draft).into_iter().map(|line| (line, label.clone())));
        }
    }

    /// Why the member cannot have a rule at all.
    fn refusal(&self, rule: &LiveRule) -> Option<String> {
        let promotion = &rule.promotion;
        if let Some(reason) = promotion.audience.refuses(self.standing) {
            return Some(reason.to_owned());
        }
        let limit = promotion.per_member?;
        (rule.uses >= limit).then(|| format!("每人限享 {limit} 次，你已经享过了"))
    }

    fn concerns(&self, rule: &LiveRule, open: &[usize], draft: &Draft) -> bool {
        open.iter().any(|i| rule.promotion.scope.covers(&draft.lines[*i].sku))
    }

    /// `None`: nothing in the cart is its business.
    fn attempt<'a>(
        &self,
        rule: &'a LiveRule,
        open: &[usize],
        taken: &[(usize, String)],
        draft: &Draft,
    ) -> Result<Option<Try<'a>>> {
        let scope = &rule.promotion.scope;
        let in_scope: Vec<usize> = open.iter().copied().filter(|i| scope.covers(&draft.lines[*i].sku)).collect();
        if in_scope.is_empty() {
            return Ok(None);
        }
        let eligible: Vec<Eligible> = in_scope
            .iter()
            .filter(|i| !taken.iter().any(|(line, _)| line == *i))
            .map(|i| Eligible { line: *i, payable: draft.lines[*i].payable, quantity: draft.lines[*i].quantity })
            .collect();
        let benefit = evaluate(&rule.promotion.rule, &eligible)?;
        let worth = match (&benefit, &rule.promotion.rule) {
            (Benefit::Gift { step, .. }, Rule::Gift { steps }) => self.worth_of(&steps[*step].gifts)?,
            _ => benefit.off(),
        };
        let lines = match &benefit {
            Benefit::Each { offs, .. } => offs.iter().map(|(line, _)| *line).collect(),
            Benefit::Nothing { .. } => in_scope,
            _ => eligible.iter().map(|e| e.line).collect(),
        };
        Ok(Some(Try { rule, benefit, worth, lines }))
    }

    fn worth_of(&self, gifts: &[GiftItem]) -> Result<Fen> {
        let mut worth = Fen::ZERO;
        for gift in gifts {
            if let Some((sku, _)) = self.gifts.get(&gift.sku_id).filter(|(_, left)| *left >= gift.quantity) {
                worth = worth.plus(sku.price.times(gift.quantity)?)?;
            }
        }
        Ok(worth)
    }

    /// Something comes of it, and the budget bears it.
    fn covers(&self, t: &Try<'_>) -> bool {
        let gives = match (&t.benefit, &t.rule.promotion.rule) {
            (Benefit::Gift { step, .. }, Rule::Gift { steps }) => self.stocked(&steps[*step].gifts),
            (Benefit::Nothing { .. }, _) => false,
            _ => t.worth > Fen::ZERO,
        };
        gives && t.rule.budget_left.is_none_or(|left| t.worth <= left)
    }

    fn stocked(&self, gifts: &[GiftItem]) -> bool {
        gifts.iter().any(|gift| self.gifts.get(&gift.sku_id).is_some_and(|(_, left)| *left >= gift.quantity))
    }

    fn apply(&self, won: Try<'_>, draft: &mut Draft) -> Vec<usize> {
        let source = Source::new(PROMOTION, won.rule.promotion.id);
        let next = match won.benefit {
            Benefit::Spread { off, label, next } => {
                draft.take_off(LaneName::Promotion, source, &label, off, &won.lines);
                next
            }
            Benefit::Each { offs, label } => {
                draft.take_off_each(LaneName::Promotion, source, &label, &offs);
                None
            }
            Benefit::Gift { step, next, .. } => {
                let Rule::Gift { steps } = &won.rule.promotion.rule else { return won.lines };
                for gift in &steps[step].gifts {
                    let label = |name: &str| format!("{}赠 {name} ×{}", steps[step].need.words(), gift.quantity);
                    match self.gifts.get(&gift.sku_id) {
                        Some((sku, left)) if *left >= gift.quantity => {
                            draft.give(source.clone(), &label(&sku.name), sku.clone(), gift.quantity);
                        }
                        Some((sku, _)) => {
                            let label = label(&sku.name);
                            draft.decline(LaneName::Promotion, Some(source.clone()), &label, "赠品已送完");
                        }
                        None => {}
                    }
                }
                next
            }
            Benefit::Nothing { .. } => None,
        };
        if let Some(next) = next {
            draft.hint(next);
        }
        won.lines
    }

    fn explain(&self, lost: Try<'_>, taken: &[(usize, String)], draft: &mut Draft) {
        let (label, mut reason) = match &lost.benefit {
            Benefit::Nothing { label, reason } => (label.clone(), reason.clone()),
            Benefit::Gift { label, .. } => {
                let reason = if lost.rule.budget_left.is_some_and(|left| lost.worth > left) {
                    "活动预算已用完"
                } else {
                    "赠品已送完"
                };
                (label.clone(), reason.to_owned())
            }
            Benefit::Spread { label, .. } | Benefit::Each { label, .. } => {
                let reason = if lost.worth > Fen::ZERO { "活动预算已用完" } else { "没有可减的金额" };
                (label.clone(), reason.to_owned())
            }
        };
        let blocking = taken.iter().find(|(line, _)| lost.lines.contains(line));
        let source = Source::new(PROMOTION, lost.rule.promotion.id);
        match (blocking, &lost.benefit) {
            (None, Benefit::Nothing { .. }) => return draft.fall_short(LaneName::Promotion, source, &label, reason),
            (Some((_, words)), Benefit::Nothing { .. }) => reason = format!("商品已享{words}，同组活动不同享"),
            _ => {}
        }
        draft.decline(LaneName::Promotion, Some(source), &label, reason);
    }
}
