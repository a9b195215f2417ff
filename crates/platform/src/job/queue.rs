//! The SQL of table `job`. Every move is guarded by the state and the attempt it was read with, so a node whose lease
//! ran out cannot settle work that another node has taken over.

use super::{Job, Jobs};
use crate::ctx::Ctx;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, hours, seconds};
use serde::Serialize;

/// How long a claimed job belongs to its node without a sign of life.
pub(super) const LEASE_MS: i64 = seconds(60);

/// Something may be due: a cheap look that does not take the writer.
pub(super) fn is_due(tx: &mut Tx<'_>, kinds: &[&'static str], now: Instant) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        "select cast(1 as bigint)
         from job
         where state in ('ready', 'running')
           and run_at <= $1
           and kind = any($2)
         limit 1",
        &args![now, kinds],
    )?;
    Ok(found.is_some())
}

/// Takes up to `limit` due jobs of any mall, oldest first, and marks them running until the lease ends.
/// Jobs whose node vanished during their last attempt are answered in the second list, dead.
pub(super) fn claim(tx: &mut Tx<'_>, kinds: &[&'static str], now: Instant, limit: i64) -> Result<(Vec<Job>, Vec<Job>)> {
    if limit == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let due: Vec<(Id, MallId, bool)> = tx.all(
        "select id, mall_id, state = 'running' and attempts >= max_attempts
         from job
         where state in ('ready', 'running')
           and run_at <= $1
           and kind = any($2)
         order by run_at, id
         limit $3
         for update skip locked",
        &args![now, kinds, limit],
    )?;
    if due.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let (lost, live): (Vec<_>, Vec<_>) = due.into_iter().partition(|(_, _, lost)| *lost);
    let keys = |rows: &[(Id, MallId, bool)]| -> (Vec<Id>, Vec<MallId>) { rows.iter().map(|r| (r.0, r.1)).unzip() };
    let mut buried = Vec::new();
    if !lost.is_empty() {
        let (ids, malls) = keys(&lost);
        buried = tx.all(
            "update job
             set state = 'dead', finished_at = $3, last_error = 'job.node_lost: the node running it went away'
             where mall_id = any($1)
               and id = any($2)
             returning id, mall_id, kind, payload, unique_key, attempts, max_attempts, created_at",
            &args![malls, ids, now],
        )?;
    }
    let (ids, malls) = keys(&live);
    let mut claimed: Vec<Job> = tx.all(
        "update job
         set state = 'running', attempts = attempts + 1, run_at = $3
         where mall_id = any($1)
           and id = any($2)
         returning id, mall_id, kind, payload, unique_key, attempts, max_attempts, created_at",
        &args![malls, &ids, now + LEASE_MS],
    )?;
    claimed.sort_by_key(|job| ids.iter().position(|id| *id == job.id));
    Ok((claimed, buried))
}

/// Prolongs the leases of jobs this node holds.
pub(super) fn prolong(tx: &mut Tx<'_>, held: &[(MallId, Id)], now: Instant) -> Result<()> {
    let (malls, ids): (Vec<MallId>, Vec<Id>) = held.iter().copied().unzip();
    tx.exec(
        "update job
         set run_at = $3
         where mall_id = any($1)
           and id = any($2)
           and state = 'running'",
        &args![malls, ids, now + LEASE_MS],
    )?;
    Ok(())
}

/// Gives a claimed job back without counting the attempt (the node stops).
pub(super) fn release(tx: &mut Tx<'_>, mall_id: MallId, id: Id, attempts: i64, now: Instant) -> Result<()> {
    tx.exec(
        "update job
         set state = 'ready', attempts = attempts - 1, run_at = $4
         where mall_id = $1
           and id = $2
           and attempts = $3
           and state = 'running'",
        &args![mall_id, id, attempts, now],
    )?;
    Ok(())
}

/// Makes every running job due at once. Only the embedded engine may do this, at start-up: the one process that could
/// have been running them is gone.
pub(super) fn recover(tx: &mut Tx<'_>, now: Instant) -> Result<u64> {
    tx.exec("update job set run_at = $1 where state in ('ready', 'running') and state = 'running'", &args![now])
}

/// Removes jobs that succeeded, all in one statement; answers how many were still this node's.
pub(super) fn finish(tx: &mut Tx<'_>, done: &[Job]) -> Result<u64> {
    if done.is_empty() {
        return Ok(0);
    }
    let (malls, ids): (Vec<MallId>, Vec<Id>) = done.iter().map(|job| (job.mall_id, job.id)).unzip();
    let attempts: Vec<String> = done.iter().map(|job| format!("{}:{}", job.id, job.attempts)).collect();
    tx.exec(
        "delete from job
         where mall_id = any($1)
           and id = any($2)
           and state = 'running'
           and cast(id as text) || ':' || cast(attempts as text) = any($3)",
        &args![malls, ids, attempts],
    )
}

/// Writes down a failure: a pause and another attempt, or the end. `reason` holds no secrets (code and sentence only).
pub(super) fn fail(tx: &mut Tx<'_>, job: &Job, reason: &str, wait_ms: i64, now: Instant) -> Result<()> {
    let dead = job.is_last_attempt();
    tx.exec(
        "update job
         set state = $4, run_at = $5, last_error = $6, finished_at = $7
         where mall_id = $1
           and id = $2
           and attempts = $3
           and state = 'running'",
        &args![
            job.mall_id,
            job.id,
            job.attempts,
            if dead { "dead" } else { "ready" },
            now + wait_ms,
            reason,
            dead.then_some(now)
        ],
    )?;
    Ok(())
}

/// Pause before the next attempt in milliseconds: 1 s, 2 s, 4 s … at most an hour, a quarter of it spread by job, so
/// that a crowd that failed together does not return together.
pub(super) fn pause_ms(job: &Job) -> i64 {
    let doublings = u32::try_from((job.attempts - 1).clamp(0, 12)).expect("at most twelve");
    let full = (seconds(1) << doublings).min(hours(1));
    let spread = (job.id.0 ^ job.attempts).wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()).rem_euclid(1_000);
    full - full / 4 * spread / 1_000
}

/// How many jobs are in which state, all malls together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub ready: i64,
    pub running: i64,
    pub dead: i64,
}

db::row!(Counts { ready, running, dead });

/// For metrics and `doctor`.
pub fn counts(tx: &mut Tx<'_>) -> Result<Counts> {
    tx.one(
        "select cast(count(*) filter (where state = 'ready') as bigint),
                cast(count(*) filter (where state = 'running') as bigint),
                cast(count(*) filter (where state = 'dead') as bigint)
         from job",
        &args![],
    )
}

/// A job that used up its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJob {
    pub id: Id,
    pub kind: String,
    pub payload: String,
    pub attempts: i64,
    /// Code and sentence of the last failure.
    pub last_error: String,
    pub created_at: Instant,
    pub finished_at: Instant,
}

db::row!(DeadJob { id, kind, payload, attempts, last_error, created_at, finished_at });

/// Dead jobs of a mall, newest first, with ids below `before` (pass `None` for the first page).
pub fn dead(tx: &mut Tx<'_>, mall_id: MallId, before: Option<Id>, limit: i64) -> Result<Vec<DeadJob>> {
    tx.all(
        "select id, kind, payload, attempts, coalesce(last_error, ''), created_at, coalesce(finished_at, run_at)
         from job
         where mall_id = $1
           and state = 'dead'
           and id < $2
         order by id desc
         limit $3",
        &args![mall_id, before.map_or(i64::MAX, |id| id.0), limit],
    )
}

/// Gives a dead job all its attempts again, at once. `job.not_dead` (409) when it is not dead (any more).
pub fn retry(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let moved = tx.exec(
        "update job
         set state = 'ready', attempts = 0, run_at = $3, finished_at = null
         where mall_id = $1
           and id = $2
           and state = 'dead'",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    if moved == 0 {
        return Err(not_dead());
    }
    ctx.ring_after(tx, Jobs::ring);
    Ok(())
}

/// Removes a dead job for good. `job.not_dead` (409) when it is not dead (any more).
pub fn discard(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let gone = tx.exec(
        "delete from job
         where mall_id = $1
           and id = $2
           and state = 'dead'",
        &args![ctx.mall_id, id],
    )?;
    if gone == 0 { Err(not_dead()) } else { Ok(()) }
}

fn not_dead() -> Error {
    Error::conflict("job.not_dead", "这个任务不在失败列表里，可能已被重试或完成")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(attempts: i64) -> Job {
        Job {
            id: Id(77_001),
            mall_id: Id(1),
            kind: "k".into(),
            payload: "{}".into(),
            unique_key: None,
            attempts,
            max_attempts: 20,
            created_at: Instant(0),
        }
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_differ_between_jobs() {
        for (attempt, full) in
            [(1, seconds(1)), (2, seconds(2)), (5, seconds(16)), (12, seconds(2_048)), (20, hours(1))]
        {
            let pause = pause_ms(&job(attempt));
            assert!(pause <= full && pause > full - full / 4 - 1, "attempt {attempt}: {pause}");
        }
        let pauses: std::collections::HashSet<i64> = (1..50).map(|n| pause_ms(&Job { id: Id(n), ..job(12) })).collect();
        assert!(pauses.len() > 25, "only {} different pauses", pauses.len());
    }
}
