//! Files on the local disk. A file appears whole or not at all: written beside its place, flushed to the disk, renamed,
//! and the folder flushed too. The content type follows from the name; if it differs, it stands in a hidden file beside.

use super::key;
use kernel::ports::{ObjectStore, Pending};
use kernel::{Error, Result};
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Settings of the local store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalStoreConfig {
    /// Folder of the files; made if it is not there.
    pub root: PathBuf,
    /// What stands before a key in addresses. Default `/files`.
    #[serde(default = "files")]
    pub public_base: String,
}

fn files() -> String {
    "/files".to_owned()
}

/// Files below one folder.
#[derive(Debug, Clone)]
pub struct LocalStore {
    root: PathBuf,
    public_base: String,
}

fn failed(cause: io::Error) -> Error {
    Error::unavailable("storage.unavailable", "文件暂时存取不了，请稍后再试").because(cause)
}

/// The type a browser would guess from the name.
fn guessed(key: &str) -> String {
    mime_guess::from_path(key).first_or_octet_stream().to_string()
}

/// Where the content type stands when the name does not tell it.
fn type_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.type"))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.tmp", wire::random::nonce()));
    let written = File::create_new(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    });
    if written.is_err() {
        // The write has failed already; what is left beside is not reachable by any key.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Makes a folder with its parents and flushes what names them.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

impl LocalStore {
    /// Makes the folder if needed.
    pub fn new(config: LocalStoreConfig) -> Result<Self> {
        fs::create_dir_all(&config.root).map_err(failed)?;
        let root = config.root.canonicalize().map_err(failed)?;
        Ok(LocalStore { root, public_base: config.public_base.trim_end_matches('/').to_owned() })
    }

    async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?.map_err(failed)
    }

    async fn write(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        key::check(key)?;
        let path = self.root.join(key);
        let odd_type = (guessed(key) != content_type).then(|| content_type.to_owned());
        Self::off_thread(move || {
            make_folder(path.parent().ok_or(ErrorKind::InvalidInput)?)?;
            match odd_type {
                Some(content_type) => write_whole(&type_path(&path), content_type.as_bytes())?,
                None => remove(&type_path(&path))?,
            }
            write_whole(&path, &bytes)
        })
        .await
    }

    async fn load(&self, key: &str) -> Result<Option<(Vec<u8>, String)>> {
        key::check(key)?;
        let (path, guessed) = (self.root.join(key), guessed(key));
        Self::off_thread(move || {
            let Some(bytes) = read(&path)? else { return Ok(None) };
            let odd_type = read(&type_path(&path))?.and_then(|t| String::from_utf8(t).ok());
            Ok(Some((bytes, odd_type.unwrap_or(guessed))))
        })
        .await
    }

    async fn erase(&self, key: &str) -> Result<()> {
        key::check(key)?;
        let path = self.root.join(key);
        Self::off_thread(move || {
            remove(&path)?;
            remove(&type_path(&path))
        })
        .await
    }
}

/// Write, read back, delete under a name of its own.
pub(super) async fn try_out(store: &dyn ObjectStore) -> Result<()> {
    let key = format!("check/{}.txt", wire::random::nonce().to_lowercase());
    store.put(&key, "text/plain", key.clone().into_bytes()).await?;
    let found = store.get(&key).await?;
    store.delete(&key).await?;
    if found.is_some_and(|(bytes, _)| bytes == key.as_bytes()) {
        return Ok(());
    }
    Err(Error::unavailable("storage.unavailable", "写入的文件读回来不一样，请检查存储")
        .because("check read other bytes"))
}

impl ObjectStore for LocalStore {
    fn put<'a>(&'a self, key: &'a str, content_type: &'a str, bytes: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(self.write(key, content_type, bytes))
    }
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        Box::pin(self.load(key))
    }
    fn delete<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        Box::pin(self.erase(key))
    }
    fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.public_base)
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(try_out(self))
    }
}
