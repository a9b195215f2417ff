//! What a promotion is. Each kind has steps, ascending; the best step for the member holds, never several of one rule.

use crate::scope::{Audience, CampaignStatus, Need, Scope, yuan, zhe};
use kernel::{Error, Fen, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A step of spend-and-save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveStep {
    pub need: Need,
    #[schema(minimum = 1)]
    pub off_fen: i64,
}

/// A step of spend-and-discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountStep {
    pub need: Need,
    /// What is paid: 85 is 8.5折.
    #[schema(minimum = 1, maximum = 99)]
    pub pay_percent: i64,
}

/// A step of N for a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleStep {
    #[schema(minimum = 2, maximum = 100)]
    pub pieces: i64,
    #[schema(minimum = 0)]
    pub price_fen: i64,
}

/// A step of Nth at a discount: the `nth` piece pays `pay_percent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NthStep {
    #[schema(minimum = 2, maximum = 20)]
    pub nth: i64,
    #[schema(minimum = 0, maximum = 99)]
    pub pay_percent: i64,
}

/// Something given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftItem {
    pub sku_id: Id,
    #[schema(minimum = 1, maximum = 99)]
    pub quantity: i64,
}

/// A step of gifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftStep {
    pub need: Need,
    /// At most five.
    pub gifts: Vec<GiftItem>,
}

/// What a promotion does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PromotionRule)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// 满减. `repeat` (每满减) needs exactly one step; `max_repeats` bounds it.
    SpendSave {
        steps: Vec<SaveStep>,
        #[serde(default)]
        repeat: bool,
        #[serde(default)]
        max_repeats: Option<i64>,
    },
    /// 满折, with a cap if one is given.
    SpendDiscount {
        steps: Vec<DiscountStep>,
        #[serde(default)]
        cap_fen: Option<i64>,
    },
    /// N元任选. Every full set of pieces, the dearest first.
    NForPrice { steps: Vec<BundleStep> },
    /// 第N件X折. Pieces are counted from the dearest; after the highest step the count begins anew.
    NthDiscount { steps: Vec<NthStep> },
    /// 满赠.
    Gift { steps: Vec<GiftStep> },
}

impl Rule {
    /// The stored word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Rule::SpendSave { .. } => "spend_save",
            Rule::SpendDiscount { .. } => "spend_discount",
            Rule::NForPrice { .. } => "n_for_price",
            Rule::NthDiscount { .. } => "nth_discount",
            Rule::Gift { .. } => "gift",
        }
    }

    /// Its kind as a shopper reads it.
    pub const fn badge(&self) -> &'static str {
        match self {
            Rule::SpendSave { .. } => "满减",
            Rule::SpendDiscount { .. } => "满折",
            Rule::NForPrice { .. } => "任选",
            Rule::NthDiscount { .. } => "多件",
            Rule::Gift { .. } => "满赠",
        }
    }

    /// The rule as a shopper reads it: `满200减30，满500减100`.
    pub fn words(&self) -> String {
        let list: Vec<String> = match self {
            Rule::SpendSave { steps, repeat, .. } => {
                let each = if *repeat { "每" } else { "" };
                steps.iter().map(|s| format!("{each}{}减{}", s.need.words(), yuan(s.off_fen))).collect()
            }
            Rule::SpendDiscount { steps, .. } => {
                steps.iter().map(|s| format!("{}打{}", s.need.words(), zhe(s.pay_percent))).collect()
            }
            Rule::NForPrice { steps } => {
                steps.iter().map(|s| format!("{}元任选{}件", yuan(s.price_fen), s.pieces)).collect()
            }
            Rule::NthDiscount { steps } => {
                steps.iter().map(|s| format!("第{}件{}", s.nth, zhe(s.pay_percent))).collect()
            }
            Rule::Gift { steps } => steps.iter().map(|s| format!("{}赠好礼", s.need.words())).collect(),
        };
        list.join("，")
    }

    /// SKUs it may give.
    pub fn gift_skus(&self) -> impl Iterator<Item = Id> + '_ {
        let steps: &[GiftStep] = if let Rule::Gift { steps } = self { steps } else { &[] };
        steps.iter().flat_map(|step| step.gifts.iter().map(|gift| gift.sku_id))
    }

    /// Refuses steps that contradict each other.
    pub fn check(&self) -> Result<()> {
        let require = |holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field("rule.steps", text)) }
        };
        let rising = |sizes: Vec<i64>| {
            let within = sizes.iter().all(|n| (1..=Fen::MAX.0).contains(n));
            require((1..=10).contains(&sizes.len()) && within, "要有 1 到 10 级，门槛大于 0")?;
            require(sizes.windows(2).all(|w| w[0] < w[1]), "各级门槛要从低到高")
        };
        let one_kind = |needs: Vec<Need>| {
            require(needs.windows(2).all(|w| w[0].same_kind(w[1])), "各级要么都按金额，要么都按件数")
        };
        let percent = |p: i64, low: i64| require((low..=99).contains(&p), "折扣不正确");
        match self {
            Rule::SpendSave { steps, repeat, max_repeats } => {
                rising(steps.iter().map(|s| s.need.size()).collect())?;
                one_kind(steps.iter().map(|s| s.need).collect())?;
                require(steps.windows(2).all(|w| w[0].off_fen < w[1].off_fen), "门槛更高的一级要减得更多")?;
                require(!*repeat || steps.len() == 1, "每满减只能有一级")?;
                require(max_repeats.is_none_or(|n| *repeat && (1..=1_000).contains(&n)), "累计次数不正确")?;
                steps.iter().try_for_each(|s| {
                    let fits = !matches!(s.need, Need::SpendFen(fen) if s.off_fen > fen);
                    require((1..=Fen::MAX.0).contains(&s.off_fen) && fits, "减的金额要大于 0，不能超过门槛")
                })
            }
            Rule::SpendDiscount { steps, cap_fen } => {
                rising(steps.iter().map(|s| s.need.size()).collect())?;
                one_kind(steps.iter().map(|s| s.need).collect())?;
                require(steps.windows(2).all(|w| w[0].pay_percent > w[1].pay_percent), "门槛更高的一级要更优惠")?;
                require(cap_fen.is_none_or(|fen| (1..=Fen::MAX.0).contains(&fen)), "封顶金额要大于 0")?;
                steps.iter().try_for_each(|s| percent(s.pay_percent, 1))
            }
            Rule::NForPrice { steps } => {
                rising(steps.iter().map(|s| s.pieces).collect())?;
                let fits = |s: &BundleStep| (2..=100).contains(&s.pieces) && (0..=Fen::MAX.0).contains(&s.price_fen);
                require(steps.iter().all(fits), "件数 2 到 100，价格不能是负数")
            }
            Rule::NthDiscount { steps } => {
                rising(steps.iter().map(|s| s.nth).collect())?;
                require(steps.iter().all(|s| (2..=20).contains(&s.nth)), "第 2 到 20 件")?;
                steps.iter().try_for_each(|s| percent(s.pay_percent, 0))
            }
            Rule::Gift { steps } => {
                rising(steps.iter().map(|s| s.need.size()).collect())?;
                one_kind(steps.iter().map(|s| s.need).collect())?;
                let fits = |g: &GiftItem| (1..=99).contains(&g.quantity);
                let full = |s: &GiftStep| (1..=5).contains(&s.gifts.len()) && s.gifts.iter().all(fits);
                require(steps.iter().all(full), "每级要有 1 到 5 种赠品，数量 1 到 99")
            }
        }
    }
}

/// A promotion as it is priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    pub id: Id,
    pub name: String,
    pub rule: Rule,
    pub scope: Scope,
    pub audience: Audience,
    pub starts_at: Instant,
    pub ends_at: Option<Instant>,
    pub budget: Option<Fen>,
    pub spent: Fen,
    /// Times one member may have it.
    pub per_member: Option<i64>,
    /// Promotions of one group do not share a piece of goods.
    pub group: String,
    /// Lower comes first.
    pub priority: i64,
    pub status: CampaignStatus,
    pub updated_at: Instant,
}

impl Promotion {
    pub fn live_at(&self, now: Instant) -> bool {
        self.status == CampaignStatus::Published && self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}
