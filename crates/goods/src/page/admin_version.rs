//! Publishing in the back office: a draft becomes a version, an old version becomes the newest again.

use super::admin::{EditedPage, edited};
use super::{version, words};
use axum::extract::State;
use db::{Tx, args, row};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_page_versions))
        .routes(routes!(compare_page_version))
        .routes(routes!(publish_page))
        .routes(routes!(roll_back_page))
}

const LISTED: i64 = 20;

/// What was published once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PageVersion {
    pub number: i64,
    pub title: String,
    /// What the publisher wrote about it.
    pub note: String,
    /// Absent for content that came with the program.
    pub staff_name: Option<String>,
    pub published_at: Instant,
}
row!(PageVersion { number, title, note, staff_name, published_at });

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct VersionQuery {
    cursor: Option<String>,
}

/// What showing a version would change, in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionChanges {
    pub number: i64,
    pub changes: Vec<String>,
}

/// A draft to be shown to everybody.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PagePublish {
    /// The revision that was looked at.
    pub revision: i64,
    /// What this version is about, at most 60 characters.
    #[serde(default)]
    pub note: String,
}

/// A version to go back to.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PageRollBack {
    pub number: i64,
}

/// List what was published, newest first.
///
/// Needs `page.view`.
#[utoipa::path(get, path = "/pages/{id}/versions", tag = "page", security(("staff" = [])),
    params(("id" = Id, Path), VersionQuery),
    responses((status = 200, body = Page<PageVersion>),
        (status = 404, body = ProblemBody, description = "`page.not_found`")))]
async fn list_page_versions(
    State(app): State<App>,
    staff: Staff<perm::PageView>,
    Path(id): Path<Id>,
    Query(query): Query<VersionQuery>,
) -> Answer<Json<Page<PageVersion>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        version::find(tx, mall_id, id)?;
        versions(tx, mall_id, id, before)
    });
    Ok(Json(read.await?))
}

fn versions(tx: &mut Tx<'_>, mall_id: MallId, page_id: Id, before: i64) -> Result<Page<PageVersion>> {
    let rows = tx.all(
        "select v.number, v.title, v.note, s.name, v.published_at
         from page_version v
         left join staff s on s.mall_id = v.mall_id and s.id = v.staff_id
         where v.mall_id = $1 and v.page_id = $2 and v.number < $3
         order by v.number desc
         limit $4",
        &args![mall_id, page_id, before, LISTED + 1],
    )?;
    Ok(Page::from_rows(rows, LISTED, |row: &PageVersion| Cursor { key: 0, id: row.number }))
}

/// Say what going back to a version would change.
///
/// Needs `page.view`.
#[utoipa::path(get, path = "/pages/{id}/versions/{number}", tag = "page", security(("staff" = [])),
    params(("id" = Id, Path), ("number" = i64, Path)),
    responses((status = 200, body = VersionChanges),
        (status = 404, body = ProblemBody, description = "`page.not_found`, `page.version_not_found`")))]
async fn compare_page_version(
    State(app): State<App>,
    staff: Staff<perm::PageView>,
    Path((id, number)): Path<(Id, i64)>,
) -> Answer<Json<VersionChanges>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        let page = version::find(tx, mall_id, id)?;
        let (_, published) = version::contents(tx, mall_id, &page)?;
        let then = version::version(tx, mall_id, id, number)?;
        Ok(VersionChanges { number, changes: words::changes(&published, &then) })
    });
    Ok(Json(read.await?))
}

/// Show the draft to everybody.
///
/// Needs `page.edit`. It becomes a version that can be gone back to.
#[utoipa::path(post, path = "/pages/{id}/publish", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PagePublish,
    responses((status = 200, body = EditedPage),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `note`, or at a block that no longer fits"),
        (status = 404, body = ProblemBody, description = "`page.not_found`"),
        (status = 409, body = ProblemBody, description = "`page.nothing_to_publish`, `page.draft_moved`")))]
async fn publish_page(
    State(app): State<App>,
    staff: Staff<perm::PageEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PagePublish>,
) -> Answer<Json<EditedPage>> {
    let note = input.note.trim().to_owned();
    if note.chars().count() > 60 || note.chars().any(char::is_control) {
        return Err(Error::field("note", "版本说明最多 60 个字").into());
    }
    let shown = app.clone();
    let published = staff.write(&app, "page.publish", move |tx, ctx| {
        let page = version::find(tx, ctx.mall_id, id)?;
        let number = version::publish_draft(tx, ctx, &page, input.revision, &note)?;
        Ok((
            edited(&shown, tx, ctx.mall_id, id)?,
            Note::new("page", id, format!("发布页面 {}，第 {number} 版", page.title)),
        ))
    });
    Ok(Json(published.await?))
}

/// Show an old version to everybody again.
///
/// Needs `page.edit`. It becomes the newest version; a draft stays as it is.
#[utoipa::path(post, path = "/pages/{id}/roll-back", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PageRollBack,
    responses((status = 200, body = EditedPage),
        (status = 404, body = ProblemBody, description = "`page.not_found`, `page.version_not_found`"),
        (status = 409, body = ProblemBody, description = "`page.already_published`")))]
async fn roll_back_page(
    State(app): State<App>,
    staff: Staff<perm::PageEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PageRollBack>,
) -> Answer<Json<EditedPage>> {
    let shown = app.clone();
    let back = staff.write(&app, "page.roll_back", move |tx, ctx| {
        let page = version::find(tx, ctx.mall_id, id)?;
        let number = version::roll_back(tx, ctx, &page, input.number)?;
        let said = format!("页面 {} 恢复到第 {} 版，作为第 {number} 版发布", page.title, input.number);
        Ok((edited(&shown, tx, ctx.mall_id, id)?, Note::new("page", id, said)))
    });
    Ok(Json(back.await?))
}
