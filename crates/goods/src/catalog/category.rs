//! The tree of categories: at most three levels, each row with the path of ids that leads to it (`/1/5/`), so that
//! "everything under 家居" is one comparison. A category that has children or products cannot be deleted.

use db::{Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A category as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryRow {
    pub id: Id,
    pub parent_id: Option<Id>,
    pub path: String,
    pub name: String,
    pub picture_key: Option<String>,
    pub position: i64,
}
row!(CategoryRow { id, parent_id, path, name, picture_key, position });

impl CategoryRow {
    /// Ids from the top to this one.
    pub fn path_ids(&self) -> Vec<Id> {
        self.path.split('/').filter_map(|part| part.parse().ok().map(Id)).collect()
    }
}

/// What staff write about a category.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CategoryInput {
    /// 1–12 characters.
    pub name: String,
    /// Absent for the top level.
    pub parent_id: Option<Id>,
    pub picture_key: Option<String>,
    /// Lower comes first.
    pub position: i64,
}

pub(super) const DEEPEST: usize = 3;

/// All categories, in the order in which a tree shows them.
pub fn categories(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<CategoryRow>> {
    tx.all(
        "select id, parent_id, path, name, picture_key, position from category where mall_id = $1 order by position, id",
        &args![mall_id],
    )
}

/// A category; `category.not_found` (404).
pub fn find_category(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<CategoryRow> {
    let found = tx.opt(
        "select id, parent_id, path, name, picture_key, position from category where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    found.ok_or_else(|| Error::not_found("category.not_found", "没有找到这个分类"))
}

/// Makes a category; answers its id.
///
/// # Errors
/// `category.not_found` (404) for an unknown parent; 400 below the third level.
pub fn create_category(tx: &mut Tx<'_>, ctx: &Ctx, input: &CategoryInput) -> Result<Id> {
    check(input)?;
    let id = ctx.id();
    let parent_path = parent_path(tx, ctx.mall_id, input.parent_id)?;
    let path = format!("{parent_path}{id}/");
    check_depth(depth(&path))?;
    tx.exec(
        "insert into category (id, mall_id, parent_id, path, name, picture_key, position)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![id, ctx.mall_id, input.parent_id, path, input.name.trim(), &input.picture_key, input.position],
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(id)
}

/// Changes a category, and moves it with everything below it when the parent is another.
///
/// # Errors
/// `category.not_found` (404); 400 at `parent_id` when it would move below itself or too deep.
pub fn update_category(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &CategoryInput) -> Result<()> {
    check(input)?;
    let old = find_category(tx, ctx.mall_id, id)?;
    let parent_path = parent_path(tx, ctx.mall_id, input.parent_id)?;
    if parent_path.starts_with(&old.path) {
        return Err(Error::field("parent_id", "分类不能放到它自己下面"));
    }
    let path = format!("{parent_path}{id}/");
    if path != old.path {
        move_subtree(tx, ctx.mall_id, &old.path, &path)?;
    }
    tx.exec(
        "update category set parent_id = $3, name = $4, picture_key = $5, position = $6 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, input.parent_id, input.name.trim(), &input.picture_key, input.position],
    )?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(())
}

/// Deletes a category that nothing stands in.
///
/// # Errors
/// `category.in_use` (409) while it has children or products (those in the bin too).
pub fn delete_category(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<CategoryRow> {
    let category = find_category(tx, ctx.mall_id, id)?;
    let (children, products): (i64, i64) = tx.one(
        "select
           (select count(*) from category where mall_id = $1 and parent_id = $2),
           (select count(*) from product where mall_id = $1 and category_id = $2)",
        &args![ctx.mall_id, id],
    )?;
    if children > 0 {
        return Err(Error::conflict("category.in_use", format!("还有 {children} 个下级分类，请先移走它们")));
    }
    if products > 0 {
        let message = format!("还有 {products} 件商品在这个分类里（含回收站），请先移走它们");
        return Err(Error::conflict("category.in_use", message));
    }
    tx.exec("delete from category where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(category)
}

fn move_subtree(tx: &mut Tx<'_>, mall_id: MallId, old: &str, new: &str) -> Result<()> {
    let paths: Vec<String> =
        tx.all("select path from category where mall_id = $1 and path like $2 || '%'", &args![mall_id, old])?;
    let deepest = paths.iter().map(|path| depth(path)).max().unwrap_or(0);
    check_depth(deepest + depth(new) - depth(old))?;
    tx.exec(
        "update category
         set path = $3 || substr(path, length($2) + 1)
         where mall_id = $1 and path like $2 || '%'",
        &args![mall_id, old, new],
    )?;
    Ok(())
}

fn parent_path(tx: &mut Tx<'_>, mall_id: MallId, parent_id: Option<Id>) -> Result<String> {
    match parent_id {
        None => Ok(String::from("/")),
        Some(id) => find_category(tx, mall_id, id).map(|parent| parent.path).map_err(|e| e.at("parent_id")),
    }
}

fn depth(path: &str) -> usize {
    path.matches('/').count().saturating_sub(1)
}

fn check_depth(depth: usize) -> Result<()> {
    if depth <= DEEPEST { Ok(()) } else { Err(Error::field("parent_id", "分类最多三级")) }
}

fn check(input: &CategoryInput) -> Result<()> {
    if !(1..=12).contains(&input.name.trim().chars().count()) {
        return Err(Error::field("name", "分类名称要有 1 到 12 个字"));
    }
    if !(-1_000_000..=1_000_000).contains(&input.position) {
        return Err(Error::field("position", "排序数字超出范围"));
    }
    Ok(())
}

/// Categories by id, from the top down.
pub(super) fn by_ids(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<CategoryRow>> {
    tx.all(
        "select id, parent_id, path, name, picture_key, position
         from category
         where mall_id = $1 and id = any($2)
         order by length(path), id",
        &args![mall_id, ids],
    )
}
