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
/// Leases are prolonged three times before they end.
const PROLONG: Duration = Duration::from_secs(20);
/// A handler that takes longer has failed.
const HANDLER_LIMIT: Duration = Duration::from_secs(300);
/// Jobs claimed ahead per worker.
const AHEAD: usize = 8;

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
        let jobs = claim(app, handlers, 64).await?;
        if jobs.is_empty() {
            return Ok(ran);
        }
        ran += jobs.len();
        for job in jobs {
            perform(app, handlers, &job).await;
        }
    }
}

/// Completes when the process is asked to stop.
pub(crate) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // A dropped sender means that nobody can ask any more: stop as well.
    let _ = shutdown.wait_for(|stop| *stop).await;
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
    let mut waiting: VecDeque<Job> = VecDeque::new();
    let mut held: HashMap<Id, (MallId, i64)> = HashMap::new();
    let mut running: JoinSet<Id> = JoinSet::new();
    let mut next_prolong = Deadline::now() + PROLONG;
    loop {
        if waiting.is_empty() && running.len() < workers {
            match claim_if_due(app, handlers, workers * AHEAD).await {
                Ok(jobs) => waiting.extend(jobs),
                Err(error) => tracing::warn!(%error, "jobs cannot be claimed; trying again in a second"),
            }
            held.extend(waiting.iter().map(|job| (job.id, (job.mall_id, job.attempts))));
        }
        while running.len() < workers
            && let Some(job) = waiting.pop_front()
        {
            let (app, handlers) = (app.clone(), handlers.clone());
            running.spawn(async move {
                perform(&app, &handlers, &job).await;
                job.id
            });
        }
        let is_full = running.len() >= workers;
        tokio::select! {
            () = stopped(&mut shutdown) => break,
            Some(done) = running.join_next() => {
                forget(&mut held, done);
                while let Some(done) = running.try_join_next() {
                    forget(&mut held, done);
                }
            }
            () = sleep_until(next_prolong) => {
                next_prolong = Deadline::now() + PROLONG;
                prolong(app, &held).await;
            }
            () = app.jobs.rung(), if !is_full => {}
            () = sleep(POLL), if !is_full => {}
        }
    }
    let grace = Duration::from_secs(app.config.server.shutdown_grace_s);
    let last = async {
        while let Some(done) = running.join_next().await {
            forget(&mut held, done);
        }
    };
    if timeout(grace, last).await.is_err() {
        tracing::warn!(jobs = running.len(), "jobs did not finish in time and will run again");
        running.shutdown().await;
    }
    give_back(app, held).await;
}

fn forget(held: &mut HashMap<Id, (MallId, i64)>, done: std::result::Result<Id, tokio::task::JoinError>) {
    // `perform` catches panics; a task that still failed keeps its lease, which runs out.
    if let Ok(id) = done {
        held.remove(&id);
    }
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

async fn claim_if_due(app: &App, handlers: &Handlers, limit: usize) -> Result<Vec<Job>> {
    let (kinds, now) = (handlers.kinds(), app.clock.now());
    if !app.db.read(move |tx| queue::is_due(tx, &kinds, now)).await? {
        return Ok(Vec::new());
    }
    claim(app, handlers, limit).await
}

async fn claim(app: &App, handlers: &Handlers, limit: usize) -> Result<Vec<Job>> {
    let (kinds, now) = (handlers.kinds(), app.clock.now());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (jobs, buried) = app.db.write(move |tx| queue::claim(tx, &kinds, now, limit)).await?;
    for job in &buried {
        app.metrics.job(&job.kind, "dead");
        tracing::error!(job = %job.id, kind = job.kind, "the node running the last attempt of a job went away");
    }
    Ok(jobs)
}

/// Runs one claimed job and settles it. Failing to settle leaves it to its lease: it runs again.
async fn perform(app: &App, handlers: &Handlers, job: &Job) {
    let outcome = attempt(app, handlers, job).await;
    let now = app.clock.now();
    let settled = match outcome {
        Ok(()) => {
            let done = job.clone();
            app.metrics.job(&job.kind, "done");
            app.db.write(move |tx| queue::finish(tx, &done)).await.map(|mine| {
                if !mine {
                    tracing::warn!(job = %job.id, kind = job.kind, "a job took longer than its lease and may run twice");
                }
            })
        }
        Err(error) => {
            let dead = job.is_last_attempt();
            app.metrics.job(&job.kind, if dead { "dead" } else { "retry" });
            let wait_ms = queue::pause_ms(job).max(i64::from(error.retry_after_s().unwrap_or(0)) * 1_000);
            if dead {
                tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, %error, "a job is dead");
            } else {
                tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, wait_ms, %error, "a job failed");
            }
            // The cause may quote an outside answer: it goes to the log only.
            let reason: String = format!("{}: {}", error.code(), error.message()).chars().take(300).collect();
            let failed = job.clone();
            app.db.write(move |tx| queue::fail(tx, &failed, &reason, wait_ms, now)).await
        }
    };
    if let Err(error) = settled {
        tracing::warn!(job = %job.id, kind = job.kind, %error, "the end of a job was not written; it will run again");
    }
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
