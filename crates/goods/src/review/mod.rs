//! Reviews: what members say of what they bought. Owns `review`, and of a product its review counters.
//! One review per order line, for ever; hidden reviews do not count. It does not know orders: whoever calls [`write`]
//! has made sure that this member bought this line and may speak now.

mod admin;
mod personal;
mod shop;
#[cfg(test)]
mod tests;
mod write;

pub use admin::{AdminReview, admin_routes, reviews_of_member, unanswered_count};
pub use personal::{OwnReview, make_anonymous, of_member};
pub use shop::{ReviewView, shop_routes};
pub use write::{ANONYMOUS, NewReview, write};
