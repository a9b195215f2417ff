//! Notices on phones: a message of the shop that also goes as a subscribe message of the mini program or as a text message.
//! Owns `notice_rule` (what the merchant set for each kind), `notice_leave` (what members allowed) and `notice_sent`.
//!
//! Promises: a message goes once on each way at most; a subscribe message only on a leave the member gave; an offer goes to
//! a phone number only when its owner agreed to marketing; everything that was written in the shop and not sent says why.

mod admin;
mod model;
mod send;
mod shop;
mod store;
#[cfg(test)]
mod tests;

pub use model::{NoticeField, NoticeRule, SmsRule, SmsWhen, SubscribeRule};
pub use send::carry;
pub use store::{erase, leaves, merge_member, rules, save, sent_to, sweep};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn shop_routes() -> OpenApiRouter<App> {
    shop::routes()
}

pub(crate) fn admin_routes() -> OpenApiRouter<App> {
    admin::routes()
}
