//! An item of the points mall.

use kernel::{Error, Fen, Id, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PointsItemKind)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// Pieces of a SKU, sent or fetched like any order.
    Goods,
    /// A coupon.
    Coupon,
}

impl ItemKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            ItemKind::Goods => "goods",
            ItemKind::Coupon => "coupon",
        }
    }
}

/// What points are exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    Sku { sku_id: Id, product_id: Id },
    Coupon { template_id: Id },
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsItem {
    pub id: Id,
    pub thing: Thing,
    /// Of one piece.
    pub points: i64,
    /// Money on top, of one piece; goods only.
    pub price: Fen,
    pub stock: Option<i64>,
    pub taken: i64,
    pub per_member: Option<i64>,
    pub on_sale: bool,
}

impl PointsItem {
    pub const fn kind(&self) -> ItemKind {
        match self.thing {
            Thing::Sku { .. } => ItemKind::Goods,
            Thing::Coupon { .. } => ItemKind::Coupon,
        }
    }

    /// Pieces left; `None` without a bound.
    pub fn left(&self) -> Option<i64> {
        self.stock.map(|stock| (stock - self.taken).max(0))
    }

    /// `500 积分`, `500 积分 + 9.9 元`.
    pub fn words(&self) -> String {
        match self.price {
            Fen::ZERO => format!("{} 积分", self.points),
            price => format!("{} 积分 + {} 元", self.points, crate::scope::yuan(price.0)),
        }
    }

    pub fn check(&self) -> Result<()> {
        let require = |field: &'static str, holds: bool, text: &'static str| {
            if holds { Ok(()) } else { Err(Error::field(field, text)) }
        };
        let size = |n: i64| (1..=100_000_000).contains(&n);
        require("points", size(self.points), "积分要大于 0")?;
        require("price_fen", (Fen::ZERO..=Fen::MAX).contains(&self.price), "价格不正确")?;
        let free = matches!(self.thing, Thing::Sku { .. }) || self.price == Fen::ZERO;
        require("price_fen", free, "券只能用积分兑换，不能另外收钱")?;
        require("stock", self.stock.is_none_or(size), "数量要大于 0")?;
        require("per_member", self.per_member.is_none_or(size), "每人限兑要大于 0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_costs_points_and_a_coupon_no_money() {
        let thing = Thing::Coupon { template_id: Id(1) };
        let item = PointsItem {
            id: Id(1),
            thing,
            points: 500,
            price: Fen::ZERO,
            stock: Some(3),
            taken: 5,
            per_member: None,
            on_sale: true,
        };
        assert_eq!((item.check().is_ok(), item.left(), item.words()), (true, Some(0), "500 积分".to_owned()));
        let goods = Thing::Sku { sku_id: Id(2), product_id: Id(3) };
        let paid = PointsItem { price: Fen(990), ..item };
        assert!(paid.check().is_err());
        let paid = PointsItem { thing: goods, ..paid };
        assert_eq!((paid.check().is_ok(), paid.words()), (true, "500 积分 + 9.9 元".to_owned()));
        assert!(PointsItem { points: 0, ..paid }.check().is_err());
    }
}
