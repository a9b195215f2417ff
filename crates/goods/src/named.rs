//! Goods as staff name them in a search field of the back office: by a code, a barcode, or words that customers would use.

use db::{Tx, args};
use kernel::{Id, MallId, Result};
use platform::search;

/// What products are called in the search.
pub(crate) const PRODUCT: &str = "product";

/// More hits of words than this are cut off, the best stay.
const MOST_PRODUCTS: i64 = 2_000;
const MOST_SKUS: i64 = 10_000;

/// Products by a whole code or barcode, and by words.
pub(crate) fn products(tx: &mut Tx<'_>, mall_id: MallId, q: &str) -> Result<Vec<Id>> {
    let spellings = [q.to_owned(), q.to_uppercase(), q.to_lowercase()].to_vec();
    let mut ids: Vec<Id> = tx.all(
        "select id from product where mall_id = $1 and code = any($2)
         union all select product_id from sku where mall_id = $1 and code = any($2)
         union all select product_id from sku where mall_id = $1 and barcode = any($2)",
        &args![mall_id, spellings],
    )?;
    if let Some(plan) = search::plan(tx, mall_id, PRODUCT, q)? {
        ids.extend(plan.top(tx, MOST_PRODUCTS)?.into_iter().map(|hit| hit.0));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// SKUs by the beginning of their code or barcode; when no code begins so, those of the products that are meant.
pub(crate) fn skus(tx: &mut Tx<'_>, mall_id: MallId, q: &str) -> Result<Vec<Id>> {
    let (upper, lower) = (q.to_uppercase(), q.to_lowercase());
    // The highest character closes a range: everything that begins with the words sorts before it.
    let last = |begin: &str| format!("{begin}\u{10FFFF}");
    let coded: Vec<Id> = tx.all(
        "select id from sku where mall_id = $1 and code >= $2 and code < $3
         union select id from sku where mall_id = $1 and code >= $4 and code < $5
         union select id from sku where mall_id = $1 and code >= $6 and code < $7
         union select id from sku where mall_id = $1 and barcode >= $2 and barcode < $3
         limit $8",
        &args![mall_id, q, last(q), &upper, last(&upper), &lower, last(&lower), MOST_SKUS],
    )?;
    if !coded.is_empty() {
        return Ok(coded);
    }
    let product_ids = products(tx, mall_id, q)?;
    tx.all(
        "select id from sku where mall_id = $1 and product_id = any($2) limit $3",
        &args![mall_id, product_ids, MOST_SKUS],
    )
}
