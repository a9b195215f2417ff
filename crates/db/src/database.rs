//! Stub.
use crate::{Engine, Migration, Options, Stats, Tx};
use kernel::{Error, Instant, Result};
use std::path::Path;

/// An open database; clones share it.
#[derive(Clone)]
pub struct Db {}

impl Db {
    /// Opens the database and starts its threads; blocks until it is usable.
    pub fn open(_options: Options) -> Result<Db> {
        Err(Error::internal("not built yet"))
    }
    pub fn engine(&self) -> Engine {
        Engine::Sqlite
    }
    pub async fn write<T, F>(&self, _f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        Err(Error::internal("not built yet"))
    }
    pub async fn read<T, F>(&self, _f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        Err(Error::internal("not built yet"))
    }
    pub fn write_blocking<T, F>(&self, _f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        Err(Error::internal("not built yet"))
    }
    pub fn read_blocking<T, F>(&self, _f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        Err(Error::internal("not built yet"))
    }
    /// Applies what is missing; answers the versions applied now.
    pub fn migrate(&self, _migrations: &[Migration], _now: Instant) -> Result<Vec<u32>> {
        Err(Error::internal("not built yet"))
    }
    /// Writes a consistent copy to `path` while serving.
    pub fn backup_to(&self, _path: &Path) -> Result<()> {
        Err(Error::internal("not built yet"))
    }
    /// Replaces the database at `url` by the copy at `path`.
    pub fn restore(_url: &str, _path: &Path, _force: bool) -> Result<()> {
        Err(Error::internal("not built yet"))
    }
    /// One line per fact, for `doctor`.
    pub fn check(&self) -> Result<String> {
        Err(Error::internal("not built yet"))
    }
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
    /// Finishes what is queued, checkpoints and ends the threads.
    pub fn close(&self) {}
}
