//! Campaigns of the demo mall: a promotion, coupons for every way of giving, a limited-time sale and a points mall, so
//! that every page of them has something to show.

use campaign::coupon::CouponTemplateInput;
use campaign::limited::LimitedSaleInput;
use campaign::promotion::PromotionInput;
use db::{Tx, args};
use kernel::{Error, Id, Result, days};
use people::membership::{self, TierInput};
use platform::Ctx;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Writes and publishes them.
pub(super) fn seed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let promotion: PromotionInput = read(json!({
        "name": "满减季",
        "rule": { "kind": "spend_save", "steps": [
            { "need": { "spend_fen": 50_000 }, "off_fen": 3_000 },
            { "need": { "spend_fen": 100_000 }, "off_fen": 8_000 },
        ] },
        "budget_fen": 5_000_000,
    }))?;
    campaign::promotion::publish_new(tx, ctx, &promotion)?;
    let coupons = [
        json!({ "name": "新人 20 元券", "rule": { "kind": "amount", "need": { "spend_fen": 9_900 }, "off_fen": 2_000 },
            "sources": ["newcomer"], "audience": { "kind": "new" } }),
        json!({ "name": "全场 95 折券", "rule": { "kind": "percent", "pay_percent": 95, "cap_fen": 5_000 },
            "sources": ["centre", "staff"], "stock": 1_000, "transferable": true }),
        json!({ "name": "满 300 减 25", "rule": { "kind": "amount", "need": { "spend_fen": 30_000 }, "off_fen": 2_500 },
            "sources": ["centre", "code"], "stock": 2_000, "with_coupons": false }),
        json!({ "name": "免运费券", "rule": { "kind": "freight" }, "sources": ["centre", "after_purchase"],
            "per_member": 2 }),
    ];
    for coupon in coupons {
        template(tx, ctx, coupon)?;
    }
    gifts(tx, ctx)?;
    points_mall(tx, ctx)?;
    // Two goods at four fifths of their price.
    let skus: Vec<(Id, i64)> = tx.all(
        "select min(k.id), min(k.price_fen) from sku k join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and p.name in ('32 英寸 4K 显示器', '青石小狮 手工石雕') and k.deleted_at is null
         group by k.product_id",
        &args![ctx.mall_id],
    )?;
    if skus.is_empty() {
        return Ok(());
    }
    let items: Vec<Value> = skus
        .iter()
        .map(|(sku_id, price)| json!({ "sku_id": sku_id, "price_fen": price / 500 * 400, "cap": 50, "per_member": 2 }))
        .collect();
    let sale: LimitedSaleInput = read(json!({
        "name": "限时八折", "starts_at": ctx.now, "ends_at": ctx.now + days(14), "items": items,
    }))?;
    campaign::limited::publish_new(tx, ctx, &sale)?;
    Ok(())
}

fn template(tx: &mut Tx<'_>, ctx: &Ctx, mut coupon: Value) -> Result<Id> {
    coupon["validity"] = json!({ "kind": "days", "days": 30 });
    if coupon["per_member"].is_null() {
        coupon["per_member"] = json!(1);
    }
    let input: CouponTemplateInput = read(coupon)?;
    campaign::coupon::publish_new(tx, ctx, &input)
}

/// Coupons that come with a birthday, a month of the upper tiers and a week of check-ins.
fn gifts(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let birthday = template(
        tx,
        ctx,
        json!({ "name": "生日 30 元券", "rule": { "kind": "amount", "need": { "spend_fen": 10_000 }, "off_fen": 3_000 },
            "sources": ["birthday"] }),
    )?;
    let month = template(
        tx,
        ctx,
        json!({ "name": "会员月券", "rule": { "kind": "amount", "need": { "spend_fen": 19_900 }, "off_fen": 2_000 },
            "sources": ["staff"] }),
    )?;
    let row = template(
        tx,
        ctx,
        json!({ "name": "签到 5 元券", "rule": { "kind": "amount", "need": { "spend_fen": 5_000 }, "off_fen": 500 },
            "sources": ["check_in"] }),
    )?;
    for tier in membership::tiers(tx, ctx.mall_id)? {
        let input = TierInput {
            birthday_coupon_id: Some(birthday),
            monthly_coupon_id: (tier.growth >= 2_000).then_some(month),
            ..TierInput::from(&tier)
        };
        membership::change_tier(tx, ctx, tier.id, &input)?;
    }
    let mut rules = membership::rules(tx, ctx.mall_id)?;
    if let Some(week) = rules.points.streaks.iter_mut().find(|streak| streak.days == 7) {
        week.coupon_id = Some(row);
    }
    membership::save_rules(tx, ctx, &rules)
}

/// Two goods, one with money on top, and a coupon.
fn points_mall(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<()> {
    let coupon = template(
        tx,
        ctx,
        json!({ "name": "积分换 10 元券", "rule": { "kind": "amount", "off_fen": 1_000 }, "sources": ["points"] }),
    )?;
    let skus: Vec<(Id, i64)> = tx.all(
        "select min(k.id), min(k.price_fen) from sku k join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and p.status = 'on_sale' and k.deleted_at is null
         group by k.product_id
         order by 2
         limit 2",
        &args![ctx.mall_id],
    )?;
    for ((sku_id, price), with_money) in skus.into_iter().zip([false, true]) {
        let item = json!({ "sku_id": sku_id, "points": price / 100 * if with_money { 25 } else { 50 },
            "price_fen": if with_money { price / 200 * 100 } else { 0 }, "stock": 100, "per_member": 2, "on_sale": true });
        campaign::points_mall::insert_new(tx, ctx, &read(item)?)?;
    }
    let item = json!({ "template_id": coupon, "points": 300, "per_member": 3, "on_sale": true });
    campaign::points_mall::insert_new(tx, ctx, &read(item)?)?;
    Ok(())
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(Error::internal)
}
