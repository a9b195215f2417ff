//! What a coupon is: a template says what it does, for which goods and members, where it can be had and how many there
//! are; a coupon is one piece of it in a member's hand.

use crate::scope::{Audience, CampaignStatus, Need, Scope, yuan, zhe};
use kernel::{Error, Fen, Id, Instant, Result, days};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a coupon does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CouponRule {
    /// 满减券; without a need, 无门槛券.
    Amount {
        #[serde(default)]
        need: Option<Need>,
        off_fen: i64,
    },
    /// 折扣券.
    Percent {
        #[serde(default)]
        need: Option<Need>,
        /// What is paid: 85 is 8.5折.
        pay_percent: i64,
        #[serde(default)]
        cap_fen: Option<i64>,
    },
    /// 兑换券: pieces of its goods for nothing, the dearest first.
    Exchange { pieces: i64 },
    /// 运费券.
    Freight {
        #[serde(default)]
        need: Option<Need>,
        #[serde(default)]
        cap_fen: Option<i64>,
    },
}

impl CouponRule {
    pub const fn kind(&self) -> &'static str {
        match self {
            CouponRule::Amount { .. } => "amount",
            CouponRule::Percent { .. } => "percent",
            CouponRule::Exchange { .. } => "exchange",
            CouponRule::Freight { .. } => "freight",
        }
    }

    pub const fn need(&self) -> Option<Need> {
        match self {
            CouponRule::Amount { need, .. } | CouponRule::Percent { need, .. } | CouponRule::Freight { need, .. } => {
                *need
            }
            CouponRule::Exchange { .. } => None,
        }
    }

    /// `满200减30`, `8.5折，最多减50`, `免运费`.
    pub fn words(&self) -> String {
        let need = self.need().map_or(String::new(), Need::words);
        match self {
            CouponRule::Amount { need: None, off_fen } => format!("无门槛减{}", yuan(*off_fen)),
            CouponRule::Amount { off_fen, .. } => format!("{need}减{}", yuan(*off_fen)),
            CouponRule::Percent { pay_percent, cap_fen, .. } => {
                let cap = cap_fen.map_or(String::new(), |fen| format!("，最多减{}", yuan(fen)));
                format!("{need}{}{}{cap}", if need.is_empty() { "" } else { "打" }, zhe(*pay_percent))
            }
            CouponRule::Exchange { pieces } => format!("兑换商品{pieces}件"),
            CouponRule::Freight { cap_fen, .. } => match cap_fen {
                Some(fen) => format!("{need}运费减{}", yuan(*fen)),
                None => format!("{need}免运费"),
            },
        }
    }

    fn check(&self) -> Result<()> {
        let require = |field: &'static str, holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field(field, text)) }
        };
        let amount = |fen: i64| (1..=Fen::MAX.0).contains(&fen);
        require("rule.need", self.need().is_none_or(|need| amount(need.size())), "使用门槛要大于 0")?;
        match self {
            CouponRule::Amount { need, off_fen } => {
                let within = !matches!(need, Some(Need::SpendFen(fen)) if off_fen > fen);
                require("rule.off_fen", amount(*off_fen) && within, "减的金额要大于 0，不能超过门槛")
            }
            CouponRule::Percent { pay_percent, cap_fen, .. } => {
                require("rule.pay_percent", (1..=99).contains(pay_percent), "折扣要在 0.1 折到 9.9 折之间")?;
                require("rule.cap_fen", cap_fen.is_none_or(amount), "最多减的金额要大于 0")
            }
            CouponRule::Exchange { pieces } => require("rule.pieces", (1..=99).contains(pieces), "件数 1 到 99"),
            CouponRule::Freight { cap_fen, .. } => {
                require("rule.cap_fen", cap_fen.is_none_or(amount), "最多减的运费要大于 0")
            }
        }
    }
}

/// When a coupon can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CouponValidity)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Validity {
    /// Between two instants, whenever it was taken.
    Window { from: Instant, until: Instant },
    /// For some days, beginning some days after it was taken.
    Days {
        #[serde(default)]
        after_days: i64,
        days: i64,
    },
}

impl Validity {
    /// From when until when a coupon taken now holds.
    pub fn of(self, now: Instant) -> (Instant, Instant) {
        match self {
            Validity::Window { from, until } => (from, until),
            Validity::Days { after_days, days: n } => (now + days(after_days), now + days(after_days + n)),
        }
    }
}

/// Where a coupon can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponSource {
    /// The coupon centre, and the pages of its goods.
    Centre,
    /// For who has never paid an order.
    Newcomer,
    /// By a link that somebody shared.
    Share,
    CheckIn,
    /// Bought with points.
    Points,
    /// By a code.
    Code,
    /// Given by staff.
    Staff,
    /// After an order was paid.
    AfterPurchase,
    Birthday,
}

impl CouponSource {
    pub const fn as_str(self) -> &'static str {
        match self {
            CouponSource::Centre => "centre",
            CouponSource::Newcomer => "newcomer",
            CouponSource::Share => "share",
            CouponSource::CheckIn => "check_in",
            CouponSource::Points => "points",
            CouponSource::Code => "code",
            CouponSource::Staff => "staff",
            CouponSource::AfterPurchase => "after_purchase",
            CouponSource::Birthday => "birthday",
        }
    }
}

/// A kind of coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: Id,
    pub name: String,
    /// A coupon of this shop; absent: of the mall.
    pub shop_id: Option<Id>,
    pub rule: CouponRule,
    pub scope: Scope,
    pub audience: Audience,
    pub validity: Validity,
    pub sources: Vec<CouponSource>,
    pub takes_from: Instant,
    pub takes_until: Option<Instant>,
    pub stock: Option<i64>,
    pub taken: i64,
    pub per_member: i64,
    pub daily_quota: Option<i64>,
    /// May be used beside another coupon.
    pub with_coupons: bool,
    /// Goods that a promotion made cheaper count too.
    pub with_promotions: bool,
    pub transferable: bool,
    /// With `after_purchase`: what the order must have cost.
    pub min_order: Option<Fen>,
    pub status: CampaignStatus,
    pub updated_at: Instant,
}

impl Template {
    /// It is given out now.
    pub fn open_at(&self, now: Instant) -> bool {
        self.status == CampaignStatus::Published
            && self.takes_from <= now
            && self.takes_until.is_none_or(|until| now < until)
            && !matches!(self.validity, Validity::Window { until, .. } if until <= now)
    }

    pub fn from(&self, source: CouponSource) -> bool {
        self.sources.contains(&source)
    }

    pub fn check(&self) -> Result<()> {
        let require = |field: &'static str, holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field(field, text)) }
        };
        require("name", (1..=20).contains(&self.name.chars().count()), "名称要有 1 到 20 个字")?;
        self.rule.check()?;
        self.scope.check()?;
        self.audience.check()?;
        match self.validity {
            Validity::Window { from, until } => require("validity", from < until, "有效期的结束要晚于开始")?,
            Validity::Days { after_days, days } => {
                let fits = (0..=365).contains(&after_days) && (1..=3_650).contains(&days);
                require("validity", fits, "有效天数要在 1 到 3650 之间")?;
            }
        }
        require("sources", (1..=9).contains(&self.sources.len()), "请选择至少一种发放方式")?;
        let times = self.takes_until.is_none_or(|until| self.takes_from < until);
        require("takes_until", times, "领取的结束要晚于开始")?;
        require("stock", self.stock.is_none_or(|n| (1..=100_000_000).contains(&n)), "总量要大于 0")?;
        require("per_member", (1..=1_000).contains(&self.per_member), "每人限领 1 到 1000 张")?;
        require("daily_quota", self.daily_quota.is_none_or(|n| (1..=100_000_000).contains(&n)), "每日数量要大于 0")?;
        let min_order = self.min_order.is_none_or(|fen| fen >= Fen::ZERO && fen <= Fen::MAX);
        require("min_order_fen", min_order, "订单金额不正确")?;
        let goods =
            !matches!(self.rule, CouponRule::Exchange { .. }) || self.scope.kind == crate::scope::ScopeKind::Product;
        require("scope", goods, "兑换券要指定商品")
    }
}

/// A coupon in a member's hand, while it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub id: Id,
    pub template_id: Id,
    pub valid_from: Instant,
    pub valid_until: Instant,
}
db::row!(Held { id, template_id, valid_from, valid_until });
