//! One text, one meaning: arguments, lists, rows, many inserts and the rewritten words give the same on both engines.

use crate::{add_tea, on_both};
use db::{Arg, FromRow, args, row};
use kernel::{Fen, Id, Instant};

#[derive(Debug, PartialEq)]
struct Tea {
    id: Id,
    name: String,
    price: Fen,
    made_at: Option<Instant>,
}

row!(Tea { id, name, price, made_at });

#[test]
fn rows_become_structs_and_tuples() {
    on_both(|db, _| {
        db.read_blocking(|tx| {
            let sql = "select cast($1 as bigint), cast($2 as text), cast($3 as bigint), cast($4 as bigint)";
            let tea: Tea = tx.one(sql, &args![Id(7), "龙井", Fen(8800), None::<Instant>])?;
            assert_eq!(tea, Tea { id: Id(7), name: "龙井".into(), price: Fen(8800), made_at: None });
            let pair: ((i64, String), Fen, Option<i64>) = tx.one(sql, &args![7, "龙井", 8800, 9])?;
            assert_eq!(pair, ((7, "龙井".into()), Fen(8800), Some(9)));
            let (truth, part): (bool, f64) =
                tx.one("select 1 = 1 and not false, cast(0.25 as double precision)", &[])?;
            assert!(truth && part == 0.25);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn a_row_that_does_not_fit_is_an_error() {
    on_both(|db, _| {
        fn failing<T: FromRow + Send + 'static>(db: &db::Db, sql: &'static str) -> String {
            let error = db.read_blocking(move |tx| tx.one::<T>(sql, &[]).map(drop)).unwrap_err();
            error.cause().unwrap().to_owned()
        }
        assert!(failing::<i64>(db, "select cast(1 as bigint), cast(2 as bigint)").contains("2 columns, 1 were read"));
        assert!(failing::<(i64, i64)>(db, "select cast(1 as bigint)").contains("only 1 columns"));
        assert!(failing::<i64>(db, "select cast('x' as text) as word").contains("column 1 (word): an integer"));
        assert!(failing::<String>(db, "select cast(null as text)").contains("null came"));
        assert!(failing::<i32>(db, "select cast(3000000000 as bigint)").contains("does not fit i32"));
        assert!(failing::<i64>(db, "select cast(1 as bigint) where 1 = 2").contains("no row came"));
        assert!(
            failing::<i64>(db, "select id from tea union all select 1 union all select 2").contains("more than one")
        );
    });
}

#[test]
fn lists_bind_as_one_argument() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            for id in 1..=5 {
                add_tea(tx, id, id * 10)?;
            }
            let ids = |tx: &mut db::Tx<'_>, sql: &str, arg: Arg| tx.all::<i64>(sql, &[arg]);
            let by_id = "select id from tea where mall_id = 1 and id = any($1) order by id";
            assert_eq!(ids(tx, by_id, Arg::from([Id(2), Id(4), Id(9)]))?, [2, 4]);
            assert!(ids(tx, by_id, Arg::from(Vec::<i64>::new()))?.is_empty());
            let by_name = "select id from tea where mall_id = 1 and name = any($1) order by id";
            assert_eq!(ids(tx, by_name, Arg::from(["tea 1", "tea 5", "it's \"quoted\""]))?, [1, 5]);
            let others = "select id from tea where mall_id = 1 and id <> all($1) order by id";
            assert_eq!(ids(tx, others, Arg::from(vec![1i64, 2, 3]))?, [4, 5]);
            let sold = tx.exec("delete from tea where mall_id = $1 and id = any($2)", &args![1, [1i64, 2, 9]])?;
            assert_eq!(sold, 2);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn affected_rows_are_counted_alike() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            add_tea(tx, 1, 1)?;
            let again = "insert into tea (mall_id, id, name, stock) values (1, 1, 'x', 1) on conflict do nothing";
            assert_eq!(tx.exec(again, &[])?, 0);
            let upsert = "insert into tea (mall_id, id, name, stock) values (1, 1, 'x', 1)
                          on conflict (mall_id, id) do update set stock = excluded.stock + 5
                          returning stock";
            assert_eq!(tx.one::<i64>(upsert, &[])?, 6);
            assert_eq!(tx.exec("update tea set stock = 9 where mall_id = 1 and stock > $1", &args![5])?, 1);
            assert_eq!(tx.exec("update tea set stock = 9 where mall_id = 1 and stock > $1", &args![50])?, 0);
            assert_eq!(tx.exec("select 1 where 1 = 1", &[])?, 0);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn many_rows_go_in_at_once() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            let rows: Vec<Vec<Arg>> = (1..=150i64).map(|id| args![1, id, format!("tea {id}"), id].to_vec()).collect();
            let head = "insert into tea (mall_id, id, name, stock) values";
            assert_eq!(tx.insert_many(head, "", &rows)?, 150);
            assert_eq!(tx.insert_many(head, "on conflict do nothing", &rows[..3])?, 0);
            assert_eq!(tx.insert_many(head, "", &[])?, 0);
            assert!(tx.insert_many(head, "", &[args![1].to_vec(), args![1, 2].to_vec()]).is_err());
            let (rows, stock): (i64, i64) = tx.one("select count(*), cast(sum(stock) as bigint) from tea", &[])?;
            assert_eq!((rows, stock), (150, 150 * 151 / 2));
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn our_words_mean_the_same() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            add_tea(tx, 1, 5)?;
            add_tea(tx, 2, 50)?;
            let clamped: Vec<i64> =
                tx.all("select least(greatest(stock, 10), 40) from tea order by id for update skip locked", &[])?;
            assert_eq!(clamped, [10, 40]);
            let found: i64 = tx.one("select id from tea where name ilike $1 and name <> '= any($9) for update'", &args!["TEA 2"])?;
            assert_eq!(found, 2);
            let popped: Vec<i64> = tx.all(
                "update tea set stock = 0
                 where mall_id = 1 and id in (select id from tea where mall_id = 1 order by id limit $1 for update skip locked)
                 returning id",
                &args![1],
            )?;
            assert_eq!(popped, [1]);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn arguments_are_counted_and_typed() {
    on_both(|db, _| {
        let few = db.write_blocking(|tx| tx.exec("update tea set stock = $1 where id = $2", &args![1]));
        assert!(few.unwrap_err().cause().unwrap().contains("takes 2 arguments, 1 were given"));
        let mixed = db.write_blocking(|tx| {
            add_tea(tx, 1, 1)?;
            // PostgreSQL takes the limit as bigint, the comparison as boolean, the sum as integer.
            tx.one::<i64>(
                "select id from tea where (stock > 0) = $1 and stock + 1 > $2 limit $3",
                &args![true, 1i32, 1u32],
            )
        });
        assert_eq!(mixed.unwrap(), 1);
    });
}
