//! Points lie in buckets that expire; the oldest are used first. Whoever changes a member's buckets holds the row of the
//! balance, so the buckets of one member change one after another.

use super::model::{Account, Entry};
use super::post::{credit, debit, locked};
use db::{Arg, Tx, args};
use kernel::{Error, Id, Instant, Result};
use platform::Ctx;

/// Points about to be given.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    pub member_id: Id,
    pub kind: &'static str,
    pub source_id: Id,
    /// Positive.
    pub amount: i64,
    pub note: &'a str,
    /// [`NEVER`](super::NEVER) for points that do not expire.
    pub expires_at: Instant,
}

/// What a spending was called when it was made.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub member_id: Id,
    pub kind: &'static str,
    pub source_id: Id,
}

const POINTS: Account = Account::Points;

/// Gives points. False, and nothing changed, when this source gave them before.
pub fn earn(tx: &mut Tx<'_>, ctx: &Ctx, grant: &Grant<'_>) -> Result<bool> {
    let Grant { member_id, kind, source_id, amount, note, expires_at } = *grant;
    if !credit(tx, ctx, &Entry { account: POINTS, member_id, kind, source_id, amount, note })? {
        return Ok(false);
    }
    bucket(tx, ctx, member_id, (kind, source_id), amount, expires_at)?;
    Ok(true)
}

fn bucket(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    cause: (&str, Id),
    amount: i64,
    expires_at: Instant,
) -> Result<()> {
    tx.exec(
        "insert into points_bucket (id, mall_id, member_id, kind, source_id, granted, remaining, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        &args![ctx.id(), ctx.mall_id, member_id, cause.0, cause.1, amount, expires_at, ctx.now],
    )?;
    Ok(())
}

/// Spends points, the soonest to expire first. `points.not_enough` (409).
/// False, and nothing changed, when this source spent them before.
pub fn spend(tx: &mut Tx<'_>, ctx: &Ctx, spent: &Spent, amount: i64, note: &str) -> Result<bool> {
    let Spent { member_id, kind, source_id } = *spent;
    if !debit(tx, ctx, &Entry { account: POINTS, member_id, kind, source_id, amount, note })? {
        return Ok(false);
    }
    let open: Vec<(Id, i64)> = tx.all(
        "select id, remaining from points_bucket
         where mall_id = $1 and member_id = $2 and remaining > 0
         order by expires_at, id
         for update",
        &args![ctx.mall_id, member_id],
    )?;
    let used = draw(tx, ctx, &open, amount)?;
    let rows: Vec<Vec<Arg>> = used
        .into_iter()
        .map(|(bucket_id, amount)| args![ctx.mall_id, kind, source_id, bucket_id, amount].to_vec())
        .collect();
    tx.insert_many("insert into points_use (mall_id, kind, source_id, bucket_id, amount) values", "", &rows)?;
    Ok(true)
}

/// Empties buckets in the given order until `amount` is reached; answers what was taken of each.
fn draw(tx: &mut Tx<'_>, ctx: &Ctx, open: &[(Id, i64)], amount: i64) -> Result<Vec<(Id, i64)>> {
    let mut wanted = amount;
    let mut used = Vec::new();
    let mut emptied = Vec::new();
    for (id, remaining) in open {
        if wanted == 0 {
            break;
        }
        let taken = wanted.min(*remaining);
        wanted -= taken;
        used.push((*id, taken));
        if taken == *remaining {
            emptied.push(*id);
        } else {
            tx.exec(
                "update points_bucket set remaining = remaining - $3 where mall_id = $1 and id = $2",
                &args![ctx.mall_id, *id, taken],
            )?;
        }
    }
    if wanted > 0 {
        return Err(Error::internal("the buckets hold fewer points than the balance"));
    }
    tx.exec(
        "update points_bucket set remaining = 0 where mall_id = $1 and id = any($2)",
        &args![ctx.mall_id, &emptied],
    )?;
    Ok(used)
}

/// Gives back part of what a spending took: the points used last come back first, into their buckets. What belongs to
/// a bucket whose day has passed comes back for `grace_ms` from now, or expires with the next sweep without a grace.
pub fn give_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    spent: &Spent,
    back: (&'static str, Id),
    amount: i64,
    note: &str,
    grace_ms: Option<i64>,
) -> Result<bool> {
    let member_id = spent.member_id;
    let (kind, source_id) = back;
    if !credit(tx, ctx, &Entry { account: POINTS, member_id, kind, source_id, amount, note })? {
        return Ok(false);
    }
    let uses: Vec<(Id, i64, Instant)> = tx.all(
        "select u.bucket_id, u.amount - u.returned, b.expires_at
         from points_use u
         join points_bucket b on b.mall_id = u.mall_id and b.id = u.bucket_id
         where u.mall_id = $1 and u.kind = $2 and u.source_id = $3 and u.returned < u.amount
         order by b.expires_at desc, b.id desc",
        &args![ctx.mall_id, spent.kind, spent.source_id],
    )?;
    let (mut wanted, mut late) = (amount, 0);
    for (bucket_id, left, expires_at) in uses {
        let returned = wanted.min(left);
        if returned == 0 {
            break;
        }
        wanted -= returned;
        tx.exec(
            "update points_use set returned = returned + $5
             where mall_id = $1 and kind = $2 and source_id = $3 and bucket_id = $4",
            &args![ctx.mall_id, spent.kind, spent.source_id, bucket_id, returned],
        )?;
        if expires_at <= ctx.now && grace_ms.is_some() {
            late += returned;
        } else {
            tx.exec(
                "update points_bucket set remaining = remaining + $3, member_id = $4 where mall_id = $1 and id = $2",
                &args![ctx.mall_id, bucket_id, returned, member_id],
            )?;
        }
    }
    if wanted > 0 {
        return Err(Error::internal(format_args!(
            "more points came back than {} {} took",
            spent.kind, spent.source_id
        )));
    }
    if late > 0 {
        bucket(tx, ctx, member_id, back, late, ctx.now + grace_ms.unwrap_or(0))?;
    }
    Ok(true)
}

/// Takes points back that were given for something undone: first from the bucket of `of`, then the soonest to expire.
/// What was spent already cannot be taken; answers how much was.
pub fn take_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    of: &Spent,
    reversal: (&'static str, Id),
    wanted: i64,
    note: &str,
) -> Result<i64> {
    let member_id = of.member_id;
    let amount = locked(tx, ctx.mall_id, member_id, POINTS)?.min(wanted);
    let (kind, source_id) = reversal;
    if amount <= 0 || !debit(tx, ctx, &Entry { account: POINTS, member_id, kind, source_id, amount, note })? {
        return Ok(0);
    }
    let open: Vec<(Id, i64)> = tx.all(
        "select id, remaining from points_bucket
         where mall_id = $1 and member_id = $2 and remaining > 0
         order by case when kind = $3 and source_id = $4 then 0 else 1 end, expires_at, id
         for update",
        &args![ctx.mall_id, member_id, of.kind, of.source_id],
    )?;
    draw(tx, ctx, &open, amount)?;
    Ok(amount)
}
