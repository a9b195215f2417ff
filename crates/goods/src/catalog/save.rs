//! Writing products: create, change with the version that was read, status, bin and restore. Attributes, tags, SKUs,
//! the search index and the product's price range are written in the same transaction as the product itself.

use super::bulk::{self, NewProduct};
use super::draft::{ProductInput, ProductStatus};
use super::index;
use super::price;
use super::sku::replace_skus;
use crate::inventory;
use db::{OnConstraint, Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;

/// Makes a product of the mall's shop; initial stock goes to the default warehouse. `input` is [checked].
/// `slug` is an optional readable key for demo data and imports. Answers the product's id.
///
/// # Errors
/// `sku.code_taken` (409); 400 at `category_id`, `brand_id` or `freight_template_id` for what does not exist.
///
/// [checked]: ProductInput::checked
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, input: &ProductInput, slug: Option<&str>) -> Result<Id> {
    check_references(tx, ctx.mall_id, input)?;
    let (category, brand) = bulk::names(tx, ctx.mall_id, input)?;
    let product = NewProduct::new(ctx, input.clone(), slug, &category, brand.as_deref());
    let id = product.id;
    bulk::insert(tx, ctx, std::slice::from_ref(&product))?;
    Ok(id)
}

/// Changes a product. SKUs without id are new, SKUs left out are deleted (their history stays).
///
/// # Errors
/// `product.changed` (409) when `input.version` is not the stored one; `product.not_found` (404), also for a product in
/// the bin; `sku.code_taken` (409); 400 for a SKU id of another product.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &ProductInput) -> Result<()> {
    let version = input.version.ok_or_else(|| Error::field("version", "缺少商品版本，请刷新后再改"))?;
    check_references(tx, ctx.mall_id, input)?;
    let (lowest, highest) = input.prices();
    let shop_id: Option<Id> = tx
        .opt(
            "update product
         set category_id = $4, brand_id = $5, freight_template_id = $6, name = $7, subtitle = $8,
           description_html = $9, picture_keys = $10, video_key = $11, options = $12, tags = $13, keywords = $14,
           status = $15, on_sale_at = $16, off_sale_at = $17, return_7d = $18, purchase_limit = $19,
           min_price_fen = $20, max_price_fen = $21, updated_at = $22, code = $23,
           no_return_reason = $24,
           version = version + 1
         where mall_id = $1 and id = $2 and version = $3 and deleted_at is null
         returning shop_id",
            &args![
                ctx.mall_id,
                id,
                version,
                input.category_id,
                input.brand_id,
                input.freight_template_id,
                &input.name,
                input.subtitle.as_deref().unwrap_or_default(),
                &input.description_html,
                json(&input.picture_keys)?,
                &input.video_key,
                json(&input.options)?,
                json(&input.tags)?,
                input.keywords.as_deref().unwrap_or_default(),
                input.status.as_str(),
                input.on_sale_at,
                input.off_sale_at,
                input.return_7d,
                input.purchase_limit,
                lowest,
                highest,
                ctx.now,
                &input.code,
                input.no_return()
            ],
        )
        .on_constraint("product_code_taken", |_| bulk::code_taken())?;
    let Some(shop_id) = shop_id else { return Err(why_not_changed(tx, ctx.mall_id, id)?) };
    for table in ["product_attribute", "product_tag"] {
        tx.exec(&format!("delete from {table} where mall_id = $1 and product_id = $2"), &args![ctx.mall_id, id])?;
    }
    bulk::write_parts(tx, ctx, std::iter::once((id, input)))?;
    index::refresh(tx, ctx, id)?;
    replace_skus(tx, ctx, id, shop_id, input)?;
    note_product_prices(tx, ctx, id)?;
    inventory::refresh_products(tx, ctx, &[id])?;
    touch(tx, ctx, id)?;
    Ok(())
}

/// Puts a product on or off sale now, or back to its schedule. Answers its name.
///
/// # Errors
/// `product.not_found` (404); 400 when it is to be scheduled but has no instant to go on sale.
pub fn set_status(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, status: ProductStatus) -> Result<String> {
    let name: Option<String> = tx.opt(
        "update product
         set status = $3, updated_at = $4, version = version + 1
         where mall_id = $1 and id = $2 and deleted_at is null and ($3 <> 'scheduled' or on_sale_at is not null)
         returning name",
        &args![ctx.mall_id, id, status.as_str(), ctx.now],
    )?;
    let Some(name) = name else {
        let exists = exists(tx, ctx.mall_id, id)?;
        return Err(if exists {
            Error::field("status", "请先在商品里选择定时上架的时间")
        } else {
            not_found()
        });
    };
    touch(tx, ctx, id)?;
    Ok(name)
}

/// Puts a product into the bin: no shopper sees or finds it. Answers its name.
pub fn bin(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<String> {
    let name: Option<String> = tx.opt(
        "update product
         set deleted_at = $3, status = 'off_sale', updated_at = $3, version = version + 1
         where mall_id = $1 and id = $2 and deleted_at is null
         returning name",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    let name = name.ok_or_else(not_found)?;
    index::remove(tx, ctx, id)?;
    touch(tx, ctx, id)?;
    Ok(name)
}

/// Takes a product out of the bin, off sale. Answers its name.
pub fn restore(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<String> {
    let name: Option<String> = tx.opt(
        "update product
         set deleted_at = null, updated_at = $3, version = version + 1
         where mall_id = $1 and id = $2 and deleted_at is not null
         returning name",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    let name = name.ok_or_else(not_found)?;
    index::refresh(tx, ctx, id)?;
    touch(tx, ctx, id)?;
    Ok(name)
}

/// Turns products on and off sale whose instant has come; answers how many. Run every few seconds per mall.
pub fn turn_due(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize> {
    let mut turned: Vec<Id> = tx.all(
        "update product
         set status = 'on_sale', updated_at = $2
         where mall_id = $1 and status = 'scheduled' and on_sale_at <= $2 and deleted_at is null
         returning id",
        &args![ctx.mall_id, ctx.now],
    )?;
    turned.extend(tx.all::<Id>(
        "update product
         set status = 'off_sale', off_sale_at = null, updated_at = $2
         where mall_id = $1 and status = 'on_sale' and off_sale_at <= $2 and deleted_at is null
         returning id",
        &args![ctx.mall_id, ctx.now],
    )?);
    for id in &turned {
        touch(tx, ctx, *id)?;
    }
    Ok(turned.len())
}

/// Whether [`turn_due`] has anything to do; a read, so that the sweep of a quiet mall costs no write.
pub fn anything_due(tx: &mut Tx<'_>, mall_id: MallId, now: kernel::Instant) -> Result<bool> {
    let due: Option<Id> = tx.opt(
        "select id
         from product
         where mall_id = $1 and deleted_at is null
           and ((status = 'scheduled' and on_sale_at <= $2) or (status = 'on_sale' and off_sale_at <= $2))
         limit 1",
        &args![mall_id, now],
    )?;
    Ok(due.is_some())
}

/// Notes the prices of a product's SKUs as they are now, and settles which list prices may be shown.
fn note_product_prices(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let prices: Vec<(Id, i64)> = tx.all(
        "select id, price_fen from sku where mall_id = $1 and product_id = $2 and deleted_at is null",
        &args![ctx.mall_id, id],
    )?;
    price::note_prices(tx, ctx, &prices)?;
    price::settle_struck(tx, ctx, &[id])
}

fn check_references(tx: &mut Tx<'_>, mall_id: MallId, input: &ProductInput) -> Result<()> {
    super::category::find_category(tx, mall_id, input.category_id)
        .map_err(|_| Error::field("category_id", "请选择商品分类"))?;
    if let Some(brand_id) = input.brand_id {
        super::brand::find_brand(tx, mall_id, brand_id).map_err(|_| Error::field("brand_id", "这个品牌已经不在了"))?;
    }
    if let Some(template_id) = input.freight_template_id {
        let known: Option<Id> =
            tx.opt("select id from freight_template where mall_id = $1 and id = $2", &args![mall_id, template_id])?;
        known.ok_or_else(|| Error::field("freight_template_id", "这个运费模板已经不在了"))?;
    }
    let sku_pictures = input.skus.iter().filter_map(|sku| sku.picture_key.as_ref());
    let keys: Vec<&str> =
        input.picture_keys.iter().chain(sku_pictures).chain(&input.video_key).map(String::as_str).collect();
    crate::picture::check_known(tx, mall_id, "picture_keys", &keys)
}

fn why_not_changed(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Error> {
    Ok(if exists(tx, mall_id, id)? {
        Error::conflict("product.changed", "别人刚刚改过这件商品，请刷新后再改")
    } else {
        not_found()
    })
}

fn exists(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<bool> {
    let found: Option<Id> =
        tx.opt("select id from product where mall_id = $1 and id = $2 and deleted_at is null", &args![mall_id, id])?;
    Ok(found.is_some())
}

pub(super) fn not_found() -> Error {
    Error::not_found("product.not_found", "没有找到这件商品")
}

#[derive(serde::Serialize)]
struct Changed {
    product_id: Id,
}

/// Stale answers go, and whoever listens is told.
pub(super) fn touch(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    ctx.touch(tx, Topic::Product(ctx.mall_id, id));
    ctx.touch(tx, Topic::Catalog(ctx.mall_id));
    platform::outbox::emit(tx, ctx, "product.changed", &Changed { product_id: id })
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
