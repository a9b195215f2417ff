//! Campaigns of the demo mall: a promotion, four kinds of coupons and a limited-time sale, so that every page of them
//! has something to show.

use campaign::coupon::CouponTemplateInput;
use campaign::limited::LimitedSaleInput;
use campaign::promotion::PromotionInput;
use db::{Tx, args};
use kernel::{Error, Id, Result, days};
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
    for mut coupon in coupons {
        coupon["validity"] = json!({ "kind": "days", "days": 30 });
        if coupon["per_member"].is_null() {
            coupon["per_member"] = json!(1);
        }
        let input: CouponTemplateInput = read(coupon)?;
        campaign::coupon::publish_new(tx, ctx, &input)?;
    }
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

fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(Error::internal)
}
