//! Lane 4, and the coupon's part of lane 6. One shop coupon per shop, one mall coupon on top of what those left, one
//! freight coupon; a coupon that forbids stacking stands alone. The combination with the lowest total wins, freight
//! included; of equal totals the one with fewer coupons, then the one that would expire sooner. What the member chose
//! is used as it is.
//!
//! Pure. The search is complete up to [`TRIED`] combinations; beyond, coupons that are worth least alone are left out.

use super::model::{CouponRule, Held, Template};
use super::worth::{Seen, worth};
use goods::catalog::SkuForSale;
use kernel::{Fen, Id, Result};
use std::sync::Arc;
use trade::offers::{Draft, LaneName, Rules, Source};

/// Kind of the sources and of the version of coupons.
pub const COUPON: &str = "coupon";
/// Combinations looked at.
const TRIED: usize = 4_096;

/// A coupon with its template.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub held: Held,
    pub template: Arc<Template>,
    /// Why the member cannot use it now, whatever is in the cart.
    pub refused: Option<String>,
}

/// The member's coupons for one basket.
pub struct CouponRules {
    /// The next to expire first.
    candidates: Vec<Candidate>,
    chosen: Option<Vec<Id>>,
}

impl CouponRules {
    pub fn new(mut candidates: Vec<Candidate>, chosen: Option<Vec<Id>>) -> Self {
        candidates.sort_by_key(|c| (c.held.valid_until, c.held.id));
        CouponRules { candidates, chosen }
    }
}

/// A place in the combination: a shop's coupon, the mall's, the freight's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Shop(Id),
    Mall,
    Freight,
}

fn slot_of(template: &Template) -> Slot {
    match (&template.rule, template.shop_id) {
        (CouponRule::Freight { .. }, _) => Slot::Freight,
        (_, Some(shop)) => Slot::Shop(shop),
        (_, None) => Slot::Mall,
    }
}

impl Rules for CouponRules {
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()> {
        match lane {
            LaneName::Coupon => self.goods(draft),
            LaneName::Freight => self.freight(draft),
            _ => Ok(()),
        }
    }
}

impl CouponRules {
    fn goods(&self, draft: &mut Draft) -> Result<()> {
        if self.candidates.is_empty() && self.chosen.as_ref().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let lines = draft.lines.clone();
        let skus: Vec<&SkuForSale> = lines.iter().map(|line| &line.sku).collect();
        let quantities: Vec<i64> = lines.iter().map(|line| line.quantity).collect();
        let open: Vec<bool> = lines.iter().map(|line| line.allows.has(LaneName::Coupon)).collect();
        let mut promoted = vec![false; lines.len()];
        for applied in draft.applied.iter().filter(|applied| applied.lane == LaneName::Promotion) {
            for part in applied.parts.iter().filter(|part| part.amount < Fen::ZERO) {
                promoted[part.line] = true;
            }
        }
        let seen = Seen { skus: &skus, quantities: &quantities, open: &open, promoted: &promoted };
        let payables: Vec<Fen> = lines.iter().map(|line| line.payable).collect();

        // What each is worth alone, or why nothing.
        let mut alone: Vec<Result<Fen, String>> = Vec::with_capacity(self.candidates.len());
        for candidate in &self.candidates {
            let value = match &candidate.refused {
                Some(reason) => Err(reason.clone()),
                None => worth(&candidate.template, &seen, &payables)?
                    .map(|offs| Fen(offs.iter().map(|(_, off)| off.0).sum())),
            };
            alone.push(value);
        }
        let picked = match &self.chosen {
            Some(ids) => self.as_chosen(ids, &alone, draft),
            None => self.best(&alone, &seen, &payables, draft)?,
        };
        self.apply(&picked, &seen, draft)?;
        for (i, candidate) in self.candidates.iter().enumerate().filter(|(i, _)| !picked.contains(i)) {
            let source = Source::new(COUPON, candidate.held.id);
            let (lane, label) = (LaneName::Coupon, &candidate.template.name);
            match &alone[i] {
                Ok(_) if self.chosen.is_some() => draft.offer_instead(lane, source, label, "没有选用"),
                Ok(_) => draft.offer_instead(lane, source, label, "已选更优惠的组合"),
                Err(reason) => draft.decline(lane, Some(source), label, reason.clone()),
            }
        }
        Ok(())
    }

    /// The member's choice, in the order of the slots; what cannot go together is left out with its reason.
    fn as_chosen(&self, ids: &[Id], alone: &[Result<Fen, String>], draft: &mut Draft) -> Vec<usize> {
        let mut picked: Vec<usize> = Vec::new();
        for id in ids {
            let Some(i) = self.candidates.iter().position(|c| c.held.id == *id) else {
                draft.decline(LaneName::Coupon, Some(Source::new(COUPON, *id)), "优惠券", "这张券现在不能用");
                continue;
            };
            if alone[i].is_err() || picked.contains(&i) {
                continue;
            }
            let template = &self.candidates[i].template;
            let clash = picked.iter().any(|other| {
                let other = &self.candidates[*other].template;
                slot_of(other) == slot_of(template) || !other.with_coupons || !template.with_coupons
            });
            if !clash {
                picked.push(i);
            }
        }
        picked.sort_by_key(|i| (slot_of(&self.candidates[*i].template), *i));
        picked
    }

    fn best(
        &self,
        alone: &[Result<Fen, String>],
        seen: &Seen<'_>,
        payables: &[Fen],
        draft: &Draft,
    ) -> Result<Vec<usize>> {
        // Per slot the coupons that can be used, worth most first; of one template only the first to expire.
        let mut slots: Vec<(Slot, Vec<usize>)> = Vec::new();
        for (i, candidate) in self.candidates.iter().enumerate() {
            let usable = alone[i].is_ok()
                && !self.candidates[..i]
                    .iter()
                    .zip(alone)
                    .any(|(earlier, value)| value.is_ok() && earlier.held.template_id == candidate.held.template_id);
            if !usable {
                continue;
            }
            let slot = slot_of(&candidate.template);
            match slots.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, list)) => list.push(i),
                None => slots.push((slot, vec![i])),
            }
        }
        slots.sort_by_key(|(slot, _)| *slot);
        let value = |i: &usize| alone[*i].as_ref().map_or(0, |off| -off.0);
        for (_, list) in &mut slots {
            list.sort_by_key(|i| (value(i), *i));
        }
        while slots.iter().map(|(_, list)| list.len() + 1).product::<usize>() > TRIED {
            let longest = slots.iter_mut().max_by_key(|(_, list)| list.len()).expect("a product above one");
            longest.1.pop();
        }
        let mut best: (Fen, Vec<usize>) = (self.total(&[], seen, payables, draft)?, Vec::new());
        let mut at = vec![0usize; slots.len()];
        // Counts through the combinations like a number: digit 0 leaves a slot empty.
        while let Some(slot) = (0..slots.len()).find(|slot| at[*slot] < slots[*slot].1.len()) {
            at[..slot].fill(0);
            at[slot] += 1;
            let combination: Vec<usize> = at
                .iter()
                .zip(&slots)
                .filter(|(digit, _)| **digit > 0)
                .map(|(digit, (_, list))| list[digit - 1])
                .collect();
            let stacked = combination.len() > 1;
            if stacked && combination.iter().any(|i| !self.candidates[*i].template.with_coupons) {
                continue;
            }
            let total = self.total(&combination, seen, payables, draft)?;
            let rank = |total: Fen, of: &[usize]| (total, of.len(), of.to_vec());
            if rank(total, &combination) < rank(best.0, &best.1) {
                best = (total, combination);
            }
        }
        Ok(best.1)
    }

    /// What would be paid with these coupons, the way included.
    fn total(&self, of: &[usize], seen: &Seen<'_>, payables: &[Fen], draft: &Draft) -> Result<Fen> {
        let mut left = payables.to_vec();
        let mut freight: Option<(Option<Id>, i64)> = None;
        for i in of {
            let template = &self.candidates[*i].template;
            match worth(template, seen, &left)? {
                Ok(offs) => offs.into_iter().for_each(|(line, off)| left[line].0 -= off.0),
                // Not reached any more beside the others: such a combination is no better than without it.
                Err(_) => return Ok(Fen(i64::MAX)),
            }
            if let CouponRule::Freight { cap_fen, .. } = template.rule {
                freight = Some((template.shop_id, cap_fen.unwrap_or(i64::MAX)));
            }
        }
        let fees = draft.fees_at(&left);
        let fee: i64 = fees.iter().map(|(_, fee)| fee.0).sum();
        let off = freight.map_or(0, |(shop, cap)| {
            let concerned = fees.iter().filter(|(of, _)| shop.is_none_or(|shop| shop == *of));
            concerned.map(|(_, fee)| fee.0).sum::<i64>().min(cap)
        });
        let fee = (fee - off).max(0);
        Ok(Fen(left.iter().map(|fen| fen.0).sum::<i64>() + fee))
    }

    fn apply(&self, picked: &[usize], seen: &Seen<'_>, draft: &mut Draft) -> Result<()> {
        for i in picked {
            let Candidate { held, template, .. } = &self.candidates[*i];
            let source = Source::new(COUPON, held.id);
            if let CouponRule::Freight { .. } = template.rule {
                draft.plans.push((LaneName::Freight, source));
                continue;
            }
            let payables: Vec<Fen> = draft.lines.iter().map(|line| line.payable).collect();
            match worth(template, seen, &payables)? {
                Ok(offs) => {
                    draft.take_off_each(LaneName::Coupon, source, &template.name, &offs);
                }
                Err(reason) => draft.decline(LaneName::Coupon, Some(source), &template.name, reason),
            }
        }
        Ok(())
    }

    fn freight(&self, draft: &mut Draft) -> Result<()> {
        let planned: Vec<Source> = draft
            .plans
            .iter()
            .filter(|(lane, source)| *lane == LaneName::Freight && source.kind == COUPON)
            .map(|(_, source)| source.clone())
            .collect();
        for source in planned {
            let Some(Candidate { template, .. }) = self.candidates.iter().find(|c| c.held.id == source.id) else {
                continue;
            };
            let CouponRule::Freight { cap_fen, .. } = template.rule else { continue };
            let (shop, off) = (template.shop_id, Fen(cap_fen.unwrap_or(i64::MAX)));
            if draft.take_off_freight(source.clone(), &template.name, off, shop) == Fen::ZERO {
                draft.decline(LaneName::Freight, Some(source), &template.name, "这一单没有运费");
            }
        }
        Ok(())
    }
}
