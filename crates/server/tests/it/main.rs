//! The shop as its people use it: every story runs on SQLite and on PostgreSQL (`TEST_POSTGRES_URL`), in process, with a
//! clock that stands still; the books are checked after each one.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod contract;
mod furnished;

mod after_sale;
mod after_sale_faults;
mod after_sale_model;
mod after_sale_money;
mod after_sale_walks;
mod after_sale_ways;
mod balance;
mod books;
mod campaign;
mod channel_parts;
mod channels;
mod club;
mod deaths;
mod desk;
mod edge;
mod finance;
mod floors;
mod gifts;
mod hostile;
mod imports;
mod insight;
mod invoice;
mod message;
mod money;
mod notice;
mod offers;
mod open;
mod openapi;
mod order_files;
mod outside;
mod outside_bills;
mod outside_channels;
mod outside_unionpay;
mod personal;
mod plans;
mod points;
mod points_mall;
mod preview;
mod privacy;
mod races;
mod reconcile;
mod refund_desk;
mod reprice;
mod sale;
mod shop;
mod stock;
mod tenancy;
mod transfers;
mod writes;
