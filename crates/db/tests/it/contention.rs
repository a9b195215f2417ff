//! PostgreSQL only, where transactions meet: a loser runs again, a broken connection is replaced, and a commit whose
//! outcome is unknown is told as such.

use crate::{SCHEMA, add_tea, count};
use db::testing::Scratch;
use db::{Db, Engine, Options, Tx, args};
use kernel::{Kind, Result};
use std::sync::{Arc, Barrier};
use std::thread;

fn open() -> (Scratch, Db) {
    let scratch = Scratch::from_template(Engine::Postgres, SCHEMA);
    let db = scratch.open();
    db.write_blocking(|tx| (1..=2).try_for_each(|id| add_tea(tx, id, 100))).unwrap();
    (scratch, db)
}

/// A closure that can meet its rival.
type Rival = Box<dyn FnMut(&mut Tx<'_>, &mut dyn FnMut()) -> Result<()> + Send>;

/// Runs both closures at once; each waits at the barrier in its first attempt only.
fn race(
    db: &Db,
    first: impl FnMut(&mut Tx<'_>, &mut dyn FnMut()) -> Result<()> + Send + 'static,
    second: impl FnMut(&mut Tx<'_>, &mut dyn FnMut()) -> Result<()> + Send + 'static,
) -> [Result<()>; 2] {
    let barrier = Arc::new(Barrier::new(2));
    let start = |mut closure: Rival| {
        let (db, barrier) = (db.clone(), barrier.clone());
        let mut met = false;
        thread::spawn(move || {
            db.write_blocking(move |tx| {
                closure(tx, &mut || {
                    if !std::mem::replace(&mut met, true) {
                        barrier.wait();
                    }
                })
            })
        })
    };
    let threads = [start(Box::new(first)), start(Box::new(second))];
    threads.map(|thread| thread.join().unwrap())
}

#[test]
fn a_deadlock_is_retried() {
    let (_scratch, db) = open();
    let cross = |from: i64, to: i64| {
        move |tx: &mut Tx<'_>, meet: &mut dyn FnMut()| {
            let step = "update tea set stock = stock + $1 where mall_id = 1 and id = $2";
            tx.exec(step, &args![-1, from])?;
            meet();
            tx.exec(step, &args![1, to])?;
            Ok(())
        }
    };
    for outcome in race(&db, cross(1, 2), cross(2, 1)) {
        outcome.unwrap();
    }
    let stocks = db.read_blocking(|tx| tx.all::<i64>("select stock from tea order by id", &[])).unwrap();
    assert_eq!(stocks, [100, 100]);
    assert!(db.stats().retries >= 1);
    db.close();
}

#[test]
fn a_serialization_failure_is_retried() {
    let (_scratch, db) = open();
    let total_into = |id: i64| {
        move |tx: &mut Tx<'_>, meet: &mut dyn FnMut()| {
            tx.exec("set transaction isolation level serializable", &[])?;
            let total: i64 = tx.one("select cast(sum(stock) as bigint) from tea", &[])?;
            meet();
            add_tea(tx, id, total)
        }
    };
    for outcome in race(&db, total_into(3), total_into(4)) {
        outcome.unwrap();
    }
    let mut stocks = db.read_blocking(|tx| tx.all::<i64>("select stock from tea where id > 2", &[])).unwrap();
    stocks.sort_unstable();
    assert_eq!(stocks, [200, 400], "one after the other");
    assert!(db.stats().retries >= 1);
    db.close();
}

#[test]
fn attempts_end_with_a_request_to_come_back() {
    let (_scratch, db) = open();
    let mut runs = 0;
    let error = db
        .write_blocking(move |tx| {
            runs += 1;
            tx.exec("select cast($1 as bigint)", &args![runs])?;
            tx.exec("do $$ begin raise serialization_failure; end $$", &[])
                .map(drop)
                .map_err(|error| error.because(format_args!("run {runs}")))
        })
        .unwrap_err();
    assert_eq!((error.kind(), error.code(), error.retry_after_s()), (Kind::Unavailable, "server.busy", Some(1)));
    assert!(error.cause().unwrap().contains("run 8"), "{error}");
    assert_eq!(db.stats().retries, 7);
    db.close();
}

#[test]
fn a_hook_of_a_lost_attempt_is_dropped() {
    let (_scratch, db) = open();
    let (sender, seen) = std::sync::mpsc::channel();
    let mut runs = 0;
    db.write_blocking(move |tx| {
        runs += 1;
        let (sender, run) = (sender.clone(), runs);
        tx.after_commit(move || sender.send(run).unwrap());
        match runs {
            1 => tx.exec("do $$ begin raise deadlock_detected; end $$", &[]).map(drop),
            _ => Ok(()),
        }
    })
    .unwrap();
    assert_eq!(seen.iter().collect::<Vec<_>>(), [2]);
    db.close();
}

#[test]
fn a_connection_lost_before_the_commit_is_replaced() {
    let (_scratch, db) = open();
    let mut runs = 0;
    db.write_blocking(move |tx| {
        runs += 1;
        add_tea(tx, 9, runs)?;
        if runs == 1 {
            tx.exec("select pg_terminate_backend(pg_backend_pid())", &[])?;
        }
        Ok(())
    })
    .unwrap();
    let stock: i64 = db.read_blocking(|tx| tx.one("select stock from tea where id = 9", &[])).unwrap();
    assert_eq!(stock, 2);
    db.close();
}

#[test]
fn connections_cut_while_idle_are_replaced() {
    let (scratch, db) = open();
    let name = scratch.url.rsplit('/').next().unwrap().to_owned();
    let other = Scratch::empty(Engine::Postgres);
    let outside = other.open();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1";
    assert!(outside.write_blocking(move |tx| tx.one::<i64>(cut, &args![&name])).unwrap() >= 1);
    assert_eq!(count(&db), 2);
    outside.close();
    db.close();
}

#[test]
fn a_connection_lost_during_the_commit_leaves_it_unknown() {
    let (_scratch, db) = open();
    db.write_blocking(|tx| {
        tx.exec(
            "create function cut() returns trigger language plpgsql as
             $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$",
            &[],
        )?;
        tx.exec(
            "create constraint trigger cut_at_commit after insert on tea
             deferrable initially deferred for each row execute function cut()",
            &[],
        )
    })
    .unwrap();
    let mut runs = 0;
    let error = db
        .write_blocking(move |tx| {
            runs += 1;
            assert_eq!(runs, 1, "a commit in doubt is not repeated");
            add_tea(tx, 9, 1)
        })
        .unwrap_err();
    assert!(error.is("db.commit_unknown"), "{error}");
    assert_eq!(count(&db), 2, "the connection was replaced");
    db.close();
}

#[test]
fn a_changed_schema_does_not_break_prepared_statements() {
    let scratch = Scratch::from_template(Engine::Postgres, SCHEMA);
    let db = Db::open(Options { connections: 1, ..scratch.options() }).unwrap();
    let stock = |tx: &mut Tx<'_>| tx.all::<i64>("select stock from tea", &[]);
    db.write_blocking(|tx| add_tea(tx, 1, 5)).unwrap();
    assert_eq!(db.read_blocking(stock).unwrap(), [5]);
    db.write_blocking(|tx| tx.exec("alter table tea alter column stock type integer", &[])).unwrap();
    assert_eq!(db.read_blocking(stock).unwrap(), [5]);
    db.close();
}

#[test]
fn a_server_that_does_not_answer_is_told() {
    let refused = Db::open(Options::new("postgres://postgres@127.0.0.1:1/nothing"));
    let error = refused.map(drop).unwrap_err();
    assert!(error.is("db.unreachable"), "{error}");
}
