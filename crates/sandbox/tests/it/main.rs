//! The stand-ins over real HTTP with a frozen clock: every refusal, every fault, and what a restart keeps.
//! Signatures of answers are verified by the harness on every call, so no test can pass on an unsigned answer.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod cashier;
mod combine;
mod express;
mod faults;
mod mini;
mod notices;
mod pay;
mod refunds;
mod restart;
mod shipping;
mod sms;
mod stand;
