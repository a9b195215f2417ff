//! The mall's rules of points and growth: one row, edited as a whole. A mall without the row has no such programme.

use crate::ledger::NEVER;
use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result, days};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Rules of points and growth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoyaltyRules {
    pub points: PointsRules,
    pub growth: GrowthRules,
}

/// How points are earned and spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PointsRules {
    pub enabled: bool,
    /// Points for every yuan paid for goods; 0 gives none. Counted when the order is completed.
    #[schema(minimum = 0, maximum = 100)]
    pub earn_per_yuan: i64,
    /// For checking in once a day.
    #[schema(minimum = 0, maximum = 10000)]
    pub check_in: i64,
    /// On top, on these days of a row of days.
    pub streaks: Vec<Streak>,
    /// For a review of a line.
    #[schema(minimum = 0, maximum = 10000)]
    pub review: i64,
    /// Days until points expire, counted to the end of the day; 0: never.
    #[schema(minimum = 0, maximum = 3660)]
    pub expire_days: i64,
    /// Points that are worth one yuan; 0: they cannot be spent as money.
    #[schema(minimum = 0, maximum = 100000)]
    pub spend_per_yuan: i64,
    /// The share of the goods' amount that points may cover.
    #[schema(minimum = 0, maximum = 100)]
    pub max_share_percent: i64,
    /// Fewer are not taken.
    #[schema(minimum = 0, maximum = 1000000)]
    pub min_points: i64,
}

/// Points, a coupon or both on a day of a row of check-ins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Streak {
    /// Days in a row.
    #[schema(minimum = 2, maximum = 365)]
    pub days: i64,
    #[schema(minimum = 0, maximum = 10000)]
    pub points: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_id: Option<kernel::Id>,
}

impl Default for PointsRules {
    fn default() -> Self {
        PointsRules {
            enabled: false,
            earn_per_yuan: 1,
            check_in: 5,
            streaks: vec![Streak { days: 7, points: 20, coupon_id: None }],
            review: 10,
            expire_days: 365,
            spend_per_yuan: 100,
            max_share_percent: 50,
            min_points: 100,
        }
    }
}

/// How growth is earned and how long it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GrowthRules {
    pub enabled: bool,
    /// Growth for every yuan paid for goods. Counted when the order is paid.
    #[schema(minimum = 0, maximum = 100)]
    pub per_yuan: i64,
    /// Growth counts for so many days, and a tier is kept for so many; 0: for good.
    #[schema(minimum = 0, maximum = 3660)]
    pub period_days: i64,
}

impl Default for GrowthRules {
    fn default() -> Self {
        GrowthRules { enabled: false, per_yuan: 1, period_days: 365 }
    }
}

impl LoyaltyRules {
    /// 400 at the first value that does not fit.
    pub fn check(&self) -> Result<()> {
        let within = |field: &'static str, value: i64, least: i64, most: i64| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(Error::field(field, format!("请填 {least} 到 {most} 之间的整数")))
            }
        };
        let points = &self.points;
        within("points.earn_per_yuan", points.earn_per_yuan, 0, 100)?;
        within("points.check_in", points.check_in, 0, 10_000)?;
        within("points.review", points.review, 0, 10_000)?;
        within("points.expire_days", points.expire_days, 0, 3_660)?;
        within("points.spend_per_yuan", points.spend_per_yuan, 0, 100_000)?;
        within("points.max_share_percent", points.max_share_percent, 0, 100)?;
        within("points.min_points", points.min_points, 0, 1_000_000)?;
        within("growth.per_yuan", self.growth.per_yuan, 0, 100)?;
        within("growth.period_days", self.growth.period_days, 0, 3_660)?;
        if points.streaks.len() > 20 {
            return Err(Error::field("points.streaks", "连续签到奖励最多 20 档"));
        }
        let mut seen = HashSet::new();
        for streak in &points.streaks {
            within("points.streaks", streak.days, 2, 365)?;
            within("points.streaks", streak.points, i64::from(streak.coupon_id.is_none()), 10_000)?;
            if !seen.insert(streak.days) {
                return Err(Error::field("points.streaks", "连续天数不能重复"));
            }
        }
        Ok(())
    }
}

impl PointsRules {
    /// When points given at `now` expire: the end of that day in the mall's time zone.
    pub fn expiry(&self, now: Instant, utc_offset_ms: i64) -> Instant {
        if self.expire_days == 0 {
            return NEVER;
        }
        let day = now.day_at_offset(utc_offset_ms) + self.expire_days + 1;
        Instant(days(day) - utc_offset_ms)
    }
}

/// The mall's rules; the defaults, with everything off, when it never saved any.
pub fn rules(tx: &mut Tx<'_>, mall_id: MallId) -> Result<LoyaltyRules> {
    let found: Option<String> = tx.opt("select rules from loyalty_program where mall_id = $1", &args![mall_id])?;
    found.map_or_else(|| Ok(LoyaltyRules::default()), |text| serde_json::from_str(&text).map_err(Error::internal))
}

/// Replaces the mall's rules.
pub fn save_rules(tx: &mut Tx<'_>, ctx: &Ctx, rules: &LoyaltyRules) -> Result<()> {
    rules.check()?;
    tx.exec(
        "insert into loyalty_program (mall_id, rules, updated_at) values ($1, $2, $3)
         on conflict (mall_id) do update set rules = excluded.rules, updated_at = excluded.updated_at",
        &args![ctx.mall_id, serde_json::to_string(rules).map_err(Error::internal)?, ctx.now],
    )?;
    super::changed(tx, ctx)
}

/// What a cap of points on one SKU says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkuCap {
    pub sku_id: kernel::Id,
    /// Share of the line that points may cover; 0: none.
    #[schema(minimum = 0, maximum = 100)]
    pub percent: i64,
}
db::row!(SkuCap { sku_id, percent });

/// All caps of a mall, at most a thousand.
pub fn sku_caps(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<SkuCap>> {
    tx.all("select sku_id, percent from points_sku_cap where mall_id = $1 order by sku_id", &args![mall_id])
}

/// Replaces all caps.
pub fn save_sku_caps(tx: &mut Tx<'_>, ctx: &Ctx, caps: &[SkuCap]) -> Result<()> {
    if caps.len() > 1_000 {
        return Err(Error::field("items", "最多单独设置 1000 个规格"));
    }
    let mut seen = HashSet::new();
    for (i, cap) in caps.iter().enumerate() {
        if !(0..=100).contains(&cap.percent) {
            return Err(Error::field(format!("items[{i}].percent"), "比例是 0 到 100"));
        }
        if !seen.insert(cap.sku_id) {
            return Err(Error::field(format!("items[{i}].sku_id"), "这个规格重复了"));
        }
    }
    tx.exec("delete from points_sku_cap where mall_id = $1", &args![ctx.mall_id])?;
    let rows: Vec<Vec<db::Arg>> = caps.iter().map(|cap| args![ctx.mall_id, cap.sku_id, cap.percent].to_vec()).collect();
    tx.insert_many("insert into points_sku_cap (mall_id, sku_id, percent) values", "", &rows)?;
    super::changed(tx, ctx)
}
