//! Rows of coupon templates.

use super::model::{CouponSource, Held, Template};
use crate::desk::Wanted;
use crate::scope::CampaignStatus;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Error, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use std::collections::HashMap;
use trade::offers;

const COLUMNS: &str =
    "id, name, shop_id, rule, scope, audience, validity, sources, takes_from, takes_until, stock, taken,
    per_member, daily_quota, with_coupons, with_promotions, transferable, min_order_fen, status, updated_at";

impl FromRow for Template {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Template {
            id: row.next()?,
            name: row.next()?,
            shop_id: row.next()?,
            rule: crate::json(&row.next::<String>()?)?,
            scope: crate::json(&row.next::<String>()?)?,
            audience: crate::json(&row.next::<String>()?)?,
            validity: crate::json(&row.next::<String>()?)?,
            sources: crate::json(&row.next::<String>()?)?,
            takes_from: row.next()?,
            takes_until: row.next()?,
            stock: row.next()?,
            taken: row.next()?,
            per_member: row.next()?,
            daily_quota: row.next()?,
            with_coupons: row.next()?,
            with_promotions: row.next()?,
            transferable: row.next()?,
            min_order: row.next()?,
            status: row.next()?,
            updated_at: row.next()?,
        })
    }
}

/// All that were ever published: members may hold coupons of those that were stopped.
pub fn published(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Template>> {
    tx.all(
        &format!("select {COLUMNS} from coupon_template where mall_id = $1 and published_at is not null order by id"),
        &args![mall_id],
    )
}

/// Templates given out now, newest first.
pub fn open(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<Vec<Template>> {
    tx.all(
        &format!(
            "select {COLUMNS} from coupon_template
             where mall_id = $1 and status = 'published' and takes_from <= $2 and (takes_until is null or takes_until > $2)
             order by id desc
             limit 200"
        ),
        &args![mall_id, now],
    )
}

/// One; `coupon.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Template> {
    let found =
        tx.opt(&format!("select {COLUMNS} from coupon_template where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    found.ok_or_else(not_found)
}

/// Some, in any order; unknown ids are absent.
pub fn find_all(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<Template>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.all(&format!("select {COLUMNS} from coupon_template where mall_id = $1 and id = any($2)"), &args![mall_id, ids])
}

pub fn not_found() -> Error {
    Error::not_found("coupon.not_found", "没有找到这张优惠券")
}

/// Newest first.
pub fn list(tx: &mut Tx<'_>, mall_id: MallId, wanted: Wanted) -> Result<Page<Template>> {
    wanted.page(tx, mall_id, ("coupon_template", COLUMNS), |t: &Template| t.id)
}

/// How many coupons of each template were used.
pub fn used(tx: &mut Tx<'_>, mall_id: MallId, template_ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select template_id, count(*) from coupon
         where mall_id = $1 and template_id = any($2) and status = 'used'
         group by template_id",
        &args![mall_id, template_ids],
    )?;
    Ok(rows.into_iter().collect())
}

/// What the member could use now or soon.
pub fn held(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, now: Instant) -> Result<Vec<Held>> {
    tx.all(
        "select id, template_id, valid_from, valid_until from coupon
         where mall_id = $1 and member_id = $2 and status = 'unused' and valid_until > $3
         order by valid_until, id
         limit 200",
        &args![mall_id, member_id, now],
    )
}

/// How many the member took of each template.
pub fn taken_by(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, template_ids: &[Id]) -> Result<HashMap<Id, i64>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select template_id, taken from coupon_member where mall_id = $1 and member_id = $2 and template_id = any($3)",
        &args![mall_id, member_id, template_ids],
    )?;
    Ok(rows.into_iter().collect())
}

fn columns_of(t: &Template) -> Result<Vec<Arg>> {
    Ok(Vec::from(args![
        &t.name,
        t.shop_id,
        t.rule.kind(),
        crate::text(&t.rule)?,
        crate::text(&t.scope)?,
        crate::text(&t.audience)?,
        crate::text(&t.validity)?,
        crate::text(&t.sources)?,
        t.takes_from,
        t.takes_until,
        t.stock,
        t.per_member,
        t.daily_quota,
        t.with_coupons,
        t.with_promotions,
        t.transferable,
        t.min_order
    ]))
}

/// Writes a new draft.
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, t: &Template) -> Result<()> {
    let mut values = Vec::from(args![t.id, ctx.mall_id, ctx.now]);
    values.extend(columns_of(t)?);
    tx.exec(
        "insert into coupon_template (id, mall_id, created_at, updated_at, status, name, shop_id, kind, rule, scope,
           audience, validity, sources, takes_from, takes_until, stock, per_member, daily_quota, with_coupons,
           with_promotions, transferable, min_order_fen)
         values ($1, $2, $3, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        &values,
    )?;
    Ok(())
}

/// Rewrites one that is not published; it becomes a draft again. Coupons taken before follow the new words.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, t: &Template) -> Result<()> {
    let mut values = Vec::from(args![t.id, ctx.mall_id, ctx.now]);
    values.extend(columns_of(t)?);
    let changed = tx.exec(
        "update coupon_template
         set updated_at = $3, status = 'draft', name = $4, shop_id = $5, kind = $6, rule = $7, scope = $8, audience = $9,
             validity = $10, sources = $11, takes_from = $12, takes_until = $13, stock = $14, per_member = $15,
             daily_quota = $16, with_coupons = $17, with_promotions = $18, transferable = $19, min_order_fen = $20
         where mall_id = $2 and id = $1 and status = 'draft' and taken = 0",
        &values,
    )?;
    if changed == 0 {
        find(tx, ctx.mall_id, t.id)?;
        return Err(Error::conflict("campaign.published", "已经有人领过的券不能再改，请停止发放后另建一种"));
    }
    Ok(())
}

/// Moves from one status to another; `campaign.not_allowed` (409) when it is not there any more.
pub fn advance(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, from: &[&str], to: CampaignStatus) -> Result<()> {
    let from: Vec<String> = from.iter().map(|word| (*word).to_owned()).collect();
    let moved = tx.exec(
        "update coupon_template
         set status = $4, updated_at = $5, published_at = case when $4 = 'published' then $5 else published_at end
         where mall_id = $1 and id = $2 and status = any($3)",
        &args![ctx.mall_id, id, from, to.as_str(), ctx.now],
    )?;
    if moved == 0 {
        find(tx, ctx.mall_id, id)?;
        return Err(crate::not_allowed());
    }
    offers::touch(tx, ctx, super::COUPON)
}

/// Deletes a draft nobody took.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let batches: i64 =
        tx.one("select count(*) from coupon_batch where mall_id = $1 and template_id = $2", &args![ctx.mall_id, id])?;
    find(tx, ctx.mall_id, id)?;
    if batches > 0 {
        return Err(crate::not_allowed());
    }
    let gone = tx.exec(
        "delete from coupon_template where mall_id = $1 and id = $2 and status = 'draft' and taken = 0",
        &args![ctx.mall_id, id],
    )?;
    if gone == 1 { Ok(()) } else { Err(crate::not_allowed()) }
}

/// Published templates of a way of giving.
pub fn of_source(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, source: CouponSource) -> Result<Vec<Template>> {
    Ok(open(tx, mall_id, now)?.into_iter().filter(|t| t.open_at(now) && t.from(source)).collect())
}
