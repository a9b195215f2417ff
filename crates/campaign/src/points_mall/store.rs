//! Rows of the points mall, and the guarded updates that keep its bounds.

use super::model::{PointsItem, Thing};
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::Ctx;
use std::collections::HashMap;

const COLUMNS: &str = "id, sku_id, product_id, template_id, points, price_fen, stock, taken, per_member, on_sale";

impl FromRow for PointsItem {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let id = row.next()?;
        let (sku_id, product_id, template_id): (Option<Id>, Option<Id>, Option<Id>) =
            (row.next()?, row.next()?, row.next()?);
        let thing = match (sku_id, product_id, template_id) {
            (Some(sku_id), Some(product_id), None) => Thing::Sku { sku_id, product_id },
            (None, None, Some(template_id)) => Thing::Coupon { template_id },
            _ => return Err(Error::internal("a points item is neither goods nor a coupon")),
        };
        Ok(PointsItem {
            id,
            thing,
            points: row.next()?,
            price: row.next()?,
            stock: row.next()?,
            taken: row.next()?,
            per_member: row.next()?,
            on_sale: row.next()?,
        })
    }
}

pub fn not_found() -> Error {
    Error::not_found("points_item.not_found", "没有找到这件可兑换的商品")
}

/// One; `points_item.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<PointsItem> {
    let found: Option<PointsItem> =
        tx.opt(&format!("select {COLUMNS} from points_item where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    found.ok_or_else(not_found)
}

/// Newest first; on sale only, or all.
pub fn list(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    on_sale: bool,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<PointsItem>> {
    let only = if on_sale { " and on_sale" } else { "" };
    let rows: Vec<PointsItem> = tx.all(
        &format!(
            "select {COLUMNS} from points_item where mall_id = $1 and id < $2{only}
             order by id desc
             limit $3"
        ),
        &args![mall_id, cursor.map_or(i64::MAX, |c| c.id), limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |item| Cursor { key: 0, id: item.id.0 }))
}

/// Pieces the member has of each item.
pub fn taken_by(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select item_id, pieces from points_item_member where mall_id = $1 and member_id = $2 and item_id = any($3)",
        &args![mall_id, member_id, ids],
    )?;
    Ok(rows.into_iter().collect())
}

/// Writes an item, new or changed; what members took of it stays.
pub fn save(tx: &mut Tx<'_>, ctx: &Ctx, item: &PointsItem, new: bool) -> Result<()> {
    let (sku_id, product_id, template_id) = match item.thing {
        Thing::Sku { sku_id, product_id } => (Some(sku_id), Some(product_id), None),
        Thing::Coupon { template_id } => (None, None, Some(template_id)),
    };
    let values: Vec<Arg> = Vec::from(args![
        item.id,
        ctx.mall_id,
        ctx.now,
        sku_id,
        product_id,
        template_id,
        item.kind().as_str(),
        item.points,
        item.price,
        item.stock,
        item.per_member,
        item.on_sale
    ]);
    let saved = if new {
        tx.exec(
            "insert into points_item (id, mall_id, created_at, updated_at, sku_id, product_id, template_id, kind,
               points, price_fen, stock, per_member, on_sale)
             values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &values,
        )?
    } else {
        tx.exec(
            "update points_item
             set updated_at = $3, sku_id = $4, product_id = $5, template_id = $6, kind = $7, points = $8,
                 price_fen = $9, stock = $10, per_member = $11, on_sale = $12
             where mall_id = $2 and id = $1",
            &values,
        )?
    };
    if saved == 1 { Ok(()) } else { Err(not_found()) }
}

/// Deletes one nobody took; `points_item.taken` (409).
pub fn delete(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<()> {
    find(tx, mall_id, id)?;
    let used: Option<Id> =
        tx.opt("select id from points_exchange where mall_id = $1 and item_id = $2 limit 1", &args![mall_id, id])?;
    if used.is_some() {
        return Err(Error::conflict("points_item.used", "已经有人兑换过，请改为下架"));
    }
    tx.exec("delete from points_item where mall_id = $1 and id = $2", &args![mall_id, id])?;
    Ok(())
}

/// An exchange about to be kept.
pub struct NewExchange {
    pub id: Id,
    pub item_id: Id,
    pub member_id: Id,
    pub order_id: Option<Id>,
    pub coupon_id: Option<Id>,
    pub pieces: i64,
    pub points: i64,
}

/// Takes pieces from stock and from what the member may have. False when either does not suffice, or the item is off
/// sale or costs other points than `points` by now.
pub fn take(tx: &mut Tx<'_>, ctx: &Ctx, item_id: Id, member_id: Id, pieces: i64, points: i64) -> Result<bool> {
    let limit: Option<(Option<i64>,)> = tx.opt(
        "update points_item set taken = taken + $3
         where mall_id = $1 and id = $2 and on_sale and points * $3 = $4 and (stock is null or taken + $3 <= stock)
         returning per_member",
        &args![ctx.mall_id, item_id, pieces, points],
    )?;
    let Some((limit,)) = limit else { return Ok(false) };
    let limit = limit.unwrap_or(i64::MAX);
    let counted = tx.exec(
        "insert into points_item_member (mall_id, item_id, member_id, pieces) values ($1, $2, $3, $4)
         on conflict (mall_id, item_id, member_id)
         do update set pieces = points_item_member.pieces + excluded.pieces
         where points_item_member.pieces + excluded.pieces <= $5",
        &args![ctx.mall_id, item_id, member_id, pieces, limit],
    )?;
    Ok(counted == 1 && pieces <= limit)
}

/// Keeps an exchange.
pub fn insert_exchange(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewExchange) -> Result<()> {
    tx.exec(
        "insert into points_exchange (id, mall_id, item_id, member_id, order_id, coupon_id, pieces, points, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            new.id,
            ctx.mall_id,
            new.item_id,
            new.member_id,
            new.order_id,
            new.coupon_id,
            new.pieces,
            new.points,
            ctx.now
        ],
    )?;
    Ok(())
}

/// Pieces of an order return to item and member; `None` returns all that is left. Answers the points that go with them.
pub fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, pieces: Option<i64>) -> Result<i64> {
    let found: Option<(Id, Id, Id, i64, i64, i64, i64)> = tx.opt(
        "select id, item_id, member_id, pieces, points, pieces_back, points_back from points_exchange
         where mall_id = $1 and order_id = $2
         for update",
        &args![ctx.mall_id, order_id],
    )?;
    let Some((id, item_id, member_id, all, points, back, points_back)) = found else { return Ok(0) };
    let pieces = pieces.unwrap_or(i64::MAX).min(all - back);
    if pieces <= 0 {
        return Ok(0);
    }
    // Every piece cost the same.
    let due = points / all * (back + pieces) - points_back;
    tx.exec(
        "update points_exchange set pieces_back = pieces_back + $3, points_back = points_back + $4
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, pieces, due],
    )?;
    tx.exec(
        "update points_item set taken = taken - $3 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, item_id, pieces],
    )?;
    tx.exec(
        "update points_item_member set pieces = pieces - $4 where mall_id = $1 and item_id = $2 and member_id = $3",
        &args![ctx.mall_id, item_id, member_id, pieces],
    )?;
    Ok(due)
}
