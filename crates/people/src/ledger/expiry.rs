//! The end of points: a sweep takes what is left in buckets whose day has passed, and says a week before that it will.

use super::model::Account;
use db::{Arg, Tx, args, row};
use kernel::{Id, Instant, MallId, Result};
use platform::Ctx;

/// Buckets emptied in one transaction.
const BATCH: i64 = 500;

struct Due {
    id: Id,
    member_id: Id,
    remaining: i64,
}
row!(Due { id, member_id, remaining });

/// Takes expired points; answers how many buckets it emptied. Call it again while it answers something.
pub fn expire_points(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<usize> {
    let found: Vec<(Id, Id)> = tx.all(
        "select id, member_id from points_bucket
         where mall_id = $1 and remaining > 0 and expires_at <= $2
         order by expires_at
         limit $3",
        &args![ctx.mall_id, ctx.now, BATCH],
    )?;
    if found.is_empty() {
        return Ok(0);
    }
    let (ids, mut members): (Vec<Id>, Vec<Id>) = found.into_iter().unzip();
    members.sort_unstable();
    members.dedup();
    // The balances are locked before the buckets, as everywhere.
    let _locked: Vec<(Id,)> = tx.all(
        "select member_id from ledger_balance
         where mall_id = $1 and account = 'points' and member_id = any($2)
         order by member_id
         for update",
        &args![ctx.mall_id, &members],
    )?;
    let due: Vec<Due> = tx.all(
        "select id, member_id, remaining from points_bucket
         where mall_id = $1 and id = any($2) and remaining > 0
         order by id
         for update",
        &args![ctx.mall_id, &ids],
    )?;
    post_expired(tx, ctx, &due)?;
    let emptied: Vec<Id> = due.iter().map(|bucket| bucket.id).collect();
    tx.exec(
        "update ledger_balance
         set amount = amount - (select cast(sum(b.remaining) as bigint) from points_bucket b
           where b.mall_id = ledger_balance.mall_id and b.member_id = ledger_balance.member_id and b.id = any($3))
         where mall_id = $1 and account = 'points' and member_id = any($2)
           and exists (select 1 from points_bucket b
             where b.mall_id = ledger_balance.mall_id and b.member_id = ledger_balance.member_id and b.id = any($3))",
        &args![ctx.mall_id, &members, &emptied],
    )?;
    tx.exec(
        "update points_bucket set remaining = 0 where mall_id = $1 and id = any($2)",
        &args![ctx.mall_id, &emptied],
    )?;
    Ok(due.len())
}

fn post_expired(tx: &mut Tx<'_>, ctx: &Ctx, due: &[Due]) -> Result<()> {
    let mut legs: Vec<Vec<Arg>> = Vec::with_capacity(due.len() * 2);
    for bucket in due {
        // Points may come back to a bucket after its day, so the bucket's id could post twice.
        let source_id = ctx.id();
        let account = Account::Points;
        let sides = [
            (account.as_str(), bucket.member_id, account.leg(), -bucket.remaining),
            (account.mall_side(), Id(0), account.leg() + 1, bucket.remaining),
        ];
        for (account, member_id, leg, amount) in sides {
            legs.push(
                args![
                    ctx.id(),
                    ctx.mall_id,
                    account,
                    member_id,
                    "points_expired",
                    source_id,
                    leg,
                    amount,
                    "积分到期",
                    ctx.actor.kind(),
                    ctx.now
                ]
                .to_vec(),
            );
        }
    }
    tx.insert_many(
        "insert into ledger_posting
           (id, mall_id, account, member_id, kind, source_id, leg, amount, note, actor_kind, at) values",
        "",
        &legs,
    )?;
    Ok(())
}

/// Points of one member that expire soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiringSoon {
    pub member_id: Id,
    pub amount: i64,
    /// The first of the days.
    pub expires_at: Instant,
}
row!(ExpiringSoon { member_id, amount, expires_at });

/// What of a member's points expires until `until`, and when the first of it does.
pub fn expiring_soon(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, until: Instant) -> Result<Option<ExpiringSoon>> {
    tx.opt(
        "select member_id, cast(sum(remaining) as bigint), min(expires_at) from points_bucket
         where mall_id = $1 and member_id = $2 and remaining > 0 and expires_at <= $3
         group by member_id",
        &args![mall_id, member_id, until],
    )
}

/// Members whose points expire until `until` and who were not told yet; marks them as told. At most a few hundred.
pub fn remind_expiring(tx: &mut Tx<'_>, ctx: &Ctx, until: Instant) -> Result<Vec<ExpiringSoon>> {
    let members: Vec<(Id,)> = tx.all(
        "select distinct member_id from (select member_id from points_bucket
           where mall_id = $1 and remaining > 0 and expires_at > $2 and expires_at <= $3 and reminded_at is null
           order by expires_at
           limit $4) due",
        &args![ctx.mall_id, ctx.now, until, BATCH],
    )?;
    let members: Vec<Id> = members.into_iter().map(|row| row.0).collect();
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let due: Vec<ExpiringSoon> = tx.all(
        "select member_id, cast(sum(remaining) as bigint), min(expires_at) from points_bucket
         where mall_id = $1 and member_id = any($2) and remaining > 0 and expires_at > $3 and expires_at <= $4
         group by member_id",
        &args![ctx.mall_id, &members, ctx.now, until],
    )?;
    tx.exec(
        "update points_bucket set reminded_at = $3
         where mall_id = $1 and member_id = any($2) and remaining > 0 and expires_at <= $4 and reminded_at is null",
        &args![ctx.mall_id, &members, ctx.now, until],
    )?;
    Ok(due)
}
