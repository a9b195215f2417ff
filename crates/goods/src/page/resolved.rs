//! Blocks as shoppers get them, with their goods, pictures and stores in them.

use super::block::{BlockSource, Link, LinkKind, PictureSource, ProductSource, ShelfLayout};
use super::resolve::Goods;
use crate::catalog::{CategoryBrief, CategoryRow, ProductCard, categories};
use crate::store::{StoreRow, StoreView, open_stores, shown, stores_by_id};
use db::Tx;
use kernel::{Id, MallId, Result};
use platform::App;
use platform::mall::Mall;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A block of a page, resolved.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Banner {
        items: Vec<PictureItem>,
    },
    Categories {
        items: Vec<CategoryBrief>,
    },
    Products {
        title: String,
        subtitle: Option<String>,
        more: Option<Link>,
        layout: ShelfLayout,
        items: Vec<ProductCard>,
    },
    Text {
        title: String,
        text: String,
    },
    Pictures {
        columns: i64,
        items: Vec<PictureItem>,
    },
    Hotspot {
        picture: Picture,
        title: String,
        spots: Vec<SpotItem>,
    },
    Video {
        title: String,
        video_url: String,
        poster: Option<Picture>,
    },
    Notice {
        text: String,
        link: Option<Link>,
    },
    Stores {
        title: String,
        items: Vec<StoreView>,
    },
    /// The page asks for them: what is open differs from shopper to shopper.
    Coupons {
        title: String,
        template_ids: Vec<Id>,
    },
    /// The page asks for the sale, whose clock runs.
    Limited {
        title: String,
        limit: i64,
    },
    /// The page asks for what fits this shopper.
    Recommended {
        title: String,
        limit: i64,
    },
    Spacer {
        height: i64,
    },
}

/// A picture that may lead somewhere.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PictureItem {
    pub picture: Picture,
    pub title: String,
    pub subtitle: Option<String>,
    pub link: Option<Link>,
}

/// A place to tap on a picture, in percent of its width and height.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SpotItem {
    pub left: i64,
    pub top: i64,
    pub width: i64,
    pub height: i64,
    pub label: String,
    pub link: Link,
}

/// Everything blocks draw from, read in one go.
pub(super) struct Sources {
    goods: Goods,
    categories: Vec<CategoryRow>,
    chosen_stores: Vec<StoreRow>,
    first_stores: Vec<StoreRow>,
}

/// Stores shown by a block that names none.
const FIRST_STORES: usize = 3;

impl Sources {
    pub(super) fn read(tx: &mut Tx<'_>, mall_id: MallId, blocks: &[&BlockSource]) -> Result<Self> {
        let shows_categories = blocks.iter().any(|block| matches!(block, BlockSource::Categories { .. }));
        let named = blocks.iter().filter_map(|block| match block {
            BlockSource::Stores { store_ids, .. } => Some(store_ids),
            _ => None,
        });
        let named: Vec<&Vec<Id>> = named.collect();
        let ids: Vec<Id> = named.iter().flat_map(|ids| ids.iter().copied()).collect();
        let wants_first = named.iter().any(|ids| ids.is_empty());
        let mut first = if wants_first { open_stores(tx, mall_id, None)? } else { Vec::new() };
        first.truncate(FIRST_STORES);
        Ok(Sources {
            goods: Goods::read(tx, mall_id, blocks)?,
            categories: if shows_categories { categories(tx, mall_id)? } else { Vec::new() },
            chosen_stores: if ids.is_empty() { Vec::new() } else { stores_by_id(tx, mall_id, &ids)? },
            first_stores: first,
        })
    }

    /// The block with its content; `None` when there is nothing to show.
    pub(super) fn resolve(&self, app: &App, mall: &Mall, source: &BlockSource) -> Result<Option<Block>> {
        let pictures = |items: &[PictureSource]| items.iter().map(|item| picture_item(app, item)).collect::<Vec<_>>();
        let block = match source {
            BlockSource::Banner { items } => Block::Banner { items: pictures(items) },
            BlockSource::Categories { category_ids } => Block::Categories { items: self.entries(app, category_ids) },
            BlockSource::Products { title, subtitle, more, source, layout, limit } => {
                let cards = self.goods.of(source, *limit).into_iter().map(|row| row.card(app));
                Block::Products {
                    title: title.clone(),
                    subtitle: subtitle.clone(),
                    more: more.clone(),
                    layout: *layout,
                    items: cards.collect::<Result<_>>()?,
                }
            }
            BlockSource::Text { title, text } => Block::Text { title: title.clone(), text: text.clone() },
            BlockSource::Pictures { columns, items } => Block::Pictures { columns: *columns, items: pictures(items) },
            BlockSource::Hotspot { picture_key, title, spots } => Block::Hotspot {
                picture: storage::picture(app, picture_key, title),
                title: title.clone(),
                spots: spots
                    .iter()
                    .map(|spot| SpotItem {
                        left: spot.left,
                        top: spot.top,
                        width: spot.width,
                        height: spot.height,
                        label: spot.label.clone(),
                        link: spot.link.clone(),
                    })
                    .collect(),
            },
            BlockSource::Video { title, video_key, poster_key } => Block::Video {
                title: title.clone(),
                video_url: app.outside.objects().url(video_key),
                poster: poster_key.as_deref().map(|key| storage::picture(app, key, title)),
            },
            BlockSource::Notice { text, link } => Block::Notice { text: text.clone(), link: link.clone() },
            BlockSource::Stores { title, store_ids } => {
                Block::Stores { title: title.clone(), items: self.stores(app, mall, store_ids)? }
            }
            BlockSource::Coupons { title, template_ids } => {
                Block::Coupons { title: title.clone(), template_ids: template_ids.clone() }
            }
            BlockSource::Limited { title, limit } => Block::Limited { title: title.clone(), limit: *limit },
            BlockSource::Recommended { title, limit } => Block::Recommended { title: title.clone(), limit: *limit },
            BlockSource::Spacer { height } => Block::Spacer { height: *height },
        };
        Ok(has_content(&block).then_some(block))
    }

    fn entries(&self, app: &App, category_ids: &[Id]) -> Vec<CategoryBrief> {
        let chosen: Vec<&CategoryRow> = if category_ids.is_empty() {
            self.categories.iter().filter(|row| row.parent_id.is_none()).collect()
        } else {
            category_ids.iter().filter_map(|id| self.categories.iter().find(|row| row.id == *id)).collect()
        };
        chosen.into_iter().map(|row| CategoryBrief::new(app, row)).collect()
    }

    fn stores(&self, app: &App, mall: &Mall, store_ids: &[Id]) -> Result<Vec<StoreView>> {
        let rows: Vec<&StoreRow> = if store_ids.is_empty() {
            self.first_stores.iter().collect()
        } else {
            let known = |id: &Id| self.chosen_stores.iter().find(|row| row.id == *id && row.is_open());
            store_ids.iter().filter_map(known).collect()
        };
        rows.into_iter().map(|row| shown(app, mall, row, None)).collect()
    }
}

fn picture_item(app: &App, item: &PictureSource) -> PictureItem {
    PictureItem {
        picture: storage::picture(app, &item.picture_key, &item.title),
        title: item.title.clone(),
        subtitle: item.subtitle.clone(),
        link: item.link.clone(),
    }
}

fn has_content(block: &Block) -> bool {
    match block {
        Block::Banner { items } | Block::Pictures { items, .. } => !items.is_empty(),
        Block::Categories { items } => !items.is_empty(),
        Block::Products { items, .. } => !items.is_empty(),
        Block::Stores { items, .. } => !items.is_empty(),
        Block::Text { title, text } => !title.is_empty() || !text.is_empty(),
        Block::Hotspot { .. } | Block::Video { .. } | Block::Notice { .. } | Block::Spacer { .. } => true,
        Block::Coupons { .. } | Block::Limited { .. } | Block::Recommended { .. } => true,
    }
}

/// What a mall shows that never decorated its home page: its categories, what is new and what sells best.
pub(super) fn undecorated() -> Vec<BlockSource> {
    let shelf = |title: &str, source| BlockSource::Products {
        title: title.into(),
        subtitle: None,
        more: Some(Link { kind: LinkKind::Search, target: String::new() }),
        source,
        layout: ShelfLayout::Grid,
        limit: 10,
    };
    vec![
        BlockSource::Categories { category_ids: Vec::new() },
        shelf("新到店", ProductSource::Newest),
        shelf("大家在买", ProductSource::BestSelling),
    ]
}
