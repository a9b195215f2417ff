//! Promotions: spend-and-save, spend-and-discount, N for a price, Nth at a discount, gifts. Owns `promotion`,
//! `promotion_member`, `promotion_use`. `benefit` is the arithmetic of one rule, `lane` decides between rules, `offer`
//! reads what a basket needs and consumes budget and counts. Policies: `docs/adr/0024`.

mod admin;
mod benefit;
mod lane;
mod model;
mod offer;
mod store;

pub use admin::{PromotionInput, PromotionView, admin_routes, publish_new};
pub use benefit::{Benefit, Eligible, evaluate};
pub use lane::{LiveRule, PROMOTION, PromotionRules};
pub use model::{BundleStep, DiscountStep, GiftItem, GiftStep, NthStep, Promotion, Rule, SaveStep};
pub use offer::Promotions;
pub(crate) use store::{advance, find, published};
