//! Pages in the back office: the list, the draft being edited and what it would look like.

use super::block::PlacedBlock;
use super::resolved::{Block, Sources, undecorated};
use super::version::{self, Content, PageRow};
use super::{HOME, preview, words};
use crate::catalog::KeyedPicture;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::storage;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_pages, create_page))
        .routes(routes!(read_page_as_staff, delete_page))
        .routes(routes!(save_page_draft, discard_page_draft))
        .routes(routes!(read_preview_address))
        .routes(routes!(resolve_blocks))
}

/// A page in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PageBrief {
    pub id: Id,
    pub slug: String,
    pub title: String,
    pub is_home: bool,
    /// The version shoppers see; 0 when it was never published.
    pub published_number: i64,
    pub published_at: Option<Instant>,
    /// There is a draft that differs from what shoppers see.
    pub has_draft: bool,
    pub draft_saved_at: Option<Instant>,
    pub draft_saved_by: Option<String>,
}

/// A page to be edited.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EditedPage {
    #[serde(flatten)]
    pub page: PageBrief,
    /// Title of the draft.
    pub draft_title: String,
    /// The draft, or what is published when there is none.
    pub blocks: Vec<PlacedBlock>,
    /// Send it back when saving; 0 when there is no draft.
    pub revision: i64,
    /// What publishing the draft would change, in words.
    pub changes: Vec<String>,
    /// Addresses of the files the blocks name.
    pub files: Vec<KeyedPicture>,
}

/// A new page.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewPage {
    /// 1–40 lower-case letters, digits and dashes; `home` is the home page.
    pub slug: String,
    /// 1–30 characters.
    pub title: String,
    /// Begins with the blocks of this page.
    #[serde(default)]
    pub copy_of: Option<Id>,
}

/// A draft to be kept.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PageDraft {
    pub title: String,
    pub blocks: Vec<PlacedBlock>,
    /// The revision this was made from.
    pub revision: i64,
}

/// Where a draft can be seen.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewAddress {
    /// Value of `preview` for `GET /api/v1/home` and `GET /api/v1/pages/{slug}`.
    pub token: String,
    /// Path and fragment of the storefront's page.
    pub path: String,
    pub ends_at: Instant,
}

/// Blocks to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BlocksToResolve {
    pub blocks: Vec<PlacedBlock>,
}

/// A block as it would be shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolvedBlock {
    pub id: String,
    /// Absent when it would not be shown: hidden, or without content.
    pub block: Option<Block>,
}

/// List the mall's pages.
///
/// Needs `page.view`.
#[utoipa::path(get, path = "/pages", tag = "page", security(("staff" = [])),
    responses((status = 200, body = Vec<PageBrief>)))]
async fn list_pages(State(app): State<App>, staff: Staff<perm::PageView>) -> Answer<Json<Vec<PageBrief>>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        let pages = version::all(tx, mall_id)?;
        let drafts = drafts(tx, mall_id)?;
        Ok(pages.iter().map(|page| brief(page, drafts.get(&page.id))).collect())
    });
    Ok(Json(read.await?))
}

/// Make a page that only staff can see.
///
/// Needs `page.edit`. The home page begins with what shoppers see without one.
#[utoipa::path(post, path = "/pages", tag = "page", security(("staff" = [])), request_body = NewPage,
    responses((status = 201, body = EditedPage),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `slug` or `title`"),
        (status = 404, body = ProblemBody, description = "`page.not_found` for `copy_of`"),
        (status = 409, body = ProblemBody, description = "`page.slug_taken`, `page.too_many`")))]
async fn create_page(
    State(app): State<App>,
    staff: Staff<perm::PageEdit>,
    Json(input): Json<NewPage>,
) -> Answer<(StatusCode, Json<EditedPage>)> {
    let shown = app.clone();
    let made = staff.write(&app, "page.create", move |tx, ctx| {
        let blocks = match input.copy_of {
            Some(other) => {
                let other = version::find(tx, ctx.mall_id, other)?;
                version::contents(tx, ctx.mall_id, &other)?.0.blocks.into_iter().map(|placed| placed.block).collect()
            }
            None if input.slug == HOME => undecorated(),
            None => Vec::new(),
        };
        let id = version::create(tx, ctx, &input.slug, &input.title, blocks)?;
        Ok((edited(&shown, tx, ctx.mall_id, id)?, Note::new("page", id, format!("新建页面 {}", input.title.trim()))))
    });
    Ok((StatusCode::CREATED, Json(made.await?)))
}

/// Read a page with its draft.
///
/// Needs `page.view`.
#[utoipa::path(get, path = "/pages/{id}", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = EditedPage), (status = 404, body = ProblemBody, description = "`page.not_found`")))]
async fn read_page_as_staff(
    State(app): State<App>,
    staff: Staff<perm::PageView>,
    Path(id): Path<Id>,
) -> Answer<Json<EditedPage>> {
    let (shown, mall_id) = (app.clone(), staff.mall.id);
    Ok(Json(app.db.read(move |tx| edited(&shown, tx, mall_id, id)).await?))
}

/// Remove a page with all its versions.
///
/// Needs `page.edit`. The home page stays.
#[utoipa::path(delete, path = "/pages/{id}", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 204, description = "Removed"),
        (status = 404, body = ProblemBody, description = "`page.not_found`"),
        (status = 409, body = ProblemBody, description = "`page.is_home`")))]
async fn delete_page(State(app): State<App>, staff: Staff<perm::PageEdit>, Path(id): Path<Id>) -> Answer<StatusCode> {
    let write = staff.write(&app, "page.delete", move |tx, ctx| {
        let page = version::find(tx, ctx.mall_id, id)?;
        version::remove(tx, ctx, &page)?;
        Ok(((), Note::new("page", id, format!("删除页面 {}（{}）", page.title, page.slug))))
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep a draft.
///
/// Needs `page.edit`. Shoppers see nothing of it.
#[utoipa::path(put, path = "/pages/{id}/draft", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = PageDraft,
    responses((status = 200, body = EditedPage),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `title`, `blocks` or `blocks[n]`"),
        (status = 404, body = ProblemBody, description = "`page.not_found`"),
        (status = 409, body = ProblemBody, description = "`page.draft_moved`: somebody else saved meanwhile")))]
async fn save_page_draft(
    State(app): State<App>,
    staff: Staff<perm::PageEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PageDraft>,
) -> Answer<Json<EditedPage>> {
    let shown = app.clone();
    let saved = staff.write(&app, "page.draft", move |tx, ctx| {
        let page = version::find(tx, ctx.mall_id, id)?;
        let content = Content { title: input.title.clone(), blocks: input.blocks.clone() };
        let revision = version::save_draft(tx, ctx, id, content, input.revision)?;
        Ok((
            edited(&shown, tx, ctx.mall_id, id)?,
            Note::new("page", id, format!("保存草稿 {}，第 {revision} 次", page.title)),
        ))
    });
    Ok(Json(saved.await?))
}

/// Throw a draft away.
///
/// Needs `page.edit`. What shoppers see stays.
#[utoipa::path(delete, path = "/pages/{id}/draft", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = EditedPage), (status = 404, body = ProblemBody, description = "`page.not_found`")))]
async fn discard_page_draft(
    State(app): State<App>,
    staff: Staff<perm::PageEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<EditedPage>> {
    let shown = app.clone();
    let left = staff.write(&app, "page.discard", move |tx, ctx| {
        let page = version::find(tx, ctx.mall_id, id)?;
        version::discard(tx, ctx.mall_id, id)?;
        Ok((edited(&shown, tx, ctx.mall_id, id)?, Note::new("page", id, format!("放弃草稿 {}", page.title))))
    });
    Ok(Json(left.await?))
}

/// Make an address under which a draft can be seen for an hour.
///
/// Needs `page.view`. Whoever has the address sees the draft, without signing in.
#[utoipa::path(get, path = "/pages/{id}/preview", tag = "page", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PreviewAddress),
        (status = 404, body = ProblemBody, description = "`page.not_found`")))]
async fn read_preview_address(
    State(app): State<App>,
    staff: Staff<perm::PageView>,
    Path(id): Path<Id>,
) -> Answer<Json<PreviewAddress>> {
    let mall_id = staff.mall.id;
    let page = app.db.read(move |tx| version::find(tx, mall_id, id)).await?;
    let now = app.clock.now();
    let token = preview::token(&app.sealer, mall_id, id, now);
    let path = match page.slug.as_str() {
        HOME => format!("/#/pages/home/index?preview={token}"),
        slug => format!("/#/pages/page/index?slug={slug}&preview={token}"),
    };
    Ok(Json(PreviewAddress { token, path, ends_at: now + preview::LASTS_MS }))
}

/// Look at blocks before they are kept.
///
/// Needs `page.view`. Answers every block with its goods, pictures and stores, or without content when it would not be shown.
#[utoipa::path(post, path = "/page-blocks/resolve", tag = "page", security(("staff" = [])),
    request_body = BlocksToResolve,
    responses((status = 200, body = Vec<ResolvedBlock>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `blocks` or `blocks[n]`")))]
async fn resolve_blocks(
    State(app): State<App>,
    staff: Staff<perm::PageView>,
    Json(input): Json<BlocksToResolve>,
) -> Answer<Json<Vec<ResolvedBlock>>> {
    let mall_id = staff.mall.id;
    let read = app.db.read(move |tx| {
        super::block::check(tx, mall_id, &input.blocks)?;
        let shown: Vec<_> = input.blocks.iter().filter(|placed| !placed.hidden).map(|placed| &placed.block).collect();
        let sources = Sources::read(tx, mall_id, &shown)?;
        Ok((input.blocks.clone(), sources))
    });
    let (blocks, sources) = read.await?;
    let resolved = blocks.into_iter().map(|placed| {
        let block = if placed.hidden { None } else { sources.resolve(&app, &staff.mall, &placed.block)? };
        Ok(ResolvedBlock { id: placed.id, block })
    });
    Ok(Json(resolved.collect::<Result<_>>()?))
}

/// Who saved a draft and when.
struct Saved {
    at: Instant,
    by: Option<String>,
}

/// The names belong to people's table; showing them is all that is done with it.
fn drafts(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<Id, Saved>> {
    let rows: Vec<(Id, Instant, Option<String>)> = tx.all(
        "select d.page_id, d.saved_at, s.name
         from page_draft d
         left join staff s on s.mall_id = d.mall_id and s.id = d.staff_id
         where d.mall_id = $1",
        &args![mall_id],
    )?;
    Ok(rows.into_iter().map(|(id, at, by)| (id, Saved { at, by })).collect())
}

fn brief(page: &PageRow, draft: Option<&Saved>) -> PageBrief {
    PageBrief {
        id: page.id,
        slug: page.slug.clone(),
        title: page.title.clone(),
        is_home: page.slug == HOME,
        published_number: page.published_number,
        published_at: (page.published_number > 0).then_some(page.updated_at),
        has_draft: draft.is_some(),
        draft_saved_at: draft.map(|saved| saved.at),
        draft_saved_by: draft.and_then(|saved| saved.by.clone()),
    }
}

/// A page as its editor needs it.
pub(super) fn edited(app: &App, tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<EditedPage> {
    let page = version::find(tx, mall_id, id)?;
    let (draft, published) = version::contents(tx, mall_id, &page)?;
    let row = version::draft(tx, mall_id, id)?;
    let saved = drafts(tx, mall_id)?.remove(&id);
    Ok(EditedPage {
        page: brief(&page, saved.as_ref()),
        revision: row.map_or(0, |row| row.revision),
        changes: words::changes(&published, &draft),
        files: files(app, &draft.blocks),
        draft_title: draft.title,
        blocks: draft.blocks,
    })
}

fn files(app: &App, blocks: &[PlacedBlock]) -> Vec<KeyedPicture> {
    let keys: BTreeSet<&str> = blocks.iter().flat_map(|placed| placed.block.files()).collect();
    let shown = |key: &str| KeyedPicture { key: key.to_owned(), picture: storage::picture(app, key, "") };
    keys.into_iter().map(shown).collect()
}
