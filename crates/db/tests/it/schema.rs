//! Migrations are applied once, in order, whole, and never edited afterwards.

use db::testing::databases;
use db::{Migration, migrations};
use kernel::Instant;

const NOW: Instant = Instant(1_800_000_000_000);
const FIRST: Migration =
    Migration { version: 1, name: "first", text: "create table a (@id@, mall_id bigint not null, @key@);" };
const SECOND: Migration = Migration {
    version: 2,
    name: "second",
    text: "alter table a add column b text;\ninsert into a (mall_id, id, b) values (1, 1, 'x; y');",
};

#[test]
fn each_is_applied_once() {
    for scratch in databases() {
        let db = scratch.open();
        assert!(db.check().unwrap().contains("schema: not migrated"));
        assert_eq!(db.migrate(&[FIRST], NOW).unwrap(), [1]);
        assert_eq!(db.migrate(&[FIRST, SECOND], NOW).unwrap(), [2]);
        assert_eq!(db.migrate(&[FIRST, SECOND], NOW).unwrap(), [0; 0]);
        let kept: Vec<(i64, String, Instant)> = db
            .read_blocking(|tx| tx.all("select version, name, applied_at from schema_migration order by version", &[]))
            .unwrap();
        assert_eq!(kept, [(1, "first".into(), NOW), (2, "second".into(), NOW)]);
        assert!(db.check().unwrap().contains("schema: 2 migrations, last 0002_second"));
        db.close();
    }
}

#[test]
fn an_edited_one_is_refused() {
    for scratch in databases() {
        let db = scratch.open();
        db.migrate(&[FIRST], NOW).unwrap();
        let edited = Migration { text: "create table a (@id@);", ..FIRST };
        let error = db.migrate(&[edited, SECOND], NOW).unwrap_err();
        assert!(error.cause().unwrap().contains("migration 1 was edited"), "{error}");
        assert!(db.migrate(&[SECOND, FIRST], NOW).is_err(), "order matters");
        db.close();
    }
}

#[test]
fn a_failing_one_leaves_nothing_behind() {
    for scratch in databases() {
        let db = scratch.open();
        let broken =
            Migration { version: 2, name: "broken", text: "create table c (x bigint);\ncreate table c (x bigint);" };
        let error = db.migrate(&[FIRST, broken], NOW).unwrap_err();
        assert!(error.cause().unwrap().contains("migration 2 (broken)"), "{error}");
        assert!(db.read_blocking(|tx| tx.all::<i64>("select x from c", &[])).is_err());
        assert_eq!(db.migrate(&[FIRST, SECOND], NOW).unwrap(), [2]);
        db.close();
    }
}

#[test]
fn two_processes_migrate_one_after_the_other() {
    for scratch in databases() {
        let (one, two) = (scratch.open(), scratch.open());
        let racing = std::thread::spawn({
            let one = one.clone();
            move || one.migrate(&[FIRST, SECOND], NOW).unwrap()
        });
        let mut applied = two.migrate(&[FIRST, SECOND], NOW).unwrap();
        applied.extend(racing.join().unwrap());
        applied.sort_unstable();
        assert_eq!(applied, [1, 2]);
        one.close();
        two.close();
    }
}

#[test]
fn ours_apply_on_both_engines() {
    for scratch in databases() {
        let db = scratch.open();
        let applied = db.migrate(migrations(), NOW).unwrap();
        assert_eq!(applied.len(), migrations().len());
        db.close();
    }
}

#[test]
fn commits_are_durable_unless_told_otherwise() {
    for scratch in databases() {
        let db = db::Db::open(db::Options::new(&scratch.url)).unwrap();
        let facts = db.check().unwrap();
        let wanted = match db.engine() {
            db::Engine::Sqlite => ["journal: wal", "synchronous: full", "foreign keys: on"],
            db::Engine::Postgres => ["synchronous: ", "fsync: ", "statement timeout: 10s"],
        };
        for fact in wanted {
            assert!(facts.contains(fact), "{facts}");
        }
        db.close();
        if scratch.engine == db::Engine::Sqlite {
            let fast = db::Db::open(db::Options { synchronous_full: false, ..scratch.options() }).unwrap();
            assert!(fast.check().unwrap().contains("synchronous: normal"));
            fast.close();
        }
    }
}
