//! Fresh databases for tests: each test runs on both engines and leaves nothing behind.
//! A migrated database is copied from a template that is made once per set of migrations.

use crate::{Constraint, Db, Engine, Migration, Options};
use kernel::Instant;
use postgres::{Client, NoTls};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

#[cfg(feature = "testing")]
pub use crate::death::{Death, Moment};
pub use crate::sqlite::{BY_HAND, Plans};

/// An empty (or migrated) database of its own; removed when dropped. Drop or close the [`Db`] first.
pub struct Scratch {
    pub engine: Engine,
    pub url: String,
    folder: Option<PathBuf>,
}

/// The environment variable with the address of a PostgreSQL where databases may be created.
pub const POSTGRES: &str = "TEST_POSTGRES_URL";

/// One fresh empty database per engine.
///
/// # Panics
/// When `TEST_POSTGRES_URL` is not set or cannot be reached.
pub fn databases() -> Vec<Scratch> {
    vec![Scratch::empty(Engine::Sqlite), Scratch::empty(Engine::Postgres)]
}

/// One fresh database per engine, migrated with `migrations`.
///
/// # Panics
/// Like [`databases`], and when a migration fails.
pub fn migrated(migrations: &'static [Migration]) -> Vec<Scratch> {
    vec![Scratch::from_template(Engine::Sqlite, migrations), Scratch::from_template(Engine::Postgres, migrations)]
}

impl Scratch {
    /// A fresh empty database on one engine.
    pub fn empty(engine: Engine) -> Scratch {
        match engine {
            Engine::Sqlite => {
                let folder = new_folder();
                let url = format!("sqlite:{}", folder.join("scratch.db").display());
                Scratch { engine, url, folder: Some(folder) }
            }
            Engine::Postgres => {
                let name = new_name();
                administer(move |client| {
                    client.batch_execute(&format!("drop database if exists {name} with (force)"))?;
                    client.batch_execute(&format!("create database {name}"))?;
                    Ok(Scratch { engine, url: postgres_url(&name), folder: None })
                })
            }
        }
    }

    /// A fresh database on one engine, copied from a template migrated once.
    pub fn from_template(engine: Engine, migrations: &'static [Migration]) -> Scratch {
        match engine {
            Engine::Sqlite => {
                let template = sqlite_template(migrations);
                let scratch = Scratch::empty(engine);
                let folder = scratch.folder.as_deref().expect("a sqlite scratch has a folder");
                fs::copy(template, folder.join("scratch.db")).expect("the template can be copied");
                scratch
            }
            Engine::Postgres => {
                let template = postgres_template(migrations);
                let name = new_name();
                administer(move |client| {
                    client.batch_execute(&format!("drop database if exists {name} with (force)"))?;
                    let how = by_file(client)?;
                    client.batch_execute(&format!("create database {name} template {template}{how}"))?;
                    Ok(Scratch { engine, url: postgres_url(&name), folder: None })
                })
            }
        }
    }

    /// Small options for tests: 2 readers, 4 connections, and SQLite does not wait for the disk at every commit
    /// (what must survive a killed process is tried on the program itself).
    pub fn options(&self) -> Options {
        Options { readers: 2, connections: 4, cache_kib: 1024, synchronous_full: false, ..Options::new(&self.url) }
    }

    /// Opens it with [`options`](Self::options).
    pub fn open(&self) -> Db {
        Db::open(self.options()).expect("a scratch database opens")
    }

    /// Opens it with what violated constraints mean.
    pub fn open_with(&self, constraints: &[&'static [Constraint]]) -> Db {
        let options = Options { constraints: constraints.to_vec(), ..self.options() };
        Db::open(options).expect("a scratch database opens")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
            return;
        }
        let name = self.url.rsplit('/').next().unwrap_or_default().to_owned();
        administer(move |client| client.batch_execute(&format!("drop database if exists {name} with (force)")));
    }
}

static NEXT: AtomicU32 = AtomicU32::new(1);

fn new_name() -> String {
    format!("hefang_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn new_folder() -> PathBuf {
    loop {
        let folder = std::env::temp_dir().join(new_name());
        match fs::create_dir(&folder) {
            Ok(()) => return folder,
            // Left behind by a killed run with the same process id: take the next number.
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(cause) => panic!("no temporary folder: {cause}"),
        }
    }
}

/// Template names carry what they were made of, so an edited migration makes a new one.
fn digest(migrations: &[Migration]) -> String {
    let mut hash = Sha256::new_with_prefix(include_str!("sqlite/sizes.rs"));
    for migration in migrations {
        hash.update(format!("{}\n{}\n{}\n", migration.version, migration.name, migration.text));
    }
    hex::encode(hash.finalize())[..16].to_owned()
}

fn migrate(url: &str, migrations: &'static [Migration]) {
    let db = Db::open(Options { readers: 1, connections: 1, ..Options::new(url) }).expect("a template opens");
    db.migrate(migrations, Instant(0)).expect("the migrations apply");
    db.close();
}

fn sqlite_template(migrations: &'static [Migration]) -> PathBuf {
    let template = std::env::temp_dir().join(format!("hefang_template_{}.db", digest(migrations)));
    if !template.exists() {
        let scratch = Scratch::empty(Engine::Sqlite);
        migrate(&scratch.url, migrations);
        let made = scratch.url.trim_start_matches("sqlite:");
        // Tests that raced made the same file; the last rename wins.
        fs::rename(made, &template).expect("the template can be put in place");
    }
    template
}

/// Copying files is five times quicker than writing them through the log; servers before 15 knew nothing else.
fn by_file(client: &mut Client) -> Result<&'static str, postgres::Error> {
    let version: i32 = client.query_one("select current_setting('server_version_num')::int", &[])?.get(0);
    Ok(if version >= 150_000 { " strategy file_copy" } else { "" })
}

/// Made under an advisory lock and renamed when complete, so that no other process sees half of one.
fn postgres_template(migrations: &'static [Migration]) -> String {
    let name = format!("hefang_template_{}", digest(migrations));
    let template = name.clone();
    administer(move |client| {
        client.batch_execute("select pg_advisory_lock(7160315220149)")?;
        let found = client.query("select 1 from pg_database where datname = $1", &[&template])?;
        if found.is_empty() {
            let half = format!("{template}_half");
            client.batch_execute(&format!("drop database if exists {half} with (force)"))?;
            client.batch_execute(&format!("create database {half}"))?;
            migrate(&postgres_url(&half), migrations);
            client.batch_execute(&format!("alter database {half} rename to {template}"))?;
        }
        client.batch_execute("select pg_advisory_unlock(7160315220149)")
    });
    name
}

fn server() -> String {
    std::env::var(POSTGRES).unwrap_or_else(|_| panic!("{POSTGRES} is not set; scripts/postgres.sh start prints it"))
}

fn postgres_url(database: &str) -> String {
    let server = server();
    let (address, _) = server.rsplit_once('/').expect("the address ends with a database name");
    format!("{address}/{database}")
}

/// Works on the server with a connection of its own, on a thread of its own (tests may be asynchronous).
fn administer<T: Send + 'static>(work: impl FnOnce(&mut Client) -> Result<T, postgres::Error> + Send + 'static) -> T {
    let thread = thread::spawn(move || {
        let mut client = Client::connect(&server(), NoTls).expect("the test PostgreSQL answers");
        work(&mut client).expect("the test PostgreSQL obeys")
    });
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
