//! Couriers of a service outside: their reports, in whatever order and however often, and what happens without them.

use crate::local_delivery::{RIDER, act, bought, deliver_by, furnished, live_at, only};
use kernel::ports::CourierStage;
use testkit::{
    Client, MemberClient, Order, Product, Reply, Store, TestMall, Value, json, minutes, on_both_engines, seconds,
};
use tokio::task::JoinSet;

/// A store whose goods a courier service carries, and an order it was called for.
async fn with_courier(mall: &TestMall) -> (Store, Product, MemberClient, Order, String) {
    let (store, tea, ann) = furnished(mall).await;
    deliver_by(mall, &store, json!({ "carried_by": "courier", "courier_store": "4000001" })).await.ok();
    ann.open_in_mini_program("ann").await;
    let order = bought(mall, &ann, &tea, 2).await;
    mall.run_jobs().await;
    let number = mall.courier.orders()[0].number.clone();
    (store, tea, ann, order, number)
}

async fn report(mall: &TestMall, body: Vec<u8>) -> Reply {
    let caller = Client::anonymous(&mall.world, None);
    let path = format!("/notify/wechat-delivery/{}", mall.id);
    caller.send(axum::http::Method::POST, &path, Some(("application/json", body))).await
}

#[test]
fn a_couriers_reports_are_taken_once_in_whatever_order() {
    on_both_engines(async |mall| {
        let (_, _, ann, order, number) = with_courier(&mall).await;
        let called = &mall.courier.orders()[0];
        assert_eq!((called.store.as_str(), called.goods[0].pieces, called.weight_g), ("4000001", 2, 1_000));
        assert!(called.notify_url.ends_with(&format!("/notify/wechat-delivery/{}", mall.id)));
        let at = |second: i64| mall.clock_now() + seconds(second);
        let forged = mall.courier.forged(&number, CourierStage::Delivered, at(1));
        report(&mall, forged).await.status(401).refused("courier.notice_rejected");
        report(&mall, b"[]".to_vec()).await.status(401);

        let accepted = mall.courier.reach(&number, CourierStage::Accepted, at(10));
        assert_eq!(report(&mall, accepted.clone()).await.ok()["return_code"], 0);
        report(&mall, accepted.clone()).await.ok();
        mall.run_jobs().await;
        let local = ann.order(&order).await["local"].clone();
        assert_eq!((&local["state"], &local["rider_name"]), (&json!("accepted"), &json!("平台小周")));
        assert_eq!((&local["rider_phone_masked"], &local["code"]), (&json!("139****7702"), &Value::Null));

        let on_the_way = mall.courier.reach(&number, CourierStage::OnTheWay, at(30));
        let delivered = mall.courier.reach(&number, CourierStage::Delivered, at(60));
        // The last one first; the others are old news then.
        report(&mall, delivered.clone()).await.ok();
        report(&mall, on_the_way).await.ok();
        report(&mall, accepted).await.ok();
        report(&mall, delivered).await.ok();
        let seen = ann.order(&order).await;
        assert_eq!((&seen["status"], &seen["local"]["state"]), (&json!("completed"), &json!("delivered")));
        let count = async |kind| {
            mall.number_with("select count(*) from order_event where mall_id = $1 and kind = $2", kind).await
        };
        assert_eq!((count("shipped").await, count("delivered").await), (1, 1));
        mall.run_jobs().await;
    });
}

#[test]
fn two_nodes_told_the_same_at_one_instant_act_once() {
    on_both_engines(async |mall| {
        let (_, _, ann, order, number) = with_courier(&mall).await;
        let at = |second: i64| mall.clock_now() + seconds(second);
        let bodies = [
            mall.courier.reach(&number, CourierStage::Accepted, at(1)),
            mall.courier.reach(&number, CourierStage::OnTheWay, at(2)),
            mall.courier.reach(&number, CourierStage::Delivered, at(3)),
        ];
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for turn in 0..9usize {
            let world = if turn.is_multiple_of(2) { &mall.world } else { &beside };
            let (mall, body) = (mall.in_world(world), bodies[turn % 3].clone());
            racing.spawn(async move { report(&mall, body).await.status });
        }
        assert!(racing.join_all().await.iter().all(|status| status.is_success()));
        assert_eq!(ann.status_of(&order).await, "completed");
        let count = mall.number_with("select count(*) from order_event where mall_id = $1 and kind = $2", "shipped");
        assert_eq!(count.await, 1);
        mall.run_jobs().await;
    });
}

#[test]
fn where_no_courier_comes_the_riders_do_and_what_is_refunded_is_taken_back() {
    on_both_engines(async |mall| {
        let (store, tea, ann, order, number) = with_courier(&mall).await;
        let rider = mall.staff_with(&RIDER, Some(&store)).await;
        let waiting = only(&rider).await;
        assert_eq!((&waiting["carried_by"], &waiting["allowed_actions"]), (&json!("courier"), &json!([])));
        act(&rider, &waiting, "claim", json!({})).await.refused("delivery.with_courier");
        // Given back by one courier, given up by the service.
        for (stage, second) in
            [(CourierStage::Accepted, 1), (CourierStage::GivenBack, 2), (CourierStage::CancelledByCourier, 3)]
        {
            let body = mall.courier.reach(&number, stage, mall.clock_now() + seconds(second));
            report(&mall, body).await.ok();
        }
        mall.run_jobs().await;
        let waiting = only(&rider).await;
        assert_eq!((&waiting["carried_by"], &waiting["allowed_actions"]), (&json!("riders"), &json!(["claim"])));
        assert!(waiting["last_error"].is_string());
        let owner = mall.staff();
        let called = act(&owner, &waiting, "hand", json!({ "carried_by": "courier" })).await.ok();
        mall.run_jobs().await;
        assert_eq!(mall.courier.orders().len(), 2);
        act(&rider, &called, "hand", json!({ "carried_by": "riders" })).await.refused("staff.not_permitted");
        mall.staff().refund(&order, "不要了").await.ok();
        mall.run_jobs().await;
        assert_eq!(mall.courier.cancelled(), [called["id"].as_str().unwrap()]);

        // The service is silent for a while, then refuses.
        mall.courier.is_busy(1);
        let second = bought(&mall, &ann, &tea, 1).await;
        mall.run_jobs().await;
        assert!(ann.order(&second).await["local"]["rider_name"].is_null());
        mall.courier.refuse(true);
        mall.clock.advance(minutes(10));
        mall.run_jobs().await;
        assert_eq!(only(&rider).await["carried_by"], "riders");
        let bob = mall.member().await;
        live_at(&bob, 30.28, 120.13).await;
        mall.courier.refuse(false);
        bought(&mall, &bob, &tea, 1).await;
        mall.run_jobs().await;
        let list = rider.get("/admin/v1/deliveries").await.ok();
        let reason = list["items"][1]["last_error"].as_str().unwrap();
        assert!(reason.contains("没有用过小程序"), "{reason}");
    });
}

#[test]
fn a_lost_report_is_asked_for() {
    on_both_engines(async |mall| {
        let (_, _, ann, order, number) = with_courier(&mall).await;
        mall.courier.reach(&number, CourierStage::Accepted, mall.clock_now() + seconds(1));
        mall.courier.reach(&number, CourierStage::Delivered, mall.clock_now() + seconds(2));
        mall.clock.advance(minutes(6));
        mall.run_jobs().await;
        let seen = ann.order(&order).await;
        assert_eq!((&seen["status"], &seen["local"]["rider_name"]), (&json!("completed"), &json!("平台小周")));
    });
}
