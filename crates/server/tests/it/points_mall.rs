//! The points mall through the whole shop: goods for points and money, coupons for points; the last one goes to one, and
//! points come back with the goods.

use testkit::{MemberClient, Order, Product, TestMall, Value, json, minutes, on_both_engines};
use tokio::task::JoinSet;

async fn open_points(mall: &TestMall) {
    let rules = json!({ "points": { "enabled": true, "spend_per_yuan": 100, "max_share_percent": 50, "earn_per_yuan": 1,
        "expire_days": 30, "min_points": 10 }, "growth": { "enabled": false } });
    mall.staff().put("/admin/v1/loyalty/rules", rules).await.ok();
}

async fn give_points(mall: &TestMall, member: &MemberClient, amount: i64) {
    let body = json!({ "account": "points", "amount": amount, "reason": "活动补发" });
    mall.staff().post(&format!("/admin/v1/members/{}/adjustments", member.id), body).await.ok();
}

async fn points_of(member: &MemberClient) -> i64 {
    member.get("/api/v1/points").await.ok()["balance"].as_i64().unwrap()
}

async fn item(mall: &TestMall, product: &Product, extra: Value) -> String {
    let mut body =
        json!({ "sku_id": product.sku().id, "points": 200, "price_fen": 1_000, "stock": 3, "on_sale": true });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    mall.staff().post("/admin/v1/points-items", body).await.ok()["id"].as_str().unwrap().to_owned()
}

fn exchange(member: &MemberClient, product: &Product, quantity: i64, item: &str, total_fen: i64) -> Value {
    json!({ "source": "now", "items": [{ "sku_id": product.sku().id, "quantity": quantity }],
        "delivery": member.express(), "choices": { "points_item_id": item }, "expected_total_fen": total_fen })
}

async fn place(member: &MemberClient, body: Value) -> Order {
    member.post("/api/v1/orders", body).await.reads_as().ok()
}

const TAKEN: &str = "select cast(coalesce(sum(taken), 0) as bigint) from points_item where mall_id = $1";
const PIECES: &str = "select cast(coalesce(sum(pieces), 0) as bigint) from points_item_member where mall_id = $1";

#[test]
fn goods_for_points_and_money_are_an_order_and_the_points_come_back_with_them() {
    on_both_engines(async |mall| {
        open_points(&mall).await;
        let cup = mall.product("品茗杯").price_fen(5_000).stock(9).create().await;
        let item = item(&mall, &cup, json!({ "per_member": 3 })).await;
        let ann = mall.member().await;
        let shown = ann.get("/api/v1/points-mall").await.ok()["items"][0].clone();
        assert_eq!((shown["points"].as_i64(), shown["left"].as_i64()), (Some(200), Some(3)));
        let refused = ann.post("/api/v1/orders", exchange(&ann, &cup, 2, &item, 2_000)).await;
        refused.refused("order.not_placeable");
        give_points(&mall, &ann, 500).await;

        let mut ask = exchange(&ann, &cup, 2, &item, 2_000);
        ask.as_object_mut().unwrap().remove("expected_total_fen");
        let quote = ann.post("/api/v1/quote", ask).await.ok();
        assert_eq!((quote["goods_fen"].as_i64(), quote["total_fen"].as_i64()), (Some(10_000), Some(2_000)));
        assert_eq!(quote["discounts"][0]["quantity"], 400);
        let order = place(&ann, exchange(&ann, &cup, 2, &item, 2_000)).await;
        assert_eq!((points_of(&ann).await, mall.number(TAKEN).await, mall.number(PIECES).await), (100, 2, 2));
        // Nobody paid: everything returns.
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        assert_eq!((points_of(&ann).await, mall.number(TAKEN).await, mall.number(PIECES).await), (500, 0, 0));

        let order = place(&ann, exchange(&ann, &cup, 2, &item, 2_000)).await;
        ann.pay(&order).await;
        mall.staff().refund(&order, "不要了").await.ok();
        mall.run_jobs().await;
        assert_eq!((points_of(&ann).await, mall.number(TAKEN).await, mall.number(PIECES).await), (500, 0, 0));
        assert_eq!(mall.stock(&cup).await, (9, 0));
        let rows = mall.staff().get(&format!("/admin/v1/points-items/{item}/exchanges")).await.ok();
        assert_eq!(rows["items"].as_array().unwrap().len(), 2);
        assert_eq!(rows["items"][0]["points_back"], 400);
    });
}

#[test]
fn goods_for_points_alone_are_paid_when_placed_and_take_no_other_discount() {
    on_both_engines(async |mall| {
        open_points(&mall).await;
        let cup = mall.product("品茗杯").price_fen(5_000).stock(9).create().await;
        let item = item(&mall, &cup, json!({ "price_fen": 0, "per_member": 1 })).await;
        let template = json!({ "name": "十元券", "rule": { "kind": "amount", "off_fen": 1_000 }, "sources": ["centre"],
            "validity": { "kind": "days", "days": 7 }, "per_member": 1 });
        let template = mall.staff().post("/admin/v1/coupon-templates", template).await.ok();
        publish(&mall, template["id"].as_str().unwrap()).await;
        let ann = mall.member().await;
        let take = format!("/api/v1/coupons/{}/take", template["id"].as_str().unwrap());
        ann.post(&take, json!({})).await.ok();
        give_points(&mall, &ann, 1_000).await;
        let order = place(&ann, exchange(&ann, &cup, 1, &item, 0)).await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        assert_eq!(points_of(&ann).await, 800);
        assert_eq!(mall.number("select count(*) from coupon where mall_id = $1 and status = 'unused'").await, 1);
        let again = ann.post("/api/v1/orders", exchange(&ann, &cup, 1, &item, 0)).await;
        again.refused("order.not_placeable");
        // Nothing was paid, and still it can be undone.
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, 1_000);
    });
}

async fn publish(mall: &TestMall, id: &str) {
    let worst = mall.staff().get(&format!("/admin/v1/campaigns/{id}/worst-case")).await.ok();
    let body = json!({ "worst_case_token": worst["token"] });
    mall.staff().post(&format!("/admin/v1/campaigns/{id}/publish"), body).await.ok();
}

#[test]
fn the_last_piece_for_points_goes_to_one_and_points_are_spent_once() {
    on_both_engines(async |mall| {
        open_points(&mall).await;
        let cup = mall.product("品茗杯").price_fen(5_000).stock(50).create().await;
        let item = item(&mall, &cup, json!({ "stock": 2 })).await;
        let members = mall.members(6).await;
        for member in &members {
            give_points(&mall, member, 300).await;
        }
        let mut racing = JoinSet::new();
        for member in members.iter().chain(&members) {
            let (body, member) = (exchange(member, &cup, 1, &item, 1_000), member.clone());
            racing.spawn(async move { member.post("/api/v1/orders", body).await });
        }
        let placed = racing.join_all().await.iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!((placed, mall.number(TAKEN).await), (2, 2));
        let spent = "select cast(coalesce(sum(points), 0) as bigint) from points_exchange where mall_id = $1";
        assert_eq!(mall.number(spent).await, 400);
        let mut left = 0;
        for member in &members {
            left += points_of(member).await;
        }
        assert_eq!(left, 6 * 300 - 400);
    });
}

#[test]
fn points_become_a_coupon_once_per_request_and_up_to_the_limit() {
    on_both_engines(async |mall| {
        open_points(&mall).await;
        let staff = mall.staff();
        let template = json!({ "name": "积分券", "rule": { "kind": "amount", "off_fen": 1_000 }, "sources": ["points"],
            "validity": { "kind": "days", "days": 7 }, "per_member": 1 });
        let template = staff.post("/admin/v1/coupon-templates", template).await.ok();
        let template = template["id"].as_str().unwrap();
        let body = json!({ "template_id": template, "points": 100, "per_member": 2, "on_sale": true });
        let made = staff.post("/admin/v1/points-items", body.clone()).await.ok();
        assert_eq!(made["hidden_because"], "券没有在发放");
        staff.post("/admin/v1/points-items", body).await.refused("points_item.known");
        publish(&mall, template).await;
        let ann = mall.member().await;
        let path = format!("/api/v1/points-mall/{}/exchange", made["id"].as_str().unwrap());
        let want = json!({ "expected_points": 100 });
        ann.post(&path, want.clone()).await.refused("points.not_enough");
        give_points(&mall, &ann, 1_000).await;
        ann.post(&path, json!({ "expected_points": 90 })).await.refused("points_item.changed");
        for _ in 0..2 {
            ann.post_once(&path, "same", want.clone()).await.ok();
        }
        assert_eq!(points_of(&ann).await, 900);
        ann.post(&path, want.clone()).await.ok();
        ann.post(&path, want).await.refused("points_item.over_limit");
        let mine = ann.get("/api/v1/coupons/mine").await.ok();
        assert_eq!((points_of(&ann).await, mine["items"].as_array().unwrap().len()), (800, 2));
    });
}
