//! The database as a file: created for its owner only, copied while it serves, replaced only when nobody has it open.

use kernel::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Creates the file and its folder when missing.
pub(super) fn create(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|cause| failed("create", folder, &cause))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|cause| failed("create", path, &cause))?;
    Ok(())
}

/// Writes a consistent, compact copy of the database at `source` to `target` while others write; `target` must not exist.
pub(crate) fn backup(source: &Path, target: &Path) -> Result<()> {
    if target.exists() {
        return Err(Error::internal(format_args!("{} exists already", target.display())));
    }
    let partial = beside(target, ".partial");
    remove(&partial)?;
    create(&partial)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(source, flags).map_err(Error::internal)?;
    connection.busy_timeout(super::BUSY).map_err(Error::internal)?;
    let text = partial.to_str().ok_or_else(|| Error::internal("the path of a backup is UTF-8"))?;
    connection.execute("vacuum into ?1", [text]).map_err(Error::internal)?;
    let copied = File::open(&partial).and_then(|file| file.sync_all());
    copied.map_err(|cause| failed("sync", &partial, &cause))?;
    rename(&partial, target)
}

/// Puts the copy at `backup` in the place of the database at `target`, after checking its integrity.
/// An existing database needs `force` and is kept as `<target>.before-restore`; an open one is refused in any case.
pub(crate) fn replace(target: &Path, backup: &Path, force: bool) -> Result<()> {
    verify(backup)?;
    let exists = fs::metadata(target).is_ok_and(|file| file.len() > 0);
    if exists {
        if !force {
            return Err(Error::internal(format_args!("{} exists; force replaces it", target.display())));
        }
        take_out_of_use(target)?;
    }
    let partial = beside(target, ".partial");
    remove(&partial)?;
    create(&partial)?;
    fs::copy(backup, &partial).map_err(|cause| failed("copy", backup, &cause))?;
    let copied = File::open(&partial).and_then(|file| file.sync_all());
    copied.map_err(|cause| failed("sync", &partial, &cause))?;
    if exists {
        let kept = beside(target, ".before-restore");
        remove(&kept)?;
        fs::hard_link(target, &kept).map_err(|cause| failed("keep", target, &cause))?;
        remove(&beside(target, "-wal"))?;
        remove(&beside(target, "-shm"))?;
    }
    rename(&partial, target)
}

fn verify(backup: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let broken = |cause: &dyn std::fmt::Display| {
        Error::internal(format_args!("{} is not a sound copy: {cause}", backup.display()))
    };
    let connection = Connection::open_with_flags(backup, flags).map_err(|cause| broken(&cause))?;
    let verdict: String =
        connection.query_row("pragma integrity_check", [], |row| row.get(0)).map_err(|cause| broken(&cause))?;
    if verdict != "ok" {
        return Err(broken(&verdict));
    }
    let tables: i64 = connection
        .query_row("select count(*) from sqlite_master", [], |row| row.get(0))
        .map_err(|cause| broken(&cause))?;
    if tables == 0 { Err(broken(&"it has no tables")) } else { Ok(()) }
}

/// Leaving WAL needs the file for oneself: it fails while another connection is open, and it merges the log.
/// A file that is no database any more may be replaced.
fn take_out_of_use(target: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(target, flags).map_err(Error::internal)?;
    connection.busy_timeout(Duration::from_millis(200)).map_err(Error::internal)?;
    match connection.query_row("pragma journal_mode = delete", [], |row| row.get::<_, String>(0)) {
        Ok(mode) if mode == "delete" => Ok(()),
        Err(rusqlite::Error::SqliteFailure(code, _))
            if matches!(code.code, rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) =>
        {
            Ok(())
        }
        Ok(_) => Err(in_use(target, &"another connection")),
        Err(cause) => Err(in_use(target, &cause)),
    }
}

fn in_use(target: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::internal(format_args!("{} is in use ({cause}); stop the server first", target.display()))
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|cause| failed("rename", from, &cause))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|cause| failed("sync", folder, &cause))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path, &cause)),
        _ => Ok(()),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn failed(verb: &str, path: &Path, cause: &std::io::Error) -> Error {
    Error::internal(format_args!("cannot {verb} {}: {cause}", path.display()))
}
