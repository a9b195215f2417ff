//! The glue between the domains and the web: extractors, problem responses, sessions, jobs, files, search, cache, configuration.
//! It knows malls and callers, but nothing of goods, orders or members: those stand on it.

pub mod app;
pub mod attached;
pub mod audit;
pub mod cache;
pub mod config;
pub mod ctx;
pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod input;
pub mod job;
pub mod mall;
pub mod metrics;
pub mod openapi;
pub mod outbox;
pub mod packed;
pub mod permission;
pub mod problem;
pub mod ratelimit;
pub mod seal;
pub mod search;
pub mod session;
pub mod sheet;
pub mod signer;
pub mod storage;
pub mod task;

pub use app::{App, Outside};
pub use ctx::Ctx;
pub use extract::{Json, Member, Path, Query, Shopper, Staff, Visitor};
pub use problem::{Answer, Problem};
