//! Many members change their home together, because a clerk left or a store closes. Which they are is fixed by a bound on the
//! ids of their homes: what begins after the bound is not met, so nobody is moved twice, whoever else moves them meanwhile.

use super::model::{COLUMNS, Home, Whose};
use db::{Arg, Tx, args};
use kernel::{Id, MallId, Result};
use platform::Ctx;
use std::collections::BTreeSet;

/// Whose members: a store's, a clerk's at any store, or a clerk's at a store. One of the two is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub store_id: Option<Id>,
    pub clerk_id: Option<Id>,
}

/// Who goes where. Whoever is there already is not meant.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    pub from: Held,
    pub to: Whose,
    /// The last id of a home that is moved; later ones are somebody's newer decision.
    pub upto: Id,
}

/// The homes of a batch that are in force, as a condition on `h` and its values.
fn chosen(mall_id: MallId, batch: &Batch) -> (String, Vec<Arg>) {
    let there = batch.to.clerk_id.unwrap_or_default();
    let mut values: Vec<Arg> = args![mall_id, batch.upto, batch.to.store_id, there].to_vec();
    let mut sql = "h.mall_id = $1 and h.ended_at is null and h.id <= $2
           and (h.store_id <> $3 or coalesce(h.clerk_id, 0) <> $4)"
        .to_owned();
    if let Some(clerk_id) = batch.from.clerk_id {
        values.push(clerk_id.into());
        sql.push_str(&format!(" and h.clerk_id is not null and h.clerk_id = ${}", values.len()));
    }
    if let Some(store_id) = batch.from.store_id {
        values.push(store_id.into());
        sql.push_str(&format!(" and h.store_id = ${}", values.len()));
    }
    (sql, values)
}

/// How many members a batch would move now.
pub fn count_to_move(tx: &mut Tx<'_>, mall_id: MallId, batch: &Batch) -> Result<i64> {
    let (chosen, values) = chosen(mall_id, batch);
    let (members,) = tx.one(&format!("select count(*) from member_home h where {chosen}"), &values)?;
    Ok(members)
}

/// Some of them, the latest first.
pub fn sample_to_move(tx: &mut Tx<'_>, mall_id: MallId, batch: &Batch, limit: i64) -> Result<Vec<Home>> {
    let (chosen, mut values) = chosen(mall_id, batch);
    values.push(limit.into());
    let sql = format!("select {COLUMNS} from member_home h where {chosen} order by h.id desc limit ${}", values.len());
    tx.all(&sql, &values)
}

/// The next homes to move after a place, in the order of ids.
pub fn next_to_move(tx: &mut Tx<'_>, mall_id: MallId, batch: &Batch, after: Id, limit: i64) -> Result<Vec<Id>> {
    let (chosen, mut values) = chosen(mall_id, batch);
    values.extend([after.into(), limit.into()]);
    let (from, most) = (values.len() - 1, values.len());
    let sql = format!("select h.id from member_home h where {chosen} and h.id > ${from} order by h.id limit ${most}");
    tx.all(&sql, &values)
}

/// Ends these homes and begins others, as [`change`](super::change) does for one; answers how many. A home that ended
/// meanwhile stays ended, and its member where they are.
pub fn move_all(tx: &mut Tx<'_>, ctx: &Ctx, homes: &[Id], to: Whose, reason: &str, staff_id: Id) -> Result<i64> {
    // Whoever merges or closes an account holds its row: afterwards its homes are as that left them.
    let members: Vec<Id> = tx.all(
        "select m.id from member m
         where m.mall_id = $1 and m.kind = 'member'
           and m.id in (select h.member_id from member_home h
             where h.mall_id = $1 and h.id = any($2) and h.ended_at is null)
         order by m.id
         for update",
        &args![ctx.mall_id, homes],
    )?;
    let ended: Vec<Id> = tx.all(
        "update member_home set ended_at = $4, ended_by = $5, ended_reason = $6
         where mall_id = $1 and id = any($2) and member_id = any($3) and ended_at is null
         returning member_id",
        &args![ctx.mall_id, homes, &members, ctx.now, staff_id, reason],
    )?;
    let ended: BTreeSet<Id> = ended.into_iter().collect();
    let begun: Vec<Vec<Arg>> = ended
        .iter()
        .map(|member_id| {
            args![ctx.id(), ctx.mall_id, *member_id, to.store_id, to.clerk_id, "staff", ctx.now, staff_id, reason]
                .to_vec()
        })
        .collect();
    tx.insert_many(
        "insert into member_home (id, mall_id, member_id, store_id, clerk_id, how, since, set_by, reason) values",
        "",
        &begun,
    )?;
    Ok(i64::try_from(begun.len()).unwrap_or(0))
}

/// Members of somebody who does not work at that store any more.
#[derive(Debug, Clone)]
pub struct Left {
    pub clerk_id: Id,
    pub clerk_name: String,
    /// The account is in use, at another store.
    pub is_active: bool,
    pub store_id: Id,
    pub members: i64,
}
db::row!(Left { clerk_id, clerk_name, is_active, store_id, members });

/// Whose account is disabled or bound to another store and who still has members, at a store or at all of them.
pub fn left_behind(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Vec<Left>> {
    // Both sides of the present store, so that the members there are not looked at.
    let half = |gone: &str| {
        format!(
            "select s.id, s.name, s.status = 'active', h.store_id, count(*)
             from staff s
             join member_home h on h.mall_id = s.mall_id and h.clerk_id = s.id
             where s.mall_id = $1 and h.clerk_id is not null and h.ended_at is null and {gone}
               and (cast($2 as bigint) is null or h.store_id = $2)
             group by s.id, s.name, s.status, h.store_id"
        )
    };
    let all = [
        "s.status <> 'active'",
        "s.status = 'active' and h.store_id < s.store_id",
        "s.status = 'active' and h.store_id > s.store_id",
    ]
    .map(half);
    tx.all(&format!("{} order by 1, 4", all.join(" union all ")), &args![mall_id, store_id])
}
