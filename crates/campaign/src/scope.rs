//! Which goods a rule is about and for which members: words that promotions, coupons and limited-time prices share.
//! Pure.

use goods::catalog::SkuForSale;
use kernel::{Error, Id, Result};
use serde::{Deserialize, Serialize};
use trade::offers::Standing;
use utoipa::ToSchema;

/// How goods are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignScopeKind)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    #[default]
    All,
    /// Everything under these categories.
    Category,
    Brand,
    Product,
    /// The goods of some shops.
    Shop,
}

/// Goods a rule is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignScope)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    pub kind: ScopeKind,
    /// Categories, brands, products or shops, by `kind`; at most 500.
    pub ids: Vec<Id>,
    /// Products that do not take part all the same; at most 500.
    pub excluded_product_ids: Vec<Id>,
}

impl Scope {
    pub fn covers(&self, sku: &SkuForSale) -> bool {
        self.covers_product(sku.product_id, &sku.category_ids, sku.brand_id, sku.shop_id)
    }

    pub fn covers_product(&self, product_id: Id, category_ids: &[Id], brand_id: Option<Id>, shop_id: Id) -> bool {
        let named = match self.kind {
            ScopeKind::All => true,
            ScopeKind::Category => category_ids.iter().any(|id| self.ids.contains(id)),
            ScopeKind::Brand => brand_id.is_some_and(|id| self.ids.contains(&id)),
            ScopeKind::Product => self.ids.contains(&product_id),
            ScopeKind::Shop => self.ids.contains(&shop_id),
        };
        named && !self.excluded_product_ids.contains(&product_id)
    }

    /// False only when no product can be in both.
    pub fn may_meet(&self, other: &Scope) -> bool {
        if self.kind != other.kind || self.kind == ScopeKind::All {
            return true;
        }
        self.kind == ScopeKind::Category || self.ids.iter().any(|id| other.ids.contains(id))
    }

    pub fn check(&self) -> Result<()> {
        if self.ids.len() > 500 || self.excluded_product_ids.len() > 500 {
            return Err(Error::field("scope", "一个活动最多指定 500 项"));
        }
        if (self.kind == ScopeKind::All) != self.ids.is_empty() {
            return Err(Error::field("scope.ids", "请选择参加活动的分类、品牌、商品或店铺"));
        }
        Ok(())
    }
}

/// Which members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignAudienceKind)]
#[serde(rename_all = "snake_case")]
pub enum AudienceKind {
    #[default]
    All,
    /// Who has never paid an order.
    New,
    /// Members of some tiers.
    Tier,
}

/// Members a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignAudience)]
#[serde(default, deny_unknown_fields)]
pub struct Audience {
    pub kind: AudienceKind,
    pub tier_ids: Vec<Id>,
}

impl Audience {
    pub fn needs_standing(&self) -> bool {
        self.kind != AudienceKind::All
    }

    /// Why a member is left out; `None` when not.
    pub fn refuses(&self, standing: Standing) -> Option<&'static str> {
        match self.kind {
            AudienceKind::All => None,
            AudienceKind::New => (!standing.is_new).then_some("仅限新会员首单"),
            AudienceKind::Tier => {
                let inside = standing.tier_id.is_some_and(|id| self.tier_ids.contains(&id));
                (!inside).then_some("仅限指定等级的会员")
            }
        }
    }

    pub fn check(&self) -> Result<()> {
        if self.tier_ids.len() > 50 || (self.kind == AudienceKind::Tier) == self.tier_ids.is_empty() {
            return Err(Error::field("audience.tier_ids", "请选择会员等级"));
        }
        Ok(())
    }
}

/// What must be in the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CampaignNeed)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Goods for at least this much, fen, after earlier discounts.
    SpendFen(i64),
    Pieces(i64),
}

impl Need {
    /// `None` when reached, else what is missing, in words.
    pub fn missing(self, fen: i64, pieces: i64) -> Option<String> {
        match self {
            Need::SpendFen(need) if fen < need => Some(format!("还差 {} 元", kernel::Fen(need - fen))),
            Need::Pieces(need) if pieces < need => Some(format!("还差 {} 件", need - pieces)),
            _ => None,
        }
    }

    /// `满200`, `满2件`.
    pub fn words(self) -> String {
        match self {
            Need::SpendFen(fen) => format!("满{}", yuan(fen)),
            Need::Pieces(pieces) => format!("满{pieces}件"),
        }
    }

    pub fn size(self) -> i64 {
        match self {
            Need::SpendFen(n) | Need::Pieces(n) => n,
        }
    }

    pub fn same_kind(self, other: Need) -> bool {
        matches!((self, other), (Need::SpendFen(_), Need::SpendFen(_)) | (Need::Pieces(_), Need::Pieces(_)))
    }
}

/// `200`, `99.9`: yuan without needless zeros.
pub fn yuan(fen: i64) -> String {
    let text = kernel::Fen(fen).to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `8.5折` of 85 percent to pay.
pub fn zhe(pay_percent: i64) -> String {
    match (pay_percent, pay_percent % 10) {
        (0, _) => "免费".into(),
        (p, 0) => format!("{}折", p / 10),
        (p, rest) => format!("{}.{rest}折", p / 10),
    }
}

/// Where a rule stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Being written; nobody sees it.
    Draft,
    /// Holds between its times.
    Published,
    /// Ended by hand.
    Stopped,
}

impl CampaignStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            CampaignStatus::Draft => "draft",
            CampaignStatus::Published => "published",
            CampaignStatus::Stopped => "stopped",
        }
    }
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "draft" => Ok(CampaignStatus::Draft),
            "published" => Ok(CampaignStatus::Published),
            "stopped" => Ok(CampaignStatus::Stopped),
            other => Err(Error::internal(format_args!("unknown campaign status {other}"))),
        }
    }
}

impl db::FromRow for CampaignStatus {
    fn from_row(row: &mut db::Row<'_>) -> Result<Self> {
        CampaignStatus::parse(&row.next::<String>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_discounts_are_short_words() {
        assert_eq!((yuan(20_000), yuan(9_990), yuan(5)), ("200".into(), "99.9".into(), "0.05".into()));
        assert_eq!((zhe(85), zhe(50), zhe(0)), ("8.5折".into(), "5折".into(), "免费".into()));
        assert_eq!(Need::SpendFen(20_000).missing(18_800, 1).unwrap(), "还差 12.00 元");
        assert_eq!(Need::Pieces(2).missing(0, 2), None);
    }

    #[test]
    fn scopes_that_name_different_things_of_one_kind_do_not_meet() {
        let of = |kind, ids: &[i64]| Scope { kind, ids: ids.iter().map(|n| Id(*n)).collect(), ..Scope::default() };
        assert!(!of(ScopeKind::Product, &[1]).may_meet(&of(ScopeKind::Product, &[2])));
        assert!(of(ScopeKind::Product, &[1]).may_meet(&of(ScopeKind::Brand, &[2])));
    }
}
