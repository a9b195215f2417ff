//! Messages to members inside the shop, and what each shopper prefers. Owns `message` and `member_preference`.
//!
//! Promises: an event makes one message at most, however often it is told; a kind that was switched off makes none; a
//! closed account gets none. It does not know orders: the flow that knows one writes the words.

mod preference;
mod shop;
mod store;

pub use preference::{Preference, PreferenceChange, forget, is_personalised, of_shopper, set};
pub use store::{MessageKind, NewMessage, all_of, erase, post, post_many, sweep, unread};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn shop_routes() -> OpenApiRouter<App> {
    shop::routes()
}
