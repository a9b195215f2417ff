//! Same-city delivery (同城配送): orders for couriers, their journey that a person or a test advances, and callbacks of every
//! step. Calls must be sealed and signed by the application's keys (API 安全); answers are sealed and signed by the platform.

mod guard;
mod keys;
mod model;
mod page;
mod routes;

pub(crate) use keys::{IntracityKeys, IntracityRing};
pub(crate) use model::Couriers;
pub(crate) use page::{advance_by_number, control_routes};
pub(crate) use routes::{STORE, add, cancel, mock, query};
