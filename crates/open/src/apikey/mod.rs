//! Keys with which programs call `/admin/v1`. Owns `api_key`.
//!
//! Promises: a key is shown once and lies only hashed; it can do what its maker could, never more, and never manage staff
//! or keys; it may be bound to addresses and to a time; revoking is felt at once on this node and within seconds on
//! others; what it writes stands in the audit log under its name.

mod admin;
mod check;
mod ip_range;
mod store;

pub(crate) use admin::routes;
pub use check::ApiKeys;
