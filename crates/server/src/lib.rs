//! The top floor: flows across domains, wiring, routes, the command line. Nobody imports it but the tests.

pub mod accounts;
pub mod cli;
pub mod demo;
pub mod doctor;
mod entered;
pub mod flows;
mod import;
mod memory;
pub mod outside;
pub mod router;
pub mod serve;
mod storefront;
pub mod template;
pub mod web;
pub mod wiring;

/// Many small, short-lived things on every core are what a request makes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
