//! What trade asks of the catalogue: the facts of SKUs about to be sold, in one query, and the count of what was sold.

use super::draft::NoReturnReason;
use crate::label::{option_text, texts};
use db::{Tx, args, row};
use kernel::{Error, Fen, Id, MallId, Result};
use platform::Ctx;
use platform::cache::Topic;
use std::collections::{BTreeMap, HashMap};

/// A SKU as cart, quote and order need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuForSale {
    pub sku_id: Id,
    pub product_id: Id,
    pub shop_id: Id,
    /// Name of the product.
    pub name: String,
    /// `墨绿 / 38 码`; empty for a product without options.
    pub option_text: String,
    /// The SKU's own picture, else the product's first.
    pub picture_key: Option<String>,
    /// From the top category to the product's own.
    pub category_ids: Vec<Id>,
    pub brand_id: Option<Id>,
    pub price: Fen,
    /// A price really asked before, never below `price`.
    pub list_price: Option<Fen>,
    /// Of one piece.
    pub weight_g: i64,
    /// Of one piece.
    pub volume_cm3: i64,
    pub freight_template_id: Option<Id>,
    pub return_7d: bool,
    pub no_return_reason: Option<NoReturnReason>,
    /// Pieces of the product one member may buy in one order.
    pub purchase_limit: Option<i64>,
    /// The product is on sale now and neither it nor the SKU is deleted. Scheduled products turn on sale by a sweep
    /// ([`super::turn_due`]), so this is exact to the sweep's interval.
    pub on_sale: bool,
    /// Its shop takes orders.
    pub shop_open: bool,
}

/// Facts of SKUs, in any order; unknown ids and those of other malls are absent.
pub fn skus_for_sale(tx: &mut Tx<'_>, mall_id: MallId, sku_ids: &[Id]) -> Result<Vec<SkuForSale>> {
    let rows: Vec<Row> = tx.all(
        "select k.id, k.product_id, p.shop_id, p.name, k.option_values, k.picture_key, p.picture_keys,
           c.path, p.brand_id,
           k.price_fen, k.struck_fen, k.weight_g, k.volume_cm3,
           p.freight_template_id, p.return_7d, p.no_return_reason, p.purchase_limit,
           p.status = 'on_sale' and p.deleted_at is null and k.deleted_at is null, s.closed_at is null
         from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         join category c on c.mall_id = p.mall_id and c.id = p.category_id
         join shop s on s.mall_id = p.mall_id and s.id = p.shop_id
         where k.mall_id = $1 and k.id = any($2)",
        &args![mall_id, sku_ids],
    )?;
    rows.into_iter().map(SkuForSale::try_from).collect()
}

/// The twelve digits of a UPC-A are an EAN-13 behind a zero: scanners say the one, catalogues hold the other.
fn other_spelling(barcode: &str) -> Option<String> {
    let is_digits = barcode.bytes().all(|byte| byte.is_ascii_digit());
    match barcode.len() {
        12 if is_digits => Some(format!("0{barcode}")),
        13 if is_digits => barcode.strip_prefix('0').map(str::to_owned),
        _ => None,
    }
}

/// SKUs as a counter names them, and whether the whole barcode or code of one was given: then it is that one alone. Else at
/// most `limit` whose code begins so, or whose product is called so.
pub fn skus_named(tx: &mut Tx<'_>, mall_id: MallId, q: &str, limit: usize) -> Result<(Vec<Id>, bool)> {
    let mut spellings = [q.to_owned(), q.to_uppercase(), q.to_lowercase()].to_vec();
    spellings.extend(other_spelling(q));
    let whole: Vec<Id> = tx.all(
        "select id from sku where mall_id = $1 and barcode = any($2) and deleted_at is null
         union select id from sku where mall_id = $1 and code = any($2) and deleted_at is null
         limit $3",
        &args![mall_id, spellings, i64::try_from(limit).unwrap_or(i64::MAX)],
    )?;
    if !whole.is_empty() {
        let exact = whole.len() == 1;
        return Ok((whole, exact));
    }
    let mut found = crate::named::skus(tx, mall_id, q)?;
    found.truncate(limit);
    Ok((found, false))
}

/// SKUs of a shop that are on sale, in the order of their ids.
pub fn skus_on_sale(tx: &mut Tx<'_>, mall_id: MallId, shop_id: Id, after: i64, limit: i64) -> Result<Vec<Id>> {
    tx.all(
        "select k.id from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and k.id > $2 and k.deleted_at is null
           and p.shop_id = $3 and p.status = 'on_sale' and p.deleted_at is null
         order by k.id
         limit $4",
        &args![mall_id, after, shop_id, limit],
    )
}

/// Codes and barcodes of SKUs.
pub fn sku_codes(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, (String, Option<String>)>> {
    let rows: Vec<(Id, String, Option<String>)> =
        tx.all("select id, code, barcode from sku where mall_id = $1 and id = any($2)", &args![mall_id, ids])?;
    Ok(rows.into_iter().map(|(id, code, barcode)| (id, (code, barcode))).collect())
}

/// A SKU that may be chosen instead of another of its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuChoice {
    pub sku_id: Id,
    pub product_id: Id,
    pub option_text: String,
    pub price: Fen,
}

/// SKUs of products that are not deleted, in the order of their pages.
pub fn sku_choices(tx: &mut Tx<'_>, mall_id: MallId, product_ids: &[Id]) -> Result<Vec<SkuChoice>> {
    let rows: Vec<(Id, Id, String, Fen)> = tx.all(
        "select id, product_id, option_values, price_fen from sku
         where mall_id = $1 and product_id = any($2) and deleted_at is null
         order by product_id, position, id",
        &args![mall_id, product_ids],
    )?;
    let choice = |(sku_id, product_id, values, price): (Id, Id, String, Fen)| {
        Ok(SkuChoice { sku_id, product_id, option_text: option_text(&values)?, price })
    };
    rows.into_iter().map(choice).collect()
}

/// Adds to the products' sales counts: `(product, pieces)`, negative after a refund. The counts shown may lag by the
/// cache's few seconds: a sale touches the products' pages, not the lists of the whole mall.
pub fn add_sales(tx: &mut Tx<'_>, ctx: &Ctx, sold: &[(Id, i64)]) -> Result<()> {
    let mut sums = BTreeMap::new();
    for (product_id, pieces) in sold {
        *sums.entry(*product_id).or_insert(0i64) += pieces;
    }
    // In id order, so that two orders with the same products do not wait for each other in a circle.
    for (product_id, pieces) in sums.into_iter().filter(|(_, pieces)| *pieces != 0) {
        tx.exec(
            "update product
             set sales_count = case when sales_count + $3 > 0 then sales_count + $3 else 0 end
             where mall_id = $1 and id = $2",
            &args![ctx.mall_id, product_id, pieces],
        )?;
        ctx.touch(tx, Topic::Product(ctx.mall_id, product_id));
    }
    Ok(())
}

struct Row {
    id: Id,
    product_id: Id,
    shop_id: Id,
    name: String,
    option_values: String,
    picture_key: Option<String>,
    picture_keys: String,
    category_path: String,
    brand_id: Option<Id>,
    price: Fen,
    list_price: Option<Fen>,
    weight_g: i64,
    volume_cm3: i64,
    freight_template_id: Option<Id>,
    return_7d: bool,
    no_return_reason: Option<String>,
    purchase_limit: Option<i64>,
    on_sale: bool,
    shop_open: bool,
}
row!(Row {
    id,
    product_id,
    shop_id,
    name,
    option_values,
    picture_key,
    picture_keys,
    category_path,
    brand_id,
    price,
    list_price,
    weight_g,
    volume_cm3,
    freight_template_id,
    return_7d,
    no_return_reason,
    purchase_limit,
    on_sale,
    shop_open
});

impl TryFrom<Row> for SkuForSale {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self> {
        let picture_key = match row.picture_key {
            Some(key) => Some(key),
            None => texts(&row.picture_keys)?.into_iter().next(),
        };
        Ok(SkuForSale {
            sku_id: row.id,
            product_id: row.product_id,
            shop_id: row.shop_id,
            name: row.name,
            option_text: option_text(&row.option_values)?,
            picture_key,
            category_ids: row.category_path.split('/').filter_map(|part| part.parse().ok()).collect(),
            brand_id: row.brand_id,
            price: row.price,
            list_price: row.list_price,
            weight_g: row.weight_g,
            volume_cm3: row.volume_cm3,
            freight_template_id: row.freight_template_id,
            no_return_reason: NoReturnReason::parse(row.return_7d, row.no_return_reason.as_deref()),
            return_7d: row.return_7d,
            purchase_limit: row.purchase_limit,
            on_sale: row.on_sale,
            shop_open: row.shop_open,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::other_spelling;

    #[test]
    fn a_upc_has_two_spellings_and_nothing_else_has() {
        assert_eq!(other_spelling("012345678905").as_deref(), Some("0012345678905"));
        assert_eq!(other_spelling("0012345678905").as_deref(), Some("012345678905"));
        for other in ["6970000102483", "96385074", "龙井龙井", "TEA-12345678"] {
            assert_eq!(other_spelling(other), None, "{other}");
        }
    }
}
