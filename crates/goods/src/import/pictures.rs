//! Pictures named by path: in a zip that was uploaded, or in a folder that the operator of the server named. Nothing
//! outside the folder is ever read. Each distinct content is kept once.

use bytes::Bytes;
use db::{Tx, args};
use kernel::{Error, Result};
use platform::storage::{self, Source, StoredImage};
use platform::{App, Ctx};
use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What each path led to: the key of a kept picture, or a sentence.
pub type Found = HashMap<String, Result<String, String>>;

/// Where the pictures lie.
pub enum Place {
    Nowhere,
    Folder(PathBuf),
    Zip(Box<Archive>),
}

/// A zip in memory, with its entries by name.
pub struct Archive {
    names: HashMap<String, usize>,
    zip: Mutex<zip::ZipArchive<Cursor<Bytes>>>,
}

/// Largest picture; more is not unpacked.
const LARGEST: u64 = storage::LARGEST as u64;

impl Place {
    /// # Errors
    /// `import.no_such_folder` (400).
    pub fn folder(path: &Path) -> Result<Self> {
        path.canonicalize().map(Place::Folder).map_err(|e| {
            Error::invalid("import.no_such_folder", format!("图片目录 {} 打不开", path.display())).because(e)
        })
    }

    /// # Errors
    /// `import.zip_unreadable` (400).
    pub fn zip(bytes: Bytes) -> Result<Self> {
        let wrong = |e: zip::result::ZipError| {
            Error::invalid("import.zip_unreadable", "图片压缩包打不开，请用 zip 格式重新压缩").at("pictures").because(e)
        };
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(wrong)?;
        let mut names = HashMap::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(wrong)?;
            if entry.is_file() {
                names.insert(normal(&entry_name(entry.name_raw())), index);
            }
        }
        Ok(Place::Zip(Box::new(Archive { names, zip: Mutex::new(zip) })))
    }

    /// True when something lies at the path.
    pub fn has(&self, path: &str) -> bool {
        match self {
            Place::Nowhere => false,
            Place::Folder(root) => inside(root, path).is_some(),
            Place::Zip(archive) => archive.find(path).is_some(),
        }
    }

    fn read(&self, path: &str) -> Result<Bytes, String> {
        let missing = || format!("没有找到图片 {path}");
        match self {
            Place::Nowhere => Err(format!("没有上传图片压缩包，找不到 {path}")),
            Place::Folder(root) => {
                let file = inside(root, path).ok_or_else(missing)?;
                let size = file.metadata().map_err(|_| missing())?.len();
                if size > LARGEST {
                    return Err(format!("图片 {path} 超过 8 MB"));
                }
                std::fs::read(&file).map(Bytes::from).map_err(|_| format!("图片 {path} 读不出来"))
            }
            Place::Zip(archive) => archive.read(path).ok_or_else(missing)?,
        }
    }
}

impl Archive {
    /// The entry of a path: the whole name, or the only one that ends in it (people zip the folder, not its content).
    fn find(&self, path: &str) -> Option<usize> {
        let path = normal(path);
        if let Some(index) = self.names.get(&path) {
            return Some(*index);
        }
        let end = format!("/{path}");
        let mut ending = self.names.iter().filter(|(name, _)| name.ends_with(&end));
        match (ending.next(), ending.next()) {
            (Some((_, index)), None) => Some(*index),
            _ => None,
        }
    }

    fn read(&self, path: &str) -> Option<Result<Bytes, String>> {
        let index = self.find(path)?;
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = || format!("压缩包里的图片 {path} 读不出来");
        let Ok(entry) = zip.by_index(index) else { return Some(Err(broken())) };
        let mut bytes = Vec::new();
        // The size told in the archive is not believed.
        match entry.take(LARGEST + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > LARGEST => Some(Err(format!("图片 {path} 超过 8 MB"))),
            Ok(_) => Some(Ok(bytes.into())),
            Err(_) => Some(Err(broken())),
        }
    }
}

/// Names of entries are UTF-8, or GBK as the archivers of Windows in China write them.
fn entry_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::GBK.decode(raw).0.into_owned(),
    }
}

fn normal(path: &str) -> String {
    path.replace('\\', "/").trim_start_matches("./").trim_matches('/').to_lowercase()
}

/// The file at a path below the folder; `None` for what is not there or leads out of it.
fn inside(root: &Path, path: &str) -> Option<PathBuf> {
    let file = root.join(path.replace('\\', "/").trim_start_matches('/')).canonicalize().ok()?;
    (file.starts_with(root) && file.is_file()).then_some(file)
}

/// Turns paths into keys, remembering what was found for the whole run.
pub struct Gallery {
    place: Place,
    found: Mutex<Found>,
}

/// Pictures that were kept for a batch and wait for their rows.
pub type Kept = Vec<(String, StoredImage)>;

impl Gallery {
    pub fn new(place: Place) -> Self {
        Gallery { place, found: Mutex::default() }
    }

    pub fn has(&self, path: &str) -> bool {
        self.place.has(path)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What these paths lead to; new pictures are kept, and their rows are to be written with the batch.
    pub async fn resolve(self: &Arc<Self>, app: &App, ctx: &Ctx, paths: HashSet<String>) -> Result<(Found, Kept)> {
        let mut found = Found::new();
        let mut wanted = Vec::new();
        for path in paths {
            let known = self.known().get(&path).cloned();
            match known {
                Some(fate) => drop(found.insert(path, fate)),
                None => wanted.push(path),
            }
        }
        if wanted.is_empty() {
            return Ok((found, Kept::new()));
        }
        self.take_stored(app, ctx, &mut wanted, &mut found).await?;
        let (fates, kept) = self.take_new(app, ctx, wanted).await?;
        found.extend(fates);
        self.known().extend(found.iter().map(|(path, fate)| (path.clone(), fate.clone())));
        Ok((found, kept))
    }

    /// Paths that are keys of the mall's own files, as an export writes them.
    async fn take_stored(&self, app: &App, ctx: &Ctx, wanted: &mut Vec<String>, found: &mut Found) -> Result<()> {
        let prefix = format!("m{}/", ctx.mall_id);
        let (keys, rest): (Vec<String>, Vec<String>) = wanted.drain(..).partition(|path| path.starts_with(&prefix));
        *wanted = rest;
        if keys.is_empty() {
            return Ok(());
        }
        let (mall_id, asked) = (ctx.mall_id, keys.clone());
        let known: Vec<String> = app
            .db
            .read(move |tx| {
                tx.all("select key from file where mall_id = $1 and key = any($2)", &args![mall_id, &asked])
            })
            .await?;
        for key in keys {
            if known.contains(&key) {
                found.insert(key.clone(), Ok(key));
            } else {
                wanted.push(key);
            }
        }
        Ok(())
    }

    async fn take_new(self: &Arc<Self>, app: &App, ctx: &Ctx, wanted: Vec<String>) -> Result<(Found, Kept)> {
        let own = self.clone();
        let read = move || -> Vec<(String, Result<Source, String>)> {
            wanted
                .into_iter()
                .map(|path| {
                    let source = own.place.read(&path).map(Source::new);
                    (path, source)
                })
                .collect()
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
        let mut found = Found::new();
        let mut by_hash: HashMap<String, Vec<String>> = HashMap::new();
        let mut sources: HashMap<String, Source> = HashMap::new();
        for (path, source) in read {
            match source {
                Ok(source) => {
                    by_hash.entry(source.hash.clone()).or_default().push(path);
                    sources.entry(source.hash.clone()).or_insert(source);
                }
                Err(message) => drop(found.insert(path, Err(message))),
            }
        }
        let hashes: Vec<String> = sources.keys().cloned().collect();
        let mall_id = ctx.mall_id;
        let known = app.db.read(move |tx: &mut Tx<'_>| storage::known_images(tx, mall_id, &hashes)).await?;
        let new: Vec<Source> = sources.into_values().filter(|source| !known.contains_key(&source.hash)).collect();
        let mut fates: HashMap<String, Result<String, String>> =
            known.into_iter().map(|(h, key)| (h, Ok(key))).collect();
        let mut kept = Kept::new();
        for (hash, outcome) in storage::keep_images(app, ctx, new).await {
            match outcome {
                Ok(image) => {
                    fates.insert(hash.clone(), Ok(image.key.clone()));
                    kept.push((hash, image));
                }
                Err(error) if error.kind() == kernel::Kind::Invalid || error.kind() == kernel::Kind::TooLarge => {
                    fates.insert(hash, Err(error.message().to_owned()));
                }
                Err(error) => return Err(error),
            }
        }
        for (hash, paths) in by_hash {
            for path in paths {
                let fate = fates.get(&hash).cloned().unwrap_or_else(|| Err(String::from("图片没有保存下来")));
                found.insert(path.clone(), fate.map_err(|message| format!("{path}：{message}")));
            }
        }
        Ok((found, kept))
    }
}
