//! What runs or will run in a mall, in one shape for all kinds: enough to see what a new campaign meets.

use super::CampaignKind;
use crate::coupon::{self, CouponRule, CouponSource, Template, Validity};
use crate::limited::{self, LimitedSale};
use crate::promotion::{self, Promotion, Rule};
use crate::scope::{Need, Scope, ScopeKind};
use db::Tx;
use kernel::{Fen, Id, Instant, Result};
use platform::Ctx;

/// What an order may lose to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// At most this much per order.
    AtMost(Fen),
    /// This share of the goods, percent.
    Percent(i64),
    /// Depends on what is bought.
    Open,
}

/// A campaign in the shape of its neighbours.
#[derive(Debug, Clone)]
pub struct Campaign {
    pub kind: CampaignKind,
    pub id: Id,
    pub name: String,
    pub words: String,
    pub scope: Scope,
    /// Promotions only.
    pub group: Option<String>,
    /// Of campaigns with the same slot an order has one at most: a group of promotions, a kind of coupon, a limited price.
    pub slot: String,
    pub need: Option<Need>,
    pub cost: Cost,
    pub from: Instant,
    pub until: Option<Instant>,
    /// May stand beside other coupons, beside promotions.
    pub with_coupons: bool,
    pub with_promotions: bool,
    pub changed_at: Instant,
}

impl Campaign {
    /// They can hold at the same time for the same goods.
    pub fn meets(&self, other: &Campaign) -> bool {
        let begins = self.until.is_none_or(|end| other.from < end);
        let ends = other.until.is_none_or(|end| self.from < end);
        begins && ends && self.scope.may_meet(&other.scope)
    }
}

/// Everything that is published.
pub fn published(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Campaign>> {
    with_coupons(tx, ctx, |_| true)
}

/// What is published for whoever walks by: coupons that are given to some, or shared, are left out.
pub fn on_show(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<Campaign>> {
    with_coupons(tx, ctx, |t| t.open_at(ctx.now) && t.from(CouponSource::Centre))
}

fn with_coupons(tx: &mut Tx<'_>, ctx: &Ctx, wanted: impl Fn(&Template) -> bool) -> Result<Vec<Campaign>> {
    let mut found: Vec<Campaign> =
        promotion::published(tx, ctx.mall_id, ctx.now)?.iter().map(|p| of_promotion(p, Fen::ZERO)).collect();
    found.extend(coupon::open(tx, ctx.mall_id, ctx.now)?.iter().filter(|t| wanted(t)).map(of_template));
    found.extend(limited::published(tx, ctx.mall_id, ctx.now)?.iter().map(|sale| of_sale(sale, Fen::ZERO)));
    Ok(found)
}

/// `gifts`: what the dearest step's gifts cost.
pub fn of_promotion(p: &Promotion, gifts: Fen) -> Campaign {
    let (need, cost) = match &p.rule {
        Rule::SpendSave { steps, repeat, max_repeats } => {
            let last = steps.last().expect("a checked rule has steps");
            let cost = match (repeat, max_repeats) {
                (false, _) => Cost::AtMost(Fen(last.off_fen)),
                (true, Some(n)) => Cost::AtMost(Fen(last.off_fen.saturating_mul(*n))),
                (true, None) => match last.need {
                    Need::SpendFen(fen) => Cost::Percent((last.off_fen * 100 + fen - 1) / fen),
                    Need::Pieces(_) => Cost::Open,
                },
            };
            (steps.first().map(|s| s.need), cost)
        }
        Rule::SpendDiscount { steps, cap_fen } => {
            let deepest = steps.last().map_or(100, |s| s.pay_percent);
            let cost = cap_fen.map_or(Cost::Percent(100 - deepest), |fen| Cost::AtMost(Fen(fen)));
            (steps.first().map(|s| s.need), cost)
        }
        Rule::NForPrice { steps } => (steps.first().map(|s| Need::Pieces(s.pieces)), Cost::Open),
        Rule::NthDiscount { steps } => {
            // All pieces of one price: of a round of `nth` pieces those with a step are cheaper.
            let round = steps.iter().map(|s| s.nth).max().unwrap_or(1);
            let off: i64 = steps.iter().map(|s| 100 - s.pay_percent).sum();
            (steps.first().map(|s| Need::Pieces(s.nth)), Cost::Percent((off + round - 1) / round))
        }
        Rule::Gift { steps } => (steps.first().map(|s| s.need), Cost::AtMost(gifts)),
    };
    Campaign {
        kind: CampaignKind::Promotion,
        id: p.id,
        name: p.name.clone(),
        words: p.rule.words(),
        scope: p.scope.clone(),
        group: Some(p.group.clone()),
        slot: format!("promotion {}", p.group),
        need,
        cost,
        from: p.starts_at,
        until: p.ends_at,
        with_coupons: true,
        with_promotions: true,
        changed_at: p.updated_at,
    }
}

pub fn of_template(t: &Template) -> Campaign {
    let cost = match &t.rule {
        CouponRule::Amount { off_fen, .. } => Cost::AtMost(Fen(*off_fen)),
        CouponRule::Percent { pay_percent, cap_fen, .. } => {
            cap_fen.map_or(Cost::Percent(100 - pay_percent), |fen| Cost::AtMost(Fen(fen)))
        }
        CouponRule::Freight { cap_fen: Some(fen), .. } => Cost::AtMost(Fen(*fen)),
        CouponRule::Freight { cap_fen: None, .. } | CouponRule::Exchange { .. } => Cost::Open,
    };
    let until = match t.validity {
        Validity::Window { until, .. } => Some(until),
        Validity::Days { .. } => t.takes_until.map(|end| t.validity.of(end).1),
    };
    Campaign {
        kind: CampaignKind::Coupon,
        id: t.id,
        name: t.name.clone(),
        words: t.rule.words(),
        scope: t.scope.clone(),
        group: None,
        slot: match (&t.rule, t.shop_id) {
            (CouponRule::Freight { .. }, _) => "freight coupon".into(),
            (_, Some(shop)) => format!("coupon of shop {shop}"),
            (_, None) => "coupon of the mall".into(),
        },
        need: t.rule.need(),
        cost,
        from: t.validity.of(t.takes_from).0,
        until,
        with_coupons: t.with_coupons,
        with_promotions: t.with_promotions,
        changed_at: t.updated_at,
    }
}

/// `cost`: the most one order may lose.
pub fn of_sale(sale: &LimitedSale, cost: Fen) -> Campaign {
    let mut ids: Vec<Id> = sale.items.iter().map(|item| item.product_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Campaign {
        kind: CampaignKind::Limited,
        id: sale.id,
        name: sale.name.clone(),
        words: format!("限时价，{} 个规格", sale.items.len()),
        scope: Scope { kind: ScopeKind::Product, ids, excluded_product_ids: Vec::new() },
        group: None,
        slot: "limited".into(),
        need: None,
        cost: if cost > Fen::ZERO { Cost::AtMost(cost) } else { Cost::Open },
        from: sale.starts_at,
        until: Some(sale.ends_at),
        with_coupons: sale.with_coupons,
        with_promotions: sale.with_promotions,
        changed_at: sale.updated_at,
    }
}
