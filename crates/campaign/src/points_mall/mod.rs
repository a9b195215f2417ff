//! The points mall (积分商城): goods for points, or for points and money, and coupons for points, each with a stock and a
//! limit per member. Owns `points_item`, `points_item_member`, `points_exchange`. Goods are bought by the same order as
//! anything else: the choice `points_item_id` makes the item an activity of the quote's first lane. Points and pieces
//! come back with a closed or refunded order, piece by piece.

mod admin;
mod exchange;
mod model;
mod offer;
mod shop;
mod store;

pub use admin::{PointsItemInput, PointsItemView, admin_routes, insert_new};
pub use exchange::exchanges_of;
pub use model::{ItemKind, PointsItem, Thing};
pub use offer::{POINTS_ITEM, PointsItemRules, PointsMall};
pub use shop::shop_routes;
