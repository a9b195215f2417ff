//! What the mall promises and who agreed to it: versions of the privacy policy, and a log of consents by scope. Owns
//! `policy_version` and `consent`.
//!
//! Promises: a published version never changes (its SHA-256 stands beside it); the log is only ever added to; agreeing to
//! something else than the newest version is refused, so a page that was open too long asks again.

mod admin;
mod log;
mod policy;
mod shop;

pub use log::{Consent, ConsentScope, agrees_to_marketing, is_due, move_log, of_member, record};
pub use policy::{Policy, PolicyBrief, PolicyInput, publish, template};

pub(crate) use admin::routes as admin_routes;
pub(crate) use shop::routes as shop_routes;
