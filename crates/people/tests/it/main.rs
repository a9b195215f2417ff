//! People as they meet the shop: over HTTP, on both engines, with a clock that stands still and a post box for messages.

#![allow(clippy::unwrap_used)]

mod address;
mod describe;
mod member;
mod member_list;
mod outside;
mod sealing;
mod sms_code;
mod staff_account;
mod team;
mod world;
