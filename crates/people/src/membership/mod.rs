//! Membership: rules of points, growth and tiers, check-in, gifts of the calendar, paid plans. Owns `loyalty_program`,
//! `points_sku_cap`, `tier`, `membership_plan`, `membership`, `growth_entry`, `check_in`, `member_gift`, `member_notice`.
//!
//! Promises: growth books once per source and a reversal undoes what it led to; a tier is reached at once and kept for a
//! period; a gift is given once and on its day; paid time is never cut short and never charged by itself.
//! It does not know orders or coupons: the flows book growth, and [`Hooks`] gives coupons.

mod admin;
mod check_in;
mod gift;
mod growth;
pub mod jobs;
mod member_admin;
mod notice;
mod plan;
mod points_shop;
mod rules;
mod shop;
mod standing;
mod tier;

pub use check_in::{CheckIn, check_in, check_in_state, points_of_day};
pub use gift::{Day, day_of, give_birthday_gifts, give_monthly_gifts, give_plan_gifts, set_birthday};
pub use growth::{GrowthEntry, book, growth_at, review_tiers};
pub use member_admin::require_member;
pub use notice::{MemberNotice, notices, tell};
pub use plan::{Plan, PlanInput, activate, plan, plans, remind_renewals, save_plan};
pub use rules::{GrowthRules, LoyaltyRules, PointsRules, SkuCap, Streak, rules, save_rules, save_sku_caps, sku_caps};
pub use standing::{MemberStanding, Perks, standing, tier_of};
pub use tier::{Tier, TierInput, add_tier, change_tier, holders, remove_tier, tier_for, tiers};

use db::{Tx, args};
use kernel::{Id, Result};
use platform::{App, Ctx};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Gives a coupon as a gift; the coupons' own domain puts it in.
pub trait GiveCoupon: Send + Sync {
    /// False when there is no such coupon to give any more. `source_id` names the gift, for asking once.
    fn give(&self, tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, coupon_id: Id, source_id: Id) -> Result<bool>;
}

/// Hears that rules changed, so that prices are made from the new ones.
pub trait RulesChanged: Send + Sync {
    fn changed(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()>;
}

/// What membership needs from above; attached to the application by `server::wiring`.
#[derive(Clone)]
pub struct Hooks {
    pub coupons: Arc<dyn GiveCoupon>,
    pub rules: Arc<dyn RulesChanged>,
}

fn changed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    match ctx.attached::<Hooks>() {
        Some(hooks) => hooks.rules.changed(tx, ctx),
        None => Ok(()),
    }
}

/// Moves growth, birthday and paid time to the member somebody turned out to be. The better tier and the longer time
/// stay; check-ins of a day both had stay with the one that did not.
pub fn merge_member(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    tx.exec(
        "update growth_entry set member_id = $3 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, from, to],
    )?;
    let left: Option<(Option<Id>, Option<kernel::Instant>)> = tx.opt(
        "select plan_id, paid_until from membership where mall_id = $1 and member_id = $2 for update",
        &args![ctx.mall_id, from],
    )?;
    let Some((plan_id, paid_until)) = left else { return Ok(()) };
    growth::settle(tx, ctx, to)?;
    if let (Some(plan_id), Some(until)) = (plan_id, paid_until)
        && until > ctx.now
    {
        plan::lengthen(tx, ctx, to, plan_id, until - ctx.now)?;
    }
    tx.exec(
        "update membership set tier_id = null, keep_until = null, birthday = null, plan_id = null, paid_until = null
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, from],
    )?;
    Ok(())
}

/// Routes under `/api/v1`.
pub(crate) fn shop_routes() -> OpenApiRouter<App> {
    shop::routes().merge(points_shop::routes())
}

/// Routes under `/admin/v1`.
pub(crate) fn admin_routes() -> OpenApiRouter<App> {
    admin::routes().merge(member_admin::routes())
}
