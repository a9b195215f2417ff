//! One portable SQL text over two engines, SQLite and PostgreSQL, behind synchronous closures.
//! `db.write(move |tx| …).await` runs the closure in a transaction on a database thread and answers after the durable
//! commit; `db.read(move |tx| …).await` gives it a snapshot. A closure may run more than once and must not wait for
//! anything but the database.
//!
//! We write PostgreSQL's words with `$1` arguments; for SQLite a single pass rewrites what differs.
//! This is the only crate that names a driver.

mod arg;
mod options;
mod row;
mod stats;
mod violation;

mod fault;
mod job;
mod queue;

mod pgsql;
mod sqlite;
mod tx;

mod database;
mod migrate;
mod migrations;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use arg::Arg;
pub use database::Db;
pub use kernel::{Error, Result};
pub use migrate::Migration;
pub use migrations::migrations;
pub use options::{Engine, Options};
pub use row::{FromRow, Row};
pub use stats::Stats;
pub use tx::Tx;
pub use violation::{Constraint, OnConstraint, violated};
