//! The promises of `db`, each kept on both engines. PostgreSQL is the one at `TEST_POSTGRES_URL`.

#![allow(clippy::unwrap_used)]

mod backup;
mod constraints;
mod contention;
mod group;
mod lifecycle;
mod schema;
mod statements;
mod tls;
mod transactions;

use db::testing::{Scratch, migrated};
use db::{Constraint, Db, Migration, Tx, args};
use kernel::Result;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "tests",
    text: "
create table tea (
  @id@,
  mall_id bigint not null,
  name text not null,
  stock bigint not null,
  @key@,
  constraint tea_name_once unique (mall_id, name),
  constraint tea_stock_enough check (stock >= 0)
);
create table pot (
  @id@,
  mall_id bigint not null,
  tea_id bigint not null,
  label text,
  @key@,
  constraint pot_tea foreign key (mall_id, tea_id) references tea (mall_id, id)
    deferrable initially deferred
);
create unique index pot_label_once on pot (mall_id, label) where label is not null;
",
}];

const CONSTRAINTS: &[Constraint] =
    &[Constraint { name: "tea_stock_enough", code: "inventory.sold_out", message: "库存不足" }];

/// Runs a test on a fresh database of each engine.
fn on_both(test: impl Fn(&Db, &Scratch)) {
    for scratch in migrated(SCHEMA) {
        let db = scratch.open_with(&[CONSTRAINTS]);
        test(&db, &scratch);
        db.close();
    }
}

fn add_tea(tx: &mut Tx<'_>, id: i64, stock: i64) -> Result<()> {
    tx.exec(
        "insert into tea (mall_id, id, name, stock)
         values (1, $1, $2, $3)",
        &args![id, format!("tea {id}"), stock],
    )?;
    Ok(())
}

fn count(db: &Db) -> i64 {
    db.read_blocking(|tx| tx.one("select count(*) from tea", &[])).unwrap()
}

/// Keeps one database thread busy, so that what is queued meanwhile is served together (or one after another).
struct Gate {
    open: Sender<()>,
    thread: JoinHandle<()>,
}

impl Gate {
    fn close(db: &Db) -> Gate {
        let (open, opened) = channel::<()>();
        let (inside, entered) = channel::<()>();
        let db = db.clone();
        let thread = thread::spawn(move || {
            db.write_blocking(move |_| {
                inside.send(()).unwrap();
                opened.recv().unwrap();
                Ok(())
            })
            .unwrap();
        });
        entered.recv().unwrap();
        Gate { open, thread }
    }

    fn open(self) {
        self.open.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

/// Queues a write from a thread of its own; the answer comes through the receiver.
fn queue_write<T: Send + 'static>(
    db: &Db,
    f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Receiver<Result<T>> {
    let (answer, answered) = channel();
    let (db, before) = (db.clone(), db.stats().queued);
    let waiting = db.clone();
    thread::spawn(move || answer.send(db.write_blocking(f)).unwrap());
    while waiting.stats().queued == before {
        thread::yield_now();
    }
    answered
}
