//! The price of an unpaid order changes by staff, exactly to the unit, and never under somebody who pays.

use testkit::{Call, Order, Reply, TestMall, Trouble, Value, json, on_both_engines};

async fn change(mall: &TestMall, order: &Order, body: Value) -> Reply {
    let mut body = body;
    if body.get("expected_total_fen").is_none() {
        body["expected_total_fen"] = mall.staff().order(order).await["total_fen"].clone();
    }
    if body.get("reason").is_none() {
        body["reason"] = "老顾客".into();
    }
    mall.staff().post(&format!("/admin/v1/orders/{}/price", order.id), body).await
}

/// Lines, units and rows agree with the order's amounts.
async fn assert_sums(mall: &TestMall) {
    let wrong = mall
        .number(
            "select count(*) from trade_order o
             where o.mall_id = $1
               and (o.goods_fen + o.discount_fen <> (select cast(sum(l.payable_fen) as bigint) from order_line l
                      where l.mall_id = o.mall_id and l.order_id = o.id)
                 or o.total_fen <> o.goods_fen + o.discount_fen + o.freight_fen
                 or (o.paid_at is not null and o.paid_fen <> o.total_fen))",
        )
        .await;
    assert_eq!(wrong, 0, "an order whose parts do not sum");
    let (mall_id, db) = (mall.id, mall.world.app().db.clone());
    let shares: Vec<(i64, i64, String)> = db
        .read(move |tx| {
            tx.all("select payable_fen, quantity, unit_shares from order_line where mall_id = $1", &db::args![mall_id])
        })
        .await
        .unwrap();
    for (payable, quantity, text) in shares {
        let runs: Vec<(i64, i64)> = serde_json::from_str(&text).unwrap();
        assert_eq!(runs.iter().map(|run| run.0 * run.1).sum::<i64>(), payable, "{text}");
        assert_eq!(runs.iter().map(|run| run.1).sum::<i64>(), quantity, "{text}");
    }
}

#[test]
fn a_new_price_is_split_to_the_unit_shown_with_its_reason_and_paid() {
    on_both_engines(async |mall| {
        let (tea, cup) =
            (mall.product("龙井").price_fen(3_333).create().await, mall.product("杯").price_fen(1_000).create().await);
        mall.charge_freight(800, 0).await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 3), (&cup, 1)]).await.ok();
        assert_eq!(order.total_fen, 3 * 3_333 + 1_000 + 800);
        let changed = change(&mall, &order, json!({ "goods_fen": 10_000, "freight_fen": 0 })).await.ok();
        assert_eq!((changed["total_fen"].as_i64(), changed["discount_fen"].as_i64()), (Some(10_000), Some(-999)));
        assert_eq!(changed["lines"][0]["payable_fen"], 9_091, "999 off 10999, by largest remainder");
        assert_eq!(changed["lines"][1]["payable_fen"], 909);
        assert_sums(&mall).await;

        let seen = ann.order(&order).await;
        let told = &seen["price_changes"][0];
        assert_eq!((told["before_fen"].as_i64(), told["after_fen"].as_i64()), (Some(order.total_fen), Some(10_000)));
        assert_eq!(told["reason"], "老顾客");
        assert!(seen["events"][0]["text"].as_str().unwrap().contains("老顾客"), "{seen}");

        // Up again, one line to its list price; the rows of staff are kept as one per line.
        change(&mall, &order, json!({ "lines": [{ "line_id": "2", "payable_fen": 1_000 }] })).await.ok();
        let rows = "select count(*) from order_discount where mall_id = $1 and source_kind = 'staff'";
        assert_eq!(mall.number(rows).await, 2, "the first line's and the freight's: the second is back at its price");
        assert_sums(&mall).await;

        let paid = ann.pay(&order).await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_eq!(ann.payment(&paid.payment).await["amount_fen"], 10_091);
        change(&mall, &order, json!({ "goods_fen": 1 })).await.refused("order.not_allowed");
        assert_sums(&mall).await;
    });
}

#[test]
fn a_price_has_bounds_and_needs_a_reason_and_the_total_that_was_seen() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(2_000).create().await;
        mall.charge_freight(800, 0).await;
        let order = mall.member().await.place_order(&[(&tea, 1)]).await.ok();
        let before = mall.dump().await;
        for (body, code) in [
            (json!({ "goods_fen": 2_001 }), "request.invalid"),
            (json!({ "goods_fen": -1 }), "request.invalid"),
            (json!({ "freight_fen": 801 }), "request.invalid"),
            (json!({ "goods_fen": 0, "freight_fen": 0 }), "request.invalid"),
            (json!({ "goods_fen": 1, "lines": [{ "line_id": "1", "payable_fen": 1 }] }), "request.invalid"),
            (json!({ "lines": [{ "line_id": "9", "payable_fen": 1 }] }), "order.no_such_line"),
            (json!({ "goods_fen": 2_000 }), "order.same_price"),
            (json!({}), "order.same_price"),
            (json!({ "goods_fen": 1_000, "reason": " " }), "request.invalid"),
            (json!({ "goods_fen": 1_000, "expected_total_fen": 1 }), "order.changed"),
        ] {
            change(&mall, &order, body).await.refused(code);
        }
        assert_eq!(before.difference(&mall.dump().await), [""; 0], "a refusal changes nothing, not even the log");
        let clerk = mall.staff_with(&["order.view"], None).await;
        let body = json!({ "goods_fen": 1, "reason": "x", "expected_total_fen": order.total_fen });
        clerk.post(&format!("/admin/v1/orders/{}/price", order.id), body).await.refused("staff.not_allowed");
    });
}

#[test]
fn the_channel_closes_the_old_price_before_the_new_one_counts() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(9_000).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let old = ann.intent(&order, "native").await;
        mall.wechat.trouble(Call::Close, Trouble::Refuse);
        change(&mall, &order, json!({ "goods_fen": 8_000 })).await.refused("payment.channel_failed");
        assert_eq!(ann.order(&order).await["total_fen"], 9_000);

        change(&mall, &order, json!({ "goods_fen": 8_000 })).await.ok();
        assert_eq!(ann.payment(&old).await["status"], "closed");
        let new = ann.intent(&order, "native").await;
        assert_ne!(old, new);
        // A bank answers late for the old price: it goes back, the order waits for the new one.
        mall.deliver(&mall.wechat.pay_anyway(&old)).await.status(204);
        mall.run_jobs().await;
        assert_eq!((ann.status_of(&order).await.as_str(), mall.wechat.balance().0), ("unpaid", 0));
        mall.deliver(&mall.wechat.pay(&new)).await.status(204);
        mall.run_jobs().await;
        assert_eq!((ann.status_of(&order).await.as_str(), mall.wechat.balance().0), ("to_ship", 8_000));
        assert_sums(&mall).await;
    });
}

#[test]
fn paying_and_repricing_at_once_never_changes_a_paid_order() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).stock(100).create().await;
        let ann = mall.member().await;
        let mut kept = 0;
        for _ in 0..10 {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let (_, notice) = ann.pay_without_notice(&order).await;
            let body = json!({ "goods_fen": 4_000, "expected_total_fen": 5_000 });
            let (delivered, changed) = tokio::join!(mall.deliver(&notice), change(&mall, &order, body));
            delivered.status(204);
            assert!(["order.already_paid", "order.not_allowed"].contains(&changed.code().as_str()), "{changed:?}");
            let seen = ann.order(&order).await;
            assert_eq!((seen["status"].as_str(), seen["total_fen"].as_i64()), (Some("to_ship"), Some(5_000)));
            kept += 5_000;
        }
        assert_eq!(mall.wechat.balance().0, kept);
        assert_sums(&mall).await;
    });
}

#[test]
fn opening_the_cashier_while_the_price_changes_leaves_one_price_to_pay() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).stock(100).create().await;
        let ann = mall.member().await;
        for _ in 0..10 {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let body = json!({ "goods_fen": 4_000, "expected_total_fen": 5_000 });
            let (opened, changed) = tokio::join!(ann.start_paying(&order, "native"), change(&mall, &order, body));
            assert!(["", "order.being_paid"].contains(&changed.code().as_str()), "{changed:?}");
            assert!(
                ["", "payment.superseded", "payment.channel_failed"].contains(&opened.code().as_str()),
                "{opened:?}"
            );
            let total = ann.order(&order).await["total_fen"].as_i64().unwrap();
            let number = ann.intent(&order, "native").await;
            assert_eq!(ann.payment(&number).await["amount_fen"], total);
            mall.deliver(&mall.wechat.pay(&number)).await.status(204);
            assert_eq!(ann.status_of(&order).await, "to_ship");
        }
        mall.run_jobs().await;
        let taken = mall.number("select cast(sum(paid_fen) as bigint) from trade_order where mall_id = $1").await;
        assert_eq!(mall.wechat.balance().0, taken);
        assert_sums(&mall).await;
    });
}

#[test]
fn of_two_who_change_the_price_at_once_the_second_is_told() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let order = mall.member().await.place_order(&[(&tea, 2)]).await.ok();
        let mut racing = tokio::task::JoinSet::new();
        for i in 0..5 {
            let (mall, order) = (mall.clone(), order.clone());
            racing.spawn(async move {
                change(&mall, &order, json!({ "goods_fen": 9_000 - i, "expected_total_fen": 10_000 })).await
            });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        assert!(replies.iter().all(|reply| ["", "order.changed"].contains(&reply.code().as_str())), "{replies:?}");
        assert_eq!(mall.number("select count(*) from order_price_change where mall_id = $1").await, 1);
        assert_sums(&mall).await;
    });
}
