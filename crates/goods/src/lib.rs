//! What is sold, how much of it there is, where it lies and what it costs to send: the goods floor.
//! It knows malls and callers, but no member, cart or order; those pass their ids in.
//! The order of the modules is the order in which they may import each other.

mod label;
mod named;
mod picture;

pub mod store;

pub mod freight;

pub mod inventory;

pub mod catalog;

pub mod import;

pub mod review;

pub mod shelf;

pub mod page;

pub mod media;

mod constraint;
#[cfg(test)]
mod order_of_modules;
mod route;
#[cfg(test)]
mod testing;

pub use constraint::CONSTRAINTS;
pub use route::{admin_routes, shop_routes};
pub use shelf::merge_shopper;
