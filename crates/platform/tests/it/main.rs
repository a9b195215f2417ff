//! Promises of the platform that need a database, each kept on both engines.

#![allow(clippy::unwrap_used)]

mod mall;

mod jobs;
mod outbox;
mod search;
mod storage;
mod tasks;
