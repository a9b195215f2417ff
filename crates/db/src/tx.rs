//! Stub.
use crate::{Arg, Engine, FromRow};
use kernel::{Error, Result};

/// A transaction.
pub struct Tx<'a> {
    engine: std::marker::PhantomData<&'a ()>,
}

impl Tx<'_> {
    /// Exactly one row; none or more is an internal error.
    pub fn one<T: FromRow>(&mut self, sql: &str, args: &[Arg]) -> Result<T> {
        self.opt(sql, args)?.ok_or_else(|| Error::internal("no row"))
    }
    /// One row or none; more is an internal error.
    pub fn opt<T: FromRow>(&mut self, sql: &str, args: &[Arg]) -> Result<Option<T>> {
        Ok(self.all(sql, args)?.into_iter().next())
    }
    /// Every row.
    pub fn all<T: FromRow>(&mut self, _sql: &str, _args: &[Arg]) -> Result<Vec<T>> {
        Err(Error::internal("not built yet"))
    }
    /// Runs a statement; answers the affected rows.
    pub fn exec(&mut self, _sql: &str, _args: &[Arg]) -> Result<u64> {
        Err(Error::internal("not built yet"))
    }
    /// `insert_many("insert into t (a, b) values", "on conflict do nothing", &rows)`.
    pub fn insert_many(&mut self, _head: &str, _tail: &str, _rows: &[Vec<Arg>]) -> Result<u64> {
        Err(Error::internal("not built yet"))
    }
    /// Runs `f`; when it fails, only what it did is undone.
    pub fn savepoint<T>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        f(self)
    }
    /// Runs `f` once after the commit; dropped on rollback.
    pub fn after_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        drop(f);
    }
    pub fn engine(&self) -> Engine {
        Engine::Sqlite
    }
}
