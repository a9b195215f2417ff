//! The life of a page: drafted by one, published in numbered versions, rolled back by publishing an old one again.
//! A draft has a revision that every save raises: who saves over somebody else's work is told instead.

use super::block::{BlockSource, PlacedBlock, check};
use super::{HOME, stored};
use db::{Tx, args, row};
use kernel::{Actor, Error, Id, Instant, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;

/// A page as stored.
#[derive(Debug, Clone)]
pub(super) struct PageRow {
    pub id: Id,
    pub slug: String,
    pub title: String,
    pub blocks: String,
    /// 0 while nobody can see it.
    pub published_number: i64,
    pub updated_at: Instant,
}
row!(PageRow { id, slug, title, blocks, published_number, updated_at });

#[derive(Debug, Clone)]
pub(super) struct DraftRow {
    pub title: String,
    pub blocks: String,
    pub revision: i64,
}
row!(DraftRow { title, blocks, revision });

/// A title and its blocks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub title: String,
    pub blocks: Vec<PlacedBlock>,
}

const PAGE: &str = "select id, slug, title, blocks, published_number, updated_at from page";

/// A page; `page.not_found` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<PageRow> {
    let found = tx.opt(&format!("{PAGE} where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("page.not_found", "没有找到这个页面"))
}

pub(super) fn by_slug(tx: &mut Tx<'_>, mall_id: MallId, slug: &str) -> Result<Option<PageRow>> {
    tx.opt(&format!("{PAGE} where mall_id = $1 and slug = $2"), &args![mall_id, slug])
}

pub(super) fn all(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<PageRow>> {
    tx.all(&format!("{PAGE} where mall_id = $1 order by slug limit 500"), &args![mall_id])
}

pub(super) fn draft(tx: &mut Tx<'_>, mall_id: MallId, page_id: Id) -> Result<Option<DraftRow>> {
    tx.opt(
        "select title, blocks, revision from page_draft where mall_id = $1 and page_id = $2",
        &args![mall_id, page_id],
    )
}

/// What an editor begins with, and what shoppers see now.
pub(super) fn contents(tx: &mut Tx<'_>, mall_id: MallId, page: &PageRow) -> Result<(Content, Content)> {
    let published = Content { title: page.title.clone(), blocks: stored::read(&page.blocks)? };
    let edited = match draft(tx, mall_id, page.id)? {
        Some(row) => Content { title: row.title, blocks: stored::read(&row.blocks)? },
        None => published.clone(),
    };
    Ok((edited, published))
}

/// The content of one version; `page.version_not_found` (404).
pub(super) fn version(tx: &mut Tx<'_>, mall_id: MallId, page_id: Id, number: i64) -> Result<Content> {
    let found: Option<(String, String)> = tx.opt(
        "select title, blocks from page_version where mall_id = $1 and page_id = $2 and number = $3",
        &args![mall_id, page_id, number],
    )?;
    let (title, blocks) = found.ok_or_else(|| Error::not_found("page.version_not_found", "没有找到这个版本"))?;
    Ok(Content { title, blocks: stored::read(&blocks)? })
}

/// Makes a page that nobody sees yet, with `blocks` as its draft.
///
/// # Errors
/// 400 at `slug` or `title`, `page.slug_taken` (409), `page.too_many` (409).
pub(super) fn create(tx: &mut Tx<'_>, ctx: &Ctx, slug: &str, title: &str, blocks: Vec<BlockSource>) -> Result<Id> {
    check_slug(slug)?;
    let count: i64 = tx.one("select count(*) from page where mall_id = $1", &args![ctx.mall_id])?;
    if count >= 500 {
        return Err(Error::conflict("page.too_many", "页面已经有 500 个了，请先删除不用的"));
    }
    let (id, title) = (ctx.id(), tidy_title(title)?);
    insert(tx, ctx, id, slug, &title)?;
    put_draft(tx, ctx, id, &Content { title, blocks: stored::place(blocks) }, 1)?;
    Ok(id)
}

fn insert(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, slug: &str, title: &str) -> Result<()> {
    tx.exec(
        "insert into page (id, mall_id, slug, title, blocks, updated_at) values ($1, $2, $3, $4, $5, $6)",
        &args![id, ctx.mall_id, slug, title, stored::write(&[])?, ctx.now],
    )?;
    Ok(())
}

/// Keeps a draft made on top of `revision` (0: on top of what is published); answers the new revision.
///
/// # Errors
/// 400 for blocks that do not fit, `page.draft_moved` (409) when somebody saved meanwhile.
pub(super) fn save_draft(tx: &mut Tx<'_>, ctx: &Ctx, page_id: Id, content: Content, revision: i64) -> Result<i64> {
    check(tx, ctx.mall_id, &content.blocks)?;
    let content = Content { title: tidy_title(&content.title)?, ..content };
    require_revision(tx, ctx.mall_id, page_id, revision)?;
    put_draft(tx, ctx, page_id, &content, revision + 1)?;
    Ok(revision + 1)
}

fn require_revision(tx: &mut Tx<'_>, mall_id: MallId, page_id: Id, revision: i64) -> Result<()> {
    let now = draft(tx, mall_id, page_id)?.map_or(0, |row| row.revision);
    if now == revision && revision < i64::from(u32::MAX) {
        return Ok(());
    }
    Err(Error::conflict("page.draft_moved", "这个页面刚被别人改过，请刷新后再改"))
}

fn put_draft(tx: &mut Tx<'_>, ctx: &Ctx, page_id: Id, content: &Content, revision: i64) -> Result<()> {
    tx.exec(
        "insert into page_draft (mall_id, page_id, title, blocks, revision, staff_id, saved_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, page_id)
         do update set title = excluded.title, blocks = excluded.blocks, revision = excluded.revision,
           staff_id = excluded.staff_id, saved_at = excluded.saved_at",
        &args![ctx.mall_id, page_id, &content.title, stored::write(&content.blocks)?, revision, staff_of(ctx), ctx.now],
    )?;
    Ok(())
}

/// Throws the draft away; false if there was none.
pub(super) fn discard(tx: &mut Tx<'_>, mall_id: MallId, page_id: Id) -> Result<bool> {
    let gone = tx.exec("delete from page_draft where mall_id = $1 and page_id = $2", &args![mall_id, page_id])?;
    Ok(gone > 0)
}

/// Shows the draft of `revision` to everybody; answers the version's number.
///
/// # Errors
/// `page.nothing_to_publish` (409) without a draft, `page.draft_moved` (409).
pub(super) fn publish_draft(tx: &mut Tx<'_>, ctx: &Ctx, page: &PageRow, revision: i64, note: &str) -> Result<i64> {
    if draft(tx, ctx.mall_id, page.id)?.is_none() {
        return Err(Error::conflict("page.nothing_to_publish", "没有需要发布的改动"));
    }
    require_revision(tx, ctx.mall_id, page.id, revision)?;
    let (content, _) = contents(tx, ctx.mall_id, page)?;
    check(tx, ctx.mall_id, &content.blocks)?;
    let number = publish(tx, ctx, page.id, &content, note)?;
    discard(tx, ctx.mall_id, page.id)?;
    Ok(number)
}

/// Publishes what stood under `number` again, as a new version. A draft stays as it is.
pub(super) fn roll_back(tx: &mut Tx<'_>, ctx: &Ctx, page: &PageRow, number: i64) -> Result<i64> {
    if number == page.published_number {
        return Err(Error::conflict("page.already_published", "现在展示的就是这个版本"));
    }
    let content = version(tx, ctx.mall_id, page.id, number)?;
    publish(tx, ctx, page.id, &content, &format!("恢复到第 {number} 版"))
}

fn publish(tx: &mut Tx<'_>, ctx: &Ctx, page_id: Id, content: &Content, note: &str) -> Result<i64> {
    let latest: i64 = tx.one(
        "select coalesce(max(number), 0) from page_version where mall_id = $1 and page_id = $2",
        &args![ctx.mall_id, page_id],
    )?;
    let (number, blocks) = (latest + 1, stored::write(&content.blocks)?);
    tx.exec(
        "insert into page_version (mall_id, page_id, number, title, blocks, note, staff_id, published_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![ctx.mall_id, page_id, number, &content.title, &blocks, note, staff_of(ctx), ctx.now],
    )?;
    tx.exec(
        "update page set title = $3, blocks = $4, published_number = $5, updated_at = $6 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, page_id, &content.title, &blocks, number, ctx.now],
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(number)
}

/// Writes and publishes a page at once, in place of what stood under its slug; for content that ships with the program.
///
/// # Errors
/// 400 for a slug or blocks that do not fit.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, slug: &str, title: &str, blocks: &[BlockSource]) -> Result<Id> {
    check_slug(slug)?;
    let content = Content { title: tidy_title(title)?, blocks: stored::place(blocks.to_vec()) };
    check(tx, ctx.mall_id, &content.blocks)?;
    let id = match by_slug(tx, ctx.mall_id, slug)? {
        Some(page) => page.id,
        None => {
            let id = ctx.id();
            insert(tx, ctx, id, slug, &content.title)?;
            id
        }
    };
    publish(tx, ctx, id, &content, "")?;
    Ok(id)
}

/// Removes a page with its versions; the home page stays (`page.is_home`, 409).
pub(super) fn remove(tx: &mut Tx<'_>, ctx: &Ctx, page: &PageRow) -> Result<()> {
    if page.slug == HOME {
        return Err(Error::conflict("page.is_home", "首页不能删除，可以改回任何一个旧版本"));
    }
    delete(tx, ctx, page.id)
}

fn delete(tx: &mut Tx<'_>, ctx: &Ctx, page_id: Id) -> Result<()> {
    for table in ["page_draft", "page_version"] {
        tx.exec(&format!("delete from {table} where mall_id = $1 and page_id = $2"), &args![ctx.mall_id, page_id])?;
    }
    tx.exec("delete from page where mall_id = $1 and id = $2", &args![ctx.mall_id, page_id])?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(())
}

/// Removes the home page if `number` is still what shoppers see and nobody is drafting another; the mall then shows its
/// categories and what is new.
pub fn forget_home(tx: &mut Tx<'_>, ctx: &Ctx, number: i64) -> Result<()> {
    let Some(page) = by_slug(tx, ctx.mall_id, HOME)?.filter(|page| page.published_number == number) else {
        return Ok(());
    };
    if draft(tx, ctx.mall_id, page.id)?.is_some() {
        return Ok(());
    }
    delete(tx, ctx, page.id)
}

fn staff_of(ctx: &Ctx) -> Option<Id> {
    match ctx.actor {
        Actor::Staff(id) => Some(id),
        _ => None,
    }
}

pub(super) fn check_slug(slug: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=40).contains(&slug.len()) && slug.bytes().all(plain) {
        return Ok(());
    }
    Err(Error::field("slug", "地址用小写字母、数字或短横线，最长 40 个字符"))
}

fn tidy_title(title: &str) -> Result<String> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > 30 || title.chars().any(char::is_control) {
        return Err(Error::field("title", "页面名称请用 1 到 30 个字"));
    }
    Ok(title.to_owned())
}
