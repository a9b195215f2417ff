//! Payments and refunds on disk: `payments.json`, written whole or not at all, so that an order paid before a restart can
//! still be queried and refunded after it. Everything else (tokens, codes, text messages, notices) is forgotten.

use crate::pay::PayState;
use kernel::{Error, Result};
use std::io::ErrorKind;
use std::path::Path;

const FILE: &str = "payments.json";

/// What was saved; `None` on the first start.
pub(crate) fn load(folder: &Path) -> Result<Option<PayState>> {
    let path = folder.join(FILE);
    let wrong = |e: &dyn std::fmt::Display| Error::internal(format!("sandbox: {}: {e}", path.display()));
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice::<PayState>(&bytes).map(|p| Some(p.bounded())).map_err(|e| wrong(&e)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(wrong(&e)),
    }
}

pub(crate) fn save(folder: &Path, bytes: &[u8]) -> Result<()> {
    crate::keyring::write_private(&folder.join(FILE), bytes)
}
