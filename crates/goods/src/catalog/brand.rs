//! Brands: a name, a logo and a story. A brand that products carry cannot be deleted.

use db::{OnConstraint, Tx, args, row};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A brand as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    pub id: Id,
    pub name: String,
    pub logo_key: Option<String>,
    pub story: String,
    pub position: i64,
}
row!(BrandRow { id, name, logo_key, story, position });

/// What staff write about a brand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BrandInput {
    /// 1–20 characters, unique in the mall.
    pub name: String,
    pub logo_key: Option<String>,
    /// At most 500 characters.
    pub story: Option<String>,
    /// Lower comes first.
    pub position: i64,
}

/// All brands, in their order.
pub fn brands(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<BrandRow>> {
    tx.all(
        "select id, name, logo_key, story, position from brand where mall_id = $1 order by position, id",
        &args![mall_id],
    )
}

/// A brand; `brand.not_found` (404).
pub fn find_brand(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<BrandRow> {
    let found = tx.opt(
        "select id, name, logo_key, story, position from brand where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    found.ok_or_else(|| Error::not_found("brand.not_found", "没有找到这个品牌"))
}

/// Makes a brand; `brand.name_taken` (409).
pub fn create_brand(tx: &mut Tx<'_>, ctx: &Ctx, input: &BrandInput) -> Result<Id> {
    check(input)?;
    let id = ctx.id();
    tx.exec(
        "insert into brand (id, mall_id, name, logo_key, story, position) values ($1, $2, $3, $4, $5, $6)",
        &args![id, ctx.mall_id, input.name.trim(), &input.logo_key, story(input), input.position],
    )
    .on_constraint("brand_name_taken", name_taken)?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(id)
}

/// Changes a brand; `brand.not_found` (404), `brand.name_taken` (409).
pub fn update_brand(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &BrandInput) -> Result<()> {
    check(input)?;
    find_brand(tx, ctx.mall_id, id)?;
    tx.exec(
        "update brand set name = $3, logo_key = $4, story = $5, position = $6 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, input.name.trim(), &input.logo_key, story(input), input.position],
    )
    .on_constraint("brand_name_taken", name_taken)?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(())
}

/// Deletes a brand that no product carries; `brand.in_use` (409) otherwise (those in the bin too).
pub fn delete_brand(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<BrandRow> {
    let brand = find_brand(tx, ctx.mall_id, id)?;
    let products: i64 =
        tx.one("select count(*) from product where mall_id = $1 and brand_id = $2", &args![ctx.mall_id, id])?;
    if products > 0 {
        let message = format!("还有 {products} 件商品用着这个品牌（含回收站），请先改掉它们");
        return Err(Error::conflict("brand.in_use", message));
    }
    tx.exec("delete from brand where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    Ok(brand)
}

fn check(input: &BrandInput) -> Result<()> {
    if !(1..=20).contains(&input.name.trim().chars().count()) {
        return Err(Error::field("name", "品牌名称要有 1 到 20 个字"));
    }
    if story(input).chars().count() > 500 {
        return Err(Error::field("story", "品牌故事最长 500 个字"));
    }
    Ok(())
}

fn story(input: &BrandInput) -> &str {
    input.story.as_deref().unwrap_or_default().trim()
}

fn name_taken(_: Error) -> Error {
    Error::conflict("brand.name_taken", "已经有同名的品牌了").at("name")
}
