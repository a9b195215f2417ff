//! A member's rights over their data: a copy of everything, and leaving for good. Owns `data_export` and `closed_account`.
//!
//! Promises: a copy is for its member alone, lies sealed, and is gone after `privacy.export_days`; an account is closed
//! only when nothing is under way; then everything personal is erased in one transaction, except what the law makes the
//! mall keep (orders and payments, three years after they ended), and a sweep erases that when its time is over.
//! What carts, orders and reviews are it does not know: every floor hands over and forgets its own
//! ([`crate::hooks::PersonalData`]).

mod closing;
mod erase;
mod export;
mod own;
mod package;
mod shop;

pub use closing::{Closing, close, preview, sweep as sweep_held};
pub use erase::{ERASE, ERASE_FILES, erase_again, erase_files, remove_pictures};
pub use export::{EXPORT, request as request_export, run as run_export, sweep as sweep_exports};
pub use own::OwnData;

pub(crate) use shop::routes as shop_routes;
