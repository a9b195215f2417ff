//! Folders of the media library: one level, named by the mall.

use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_media_folders, create_media_folder))
        .routes(routes!(rename_media_folder, delete_media_folder))
}

/// A folder with how much lies in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MediaFolder {
    pub id: Id,
    pub name: String,
    pub count: i64,
}
row!(MediaFolder { id, name, count });

/// A folder's name.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MediaFolderInput {
    /// 1–20 characters.
    pub name: String,
}

impl MediaFolderInput {
    fn tidy(&self) -> Result<String> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 20 || name.chars().any(char::is_control) {
            return Err(Error::field("name", "文件夹名称请用 1 到 20 个字"));
        }
        Ok(name.to_owned())
    }
}

fn folders(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<MediaFolder>> {
    tx.all(
        "select f.id, f.name,
           (select count(*) from file x where x.mall_id = f.mall_id and x.folder_id = f.id)
         from media_folder f
         where f.mall_id = $1
         order by f.name
         limit 200",
        &args![mall_id],
    )
}

/// Fails with `media.folder_not_found` (404) unless the mall has this folder.
pub(super) fn require(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<String> {
    let found = tx.opt("select name from media_folder where mall_id = $1 and id = $2", &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("media.folder_not_found", "没有找到这个文件夹"))
}

/// List the folders of the media library.
///
/// Any signed-in staff.
#[utoipa::path(get, path = "/media/folders", tag = "media", security(("staff" = [])),
    responses((status = 200, body = Vec<MediaFolder>)))]
async fn list_media_folders(State(app): State<App>, staff: Staff<perm::SignedIn>) -> Answer<Json<Vec<MediaFolder>>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| folders(tx, mall_id)).await?))
}

/// Make a folder.
///
/// Needs `media.edit`.
#[utoipa::path(post, path = "/media/folders", tag = "media", security(("staff" = [])), request_body = MediaFolderInput,
    responses((status = 201, body = MediaFolder),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `name`"),
        (status = 409, body = ProblemBody, description = "`media.folder_taken`, `media.too_many_folders`")))]
async fn create_media_folder(
    State(app): State<App>,
    staff: Staff<perm::MediaEdit>,
    Json(input): Json<MediaFolderInput>,
) -> Answer<(StatusCode, Json<MediaFolder>)> {
    let name = input.tidy()?;
    let made = staff.write(&app, "media.folder_create", move |tx, ctx| {
        if folders(tx, ctx.mall_id)?.len() >= 200 {
            return Err(Error::conflict("media.too_many_folders", "文件夹已经有 200 个了"));
        }
        let id = ctx.id();
        tx.exec(
            "insert into media_folder (id, mall_id, name, created_at) values ($1, $2, $3, $4)",
            &args![id, ctx.mall_id, &name, ctx.now],
        )?;
        Ok((
            MediaFolder { id, name: name.clone(), count: 0 },
            Note::new("media_folder", id, format!("新建文件夹 {name}")),
        ))
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// Give a folder another name.
///
/// Needs `media.edit`.
#[utoipa::path(put, path = "/media/folders/{id}", tag = "media", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = MediaFolderInput,
    responses((status = 204, description = "Renamed"),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `name`"),
        (status = 404, body = ProblemBody, description = "`media.folder_not_found`"),
        (status = 409, body = ProblemBody, description = "`media.folder_taken`")))]
async fn rename_media_folder(
    State(app): State<App>,
    staff: Staff<perm::MediaEdit>,
    Path(id): Path<Id>,
    Json(input): Json<MediaFolderInput>,
) -> Answer<StatusCode> {
    let name = input.tidy()?;
    let renamed = staff.write(&app, "media.folder_rename", move |tx, ctx| {
        let was = require(tx, ctx.mall_id, id)?;
        tx.exec("update media_folder set name = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, &name])?;
        Ok(((), Note::new("media_folder", id, format!("文件夹 {was} 改名为 {name}"))))
    });
    renamed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a folder; what lies in it stays in the library.
///
/// Needs `media.edit`.
#[utoipa::path(delete, path = "/media/folders/{id}", tag = "media", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204, description = "Removed"),
        (status = 404, body = ProblemBody, description = "`media.folder_not_found`")))]
async fn delete_media_folder(
    State(app): State<App>,
    staff: Staff<perm::MediaEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    let removed = staff.write(&app, "media.folder_delete", move |tx, ctx| {
        let was = require(tx, ctx.mall_id, id)?;
        tx.exec("update file set folder_id = null where mall_id = $1 and folder_id = $2", &args![ctx.mall_id, id])?;
        tx.exec("delete from media_folder where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
        Ok(((), Note::new("media_folder", id, format!("删除文件夹 {was}"))))
    });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}
