//! Files in the back office: found by name and folder, renamed and moved, deleted when nothing shows them.

use super::folder;
use super::uses::{self, FileUse};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage::{self, Picture};
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_media))
        .routes(routes!(read_media_uses))
        .routes(routes!(change_media))
        .routes(routes!(delete_media))
}

const LISTED: i64 = 40;
/// Files named by one request.
const AT_ONCE: usize = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MediaQuery {
    /// Part of the name.
    q: Option<String>,
    /// Id of a folder, or `none` for what lies in none.
    folder: Option<String>,
    /// `picture` or `video`.
    kind: Option<MediaKind>,
    cursor: Option<String>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Picture,
    Video,
}

/// A file of the library.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MediaFile {
    pub key: String,
    /// As it was called when it came, or as it was renamed.
    pub name: String,
    pub kind: MediaKind,
    /// Of a film, every address is that of the film.
    pub picture: Picture,
    pub width: i64,
    pub height: i64,
    pub bytes: i64,
    pub folder_id: Option<Id>,
    pub created_at: Instant,
}

struct FileRow {
    key: String,
    name: String,
    content_type: String,
    width: i64,
    height: i64,
    bytes: i64,
    folder_id: Option<Id>,
    created_at: Instant,
}
row!(FileRow { key, name, content_type, width, height, bytes, folder_id, created_at });

/// Files to rename or to move.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MediaChange {
    /// 1–50 keys.
    pub keys: Vec<String>,
    /// New name, for one file.
    #[serde(default)]
    pub name: Option<String>,
    /// Id of a folder to move to, or `none`. Absent leaves them where they are.
    #[serde(default)]
    pub folder: Option<String>,
}

/// Files to delete.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MediaDelete {
    /// 1–50 keys.
    pub keys: Vec<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MediaDeleted {
    pub deleted: Vec<String>,
    /// Kept, because something shows them.
    pub kept: Vec<KeptFile>,
}

/// A file that stays, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeptFile {
    pub key: String,
    pub uses: Vec<FileUse>,
}

/// List the files of the library, newest first.
///
/// Any signed-in staff. Pictures that shoppers sent with reviews are not part of it.
#[utoipa::path(get, path = "/media", tag = "media", security(("staff" = [])), params(MediaQuery),
    responses((status = 200, body = Page<MediaFile>)))]
async fn list_media(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Query(query): Query<MediaQuery>,
) -> Answer<Json<Page<MediaFile>>> {
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| files(tx, mall_id, &query)).await?;
    let mut page = Page::from_rows(rows, LISTED, |_| kernel::Cursor { key: 0, id: 0 });
    if page.next_cursor.is_some() {
        page.next_cursor = page.items.last().map(|row| row.key.clone());
    }
    Ok(Json(page.map(|row| shown(&app, row))))
}

fn files(tx: &mut Tx<'_>, mall_id: MallId, query: &MediaQuery) -> Result<Vec<FileRow>> {
    let words = query.q.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
    let within = if words.is_empty() { String::new() } else { format!("%{}%", words.replace(['%', '_', '\\'], "")) };
    let kind = match query.kind {
        None => "%",
        Some(MediaKind::Picture) => "image/%",
        Some(MediaKind::Video) => "video/%",
    };
    // Keys tell the month and the id, so their order is that of arrival; a character past every key begins the list.
    let before = query.cursor.clone().unwrap_or_else(|| "n".to_owned());
    let target = query.folder.as_deref().map(folder_of).transpose()?;
    let folder = match target {
        None => "",
        Some(None) => " and folder_id is null",
        Some(Some(_)) => " and folder_id = $6",
    };
    let sql = format!(
        "select key, name, content_type, width, height, bytes, folder_id, created_at
         from file
         where mall_id = $1 and owner_kind in ('staff', 'system') and key < $2
           and content_type like $3 and ($4 = '' or lower(name) like $4){folder}
         order by key desc
         limit $5"
    );
    let mut values = args![mall_id, before, kind, within, LISTED + 1].to_vec();
    if let Some(Some(id)) = target {
        values.push(id.into());
    }
    tx.all(&sql, &values)
}

/// A folder's id, or nothing for `none`.
fn folder_of(text: &str) -> Result<Option<Id>> {
    if text == "none" {
        return Ok(None);
    }
    let id = text.parse::<i64>().ok().filter(|id| *id > 0);
    id.map(|id| Some(Id(id))).ok_or_else(|| Error::field("folder", "没有这个文件夹"))
}

fn shown(app: &App, row: FileRow) -> MediaFile {
    MediaFile {
        kind: if row.content_type.starts_with("video/") { MediaKind::Video } else { MediaKind::Picture },
        picture: storage::picture(app, &row.key, &row.name),
        key: row.key,
        name: row.name,
        width: row.width,
        height: row.height,
        bytes: row.bytes,
        folder_id: row.folder_id,
        created_at: row.created_at,
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UsesQuery {
    key: String,
}

/// Say where a file is shown.
///
/// Any signed-in staff.
#[utoipa::path(get, path = "/media/uses", tag = "media", security(("staff" = [])), params(UsesQuery),
    responses((status = 200, body = Vec<FileUse>),
        (status = 404, body = ProblemBody, description = "`media.not_found`")))]
async fn read_media_uses(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Query(query): Query<UsesQuery>,
) -> Answer<Json<Vec<FileUse>>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        require(tx, mall_id, std::slice::from_ref(&query.key))?;
        uses::of(tx, mall_id, &query.key, Instant(0))
    });
    Ok(Json(read.await?))
}

/// Rename a file, or move files to a folder.
///
/// Needs `media.edit`.
#[utoipa::path(post, path = "/media/changes", tag = "media", security(("staff" = [])), request_body = MediaChange,
    responses((status = 204, description = "Changed"),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `keys` or `name`"),
        (status = 404, body = ProblemBody, description = "`media.not_found`, `media.folder_not_found`")))]
async fn change_media(
    State(app): State<App>,
    staff: Staff<perm::MediaEdit>,
    Json(input): Json<MediaChange>,
) -> Answer<StatusCode> {
    check_count(&input.keys)?;
    let name = input.name.as_deref().map(str::trim).map(str::to_owned);
    if let Some(name) = &name {
        let fits = !name.is_empty() && name.chars().count() <= 80 && !name.chars().any(char::is_control);
        if !fits || input.keys.len() != 1 {
            return Err(Error::field("name", "名称请用 1 到 80 个字，一次改一个").into());
        }
    }
    let changed = staff.write(&app, "media.change", move |tx, ctx| {
        require(tx, ctx.mall_id, &input.keys)?;
        let mut said = format!("整理素材 {} 个", input.keys.len());
        if let Some(name) = &name {
            tx.exec(
                "update file set name = $3 where mall_id = $1 and key = $2",
                &args![ctx.mall_id, &input.keys[0], name],
            )?;
            said = format!("素材改名为 {name}");
        }
        if let Some(text) = &input.folder {
            let target = folder_of(text)?;
            let folder = target.map(|id| folder::require(tx, ctx.mall_id, id)).transpose()?;
            tx.exec(
                "update file set folder_id = $3 where mall_id = $1 and key = any($2)",
                &args![ctx.mall_id, &input.keys, target],
            )?;
            said = format!("{} 个素材移到 {}", input.keys.len(), folder.as_deref().unwrap_or("未分组"));
        }
        Ok(((), Note::new("file", input.keys.first().map_or("", String::as_str), said)))
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete files that nothing shows.
///
/// Needs `media.edit`. What is shown somewhere stays, and the answer says where.
#[utoipa::path(post, path = "/media/delete", tag = "media", security(("staff" = [])), request_body = MediaDelete,
    responses((status = 200, body = MediaDeleted),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `keys`"),
        (status = 404, body = ProblemBody, description = "`media.not_found`")))]
async fn delete_media(
    State(app): State<App>,
    staff: Staff<perm::MediaEdit>,
    Json(input): Json<MediaDelete>,
) -> Answer<Json<MediaDeleted>> {
    check_count(&input.keys)?;
    // Looking through all goods takes time, so it is done beside the writer; the writer looks at what changed meanwhile.
    let (mall_id, keys, begun) = (staff.mall.id, input.keys.clone(), staff.ctx.now);
    let looked = app.db.read(move |tx| {
        require(tx, mall_id, &keys)?;
        sort_out(tx, mall_id, &keys, Instant(0))
    });
    let before = looked.await?;
    let decided = staff.write(&app, "media.delete", move |tx, ctx| {
        require(tx, ctx.mall_id, &input.keys)?;
        let mut answer = sort_out(tx, ctx.mall_id, &before.deleted, begun)?;
        answer.kept.extend(before.kept.iter().cloned());
        tx.exec("delete from file where mall_id = $1 and key = any($2)", &args![ctx.mall_id, &answer.deleted])?;
        let said = format!("删除素材 {} 个，{} 个还在用，留下了", answer.deleted.len(), answer.kept.len());
        let first = input.keys.first().map_or("", String::as_str);
        Ok((answer, Note::new("file", first, said)))
    });
    let answer = decided.await?;
    for key in &answer.deleted {
        // Bytes that stay behind cost room, not truth: nobody knows their key any more.
        if let Err(error) = storage::remove_objects(&app, key).await {
            tracing::warn!(%error, key, "the bytes of a deleted file stayed behind");
        }
    }
    Ok(Json(answer))
}

/// Which of these may go, and which are shown somewhere.
fn sort_out(tx: &mut Tx<'_>, mall_id: MallId, keys: &[String], since: Instant) -> Result<MediaDeleted> {
    let mut answer = MediaDeleted { deleted: Vec::new(), kept: Vec::new() };
    for key in keys {
        let uses = uses::of(tx, mall_id, key, since)?;
        if uses.is_empty() {
            answer.deleted.push(key.clone());
        } else {
            answer.kept.push(KeptFile { key: key.clone(), uses });
        }
    }
    Ok(answer)
}

/// Forgets those of the files that nothing shows; answers their keys, whose bytes can go after the commit.
pub fn forget_unused(tx: &mut Tx<'_>, mall_id: MallId, keys: &[String]) -> Result<Vec<String>> {
    let unused = sort_out(tx, mall_id, keys, Instant(0))?.deleted;
    tx.exec("delete from file where mall_id = $1 and key = any($2)", &args![mall_id, &unused])?;
    Ok(unused)
}

fn check_count(keys: &[String]) -> Result<()> {
    let mut sorted: Vec<&String> = keys.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    if keys.is_empty() || keys.len() > AT_ONCE || sorted.len() != keys.len() {
        return Err(Error::field("keys", "一次可以选 1 到 50 个素材"));
    }
    Ok(())
}

/// Fails with `media.not_found` (404) unless the library has all of these.
fn require(tx: &mut Tx<'_>, mall_id: MallId, keys: &[String]) -> Result<()> {
    let known: i64 = tx.one(
        "select count(*) from file where mall_id = $1 and key = any($2) and owner_kind in ('staff', 'system')",
        &args![mall_id, keys],
    )?;
    if usize::try_from(known).is_ok_and(|known| known == keys.len()) {
        return Ok(());
    }
    Err(Error::not_found("media.not_found", "没有找到这个素材"))
}
