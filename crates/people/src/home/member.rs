//! The home of a member: won by an invite or at the counter, whichever comes first; moved or ended by staff with a reason.
//! A guest's first invite waits until the guest is a member, at most [`VISIT_MS`].

use super::model::{COLUMNS, Home, How, Whose};
use db::{Arg, Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, days};
use platform::Ctx;

/// How long the invite a guest opened counts.
const VISIT_MS: i64 = days(30);

/// The home in force.
pub fn home_of(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Option<Home>> {
    tx.opt(
        &format!(
            "select {COLUMNS} from member_home h where h.mall_id = $1 and h.member_id = $2 and h.ended_at is null"
        ),
        &args![mall_id, member_id],
    )
}

/// Every home a member had, the latest first.
pub fn history(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<Home>> {
    tx.all(
        &format!(
            "select {COLUMNS} from member_home h where h.mall_id = $1 and h.member_id = $2 order by h.id desc limit 50"
        ),
        &args![mall_id, member_id],
    )
}

/// Somebody opened an invite. A member without a home has one now; of a guest the first invite is kept.
pub fn opened_by(tx: &mut Tx<'_>, ctx: &Ctx, shopper_id: Id, is_member: bool, whose: Whose) -> Result<()> {
    if is_member {
        win(tx, ctx, shopper_id, How::Invite, whose)?;
        return Ok(());
    }
    // An invite that counts no more makes room for this one.
    tx.exec(
        "insert into home_visit (mall_id, member_id, store_id, clerk_id, at)
         values ($1, $2, $3, $4, $5)
         on conflict (mall_id, member_id)
         do update set store_id = excluded.store_id, clerk_id = excluded.clerk_id, at = excluded.at
         where home_visit.at <= $6",
        &args![ctx.mall_id, shopper_id, whose.store_id, whose.clerk_id, ctx.now, ctx.now - VISIT_MS],
    )?;
    Ok(())
}

/// A member bought at the counter of a store.
pub fn win_at_counter(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, whose: Whose) -> Result<()> {
    win(tx, ctx, member_id, How::Counter, whose).map(drop)
}

/// The first wins: a home that is in force stays. Somebody the mall does not know wins nothing. Answers whether it is this one.
fn win(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, how: How, whose: Whose) -> Result<bool> {
    let won = tx.exec(
        "insert into member_home (id, mall_id, member_id, store_id, clerk_id, how, since)
         select cast($1 as bigint), m.mall_id, m.id, cast($4 as bigint), cast($5 as bigint), cast($6 as text), cast($7 as bigint)
         from member m
         where m.mall_id = $2 and m.id = $3 and m.kind = 'member'
         on conflict do nothing",
        &args![ctx.id(), ctx.mall_id, member_id, whose.store_id, whose.clerk_id, how.as_str(), ctx.now],
    )?;
    Ok(won == 1)
}

/// The guest `from` is the member `to` now, perhaps under the same id: the invite it opened counts.
pub fn join(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    let visit: Option<(Id, Option<Id>, Instant)> = tx.opt(
        "delete from home_visit where mall_id = $1 and member_id = $2 returning store_id, clerk_id, at",
        &args![ctx.mall_id, from],
    )?;
    if let Some((store_id, clerk_id, _)) = visit.filter(|(_, _, at)| *at > ctx.now - VISIT_MS) {
        win(tx, ctx, to, How::Invite, Whose { store_id, clerk_id })?;
    }
    Ok(())
}

/// The member `from` turned out to be the member `to`, who keeps its own home, else takes over that of `from`. What `from`
/// had before goes along.
pub fn merge(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    join(tx, ctx, from, to)?;
    tx.exec(
        "update member_home
         set ended_at = $4, ended_reason = '并入另一个账号'
         where mall_id = $1 and member_id = $2 and ended_at is null
           and exists (select 1 from member_home o where o.mall_id = $1 and o.member_id = $3 and o.ended_at is null)",
        &args![ctx.mall_id, from, to, ctx.now],
    )?;
    tx.exec(
        "update member_home set member_id = $3 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, from, to],
    )?;
    Ok(())
}

/// What staff decided: the home from now on, or none.
#[derive(Debug, Clone)]
pub struct Move {
    pub to: Option<Whose>,
    pub reason: String,
    pub staff_id: Id,
}

/// Ends the home in force and begins another, or none. What was sold before stays where it was counted.
/// Answers the home that ended. `home.same` (409), `home.changed_meanwhile` (409).
pub fn change(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, to: &Move) -> Result<Option<Home>> {
    let before: Option<Home> = tx.opt(
        &format!(
            "select {COLUMNS} from member_home h
             where h.mall_id = $1 and h.member_id = $2 and h.ended_at is null
             for update"
        ),
        &args![ctx.mall_id, member_id],
    )?;
    if before.as_ref().map(|home| home.whose) == to.to {
        return Err(Error::conflict("home.same", "归属没有变化"));
    }
    if let Some(before) = &before {
        let ended = tx.exec(
            "update member_home set ended_at = $3, ended_by = $4, ended_reason = $5
             where mall_id = $1 and id = $2 and ended_at is null",
            &args![ctx.mall_id, before.id, ctx.now, to.staff_id, &to.reason],
        )?;
        if ended == 0 {
            return Err(changed_meanwhile());
        }
    }
    if let Some(whose) = to.to {
        let begun = tx.exec(
            "insert into member_home (id, mall_id, member_id, store_id, clerk_id, how, since, set_by, reason)
             values ($1, $2, $3, $4, $5, 'staff', $6, $7, $8)
             on conflict do nothing",
            &args![ctx.id(), ctx.mall_id, member_id, whose.store_id, whose.clerk_id, ctx.now, to.staff_id, &to.reason],
        )?;
        if begun == 0 {
            return Err(changed_meanwhile());
        }
    }
    Ok(before)
}

fn changed_meanwhile() -> Error {
    Error::conflict("home.changed_meanwhile", "这位会员的归属刚刚有变动，请刷新后再改")
}

/// Members whose home is a clerk, or a store when no clerk is named; the latest first.
pub fn members_of(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    clerk_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Home>> {
    let mut values: Vec<Arg> = args![mall_id, cursor.map_or(i64::MAX, |cursor| cursor.id), limit + 1].to_vec();
    let mut sql =
        format!("select {COLUMNS} from member_home h where h.mall_id = $1 and h.ended_at is null and h.id < $2");
    if let Some(clerk_id) = clerk_id {
        values.push(clerk_id.into());
        sql.push_str(&format!(" and h.clerk_id is not null and h.clerk_id = ${}", values.len()));
    }
    if let Some(store_id) = store_id {
        values.push(store_id.into());
        sql.push_str(&format!(" and h.store_id = ${}", values.len()));
    }
    sql.push_str(" order by h.id desc limit $3");
    let rows: Vec<Home> = tx.all(&sql, &values)?;
    Ok(Page::from_rows(rows, limit, |home| Cursor { key: 0, id: home.id.0 }))
}

/// The account is gone: its homes name nobody, and count in the months that were.
pub fn forget_member(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<()> {
    tx.exec("delete from home_visit where mall_id = $1 and member_id = $2", &args![ctx.mall_id, member_id])?;
    tx.exec(
        "update member_home
         set member_id = null, reason = null, ended_reason = null, ended_at = coalesce(ended_at, $3)
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id, ctx.now],
    )?;
    Ok(())
}

/// Forgets invites that guests opened and never followed.
pub fn clear_up(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<()> {
    tx.exec("delete from home_visit where mall_id = $1 and at <= $2", &args![mall_id, now - VISIT_MS])?;
    Ok(())
}
