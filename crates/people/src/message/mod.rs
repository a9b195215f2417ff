//! Messages to members inside the shop, and what each shopper prefers. Owns `message` and `member_preference`.
//!
//! Promises: an event makes one message at most, however often it is told; a kind that was switched off makes none; a
//! closed account gets none. A message of a kind that also goes to phones leaves a job for [`crate::notice`]. It does not know
//! orders: the flow that knows one writes the words.

mod carry;
mod preference;
mod shop;
mod store;

pub use carry::{CARRY, Carry, carry_later, is_carried, of_ids};
pub use preference::{Preference, PreferenceChange, forget, is_personalised, of_shopper, set};
pub use store::{Message, MessageKind, NewMessage, all_of, erase, post, post_many, sweep, unread};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn shop_routes() -> OpenApiRouter<App> {
    shop::routes()
}
