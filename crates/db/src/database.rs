//! The handle everybody holds: opens the engine, starts its threads, takes closures in and closes in order.
//! A queued write is carried out even if its caller stops waiting; a full queue is told at once (503), not waited for.

use crate::job::{Job, enter_database_thread, on_database_thread};
use crate::options::Target;
use crate::queue::{Queue, Refused};
use crate::stats::Counters;
use crate::violation::{Meanings, busy};
use crate::{Engine, Migration, Options, Stats, Tx, migrate, pgsql, sqlite};
use kernel::{Error, Instant, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// An open database; clones share it, the last one closes it.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    place: Place,
    writes: Arc<Queue<Job>>,
    reads: Arc<Queue<Job>>,
    counters: Arc<Counters>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    #[cfg(feature = "testing")]
    plans: crate::testing::Plans,
    #[cfg(feature = "testing")]
    death: crate::testing::Death,
}

/// Where the data lies.
enum Place {
    Sqlite(PathBuf),
    Postgres(Box<pgsql::Server>),
}

impl Db {
    /// Opens the database and starts its threads; blocks until the first connection stands.
    ///
    /// # Errors
    /// Internal when the address or file cannot be used; `db.unreachable` when PostgreSQL does not answer.
    pub fn open(options: Options) -> Result<Db> {
        let meanings = Arc::new(Meanings::new(&options.constraints));
        let inner = match Target::parse(&options.url)? {
            Target::Sqlite(path) => open_sqlite(path, &options, &meanings),
            Target::Postgres(url) => open_postgres(&url, &options, &meanings),
        };
        inner.map(|inner| Db(Arc::new(inner)))
    }

    pub fn engine(&self) -> Engine {
        match self.0.place {
            Place::Sqlite(_) => Engine::Sqlite,
            Place::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `f` in a transaction and answers after the durable commit. `f` may run several times (each time from the
    /// start, with nothing of the earlier run left), on another thread; it must wait for nothing but the database.
    ///
    /// # Errors
    /// What `f` returns (its work is undone); `server.busy` when the queue is full; a constraint's own code when one is
    /// violated; `db.commit_unknown` when the connection broke during the commit; internal otherwise.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.for_task(true, f).await
    }

    /// Runs `f` on one snapshot of the data; a statement that writes fails.
    ///
    /// # Errors
    /// What `f` returns; `server.busy` when the queue is full; internal otherwise.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.for_task(false, f).await
    }

    #[cfg(not(feature = "testing"))]
    async fn for_task<T, F>(&self, write: bool, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (job, answer) = Job::for_task(write, f);
        self.push(job)?;
        answer.await.unwrap_or_else(|_| Err(closing()))
    }

    /// The same in a process that may die at a commit.
    #[cfg(feature = "testing")]
    async fn for_task<T, F>(&self, write: bool, mut f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let death = self.0.death.clone();
        death.pass().await;
        let at = death.clone();
        let (job, answer) = Job::for_task(write, move |tx| {
            let made = f(tx)?;
            if write && tx.has_changed() {
                at.at_commit()?;
            }
            Ok(made)
        });
        self.push(job)?;
        let outcome = answer.await.unwrap_or_else(|_| Err(closing()));
        death.pass().await;
        outcome
    }

    /// [`write`](Self::write) for plain threads: the command line, jobs, tests. It blocks.
    pub fn write_blocking<T, F>(&self, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.for_thread(true, f)
    }

    /// [`read`](Self::read) for plain threads. It blocks.
    pub fn read_blocking<T, F>(&self, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.for_thread(false, f)
    }

    fn for_thread<T, F>(&self, write: bool, f: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if on_database_thread() {
            return Err(Error::internal("a closure waits for another closure; pass the transaction on instead"));
        }
        let (job, answer) = Job::for_thread(write, f);
        self.push(job)?;
        answer.recv().unwrap_or_else(|_| Err(closing()))
    }

    fn push(&self, job: Job) -> Result<()> {
        let queue = if job.write { &self.0.writes } else { &self.0.reads };
        queue.push(job).map_err(|refused| match refused {
            Refused::Closed => closing(),
            Refused::Full => {
                self.0.counters.rejected.fetch_add(1, Relaxed);
                busy()
            }
        })
    }

    /// Applies the migrations that are missing, in order, each in a transaction; answers the versions applied now.
    ///
    /// # Errors
    /// Internal when an applied migration's text was edited, or one fails (those before it stay).
    pub fn migrate(&self, migrations: &[Migration], now: Instant) -> Result<Vec<u32>> {
        migrate::apply(self, migrations, now)
    }

    /// Writes a consistent copy to `path`, which must not exist, while serving: a SQLite file, or a `pg_dump` archive.
    pub fn backup_to(&self, path: &Path) -> Result<()> {
        match &self.0.place {
            Place::Sqlite(source) => sqlite::backup(source, path),
            Place::Postgres(server) => pgsql::dump(server, path),
        }
    }

    /// Puts the copy at `path` in the place of the database that the options name. One with data in it needs `force`; a SQLite file
    /// that is open anywhere is refused, and a replaced one is kept as `<file>.before-restore`.
    pub fn restore(options: &Options, path: &Path, force: bool) -> Result<()> {
        match Target::parse(&options.url)? {
            Target::Sqlite(target) => sqlite::replace(&target, path, force),
            Target::Postgres(url) => {
                let server = pgsql::Server::parse(&url, options.tls_root.as_deref())?;
                on_own_thread(|| pgsql::restore(&server, path, force))
            }
        }
    }

    /// One line per fact, for `doctor`: engine, durability, schema.
    pub fn check(&self) -> Result<String> {
        let encryption = match &self.0.place {
            Place::Sqlite(_) => "",
            Place::Postgres(server) if server.is_encrypted() => "encryption: tls\n",
            Place::Postgres(_) => "encryption: none\n",
        };
        self.write_blocking(move |tx| {
            let facts = match tx.engine() {
                Engine::Sqlite => SQLITE_FACTS,
                Engine::Postgres => POSTGRES_FACTS,
            };
            let mut lines = encryption.to_owned();
            for (name, sql) in facts {
                let value: String = tx.one(sql, &[])?;
                lines.push_str(&format!("{name}: {value}\n"));
            }
            lines.push_str(&format!("schema: {}\n", migrate::state(tx)?));
            Ok(lines)
        })
    }

    /// Counters since the database was opened.
    pub fn stats(&self) -> Stats {
        let reads = if Arc::ptr_eq(&self.0.reads, &self.0.writes) { 0 } else { self.0.reads.len() };
        self.0.counters.snapshot(self.0.writes.len() + reads)
    }

    /// How SQLite runs each statement, for tests.
    #[cfg(feature = "testing")]
    pub fn plans(&self) -> &crate::testing::Plans {
        &self.0.plans
    }

    /// The end of the process, for tests.
    #[cfg(feature = "testing")]
    pub fn death(&self) -> &crate::testing::Death {
        &self.0.death
    }

    /// Refuses new closures, finishes the queued ones, checkpoints and ends the threads. The last drop does the same.
    pub fn close(&self) {
        self.0.close();
    }
}

const SQLITE_FACTS: &[(&str, &str)] = &[
    ("engine", "select 'sqlite ' || sqlite_version()"),
    ("journal", "select journal_mode from pragma_journal_mode"),
    (
        "synchronous",
        "select case synchronous when 0 then 'off' when 1 then 'normal' when 2 then 'full' else 'extra' end from pragma_synchronous",
    ),
    ("foreign keys", "select case foreign_keys when 1 then 'on' else 'off' end from pragma_foreign_keys"),
    ("size", "select (page_count * page_size / 1024) || ' KiB' from pragma_page_count, pragma_page_size"),
];

const POSTGRES_FACTS: &[(&str, &str)] = &[
    ("engine", "select 'postgres ' || current_setting('server_version')"),
    ("fsync", "select current_setting('fsync')"),
    ("synchronous", "select current_setting('synchronous_commit')"),
    ("statement timeout", "select current_setting('statement_timeout')"),
    ("size", "select cast(pg_database_size(current_database()) / 1024 as text) || ' KiB'"),
];

impl Inner {
    fn close(&self) {
        self.writes.close();
        self.reads.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // The last handle may be dropped by a hook, on the very thread that would be waited for.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a database thread had panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_sqlite(path: PathBuf, options: &Options, meanings: &Arc<Meanings>) -> Result<Inner> {
    let session = sqlite::Session::writable(&path, options, meanings.clone())?;
    let (writes, reads) = (Arc::new(Queue::new(options.queue)), Arc::new(Queue::new(options.queue)));
    let counters = Arc::new(Counters::default());
    let mut sessions = Vec::new();
    for _ in 0..options.readers.max(1) {
        sessions.push(sqlite::Session::read_only(&path, options, meanings.clone())?);
    }
    let mut readers = Vec::new();
    for (number, session) in sessions.into_iter().enumerate() {
        let (queue, counters) = (reads.clone(), counters.clone());
        readers.push(start(&format!("db-read-{number}"), move || sqlite::serve_reads(session, &queue, &counters))?);
    }
    let (queue, batch) = (writes.clone(), options.batch.max(1));
    let writer = sqlite::Writer { session, queue, counters: counters.clone(), batch, readers };
    let threads = Mutex::new(vec![start("db-write", move || writer.serve())?]);
    Ok(Inner {
        place: Place::Sqlite(path),
        writes,
        reads,
        counters,
        threads,
        #[cfg(feature = "testing")]
        plans: options.plans.clone(),
        #[cfg(feature = "testing")]
        death: crate::testing::Death::default(),
    })
}

fn open_postgres(url: &str, options: &Options, meanings: &Arc<Meanings>) -> Result<Inner> {
    let server = pgsql::Server::parse(url, options.tls_root.as_deref())?;
    let first = on_own_thread(|| pgsql::Session::connect(&server, meanings.clone()))?;
    let first = Arc::new(Mutex::new(Some(first)));
    let queue = Arc::new(Queue::new(options.queue));
    let counters = Arc::new(Counters::default());
    let mut threads = Vec::new();
    for number in 0..options.connections.max(1) {
        let worker = pgsql::Worker {
            server: server.clone(),
            meanings: meanings.clone(),
            queue: queue.clone(),
            counters: counters.clone(),
            first: first.clone(),
            session: None,
        };
        threads.push(start(&format!("db-{number}"), move || worker.serve())?);
    }
    let place = Place::Postgres(Box::new(server));
    Ok(Inner {
        place,
        writes: queue.clone(),
        reads: queue,
        counters,
        threads: Mutex::new(threads),
        #[cfg(feature = "testing")]
        plans: options.plans.clone(),
        #[cfg(feature = "testing")]
        death: crate::testing::Death::default(),
    })
}

fn start(name: &str, serve: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let builder = thread::Builder::new().name(name.to_owned());
    let run = move || {
        enter_database_thread();
        serve();
    };
    builder.spawn(run).map_err(|cause| Error::internal(format_args!("no thread for the database: {cause}")))
}

/// The blocking PostgreSQL client may not run inside an asynchronous task.
fn on_own_thread<T: Send>(f: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| scope.spawn(f).join()).unwrap_or_else(|_| Err(Error::internal("a database thread panicked")))
}

fn closing() -> Error {
    Error::unavailable("server.closing", "服务器正在重启，请稍后再试").retry_after(3)
}
