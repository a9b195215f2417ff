//! Jobs run at least once, one node at a time, with pauses, until they succeed or are dead.

use crate::mall::{MALL, OTHER_MALL, TestMall, malls};
use db::{Engine, args};
use kernel::{Error, Id, Result, days, hours, minutes, seconds};
use platform::job::{self, Handlers, Job, NewJob};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

type Log = Arc<Mutex<Vec<(String, i64)>>>;

/// A handler that writes down payload and attempt, then answers `outcome(attempt)`.
fn noting(handlers: &mut Handlers, kind: &'static str, outcome: fn(i64) -> Result<()>) -> Log {
    let log = Log::default();
    let seen = log.clone();
    handlers.on(kind, move |_, job: Job| {
        seen.lock().unwrap().push((job.payload.clone(), job.attempts));
        async move { outcome(job.attempts) }
    });
    log
}

fn attempts(log: &Log) -> Vec<i64> {
    log.lock().unwrap().iter().map(|(_, attempt)| *attempt).collect()
}

async fn enqueue(mall: &TestMall, job: NewJob) {
    mall.write(move |tx, ctx| job::enqueue(tx, ctx, job.clone())).await.unwrap();
}

#[tokio::test]
async fn a_job_runs_after_its_commit_and_never_after_a_rollback() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "greet", |_| Ok(()));
        enqueue(&mall, NewJob::new("greet", &"hello")).await;
        let undone: Result<()> = mall
            .write(|tx, ctx| {
                job::enqueue(tx, ctx, NewJob::new("greet", &"ghost"))?;
                Err(Error::conflict("test.undone", ""))
            })
            .await;
        assert!(undone.is_err());
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(*log.lock().unwrap(), [("\"hello\"".to_owned(), 1)]);
        assert_eq!(mall.count("job").await, 0);
    }
}

#[tokio::test]
async fn a_delayed_job_waits_for_its_time() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        noting(&mut handlers, "remind", |_| Ok(()));
        enqueue(&mall, NewJob::new("remind", &1).at(mall.ctx().now + hours(1))).await;
        assert_eq!(mall.run_due(&handlers).await, 0);
        mall.clock.advance(hours(1) - 1);
        assert_eq!(mall.run_due(&handlers).await, 0);
        mall.clock.advance(1);
        assert_eq!(mall.run_due(&handlers).await, 1);
    }
}

#[tokio::test]
async fn a_failed_job_returns_after_growing_pauses() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "call", |n| {
            if n < 3 { Err(Error::gateway("x.down", "对方没有回答")) } else { Ok(()) }
        });
        enqueue(&mall, NewJob::new("call", &1)).await;
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(mall.run_due(&handlers).await, 0, "the pause has not passed");
        mall.clock.advance(seconds(1));
        assert_eq!(mall.run_due(&handlers).await, 1);
        mall.clock.advance(seconds(1));
        assert_eq!(mall.run_due(&handlers).await, 0, "the second pause is longer");
        mall.clock.advance(seconds(1));
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(attempts(&log), [1, 2, 3]);
        assert_eq!(mall.count("job").await, 0);
    }
}

#[tokio::test]
async fn a_job_waits_as_long_as_the_error_asks() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        noting(&mut handlers, "call", |_| Err(Error::too_many("x.limited", "太频繁").retry_after(600)));
        enqueue(&mall, NewJob::new("call", &1)).await;
        assert_eq!(mall.run_due(&handlers).await, 1);
        mall.clock.advance(seconds(599));
        assert_eq!(mall.run_due(&handlers).await, 0);
        mall.clock.advance(seconds(1));
        assert_eq!(mall.run_due(&handlers).await, 1);
    }
}

#[tokio::test]
async fn a_job_that_always_fails_is_dead_and_can_be_given_another_life() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "call", |_| {
            Err(Error::gateway("x.refused", "对方拒绝").because("https://x/?access_token=SECRET"))
        });
        enqueue(&mall, NewJob::new("call", &7)).await;
        for _ in 0..30 {
            mall.run_due(&handlers).await;
            mall.clock.advance(hours(1));
        }
        assert_eq!(attempts(&log), (1..=20).collect::<Vec<_>>());
        let dead = mall.app.db.read(|tx| job::dead(tx, MALL, None, 10)).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!((dead[0].kind.as_str(), dead[0].payload.as_str(), dead[0].attempts), ("call", "7", 20));
        assert_eq!(dead[0].last_error, "x.refused: 对方拒绝", "the cause may hold secrets and is not kept");
        assert!(mall.app.db.read(|tx| job::dead(tx, OTHER_MALL, None, 10)).await.unwrap().is_empty());

        let id = dead[0].id;
        let elsewhere = mall.app.system(OTHER_MALL);
        let foreign = mall.app.db.write(move |tx| job::retry(tx, &elsewhere, id)).await;
        assert!(foreign.unwrap_err().is("job.not_dead"));
        mall.write(move |tx, ctx| job::retry(tx, ctx, id)).await.unwrap();
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(attempts(&log).last(), Some(&1));
        let waiting = mall.write(move |tx, ctx| job::discard(tx, ctx, id)).await;
        assert!(waiting.unwrap_err().is("job.not_dead"), "a waiting job cannot be discarded");
    }
}

#[tokio::test]
async fn a_key_names_one_piece_of_work() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "close", |_| Ok(()));
        noting(&mut handlers, "open", |_| Ok(()));
        for _ in 0..3 {
            enqueue(&mall, NewJob::new("close", &1).once("order-1")).await;
        }
        enqueue(&mall, NewJob::new("close", &2).once("order-2")).await;
        enqueue(&mall, NewJob::new("open", &1).once("order-1")).await;
        let elsewhere = mall.app.system(OTHER_MALL);
        mall.app
            .db
            .write(move |tx| job::enqueue(tx, &elsewhere, NewJob::new("close", &3).once("order-1")))
            .await
            .unwrap();
        assert_eq!(mall.run_due(&handlers).await, 4);
        assert_eq!(attempts(&log).len(), 3);
        enqueue(&mall, NewJob::new("close", &1).once("order-1")).await;
        assert_eq!(mall.run_due(&handlers).await, 1, "the key is free again when the work is done");
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_like_any_other() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let ran = Arc::new(AtomicUsize::new(0));
        let count = ran.clone();
        handlers.on("fragile", move |_, _| {
            let count = count.clone();
            async move {
                assert!(count.fetch_add(1, Ordering::SeqCst) > 0, "the first time it breaks");
                Ok(())
            }
        });
        enqueue(&mall, NewJob::new("fragile", &1)).await;
        mall.run_due(&handlers).await;
        assert_eq!(mall.count("job").await, 1);
        mall.clock.advance(seconds(1));
        mall.run_due(&handlers).await;
        assert_eq!((ran.load(Ordering::SeqCst), mall.count("job").await), (2, 0));
    }
}

#[tokio::test]
async fn a_kind_nobody_knows_waits_for_a_node_that_does() {
    for mall in malls().await {
        enqueue(&mall, NewJob::new("from_the_next_release", &1)).await;
        let mut old = Handlers::new();
        noting(&mut old, "other", |_| Ok(()));
        assert_eq!(mall.run_due(&old).await, 0);
        let mut new = Handlers::new();
        noting(&mut new, "from_the_next_release", |_| Ok(()));
        assert_eq!(mall.run_due(&new).await, 1);
    }
}

#[tokio::test]
async fn sweeps_run_once_per_round_and_their_jobs_follow() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "close", |_| Ok(()));
        handlers.every("close_unpaid_orders", seconds(5), |app: platform::App| async move {
            let ctx = app.system(MALL);
            app.db.write(move |tx| job::enqueue(tx, &ctx, NewJob::new("close", &1).once("order-1"))).await
        });
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(attempts(&log).len(), 2);
    }
}

/// Handlers whose `hang` job says when it began and never ends.
fn hanging() -> (Handlers, Arc<Notify>) {
    let mut handlers = Handlers::new();
    let began = Arc::new(Notify::new());
    let bell = began.clone();
    handlers.on("hang", move |_, _| {
        bell.notify_one();
        std::future::pending::<Result<()>>()
    });
    (handlers, began)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), what).await.expect("it happens soon")
}

/// Starts a node that takes the job and dies while it runs.
async fn node_dies_during_a_job(mall: &TestMall) {
    enqueue(mall, NewJob::new("hang", &1)).await;
    let (handlers, began) = hanging();
    let (_stop, stopping) = watch::channel(false);
    let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
    soon(began.notified()).await;
    node.abort();
    assert!(node.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_job_of_a_dead_node_comes_back_when_its_lease_ends() {
    for mall in malls().await {
        node_dies_during_a_job(&mall).await;
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "hang", |_| Ok(()));
        assert_eq!(mall.run_due(&handlers).await, 0, "the lease still runs");
        mall.clock.advance(seconds(60));
        assert_eq!(mall.run_due(&handlers).await, 1);
        assert_eq!(attempts(&log), [2]);
        assert_eq!(mall.count("job").await, 0);
    }
}

#[tokio::test]
async fn the_embedded_engine_takes_up_broken_off_jobs_at_start() {
    let mall = TestMall::on(Engine::Sqlite).await;
    node_dies_during_a_job(&mall).await;
    let mut handlers = Handlers::new();
    let done = Arc::new(Notify::new());
    let bell = done.clone();
    handlers.on("hang", move |_, _| {
        bell.notify_one();
        async { Ok(()) }
    });
    let (stop, stopping) = watch::channel(false);
    let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
    soon(done.notified()).await;
    stop.send(true).unwrap();
    soon(node).await.unwrap();
}

#[tokio::test]
async fn a_job_whose_node_dies_in_its_last_attempt_is_dead() {
    for mall in malls().await {
        enqueue(&mall, NewJob::new("hang", &1).once("x")).await;
        mall.write(|tx, _| tx.exec("update job set max_attempts = 1", &args![])).await.unwrap();
        let (handlers, began) = hanging();
        let (_stop, stopping) = watch::channel(false);
        let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
        soon(began.notified()).await;
        node.abort();
        assert!(node.await.is_err());
        mall.clock.advance(minutes(2));
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "hang", |_| Ok(()));
        assert_eq!(mall.run_due(&handlers).await, 0);
        assert!(attempts(&log).is_empty());
        let counts = mall.app.db.read(job::counts).await.unwrap();
        assert_eq!(counts, job::Counts { ready: 0, running: 0, dead: 1 });
    }
}

#[tokio::test]
async fn a_stopping_node_gives_its_jobs_back() {
    for mall in malls().await {
        enqueue(&mall, NewJob::new("hang", &1)).await;
        let (handlers, began) = hanging();
        let (stop, stopping) = watch::channel(false);
        let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
        soon(began.notified()).await;
        stop.send(true).unwrap();
        soon(node).await.unwrap();
        let mut handlers = Handlers::new();
        let log = noting(&mut handlers, "hang", |_| Ok(()));
        assert_eq!(mall.run_due(&handlers).await, 1, "no lease to wait for");
        assert_eq!(attempts(&log), [1], "the attempt that was broken off does not count");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_share_the_work_and_do_each_job_once() {
    for mall in malls().await {
        const JOBS: usize = 200;
        mall.write(|tx, ctx| (0..JOBS).try_for_each(|n| job::enqueue(tx, ctx, NewJob::new("count", &n))))
            .await
            .unwrap();
        let done: Arc<Mutex<Vec<String>>> = Arc::default();
        let all = Arc::new(Notify::new());
        let (stop, stopping) = watch::channel(false);
        let nodes: Vec<_> = (0..mall.nodes())
            .map(|_| {
                let mut handlers = Handlers::new();
                let (done, all) = (done.clone(), all.clone());
                handlers.on("count", move |_, job: Job| {
                    let mut done = done.lock().unwrap();
                    done.push(job.payload);
                    if done.len() == JOBS {
                        all.notify_one();
                    }
                    async { Ok(()) }
                });
                tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping.clone()))
            })
            .collect();
        soon(all.notified()).await;
        stop.send(true).unwrap();
        for node in nodes {
            soon(node).await.unwrap();
        }
        let done = done.lock().unwrap().clone();
        assert_eq!((done.len(), done.iter().collect::<HashSet<_>>().len()), (JOBS, JOBS));
        mall.clock.advance(days(1));
        assert_eq!(mall.run_due(&Handlers::new()).await, 0);
        assert_eq!(mall.count("job").await, 0);
    }
}

#[tokio::test]
async fn a_commit_wakes_the_runner() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let rounds = Arc::new(Notify::new());
        let bell = rounds.clone();
        handlers.on("ping", move |_, _| {
            bell.notify_one();
            async { Ok(()) }
        });
        let (stop, stopping) = watch::channel(false);
        let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
        let watch = std::time::Instant::now();
        // Ten rounds by polling alone would take ten seconds.
        for n in 0..10 {
            enqueue(&mall, NewJob::new("ping", &n)).await;
            soon(rounds.notified()).await;
        }
        assert!(watch.elapsed() < Duration::from_secs(5), "{:?}", watch.elapsed());
        stop.send(true).unwrap();
        soon(node).await.unwrap();
    }
}

#[tokio::test]
async fn payloads_are_read_as_written() {
    for mall in malls().await {
        let mut handlers = Handlers::new();
        let read: Arc<Mutex<Vec<Id>>> = Arc::default();
        let seen = read.clone();
        handlers.on("typed", move |_, job: Job| {
            let seen = seen.clone();
            async move {
                seen.lock().unwrap().extend(job.read::<Vec<Id>>()?);
                Ok(())
            }
        });
        enqueue(&mall, NewJob::new("typed", &[Id(9_007_199_254_740_993), Id(2)])).await;
        enqueue(&mall, NewJob::new("typed", &"not ids")).await;
        mall.run_due(&handlers).await;
        assert_eq!(*read.lock().unwrap(), [Id(9_007_199_254_740_993), Id(2)]);
        assert_eq!(mall.count("job").await, 1, "what cannot be read is kept for a person");
    }
}
