//! How a database is opened. The defaults suit one process on a small machine: durable commits and little memory.

use crate::Constraint;
use kernel::{Error, Result};
use std::path::PathBuf;

/// Which engine stands behind a [`Db`](crate::Db).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// `sqlite` or `postgres`.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// Settings of [`Db::open`](crate::Db::open).
#[derive(Clone)]
pub struct Options {
    /// `sqlite:/path/mall.db` or `postgres://user:password@host/name`, with `?sslmode=require` for TLS.
    pub url: String,
    /// Reader threads of SQLite.
    pub readers: usize,
    /// Connections to PostgreSQL; each is one thread.
    pub connections: usize,
    /// Closures that may wait; one more is refused with `server.busy` (503).
    pub queue: usize,
    /// Closures that share one SQLite commit at most.
    pub batch: usize,
    /// SQLite `synchronous=full`: an answered write survives a power cut. Off, the last commits may be lost.
    pub synchronous_full: bool,
    /// Page cache of each SQLite connection, in KiB.
    pub cache_kib: i64,
    /// PEM file of the authorities that may vouch for PostgreSQL; without it the system's are asked.
    pub tls_root: Option<PathBuf>,
    /// What a violated constraint means to people, by domain.
    pub constraints: Vec<&'static [Constraint]>,
    /// Where SQLite's plans are noted.
    #[cfg(feature = "testing")]
    pub plans: crate::testing::Plans,
}

impl Options {
    /// Sensible defaults for the database at `url`.
    pub fn new(url: &str) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Options {
            url: url.to_owned(),
            readers: (cores * 2).clamp(2, 16),
            connections: 16,
            queue: 8192,
            batch: 512,
            synchronous_full: true,
            cache_kib: 4096,
            tls_root: None,
            constraints: Vec::new(),
            #[cfg(feature = "testing")]
            plans: crate::testing::Plans::default(),
        }
    }
}

/// A parsed address.
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(Error::internal("a sqlite url names a file: sqlite:/path/mall.db"));
            }
            return Ok(Target::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Target::Postgres(url.to_owned()));
        }
        Err(Error::internal("the database url starts with sqlite: or postgres://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_choose_the_engine() {
        let path = |url| match Target::parse(url) {
            Ok(Target::Sqlite(path)) => path.to_string_lossy().into_owned(),
            _ => String::from("not sqlite"),
        };
        assert_eq!(path("sqlite:/var/mall.db"), "/var/mall.db");
        assert_eq!(path("sqlite:///var/mall.db"), "/var/mall.db");
        assert_eq!(path("sqlite:data/mall.db"), "data/mall.db");
        assert!(matches!(Target::parse("postgres://a@b/c"), Ok(Target::Postgres(_))));
        for bad in ["", "mysql://x", "sqlite:", "sqlite::memory:"] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }
}
