//! The quote: a priced cart with its explanation. Owns no table; an order keeps the quote it was placed with.
//! `facts` reads what is needed in a handful of queries, `lanes` prices it with pure functions: same input, same quote.

mod facts;
mod lanes;
mod local;
mod route;
mod shop;
#[cfg(test)]
mod tests;

pub use facts::{Facts, Place, QuotedShop, Request, gather};
pub use lanes::{into_quote, price};
pub use local::{LocalPlace, QuotedDelivery};
pub use shop::shop_routes;

pub use crate::offers::{Draft, DraftLine, Explanation, LaneName, QuoteProblem, shares, shares_text};

use crate::offers::{Choices, RowKind, Source as OfferSource};
use goods::catalog::NoReturnReason;
use kernel::{Id, Instant};
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
    Express {
        address_id: Option<Id>,
    },
    Pickup {
        store_id: Option<Id>,
        /// The beginning of a slot; needed at a store that deals out time, when the order is placed.
        #[serde(default)]
        slot_at: Option<Instant>,
    },
    /// Brought to the door from a store near by; the address needs its place on the map.
    Local {
        address_id: Option<Id>,
        /// The store the quote named; absent lets the nearest one that has everything deliver.
        #[serde(default)]
        store_id: Option<Id>,
        /// The beginning of a slot of the store, when the order is placed.
        #[serde(default)]
        slot_at: Option<Instant>,
        /// As soon as the store can, instead of a slot.
        #[serde(default)]
        asap: bool,
    },
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
    /// What the member chose about coupons and the like.
    #[serde(default)]
    pub choices: Choices,
}

/// A priced cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    pub lines: Vec<QuoteLine>,
    /// What each shop's part costs. Each becomes an order, or several where its goods leave from several places; all are paid
    /// together.
    pub shops: Vec<QuoteShop>,
    /// Everything that applied, with each line's and unit's share.
    pub discounts: Vec<QuoteDiscount>,
    /// What applied, and what did not and why.
    pub explanation: Vec<Explanation>,
    /// Sum of the lines at list price, fen.
    pub goods_fen: i64,
    /// Zero or negative, fen.
    pub discount_fen: i64,
    pub freight_fen: i64,
    pub total_fen: i64,
    /// Who would deliver, when a store brings it to the door.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<QuotedDelivery>,
    /// What stands against placing the order.
    pub problems: Vec<QuoteProblem>,
    pub placeable: bool,
}

/// One shop's part of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteShop {
    pub id: Id,
    pub name: String,
    /// As how many orders its goods are placed: more than one when no place has them all.
    pub orders: i64,
    pub goods_fen: i64,
    /// Zero or negative.
    pub discount_fen: i64,
    pub freight_fen: i64,
    pub total_fen: i64,
}

/// One line of a quote.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuoteLine {
    pub sku_id: Id,
    pub product_id: Id,
    pub shop_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    pub quantity: i64,
    pub unit_price_fen: i64,
    pub amount_fen: i64,
    pub discount_fen: i64,
    pub payable_fen: i64,
    /// What each unit costs; the parts sum to `payable_fen`.
    pub unit_shares: Vec<UnitShare>,
    /// Comes with the order for nothing.
    pub gift: bool,
    /// Which of the orders it will be part of, from 1.
    pub order: i64,
    /// Why it cannot be returned without a reason; `confirmed` only holds when the order says `confirmed_no_return`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_return_reason: Option<NoReturnReason>,
}

/// Some units of a line that have the same share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitShare {
    pub amount_fen: i64,
    pub units: i64,
}

/// A discount, fee or gift that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteDiscount {
    pub kind: RowKind,
    pub lane: LaneName,
    pub source: OfferSource,
    pub label: String,
    /// Negative for a discount, positive for a fee, zero for a gift.
    pub amount_fen: i64,
    /// Pieces given or points earned.
    pub quantity: i64,
    /// The lines it concerns; empty for the order as a whole.
    pub lines: Vec<QuoteShare>,
}

/// One line's part of a discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteShare {
    /// Number of the line, from 1.
    pub line: i64,
    pub amount_fen: i64,
    /// What each unit pays less; the parts sum to `amount_fen`.
    pub unit_shares: Vec<UnitShare>,
}
