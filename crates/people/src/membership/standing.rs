//! Where a member stands now, for prices and pages: one query.

use super::plan::Plan;
use super::tier::Tier;
use db::{Tx, args, row};
use kernel::{Id, Instant, MallId, Result};

/// What a quote needs to know of a member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberStanding {
    pub tier_id: Option<Id>,
    /// The plan, while it is paid.
    pub plan_id: Option<Id>,
    pub points: i64,
}

struct Row {
    tier_id: Option<Id>,
    plan_id: Option<Id>,
    paid_until: Option<Instant>,
    points: Option<i64>,
}
row!(Row { tier_id, plan_id, paid_until, points });

/// The standing of a member at `now`.
pub fn standing(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, now: Instant) -> Result<MemberStanding> {
    let row: Option<Row> = tx.opt(
        "select s.tier_id, s.plan_id, s.paid_until, b.amount
         from member m
         left join membership s on s.mall_id = m.mall_id and s.member_id = m.id
         left join ledger_balance b on b.mall_id = m.mall_id and b.member_id = m.id and b.account = 'points'
         where m.mall_id = $1 and m.id = $2",
        &args![mall_id, member_id],
    )?;
    Ok(row.map_or_else(MemberStanding::default, |row| MemberStanding {
        tier_id: row.tier_id,
        plan_id: row.plan_id.filter(|_| row.paid_until.is_some_and(|until| until > now)),
        points: row.points.unwrap_or(0),
    }))
}

/// The tier of a member.
pub fn tier_of(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Option<Id>> {
    let found: Option<Option<Id>> = tx
        .opt::<(Option<Id>,)>(
            "select tier_id from membership where mall_id = $1 and member_id = $2",
            &args![mall_id, member_id],
        )?
        .map(|row| row.0);
    Ok(found.flatten())
}

/// The perks of a standing: of tier and paid plan the better one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Perks {
    pub points_percent: i64,
    pub free_freight: bool,
}

impl Perks {
    pub fn of(tier: Option<&Tier>, plan: Option<&Plan>) -> Self {
        let tier_points = tier.map_or(100, |tier| tier.points_percent);
        let plan_points = plan.map_or(100, |plan| plan.points_percent);
        Perks {
            points_percent: tier_points.max(plan_points),
            free_freight: tier.is_some_and(|tier| tier.free_freight) || plan.is_some_and(|plan| plan.free_freight),
        }
    }
}
