//! The worst case of a campaign: pure arithmetic over it and what it meets.

use super::CampaignKind;
use super::running::{Campaign, Cost};
use crate::scope::Need;
use kernel::{Fen, Id};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Another campaign that can hold for the same goods at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Beside {
    pub kind: CampaignKind,
    pub id: Id,
    pub name: String,
    pub words: String,
    /// Both may take something off the same goods; otherwise one excludes the other.
    pub stacks: bool,
    /// How they go together, in a sentence.
    pub how: String,
}

/// What a campaign may cost at worst.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorstCase {
    /// Fen of one order; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_order_fen: Option<i64>,
    pub per_order: String,
    /// Fen altogether; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_fen: Option<i64>,
    pub total: String,
    /// What runs or will run beside it.
    pub beside: Vec<Beside>,
    /// What should be looked at before publishing.
    pub warnings: Vec<String>,
    /// Publishing takes it; it fits only as long as all of the above is the same.
    pub token: String,
}

/// Bounds of the whole campaign.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bounds {
    /// The most it may cost altogether, and what bounds it: `预算`, `活动数量`.
    pub budget: Option<(Fen, &'static str)>,
    /// Orders, coupons or pieces there can be.
    pub times: Option<i64>,
}

/// Works it out; the token is filled in by the caller.
pub fn worst_case(campaign: &Campaign, bounds: Bounds, running: &[Campaign]) -> WorstCase {
    let (per_order_fen, per_order) = match campaign.cost {
        Cost::AtMost(fen) => (Some(fen.0), format!("每单最多让利 {fen} 元")),
        Cost::Percent(percent) => (None, format!("每单没有封顶，最多让利商品金额的 {percent}%")),
        Cost::Open => (None, "每单没有封顶，取决于买了什么".to_owned()),
    };
    let (total_fen, total) = match (bounds.budget, bounds.times, per_order_fen) {
        (Some((budget, by)), ..) => (Some(budget.0), format!("总共最多 {budget} 元（{by}）")),
        (None, Some(times), Some(each)) => {
            let sum = Fen(each.saturating_mul(times));
            (Some(sum.0), format!("总共最多 {sum} 元（{times} 次 × {} 元）", Fen(each)))
        }
        (None, Some(times), None) => (None, format!("最多 {times} 次，但每次没有封顶")),
        (None, None, _) => (None, "没有总预算，也没有总量：参加的人越多花得越多".to_owned()),
    };
    let met: Vec<&Campaign> = running.iter().filter(|other| other.id != campaign.id && campaign.meets(other)).collect();
    let beside: Vec<Beside> = met.iter().map(|other| beside(campaign, other)).collect();
    let mut warnings = Vec::new();
    if total_fen.is_none() {
        warnings.push("没有总额上限，建议设置预算或总量".to_owned());
    }
    if let Cost::Percent(percent) = campaign.cost
        && percent >= 50
    {
        warnings.push(format!("让利达到 {percent}%，请确认不是填错"));
    }
    if let (Some(Need::SpendFen(need)), Some(each)) = (campaign.need, per_order_fen) {
        // Of each slot the dearest: an order has no more of it.
        let mut slots: BTreeMap<&str, i64> = BTreeMap::new();
        for (other, row) in met.iter().zip(&beside) {
            if let Cost::AtMost(fen) = other.cost
                && row.stacks
                && other.slot != campaign.slot
            {
                let dearest = slots.entry(&other.slot).or_default();
                *dearest = fen.0.max(*dearest);
            }
        }
        let others: i64 = slots.values().sum();
        if each + others >= need {
            let text = format!(
                "和正在进行的活动叠加后，最多让利 {} 元，达到使用门槛 {} 元：订单可能接近免费",
                Fen(each + others),
                Fen(need)
            );
            warnings.push(text);
        }
    } else if campaign.need.is_none() && campaign.kind == CampaignKind::Coupon {
        warnings.push("没有使用门槛：便宜的商品可能不花钱".to_owned());
    }
    let same: Vec<&str> = met
        .iter()
        .filter(|other| other.kind == campaign.kind && other.words == campaign.words)
        .map(|other| other.name.as_str())
        .collect();
    if !same.is_empty() {
        warnings.push(format!("和“{}”规则相同，可能重复设置", same.join("”“")));
    }
    WorstCase { per_order_fen, per_order, total_fen, total, beside, warnings, token: String::new() }
}

fn beside(campaign: &Campaign, other: &Campaign) -> Beside {
    use CampaignKind::{Coupon, Limited, Promotion};
    let (stacks, how) = match (campaign.kind, other.kind) {
        (Promotion, Promotion) if campaign.group == other.group => {
            (false, "同一组：同一件商品只享受其中更优惠的一个".to_owned())
        }
        (Promotion, Promotion) => (true, "不同组：先后都减".to_owned()),
        (Promotion, Coupon) | (Coupon, Promotion) => {
            let coupon = if campaign.kind == Coupon { campaign } else { other };
            match coupon.with_promotions {
                true => (true, "减完再用券，叠加".to_owned()),
                false => (false, "券不用在已经满减的商品上".to_owned()),
            }
        }
        (Coupon, Coupon) => match campaign.with_coupons && other.with_coupons {
            true => (true, "店铺券、商城券、运费券各可用一张，叠加；同类只用一张".to_owned()),
            false => (false, "不与其他券同用".to_owned()),
        },
        (Limited, Limited) => (false, "同一个规格取更低的价".to_owned()),
        (Limited, Promotion) | (Promotion, Limited) => {
            let sale = if campaign.kind == Limited { campaign } else { other };
            match sale.with_promotions {
                true => (true, "限时价之上再满减，叠加".to_owned()),
                false => (false, "限时价商品不参加满减".to_owned()),
            }
        }
        (Limited, Coupon) | (Coupon, Limited) => {
            let sale = if campaign.kind == Limited { campaign } else { other };
            match sale.with_coupons {
                true => (true, "限时价之上再用券，叠加".to_owned()),
                false => (false, "限时价商品不能用券".to_owned()),
            }
        }
    };
    Beside { kind: other.kind, id: other.id, name: other.name.clone(), words: other.words.clone(), stacks, how }
}
