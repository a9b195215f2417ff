//! Who works here. Owns `staff`, `role`, `saved_view`, `staff_preference` and reads `audit_log` (written by
//! `Staff::write` of the platform).
//!
//! Promises: passwords lie as argon2id; five wrong tries lock an account for fifteen minutes, also across a restart; a
//! one-time code opens one session; nobody gives rights they do not hold, or touches somebody who holds more; there is
//! always an active owner. Whatever changes a right is felt by the next request of this node.

mod account;
mod admin;
mod audit;
mod authenticator;
mod grants;
mod model;
mod password;
mod preference;
mod role;
mod role_admin;
mod saved_view;
mod signin;
mod store;
mod team;
mod totp;

pub use crate::hooks::StoreNames;
pub use grants::StaffGrants;
pub use model::{NewStaff, Rights, RoleInput, StaffChange};
pub use password::{Hashed, hash_password};
pub use signin::{Attempt, Outcome, settle_sign_in};
pub use store::names;
pub use team::{add_staff, change_staff, create_owner, set_password};

pub use role::{add_role, change_role, remove_role};

pub(crate) use admin::routes;
pub(crate) use password::{slow_hash, verify as slow_verify};
