//! The home page as shoppers get it: every block with its goods in it.

use super::block::{self, BlockSource, Link, ProductSource};
use super::resolve::Goods;
use super::{HOME, LinkKind};
use crate::catalog::{self, CategoryBrief, CategoryRow, ProductCard};
use axum::extract::State;
use kernel::Result;
use platform::cache::{Cached, Topic};
use platform::mall::{Mall, MallBrief};
use platform::storage::{self, Picture};
use platform::{Answer, App, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the mini program opens with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomePage {
    pub mall: MallBrief,
    pub blocks: Vec<Block>,
}

/// A block of a page, resolved.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Banner { items: Vec<BannerItem> },
    Categories { items: Vec<CategoryBrief> },
    Products { title: String, subtitle: Option<String>, more: Option<Link>, items: Vec<ProductCard> },
    Text { title: String, text: String },
}

/// One picture of a banner.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BannerItem {
    pub picture: Picture,
    pub title: String,
    pub subtitle: Option<String>,
    pub link: Link,
}

pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_home))
}

/// Read the home page.
#[utoipa::path(get, path = "/home", tag = "page", responses((status = 200, body = HomePage)))]
async fn read_home(State(app): State<App>, visitor: Visitor) -> Answer<Cached<HomePage>> {
    let stamp = app.cache.stamp(&[Topic::Catalog(visitor.mall.id)]);
    Ok(Cached::new(home(&app, &visitor.mall).await?, stamp))
}

/// The home page of a mall; a mall that never decorated one gets its categories, what is new and what sells best.
/// Shelves without goods are left out.
pub async fn home(app: &App, mall: &Mall) -> Result<HomePage> {
    let mall_id = mall.id;
    let (sources, goods, categories) = app
        .db
        .read(move |tx| {
            let sources = block::read(tx, mall_id, HOME)?.unwrap_or_else(undecorated);
            let goods = Goods::read(tx, mall_id, &sources)?;
            let shows_categories = sources.iter().any(|source| matches!(source, BlockSource::Categories { .. }));
            let categories = if shows_categories { catalog::categories(tx, mall_id)? } else { Vec::new() };
            Ok((sources, goods, categories))
        })
        .await?;
    let blocks = sources.into_iter().map(|source| resolve(app, source, &goods, &categories));
    let blocks = blocks.collect::<Result<Vec<_>>>()?.into_iter().filter(has_content).collect();
    Ok(HomePage { mall: mall.brief(&*app.outside.objects()), blocks })
}

fn resolve(app: &App, source: BlockSource, goods: &Goods, categories: &[CategoryRow]) -> Result<Block> {
    Ok(match source {
        BlockSource::Banner { items } => Block::Banner {
            items: items
                .into_iter()
                .map(|item| BannerItem {
                    picture: storage::picture(app, &item.picture_key, &item.title),
                    title: item.title,
                    subtitle: item.subtitle,
                    link: item.link,
                })
                .collect(),
        },
        BlockSource::Categories { category_ids } => {
            let chosen: Vec<&CategoryRow> = if category_ids.is_empty() {
                categories.iter().filter(|row| row.parent_id.is_none()).collect()
            } else {
                category_ids.iter().filter_map(|id| categories.iter().find(|row| row.id == *id)).collect()
            };
            Block::Categories { items: chosen.into_iter().map(|row| CategoryBrief::new(app, row)).collect() }
        }
        BlockSource::Products { title, subtitle, more, source, limit } => {
            let cards = goods.of(&source, limit).into_iter().map(|row| row.card(app));
            Block::Products { title, subtitle, more, items: cards.collect::<Result<_>>()? }
        }
        BlockSource::Text { title, text } => Block::Text { title, text },
    })
}

fn has_content(block: &Block) -> bool {
    match block {
        Block::Banner { items } => !items.is_empty(),
        Block::Categories { items } => !items.is_empty(),
        Block::Products { items, .. } => !items.is_empty(),
        Block::Text { .. } => true,
    }
}

fn undecorated() -> Vec<BlockSource> {
    let shelf = |title: &str, source| BlockSource::Products {
        title: title.into(),
        subtitle: None,
        more: Some(Link { kind: LinkKind::Search, target: String::new() }),
        source,
        limit: 10,
    };
    vec![
        BlockSource::Categories { category_ids: Vec::new() },
        shelf("新到店", ProductSource::Newest),
        shelf("大家在买", ProductSource::BestSelling),
    ]
}
