//! Stock under a crowd: not one piece too many, not one too few.

use std::time::{Duration, Instant};
use testkit::{Engine, TestMall, on_engine};
use tokio::task::JoinSet;

/// 300 members press "buy" at the same moment for 100 pieces.
async fn race(mall: TestMall) -> Duration {
    let tea = mall.product("秒杀龙井").price_fen(100).stock(100).create().await;
    let buyers = mall.members(300).await;
    let start = Instant::now();
    let mut racing = JoinSet::new();
    for buyer in buyers {
        let tea = tea.clone();
        racing.spawn(async move {
            let reply = buyer.place_at(&[(&tea, 1)], 100).await;
            if reply.status.is_success() {
                return true;
            }
            reply.refused("inventory.sold_out");
            false
        });
    }
    let won = racing.join_all().await;
    let took = start.elapsed();
    assert_eq!(won.iter().filter(|won| **won).count(), 100);
    assert_eq!(mall.stock(&tea).await, (100, 100));
    assert_eq!(mall.number("select count(*) from trade_order where mall_id = $1").await, 100);
    took
}

/// Other programs share the machine, so the best of eight counts; each round must sell exactly a hundred.
#[test]
#[allow(clippy::print_stderr, reason = "the time is worth seeing")]
fn three_hundred_buyers_share_a_hundred_pieces_within_a_second() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let best = std::cell::Cell::new(Duration::MAX);
        for _ in 0..8 {
            on_engine(engine, |_| {}, async |mall| best.set(best.get().min(race(mall).await)));
            if best.get() < Duration::from_secs(1) {
                break;
            }
        }
        eprintln!("300 buyers on {}: {:?}", engine.name(), best.get());
        assert!(best.get() < Duration::from_secs(1), "300 buyers took {:?} on {}", best.get(), engine.name());
    }
}

#[test]
fn a_purchase_limit_holds_when_one_member_orders_many_times_at_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_engine(
            engine,
            |_| {},
            async |mall| {
                let tea = mall.product("限购龙井").price_fen(100).stock(100).limit(2).create().await;
                let ann = mall.member().await;
                let mut racing = JoinSet::new();
                for _ in 0..10 {
                    let (ann, tea) = (ann.clone(), tea.clone());
                    racing.spawn(async move {
                        let reply = ann.place_at(&[(&tea, 1)], 100).await;
                        if !reply.status.is_success() {
                            reply.refused("order.not_placeable");
                        }
                        reply.status.is_success()
                    });
                }
                let placed = racing.join_all().await.into_iter().filter(|placed| *placed).count();
                assert_eq!(placed, 2);
                assert_eq!(mall.stock(&tea).await, (100, 2));
            },
        );
    }
}

#[test]
fn orders_of_the_same_goods_in_opposite_order_do_not_block_each_other() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_engine(
            engine,
            |_| {},
            async |mall| {
                let tea = mall.product("龙井").price_fen(100).stock(100).create().await;
                let pot = mall.product("壶").price_fen(100).stock(100).create().await;
                let mut racing = JoinSet::new();
                for (i, buyer) in mall.members(40).await.into_iter().enumerate() {
                    let (tea, pot) = (tea.clone(), pot.clone());
                    racing.spawn(async move {
                        let (a, b) = if i % 2 == 0 { (&tea, &pot) } else { (&pot, &tea) };
                        let order = buyer.place_at(&[(a, 1), (b, 1)], 200).await.ok();
                        if i % 4 == 0 {
                            buyer.cancel(&order).await.ok();
                        } else {
                            buyer.pay(&order).await;
                        }
                    });
                }
                racing.join_all().await;
                assert_eq!(mall.stock(&tea).await, (70, 0));
                assert_eq!(mall.stock(&pot).await, (70, 0));
            },
        );
    }
}

#[test]
fn staff_cannot_take_away_what_is_promised() {
    testkit::on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(10).create().await;
        let ann = mall.member().await;
        ann.place_order(&[(&tea, 8)]).await.ok();
        let change = |kind: &str, quantity: i64| testkit::json!({ "sku_id": tea.sku().id, "location_id": mall.warehouse, "kind": kind, "quantity": quantity });
        let owner = mall.staff();
        owner.post("/admin/v1/inventory/changes", change("adjust", -3)).await.refused("inventory.below_reserved");
        owner.post("/admin/v1/inventory/changes", change("count", 7)).await.refused("inventory.below_reserved");
        owner.post("/admin/v1/inventory/changes", change("count", 8)).await.ok();
        assert_eq!(mall.stock(&tea).await, (8, 8));
        let product = ann.get(&format!("/api/v1/products/{}", tea.id)).await.ok();
        assert_eq!(product["skus"][0]["available"], 0);
    });
}
