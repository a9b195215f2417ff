//! The check after every story is itself checked: whatever is falsified behind the program's back must be found.

use testkit::{Engine, World};

/// Breaks one promise with a statement and answers what the check says.
async fn what_is_found(engine: Engine, falsify: &'static str) -> String {
    let world = World::new(engine, |_| {}).await;
    let mall = world.found("first").await;
    let tea = mall.product("龙井").price_fen(1_000).stock(10).create().await;
    let ann = mall.member().await;
    ann.buy(&[(&tea, 1)]).await;
    ann.place_order(&[(&tea, 2)]).await.ok();
    assert_eq!(world.broken_promises().await, [""; 0]);
    let changed = world.app().db.write(move |tx| tx.exec(falsify, &[])).await.unwrap();
    assert!(changed > 0, "{falsify} changes nothing");
    world.broken_promises().await.join("\n")
}

#[test]
fn falsified_books_are_found() {
    let cases = [
        ("update stock set reserved = reserved + 1", "reserved"),
        ("update stock set on_hand = on_hand + 1", "movements"),
        ("delete from stock_reservation", "holds other stock"),
        ("update order_line set quantity = quantity + 1", "do not add up"),
        ("update trade_order set paid_fen = paid_fen - 1 where paid_fen > 0", "paid in full"),
        ("update payment set amount_fen = amount_fen + 1 where status = 'paid'", "money is held"),
        ("update product set in_stock = false", "in stock"),
        ("update product set sales_count = 7", "sales count"),
        ("delete from order_event", "without leaving an event"),
        ("update order_line set unit_shares = '[[1, 1]]'", "unit shares"),
        (
            "insert into job (id, mall_id, kind, payload, state, run_at, created_at)
          select 1, id, 'x', '{}', 'dead', 0, 0 from mall",
            "dead jobs",
        ),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            for (falsify, expected) in cases {
                let found = what_is_found(engine, falsify).await;
                assert!(found.contains(expected), "{falsify} on {}: found {found:?}", engine.name());
            }
        }
    });
}
