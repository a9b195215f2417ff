//! What a page is made of, as stored: blocks and the sources they draw from.

use crate::picture::check_known;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A block as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockSource {
    /// Large pictures to swipe through.
    Banner { items: Vec<BannerSource> },
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
        /// 1–20.
        limit: i64,
    },
    /// A few sentences.
    Text { title: String, text: String },
}

/// One picture of a banner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BannerSource {
    pub picture_key: String,
    pub title: String,
    #[serde(default)]
    pub subtitle: Option<String>,
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

/// The blocks of a page; `None` if there is no such page.
pub fn read(tx: &mut Tx<'_>, mall_id: MallId, slug: &str) -> Result<Option<Vec<BlockSource>>> {
    let blocks: Option<String> =
        tx.opt("select blocks from page where mall_id = $1 and slug = $2", &args![mall_id, slug])?;
    blocks.map(|json| serde_json::from_str(&json).map_err(Error::internal)).transpose()
}

/// Writes a page, in place of what stood under its slug.
///
/// # Errors
/// 400 for more than 40 blocks, an empty banner, a limit out of range or pictures that are not the mall's.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, slug: &str, title: &str, blocks: &[BlockSource]) -> Result<()> {
    check(blocks)?;
    let banners = blocks.iter().filter_map(|block| match block {
        BlockSource::Banner { items } => Some(items),
        _ => None,
    });
    let keys: Vec<&str> = banners.flatten().map(|item| item.picture_key.as_str()).collect();
    check_known(tx, ctx.mall_id, "blocks", &keys)?;
    tx.exec(
        "insert into page (id, mall_id, slug, title, blocks, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (mall_id, slug)
         do update set title = excluded.title, blocks = excluded.blocks, updated_at = excluded.updated_at",
        &args![ctx.id(), ctx.mall_id, slug, title, serde_json::to_string(blocks).map_err(Error::internal)?, ctx.now],
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(())
}

fn check(blocks: &[BlockSource]) -> Result<()> {
    if blocks.len() > 40 {
        return Err(Error::field("blocks", "一个页面最多 40 个组件"));
    }
    for (i, block) in blocks.iter().enumerate() {
        let fits = match block {
            BlockSource::Banner { items } => (1..=10).contains(&items.len()),
            BlockSource::Categories { category_ids } => category_ids.len() <= 20,
            BlockSource::Products { title, limit, source, .. } => {
                let chosen = !matches!(source, ProductSource::Chosen { product_ids } if product_ids.len() > 20);
                chosen && (1..=20).contains(limit) && title.chars().count() <= 20
            }
            BlockSource::Text { title, text } => title.chars().count() <= 20 && text.chars().count() <= 500,
        };
        if !fits {
            return Err(Error::field(format!("blocks[{i}]"), "这个组件的内容太多、太少或太长了"));
        }
    }
    Ok(())
}
