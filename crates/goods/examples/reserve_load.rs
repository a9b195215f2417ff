//! How many holders per second can reserve and commit stock, on both engines: `cargo run -p goods --example reserve_load`
//! with `TEST_POSTGRES_URL` set. Each order is two durable transactions of one line, by 64 callers, first on one hot SKU,
//! then spread over 200.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring tool that prints its result")]

use db::testing::migrated;
use db::{Arg, Db, args};
use goods::inventory::{Demand, Holder, commit, drift, reserve};
use kernel::{Actor, Clock, FrozenClock, Id, Ids, Instant};
use platform::Ctx;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

const MALL: Id = Id(1);
const CALLERS: usize = 64;
const SECONDS: u64 = 5;

fn main() {
    for scratch in migrated(db::migrations()) {
        let db = scratch.open();
        let clock: Arc<dyn Clock> = Arc::new(FrozenClock::at(Instant(1_800_000_000_000)));
        let ctx = Ctx::new(MALL, Actor::System, clock, Arc::new(Ids::new(1)));
        let place = found(&db, &ctx);
        for skus in [1, 200] {
            let done = run(&db, &ctx, place, skus);
            println!("{:8} {skus:>4} SKU: {done} orders/s reserved and committed", scratch.engine.name());
        }
        assert!(db.read_blocking(|tx| drift(tx, MALL)).unwrap().is_empty());
        db.close();
    }
}

/// A mall with 200 SKUs of plenty; answers its warehouse.
fn found(db: &Db, ctx: &Ctx) -> Id {
    let ctx = ctx.clone();
    db.write_blocking(move |tx| {
        platform::mall::create(tx, MALL, "load", "压测", ctx.now)?;
        let (shop, place) = goods::store::found_shop(tx, &ctx, "压测")?;
        tx.exec(
            "insert into category (id, mall_id, path, name) values (1, $1, '/1/', '茶')",
            &args![MALL],
        )?;
        tx.exec(
            "insert into product (id, mall_id, shop_id, category_id, name, status, min_price_fen, max_price_fen, in_stock,
               created_at, updated_at)
             values (1, $1, $2, 1, '龙井', 'on_sale', 1, 1, true, 0, 0)",
            &args![MALL, shop],
        )?;
        let skus: Vec<Vec<Arg>> = (1i64..=200).map(|n| Vec::from(args![n, MALL, 1i64, n.to_string(), 1i64])).collect();
        tx.insert_many("insert into sku (id, mall_id, product_id, code, price_fen) values", "", &skus)?;
        let stock: Vec<Vec<Arg>> = (1i64..=200).map(|n| Vec::from(args![MALL, n, place, 100_000_000i64, 0i64])).collect();
        tx.insert_many("insert into stock (mall_id, sku_id, location_id, on_hand, updated_at) values", "", &stock)?;
        Ok(place)
    })
    .unwrap()
}

fn run(db: &Db, ctx: &Ctx, location_id: Id, skus: i64) -> u64 {
    let (done, next) = (AtomicI64::new(0), AtomicI64::new(1));
    let until = Stopwatch::now() + Duration::from_secs(SECONDS);
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while Stopwatch::now() < until {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let holder = Holder { kind: if skus == 1 { "hot" } else { "order" }, id: Id(n) };
                    let demand = Demand { sku_id: Id(1 + n % skus), location_id, quantity: 1 };
                    let (first, second) = (ctx.clone(), ctx.clone());
                    db.write_blocking(move |tx| reserve(tx, &first, holder, &[demand], Some(first.now))).unwrap();
                    db.write_blocking(move |tx| commit(tx, &second, holder)).unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    u64::try_from(done.into_inner()).unwrap() / SECONDS
}
