//! Durable writes per second: 64 tasks place orders of five statements each, on the database given by its address.
//! `cargo run -p db --example throughput --features testing --release -- sqlite:/tmp/throughput.db 64 5`

use db::{Db, Migration, Options, args};
use kernel::{Clock, Id, Ids, Result, SystemClock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "throughput",
    text: "
create table sku (@id@, mall_id bigint not null, on_hand bigint not null, reserved bigint not null, @key@,
  constraint sku_reserved check (reserved between 0 and on_hand));
create table sale (@id@, mall_id bigint not null, member_id bigint not null, total_fen bigint not null,
  status text not null, created_at bigint not null, @key@);
create index sale_by_member on sale (mall_id, member_id, id);
create table sale_line (@id@, mall_id bigint not null, sale_id bigint not null, sku_id bigint not null,
  quantity bigint not null, price_fen bigint not null, @key@);
create table outbox (@id@, mall_id bigint not null, kind text not null, payload text not null, @key@);
",
}];

fn main() -> Result<()> {
    let mut given = std::env::args().skip(1);
    let url = given.next().unwrap_or_else(|| "sqlite:/tmp/throughput.db".into());
    let callers: i64 = given.next().and_then(|text| text.parse().ok()).unwrap_or(64);
    let seconds: u64 = given.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(kernel::Error::internal)?;
    let db = Db::open(Options::new(&url))?;
    db.migrate(SCHEMA, SystemClock.now())?;
    let ids = Arc::new(Ids::new(1));
    let skus: Vec<Id> = (0..callers).map(|_| ids.next(&SystemClock)).collect();
    let rows = skus.iter().map(|id| args![1, id, 1_000_000_000, 0].to_vec()).collect::<Vec<_>>();
    db.write_blocking(move |tx| tx.insert_many("insert into sku (mall_id, id, on_hand, reserved) values", "", &rows))?;
    let writes = measure(&runtime, seconds, skus.clone(), {
        let db = db.clone();
        move |sku| {
            let (db, ids) = (db.clone(), ids.clone());
            async move { place(&db, &ids, sku).await }
        }
    });
    let stats = db.stats();
    say(&format!(
        "{} {callers} callers: {writes} durable orders/s; {:.1} a commit, {} µs a commit, {} retries",
        db.engine().name(),
        stats.jobs as f64 / stats.batches as f64,
        stats.commit_micros / stats.batches,
        stats.retries
    ));
    let reads = measure(&runtime, seconds, skus, {
        let db = db.clone();
        move |sku| {
            let db = db.clone();
            async move {
                db.read(move |tx| {
                    tx.one::<i64>("select on_hand from sku where mall_id = $1 and id = $2", &args![1, sku])
                })
                .await
            }
        }
    });
    say(&format!("{} {callers} callers: {reads} point reads/s", db.engine().name()));
    db.close();
    Ok(())
}

async fn place(db: &Db, ids: &Ids, sku: Id) -> Result<i64> {
    let (sale, line, event) = (ids.next(&SystemClock), ids.next(&SystemClock), ids.next(&SystemClock));
    let now = SystemClock.now();
    db.write(move |tx| {
        let left: i64 =
            tx.one("select on_hand - reserved from sku where mall_id = $1 and id = $2 for update", &args![1, sku])?;
        tx.exec("update sku set reserved = reserved + 1 where mall_id = $1 and id = $2", &args![1, sku])?;
        tx.exec(
            "insert into sale (mall_id, id, member_id, total_fen, status, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            &args![1, sale, sku, 8800, "unpaid", now],
        )?;
        tx.exec(
            "insert into sale_line (mall_id, id, sale_id, sku_id, quantity, price_fen)
             values ($1, $2, $3, $4, $5, $6)",
            &args![1, line, sale, sku, 1, 8800],
        )?;
        tx.exec(
            "insert into outbox (mall_id, id, kind, payload)
             values ($1, $2, $3, $4)",
            &args![1, event, "OrderPlaced", "{\"total_fen\":8800}"],
        )?;
        Ok(left)
    })
    .await
}

/// Keeps one task per SKU busy; answers how many calls a second came back.
fn measure<F, C>(runtime: &tokio::runtime::Runtime, seconds: u64, skus: Vec<Id>, call: C) -> u64
where
    C: Fn(Id) -> F + Clone + Send + 'static,
    F: Future<Output = Result<i64>> + Send + 'static,
{
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = skus
            .into_iter()
            .map(|sku| {
                let (call, stop, done) = (call.clone(), stop.clone(), done.clone());
                tokio::spawn(async move {
                    while !stop.load(Relaxed) {
                        call(sku).await.expect("the load is within every limit");
                        done.fetch_add(1, Relaxed);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        stop.store(true, Relaxed);
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    (done.load(Relaxed) as f64 / started.elapsed().as_secs_f64()) as u64
}

#[allow(clippy::print_stdout, reason = "an example speaks to its terminal")]
fn say(text: &str) {
    println!("{text}");
}
