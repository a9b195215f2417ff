//! Runs jobs, sweeps and the outbox dispatcher of one process until shutdown. Jobs are claimed a handful at a time,
//! at most `jobs.workers` run at once, and the leases of everything held are prolonged together.
//! [`run_due`] does the same without timers, for tests with a clock that stands still.

use super::handlers::{Handlers, Periodic};
use super::{Job, queue};
use crate::app::App;
use crate::outbox;
use db::Engine;
use futures_util::FutureExt;
use futures_util::future::join_all;
use kernel::{Error, Id, MallId, Result};
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant as Deadline, sleep, sleep_until, timeout};

/// Polling when nothing rings: delayed jobs, other nodes' jobs, leases that ran out.
const POLL: Duration = Duration::from_secs(1);
/// How long the end of a job may wait to be written down with others while every worker is busy.
const SETTLE: Duration = Duration::from_millis(50);
/// Leases are prolonged three times before they end.
const PROLONG: Duration = Duration::from_secs(20);
/// A handler that takes longer has failed.
const HANDLER_LIMIT: Duration = Duration::from_secs(300);
/// Jobs claimed at once: twice the workers, doubled up to this while claims come back full and are worked off within
/// [`QUICK`]. A backlog of small jobs then costs few claims, and slow jobs are left for other nodes.
const MOST_CLAIMED: usize = 512;
const QUICK: Duration = Duration::from_secs(1);

/// Runs until `shutdown` turns true (or its sender is dropped), then lets running jobs finish for
/// `server.shutdown_grace_s` and gives the rest back. Once per process; the embedded engine has one process.
pub async fn run(app: App, handlers: Arc<Handlers>, shutdown: watch::Receiver<bool>) {
    let sweeps = handlers.periodic().iter().map(|p| repeat(&app, p, shutdown.clone()));
    tokio::join!(
        work(&app, &handlers, shutdown.clone()),
        outbox::run(&app, &handlers, shutdown.clone()),
        join_all(sweeps),
    );
}

/// Runs every sweep once, then dispatches events and runs jobs until nothing is due at the app's clock.
/// Answers how many jobs ran. A failed job waits for its next attempt; a failed sweep is an error.
pub async fn run_due(app: &App, handlers: &Handlers) -> Result<usize> {
    for periodic in handlers.periodic() {
        (periodic.sweep)(app.clone()).await?;
    }
    let mut ran = 0;
    loop {
        while outbox::dispatch(app, handlers).await? > 0 {}
        let jobs = exchange(app, &[], &handlers.kinds(), 64).await?;
        if jobs.is_empty() {
            return Ok(ran);
        }
        ran += jobs.len();
        for job in jobs {
            let outcome = perform(app, handlers, job).await;
            exchange(app, &[outcome], &[], 0).await?;
        }
    }
}

/// Completes when the process is asked to stop.
pub(crate) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // A dropped sender means that nobody can ask any more: stop as well.
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// What became of a job, not yet written down.
struct Outcome {
    job: Job,
    verdict: Verdict,
}

enum Verdict {
    Done,
    /// Code and sentence, and the pause before the next attempt.
    Failed {
        reason: String,
        wait_ms: i64,
    },
}

/// Jobs of this node: claimed and waiting, running, ended but not written down. Ended jobs are written down together
/// with the next claim, so a crowd of small jobs shares its commits.
struct Desk<'a> {
    app: &'a App,
    handlers: &'a Arc<Handlers>,
    workers: usize,
    waiting: VecDeque<Job>,
    running: JoinSet<Outcome>,
    ended: Vec<Outcome>,
    /// How many to claim next, and when it was last done.
    reach: usize,
    claimed_at: Deadline,
    /// Everything claimed and not written down: mall and attempt by id.
    held: HashMap<Id, (MallId, i64)>,
}

async fn work(app: &App, handlers: &Arc<Handlers>, mut shutdown: watch::Receiver<bool>) {
    if app.db.engine() == Engine::Sqlite {
        let now = app.clock.now();
        match app.db.write(move |tx| queue::recover(tx, now)).await {
            Ok(0) => {}
            Ok(n) => tracing::info!(jobs = n, "jobs of the previous run continue"),
            Err(error) => tracing::warn!(%error, "jobs of the previous run wait for their leases to end"),
        }
    }
    let workers = app.config.jobs.workers.max(1);
    let mut desk = Desk {
        app,
        handlers,
        workers,
        reach: workers * 2,
        claimed_at: Deadline::now(),
        waiting: VecDeque::new(),
        running: JoinSet::new(),
        ended: Vec::new(),
        held: HashMap::new(),
    };
    let mut next_prolong = Deadline::now() + PROLONG;
    loop {
        if desk.waiting.is_empty() && desk.has_room() {
            desk.claim().await;
        }
        desk.start();
        let (has_room, has_ended) = (desk.has_room(), !desk.ended.is_empty());
        tokio::select! {
            () = stopped(&mut shutdown) => break,
            Some(ended) = desk.running.join_next() => desk.gather(ended),
            () = sleep_until(next_prolong) => {
                next_prolong = Deadline::now() + PROLONG;
                prolong(app, &desk.held).await;
            }
            () = sleep(SETTLE), if has_ended => desk.settle().await,
            () = app.jobs.rung(), if has_room => {}
            () = sleep(POLL), if has_room => {}
        }
    }
    desk.close().await;
}

impl Desk<'_> {
    fn has_room(&self) -> bool {
        self.running.len() < self.workers
    }

    /// Writes down what ended and takes what is due, in one transaction. A failure is tried again next time round.
    async fn claim(&mut self) {
        let (kinds, now) = (self.handlers.kinds(), self.app.clock.now());
        let is_due = if self.ended.is_empty() {
            let kinds = kinds.clone();
            self.app.db.read(move |tx| queue::is_due(tx, &kinds, now)).await
        } else {
            Ok(true)
        };
        let claimed = match is_due {
            Ok(true) => exchange(self.app, &self.ended, &kinds, self.reach).await,
            Ok(false) => return,
            Err(error) => Err(error),
        };
        match claimed {
            Ok(jobs) => {
                self.forget_ended();
                let is_backlog = jobs.len() == self.reach && self.claimed_at.elapsed() < QUICK;
                self.reach = if is_backlog { (self.reach * 2).min(MOST_CLAIMED) } else { self.workers * 2 };
                self.claimed_at = Deadline::now();
                self.held.extend(jobs.iter().map(|job| (job.id, (job.mall_id, job.attempts))));
                self.waiting.extend(jobs);
            }
            Err(error) => tracing::warn!(%error, "jobs cannot be claimed; trying again soon"),
        }
    }

    /// Writes down what ended while every worker is busy.
    async fn settle(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        match exchange(self.app, &self.ended, &[], 0).await {
            Ok(_) => self.forget_ended(),
            Err(error) => tracing::warn!(%error, "the end of jobs was not written; trying again soon"),
        }
    }

    fn forget_ended(&mut self) {
        for outcome in self.ended.drain(..) {
            self.held.remove(&outcome.job.id);
        }
    }

    fn start(&mut self) {
        while self.has_room()
            && let Some(job) = self.waiting.pop_front()
        {
            let (app, handlers) = (self.app.clone(), self.handlers.clone());
            self.running.spawn(async move { perform(&app, &handlers, job).await });
        }
    }

    fn gather(&mut self, first: std::result::Result<Outcome, tokio::task::JoinError>) {
        // `perform` catches the panics of handlers, so a task always brings its outcome.
        self.ended.extend(first);
        while let Some(ended) = self.running.try_join_next() {
            self.ended.extend(ended);
        }
    }

    /// Lets running jobs finish for a while and gives the rest back.
    async fn close(mut self) {
        let grace = Duration::from_secs(self.app.config.server.shutdown_grace_s);
        let last = async {
            while let Some(ended) = self.running.join_next().await {
                self.ended.extend(ended);
            }
        };
        if timeout(grace, last).await.is_err() {
            tracing::warn!(jobs = self.running.len(), "jobs did not finish in time and will run again");
            self.running.abort_all();
            // One that came to its end all the same is not run twice.
            while let Some(ended) = self.running.join_next().await {
                self.ended.extend(ended);
            }
        }
        self.settle().await;
        give_back(self.app, self.held).await;
    }
}

/// Writes down outcomes and claims up to `limit` due jobs.
async fn exchange(app: &App, ended: &[Outcome], kinds: &[&'static str], limit: usize) -> Result<Vec<Job>> {
    let (mut done, mut failed): (Vec<Job>, Vec<(Job, String, i64)>) = Default::default();
    for Outcome { job, verdict } in ended {
        match verdict {
            Verdict::Done => done.push(job.clone()),
            Verdict::Failed { reason, wait_ms } => failed.push((job.clone(), reason.clone(), *wait_ms)),
        }
    }
    let (kinds, now, expected) = (kinds.to_vec(), app.clock.now(), done.len() as u64);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (finished, jobs, buried) = app
        .db
        .write(move |tx| {
            let finished = queue::finish(tx, &done)?;
            failed.iter().try_for_each(|(job, reason, wait_ms)| queue::fail(tx, job, reason, *wait_ms, now))?;
            let (jobs, buried) = queue::claim(tx, &kinds, now, limit)?;
            Ok((finished, jobs, buried))
        })
        .await?;
    if finished < expected {
        tracing::warn!(jobs = expected - finished, "jobs took longer than their lease and may run twice");
    }
    for job in &buried {
        app.metrics.job(&job.kind, "dead");
        tracing::error!(job = %job.id, kind = job.kind, "the node running the last attempt of a job went away");
    }
    Ok(jobs)
}

async fn prolong(app: &App, held: &HashMap<Id, (MallId, i64)>) {
    if held.is_empty() {
        return;
    }
    let (keys, now): (Vec<_>, _) = (held.iter().map(|(id, (mall_id, _))| (*mall_id, *id)).collect(), app.clock.now());
    if let Err(error) = app.db.write(move |tx| queue::prolong(tx, &keys, now)).await {
        tracing::warn!(%error, "leases of jobs were not prolonged");
    }
}

async fn give_back(app: &App, held: HashMap<Id, (MallId, i64)>) {
    if held.is_empty() {
        return;
    }
    let now = app.clock.now();
    let given = app.db.write(move |tx| {
        held.iter().try_for_each(|(id, (mall_id, attempts))| queue::release(tx, *mall_id, *id, *attempts, now))
    });
    if let Err(error) = given.await {
        tracing::warn!(%error, "claimed jobs wait for their leases to end");
    }
}

/// Runs one claimed job and judges how it ended.
async fn perform(app: &App, handlers: &Handlers, job: Job) -> Outcome {
    let Err(error) = attempt(app, handlers, &job).await else {
        app.metrics.job(&job.kind, "done");
        return Outcome { job, verdict: Verdict::Done };
    };
    let wait_ms = queue::pause_ms(&job).max(i64::from(error.retry_after_s().unwrap_or(0)) * 1_000);
    if job.is_last_attempt() {
        app.metrics.job(&job.kind, "dead");
        tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, %error, "a job is dead");
    } else {
        app.metrics.job(&job.kind, "retry");
        tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, wait_ms, %error, "a job failed");
    }
    // The cause may quote an outside answer: it goes to the log only.
    let reason = format!("{}: {}", error.code(), error.message()).chars().take(300).collect();
    Outcome { job, verdict: Verdict::Failed { reason, wait_ms } }
}

async fn attempt(app: &App, handlers: &Handlers, job: &Job) -> Result<()> {
    let perform = handlers.performer(&job.kind).expect("only kinds with a handler are claimed");
    let work = AssertUnwindSafe(async { perform(app.clone(), job.clone()).await }).catch_unwind();
    match timeout(HANDLER_LIMIT, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panic)) => Err(Error::internal("the handler panicked")),
        Err(_late) => Err(Error::unavailable("job.too_slow", "任务运行超时")),
    }
}

/// One sweep, every period of the app's clock; the clock is looked at once a second at least, since it may be moved.
async fn repeat(app: &App, periodic: &Periodic, mut shutdown: watch::Receiver<bool>) {
    let mut next = app.clock.now() + periodic.period_ms;
    loop {
        let wait = u64::try_from((next - app.clock.now()).clamp(1, 1_000)).expect("a positive wait");
        tokio::select! {
            () = stopped(&mut shutdown) => return,
            () = sleep(Duration::from_millis(wait)) => {}
        }
        if app.clock.now() < next {
            continue;
        }
        let work = AssertUnwindSafe(async { (periodic.sweep)(app.clone()).await }).catch_unwind();
        let out_of_grace = async {
            stopped(&mut shutdown).await;
            sleep(Duration::from_secs(app.config.server.shutdown_grace_s)).await;
        };
        tokio::select! {
            outcome = work => match outcome {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(sweep = periodic.name, %error, "a sweep failed"),
                Err(_panic) => tracing::error!(sweep = periodic.name, "a sweep panicked"),
            },
            () = out_of_grace => return,
        }
        next = app.clock.now() + periodic.period_ms;
    }
}
