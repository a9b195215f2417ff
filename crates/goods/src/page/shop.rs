//! Pages as shoppers get them: the home page and pages of their own, every block with its goods in it.

use super::block::{BlockSource, PlacedBlock};
use super::resolved::{Block, Sources, undecorated};
use super::{HOME, preview, stored, version};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::Tx;
use kernel::{Error, MallId, Result};
use platform::cache::{Cached, Topic};
use platform::mall::{Mall, MallBrief};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the mini program opens with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomePage {
    pub mall: MallBrief,
    pub blocks: Vec<Block>,
}

/// A page with an address of its own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ShopPage {
    pub mall: MallBrief,
    pub slug: String,
    pub title: String,
    /// True when a draft is shown.
    pub is_preview: bool,
    pub blocks: Vec<Block>,
}

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_home)).routes(routes!(read_page))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PreviewQuery {
    /// Token of a preview address: shows the draft.
    preview: Option<String>,
}

/// Read the home page.
#[utoipa::path(get, path = "/home", tag = "page", params(PreviewQuery), responses((status = 200, body = HomePage),
    (status = 404, body = ProblemBody, description = "`page.preview_ended`")))]
async fn read_home(State(app): State<App>, visitor: Visitor, Query(query): Query<PreviewQuery>) -> Answer<Response> {
    if let Some(token) = query.preview {
        let ShopPage { mall, blocks, .. } = draft_of(&app, &visitor.mall, HOME, &token).await?;
        return Ok(Json(HomePage { mall, blocks }).into_response());
    }
    let stamp = app.cache.stamp(&[Topic::Catalog(visitor.mall.id), Topic::Stores(visitor.mall.id)]);
    Ok(Cached::new(home(&app, &visitor.mall).await?, stamp).into_response())
}

/// Read a page of the mall by its slug.
#[utoipa::path(get, path = "/pages/{slug}", tag = "page", params(("slug" = String, Path), PreviewQuery),
    responses((status = 200, body = ShopPage),
        (status = 404, body = ProblemBody, description = "`page.not_found`, `page.preview_ended`")))]
async fn read_page(
    State(app): State<App>,
    visitor: Visitor,
    Path(slug): Path<String>,
    Query(query): Query<PreviewQuery>,
) -> Answer<Response> {
    if version::check_slug(&slug).is_err() {
        return Err(Error::not_found("page.not_found", "这个页面已经不在了").into());
    }
    if let Some(token) = query.preview {
        return Ok(Json(draft_of(&app, &visitor.mall, &slug, &token).await?).into_response());
    }
    let stamp = app.cache.stamp(&[Topic::Catalog(visitor.mall.id), Topic::Stores(visitor.mall.id)]);
    let (mall_id, name) = (visitor.mall.id, slug.clone());
    let read = app.db.read(move |tx| {
        let page = version::by_slug(tx, mall_id, &name)?.filter(|page| page.published_number > 0);
        let page = page.ok_or_else(|| Error::not_found("page.not_found", "这个页面已经不在了"))?;
        let blocks = visible(stored::read(&page.blocks)?);
        Ok((page.title, with_sources(tx, mall_id, blocks)?))
    });
    let (title, found) = read.await?;
    let page = shop_page(&app, &visitor.mall, slug, title, false, found)?;
    Ok(Cached::new(page, stamp).into_response())
}

type Found = (Vec<BlockSource>, Sources);

fn visible(blocks: Vec<PlacedBlock>) -> Vec<BlockSource> {
    blocks.into_iter().filter(|placed| !placed.hidden).map(|placed| placed.block).collect()
}

fn with_sources(tx: &mut Tx<'_>, mall_id: MallId, blocks: Vec<BlockSource>) -> Result<Found> {
    let sources = Sources::read(tx, mall_id, &blocks.iter().collect::<Vec<_>>())?;
    Ok((blocks, sources))
}

fn resolve_all(app: &App, mall: &Mall, (blocks, sources): &Found) -> Result<Vec<Block>> {
    blocks.iter().filter_map(|block| sources.resolve(app, mall, block).transpose()).collect()
}

fn shop_page(app: &App, mall: &Mall, slug: String, title: String, is_preview: bool, found: Found) -> Result<ShopPage> {
    let blocks = resolve_all(app, mall, &found)?;
    Ok(ShopPage { mall: mall.brief(&*app.outside.objects()), slug, title, is_preview, blocks })
}

/// The draft a preview token shows, if it belongs to this slug.
async fn draft_of(app: &App, mall: &Mall, slug: &str, token: &str) -> Result<ShopPage> {
    let page_id = preview::open(&app.sealer, mall.id, token, app.clock.now())?;
    let (mall_id, name) = (mall.id, slug.to_owned());
    let read = app.db.read(move |tx| {
        let page = version::find(tx, mall_id, page_id)?;
        if page.slug != name {
            return Err(Error::not_found("page.not_found", "没有找到这个页面"));
        }
        let (draft, _) = version::contents(tx, mall_id, &page)?;
        Ok((draft.title, with_sources(tx, mall_id, visible(draft.blocks))?))
    });
    let (title, found) = read.await?;
    shop_page(app, mall, slug.to_owned(), title, true, found)
}

/// The home page of a mall; a mall that never decorated one gets its categories, what is new and what sells best.
/// Shelves without goods are left out.
pub async fn home(app: &App, mall: &Mall) -> Result<HomePage> {
    let mall_id = mall.id;
    let read = app.db.read(move |tx| {
        let page = version::by_slug(tx, mall_id, HOME)?.filter(|page| page.published_number > 0);
        let blocks = match page {
            Some(page) => visible(stored::read(&page.blocks)?),
            None => undecorated(),
        };
        with_sources(tx, mall_id, blocks)
    });
    let found = read.await?;
    Ok(HomePage { mall: mall.brief(&*app.outside.objects()), blocks: resolve_all(app, mall, &found)? })
}
