//! Files members and staff upload: pictures, checked and re-encoded before they are kept.
//! Promise: what is served was decoded and encoded here, so it is a picture and nothing else, carries no place or camera,
//! and stands upright. A picture's key tells its size (`m1/202611/42_1200x800.jpg`), so lists need no look-up;
//! a key never changes its content, so browsers keep it for a year.

mod bulk;
mod key;
mod routes;
mod serve;
mod video;

pub use bulk::{Source, keep_images, known_images, record_images};
pub use routes::{Upload, routes};

use crate::app::App;
use crate::ctx::Ctx;
use bytes::Bytes;
use db::{Tx, args};
use kernel::{Actor, Error, MallId, Result};
use picture::Rendering;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Largest upload in bytes.
pub const LARGEST: usize = 8 << 20;

/// Pictures decoded at once: each may take a quarter of a gigabyte for a second.
static DECODING: Semaphore = Semaphore::const_new(2);
/// Uploads held in memory while they wait for that; past it `server.busy`.
static WAITING: Semaphore = Semaphore::const_new(16);

/// A picture in three sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Picture {
    /// At most 1200 wide.
    pub url: String,
    /// At most 600 wide.
    pub medium_url: String,
    /// At most 200 wide.
    pub small_url: String,
    /// Of `url`, in pixels; 0 when the key does not tell.
    pub width: i64,
    pub height: i64,
    pub alt: String,
}

/// A picture that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    pub key: String,
    pub width: i64,
    pub height: i64,
    /// Of all sizes together.
    pub bytes: i64,
}

/// The addresses of a stored picture. A key that does not tell a size has one address for all three; no key (`""`) has
/// none, and the page shows its placeholder.
pub fn picture(app: &App, key: &str, alt: &str) -> Picture {
    if key.is_empty() {
        let none = String::new;
        return Picture {
            url: none(),
            medium_url: none(),
            small_url: none(),
            width: 0,
            height: 0,
            alt: alt.to_owned(),
        };
    }
    let objects = app.outside.objects();
    let (width, height) = key::size(key).unwrap_or_default();
    let url = objects.url(key);
    let sized = |at_most: u32| {
        if width > at_most { objects.url(&key::variant(key, at_most)) } else { url.clone() }
    };
    Picture {
        medium_url: sized(picture::MEDIUM),
        small_url: sized(picture::SMALL),
        width: width.into(),
        height: height.into(),
        alt: alt.to_owned(),
        url,
    }
}

/// Checks, re-encodes and keeps a picture for `owner`.
///
/// # Errors
/// `storage.not_an_image` (400), `storage.too_large` (413), `storage.too_many_pixels` (400), `server.busy` (503).
pub async fn save_image(app: &App, ctx: &Ctx, owner: Actor, bytes: Bytes) -> Result<StoredImage> {
    let stored = put_image(app, ctx, bytes).await?;
    let (row, ctx) = (stored.clone(), ctx.clone());
    app.db.write(move |tx| record(tx, &ctx, owner, &row, "")).await?;
    Ok(stored)
}

/// The part of [`save_image`] that is no transaction: the files are there, nobody knows their key yet.
async fn put_image(app: &App, ctx: &Ctx, bytes: Bytes) -> Result<StoredImage> {
    let rendering = render(bytes).await?;
    put_rendering(app, ctx, rendering).await
}

async fn put_rendering(app: &App, ctx: &Ctx, rendering: Rendering) -> Result<StoredImage> {
    let (width, height) = (rendering.width, rendering.height);
    let key = key::of_image(ctx.mall_id, ctx.id(), ctx.now, width, height);
    let total: usize = rendering.sizes.iter().map(|(_, bytes)| bytes.len()).sum();
    let objects = app.outside.objects();
    for (at_most, bytes) in rendering.sizes {
        let key = if at_most == picture::LARGE { key.clone() } else { key::variant(&key, at_most) };
        objects.put(&key, "image/jpeg", bytes).await?;
    }
    let bytes = i64::try_from(total).map_err(Error::internal)?;
    Ok(StoredImage { key, width: width.into(), height: height.into(), bytes })
}

/// Writes down who a kept file belongs to, and what it was called where it came from.
fn record(tx: &mut Tx<'_>, ctx: &Ctx, owner: Actor, stored: &StoredImage, name: &str) -> Result<()> {
    let owner_id = owner.id().map_or(0, |id| id.0);
    let content_type = key::content_type(&stored.key).unwrap_or("image/jpeg");
    tx.exec(
        "insert into file (mall_id, key, content_type, width, height, bytes, owner_kind, owner_id, created_at, name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &args![
            ctx.mall_id,
            &stored.key,
            content_type,
            stored.width,
            stored.height,
            stored.bytes,
            owner.kind(),
            owner_id,
            ctx.now,
            name
        ],
    )?;
    Ok(())
}

/// Forgets a picture and removes its files; `false` when the mall has no such file. The caller has made sure that
/// nothing shows it any more.
pub async fn delete_image(app: &App, mall_id: MallId, key: &str) -> Result<bool> {
    let known = key.to_owned();
    let gone = app
        .db
        .write(move |tx| tx.exec("delete from file where mall_id = $1 and key = $2", &args![mall_id, &known]))
        .await?;
    if gone == 0 {
        return Ok(false);
    }
    remove_objects(app, key).await?;
    Ok(true)
}

/// Removes a picture's files and then forgets it; safe to repeat after a crash in between. For what must not be left
/// behind: the copy nobody knows is worse than a row without one.
pub async fn erase_image(app: &App, mall_id: MallId, key: &str) -> Result<()> {
    remove_objects(app, key).await?;
    let known = key.to_owned();
    app.db
        .write(move |tx| tx.exec("delete from file where mall_id = $1 and key = $2", &args![mall_id, &known]))
        .await?;
    Ok(())
}

/// Removes the stored bytes of a file that nobody knows any more, in all its sizes.
pub async fn remove_objects(app: &App, key: &str) -> Result<()> {
    let objects = app.outside.objects();
    let width = key::size(key).map_or(0, |(width, _)| width);
    for at_most in [picture::MEDIUM, picture::SMALL] {
        if width > at_most {
            objects.delete(&key::variant(key, at_most)).await?;
        }
    }
    objects.delete(key).await
}

async fn render(bytes: Bytes) -> Result<Rendering> {
    if bytes.len() > LARGEST {
        return Err(too_large());
    }
    let _place = WAITING
        .try_acquire()
        .map_err(|_| Error::unavailable("server.busy", "上传的人有点多，请稍后再试").retry_after(2))?;
    let permit = DECODING.acquire().await.map_err(Error::internal)?;
    let rendered = tokio::task::spawn_blocking(move || {
        // Held until the work ends, even when the client has gone away meanwhile.
        let _permit = permit;
        picture::render(&bytes)
    });
    rendered.await.map_err(|e| Error::invalid("storage.not_an_image", picture::NOT_AN_IMAGE).because(e))?
}

fn too_large() -> Error {
    Error::too_large("storage.too_large", "图片太大了，请选择 8 MB 以内的图片").at("file")
}
