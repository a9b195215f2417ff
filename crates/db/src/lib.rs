//! One portable SQL text over two engines, SQLite and PostgreSQL, behind synchronous closures.
//! `db.write(move |tx| …).await` runs the closure in a transaction on a database thread and answers after the durable
//! commit; `db.read(move |tx| …).await` gives it a snapshot. A closure may run more than once and must not wait for
//! anything but the database.
//!
//! This is the only crate that names a driver.
//!
//! # One text for two engines
//! We write PostgreSQL's words with `$1` arguments; for SQLite a single pass rewrites `= any($1)`, `<> all($1)`,
//! `for update [skip locked]`, `greatest`, `least`, `ilike` and `on conflict (mall_id, id)`. The rest is a habit:
//! - `cast(sum(x) as bigint)`, also around literals that are read; `cast($1 as bigint)` where nothing else tells a type.
//! - `ilike` for words people type; plain `like` differs in case and is for prefixes of our own codes only.
//! - `greatest` and `least` of values that are never null (PostgreSQL skips nulls, SQLite answers null).
//! - `insert … select … where true on conflict …`: SQLite needs the `where` to tell `on` from a join.
//! - `opt` and `one` refuse a second row: say `limit 1` when more may match.
//! - After a failed statement the closure ends; what may fail goes into `tx.savepoint`.

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

#[cfg(feature = "testing")]
mod death;

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
