//! Limited-time purchase (限时购): a lower price of some SKUs between two instants, with a stock cap of its own and a
//! limit per member. Owns `limited_sale`, `limited_item`, `limited_member`, `limited_use`. Lane 2: the lowest price wins
//! piece by piece, so pieces beyond the cap or the limit cost what they cost without the sale.

mod admin;
mod model;
mod offer;
mod shop;
mod store;

pub use admin::{LimitedSaleInput, LimitedSaleView, admin_routes, publish_new};
pub use model::{LimitedItem, LimitedSale};
pub(crate) use offer::allowed;
pub use offer::{LIMITED, LimitedPrice, LimitedRules, LimitedSales};
pub use shop::shop_routes;
pub(crate) use store::{advance, find, published, sold_of};
