//! Gifts of the calendar: birthday and month, on the day in the mall's time zone, once a year or month. Points come from
//! the ledger, coupons through the [`GiveCoupon`](super::GiveCoupon) that campaigns put in.

use super::rules::rules;
use super::{CouponGift, GiftCause, Hooks, notice};
use crate::ledger::{self, Grant};
use db::{Tx, args, row};
use kernel::{Error, Id, Instant, Result, days};
use platform::Ctx;

/// What a day is in the mall's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// The calendar day at an offset from UTC.
pub fn day_of(at: Instant, utc_offset_ms: i64) -> Day {
    let date = (at + utc_offset_ms).datetime();
    Day { year: i64::from(date.year()), month: i64::from(u8::from(date.month())), day: i64::from(date.day()) }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

impl Day {
    /// Birthdays that are kept on this day: in a year without 29 February its children celebrate on the 28th.
    fn birthdays(self) -> Vec<i64> {
        let mut found = vec![self.month * 100 + self.day];
        if self.month == 2 && self.day == 28 && !is_leap(self.year) {
            found.push(229);
        }
        found
    }
}

/// Days of a month, 29 for February.
const DAYS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Sets the birthday: month and day, no year. It can be set once a year, and counts from the next day on.
/// `birthday.set_recently` (409).
pub fn set_birthday(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, month: i64, day: i64) -> Result<()> {
    let most = usize::try_from(month).ok().and_then(|month| DAYS.get(month.checked_sub(1)?)).copied();
    let Some(most) = most else { return Err(Error::field("month", "月份是 1 到 12")) };
    if !(1..=most).contains(&day) {
        return Err(Error::field("day", format!("这个月有 {most} 天")));
    }
    super::growth::hold(tx, ctx, member_id)?;
    let set = tx.exec(
        "update membership set birthday = $3, birthday_set_at = $4
         where mall_id = $1 and member_id = $2 and (birthday_set_at is null or birthday_set_at < $5)",
        &args![ctx.mall_id, member_id, month * 100 + day, ctx.now, ctx.now - days(365)],
    )?;
    if set == 1 { Ok(()) } else { Err(Error::conflict("birthday.set_recently", "生日一年只能改一次")) }
}

struct Due {
    member_id: Id,
    points: i64,
    coupon_id: Option<Id>,
}
row!(Due { member_id, points, coupon_id });

/// Members handled in one transaction.
const BATCH: i64 = 200;

/// Gives today's birthday gifts that were not given yet; answers how many. Call it again while it is the batch.
pub fn give_birthday_gifts(tx: &mut Tx<'_>, ctx: &Ctx, utc_offset_ms: i64) -> Result<usize> {
    let today = day_of(ctx.now, utc_offset_ms);
    let midnight = Instant(days(ctx.now.day_at_offset(utc_offset_ms)) - utc_offset_ms);
    let due: Vec<Due> = tx.all(
        "select m.member_id, t.birthday_points, t.birthday_coupon_id from membership m
         join tier t on t.mall_id = m.mall_id and t.id = m.tier_id
         where m.mall_id = $1 and m.birthday = any($2) and m.birthday_set_at < $3
           and (t.birthday_points > 0 or t.birthday_coupon_id is not null)
           and not exists (select 1 from member_gift g
             where g.mall_id = m.mall_id and g.member_id = m.member_id and g.kind = 'birthday' and g.period = $4)
         order by m.member_id
         limit $5",
        &args![ctx.mall_id, today.birthdays(), midnight, today.year, BATCH],
    )?;
    let kind = Kind {
        name: "birthday",
        posting: "birthday_gift",
        cause: GiftCause::Birthday,
        period: today.year,
        words: "生日礼",
    };
    give(tx, ctx, &due, &kind, utc_offset_ms)
}

/// Gives this month's gifts of tiers that were not given yet; answers how many.
pub fn give_monthly_gifts(tx: &mut Tx<'_>, ctx: &Ctx, utc_offset_ms: i64) -> Result<usize> {
    let today = day_of(ctx.now, utc_offset_ms);
    let month = today.year * 100 + today.month;
    let due: Vec<Due> = tx.all(
        "select m.member_id, t.monthly_points, t.monthly_coupon_id from tier t
         join membership m on m.mall_id = t.mall_id and m.tier_id = t.id
         where t.mall_id = $1 and (t.monthly_points > 0 or t.monthly_coupon_id is not null)
           and not exists (select 1 from member_gift g
             where g.mall_id = m.mall_id and g.member_id = m.member_id and g.kind = 'monthly' and g.period = $2)
         order by m.member_id
         limit $3",
        &args![ctx.mall_id, month, BATCH],
    )?;
    let kind =
        Kind { name: "monthly", posting: "monthly_gift", cause: GiftCause::Month, period: month, words: "每月礼" };
    give(tx, ctx, &due, &kind, utc_offset_ms)
}

/// The same of paid plans.
pub fn give_plan_gifts(tx: &mut Tx<'_>, ctx: &Ctx, utc_offset_ms: i64) -> Result<usize> {
    let today = day_of(ctx.now, utc_offset_ms);
    let month = today.year * 100 + today.month;
    let due: Vec<Due> = tx.all(
        "select m.member_id, p.monthly_points, p.monthly_coupon_id from membership m
         join membership_plan p on p.mall_id = m.mall_id and p.id = m.plan_id
         where m.mall_id = $1 and m.paid_until > $2 and (p.monthly_points > 0 or p.monthly_coupon_id is not null)
           and not exists (select 1 from member_gift g
             where g.mall_id = m.mall_id and g.member_id = m.member_id and g.kind = 'plan_monthly' and g.period = $3)
         order by m.member_id
         limit $4",
        &args![ctx.mall_id, ctx.now, month, BATCH],
    )?;
    let kind =
        Kind {
            name: "plan_monthly", posting: "plan_gift", cause: GiftCause::Month, period: month, words: "会员月礼"
        };
    give(tx, ctx, &due, &kind, utc_offset_ms)
}

struct Kind {
    name: &'static str,
    posting: &'static str,
    cause: GiftCause,
    period: i64,
    words: &'static str,
}

fn give(tx: &mut Tx<'_>, ctx: &Ctx, due: &[Due], kind: &Kind, utc_offset_ms: i64) -> Result<usize> {
    if due.is_empty() {
        return Ok(0);
    }
    let expires_at = rules(tx, ctx.mall_id)?.points.expiry(ctx.now, utc_offset_ms);
    let coupons = ctx.attached::<Hooks>().map(|hooks| hooks.coupons.clone());
    for gift in due {
        let id = ctx.id();
        let made = tx.exec(
            "insert into member_gift (mall_id, member_id, kind, period, id, points, coupon_id, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (mall_id, member_id, kind, period) do nothing",
            &args![ctx.mall_id, gift.member_id, kind.name, kind.period, id, gift.points, gift.coupon_id, ctx.now],
        )?;
        if made == 0 {
            continue;
        }
        let mut words = Vec::new();
        if gift.points > 0 {
            let grant = Grant {
                member_id: gift.member_id,
                kind: kind.posting,
                source_id: id,
                amount: gift.points,
                note: kind.words,
                expires_at,
            };
            ledger::earn(tx, ctx, &grant)?;
            words.push(format!("{} 积分", gift.points));
        }
        if let (Some(coupon_id), Some(coupons)) = (gift.coupon_id, &coupons)
            && coupons.give(
                tx,
                ctx,
                &CouponGift { member_id: gift.member_id, coupon_id, cause: kind.cause, source_id: id },
            )?
        {
            words.push("一张优惠券".to_owned());
        }
        if !words.is_empty() {
            let text = format!("{}到了：{}", kind.words, words.join("和"));
            notice::tell(tx, ctx, gift.member_id, "gift", &text, serde_json::json!({}))?;
        }
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::hours;

    #[test]
    fn children_of_a_leap_day_celebrate_every_year() {
        assert_eq!(Day { year: 2027, month: 2, day: 28 }.birthdays(), [228, 229]);
        assert_eq!(Day { year: 2028, month: 2, day: 28 }.birthdays(), [228]);
        assert_eq!(Day { year: 2028, month: 2, day: 29 }.birthdays(), [229]);
    }

    #[test]
    fn the_day_turns_at_the_malls_midnight() {
        let late = Instant::parse("2026-12-31T16:00:00Z").unwrap();
        assert_eq!(day_of(late, hours(8)), Day { year: 2027, month: 1, day: 1 });
        assert_eq!(day_of(late - 1, hours(8)), Day { year: 2026, month: 12, day: 31 });
    }
}
