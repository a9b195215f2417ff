//! Rows of limited-time sales.

use super::model::{LimitedItem, LimitedSale};
use crate::desk::Wanted;
use crate::scope::CampaignStatus;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Error, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use std::collections::HashMap;
use trade::offers;

const COLUMNS: &str = "id, name, starts_at, ends_at, with_promotions, with_coupons, status, updated_at";

impl FromRow for LimitedSale {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(LimitedSale {
            id: row.next()?,
            name: row.next()?,
            starts_at: row.next()?,
            ends_at: row.next()?,
            with_promotions: row.next()?,
            with_coupons: row.next()?,
            status: row.next()?,
            updated_at: row.next()?,
            items: Vec::new(),
        })
    }
}

struct ItemRow {
    sale_id: Id,
    item: LimitedItem,
}

impl FromRow for ItemRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(ItemRow {
            sale_id: row.next()?,
            item: LimitedItem {
                sku_id: row.next()?,
                product_id: row.next()?,
                price: row.next()?,
                cap: row.next()?,
                per_member: row.next()?,
            },
        })
    }
}

/// Fills in the items of sales; one query.
fn with_items(tx: &mut Tx<'_>, mall_id: MallId, mut sales: Vec<LimitedSale>) -> Result<Vec<LimitedSale>> {
    let ids: Vec<Id> = sales.iter().map(|sale| sale.id).collect();
    if ids.is_empty() {
        return Ok(sales);
    }
    let rows: Vec<ItemRow> = tx.all(
        "select sale_id, sku_id, product_id, price_fen, cap, per_member from limited_item
         where mall_id = $1 and sale_id = any($2)
         order by sale_id, sku_id",
        &args![mall_id, ids],
    )?;
    for row in rows {
        if let Some(sale) = sales.iter_mut().find(|sale| sale.id == row.sale_id) {
            sale.items.push(row.item);
        }
    }
    Ok(sales)
}

/// Published ones that have not ended, with their items.
pub fn published(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<Vec<LimitedSale>> {
    let sales = tx.all(
        &format!(
            "select {COLUMNS} from limited_sale
             where mall_id = $1 and status = 'published' and ends_at > $2
             order by starts_at, id"
        ),
        &args![mall_id, now],
    )?;
    with_items(tx, mall_id, sales)
}

/// One; `limited_sale.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<LimitedSale> {
    let found =
        tx.all(&format!("select {COLUMNS} from limited_sale where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    let not_found = || Error::not_found("limited_sale.not_found", "没有找到这场限时购");
    with_items(tx, mall_id, found)?.pop().ok_or_else(not_found)
}

/// Newest first, with their items.
pub fn list(tx: &mut Tx<'_>, mall_id: MallId, wanted: Wanted) -> Result<Page<LimitedSale>> {
    let page = wanted.page(tx, mall_id, ("limited_sale", COLUMNS), |sale: &LimitedSale| sale.id)?;
    Ok(Page { items: with_items(tx, mall_id, page.items)?, next_cursor: page.next_cursor })
}

/// Pieces sold, by sale and SKU.
pub fn sold_of(tx: &mut Tx<'_>, mall_id: MallId, sale_ids: &[Id]) -> Result<HashMap<(Id, Id), i64>> {
    let rows: Vec<(Id, Id, i64)> = tx.all(
        "select sale_id, sku_id, sold from limited_item where mall_id = $1 and sale_id = any($2)",
        &args![mall_id, sale_ids],
    )?;
    Ok(rows.into_iter().map(|(sale, sku, sold)| ((sale, sku), sold)).collect())
}

/// Pieces sold and pieces the member had, by sale and SKU; one query.
pub fn counts(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    sale_ids: &[Id],
    sku_ids: &[Id],
) -> Result<HashMap<(Id, Id), (i64, i64)>> {
    let rows: Vec<(Id, Id, i64, i64)> = tx.all(
        "select i.sale_id, i.sku_id, i.sold, coalesce(m.pieces, 0)
         from limited_item i
         left join limited_member m
           on m.mall_id = i.mall_id and m.sale_id = i.sale_id and m.sku_id = i.sku_id and m.member_id = $2
         where i.mall_id = $1 and i.sale_id = any($3) and i.sku_id = any($4)",
        &args![mall_id, member_id, sale_ids, sku_ids],
    )?;
    Ok(rows.into_iter().map(|(sale, sku, sold, had)| ((sale, sku), (sold, had))).collect())
}

/// Writes a sale as a draft: a new one, or one that is not published. Pieces sold before stay counted.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, sale: &LimitedSale, is_new: bool) -> Result<()> {
    let sql = if is_new {
        "insert into limited_sale (mall_id, id, name, starts_at, ends_at, with_promotions, with_coupons, status,
           created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $8)"
    } else {
        "update limited_sale
         set name = $3, starts_at = $4, ends_at = $5, with_promotions = $6, with_coupons = $7, status = 'draft',
             updated_at = $8
         where mall_id = $1 and id = $2 and status <> 'published'"
    };
    let changed = tx.exec(
        sql,
        &args![
            ctx.mall_id,
            sale.id,
            &sale.name,
            sale.starts_at,
            sale.ends_at,
            sale.with_promotions,
            sale.with_coupons,
            ctx.now
        ],
    )?;
    if changed == 0 {
        return Err(crate::published_already());
    }
    let kept: Vec<Id> = sale.items.iter().map(|item| item.sku_id).collect();
    let sold: Option<Id> = tx.opt(
        "select sku_id from limited_item
         where mall_id = $1 and sale_id = $2 and sold > 0 and not (sku_id = any($3))
         limit 1",
        &args![ctx.mall_id, sale.id, &kept],
    )?;
    if sold.is_some() {
        return Err(Error::conflict("limited_sale.item_sold", "已经卖出的规格不能去掉"));
    }
    tx.exec(
        "delete from limited_item where mall_id = $1 and sale_id = $2 and not (sku_id = any($3))",
        &args![ctx.mall_id, sale.id, &kept],
    )?;
    let rows: Vec<Vec<Arg>> = sale
        .items
        .iter()
        .map(|item| {
            let (price, cap, per_member) = (item.price, item.cap, item.per_member);
            Vec::from(args![ctx.mall_id, sale.id, item.sku_id, item.product_id, price, cap, per_member])
        })
        .collect();
    tx.insert_many(
        "insert into limited_item (mall_id, sale_id, sku_id, product_id, price_fen, cap, per_member) values",
        "on conflict (mall_id, sale_id, sku_id) do update
         set price_fen = excluded.price_fen, cap = excluded.cap, per_member = excluded.per_member",
        &rows,
    )?;
    Ok(())
}

/// Moves from one status to another; `campaign.not_allowed` (409) when it is not there any more.
pub fn advance(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, from: &[&str], to: CampaignStatus) -> Result<()> {
    let from: Vec<String> = from.iter().map(|word| (*word).to_owned()).collect();
    let moved = tx.exec(
        "update limited_sale
         set status = $4, updated_at = $5, published_at = case when $4 = 'published' then $5 else published_at end
         where mall_id = $1 and id = $2 and status = any($3)",
        &args![ctx.mall_id, id, from, to.as_str(), ctx.now],
    )?;
    if moved == 0 {
        find(tx, ctx.mall_id, id)?;
        return Err(crate::not_allowed());
    }
    offers::touch(tx, ctx, super::LIMITED)
}

/// Deletes a draft that sold nothing.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let sale = find(tx, ctx.mall_id, id)?;
    let sold: i64 = tx.one(
        "select coalesce(cast(sum(sold) as bigint), 0) from limited_item where mall_id = $1 and sale_id = $2",
        &args![ctx.mall_id, id],
    )?;
    if sale.status != CampaignStatus::Draft || sold > 0 {
        return Err(crate::not_allowed());
    }
    tx.exec("delete from limited_item where mall_id = $1 and sale_id = $2", &args![ctx.mall_id, id])?;
    tx.exec("delete from limited_sale where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    Ok(())
}
