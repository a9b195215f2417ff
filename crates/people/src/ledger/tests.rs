//! The ledger against a small model: random histories on both engines, races for the last fen, many postings.

mod model;

use super::*;
use db::testing::migrated;
use db::{Db, Tx, args};
use kernel::{Actor, FrozenClock, Id, Ids, Instant, Result, days};
use platform::{Ctx, mall};
use std::sync::Arc;

const MALL: Id = Id(11);
const START: Instant = Instant(1_795_000_000_000);

struct Books {
    db: Db,
    clock: Arc<FrozenClock>,
    ids: Arc<Ids>,
    _scratch: db::testing::Scratch,
}

impl Books {
    fn ctx(&self) -> Ctx {
        Ctx::new(MALL, Actor::System, self.clock.clone(), self.ids.clone())
    }

    async fn write<T: Send + 'static>(
        &self,
        mut f: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ctx = self.ctx();
        self.db.write(move |tx| f(tx, &ctx)).await
    }

    async fn assert_balanced(&self) {
        let found = self.db.read(|tx| drift(tx, MALL)).await.unwrap();
        assert_eq!(found, []);
    }

    async fn of(&self, member: Id, account: Account) -> i64 {
        self.db.read(move |tx| balance(tx, MALL, member, account)).await.unwrap()
    }
}

async fn on_both(story: impl AsyncFn(Books)) {
    for scratch in migrated(db::migrations()) {
        let mut options = scratch.options();
        options.constraints = vec![crate::CONSTRAINTS];
        let db = Db::open(options).unwrap();
        db.write(|tx| mall::create(tx, MALL, "hefang", "河坊生活", START)).await.unwrap();
        let clock = Arc::new(FrozenClock::at(START));
        story(Books { db, clock, ids: Arc::new(Ids::new(1)), _scratch: scratch }).await;
    }
}

fn grant(member_id: Id, source: i64, amount: i64, expires_at: Instant) -> Grant<'static> {
    Grant { member_id, kind: "given", source_id: Id(source), amount, note: "", expires_at }
}

#[tokio::test]
async fn a_source_posts_once_and_a_debit_needs_its_cover() {
    on_both(async |books| {
        let entry = |kind: &'static str, source: i64, amount: i64| Entry {
            account: Account::Gift,
            member_id: Id(7),
            kind,
            source_id: Id(source),
            amount,
            note: "",
        };
        assert!(books.write(move |tx, ctx| credit(tx, ctx, &entry("a", 1, 100))).await.unwrap());
        assert!(!books.write(move |tx, ctx| credit(tx, ctx, &entry("a", 1, 100))).await.unwrap());
        let refused = books.write(move |tx, ctx| debit(tx, ctx, &entry("b", 1, 101))).await.unwrap_err();
        assert!(refused.is("balance.not_enough"));
        assert!(books.write(move |tx, ctx| debit(tx, ctx, &entry("b", 1, 100))).await.unwrap());
        assert!(books.write(move |tx, ctx| debit(tx, ctx, &entry("c", 1, 1))).await.is_err());
        assert_eq!(books.write(move |tx, ctx| move_up_to(tx, ctx, &entry("d", 1, 5))).await.unwrap(), 0);
        assert!(books.write(move |tx, ctx| credit(tx, ctx, &entry("e", 1, 0))).await.is_err());
        assert_eq!(books.of(Id(7), Account::Gift).await, 0);
        books.assert_balanced().await;
    })
    .await;
}

#[tokio::test]
async fn two_who_want_the_last_fen_do_not_both_get_it() {
    on_both(async |books| {
        for round in 0..20i64 {
            let put = move |tx: &mut Tx<'_>, ctx: &Ctx| {
                let entry = Entry {
                    account: Account::Principal,
                    member_id: Id(7),
                    kind: "put",
                    source_id: Id(round + 1),
                    amount: 1,
                    note: "",
                };
                credit(tx, ctx, &entry)?;
                earn(tx, ctx, &grant(Id(7), round + 1, 1, NEVER))
            };
            books.write(put).await.unwrap();
            let mut races = tokio::task::JoinSet::new();
            for racer in 0..4i64 {
                let (db, ctx) = (books.db.clone(), books.ctx());
                races.spawn(async move {
                    let source_id = Id(round * 10 + racer + 1);
                    let entry = Entry {
                        account: Account::Principal,
                        member_id: Id(7),
                        kind: "take",
                        source_id,
                        amount: 1,
                        note: "",
                    };
                    let writer = ctx.clone();
                    let money = db.write(move |tx| debit(tx, &writer, &entry)).await.is_ok();
                    let spent = Spent { member_id: Id(7), kind: "take_points", source_id };
                    let points = db.write(move |tx| spend(tx, &ctx, &spent, 1, "")).await.is_ok();
                    (money, points)
                });
            }
            let outcomes = races.join_all().await;
            assert_eq!(outcomes.iter().filter(|outcome| outcome.0).count(), 1, "round {round}");
            assert_eq!(outcomes.iter().filter(|outcome| outcome.1).count(), 1, "round {round}");
        }
        books.assert_balanced().await;
    })
    .await;
}

#[tokio::test]
async fn the_soonest_to_expire_go_first_and_come_back_last() {
    on_both(async |books| {
        let spent = Spent { member_id: Id(7), kind: "order", source_id: Id(1) };
        books
            .write(move |tx, ctx| {
                earn(tx, ctx, &grant(Id(7), 1, 100, START + days(10)))?;
                earn(tx, ctx, &grant(Id(7), 2, 100, START + days(2)))?;
                spend(tx, ctx, &spent, 150, "")
            })
            .await
            .unwrap();
        books.write(move |tx, ctx| give_back(tx, ctx, &spent, ("back", Id(1)), 50, "", None)).await.unwrap();
        books.clock.advance(days(3));
        // All that is left lies in the later bucket.
        assert_eq!(books.write(expire_points).await.unwrap(), 0);
        assert_eq!(books.of(Id(7), Account::Points).await, 100);
        // What belongs to a bucket whose day has passed comes back for the grace.
        books.write(move |tx, ctx| give_back(tx, ctx, &spent, ("back", Id(2)), 60, "", Some(days(7)))).await.unwrap();
        assert_eq!(books.write(expire_points).await.unwrap(), 0);
        let more = books.write(move |tx, ctx| give_back(tx, ctx, &spent, ("back", Id(3)), 41, "", None)).await;
        assert!(more.is_err(), "more than was spent does not come back");
        books.write(move |tx, ctx| give_back(tx, ctx, &spent, ("back", Id(4)), 40, "", None)).await.unwrap();
        assert_eq!(books.write(expire_points).await.unwrap(), 1, "without a grace it expires");
        assert_eq!(books.of(Id(7), Account::Points).await, 160);
        books.clock.advance(days(8));
        while books.write(expire_points).await.unwrap() > 0 {}
        assert_eq!(books.of(Id(7), Account::Points).await, 0);
        books.assert_balanced().await;
    })
    .await;
}

#[tokio::test]
async fn the_reminder_comes_once() {
    on_both(async |books| {
        books.write(|tx, ctx| earn(tx, ctx, &grant(Id(7), 1, 30, START + days(9)))).await.unwrap();
        books.write(|tx, ctx| earn(tx, ctx, &grant(Id(7), 2, 12, START + days(8)))).await.unwrap();
        let due = |books: &Books| {
            let ctx = books.ctx();
            let db = books.db.clone();
            async move { db.write(move |tx| remind_expiring(tx, &ctx, ctx.now + days(7))).await.unwrap() }
        };
        assert_eq!(due(&books).await, []);
        books.clock.advance(days(2));
        let told = due(&books).await;
        assert_eq!((told.len(), told[0].amount, told[0].expires_at), (1, 42, START + days(8)));
        assert_eq!(due(&books).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_statement_tells_the_balance_after_every_line() {
    on_both(async |books| {
        for source in 1..=5 {
            books.write(move |tx, ctx| earn(tx, ctx, &grant(Id(7), source, source * 10, NEVER))).await.unwrap();
        }
        let page = |cursor| {
            let db = books.db.clone();
            async move { db.read(move |tx| statement(tx, MALL, Id(7), &[Account::Points], cursor, 2)).await.unwrap() }
        };
        let mut balances = Vec::new();
        let mut cursor = None;
        loop {
            let found = page(cursor).await;
            balances.extend(found.items.iter().map(|line| (line.amount, line.balance)));
            match found.next_cursor {
                Some(next) => cursor = Some(kernel::Cursor::decode(&next).unwrap()),
                None => break,
            }
        }
        assert_eq!(balances, [(50, 150), (40, 100), (30, 60), (20, 30), (10, 10)]);
    })
    .await;
}

#[tokio::test]
async fn merging_moves_everything_and_stays_balanced() {
    on_both(async |books| {
        books
            .write(|tx, ctx| {
                earn(tx, ctx, &grant(Id(7), 1, 40, START + days(5)))?;
                earn(tx, ctx, &grant(Id(8), 2, 2, START + days(9)))?;
                let entry = Entry {
                    account: Account::Principal,
                    member_id: Id(7),
                    kind: "put",
                    source_id: Id(3),
                    amount: 9,
                    note: "",
                };
                credit(tx, ctx, &entry)?;
                merge_member(tx, ctx, Id(7), Id(8))
            })
            .await
            .unwrap();
        assert_eq!((books.of(Id(7), Account::Points).await, books.of(Id(8), Account::Points).await), (0, 42));
        assert_eq!((books.of(Id(7), Account::Principal).await, books.of(Id(8), Account::Principal).await), (0, 9));
        let spent = Spent { member_id: Id(8), kind: "order", source_id: Id(4) };
        books.write(move |tx, ctx| spend(tx, ctx, &spent, 42, "")).await.unwrap();
        books.assert_balanced().await;
    })
    .await;
}

#[tokio::test]
async fn falsified_books_are_found() {
    on_both(async |books| {
        books.write(|tx, ctx| earn(tx, ctx, &grant(Id(7), 1, 40, NEVER))).await.unwrap();
        for falsify in [
            "update ledger_balance set amount = amount + 1",
            "update ledger_posting set amount = amount + 1 where member_id = 0",
            "update points_bucket set remaining = remaining - 1",
            "delete from ledger_balance",
        ] {
            let found = books
                .db
                .write(move |tx| {
                    let found = tx.savepoint(|tx| {
                        tx.exec(falsify, &args![])?;
                        let found = drift(tx, MALL)?;
                        Err::<(), _>(kernel::Error::internal(found.len()))
                    });
                    Ok(found.unwrap_err().cause().unwrap_or_default().to_owned())
                })
                .await
                .unwrap();
            assert_ne!(found, "0", "{falsify}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_postings_do_not_drift() {
    on_both(async |books| {
        let mut expected = 0i64;
        for batch in 0..50i64 {
            books
                .write(move |tx, ctx| {
                    for n in 0..500i64 {
                        let source = batch * 500 + n + 1;
                        let member_id = Id(1 + source % 97);
                        let entry = Entry {
                            account: Account::Principal,
                            member_id,
                            kind: "put",
                            source_id: Id(source),
                            amount: 1 + source % 13,
                            note: "",
                        };
                        credit(tx, ctx, &entry)?;
                        debit(tx, ctx, &Entry { kind: "take", amount: 1, ..entry })?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            expected += (0..500i64).map(|n| (batch * 500 + n + 1) % 13).sum::<i64>();
        }
        let (postings, held): (i64, i64) = books
            .db
            .read(|tx| {
                tx.one(
                    "select (select count(*) from ledger_posting), cast(sum(amount) as bigint) from ledger_balance",
                    &args![],
                )
            })
            .await
            .unwrap();
        assert_eq!((postings, held), (100_000, expected));
        books.assert_balanced().await;
    })
    .await;
}
