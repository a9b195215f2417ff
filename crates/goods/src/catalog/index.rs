//! The search terms of a product, written in the transaction that changes it: its name weighs most, then keywords, tags
//! and brand, then subtitle, category and attributes, the description least.

use super::draft::ProductInput;
use super::rich_text::plain_text;
use crate::label::texts;
use db::{Tx, args};
use kernel::{Id, Result};
use platform::{Ctx, search};
use std::collections::BTreeMap;

/// The noun under which products are indexed.
pub(super) const KIND: &str = crate::named::PRODUCT;

/// Indexes a product as it is stored now.
pub(super) fn refresh(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let (name, subtitle, keywords, tags, description, brand, category): Stored = tx.one(
        "select p.name, p.subtitle, p.keywords, p.tags, p.description_html, coalesce(b.name, ''), c.name
         from product p
         join category c on c.mall_id = p.mall_id and c.id = p.category_id
         left join brand b on b.mall_id = p.mall_id and b.id = p.brand_id
         where p.mall_id = $1 and p.id = $2",
        &args![ctx.mall_id, id],
    )?;
    let attributes: Vec<String> = tx.all(
        "select value from product_attribute where mall_id = $1 and product_id = $2 order by position",
        &args![ctx.mall_id, id],
    )?;
    let codes: Vec<String> = tx.all(
        "select code from sku where mall_id = $1 and product_id = $2 and deleted_at is null order by position",
        &args![ctx.mall_id, id],
    )?;
    let (tags, attributes, codes) = (texts(&tags)?.join(" "), attributes.join(" "), codes.join(" "));
    let description = plain_text(&description, 600);
    let fields = [
        (name.as_str(), 10),
        (keywords.as_str(), 6),
        (brand.as_str(), 6),
        (tags.as_str(), 5),
        (codes.as_str(), 5),
        (category.as_str(), 4),
        (subtitle.as_str(), 3),
        (attributes.as_str(), 2),
        (description.as_str(), 1),
    ];
    search::index(tx, ctx.mall_id, KIND, id, &fields)?;
    let names: Vec<&str> =
        [&name, &brand, &category].into_iter().map(String::as_str).filter(|n| !n.is_empty()).collect();
    search::suggestible(tx, ctx.mall_id, &names, ctx.now)
}

/// The terms of a product that is about to be written; the same weights as [`refresh`].
pub(super) fn terms_of(input: &ProductInput, category: &str, brand: Option<&str>) -> BTreeMap<String, i64> {
    let joined = |list: Vec<&str>| list.join(" ");
    let tags = input.tags.join(" ");
    let codes = joined(input.skus.iter().map(|sku| sku.code.as_str()).collect());
    let attributes = joined(input.attributes.iter().map(|pair| pair.value.as_str()).collect());
    let description = plain_text(&input.description_html, 600);
    search::terms(&[
        (input.name.as_str(), 10),
        (input.keywords.as_deref().unwrap_or_default(), 6),
        (brand.unwrap_or_default(), 6),
        (tags.as_str(), 5),
        (codes.as_str(), 5),
        (category, 4),
        (input.subtitle.as_deref().unwrap_or_default(), 3),
        (attributes.as_str(), 2),
        (description.as_str(), 1),
    ])
}

/// Makes a product unfindable.
pub(super) fn remove(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    search::remove(tx, ctx.mall_id, KIND, id)
}

type Stored = (String, String, String, String, String, String, String);
