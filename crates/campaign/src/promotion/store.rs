//! Rows of promotions.

use super::model::Promotion;
use crate::desk::Wanted;
use crate::scope::CampaignStatus;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use std::collections::HashMap;
use trade::offers;

const COLUMNS: &str = "id, name, rule, scope, audience, starts_at, ends_at, budget_fen, spent_fen, per_member,
    group_name, priority, status, updated_at";

impl FromRow for Promotion {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Promotion {
            id: row.next()?,
            name: row.next()?,
            rule: crate::json(&row.next::<String>()?)?,
            scope: crate::json(&row.next::<String>()?)?,
            audience: crate::json(&row.next::<String>()?)?,
            starts_at: row.next()?,
            ends_at: row.next()?,
            budget: row.next()?,
            spent: row.next()?,
            per_member: row.next()?,
            group: row.next()?,
            priority: row.next()?,
            status: row.next()?,
            updated_at: row.next()?,
        })
    }
}

/// Published ones that have not ended.
pub fn published(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<Vec<Promotion>> {
    tx.all(
        &format!(
            "select {COLUMNS} from promotion
             where mall_id = $1 and status = 'published' and (ends_at is null or ends_at > $2)
             order by id"
        ),
        &args![mall_id, now],
    )
}

/// What was spent of each, and how often the member had it; only for those that count.
pub fn counts(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, ids: &[Id]) -> Result<HashMap<Id, (Fen, i64)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Id, Fen, i64)> = tx.all(
        "select p.id, p.spent_fen, coalesce(m.uses, 0)
         from promotion p
         left join promotion_member m on m.mall_id = p.mall_id and m.promotion_id = p.id and m.member_id = $2
         where p.mall_id = $1 and p.id = any($3)",
        &args![mall_id, member_id, ids],
    )?;
    Ok(rows.into_iter().map(|(id, spent, uses)| (id, (spent, uses))).collect())
}

/// One; `promotion.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Promotion> {
    let found =
        tx.opt(&format!("select {COLUMNS} from promotion where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("promotion.not_found", "没有找到这个活动"))
}

/// Newest first, with how many orders had each.
pub fn list(tx: &mut Tx<'_>, mall_id: MallId, wanted: Wanted) -> Result<Page<(Promotion, i64)>> {
    let columns = format!("{COLUMNS}, used_count");
    wanted.page(tx, mall_id, ("promotion", &columns), |(p, _): &(Promotion, i64)| p.id)
}

/// How many orders had it.
pub fn used_count(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<i64> {
    tx.one("select used_count from promotion where mall_id = $1 and id = $2", &args![mall_id, id])
}

/// Writes a new draft.
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, p: &Promotion) -> Result<()> {
    tx.exec(
        "insert into promotion (id, mall_id, name, kind, rule, scope, audience, starts_at, ends_at, budget_fen,
           per_member, group_name, priority, status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'draft', $14, $14)",
        &args![
            p.id,
            ctx.mall_id,
            &p.name,
            p.rule.kind(),
            crate::text(&p.rule)?,
            crate::text(&p.scope)?,
            crate::text(&p.audience)?,
            p.starts_at,
            p.ends_at,
            p.budget,
            p.per_member,
            &p.group,
            p.priority,
            ctx.now
        ],
    )?;
    Ok(())
}

/// Rewrites one that is not published; it becomes a draft again.
pub fn update(tx: &mut Tx<'_>, ctx: &Ctx, p: &Promotion) -> Result<()> {
    let changed = tx.exec(
        "update promotion
         set name = $3, kind = $4, rule = $5, scope = $6, audience = $7, starts_at = $8, ends_at = $9, budget_fen = $10,
             per_member = $11, group_name = $12, priority = $13, status = 'draft', updated_at = $14
         where mall_id = $1 and id = $2 and status <> 'published'",
        &args![
            ctx.mall_id,
            p.id,
            &p.name,
            p.rule.kind(),
            crate::text(&p.rule)?,
            crate::text(&p.scope)?,
            crate::text(&p.audience)?,
            p.starts_at,
            p.ends_at,
            p.budget,
            p.per_member,
            &p.group,
            p.priority,
            ctx.now
        ],
    )?;
    if changed == 0 {
        find(tx, ctx.mall_id, p.id)?;
        return Err(crate::published_already());
    }
    Ok(())
}

/// Moves from one status to another; `campaign.not_allowed` (409) when it is not there any more.
pub fn advance(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, from: &[&str], to: CampaignStatus) -> Result<()> {
    let from: Vec<String> = from.iter().map(|word| (*word).to_owned()).collect();
    let moved = tx.exec(
        "update promotion
         set status = $4, updated_at = $5, published_at = case when $4 = 'published' then $5 else published_at end
         where mall_id = $1 and id = $2 and status = any($3)",
        &args![ctx.mall_id, id, from, to.as_str(), ctx.now],
    )?;
    if moved == 0 {
        find(tx, ctx.mall_id, id)?;
        return Err(crate::not_allowed());
    }
    offers::touch(tx, ctx, super::PROMOTION)
}

/// Deletes a draft nobody used.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let gone = tx.exec(
        "delete from promotion where mall_id = $1 and id = $2 and status = 'draft' and used_count = 0",
        &args![ctx.mall_id, id],
    )?;
    if gone == 0 {
        find(tx, ctx.mall_id, id)?;
        return Err(crate::not_allowed());
    }
    Ok(())
}
