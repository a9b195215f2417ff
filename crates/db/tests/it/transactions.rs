//! What a closure may rely on: all or nothing, savepoints, hooks after the commit, one snapshot for a read.

use crate::{Gate, add_tea, count, on_both};
use db::args;
use kernel::Error;
use std::sync::mpsc::channel;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_hidden_failure_is_rolled_back() {
    on_both(|db, _| {
        let hidden = db.write_blocking(|tx| {
            add_tea(tx, 1, 1)?;
            let _ = add_tea(tx, 1, 1);
            Ok(())
        });
        assert!(hidden.unwrap_err().is("internal"));
        let went_on = db.write_blocking(|tx| {
            let _ = tx.exec("insert into nowhere values (1)", &[]);
            add_tea(tx, 2, 1)
        });
        assert!(went_on.unwrap_err().cause().unwrap().contains("after a failed one"));
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_failed_savepoint_undoes_only_itself() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            add_tea(tx, 1, 1)?;
            let inner = tx.savepoint(|tx| {
                add_tea(tx, 2, 1)?;
                tx.savepoint(|tx| add_tea(tx, 3, 1))?;
                add_tea(tx, 1, 1)
            });
            assert!(inner.is_err());
            let hidden = tx.savepoint(|tx| {
                let _ = add_tea(tx, 1, 1);
                Ok(())
            });
            assert!(hidden.is_err());
            let nested = tx.savepoint(|tx| {
                add_tea(tx, 4, 1)?;
                let _ = tx.savepoint(|tx| add_tea(tx, 4, 1));
                add_tea(tx, 5, 1)
            });
            assert!(nested.is_ok());
            add_tea(tx, 6, 1)
        })
        .unwrap();
        let ids = db.read_blocking(|tx| tx.all::<i64>("select id from tea order by id", &[])).unwrap();
        assert_eq!(ids, [1, 4, 5, 6]);
    });
}

#[test]
fn hooks_run_after_the_commit_and_only_then() {
    on_both(|db, _| {
        let (ran, seen) = channel();
        let hook = move |name: &'static str| {
            let ran = ran.clone();
            move || ran.send(name).unwrap()
        };
        let failing = hook.clone();
        let failed = db.write_blocking(move |tx| {
            tx.after_commit(failing("rolled back"));
            Err::<(), _>(Error::conflict("test.no", ""))
        });
        assert!(failed.is_err());
        let mixed = hook.clone();
        db.write_blocking(move |tx| {
            tx.after_commit(mixed("kept"));
            let _ = tx.savepoint(|tx| {
                tx.after_commit(mixed("in a failed savepoint"));
                Err::<(), _>(Error::conflict("test.no", ""))
            });
            tx.savepoint(|tx| {
                tx.after_commit(mixed("in a savepoint"));
                Ok(())
            })
        })
        .unwrap();
        db.write_blocking(|tx| {
            tx.after_commit(|| panic!("a hook may not take the thread with it"));
            Ok(())
        })
        .unwrap();
        db.write_blocking(move |tx| {
            tx.after_commit(hook("last"));
            Ok(())
        })
        .unwrap();
        // Whoever has an answer finds the hooks done.
        let mut order: Vec<_> = (0..3).map(|_| seen.try_recv().unwrap()).collect();
        order.sort_unstable();
        assert_eq!(order, ["in a savepoint", "kept", "last"]);
        assert!(seen.recv_timeout(SOON).is_err(), "all senders are gone, none was used again");
    });
}

#[test]
fn a_read_cannot_write() {
    on_both(|db, _| {
        let refused = db.read_blocking(|tx| add_tea(tx, 1, 1)).unwrap_err();
        assert!(refused.cause().unwrap().contains("a read wrote"), "{refused}");
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_read_sees_one_snapshot() {
    on_both(|db, _| {
        let (first_look, looked) = channel();
        let (written, go_on) = channel::<()>();
        let reader = std::thread::spawn({
            let db = db.clone();
            move || {
                db.read_blocking(move |tx| {
                    let before: i64 = tx.one("select count(*) from tea", &[])?;
                    first_look.send(()).unwrap();
                    go_on.recv().unwrap();
                    let after: i64 = tx.one("select count(*) from tea", &[])?;
                    Ok((before, after))
                })
            }
        });
        looked.recv().unwrap();
        db.write_blocking(|tx| add_tea(tx, 1, 1)).unwrap();
        written.send(()).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), (0, 0));
        assert_eq!(count(db), 1);
    });
}

#[test]
fn a_closure_that_waits_for_another_is_told() {
    on_both(|db, _| {
        let inner = db.clone();
        let nested = db.write_blocking(move |_| inner.write_blocking(|tx| add_tea(tx, 1, 1)));
        assert!(nested.unwrap_err().cause().unwrap().contains("waits for another closure"));
    });
}

#[tokio::test]
async fn a_write_is_carried_out_though_its_caller_left() {
    for scratch in db::testing::migrated(crate::SCHEMA) {
        let db = db::Db::open(db::Options { connections: 1, ..scratch.options() }).unwrap();
        let gate = Gate::close(&db);
        let writing = tokio::spawn({
            let db = db.clone();
            async move { db.write(|tx| add_tea(tx, 1, 1)).await }
        });
        while db.stats().queued == 0 {
            tokio::task::yield_now().await;
        }
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
        gate.open();
        assert_eq!(db.write(|tx| tx.one::<i64>("select count(*) from tea", &args![])).await.unwrap(), 1);
        db.close();
    }
}
