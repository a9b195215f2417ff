//! SQLite, embedded: one connection per thread, one of them writes. A statement is rewritten and prepared once per
//! connection.

mod dialect;
mod file;
mod names;
#[cfg(feature = "testing")]
mod plans;
mod reader;
mod sizes;
mod words;
mod writer;

pub(crate) use file::{backup, replace};
pub(crate) use reader::serve as serve_reads;
pub(crate) use sizes::assume as assume_sizes;
pub(crate) use writer::Writer;
#[cfg(feature = "testing")]
pub use {plans::Plans, sizes::BY_HAND};

use crate::fault::{Effect, Fault};
use crate::row::{Cell, Cells};
use crate::tx::first_words;
use crate::violation::Meanings;
use crate::{Arg, Options};
use kernel::{Error, Result};
use names::UniqueNames;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ffi};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use words::Words;

/// Statements kept prepared per connection.
const STATEMENTS: usize = 256;
const BUSY: Duration = Duration::from_millis(5000);

/// A connection with its buffers.
pub(crate) struct Session {
    connection: Connection,
    words: Words,
    meanings: Arc<Meanings>,
    names: UniqueNames,
    #[cfg(feature = "testing")]
    plans: Plans,
}

/// Why stepping through a statement ended early.
enum Stop {
    Driver(rusqlite::Error),
    Ours(Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Stop::Driver(error)
    }
}

impl Session {
    /// Opens the file for writing, creating it (readable by its owner only) with its folder when missing.
    pub(crate) fn writable(path: &Path, options: &Options, meanings: Arc<Meanings>) -> Result<Self> {
        file::create(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let session = Self::open(path, flags, options, meanings)?;
        let mode: String = session.pragma_value("journal_mode = wal")?;
        if mode != "wal" {
            return Err(Error::internal(format_args!("the file system refuses WAL (journal mode is {mode})")));
        }
        let level = if options.synchronous_full { "full" } else { "normal" };
        session.settings(&format!(
            "pragma synchronous = {level}; pragma wal_autocheckpoint = 10000; pragma journal_size_limit = 67108864;"
        ))?;
        Ok(session)
    }

    /// Opens the file for reading; the writer has opened it before.
    pub(crate) fn read_only(path: &Path, options: &Options, meanings: Arc<Meanings>) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let session = Self::open(path, flags, options, meanings)?;
        session.settings("pragma query_only = on;")?;
        Ok(session)
    }

    fn open(path: &Path, flags: OpenFlags, options: &Options, meanings: Arc<Meanings>) -> Result<Self> {
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|cause| Error::internal(format_args!("cannot open {}: {cause}", path.display())))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.busy_timeout(BUSY).map_err(Error::internal)?;
        // A plan never depends on an argument's value; otherwise a statement that could use a partial index is planned
        // anew at every run.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(Error::internal)?;
        let session = Session {
            connection,
            words: Words::default(),
            meanings,
            names: UniqueNames::default(),
            #[cfg(feature = "testing")]
            plans: options.plans.clone(),
        };
        session.settings(&format!(
            "pragma foreign_keys = on; pragma temp_store = memory; pragma cache_size = -{}; pragma mmap_size = 0;",
            options.cache_kib.max(64)
        ))?;
        Ok(session)
    }

    fn settings(&self, text: &str) -> Result<()> {
        self.connection.execute_batch(text).map_err(Error::internal)
    }

    fn pragma_value<T: rusqlite::types::FromSql>(&self, pragma: &str) -> Result<T> {
        self.connection.query_row(&format!("pragma {pragma}"), [], |row| row.get(0)).map_err(Error::internal)
    }

    /// Steps through a statement, handing every row to `each`.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        args: &[Arg],
        each: &mut dyn FnMut(Cells<'_>) -> Result<()>,
    ) -> Result<(), Fault> {
        let text = self.words.of(sql);
        #[cfg(feature = "testing")]
        self.plans.note(&self.connection, text);
        let outcome = (|| {
            let mut statement = self.connection.prepare_cached(text)?;
            step(&mut statement, args, each)
        })();
        outcome.map_err(|stop| self.fault(stop, sql))
    }

    /// Runs a statement; answers the rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        let text = self.words.of(sql);
        #[cfg(feature = "testing")]
        self.plans.note(&self.connection, text);
        let outcome = (|| {
            let mut statement = self.connection.prepare_cached(text)?;
            step(&mut statement, args, &mut |_| Ok(()))?;
            Ok(if statement.readonly() { 0 } else { self.connection.changes() })
        })();
        outcome.map_err(|stop| self.fault(stop, sql))
    }

    /// One prepared statement, run once per row.
    pub(crate) fn insert_many(&mut self, head: &str, tail: &str, rows: &[Vec<Arg>]) -> Result<u64, Fault> {
        let width = rows.first().map_or(0, Vec::len);
        let mut sql = String::with_capacity(head.len() + tail.len() + width * 4 + 8);
        sql.push_str(head);
        for number in 1..=width {
            let _ = write!(sql, "{}${number}", if number == 1 { " (" } else { "," });
        }
        sql.push_str(") ");
        sql.push_str(tail);
        let mut text = String::new();
        dialect::rewrite(&sql, &mut text);
        let outcome = (|| {
            let mut statement = self.connection.prepare_cached(&text)?;
            let mut changed = 0;
            for row in rows {
                step(&mut statement, row, &mut |_| Ok(()))?;
                changed += self.connection.changes();
            }
            Ok(changed)
        })();
        outcome.map_err(|stop| self.fault(stop, head))
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), Fault> {
        let outcome = self.connection.execute_batch(text);
        outcome.map_err(|cause| self.fault(Stop::Driver(cause), text))
    }

    pub(crate) fn savepoint(&mut self) -> Result<(), Fault> {
        self.control("savepoint inner_step")
    }

    pub(crate) fn release(&mut self) -> Result<(), Fault> {
        self.control("release inner_step")
    }

    pub(crate) fn undo(&mut self) -> Result<(), Fault> {
        self.control("rollback to inner_step")?;
        self.control("release inner_step")
    }

    /// Runs `begin`, `commit` and their kin.
    fn control(&mut self, text: &'static str) -> Result<(), Fault> {
        let outcome = self.connection.prepare_cached(text).and_then(|mut statement| statement.raw_execute());
        match outcome {
            Ok(_) => Ok(()),
            Err(cause) => Err(self.fault(Stop::Driver(cause), text)),
        }
    }

    /// True while a transaction is open; SQLite ends it by itself after some failures (disk full).
    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    fn fault(&mut self, stop: Stop, sql: &str) -> Fault {
        let cause = match stop {
            Stop::Ours(error) => return error.into(),
            Stop::Driver(cause) => cause,
        };
        let (code, message) = match &cause {
            rusqlite::Error::SqliteFailure(code, message) => (*code, message.as_deref().unwrap_or_default()),
            _ => return Fault::statement(format_args!("{cause}: {}", first_words(sql))),
        };
        let after = |prefix: &str| message.strip_prefix(prefix).unwrap_or(message).to_owned();
        let error = match code.extended_code {
            ffi::SQLITE_CONSTRAINT_CHECK => self.meanings.error(&after("CHECK constraint failed: "), &cause),
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
                let name = self.names.of(&self.connection, &after("UNIQUE constraint failed: "));
                self.meanings.error(&name, &cause)
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => self.meanings.error(crate::violation::FOREIGN_KEY, &cause),
            _ => match code.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => crate::violation::busy().because(cause),
                ErrorCode::DiskFull => Error::unavailable("db.disk_full", "服务器存储已满，请联系商家").because(cause),
                ErrorCode::ReadOnly => Error::internal(format_args!("a read wrote: {}", first_words(sql))),
                _ => Error::internal(format_args!("{cause}: {}", first_words(sql))),
            },
        };
        Fault::new(Effect::Statement, error)
    }
}

/// Binds, then steps to the end.
fn step(
    statement: &mut Statement<'_>,
    args: &[Arg],
    each: &mut dyn FnMut(Cells<'_>) -> Result<()>,
) -> Result<(), Stop> {
    if statement.parameter_count() != args.len() {
        return Err(Stop::Ours(Error::internal(format_args!(
            "the statement takes {} arguments, {} were given",
            statement.parameter_count(),
            args.len()
        ))));
    }
    for (position, arg) in args.iter().enumerate() {
        bind(statement, position + 1, arg)?;
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        each(Cells::Sqlite(row)).map_err(Stop::Ours)?;
    }
    Ok(())
}

/// Lists travel as JSON text, read by `json_each`.
fn bind(statement: &mut Statement<'_>, index: usize, arg: &Arg) -> Result<(), Stop> {
    let bound = match arg {
        Arg::Null => statement.raw_bind_parameter(index, rusqlite::types::Null),
        Arg::Int(number) => statement.raw_bind_parameter(index, number),
        Arg::Bool(truth) => statement.raw_bind_parameter(index, truth),
        Arg::Float(number) => statement.raw_bind_parameter(index, number),
        Arg::Text(text) => statement.raw_bind_parameter(index, text.as_str()),
        Arg::Ints(list) => {
            let mut json = String::with_capacity(list.len() * 20 + 2);
            json.push('[');
            for (position, number) in list.iter().enumerate() {
                let _ = write!(json, "{}{number}", if position == 0 { "" } else { "," });
            }
            json.push(']');
            statement.raw_bind_parameter(index, json)
        }
        Arg::Texts(list) => {
            let json = serde_json::to_string(list).map_err(|cause| Stop::Ours(Error::internal(cause)))?;
            statement.raw_bind_parameter(index, json)
        }
    };
    bound.map_err(Stop::Driver)
}

/// The value of a column.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, position: usize) -> Result<Cell<'a>, String> {
    match row.get_ref(position).map_err(|cause| cause.to_string())? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Real(number) => Ok(Cell::Float(number)),
        ValueRef::Text(text) => std::str::from_utf8(text).map(Cell::Text).map_err(|_| "text is not UTF-8".into()),
        ValueRef::Blob(_) => Err("a blob came; the schema has none".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::databases;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_that_could_use_a_partial_index_is_planned_once() {
        let scratch = databases().into_iter().find(|one| one.engine == crate::Engine::Sqlite).unwrap();
        let path = Path::new(scratch.url.trim_start_matches("sqlite:"));
        let session = Session::writable(path, &scratch.options(), Arc::default()).unwrap();
        let table =
            "create table t (id integer primary key, state text); create index t_open on t (id) where state = 'open';";
        session.connection.execute_batch(table).unwrap();
        let mut statement = session.connection.prepare("select id from t where state = ?1").unwrap();
        for state in ["open", "done", "open"] {
            let _: Vec<i64> = statement.query_map([state], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
