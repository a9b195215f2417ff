//! The same violation has the same name and code on both engines.

use crate::{add_tea, on_both};
use db::{OnConstraint, args, violated};
use kernel::{Error, Kind};

#[test]
fn violations_carry_the_name_of_the_constraint() {
    on_both(|db, _| {
        db.write_blocking(|tx| {
            add_tea(tx, 1, 1)?;
            tx.exec("insert into pot (mall_id, id, tea_id, label) values (1, 1, 1, 'red')", &[])
        })
        .unwrap();
        let cases = [
            ("tea_stock_enough", "update tea set stock = stock - 2 where mall_id = 1 and id = 1"),
            ("tea_name_once", "insert into tea (mall_id, id, name, stock) values (1, 2, 'tea 1', 1)"),
            ("tea_pkey", "insert into tea (mall_id, id, name, stock) values (1, 1, 'new', 1)"),
            ("pot_label_once", "insert into pot (mall_id, id, tea_id, label) values (1, 2, 1, 'red')"),
        ];
        for (name, sql) in cases {
            let error = db.write_blocking(move |tx| tx.exec(sql, &[])).unwrap_err();
            assert_eq!(violated(&error), Some(name), "{}: {error}", db.engine().name());
        }
    });
}

#[test]
fn a_known_constraint_is_a_conflict_and_an_unknown_one_is_internal() {
    on_both(|db, _| {
        let error = db.write_blocking(|tx| add_tea(tx, 1, -1)).unwrap_err();
        assert_eq!((error.kind(), error.code(), error.message()), (Kind::Conflict, "inventory.sold_out", "库存不足"));
        assert!(error.details().is_none(), "names of constraints stay inside");
        db.write_blocking(|tx| add_tea(tx, 1, 1)).unwrap();
        let error = db.write_blocking(|tx| add_tea(tx, 1, 1)).unwrap_err();
        assert!(error.is("internal"));
        let missing = db.write_blocking(|tx| {
            tx.exec("insert into tea (mall_id, id, name, stock) values (1, 7, $1, 1)", &args![None::<&str>])
        });
        assert!(missing.unwrap_err().is("internal"));
    });
}

#[test]
fn a_violation_can_be_remapped_inside_the_closure() {
    on_both(|db, _| {
        db.write_blocking(|tx| add_tea(tx, 1, 1)).unwrap();
        let error = db
            .write_blocking(|tx| {
                tx.exec("insert into tea (mall_id, id, name, stock) values (1, 2, 'tea 1', 1)", &[])
                    .on_constraint("tea_stock_enough", |_| Error::invalid("test.wrong", ""))
                    .on_constraint("tea_name_once", |_| Error::conflict("tea.name_taken", "这个名字已经用过了"))
            })
            .unwrap_err();
        assert!(error.is("tea.name_taken"), "{error}");
    });
}
