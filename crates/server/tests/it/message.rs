//! Messages arrive while the sale goes on: once per event, only those that are wanted, only to whom they belong.

use testkit::{TestMall, Value, json, minutes, on_both_engines};

async fn kinds(member: &testkit::MemberClient) -> Vec<String> {
    let page = member.get("/api/v1/messages").await.ok();
    page["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
}

async fn unread(member: &testkit::MemberClient) -> i64 {
    member.get("/api/v1/messages/unread").await.ok()["count"].as_i64().unwrap()
}

async fn sale(mall: &TestMall, member: &testkit::MemberClient) -> testkit::PaidOrder {
    let tea = mall.product("西湖龙井").price_fen(19_900).stock(10).create().await;
    let order = member.buy(&[(&tea, 2)]).await;
    mall.run_jobs().await;
    order
}

#[test]
fn a_sale_is_told_step_by_step() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        let order = sale(&mall, &ann).await;
        assert_eq!(kinds(&ann).await, ["order_paid"]);
        owner.ship(&order, "SF1000000001").await.ok();
        mall.run_jobs().await;
        ann.confirm(&order).await.ok();
        mall.run_jobs().await;
        mall.run_jobs().await;
        assert_eq!(kinds(&ann).await, ["order_completed", "order_shipped", "order_paid"]);

        let page = ann.get("/api/v1/messages").await.ok();
        let shipped = &page["items"][1];
        assert_eq!(shipped["order_id"], order.id.to_string());
        assert_eq!(shipped["facts"]["tracking_number"], "SF1000000001");
        assert_eq!(shipped["facts"]["goods"], "西湖龙井");
        assert_eq!(shipped["text"], "“西湖龙井”等 2 件 由顺丰速运送来，单号 SF1000000001。");
        assert_eq!(ann.get("/api/v1/me").await.ok()["badges"]["messages"], 3);
    });
}

#[test]
fn pickup_closing_and_refund_are_told_and_a_members_own_cancelling_is_not() {
    on_both_engines(async |mall| {
        let (ann, owner) = (mall.member().await, mall.staff());
        let tea = mall.product("龙井").price_fen(100).stock(10).create().await;
        let store = mall.store("湖滨店").await;
        store.receive(&mall, &tea, 5).await;
        let pickup = ann.place_pickup(&store, &[(&tea, 1)]).await.ok();
        ann.pay(&pickup).await;
        owner.mark_ready(&pickup).await.ok();
        mall.run_jobs().await;
        let ready = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&ready["kind"], &ready["facts"]["store"]), (&json!("order_ready"), &json!("湖滨店")));

        owner.refund(&pickup, "店里停电").await.ok();
        mall.run_jobs().await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        mall.run_jobs().await;
        assert_eq!(kinds(&ann).await, ["refund_done", "order_closed", "order_ready", "order_paid"]);

        let bob = mall.member().await;
        let unwanted = bob.place_order(&[(&tea, 1)]).await.ok();
        bob.cancel(&unwanted).await.ok();
        bob.place_order(&[(&tea, 1)]).await.ok();
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        mall.run_jobs().await;
        let told = bob.get("/api/v1/messages").await.ok();
        let reasons: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|m| &m["facts"]["reason"]).collect();
        assert_eq!(reasons, ["超时未付款，订单关闭"]);
    });
}

#[test]
fn a_kind_that_was_switched_off_makes_no_message() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let set = ann.patch("/api/v1/me/preferences", json!({ "muted": ["order_paid"] })).await.ok();
        assert_eq!(set, json!({ "muted": ["order_paid"], "personalised": true }));
        let order = sale(&mall, &ann).await;
        mall.staff().ship(&order, "SF1000000001").await.ok();
        mall.run_jobs().await;
        assert_eq!(kinds(&ann).await, ["order_shipped"]);
        let set = ann.patch("/api/v1/me/preferences", json!({ "personalised": false })).await.ok();
        assert_eq!(set, json!({ "muted": ["order_paid"], "personalised": false }));
        ann.patch("/api/v1/me/preferences", json!({ "muted": ["everything"] })).await.status(400);
    });
}

#[test]
fn reading_one_and_all_leaves_later_ones_unread() {
    on_both_engines(async |mall| {
        let (ann, bob) = (mall.member().await, mall.member().await);
        let order = sale(&mall, &ann).await;
        let first = ann.get("/api/v1/messages").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        bob.post(&format!("/api/v1/messages/{first}/read"), json!({})).await.refused("message.not_found");
        assert_eq!(unread(&ann).await, 1);
        mall.staff().ship(&order, "SF1000000001").await.ok();
        mall.run_jobs().await;
        ann.post("/api/v1/messages/read", json!({ "newest_id": first })).await.status(204);
        assert_eq!(unread(&ann).await, 1);
        let newest = ann.get("/api/v1/messages").await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
        ann.post(&format!("/api/v1/messages/{newest}/read"), json!({})).await.status(204);
        assert_eq!(unread(&ann).await, 0);
        let page = ann.get("/api/v1/messages?limit=1").await.ok();
        assert_eq!((page["items"][0]["is_read"].as_bool(), page["next_cursor"].is_string()), (Some(true), true));
        assert!(bob.get("/api/v1/messages").await.ok()["items"].as_array().unwrap().is_empty());
    });
}
