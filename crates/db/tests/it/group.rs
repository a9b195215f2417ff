//! Closures that share a commit (SQLite) or a connection (PostgreSQL) do not touch each other.

use crate::{CONSTRAINTS, Gate, SCHEMA, add_tea, count, queue_write};
use db::testing::migrated;
use db::{Db, Engine, Options, args, violated};
use kernel::Error;

fn one_thread_each(test: impl Fn(&Db)) {
    for scratch in migrated(SCHEMA) {
        let options = Options { connections: 1, constraints: vec![CONSTRAINTS], ..scratch.options() };
        let db = Db::open(options).unwrap();
        test(&db);
        db.close();
    }
}

#[test]
fn an_error_or_panic_undoes_its_own_closure_alone() {
    one_thread_each(|db| {
        let gate = Gate::close(db);
        let first = queue_write(db, |tx| add_tea(tx, 1, 5));
        let failing = queue_write(db, |tx| {
            add_tea(tx, 2, 5)?;
            Err::<(), _>(Error::conflict("test.no", "不行"))
        });
        let panicking = queue_write(db, |tx| {
            add_tea(tx, 3, 5)?;
            assert!(tx.one::<i64>("select count(*) from tea", &[])? == 0, "a tea is there");
            Ok(())
        });
        let violating = queue_write(db, |tx| {
            add_tea(tx, 4, 5)?;
            add_tea(tx, 5, -1)
        });
        let last = queue_write(db, |tx| add_tea(tx, 6, 5));
        gate.open();
        first.recv().unwrap().unwrap();
        assert!(failing.recv().unwrap().unwrap_err().is("test.no"));
        let panicked = panicking.recv().unwrap().unwrap_err();
        assert!(panicked.is("internal") && panicked.cause().unwrap().contains("a tea is there"), "{panicked}");
        assert!(violating.recv().unwrap().unwrap_err().is("inventory.sold_out"));
        last.recv().unwrap().unwrap();
        let ids = db.read_blocking(|tx| tx.all::<i64>("select id from tea order by id", &[])).unwrap();
        assert_eq!(ids, [1, 6]);
        assert_eq!(db.stats().jobs, 3, "the gate, the first and the last");
    });
}

#[test]
fn queued_closures_share_one_commit_on_sqlite() {
    one_thread_each(|db| {
        let gate = Gate::close(db);
        let queued: Vec<_> = (1..=20).map(|id| queue_write(db, move |tx| add_tea(tx, id, 1))).collect();
        assert_eq!(db.stats().queued, 20);
        gate.open();
        for answer in queued {
            answer.recv().unwrap().unwrap();
        }
        let stats = db.stats();
        assert_eq!((stats.jobs, stats.queued), (21, 0));
        match db.engine() {
            Engine::Sqlite => assert_eq!((stats.batches, stats.largest_batch), (2, 20)),
            Engine::Postgres => assert_eq!((stats.batches, stats.largest_batch), (21, 1)),
        }
        assert!(stats.commit_micros > 0);
    });
}

#[test]
fn a_constraint_checked_at_commit_fails_only_its_own_closure() {
    one_thread_each(|db| {
        let gate = Gate::close(db);
        let good = queue_write(db, |tx| add_tea(tx, 1, 1));
        let orphan = queue_write(db, |tx| {
            add_tea(tx, 2, 1)?;
            tx.exec("insert into pot (mall_id, id, tea_id) values (1, 1, $1)", &args![99])
        });
        let pair = queue_write(db, |tx| {
            tx.exec("insert into pot (mall_id, id, tea_id) values (1, 2, $1)", &args![3])?;
            add_tea(tx, 3, 1)
        });
        gate.open();
        good.recv().unwrap().unwrap();
        assert_eq!(violated(&orphan.recv().unwrap().unwrap_err()), Some("foreign_key"));
        pair.recv().unwrap().unwrap();
        assert_eq!(count(db), 2);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn increments_of_64_tasks_add_up() {
    for scratch in migrated(SCHEMA) {
        let db = scratch.open();
        db.write(|tx| add_tea(tx, 1, 0)).await.unwrap();
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    for _ in 0..20 {
                        db.write(|tx| {
                            let stock: i64 =
                                tx.one("select stock from tea where mall_id = 1 and id = 1 for update", &[])?;
                            tx.exec("update tea set stock = $1 where mall_id = 1 and id = 1", &args![stock + 1])
                        })
                        .await
                        .unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let stock: i64 = db.read(|tx| tx.one("select stock from tea", &[])).await.unwrap();
        assert_eq!(stock, 64 * 20, "{}", scratch.engine.name());
        db.close();
    }
}
