//! What is sold, how much of it there is, where it lies and what it costs to send: the goods floor.
//! It knows malls and callers, but no member, cart or order; those pass their ids in.

pub mod store;

pub mod freight;

pub mod catalog;

pub mod inventory;

pub mod review;
