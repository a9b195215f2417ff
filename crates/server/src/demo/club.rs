//! The demo's members' programme: points, four tiers, two paid memberships, three top-ups, and some history.

use db::{Tx, args};
use kernel::{Id, Result, hours};
use people::ledger::{self, Grant};
use people::membership::{
    self, GrowthEntry, GrowthRules, LoyaltyRules, PlanInput, PointsRules, Streak, TierInput, add_tier, save_plan,
};
use people::wallet::{TopUpPlanInput, save_top_up_plan};
use platform::Ctx;

/// Name, growth, price, points, free delivery, points a month, points on the birthday.
const TIERS: [(&str, i64, i64, i64, bool, i64, i64); 4] = [
    ("清茶", 0, 100, 100, false, 0, 50),
    ("龙井", 500, 98, 110, false, 20, 100),
    ("狮峰", 2_000, 95, 130, false, 60, 200),
    ("御前", 8_000, 92, 150, true, 120, 500),
];

/// Writes the programme and gives the first members of the mall something to look at.
pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let rules = LoyaltyRules {
        points: PointsRules {
            enabled: true,
            streaks: vec![
                Streak { days: 3, points: 10, coupon_id: None },
                Streak { days: 7, points: 30, coupon_id: None },
            ],
            ..PointsRules::default()
        },
        growth: GrowthRules { enabled: true, ..GrowthRules::default() },
    };
    membership::save_rules(tx, ctx, &rules)?;
    for (name, growth, price_percent, points_percent, free_freight, monthly_points, birthday_points) in TIERS {
        let tier = TierInput {
            name: name.into(),
            growth,
            price_percent,
            points_percent,
            free_freight,
            monthly_points,
            birthday_points,
            monthly_coupon_id: None,
            birthday_coupon_id: None,
            note: if growth == 0 { "注册就有".into() } else { String::new() },
        };
        add_tier(tx, ctx, &tier)?;
    }
    for (name, price_fen, days, price_percent) in [("茶友月卡", 1_990, 30, 98), ("茶友年卡", 16_800, 365, 95)] {
        let plan = PlanInput {
            name: name.into(),
            price_fen,
            days,
            price_percent,
            points_percent: 120,
            free_freight: true,
            monthly_points: 50,
            monthly_coupon_id: None,
            note: "会员价、包邮、每月积分".into(),
            on_sale: true,
        };
        save_plan(tx, ctx, None, &plan)?;
    }
    for (amount_fen, gift_fen, label) in [(20_000, 1_000, ""), (50_000, 4_000, "最受欢迎"), (100_000, 12_000, "")] {
        save_top_up_plan(tx, ctx, None, &TopUpPlanInput { amount_fen, gift_fen, label: label.into(), on_sale: true })?;
    }
    history(tx, ctx, rules.points.expiry(ctx.now, hours(8)))
}

fn history(tx: &mut Tx<'_>, ctx: &Ctx, expires_at: kernel::Instant) -> Result<()> {
    let members: Vec<(Id,)> = tx
        .all("select id from member where mall_id = $1 and kind = 'member' order by id limit 6", &args![ctx.mall_id])?;
    for ((member_id,), worth) in members.into_iter().zip([9_200, 2_350, 860, 520, 120, 60]) {
        let source_id = ctx.id();
        let note = "历史消费";
        let entry = GrowthEntry { member_id, kind: "imported", source_id, amount: worth, note, at: ctx.now };
        membership::book(tx, ctx, &entry)?;
        ledger::earn(tx, ctx, &Grant { member_id, kind: "imported", source_id, amount: worth / 2, note, expires_at })?;
    }
    Ok(())
}
