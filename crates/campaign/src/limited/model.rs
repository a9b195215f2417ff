//! A limited-time sale and its items.

use crate::scope::CampaignStatus;
use kernel::{Error, Fen, Id, Instant, Result};

/// One SKU of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitedItem {
    pub sku_id: Id,
    pub product_id: Id,
    pub price: Fen,
    /// Pieces at this price; absent: as many as there are.
    pub cap: Option<i64>,
    /// Pieces of one member.
    pub per_member: Option<i64>,
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitedSale {
    pub id: Id,
    pub name: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Its goods still count for promotions, for coupons.
    pub with_promotions: bool,
    pub with_coupons: bool,
    pub status: CampaignStatus,
    pub updated_at: Instant,
    pub items: Vec<LimitedItem>,
}

impl LimitedSale {
    pub fn live_at(&self, now: Instant) -> bool {
        self.status == CampaignStatus::Published && self.starts_at <= now && now < self.ends_at
    }

    pub fn check(&self) -> Result<()> {
        let require = |field: &'static str, holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field(field, text)) }
        };
        require("name", (1..=20).contains(&self.name.chars().count()), "名称要有 1 到 20 个字")?;
        require("ends_at", self.starts_at < self.ends_at, "结束时间要晚于开始时间")?;
        require("items", (1..=200).contains(&self.items.len()), "要有 1 到 200 个规格")?;
        for (i, item) in self.items.iter().enumerate() {
            let field = |name: &str| format!("items[{i}].{name}");
            let size = |n: i64| (1..=100_000_000).contains(&n);
            if !(Fen::ZERO..=Fen::MAX).contains(&item.price) {
                return Err(Error::field(field("price_fen"), "价格不正确"));
            }
            if !item.cap.is_none_or(size) || !item.per_member.is_none_or(size) {
                return Err(Error::field(field("cap"), "数量要大于 0"));
            }
            if self.items[..i].iter().any(|other| other.sku_id == item.sku_id) {
                return Err(Error::field(field("sku_id"), "同一个规格出现了两次"));
            }
        }
        Ok(())
    }
}
