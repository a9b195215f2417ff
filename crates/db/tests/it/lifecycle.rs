//! From opening to closing: a bounded queue, slow closures in the log, an orderly end.

use crate::{Gate, SCHEMA, add_tea, count, on_both, queue_write};
use db::testing::{Scratch, migrated};
use db::{Db, Engine, Options};
use kernel::Kind;
use std::future::Future;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

#[test]
fn a_full_queue_refuses_at_once() {
    for scratch in migrated(SCHEMA) {
        let db = Db::open(Options { connections: 1, queue: 2, ..scratch.options() }).unwrap();
        let gate = Gate::close(&db);
        let queued = [queue_write(&db, |tx| add_tea(tx, 1, 1)), queue_write(&db, |tx| add_tea(tx, 2, 1))];
        let refused = db.write_blocking(|tx| add_tea(tx, 3, 1)).unwrap_err();
        assert_eq!(
            (refused.kind(), refused.code(), refused.retry_after_s()),
            (Kind::Unavailable, "server.busy", Some(1))
        );
        assert_eq!((db.stats().rejected, db.stats().queued), (1, 2));
        gate.open();
        for answer in queued {
            answer.recv().unwrap().unwrap();
        }
        assert_eq!(count(&db), 2);
        db.close();
    }
}

#[test]
fn closing_finishes_what_is_queued() {
    for scratch in migrated(SCHEMA) {
        let db = Db::open(Options { connections: 1, ..scratch.options() }).unwrap();
        let gate = Gate::close(&db);
        let queued: Vec<_> = (1..=5).map(|id| queue_write(&db, move |tx| add_tea(tx, id, 1))).collect();
        let closing = std::thread::spawn({
            let db = db.clone();
            move || db.close()
        });
        gate.open();
        closing.join().unwrap();
        for answer in queued {
            answer.recv().unwrap().unwrap();
        }
        assert!(db.write_blocking(|tx| add_tea(tx, 9, 1)).unwrap_err().is("server.closing"));
        assert!(db.read_blocking(|tx| tx.all::<i64>("select id from tea", &[])).unwrap_err().is("server.closing"));
        drop(db);
        let again = scratch.open();
        assert_eq!(count(&again), 5);
        again.close();
    }
}

#[test]
fn the_last_handle_may_go_away_in_a_hook() {
    for scratch in migrated(SCHEMA) {
        let db = scratch.open();
        let (done, seen) = channel();
        let (mut last, ready) = (Some(db.clone()), db.clone());
        let (release, released) = channel::<()>();
        let mut wait = Some(released);
        // A caller that asks and goes away, so that the hook holds the last handle.
        let mut call = Box::pin(ready.write(move |tx| {
            let (last, done, wait) = (last.take(), done.clone(), wait.take());
            tx.after_commit(move || {
                wait.map(|wait| wait.recv());
                drop(last);
                done.send(()).unwrap();
            });
            Ok(())
        }));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(call);
        drop((db, ready));
        release.send(()).unwrap();
        seen.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}

#[test]
fn sqlite_leaves_one_file() {
    let scratch = Scratch::from_template(Engine::Sqlite, SCHEMA);
    let db = scratch.open();
    db.write_blocking(|tx| (1..=100).try_for_each(|id| add_tea(tx, id, 1))).unwrap();
    let log = format!("{}-wal", scratch.url.trim_start_matches("sqlite:"));
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    let patience = Instant::now();
    while std::fs::metadata(&log).unwrap().len() > 0 {
        assert!(patience.elapsed() < Duration::from_secs(10), "an idle writer truncates the log");
        std::thread::yield_now();
    }
    assert_eq!(count(&db), 100);
    db.write_blocking(|tx| add_tea(tx, 101, 1)).unwrap();
    db.close();
    assert!(!std::path::Path::new(&log).exists());
}

#[cfg(unix)]
#[test]
fn sqlite_files_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::empty(Engine::Sqlite);
    let path = scratch.url.trim_start_matches("sqlite:").replace("scratch.db", "new/folder/mall.db");
    let db = Db::open(Options::new(&format!("sqlite:{path}"))).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    db.close();
}

/// Counts warnings, and nothing else.
struct Warnings;
static SLOW: Mutex<u32> = Mutex::new(0);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Words(bool);
        impl tracing::field::Visit for Words {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 |= format!("{value:?}").contains("slow database closure");
            }
        }
        let mut words = Words(false);
        event.record(&mut words);
        *SLOW.lock().unwrap() += u32::from(words.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_slow_closure_is_logged() {
    tracing::subscriber::set_global_default(Warnings).unwrap();
    on_both(|db, _| {
        let before = *SLOW.lock().unwrap();
        db.write_blocking(|_| {
            std::thread::sleep(Duration::from_millis(60));
            Ok(())
        })
        .unwrap();
        assert!(*SLOW.lock().unwrap() > before);
    });
}
