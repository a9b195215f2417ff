//! Points, tiers and paid membership as an [`Offer`]: tier and member prices, points as money, free freight, and what an
//! order earns. The rules are the members' domain; here they meet quotes and orders.
//! A mall that never saved such a rule is asked nothing; with rules a quote costs one query for the member.

mod after;
mod caps;
mod price;
#[cfg(test)]
mod tests;

pub use after::{reviewed, reward_completed};
pub use caps::admin_routes;

use campaign::coupon::CouponSource;
use db::Tx;
use kernel::{Id, MallId, Result};
use people::membership::{
    self, CouponGift, GiftCause, GiveCoupon, LoyaltyRules, MemberStanding, Plan, RulesChanged, Tier, plans, rules,
    sku_caps, tiers,
};
use platform::{App, Ctx};
use std::collections::HashMap;
use std::sync::Arc;
use trade::offers::{self, AppliedRow, Basket, Draft, LaneName, Offer, Refunded, RuleCache, Rules, Sale, Tiers};

/// Name of the offer, and the kind of its rules' version.
pub const LOYALTY: &str = "loyalty";

/// All rules of a mall.
#[derive(Debug, Clone, Default)]
pub struct Programme {
    pub rules: LoyaltyRules,
    pub tiers: Vec<Tier>,
    pub plans: Vec<Plan>,
    /// Percent of a line that points may cover, where it is not all.
    pub caps: HashMap<Id, i64>,
}

impl Programme {
    fn read(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Self> {
        let caps = sku_caps(tx, mall_id)?;
        Ok(Programme {
            rules: rules(tx, mall_id)?,
            tiers: tiers(tx, mall_id)?,
            plans: plans(tx, mall_id)?,
            caps: caps.into_iter().map(|cap| (cap.sku_id, cap.percent)).collect(),
        })
    }

    fn is_idle(&self) -> bool {
        !self.rules.points.enabled && !self.rules.growth.enabled && self.plans.is_empty()
    }
}

/// The programme and one member in it.
pub struct MemberRules {
    programme: Arc<Programme>,
    standing: MemberStanding,
    /// Points the member wants to spend at most; `None` did not ask.
    wanted: Option<i64>,
}

impl MemberRules {
    pub fn new(programme: Arc<Programme>, standing: MemberStanding, wanted: Option<i64>) -> Self {
        MemberRules { programme, standing, wanted }
    }

    /// The member's tier; everybody has the one that begins at no growth.
    fn tier(&self) -> Option<&Tier> {
        if !self.programme.rules.growth.enabled {
            return None;
        }
        let held = self.programme.tiers.iter().find(|tier| Some(tier.id) == self.standing.tier_id);
        held.or_else(|| membership::tier_for(&self.programme.tiers, 0))
    }

    fn plan(&self) -> Option<&Plan> {
        self.programme.plans.iter().find(|plan| Some(plan.id) == self.standing.plan_id)
    }
}

impl Rules for MemberRules {
    fn price(&self, lane: LaneName, draft: &mut Draft) -> Result<()> {
        match lane {
            LaneName::BestPrice => price::best_price(self, draft),
            LaneName::Points => price::points(self, draft),
            LaneName::Freight => {
                price::freight(self, draft);
                Ok(())
            }
            LaneName::Reward => price::reward(self, draft),
            _ => Ok(()),
        }
    }
}

/// The offer.
#[derive(Default)]
pub struct Loyalty(RuleCache<Programme>);

impl Offer for Loyalty {
    fn name(&self) -> &'static str {
        LOYALTY
    }

    fn gather(&self, _: &App, tx: &mut Tx<'_>, ctx: &Ctx, basket: &Basket<'_>) -> Result<Option<Arc<dyn Rules>>> {
        let Some(version) = basket.version(LOYALTY).filter(|_| !basket.is_walk_in) else { return Ok(None) };
        let programme = self.0.get(ctx.mall_id, version, || Programme::read(tx, ctx.mall_id))?;
        if programme.is_idle() {
            return Ok(None);
        }
        let standing = membership::standing(tx, ctx.mall_id, basket.member_id, ctx.now)?;
        Ok(Some(Arc::new(MemberRules::new(programme, standing, basket.choices.points))))
    }

    fn placed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
        after::placed(tx, ctx, sale, draft)
    }

    fn paid(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        after::paid(tx, ctx, sale, rows)
    }

    fn closed(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
        after::closed(tx, ctx, sale, rows)
    }

    fn refunded(&self, tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
        after::refunded(tx, ctx, sale, rows, back)
    }
}

/// The tier of a member, for rules that are not for everybody.
pub struct MemberTiers;

impl Tiers for MemberTiers {
    fn tier_of(&self, tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<Option<Id>> {
        membership::tier_of(tx, ctx.mall_id, member_id)
    }
}

/// New rules are a new version.
pub struct NewVersion;

impl RulesChanged for NewVersion {
    fn changed(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
        offers::touch(tx, ctx, LOYALTY)
    }
}

/// Coupons as perks: the campaign's own.
pub struct CampaignCoupons;

impl GiveCoupon for CampaignCoupons {
    fn give(&self, tx: &mut Tx<'_>, ctx: &Ctx, gift: &CouponGift) -> Result<bool> {
        let source = match gift.cause {
            GiftCause::Birthday => CouponSource::Birthday,
            GiftCause::Month => CouponSource::Staff,
            GiftCause::CheckIn => CouponSource::CheckIn,
        };
        let key = format!("gift:{}", gift.source_id);
        campaign::coupon::grant_perk(tx, ctx, gift.coupon_id, gift.member_id, source, key)
    }
}
