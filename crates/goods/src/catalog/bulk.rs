//! New products, one or hundreds, in a handful of statements. What takes thought (checks, words to be found by) is done
//! before, outside the transaction, so that an import holds the writer only for writing.

use super::draft::ProductInput;
use super::index;
use super::price::note_new_prices;
use super::save::{json, touch};
use super::sku::{NewSku, insert_skus};
use crate::store;
use db::{Arg, OnConstraint, Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::{Ctx, search};
use std::collections::{BTreeMap, HashMap};

/// A product about to be written: [checked](ProductInput::checked), its references known to exist.
#[derive(Debug, Clone)]
pub struct NewProduct {
    pub id: Id,
    pub input: ProductInput,
    slug: Option<String>,
    terms: BTreeMap<String, i64>,
    names: Vec<String>,
}

impl NewProduct {
    /// `category` and `brand` are their names: a product is found by them too.
    pub fn new(ctx: &Ctx, input: ProductInput, slug: Option<&str>, category: &str, brand: Option<&str>) -> Self {
        let terms = index::terms_of(&input, category, brand);
        let names = [Some(input.name.as_str()), brand, Some(category)].into_iter().flatten();
        NewProduct { id: ctx.id(), slug: slug.map(Into::into), terms, names: names.map(Into::into).collect(), input }
    }
}

/// Names of the category and the brand of an input.
pub(super) fn names(tx: &mut Tx<'_>, mall_id: MallId, input: &ProductInput) -> Result<(String, Option<String>)> {
    tx.one(
        "select c.name, (select b.name from brand b where b.mall_id = $1 and b.id = $3)
         from category c
         where c.mall_id = $1 and c.id = $2",
        &args![mall_id, input.category_id, input.brand_id],
    )
}

/// Writes new products with everything that belongs to them.
///
/// # Errors
/// `sku.code_taken`, `product.code_taken` (409).
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, products: &[NewProduct]) -> Result<()> {
    if products.is_empty() {
        return Ok(());
    }
    let shop_of = shops_of(tx, ctx, products)?;
    let rows: Vec<Vec<Arg>> =
        products.iter().map(|product| row(ctx, shop_of[&product.id], product)).collect::<Result<_>>()?;
    tx.insert_many(
        "insert into product (id, mall_id, shop_id, category_id, brand_id, freight_template_id, slug, code, name,
           subtitle, description_html, picture_keys, video_key, options, tags, keywords, status, on_sale_at,
           off_sale_at, return_7d, no_return_reason, purchase_limit, min_price_fen, max_price_fen, created_at, updated_at)
         values",
        "",
        &rows,
    )
    .on_constraint("product_code_taken", |_| code_taken())?;
    write_parts(tx, ctx, products.iter().map(|product| (product.id, &product.input)))?;
    let documents: Vec<_> = products.iter().map(|product| (product.id, &product.terms)).collect();
    search::index_new(tx, ctx.mall_id, index::KIND, &documents)?;
    let names: Vec<&str> = products.iter().flat_map(|product| product.names.iter().map(String::as_str)).collect();
    search::suggestible(tx, ctx.mall_id, &names, ctx.now)?;
    let skus: Vec<NewSku<'_>> = products
        .iter()
        .flat_map(|product| {
            let new = |(position, sku)| NewSku { product_id: product.id, id: ctx.id(), position, sku };
            product.input.skus.iter().enumerate().map(new)
        })
        .collect();
    let mut shops: Vec<Id> = shop_of.values().copied().collect();
    shops.sort_unstable();
    shops.dedup();
    for shop_id in shops {
        let own: Vec<NewSku<'_>> = skus.iter().filter(|new| shop_of[&new.product_id] == shop_id).copied().collect();
        insert_skus(tx, ctx, shop_id, &own)?;
    }
    let prices: Vec<(Id, i64)> = skus.iter().map(|new| (new.id, new.sku.price_fen)).collect();
    note_new_prices(tx, ctx, &prices)?;
    products.iter().try_for_each(|product| touch(tx, ctx, product.id))?;
    Ok(())
}

/// The shop of each product: the one it names, or the mall's first.
fn shops_of(tx: &mut Tx<'_>, ctx: &Ctx, products: &[NewProduct]) -> Result<HashMap<Id, Id>> {
    let first = store::only_shop(tx, ctx.mall_id)?;
    let mut named: Vec<Id> = products.iter().filter_map(|product| product.input.shop_id).collect();
    named.sort_unstable();
    named.dedup();
    if !named.is_empty() && store::shop_names(tx, ctx.mall_id, &named)?.len() != named.len() {
        return Err(Error::field("shop_id", "没有找到这家店铺"));
    }
    Ok(products.iter().map(|product| (product.id, product.input.shop_id.unwrap_or(first))).collect())
}

pub(super) fn code_taken() -> Error {
    Error::conflict("product.code_taken", "商品编码已经被用了，请换一个").at("code")
}

fn row(ctx: &Ctx, shop_id: Id, product: &NewProduct) -> Result<Vec<Arg>> {
    let input = &product.input;
    let (lowest, highest) = input.prices();
    Ok(Vec::from(args![
        product.id,
        ctx.mall_id,
        shop_id,
        input.category_id,
        input.brand_id,
        input.freight_template_id,
        &product.slug,
        &input.code,
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
        input.no_return(),
        input.purchase_limit,
        lowest,
        highest,
        ctx.now,
        ctx.now
    ]))
}

/// Attributes and tags.
pub(super) fn write_parts<'a>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    products: impl Iterator<Item = (Id, &'a ProductInput)> + Clone,
) -> Result<()> {
    let attributes: Vec<Vec<Arg>> = products
        .clone()
        .flat_map(|(id, input)| {
            let row = move |(position, pair): (i64, &super::draft::NameValue)| {
                Vec::from(args![ctx.mall_id, id, &pair.name, &pair.value, position])
            };
            (0i64..).zip(&input.attributes).map(row)
        })
        .collect();
    tx.insert_many(
        "insert into product_attribute (mall_id, product_id, name, value, position) values",
        "",
        &attributes,
    )?;
    let tags: Vec<Vec<Arg>> = products
        .flat_map(|(id, input)| input.tags.iter().map(move |tag| Vec::from(args![ctx.mall_id, tag, id])))
        .collect();
    tx.insert_many("insert into product_tag (mall_id, tag, product_id) values", "", &tags)?;
    Ok(())
}
