//! Where a file is shown. Looked up for one file at a time, when a person asks or is about to delete it.

use db::{Tx, args};
use kernel::{Id, Instant, MallId, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// One place that shows a file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileUse {
    /// `product`, `category`, `brand`, `store`, `page`, `review`, `mall`.
    pub kind: String,
    pub id: Id,
    pub name: String,
}
db::row!(FileUse { kind, id, name });

/// The most places told of one kind.
const TOLD: i64 = 20;

/// Every kind of place with its question; `$2` is the key, `$3` its stem between percent signs, `$5` the instant since
/// which the many (products, reviews) are looked at.
const QUESTIONS: [&str; 9] = [
    "select 'product', p.id, p.name
     from product p
     where p.mall_id = $1 and p.updated_at >= $5 and (p.picture_keys like $3 or p.video_key = $2 or p.description_html like $3)
     order by p.id desc limit $4",
    "select 'product', p.id, p.name
     from sku s
     join product p on p.mall_id = s.mall_id and p.id = s.product_id
     where s.mall_id = $1 and s.picture_key = $2 and s.deleted_at is null and $3 <> '' and p.updated_at >= $5
     order by p.id desc limit $4",
    "select 'category', c.id, c.name from category c where c.mall_id = $1 and c.picture_key = $2 and $3 <> '' and cast($5 as bigint) >= 0 limit $4",
    "select 'brand', b.id, b.name from brand b where b.mall_id = $1 and b.logo_key = $2 and $3 <> '' and cast($5 as bigint) >= 0 limit $4",
    "select 'store', s.id, s.name from store s where s.mall_id = $1 and s.picture_key = $2 and $3 <> '' and cast($5 as bigint) >= 0 limit $4",
    "select 'page', p.id, p.title
     from page p
     where p.mall_id = $1 and $2 <> '' and cast($5 as bigint) >= 0
       and (p.blocks like $3
         or exists (select 1 from page_draft d where d.mall_id = p.mall_id and d.page_id = p.id and d.blocks like $3))
     order by p.id limit $4",
    "select 'page', p.id, p.title
     from page p
     where p.mall_id = $1 and $2 <> '' and cast($5 as bigint) >= 0
       and exists (select 1 from page_version v where v.mall_id = p.mall_id and v.page_id = p.id and v.blocks like $3)
     order by p.id limit $4",
    "select 'review', r.id, r.nickname
     from review r
     where r.mall_id = $1 and $2 <> '' and r.picture_keys like $3 and r.created_at >= $5
     order by r.id desc limit $4",
    "select 'mall', m.id, m.name from mall m where m.id = $1 and $2 <> '' and m.settings like $3 and cast($5 as bigint) >= 0 limit $4",
];

/// Every place that shows a file, each once; of products and reviews only those written since an instant.
pub(super) fn of(tx: &mut Tx<'_>, mall_id: MallId, key: &str, since: Instant) -> Result<Vec<FileUse>> {
    let stem = key.rsplit_once('.').map_or(key, |(stem, _)| stem);
    // A description names one of the sizes, which share the stem.
    let within = format!("%{stem}%");
    let mut found: Vec<FileUse> = Vec::new();
    for question in QUESTIONS {
        let rows: Vec<FileUse> = tx.all(question, &args![mall_id, key, &within, TOLD, since])?;
        for row in rows {
            if !found.iter().any(|known| known.kind == row.kind && known.id == row.id) {
                found.push(row);
            }
        }
    }
    Ok(found)
}
