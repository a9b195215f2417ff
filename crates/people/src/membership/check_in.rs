//! Checking in: once a day in the mall's time zone, a row of days earns more: points, and a coupon where there is one.

use super::rules::{PointsRules, rules};
use super::{CouponGift, GiftCause, Hooks};
use crate::ledger::{self, Grant};
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the row of days stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckIn {
    pub done_today: bool,
    /// Days in a row, today included once it is done.
    pub streak: i64,
    /// Points today's check-in gave, or would give.
    pub points: i64,
    /// A coupon comes with it, while there are any.
    pub coupon: bool,
}

/// What the `streak`-th day in a row gives.
pub fn points_of_day(rules: &PointsRules, streak: i64) -> i64 {
    rules.check_in + rules.streaks.iter().find(|row| row.days == streak).map_or(0, |row| row.points)
}

fn coupon_of_day(rules: &PointsRules, streak: i64) -> Option<Id> {
    rules.streaks.iter().find(|row| row.days == streak).and_then(|row| row.coupon_id)
}

/// Today's standing of a member. `day` is the mall's calendar day.
pub fn check_in_state(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    day: i64,
    rules: &PointsRules,
) -> Result<CheckIn> {
    let last: Option<(i64, i64, i64)> = tx.opt(
        "select day, streak, points from check_in
         where mall_id = $1 and member_id = $2 and day between $3 and $4
         order by day desc
         limit 1",
        &args![mall_id, member_id, day - 1, day],
    )?;
    let coupon = |streak| coupon_of_day(rules, streak).is_some();
    Ok(match last {
        Some((last, streak, points)) if last == day => {
            CheckIn { done_today: true, streak, points, coupon: coupon(streak) }
        }
        Some((_, streak, _)) => {
            CheckIn { done_today: false, streak, points: points_of_day(rules, streak + 1), coupon: coupon(streak + 1) }
        }
        None => CheckIn { done_today: false, streak: 0, points: points_of_day(rules, 1), coupon: coupon(1) },
    })
}

/// Checks in. `check_in.closed` (409) when the mall has none; a second time on a day answers the first.
pub fn check_in(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, utc_offset_ms: i64) -> Result<CheckIn> {
    let rules = rules(tx, ctx.mall_id)?.points;
    if !rules.enabled || (rules.check_in == 0 && rules.streaks.is_empty()) {
        return Err(Error::conflict("check_in.closed", "商城现在没有签到活动"));
    }
    let day = ctx.now.day_at_offset(utc_offset_ms);
    let state = check_in_state(tx, ctx.mall_id, member_id, day, &rules)?;
    if state.done_today {
        return Ok(state);
    }
    let (id, streak) = (ctx.id(), state.streak + 1);
    let points = points_of_day(&rules, streak);
    let made = tx.exec(
        "insert into check_in (mall_id, member_id, day, id, streak, points, at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, member_id, day) do nothing",
        &args![ctx.mall_id, member_id, day, id, streak, points, ctx.now],
    )?;
    if made == 1 && points > 0 {
        let note = if streak > 1 { format!("连续签到第 {streak} 天") } else { "签到".to_owned() };
        let expires_at: Instant = rules.expiry(ctx.now, utc_offset_ms);
        let grant = Grant { member_id, kind: "check_in", source_id: id, amount: points, note: &note, expires_at };
        ledger::earn(tx, ctx, &grant)?;
    }
    let mut coupon = false;
    if made == 1
        && let (Some(coupon_id), Some(hooks)) = (coupon_of_day(&rules, streak), ctx.attached::<Hooks>())
    {
        let gift = CouponGift { member_id, coupon_id, cause: GiftCause::CheckIn, source_id: id };
        coupon = hooks.coupons.clone().give(tx, ctx, &gift)?;
    }
    Ok(CheckIn { done_today: true, streak, points, coupon })
}
