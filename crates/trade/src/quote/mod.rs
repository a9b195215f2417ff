//! The quote: a priced cart with its explanation. Owns no table; an order keeps the quote it was placed with.
//! `facts` reads what is needed in a handful of queries, `lanes` prices it with pure functions: same input, same quote.

mod facts;
mod lanes;
mod shares;
mod shop;
#[cfg(test)]
mod tests;

pub use facts::{Facts, Place, Request, gather};
pub use lanes::{Draft, DraftLine, price};
pub use shares::{shares, shares_text};
pub use shop::shop_routes;

use kernel::Id;
use platform::storage::Picture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the lines come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The selected lines of the cart.
    Cart,
    /// The items given ("buy now").
    Now,
}

/// How the goods reach the member. Absent ids are chosen later; the quote says what is missing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Delivery {
    Express { address_id: Option<Id> },
    Pickup { store_id: Option<Id> },
}

/// One item of a "buy now".
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    pub sku_id: Id,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: i64,
}

/// What to price.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    pub source: Source,
    /// With `source: now`; at most 120.
    #[serde(default)]
    pub items: Vec<ItemInput>,
    pub delivery: Delivery,
}

/// A priced cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    pub explanation: Vec<Explanation>,
    /// Sum of the lines at list price, fen.
    pub goods_fen: i64,
    /// Zero or negative, fen.
    pub discount_fen: i64,
    pub freight_fen: i64,
    pub total_fen: i64,
    /// What stands against placing the order.
    pub problems: Vec<QuoteProblem>,
    pub placeable: bool,
}

/// One line of a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuoteLine {
    pub sku_id: Id,
    pub product_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    pub quantity: i64,
    pub unit_price_fen: i64,
    pub amount_fen: i64,
    pub discount_fen: i64,
    pub payable_fen: i64,
}

/// The lane an explanation comes from, in the order in which lanes run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneName {
    Activity,
    BestPrice,
    Promotion,
    Coupon,
    Points,
    Freight,
    Reward,
}

/// What a lane did, or did not do and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    pub lane: LaneName,
    pub label: String,
    /// Negative for a discount, positive for a fee.
    pub amount_fen: i64,
    pub applied: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something to settle before the order can be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteProblem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<Id>,
    /// The cart's codes, `order.empty`, `order.address_required`, `order.store_required`, `freight.undeliverable`.
    pub code: String,
    pub message: String,
}
