//! What a page is made of: blocks and the sources they draw from, and the limits of each kind.

use crate::picture::check_known;
use db::Tx;
use kernel::{Error, Id, MallId, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// A block at its place on a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlacedBlock {
    /// Names the block within its page across versions; made by the editor, 1–24 letters, digits and dashes.
    pub id: String,
    /// Kept, but not shown.
    #[serde(default)]
    pub hidden: bool,
    pub block: BlockSource,
}

/// A block as stored: it names where its content comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockSource {
    /// Large pictures to swipe through.
    Banner { items: Vec<PictureSource> },
    /// Categories to enter by; without ids those of the top level.
    Categories {
        #[serde(default)]
        category_ids: Vec<Id>,
    },
    /// A shelf of products.
    Products {
        title: String,
        #[serde(default)]
        subtitle: Option<String>,
        #[serde(default)]
        more: Option<Link>,
        source: ProductSource,
        #[serde(default)]
        layout: ShelfLayout,
        /// 1–20.
        limit: i64,
    },
    /// A few sentences.
    Text { title: String, text: String },
    /// Pictures side by side.
    Pictures {
        /// 1–4.
        columns: i64,
        items: Vec<PictureSource>,
    },
    /// One picture with places to tap on.
    Hotspot { picture_key: String, title: String, spots: Vec<Spot> },
    /// A film that plays when asked.
    Video {
        title: String,
        /// Key of an uploaded MP4.
        video_key: String,
        #[serde(default)]
        poster_key: Option<String>,
    },
    /// One line that is always in sight.
    Notice {
        text: String,
        #[serde(default)]
        link: Option<Link>,
    },
    /// Where to find the shop; without ids the first stores that are open.
    Stores {
        title: String,
        #[serde(default)]
        store_ids: Vec<Id>,
    },
    /// Coupons to take; without ids those of the centre.
    Coupons {
        title: String,
        #[serde(default)]
        template_ids: Vec<Id>,
    },
    /// Goods of the limited-time sale that runs, with its countdown.
    Limited {
        title: String,
        /// 1–20.
        limit: i64,
    },
    /// What this shopper may like; the same for everybody where they do not want that.
    Recommended {
        title: String,
        /// 1–20.
        limit: i64,
    },
    /// Air, in CSS pixels.
    Spacer {
        /// 4–120.
        height: i64,
    },
}

/// One picture that may lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PictureSource {
    pub picture_key: String,
    pub title: String,
    #[serde(default)]
    pub subtitle: Option<String>,
    #[serde(default)]
    pub link: Option<Link>,
}

/// A place on a picture, in percent of its width and height.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Spot {
    pub left: i64,
    pub top: i64,
    pub width: i64,
    pub height: i64,
    /// Said to people who cannot see the picture.
    pub label: String,
    pub link: Link,
}

/// Where a tap leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    pub kind: LinkKind,
    /// Id of a product or category, words of a search, or slug of a page.
    pub target: String,
}

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    Product,
    Category,
    Search,
    Page,
}

/// How a shelf stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShelfLayout {
    /// Two columns.
    #[default]
    Grid,
    /// One row to push sideways.
    Row,
    /// One below the other.
    List,
}

/// Which products stand on a shelf; only what is on sale is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProductSource {
    /// With this tag, in stock before sold out, newest first.
    Tag {
        tag: String,
    },
    /// In this category or below it, in stock before sold out, most sold first.
    Category {
        category_id: Id,
    },
    Newest,
    BestSelling,
    /// These, in this order.
    Chosen {
        product_ids: Vec<Id>,
    },
}

impl BlockSource {
    /// Keys of the files it shows.
    pub fn files(&self) -> Vec<&str> {
        match self {
            BlockSource::Banner { items } | BlockSource::Pictures { items, .. } => {
                items.iter().map(|item| item.picture_key.as_str()).collect()
            }
            BlockSource::Hotspot { picture_key, .. } => vec![picture_key],
            BlockSource::Video { video_key, poster_key, .. } => {
                std::iter::once(video_key.as_str()).chain(poster_key.as_deref()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn fits(&self) -> bool {
        let short = |text: &str, longest: usize| text.chars().count() <= longest;
        let said = |text: &str, longest: usize| !text.trim().is_empty() && short(text, longest);
        let pictures = |items: &[PictureSource]| {
            items
                .iter()
                .all(|item| short(&item.title, 40) && item.subtitle.as_deref().is_none_or(|text| short(text, 60)))
        };
        match self {
            BlockSource::Banner { items } => (1..=10).contains(&items.len()) && pictures(items),
            BlockSource::Categories { category_ids } => category_ids.len() <= 20,
            BlockSource::Products { title, subtitle, limit, source, .. } => {
                let chosen = !matches!(source, ProductSource::Chosen { product_ids } if product_ids.len() > 20);
                let tagged = !matches!(source, ProductSource::Tag { tag } if !said(tag, 20));
                let about = subtitle.as_deref().is_none_or(|text| short(text, 40));
                chosen && tagged && about && (1..=20).contains(limit) && short(title, 20)
            }
            BlockSource::Text { title, text } => short(title, 20) && short(text, 500),
            BlockSource::Pictures { columns, items } => {
                (1..=4).contains(columns) && (1..=20).contains(&items.len()) && pictures(items)
            }
            BlockSource::Hotspot { title, spots, .. } => {
                let inside =
                    |from: i64, size: i64| (0..100).contains(&from) && (1..=100).contains(&size) && from + size <= 100;
                short(title, 40)
                    && spots.len() <= 10
                    && spots.iter().all(|spot| {
                        inside(spot.left, spot.width) && inside(spot.top, spot.height) && short(&spot.label, 20)
                    })
            }
            BlockSource::Video { title, .. } => short(title, 40),
            BlockSource::Notice { text, .. } => said(text, 60),
            BlockSource::Stores { title, store_ids } => short(title, 20) && store_ids.len() <= 10,
            BlockSource::Coupons { title, template_ids } => short(title, 20) && template_ids.len() <= 10,
            BlockSource::Limited { title, limit } | BlockSource::Recommended { title, limit } => {
                short(title, 20) && (1..=20).contains(limit)
            }
            BlockSource::Spacer { height } => (4..=120).contains(height),
        }
    }
}

/// Checks what staff laid out.
///
/// # Errors
/// 400 at `blocks` or `blocks[n]` for too many blocks, an id twice, a block out of its limits, files that are not the mall's.
pub(super) fn check(tx: &mut Tx<'_>, mall_id: MallId, blocks: &[PlacedBlock]) -> Result<()> {
    if blocks.len() > 40 {
        return Err(Error::field("blocks", "一个页面最多 40 个组件"));
    }
    let mut seen = HashSet::new();
    for (at, placed) in blocks.iter().enumerate() {
        let plain = placed.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if placed.id.is_empty() || placed.id.len() > 24 || !plain || !seen.insert(placed.id.as_str()) {
            return Err(Error::field(format!("blocks[{at}].id"), "这个组件的编号不正确，请刷新后重试"));
        }
        if !placed.block.fits() {
            return Err(Error::field(format!("blocks[{at}]"), "这个组件的内容太多、太少或太长了"));
        }
    }
    let keys: Vec<&str> = blocks.iter().flat_map(|placed| placed.block.files()).collect();
    check_known(tx, mall_id, "blocks", &keys)
}
