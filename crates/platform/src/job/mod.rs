//! Work that happens later: a row of table `job`, written in the transaction that makes it necessary and run after it.
//! Promise: a job runs at least once, on one node at a time, until its handler succeeds or its attempts are used up
//! (then it is `dead`, waits for a person, and is counted). Handlers are idempotent. Time comes from the app's clock.
//!
//! States: `ready` (due at `run_at`) → `running` (`run_at` is now the end of its lease) → deleted when done,
//! back to `ready` with a pause when it failed, `dead` at the end. A node that dies leaves a lease that runs out.
//! On Citus this table and `outbox` stay local to the coordinator: `skip locked` there needs no distribution key.

mod handlers;
mod queue;
mod runner;

pub use handlers::{Handlers, Wanted};
pub(crate) use handlers::{Relay, Subscriptions};
pub use queue::{Counts, DeadJob, counts, dead, discard, retry};
pub(crate) use runner::stopped;
pub use runner::{run, run_due};

use crate::ctx::Ctx;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::sync::Arc;
use tokio::sync::Notify;

/// Wakes the runner and the outbox dispatcher of this process after a commit; both poll once a second without it.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Bells>);

#[derive(Default)]
struct Bells {
    job: Notify,
    outbox: Notify,
}

impl Jobs {
    pub fn new() -> Self {
        Jobs::default()
    }
    /// Something is due.
    pub fn ring(&self) {
        self.0.job.notify_one();
    }
    /// Something is in the outbox.
    pub(crate) fn ring_outbox(&self) {
        self.0.outbox.notify_one();
    }
    async fn rung(&self) {
        self.0.job.notified().await;
    }
    pub(crate) async fn outbox_rung(&self) {
        self.0.outbox.notified().await;
    }
}

/// A job about to be written.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Names the handler: `upload_shipping_info`.
    pub kind: Cow<'static, str>,
    /// JSON text.
    pub payload: String,
    /// Not before this instant; the default (1970) means at once.
    pub run_at: Instant,
    /// Names one piece of work: while a job of this kind and key waits, runs or is dead, no second one is made.
    /// It must not name a state to refresh, since a change made while the job runs would ask for nothing.
    pub unique_key: Option<String>,
}

impl NewJob {
    /// A job to run as soon as possible; payloads are plain structs of ids and numbers.
    pub fn new(kind: impl Into<Cow<'static, str>>, payload: &impl Serialize) -> Self {
        let payload = serde_json::to_string(payload).expect("job payloads are plain data");
        NewJob { kind: kind.into(), payload, run_at: Instant::default(), unique_key: None }
    }
    /// Not before `run_at`.
    #[must_use]
    pub fn at(mut self, run_at: Instant) -> Self {
        self.run_at = run_at;
        self
    }
    /// Only once per key; see [`NewJob::unique_key`].
    #[must_use]
    pub fn once(mut self, key: impl ToString) -> Self {
        self.unique_key = Some(key.to_string());
        self
    }
}

/// A job as its handler sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: Id,
    pub mall_id: MallId,
    pub kind: String,
    pub payload: String,
    pub unique_key: Option<String>,
    /// Which attempt this is, from 1.
    pub attempts: i64,
    pub max_attempts: i64,
    pub created_at: Instant,
}

db::row!(Job { id, mall_id, kind, payload, unique_key, attempts, max_attempts, created_at });

impl Job {
    /// The payload; internal error when it is not a `T` (a handler changed its shape).
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload)
            .map_err(|e| Error::internal(format_args!("payload of job {} ({}): {e}", self.id, self.kind)))
    }
    /// True when no further attempt follows: the moment to tell someone.
    pub fn is_last_attempt(&self) -> bool {
        self.attempts >= self.max_attempts
    }
}

/// Writes a job in the caller's transaction; it is never run if that rolls back.
pub fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, job: NewJob) -> Result<()> {
    let run_at = job.run_at.max(ctx.now);
    tx.exec(
        "insert into job (id, mall_id, kind, payload, run_at, unique_key, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, kind, unique_key) do nothing",
        &args![ctx.id(), ctx.mall_id, job.kind, job.payload, run_at, job.unique_key, ctx.now],
    )?;
    if run_at == ctx.now {
        ctx.ring_after(tx, Jobs::ring);
    }
    Ok(())
}
