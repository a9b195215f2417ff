//! Films for pages: kept as they came. Only what begins as an MP4 is taken, and it is served as `video/mp4` with
//! `nosniff`, so a browser never reads it as anything else.

use super::{StoredImage, key};
use crate::app::App;
use crate::ctx::Ctx;
use bytes::Bytes;
use kernel::{Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Largest film in bytes.
pub(super) const LARGEST: usize = 30 << 20;

/// Films held in memory at once.
static WAITING: Semaphore = Semaphore::const_new(3);

pub(super) fn place() -> Result<SemaphorePermit<'static>> {
    WAITING.try_acquire().map_err(|_| Error::unavailable("server.busy", "上传的人有点多，请稍后再试").retry_after(5))
}

pub(super) fn too_large() -> Error {
    Error::too_large("storage.too_large", "视频太大了，请压缩到 30 MB 以内").at("file")
}

/// Checks and keeps a film; `storage.not_a_video` (400).
pub(super) async fn put(app: &App, ctx: &Ctx, bytes: Bytes) -> Result<StoredImage> {
    if !is_mp4(&bytes) {
        return Err(Error::invalid("storage.not_a_video", "请上传 MP4 格式的视频").at("file"));
    }
    let key = key::of_video(ctx.mall_id, ctx.id(), ctx.now);
    let size = i64::try_from(bytes.len()).map_err(Error::internal)?;
    app.outside.objects().put(&key, "video/mp4", bytes.into()).await?;
    Ok(StoredImage { key, width: 0, height: 0, bytes: size })
}

/// An ISO file opens with its `ftyp` box, whose length and brand stand in front.
fn is_mp4(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8; 4]; 8] = [b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"];
    let length = bytes.first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
    bytes.get(4..8) == Some(b"ftyp")
        && (16..=512).contains(&length)
        && bytes.get(8..12).is_some_and(|brand| BRANDS.iter().any(|known| *known == brand) || brand == b"M4V ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_opens_as_an_mp4_is_one() {
        assert!(is_mp4(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"));
        for other in
            [&b""[..], b"\0\0\0\x18", b"<html>ftypmp42", b"\0\0\0\x18ftypqt  \0\0\0\0", b"\xff\xff\xff\xffftypmp42"]
        {
            assert!(!is_mp4(other));
        }
    }
}
