//! The shop as its people use it: every story runs on SQLite and on PostgreSQL (`TEST_POSTGRES_URL`), in process, with a
//! clock that stands still; the books are checked after each one.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod contract;
mod furnished;

mod books;
mod edge;
mod floors;
mod hostile;
mod imports;
mod money;
mod openapi;
mod outside;
mod races;
mod sale;
mod stock;
mod tenancy;
