//! The transaction a closure works in. One statement text for both engines, and one rule: after a failed statement
//! nothing more runs, and a closure that hides such a failure is rolled back. What may fail goes into a savepoint.

use crate::fault::{Effect, Fault};
use crate::job::Hook;
use crate::row::{Cells, Row};
use crate::{Arg, Engine, FromRow, pgsql, sqlite};
use kernel::{Error, Result};

/// A running transaction; read-only inside [`Db::read`](crate::Db::read).
pub struct Tx<'a> {
    session: Session<'a>,
    hooks: Vec<Hook>,
    failure: Option<Effect>,
    patient: bool,
    #[cfg(feature = "testing")]
    changed: bool,
}

/// The connection behind a transaction.
pub(crate) enum Session<'a> {
    Sqlite(&'a mut sqlite::Session),
    Postgres(&'a mut pgsql::Session),
}

macro_rules! each_engine {
    ($self:ident, $session:ident => $call:expr) => {
        match &mut $self.session {
            Session::Sqlite($session) => $call,
            Session::Postgres($session) => $call,
        }
    };
}

impl<'a> Tx<'a> {
    pub(crate) fn new(session: Session<'a>) -> Self {
        Tx {
            session,
            hooks: Vec::new(),
            failure: None,
            patient: false,
            #[cfg(feature = "testing")]
            changed: false,
        }
    }

    /// Exactly one row. No row, or a second one, is an internal error.
    pub fn one<T: FromRow>(&mut self, sql: &str, args: &[Arg]) -> Result<T> {
        self.opt(sql, args)?.ok_or_else(|| Error::internal(format_args!("no row came: {}", first_words(sql))))
    }

    /// The row, if there is one. A second row is an internal error: say `limit 1` when you mean it.
    pub fn opt<T: FromRow>(&mut self, sql: &str, args: &[Arg]) -> Result<Option<T>> {
        let mut found = None;
        self.rows(sql, args, &mut |cells| {
            if found.is_some() {
                return Err(Error::internal(format_args!("more than one row came: {}", first_words(sql))));
            }
            found = Some(Row::read(cells)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Every row, in order.
    pub fn all<T: FromRow>(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.rows(sql, args, &mut |cells| {
            rows.push(Row::read(cells)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs a statement; answers how many rows it inserted, changed or deleted (0 for a query).
    pub fn exec(&mut self, sql: &str, args: &[Arg]) -> Result<u64> {
        self.ready()?;
        let outcome = each_engine!(self, session => session.execute(sql, args));
        #[cfg(feature = "testing")]
        self.note_change(outcome.as_ref().is_ok_and(|rows| *rows > 0));
        self.settle(outcome)
    }

    /// Inserts rows of equal width: `insert_many("insert into t (a, b) values", "on conflict (a) do nothing", &rows)`.
    /// Answers the affected rows. With `do update`, no key may come twice (PostgreSQL writes many rows as one statement).
    pub fn insert_many(&mut self, head: &str, tail: &str, rows: &[Vec<Arg>]) -> Result<u64> {
        self.ready()?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.is_empty() {
            return Ok(0);
        }
        if width == 0 || rows.iter().any(|row| row.len() != width) {
            return Err(Error::internal(format_args!("rows of unequal width: {}", first_words(head))));
        }
        let outcome = each_engine!(self, session => session.insert_many(head, tail, rows));
        #[cfg(feature = "testing")]
        self.note_change(outcome.as_ref().is_ok_and(|rows| *rows > 0));
        self.settle(outcome)
    }

    /// Runs `f`; when it fails, only what it did is undone and the transaction goes on.
    pub fn savepoint<T>(&mut self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.ready()?;
        let hooks = self.hooks.len();
        let begun = each_engine!(self, session => session.savepoint());
        self.settle(begun)?;
        let outcome = match f(self) {
            Ok(_) if self.failure.is_some() => Err(hidden_failure()),
            outcome => outcome,
        };
        let ended = match (&outcome, self.failure) {
            (Ok(_), _) => each_engine!(self, session => session.release()),
            (Err(_), Some(Effect::Again | Effect::Broken)) => Ok(()),
            (Err(_), _) => {
                self.hooks.truncate(hooks);
                self.failure = None;
                each_engine!(self, session => session.undo())
            }
        };
        self.settle(ended)?;
        outcome
    }

    /// Runs `f` once, after the commit that contains this closure and before its caller is answered; drops it on a
    /// rollback or retry.
    /// It runs on the database thread: keep it to a wake-up or a cache eviction, and never wait in it.
    pub fn after_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(f));
    }

    pub fn engine(&self) -> Engine {
        match self.session {
            Session::Sqlite(_) => Engine::Sqlite,
            Session::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a script of several statements without arguments, taking its time.
    pub(crate) fn script(&mut self, text: &str) -> Result<()> {
        self.ready()?;
        let outcome = each_engine!(self, session => session.script(text));
        self.settle(outcome)
    }

    /// Exempts the closure from the warning about slow ones.
    pub(crate) fn be_patient(&mut self) {
        self.patient = true;
    }

    pub(crate) fn is_patient(&self) -> bool {
        self.patient
    }

    /// What the closure left behind: its hooks, or why it must be rolled back and with which effect.
    pub(crate) fn finish(self, outcome: Result<()>) -> Result<Vec<Hook>, Fault> {
        match (outcome, self.failure) {
            (Ok(()), None) => Ok(self.hooks),
            (Ok(()), Some(effect)) => Err(Fault::new(effect, hidden_failure())),
            (Err(error), effect) => Err(Fault::new(effect.unwrap_or(Effect::None), error)),
        }
    }

    fn rows(&mut self, sql: &str, args: &[Arg], each: &mut dyn FnMut(Cells<'_>) -> Result<()>) -> Result<()> {
        self.ready()?;
        #[cfg(feature = "testing")]
        self.note_change(["insert", "update", "delete"].iter().any(|verb| sql.trim_start().starts_with(verb)));
        let outcome = each_engine!(self, session => session.query(sql, args, each));
        self.settle(outcome)
    }

    #[cfg(feature = "testing")]
    fn note_change(&mut self, changed: bool) {
        self.changed |= changed;
    }

    /// True when a statement changed rows, or may have.
    #[cfg(feature = "testing")]
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
    }

    fn ready(&self) -> Result<()> {
        match self.failure {
            None => Ok(()),
            Some(_) => Err(Error::internal("a statement came after a failed one; put what may fail into a savepoint")),
        }
    }

    fn settle<T>(&mut self, outcome: Result<T, Fault>) -> Result<T> {
        outcome.map_err(|fault| {
            if fault.effect != Effect::None {
                self.failure = Some(fault.effect);
            }
            fault.error
        })
    }
}

fn hidden_failure() -> Error {
    Error::internal("the closure hid a failed statement; it was rolled back")
}

/// The beginning of a statement, for the log.
pub(crate) fn first_words(sql: &str) -> &str {
    let end = sql.char_indices().nth(120).map_or(sql.len(), |(at, _)| at);
    sql[..end].trim()
}
