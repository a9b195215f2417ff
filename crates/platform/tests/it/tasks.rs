//! Tasks stop, fail, restart and go on without doing anything twice.

use crate::mall::{MALL, OTHER_MALL, TestMall, malls};
use db::{Tx, args};
use kernel::{Error, Id, Result, minutes};
use platform::Ctx;
use platform::job::Handlers;
use platform::task::{self, Ended, NewTask, Problem, Run, Step};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const KIND: &str = "count_leaves";

/// Writes one row per leaf, ten of them; a row written twice would break its key.
async fn count_leaves(run: Run, interrupt: impl Fn(i64, &Run) -> Result<()>) -> Result<Ended> {
    let asked: i64 = run.params()?;
    run.set_total(asked).await?;
    let mut next: i64 = run.checkpoint()?.unwrap_or(0);
    while next < asked {
        interrupt(next, &run)?;
        if next == 5 && run.done_before == 0 {
            return Ok(run.rest());
        }
        run.write(move |tx, ctx| {
            leaf(tx, ctx, next)?;
            let bad = next % 4 == 3;
            let problems = if bad { vec![Problem::new(next, "叶", "虫咬了")] } else { Vec::new() };
            Ok(Step::new(i64::from(!bad), i64::from(bad)).problems(problems).at(&(next + 1)))
        })
        .await?;
        next += 1;
    }
    run.finish_with_file("数完了", "叶.csv", "text/csv", b"ok".to_vec()).await
}

fn leaf(tx: &mut Tx<'_>, ctx: &Ctx, number: i64) -> Result<()> {
    tx.exec(
        "insert into search_history (mall_id, member_id, phrase, searched_at) values ($1, $2, 'leaf', $3)",
        &args![ctx.mall_id, number, ctx.now],
    )?;
    Ok(())
}

fn handlers(interrupt: impl Fn(i64, &Run) -> Result<()> + Send + Sync + Clone + 'static) -> Handlers {
    let mut handlers = Handlers::new();
    handlers.on(
        KIND,
        task::work(move |run| {
            let interrupt = interrupt.clone();
            count_leaves(run, interrupt)
        }),
    );
    handlers.every("mend_tasks", minutes(5), task::mend);
    handlers
}

async fn start(mall: &TestMall) -> Id {
    mall.write(|tx, ctx| task::start(tx, ctx, NewTask::new(KIND, "数叶子", "product.edit", &10i64)?)).await.unwrap()
}

/// State, done, ok, failed.
async fn told(mall: &TestMall, id: Id) -> (String, i64, i64, i64) {
    let read = mall.app.db.read(move |tx| {
        tx.one("select state, done, ok_count, failed_count from task where mall_id = $1 and id = $2", &args![MALL, id])
    });
    read.await.unwrap()
}

async fn leaves(mall: &TestMall) -> i64 {
    mall.count("search_history").await
}

#[tokio::test]
async fn a_task_does_all_of_its_work_also_over_a_rest() {
    for mall in malls().await {
        let handlers = handlers(|_, _| Ok(()));
        let id = start(&mall).await;
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("done".into(), 10, 8, 2));
        assert_eq!((leaves(&mall).await, mall.count("task_problem").await, mall.count("job").await), (10, 2, 0));
        let kept = mall.files.kept.lock().unwrap();
        let (key, (bytes, _)) = kept.iter().next().unwrap();
        assert!(key.ends_with(".csv.private") && bytes == b"ok", "{key}");
    }
}

#[tokio::test]
async fn a_failed_task_goes_on_where_it_stopped() {
    for mall in malls().await {
        let broken = Arc::new(AtomicI64::new(1));
        let switch = broken.clone();
        let handlers = handlers(move |next, _| {
            if next == 7 && switch.swap(0, Ordering::SeqCst) == 1 {
                return Err(Error::conflict("leaf.lost", "第 7 片叶子被风吹走了"));
            }
            Ok(())
        });
        let id = start(&mall).await;
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("failed".into(), 7, 6, 1));
        mall.write(move |tx, ctx| task::resume(tx, ctx, id)).await.unwrap();
        let again = mall.write(move |tx, ctx| task::resume(tx, ctx, id)).await.unwrap_err();
        assert!(again.is("task.not_resumable"));
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("done".into(), 10, 8, 2));
        assert_eq!(leaves(&mall).await, 10);
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_like_another() {
    for mall in malls().await {
        let handlers = handlers(|next, _| if next == 2 { panic!("a leaf too many") } else { Ok(()) });
        let id = start(&mall).await;
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("failed".into(), 2, 2, 0));
    }
}

#[tokio::test]
async fn a_task_stops_when_asked_and_writes_nothing_after() {
    for mall in malls().await {
        // Asked in the middle of a step: the step that follows writes nothing.
        let handlers = handlers(|next, run| {
            if next == 3 && run.done_before == 0 {
                let (ctx, id) = (run.ctx.clone(), run.task_id);
                let db = run.app.db.clone();
                std::thread::spawn(move || db.write_blocking(move |tx| task::cancel(tx, &ctx, id))).join().unwrap()?;
            }
            Ok(())
        });
        let id = start(&mall).await;
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("cancelled".into(), 3, 3, 0));
        assert_eq!(leaves(&mall).await, 3);
        mall.write(move |tx, ctx| task::resume(tx, ctx, id)).await.unwrap();
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("done".into(), 10, 8, 2));
        assert_eq!(leaves(&mall).await, 10);
        let over = mall.write(move |tx, ctx| task::cancel(tx, ctx, id)).await.unwrap_err();
        assert!(over.is("task.ended"));
    }
}

#[tokio::test]
async fn a_waiting_task_is_cancelled_at_once() {
    for mall in malls().await {
        let id = start(&mall).await;
        mall.write(move |tx, ctx| task::cancel(tx, ctx, id)).await.unwrap();
        mall.run_due(&handlers(|_, _| Ok(()))).await;
        assert_eq!(told(&mall, id).await, ("cancelled".into(), 0, 0, 0));
        assert_eq!(leaves(&mall).await, 0);
    }
}

#[tokio::test]
async fn a_worker_that_was_overtaken_writes_nothing() {
    for mall in malls().await {
        let handlers = handlers(|next, run| {
            if next == 4 && run.done_before == 0 {
                // Another node took the task: its lease has another name now.
                let (id, db) = (run.task_id, run.app.db.clone());
                let steal = move |tx: &mut Tx<'_>| {
                    tx.exec("update task set lease = 'other' where mall_id = $1 and id = $2", &args![MALL, id])
                };
                std::thread::spawn(move || db.write_blocking(steal)).join().unwrap()?;
            }
            Ok(())
        });
        let id = start(&mall).await;
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("running".into(), 4, 3, 1));
        assert_eq!(leaves(&mall).await, 4);
        // Nobody works on it: after a while it is told as failed, and goes on when asked.
        mall.clock.advance(minutes(11));
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await.0, "failed");
        mall.write(move |tx, ctx| task::resume(tx, ctx, id)).await.unwrap();
        mall.run_due(&handlers).await;
        assert_eq!(told(&mall, id).await, ("done".into(), 10, 8, 2));
        assert_eq!(leaves(&mall).await, 10);
    }
}

#[tokio::test]
async fn a_task_of_another_mall_does_not_exist() {
    for mall in malls().await {
        let id = start(&mall).await;
        let ctx = mall.app.system(OTHER_MALL);
        let refused = mall.app.db.write(move |tx| task::cancel(tx, &ctx, id)).await.unwrap_err();
        assert!(refused.is("task.ended"));
        assert_eq!(told(&mall, id).await.0, "waiting");
    }
}

#[tokio::test]
async fn the_command_line_does_a_task_itself() {
    for mall in malls().await {
        let task = || NewTask::new(KIND, "数叶子", "product.edit", &10i64);
        let id = mall.write(move |tx, ctx| task::start_here(tx, ctx, task()?)).await.unwrap();
        let known = mall.app.db.read(|tx| task::unfinished(tx, MALL, KIND, "10")).await.unwrap();
        assert_eq!(known.map(|(id, _)| id), Some(id));
        let state = task::run_here(&mall.app, MALL, id, |run| count_leaves(run, |_, _| Ok(()))).await.unwrap();
        assert_eq!(state, "done");
        assert_eq!(leaves(&mall).await, 10);
    }
}
