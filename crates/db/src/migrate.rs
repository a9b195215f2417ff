//! Migrations: one portable text per change. What differs between the engines is a few tokens:
//! `@id@` (the id column), `@key@` (the primary key), `@binary@` (text compared byte by byte), `@clustered@` (rows stored
//! in key order), and lines between `@sqlite` or `@postgres` and `@end`.
//! An applied text is never edited: its checksum is kept and compared.

use crate::{Db, Engine, Tx, args, sqlite};
use kernel::{Error, Instant, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// One change of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub version: u32,
    pub name: &'static str,
    /// Portable SQL with tokens; see the file's head.
    pub text: &'static str,
}

impl Migration {
    /// SHA-256 of the text as written, in hexadecimal.
    pub fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.text.as_bytes()))
    }
}

/// Any number will do, as long as no other program on the same server uses it.
const LOCK: &str = "select pg_advisory_xact_lock(7160315220148)";

const TABLE: &str = "create table if not exists schema_migration (
  version bigint not null primary key,
  name text not null,
  checksum text not null,
  applied_at bigint not null
)";

/// Applies what is missing and compares what is there.
pub(crate) fn apply(db: &Db, migrations: &[Migration], now: Instant) -> Result<Vec<u32>> {
    if let Some(pair) = migrations.windows(2).find(|pair| pair[0].version >= pair[1].version) {
        return Err(Error::internal(format_args!("migration {} stands after {}", pair[1].version, pair[0].version)));
    }
    let applied = db.write_blocking(|tx| {
        lock(tx)?;
        tx.script(TABLE)?;
        applied(tx)
    })?;
    for unknown in applied.keys().filter(|version| !migrations.iter().any(|one| one.version == **version)) {
        tracing::warn!(version = unknown, "the database knows a migration that this program does not");
    }
    let mut done = Vec::new();
    for migration in migrations {
        match applied.get(&migration.version) {
            Some(checksum) if *checksum == migration.checksum() => continue,
            Some(_) => return Err(edited(migration)),
            None => {}
        }
        let migration = *migration;
        if db.write_blocking(move |tx| apply_one(tx, migration, now))? {
            tracing::info!(version = migration.version, name = migration.name, "migrated");
            done.push(migration.version);
        }
    }
    if db.engine() == Engine::Sqlite && (!done.is_empty() || !is_sized(db)?) {
        db.write_blocking(|tx| {
            lock(tx)?;
            sqlite::assume_sizes(tx)
        })?;
    }
    Ok(done)
}

/// Whether SQLite was told sizes before.
fn is_sized(db: &Db) -> Result<bool> {
    let tables: i64 =
        db.read_blocking(|tx| tx.one("select count(*) from sqlite_master where name = 'sqlite_stat1'", &[]))?;
    Ok(tables > 0)
}

/// True if it was applied now; another process may have been faster.
fn apply_one(tx: &mut Tx<'_>, migration: Migration, now: Instant) -> Result<bool> {
    lock(tx)?;
    match applied(tx)?.get(&migration.version) {
        Some(checksum) if *checksum == migration.checksum() => return Ok(false),
        Some(_) => return Err(edited(&migration)),
        None => {}
    }
    let text = expand(migration.text, tx.engine())
        .map_err(|what| Error::internal(format_args!("migration {}: {what}", migration.version)))?;
    tx.script(&text).map_err(|error| {
        let cause = format!("migration {} ({}): {error}", migration.version, migration.name);
        Error::internal(cause)
    })?;
    tx.exec(
        "insert into schema_migration (version, name, checksum, applied_at)
         values ($1, $2, $3, $4)",
        &args![migration.version, migration.name, migration.checksum(), now],
    )?;
    Ok(true)
}

/// Lets one process migrate at a time, and gives it the time it needs.
fn lock(tx: &mut Tx<'_>) -> Result<()> {
    tx.be_patient();
    match tx.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => {
            tx.script("set local statement_timeout = 0")?;
            tx.script(LOCK)
        }
    }
}

fn applied(tx: &mut Tx<'_>) -> Result<BTreeMap<u32, String>> {
    let rows: Vec<(u32, String)> = tx.all("select version, checksum from schema_migration order by version", &[])?;
    Ok(rows.into_iter().collect())
}

/// `12 migrations, last 0012_invoice`, for `doctor`.
pub(crate) fn state(tx: &mut Tx<'_>) -> Result<String> {
    let exists = match tx.engine() {
        Engine::Sqlite => "select count(*) from sqlite_master where name = 'schema_migration'",
        Engine::Postgres => "select count(*) from pg_catalog.pg_tables where tablename = 'schema_migration'",
    };
    if tx.one::<i64>(exists, &[])? == 0 {
        return Ok("not migrated".into());
    }
    let rows: Vec<(i64, String)> = tx.all("select version, name from schema_migration order by version", &[])?;
    Ok(match rows.last() {
        None => "no migrations".into(),
        Some((version, name)) => format!("{} migrations, last {version:04}_{name}", rows.len()),
    })
}

fn edited(migration: &Migration) -> Error {
    Error::internal(format_args!("migration {} was edited after it was applied; add a new one", migration.version))
}

/// Token, what it is on SQLite, what it is on PostgreSQL.
const TOKENS: [(&str, &str, &str); 4] = [
    ("@id@", "id integer primary key", "id bigint not null"),
    ("@key@", "unique (mall_id, id)", "primary key (mall_id, id)"),
    ("@binary@", "", "collate \"C\""),
    ("@clustered@", "without rowid", ""),
];

/// The text for one engine.
fn expand(text: &str, engine: Engine) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 256);
    let mut block: Option<&str> = None;
    for line in text.lines() {
        match line.trim() {
            only @ ("@sqlite" | "@postgres") => {
                if block.replace(&only[1..]).is_some() {
                    return Err(format!("{only} inside a block"));
                }
            }
            "@end" => {
                if block.take().is_none() {
                    return Err("@end without a block".into());
                }
            }
            _ if block.is_some_and(|only| only != engine.name()) => {}
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    if let Some(open) = block {
        return Err(format!("@{open} is not ended"));
    }
    for (token, sqlite, postgres) in TOKENS {
        out = out.replace(token, if engine == Engine::Sqlite { sqlite } else { postgres });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_blocks_follow_the_engine() {
        let text = "create table t (\n  @id@,\n  a text @binary@,\n  @key@\n) @clustered@;\n@sqlite\npragma a;\n@end\n@postgres\nset b;\n@end\n";
        assert_eq!(
            expand(text, Engine::Sqlite).unwrap(),
            "create table t (\n  id integer primary key,\n  a text ,\n  unique (mall_id, id)\n) without rowid;\npragma a;\n"
        );
        assert_eq!(
            expand(text, Engine::Postgres).unwrap(),
            "create table t (\n  id bigint not null,\n  a text collate \"C\",\n  primary key (mall_id, id)\n) ;\nset b;\n"
        );
        for bad in ["@end", "@sqlite", "@sqlite\n@postgres\n@end"] {
            assert!(expand(bad, Engine::Sqlite).is_err(), "{bad}");
        }
    }
}
