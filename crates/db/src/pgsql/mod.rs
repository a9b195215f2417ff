//! PostgreSQL and what speaks its protocol: a connection per thread, statements prepared once by their text.
//! The connection is plain unless the address says `sslmode=require`: see [`server`].

mod server;
mod tools;
mod value;
mod worker;

pub(crate) use server::Server;
pub(crate) use tools::{dump, restore};
pub(crate) use value::cell;
pub(crate) use worker::Worker;

use crate::Arg;
use crate::fault::{Effect, Fault};
use crate::row::Cells;
use crate::tx::first_words;
use crate::violation::{FOREIGN_KEY, Meanings, busy};
use kernel::{Error, Result};
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, RowIter, Statement};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Statements kept prepared per connection.
const STATEMENTS: usize = 256;
/// Rows of one `values` list; smaller rests go in powers of two, so few texts are prepared.
const ROWS: usize = 64;

/// A connection with its prepared statements.
pub(crate) struct Session {
    client: Client,
    statements: HashMap<String, (Statement, u64)>,
    uses: u64,
    text: String,
    meanings: Arc<Meanings>,
}

/// Why a statement ended early.
enum Stop {
    Driver(postgres::Error),
    Ours(Error),
}

impl From<postgres::Error> for Stop {
    fn from(error: postgres::Error) -> Self {
        Stop::Driver(error)
    }
}

impl Session {
    pub(crate) fn connect(server: &Server, meanings: Arc<Meanings>) -> Result<Self> {
        let mut config = server.config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_application_name().is_none() {
            config.application_name("hefang");
        }
        let unreachable = |cause: postgres::Error| {
            Error::unavailable("db.unreachable", "服务器暂时不可用，请稍后再试").retry_after(1).because(words(&cause))
        };
        let mut client = server.connect_with(&config).map_err(unreachable)?;
        client
            .batch_execute(
                "set statement_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'; set timezone = 'UTC'",
            )
            .map_err(unreachable)?;
        Ok(Session { client, statements: HashMap::new(), uses: 0, text: String::new(), meanings })
    }

    /// Runs a statement, handing every row to `each`.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        args: &[Arg],
        each: &mut dyn FnMut(Cells<'_>) -> Result<()>,
    ) -> Result<(), Fault> {
        self.run(sql, args.len(), args.iter(), each).map(drop)
    }

    /// Runs a statement; answers the rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        let changed = self.run(sql, args.len(), args.iter(), &mut |_| Ok(()))?;
        Ok(if reads(sql) { 0 } else { changed })
    }

    /// Many rows to a statement.
    pub(crate) fn insert_many(&mut self, head: &str, tail: &str, rows: &[Vec<Arg>]) -> Result<u64, Fault> {
        let width = rows.first().map_or(0, Vec::len);
        let mut changed = 0;
        let mut rest = rows;
        while !rest.is_empty() {
            let most = ROWS.min(rest.len());
            let (chunk, after) = rest.split_at(if most == ROWS { ROWS } else { 1 << most.ilog2() });
            let text = self.values(head, tail, width, chunk.len());
            let outcome =
                self.run(&text, width * chunk.len(), chunk.iter().flatten().collect::<Vec<_>>(), &mut |_| Ok(()));
            self.text = text;
            changed += outcome?;
            rest = after;
        }
        Ok(changed)
    }

    /// `head ($1,$2),($3,$4) tail` in the buffer that is used again.
    fn values(&mut self, head: &str, tail: &str, width: usize, rows: usize) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        text.push_str(head);
        for row in 0..rows {
            text.push_str(if row == 0 { " (" } else { ",(" });
            for column in 1..=width {
                let _ = write!(text, "{}${}", if column == 1 { "" } else { "," }, row * width + column);
            }
            text.push(')');
        }
        text.push(' ');
        text.push_str(tail);
        text
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<(), Fault> {
        let outcome = self.client.batch_execute(text);
        outcome.map_err(|cause| self.fault(Stop::Driver(cause), text))
    }

    pub(crate) fn savepoint(&mut self) -> Result<(), Fault> {
        self.script("savepoint inner_step")
    }

    pub(crate) fn release(&mut self) -> Result<(), Fault> {
        self.script("release inner_step")
    }

    pub(crate) fn undo(&mut self) -> Result<(), Fault> {
        self.script("rollback to inner_step; release inner_step")
    }

    fn run<'b, I>(
        &mut self,
        sql: &str,
        count: usize,
        args: I,
        each: &mut dyn FnMut(Cells<'_>) -> Result<()>,
    ) -> Result<u64, Fault>
    where
        I: IntoIterator<Item = &'b Arg>,
        I::IntoIter: ExactSizeIterator,
    {
        let outcome = (|| {
            let statement = self.prepared(sql)?;
            if statement.params().len() != count {
                return Err(Stop::Ours(Error::internal(format_args!(
                    "the statement takes {} arguments, {count} were given",
                    statement.params().len()
                ))));
            }
            drain(self.client.query_raw(&statement, args)?, each)
        })();
        outcome.map_err(|stop| self.fault(stop, sql))
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        self.uses += 1;
        if let Some((statement, used)) = self.statements.get_mut(sql) {
            *used = self.uses;
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        if self.statements.len() >= STATEMENTS {
            let oldest = self.statements.iter().min_by_key(|(_, (_, used))| *used).map(|(text, _)| text.clone());
            oldest.and_then(|text| self.statements.remove(&text));
        }
        self.statements.insert(sql.to_owned(), (statement.clone(), self.uses));
        Ok(statement)
    }

    fn fault(&mut self, stop: Stop, sql: &str) -> Fault {
        let cause = match stop {
            Stop::Ours(error) => return error.into(),
            Stop::Driver(cause) => cause,
        };
        let Some(server) = cause.as_db_error() else {
            let source = std::error::Error::source(&cause);
            let gone = self.client.is_closed()
                || cause.is_closed()
                || source.is_some_and(|source| source.is::<std::io::Error>());
            let error = Error::internal(format_args!("{}: {}", words(&cause), first_words(sql)));
            // An argument that does not fit is found before anything is sent.
            return Fault::new(if gone { Effect::Broken } else { Effect::Statement }, error);
        };
        let code = server.code();
        let name = server.constraint().unwrap_or("?");
        let internal = || Error::internal(format_args!("{}: {}", words(&cause), first_words(sql)));
        match code {
            &SqlState::CHECK_VIOLATION | &SqlState::UNIQUE_VIOLATION | &SqlState::EXCLUSION_VIOLATION => {
                Fault::new(Effect::Statement, self.meanings.error(name, &words(&cause)))
            }
            &SqlState::FOREIGN_KEY_VIOLATION => {
                Fault::new(Effect::Statement, self.meanings.error(FOREIGN_KEY, &words(&cause)))
            }
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => {
                Fault::new(Effect::Again, busy().because(words(&cause)))
            }
            // The schema changed under a prepared statement, or a pooler forgot it.
            &SqlState::FEATURE_NOT_SUPPORTED if server.message().contains("cached plan") => self.forget(internal()),
            &SqlState::INVALID_SQL_STATEMENT_NAME => self.forget(internal()),
            &SqlState::QUERY_CANCELED => Fault::new(Effect::Statement, busy().because(words(&cause))),
            &SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
                Fault::new(Effect::Broken, internal())
            }
            &SqlState::DISK_FULL => Fault::new(
                Effect::Statement,
                Error::unavailable("db.disk_full", "服务器存储已满，请联系商家").because(words(&cause)),
            ),
            &SqlState::READ_ONLY_SQL_TRANSACTION => {
                Fault::statement(format_args!("a read wrote: {}", first_words(sql)))
            }
            _ => Fault::new(Effect::Statement, internal()),
        }
    }

    fn forget(&mut self, error: Error) -> Fault {
        self.statements.clear();
        Fault::new(Effect::Again, error)
    }
}

fn drain(mut rows: RowIter<'_>, each: &mut dyn FnMut(Cells<'_>) -> Result<()>) -> Result<u64, Stop> {
    while let Some(row) = rows.next()? {
        each(Cells::Postgres(&row)).map_err(Stop::Ours)?;
    }
    Ok(rows.rows_affected().unwrap_or(0))
}

/// PostgreSQL counts the rows of a query as affected; SQLite does not.
fn reads(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// The server's words, with its code and detail; the driver's own message says only "db error".
fn words(cause: &postgres::Error) -> String {
    let mut text = cause.to_string();
    if let Some(server) = cause.as_db_error() {
        text = format!("{} {}", server.code().code(), server.message());
        if let Some(detail) = server.detail() {
            let _ = write!(text, " ({detail})");
        }
    } else if let Some(source) = std::error::Error::source(cause) {
        let _ = write!(text, ": {source}");
    }
    text
}
