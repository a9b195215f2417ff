//! Two people at the same instant. Whoever comes first wins, nobody wins twice, and the books still agree.

use testkit::{Reply, on_both_engines};
use tokio::task::JoinSet;

/// How many of the answers were a success; the others must carry one of these codes.
fn winners(replies: &[Reply], refusals: &[&str]) -> usize {
    for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
        assert!(refusals.contains(&reply.code().as_str()), "{reply:?}");
        reply.assert_problem();
    }
    replies.iter().filter(|reply| reply.status.is_success()).count()
}

#[test]
fn an_order_is_refunded_once_however_many_press_the_button() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(10).create().await;
        let order = mall.member().await.buy(&[(&tea, 2)]).await;
        let mut racing = JoinSet::new();
        for _ in 0..6 {
            let (staff, order) = (mall.staff(), order.clone());
            racing.spawn(async move { staff.refund(&order, "缺货").await });
        }
        assert_eq!(winners(&racing.join_all().await, &["order.not_allowed"]), 1);
        mall.run_jobs().await;
        assert_eq!((mall.wechat.refund_count(), mall.wechat.balance().0), (1, 0));
        assert_eq!(mall.stock(&tea).await, (10, 0));
    });
}

#[test]
fn pieces_are_shipped_once_however_many_press_the_button() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(10).create().await;
        let order = mall.member().await.buy(&[(&tea, 3)]).await;
        let mut racing = JoinSet::new();
        for i in 0..6 {
            let (staff, order) = (mall.staff(), order.clone());
            racing.spawn(async move { staff.ship_lines(&order, &format!("SF100000000{i}"), &[(1, 1)]).await });
        }
        assert_eq!(winners(&racing.join_all().await, &["order.shipped_too_much", "order.not_allowed"]), 3);
        let detail = mall.staff().order(&order).await;
        assert_eq!((detail["status"].as_str(), detail["parcels"].as_array().unwrap().len()), (Some("shipped"), 3));
    });
}

#[test]
fn shipping_and_refunding_at_once_do_not_both_take_the_goods() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(10).create().await;
        let ann = mall.member().await;
        for i in 0..6 {
            let order = ann.buy(&[(&tea, 1)]).await;
            let (one, other) = (mall.staff(), mall.staff());
            let number = format!("SF100000000{i}");
            let (shipped, refunded) = tokio::join!(one.ship(&order, &number), other.refund(&order, "缺货"));
            winners(&[shipped, refunded], &["order.not_allowed"]);
            let detail = one.order(&order).await;
            let sent = detail["lines"][0]["shipped_quantity"].as_i64().unwrap();
            let gone = 10 - mall.stock(&tea).await.0;
            assert!(gone >= sent, "goods that left are not on the shelf");
        }
    });
}

#[test]
fn paying_and_cancelling_at_once_never_loses_the_money() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(1_000).stock(100).create().await;
        let ann = mall.member().await;
        let mut kept = 0;
        for _ in 0..8 {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let (_, notice) = ann.pay_without_notice(&order).await;
            let (delivered, cancelled) = tokio::join!(mall.deliver(&notice), ann.cancel(&order));
            delivered.status(204);
            winners(&[cancelled], &["order.already_paid", "order.not_allowed"]);
            assert_eq!(ann.status_of(&order).await, "to_ship");
            kept += 1_000;
        }
        mall.run_jobs().await;
        assert_eq!(mall.wechat.balance().0, kept);
    });
}

#[test]
fn many_who_cancel_the_same_order_return_its_stock_once() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").stock(5).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 5)]).await.ok();
        let mut racing = JoinSet::new();
        for i in 0..6 {
            let (ann, staff, order) = (ann.clone(), mall.staff(), order.clone());
            racing.spawn(async move {
                if i % 2 == 0 { ann.cancel(&order).await } else { staff.close(&order, "缺货").await }
            });
        }
        assert_eq!(winners(&racing.join_all().await, &["order.not_allowed"]), 1);
        assert_eq!(mall.stock(&tea).await, (5, 0));
    });
}

#[test]
fn the_last_piece_goes_to_one_of_two() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(1).create().await;
        let mut racing = JoinSet::new();
        for buyer in mall.members(2).await {
            let tea = tea.clone();
            racing.spawn(async move { buyer.place_at(&[(&tea, 1)], 100).await.reads_as() });
        }
        assert_eq!(winners(&racing.join_all().await, &["inventory.sold_out"]), 1);
    });
}

#[test]
fn of_two_editors_the_second_is_told_that_the_product_changed() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let path = format!("/admin/v1/products/{}", tea.id);
        let read = mall.staff().get(&path).await.ok();
        let mut racing = JoinSet::new();
        for i in 0..4 {
            let (staff, path, mut input) = (mall.staff(), path.clone(), read.clone());
            input["subtitle"] = format!("第 {i} 位").into();
            racing.spawn(async move { staff.put(&path, input).await });
        }
        assert_eq!(winners(&racing.join_all().await, &["product.changed"]), 1);
    });
}
