//! Pictures by key: which keys a mall may use, and how they are shown.

use db::{Tx, args};
use kernel::{Error, MallId, Result};
use platform::App;
use platform::storage::{self, Picture};
use std::collections::HashSet;

/// Makes sure that the keys name files uploaded to this mall; a 400 at `field` otherwise.
pub(crate) fn check_known(tx: &mut Tx<'_>, mall_id: MallId, field: &'static str, keys: &[&str]) -> Result<()> {
    let wanted: HashSet<&str> = keys.iter().copied().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let list: Vec<&str> = wanted.iter().copied().collect();
    let known: i64 =
        tx.one("select count(*) from file where mall_id = $1 and key = any($2)", &args![mall_id, &list])?;
    if known == wanted.len() as i64 { Ok(()) } else { Err(Error::field(field, "图片已经失效，请重新上传")) }
}

/// The same for one optional picture.
pub(crate) fn check_one(tx: &mut Tx<'_>, mall_id: MallId, field: &'static str, key: Option<&str>) -> Result<()> {
    match key {
        Some(key) => check_known(tx, mall_id, field, &[key]),
        None => Ok(()),
    }
}

/// The small size, for logos and marks.
pub(crate) fn small_url(app: &App, key: Option<&str>) -> Option<String> {
    key.map(|key| storage::picture(app, key, "").small_url)
}

/// The first of a stored JSON list of keys; a placeholder for an empty list, which imports may leave.
pub(crate) fn first(app: &App, keys: &str, alt: &str) -> Result<Picture> {
    let keys = crate::label::texts(keys)?;
    Ok(storage::picture(app, keys.first().map_or("", String::as_str), alt))
}

/// All of a stored JSON list of keys.
pub(crate) fn all(app: &App, keys: &str, alt: &str) -> Result<Vec<Picture>> {
    Ok(crate::label::texts(keys)?.iter().map(|key| storage::picture(app, key, alt)).collect())
}

/// Public address under which the mall's own files are served, with a slash at the end.
pub(crate) fn files_of(app: &App, mall_id: MallId) -> String {
    let mark = "x";
    let sample = app.outside.objects().url(&format!("m{mall_id}/{mark}"));
    sample.strip_suffix(mark).unwrap_or_default().to_owned()
}
