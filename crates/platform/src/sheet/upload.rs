//! A table that somebody sends as the field `file` of a form.

use crate::App;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use kernel::{Error, Result};

/// The bytes of the field `file`, at most `largest`.
///
/// # Errors
/// `storage.file_missing` (400), `storage.too_large` (413).
pub async fn upload(request: Request, app: &App, largest: usize) -> Result<Vec<u8>> {
    let missing = || Error::invalid("storage.file_missing", "没有收到文件，请重新选择").at("file");
    let too_large =
        || Error::too_large("storage.too_large", format!("文件太大了，最多 {} MB", largest >> 20)).at("file");
    let unreadable =
        |e: MultipartError| if e.status().as_u16() == 413 { too_large() } else { missing().because(e.body_text()) };
    let mut form = Multipart::from_request(request, app).await.map_err(|e| missing().because(e.body_text()))?;
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
            if bytes.len() + chunk.len() > largest {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        return if bytes.is_empty() { Err(missing()) } else { Ok(bytes) };
    }
    Err(missing())
}
