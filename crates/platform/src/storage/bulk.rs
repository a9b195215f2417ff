//! Many pictures at once, for imports: each distinct content is decoded once, in this run and in those before, and all
//! processors work on them. The rows are written by the caller, in the transaction that makes the pictures wanted.

use super::{LARGEST, StoredImage, too_large};
use crate::app::App;
use crate::ctx::Ctx;
use bytes::Bytes;
use db::{Arg, Tx, args};
use futures_util::stream::{self, StreamExt};
use kernel::{Actor, Error, MallId, Result};
use std::collections::HashMap;
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Pictures between reading and keeping at once; while some are decoded, others are written to the disk.
const IN_FLIGHT: usize = 12;
/// Pictures decoded at once: one for each processor, at most six, each of which may take a quarter of a gigabyte.
static AT_WORK: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 6)));

/// A picture somebody named, as bytes and the hash of these bytes.
#[derive(Debug, Clone)]
pub struct Source {
    /// Of the bytes as they came, in hexadecimal.
    pub hash: String,
    pub bytes: Bytes,
}

impl Source {
    pub fn new(bytes: Bytes) -> Self {
        Source { hash: crate::seal::sha256_hex(&bytes), bytes }
    }
}

/// Keys of pictures whose source was kept before, by its hash.
pub fn known_images(tx: &mut Tx<'_>, mall_id: MallId, hashes: &[String]) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> = tx.all(
        "select source_hash, key from file where mall_id = $1 and source_hash = any($2)",
        &args![mall_id, hashes],
    )?;
    Ok(rows.into_iter().collect())
}

/// Checks, re-encodes and keeps pictures; answers each one's fate by its hash. The files are there afterwards, their
/// rows are not ([`record_images`]).
pub async fn keep_images(app: &App, ctx: &Ctx, sources: Vec<Source>) -> Vec<(String, Result<StoredImage>)> {
    stream::iter(sources)
        .map(|source| async move { (source.hash, keep(app, ctx, source.bytes).await) })
        .buffer_unordered(IN_FLIGHT)
        .collect()
        .await
}

async fn keep(app: &App, ctx: &Ctx, bytes: Bytes) -> Result<StoredImage> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    let permit = AT_WORK.acquire().await.map_err(Error::internal)?;
    let rendered = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        picture::render(&bytes)
    });
    let rendering =
        rendered.await.map_err(|e| Error::invalid("storage.not_an_image", picture::NOT_AN_IMAGE).because(e))??;
    super::put_rendering(app, ctx, rendering).await
}

/// Writes down kept pictures with the hash of what they were made from.
pub fn record_images(tx: &mut Tx<'_>, ctx: &Ctx, owner: Actor, images: &[(String, StoredImage)]) -> Result<()> {
    let owner_id = owner.id().map_or(0, |id| id.0);
    let rows: Vec<Vec<Arg>> = images
        .iter()
        .map(|(hash, image)| {
            Vec::from(args![
                ctx.mall_id,
                &image.key,
                "image/jpeg",
                image.width,
                image.height,
                image.bytes,
                owner.kind(),
                owner_id,
                hash,
                ctx.now
            ])
        })
        .collect();
    tx.insert_many(
        "insert into file (mall_id, key, content_type, width, height, bytes, owner_kind, owner_id, source_hash,
           created_at) values",
        "",
        &rows,
    )?;
    Ok(())
}
