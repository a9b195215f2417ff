//! Backup and restore through PostgreSQL's own tools, `pg_dump` and `pg_restore`, which must be on the path.
//! The password travels in the environment, never on a command line.

use super::Server;
use kernel::{Error, Result};
use postgres::config::Host;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a custom-format dump of the database to `target`, consistent as of its start.
pub(crate) fn dump(server: &Server, target: &Path) -> Result<()> {
    if target.exists() {
        return Err(Error::internal(format_args!("{} exists already", target.display())));
    }
    let mut command = tool("pg_dump", server);
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(target);
    let outcome = run(command);
    if outcome.is_err() {
        let _ = std::fs::remove_file(target);
    }
    outcome
}

/// Replaces what the dump at `backup` contains, in one transaction. A database with tables needs `force`.
pub(crate) fn restore(server: &Server, backup: &Path, force: bool) -> Result<()> {
    let mut client = server.connect_with(&server.config).map_err(Error::internal)?;
    let tables: i64 = client
        .query_one("select count(*) from pg_catalog.pg_tables where schemaname = current_schema()", &[])
        .and_then(|row| row.try_get(0))
        .map_err(Error::internal)?;
    drop(client);
    if tables > 0 && !force {
        return Err(Error::internal(format_args!("the database has {tables} tables; force replaces them")));
    }
    let mut command = tool("pg_restore", server);
    command.args([
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
    ]);
    if let Some(name) = server.config.get_dbname().or(server.config.get_user()) {
        command.args(["--dbname", name]);
    }
    command.arg(backup);
    run(command)
}

fn tool(program: &str, server: &Server) -> Command {
    let config = &server.config;
    let mut command = Command::new(program);
    command.arg("--no-password");
    if server.is_encrypted() {
        let roots = server.roots.as_deref().unwrap_or(Path::new("system"));
        command.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", roots);
    }
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => drop(command.env("PGHOST", host)),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => drop(command.env("PGHOST", folder)),
        None => {}
    }
    if let Some(port) = config.get_ports().first() {
        command.env("PGPORT", port.to_string());
    }
    if let Some(user) = config.get_user() {
        command.env("PGUSER", user);
    }
    if let Some(name) = config.get_dbname() {
        command.env("PGDATABASE", name);
    }
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    command
}

fn run(mut command: Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| Error::internal(format_args!("{name} does not start: {cause}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(Error::internal(format_args!("{name} failed: {}", words.trim())))
}
