//! Measures what the outbox adds to a crowd of small writes: `cargo run -p platform --example outbox_load`.
#![allow(clippy::print_stdout, clippy::unwrap_used, dead_code)]

#[path = "../tests/it/mall.rs"]
mod mall;

use db::args;
use mall::{TestMall, malls};
use platform::job::{self, Handlers};
use platform::outbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant as Stopwatch};
use tokio::sync::watch;

const CALLERS: usize = 64;
const WRITES: usize = 300;

/// Writes per second of `CALLERS` callers, each emitting an event or not.
async fn crowd(mall: &TestMall, emits: bool) -> f64 {
    let watch = Stopwatch::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (app, clock) = (mall.app.clone(), mall.clock.clone());
            tokio::spawn(async move {
                for n in 0..WRITES {
                    clock.advance(1);
                    let ctx = app.system(mall::MALL);
                    app.db
                        .write(move |tx| {
                            for _ in 0..4 {
                                tx.exec(
                                    "insert into search_history (mall_id, member_id, phrase, searched_at) values ($1, $2, $3, $4)",
                                    &args![ctx.mall_id, ctx.id(), "x", ctx.now],
                                )?;
                            }
                            if emits { outbox::emit(tx, &ctx, "order.paid", &n) } else { Ok(()) }
                        })
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    (CALLERS * WRITES) as f64 / watch.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    for mall in malls().await {
        let engine = mall.app.db.engine();
        println!("{engine:?}: {:.0} writes/s without events", crowd(&mall, false).await);
        for subscribers in [0, 1, 2] {
            let mut handlers = Handlers::new();
            let told = Arc::new(AtomicUsize::new(0));
            for name in ["count_sales", "give_points"].into_iter().take(subscribers) {
                let told = told.clone();
                handlers.subscribe("order.paid", name, move |_, _| {
                    told.fetch_add(1, Ordering::Relaxed);
                    async { Ok(()) }
                });
            }
            let (stop, stopping) = watch::channel(false);
            let node = tokio::spawn(job::run(mall.app.clone(), Arc::new(handlers), stopping));
            let rate = crowd(&mall, true).await;
            let watch = Stopwatch::now();
            while mall.count("outbox").await + mall.count("job").await > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            println!(
                "{engine:?}: {rate:.0} writes/s with an event and {subscribers} subscribers ({} told), all told {:?} later",
                told.load(Ordering::Relaxed),
                watch.elapsed()
            );
            stop.send(true).unwrap();
            node.await.unwrap();
        }
    }
}
