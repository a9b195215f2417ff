//! A copy taken while others write is consistent and complete, and restoring it is refused where it would hurt.

use crate::{CONSTRAINTS, SCHEMA, add_tea, count, on_both};
use db::testing::{Scratch, migrated};
use db::{Db, Engine};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Removes the copy when the test ends.
struct Copy(PathBuf);

impl Copy {
    fn new(scratch: &Scratch) -> Copy {
        let name = scratch.url.rsplit(['/', ':']).nth(usize::from(scratch.engine == Engine::Sqlite)).unwrap();
        Copy(std::env::temp_dir().join(format!("{name}.copy")))
    }
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_copy_taken_while_writing_is_whole() {
    on_both(|db, scratch| {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = std::thread::spawn({
            let (db, stop) = (db.clone(), stop.clone());
            move || {
                let mut id = 0;
                while !stop.load(Ordering::Relaxed) {
                    id += 2;
                    db.write_blocking(move |tx| {
                        add_tea(tx, id - 1, 1)?;
                        add_tea(tx, id, 1)
                    })
                    .unwrap();
                }
                id
            }
        });
        while count(db) < 20 {}
        let copy = Copy::new(scratch);
        let before = count(db);
        db.backup_to(copy.path()).unwrap();
        stop.store(true, Ordering::Relaxed);
        let written = writer.join().unwrap();
        assert!(db.backup_to(copy.path()).is_err(), "a copy is not overwritten");

        let target = Scratch::empty(scratch.engine);
        Db::restore(&target.options(), copy.path(), false).unwrap();
        let restored = target.open_with(&[CONSTRAINTS]);
        let ids = restored.read_blocking(|tx| tx.all::<i64>("select id from tea order by id", &[])).unwrap();
        let count = i64::try_from(ids.len()).unwrap();
        assert!(count % 2 == 0 && count >= before && count <= written, "{before} ≤ {count} ≤ {written}");
        assert_eq!(ids, (1..=count).collect::<Vec<_>>());
        let error = restored.write_blocking(|tx| add_tea(tx, 1_000_000, -1)).unwrap_err();
        assert!(error.is("inventory.sold_out"), "constraints came along");
        assert!(restored.check().unwrap().contains("schema: 1 migrations, last 0001_tests"));
        restored.close();
    });
}

#[test]
fn a_database_with_data_is_replaced_only_by_force() {
    for scratch in migrated(SCHEMA) {
        let db = scratch.open();
        let copy = Copy::new(&scratch);
        db.backup_to(copy.path()).unwrap();
        db.write_blocking(|tx| add_tea(tx, 1, 1)).unwrap();
        if db.engine() == Engine::Sqlite {
            let open = Db::restore(&scratch.options(), copy.path(), true).unwrap_err();
            assert!(open.cause().unwrap().contains("in use"), "{open}");
        }
        assert_eq!(count(&db), 1);
        db.close();
        let exists = Db::restore(&scratch.options(), copy.path(), false).unwrap_err();
        assert!(exists.cause().unwrap().contains("force"), "{exists}");
        Db::restore(&scratch.options(), copy.path(), true).unwrap();
        let db = scratch.open();
        assert_eq!(count(&db), 0);
        db.close();
        if scratch.engine == Engine::Sqlite {
            let kept = Scratch::empty(Engine::Sqlite);
            let path = |url: &str| url.trim_start_matches("sqlite:").to_owned();
            std::fs::copy(path(&scratch.url) + ".before-restore", path(&kept.url)).unwrap();
            let old = kept.open();
            assert_eq!(count(&old), 1, "what was replaced is kept");
            old.close();
        }
    }
}

#[test]
fn a_broken_copy_is_refused() {
    for scratch in migrated(SCHEMA) {
        let db = scratch.open();
        db.write_blocking(|tx| (1..=500).try_for_each(|id| add_tea(tx, id, 1))).unwrap();
        let copy = Copy::new(&scratch);
        db.backup_to(copy.path()).unwrap();
        db.close();
        let mut bytes = std::fs::read(copy.path()).unwrap();
        let middle = bytes.len() / 2;
        bytes.truncate(middle);
        std::fs::write(copy.path(), bytes).unwrap();
        assert!(Db::restore(&scratch.options(), copy.path(), true).is_err());
        let db = scratch.open();
        assert_eq!(count(&db), 500, "the old data stands");
        db.close();
    }
}
