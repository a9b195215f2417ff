//! Campaigns from the form to the refund: published after their worst case was seen, priced, consumed, given back — and
//! what happens when two reach for the last one at once.

use testkit::{MemberClient, Product, TestMall, Value, hours, json, minutes, on_both_engines};
use tokio::task::JoinSet;

async fn publish(mall: &TestMall, id: &str) {
    let worst = mall.staff().get(&format!("/admin/v1/campaigns/{id}/worst-case")).await.ok();
    let body = json!({ "worst_case_token": worst["token"] });
    mall.staff().post(&format!("/admin/v1/campaigns/{id}/publish"), body).await.ok();
}

async fn promotion(mall: &TestMall, extra: Value) -> String {
    let mut body = json!({ "name": "满减", "rule": { "kind": "spend_save",
        "steps": [{ "need": { "spend_fen": 10_000 }, "off_fen": 2_000 }] } });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = mall.staff().post("/admin/v1/promotions", body).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    publish(mall, &id).await;
    id
}

async fn coupon(mall: &TestMall, extra: Value) -> String {
    let mut body = json!({ "name": "十元券", "rule": { "kind": "amount", "off_fen": 1_000 },
        "validity": { "kind": "days", "days": 7 }, "sources": ["centre", "staff", "code"], "per_member": 1 });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = mall.staff().post("/admin/v1/coupon-templates", body).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    publish(mall, &id).await;
    id
}

fn order_of(member: &MemberClient, product: &Product, quantity: i64, total_fen: i64) -> Value {
    json!({ "source": "now", "items": [{ "sku_id": product.sku().id, "quantity": quantity }],
        "delivery": member.express(), "expected_total_fen": total_fen })
}

async fn usable(member: &MemberClient) -> usize {
    member.get("/api/v1/coupons/mine").await.ok()["items"].as_array().unwrap().len()
}

#[test]
fn nothing_is_published_before_its_worst_case_was_seen() {
    on_both_engines(async |mall| {
        let body = json!({ "name": "满减", "budget_fen": 50_000, "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 10_000 }, "off_fen": 2_000 }] } });
        let made = mall.staff().post("/admin/v1/promotions", body).await.ok();
        let path = format!("/admin/v1/campaigns/{}", made["id"].as_str().unwrap());
        let unseen = json!({ "worst_case_token": "" });
        mall.staff().post(&format!("{path}/publish"), unseen).await.refused("campaign.worst_case_unseen");
        let worst = mall.staff().get(&format!("{path}/worst-case")).await.ok();
        assert_eq!((worst["per_order_fen"].as_i64(), worst["total_fen"].as_i64()), (Some(2_000), Some(50_000)));
        // Something else is published meanwhile: what was shown is no longer what would happen.
        coupon(&mall, json!({})).await;
        let token = json!({ "worst_case_token": worst["token"] });
        mall.staff().post(&format!("{path}/publish"), token).await.refused("campaign.worst_case_unseen");
        let worst = mall.staff().get(&format!("{path}/worst-case")).await.ok();
        assert_eq!(worst["beside"][0]["stacks"], true);
        let token = json!({ "worst_case_token": worst["token"] });
        assert_eq!(mall.staff().post(&format!("{path}/publish"), token).await.ok()["status"], "published");
        let body = json!({ "name": "改", "rule": { "kind": "spend_save",
            "steps": [{ "need": { "spend_fen": 10_000 }, "off_fen": 9_000 }] } });
        let change = format!("/admin/v1/promotions/{}", made["id"].as_str().unwrap());
        mall.staff().put(&change, body).await.refused("campaign.published");
    });
}

#[test]
fn a_promotion_and_a_coupon_are_explained_stored_and_given_back() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").price_fen(6_000).stock(10).create().await;
        let id = promotion(&mall, json!({ "budget_fen": 2_000, "per_member": 1 })).await;
        let template = coupon(&mall, json!({})).await;
        let ann = mall.member().await;
        let short = ann.quote(&[(&tea, 1)]).await.ok();
        let reasons = short["explanation"].to_string();
        assert!(reasons.contains("还差 40.00 元"), "{reasons}");

        ann.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();
        ann.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.refused("coupon.limit_reached");
        let order = ann.place_order(&[(&tea, 2)]).await.ok();
        assert_eq!(order.total_fen, 12_000 - 2_000 - 1_000);
        assert_eq!(usable(&ann).await, 0);
        let spent = "select cast(sum(spent_fen) as bigint) from promotion where mall_id = $1";
        assert_eq!(mall.number(spent).await, 2_000);
        let again = ann.quote(&[(&tea, 2)]).await.ok();
        assert!(again["explanation"].to_string().contains("每人限享 1 次"), "{again}");

        ann.cancel(&order).await.ok();
        assert_eq!((usable(&ann).await, mall.number(spent).await), (1, 0));
        let paid = ann.buy(&[(&tea, 2)]).await;
        mall.staff().post(&format!("/admin/v1/orders/{}/refund", paid.id), json!({ "reason": "不要了" })).await.ok();
        assert_eq!((usable(&ann).await, mall.number(spent).await), (1, 0));
        let view = mall.staff().get(&format!("/admin/v1/promotions/{id}")).await.ok();
        assert_eq!((view["used_count"].as_i64(), view["live"].as_bool()), (Some(0), Some(true)));
    });
}

#[test]
fn two_orders_of_one_member_with_one_coupon_use_it_once() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").price_fen(6_000).stock(10).create().await;
        let template = coupon(&mall, json!({})).await;
        let ann = mall.member().await;
        ann.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();
        let body = order_of(&ann, &tea, 1, 5_000);
        let replies = race(vec![(ann.clone(), body.clone()), (ann.clone(), body.clone()), (ann.clone(), body)]).await;
        assert_eq!(replies, (1, 2));
        assert_eq!(mall.number("select count(*) from coupon where mall_id = $1 and status = 'used'").await, 1);
    });
}

#[test]
fn the_last_fen_of_a_budget_and_the_last_piece_at_a_price_go_to_one() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").price_fen(10_000).stock(50).create().await;
        promotion(&mall, json!({ "budget_fen": 5_999 })).await;
        let members = mall.members(6).await;
        let orders = members.iter().map(|m| (m.clone(), order_of(m, &tea, 1, 8_000))).collect();
        // Three would need 6,000.
        assert_eq!(race(orders).await, (2, 4));
        let pot = mall.product("紫砂壶").price_fen(50_000).stock(50).create().await;
        let now = mall.clock_now();
        let sale = json!({ "name": "限时", "starts_at": now, "ends_at": now + hours(1), "with_promotions": false,
            "items": [{ "sku_id": pot.sku().id, "price_fen": 30_000, "cap": 3, "per_member": 1 }] });
        let made = mall.staff().post("/admin/v1/limited-sales", sale).await.ok();
        publish(&mall, made["id"].as_str().unwrap()).await;
        let orders: Vec<_> = members.iter().map(|m| (m.clone(), order_of(m, &pot, 1, 30_000))).collect();
        assert_eq!(race(orders).await, (3, 3));
        assert_eq!(mall.number("select cast(sum(sold) as bigint) from limited_item where mall_id = $1").await, 3);
        let tags = members[0].get(&format!("/api/v1/offer-tags?product_ids={}", pot.id)).await.ok();
        assert_eq!(tags["products"][0]["limited"][0]["sold_percent"], 100);
        // Unpaid orders return their pieces to the sale.
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(mall.number("select cast(sum(sold) as bigint) from limited_item where mall_id = $1").await, 0);
        assert_eq!(mall.number("select cast(sum(spent_fen) as bigint) from promotion where mall_id = $1").await, 0);
    });
}

#[test]
fn the_last_coupon_of_a_day_goes_to_one_and_a_code_works_once() {
    on_both_engines(async |mall| {
        let template = coupon(&mall, json!({ "daily_quota": 1, "stock": 10 })).await;
        let members = mall.members(5).await;
        let take = format!("/api/v1/coupons/{template}/take");
        let mut racing = JoinSet::new();
        for member in members.clone() {
            let take = take.clone();
            racing.spawn(async move { member.post(&take, json!({})).await });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        let batch = json!({ "name": "地推", "codes": ["SPRING-01", "SPRING-02"] });
        let batch = mall.staff().post(&format!("/admin/v1/coupon-templates/{template}/code-batches"), batch).await.ok();
        let codes =
            mall.staff().get(&format!("/admin/v1/code-batches/{}/codes", batch["id"].as_str().unwrap())).await.ok();
        assert_eq!(codes["items"][0]["code"], "SPRING01");
        let fresh = mall.member().await;
        let given = json!({ "member_ids": [fresh.id], "phones": ["13900000000"] });
        let given = mall.staff().post(&format!("/admin/v1/coupon-templates/{template}/gifts"), given).await.ok();
        assert_eq!((given["given"].as_i64(), given["unknown_phones"][0].as_str()), (Some(1), Some("13900000000")));
        // Tomorrow: the quota counts codes too.
        mall.clock.advance(hours(24));
        let code = |text: &str| json!({ "code": text });
        members[3].post("/api/v1/coupons/redeem", code("nothing")).await.refused("coupon.code_wrong");
        fresh.post("/api/v1/coupons/redeem", code("spring 01")).await.ok();
        mall.member().await.post("/api/v1/coupons/redeem", code("SPRING01")).await.refused("coupon.code_used");
        assert_eq!(usable(&fresh).await, 2);
    });
}

#[test]
fn a_gift_is_a_line_of_the_order_and_leaves_with_it() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").price_fen(10_000).stock(10).create().await;
        let cup = mall.product("品茗杯").price_fen(3_000).stock(1).create().await;
        let rule = json!({ "kind": "gift", "steps": [{ "need": { "pieces": 1 },
            "gifts": [{ "sku_id": cup.sku().id, "quantity": 1 }] }] });
        promotion(&mall, json!({ "rule": rule, "scope": { "kind": "product", "ids": [tea.id] } })).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let paid = ann.buy(&[(&tea, 1)]).await;
        let order = ann.order(&paid).await;
        assert_eq!(order["total_fen"], 10_000);
        assert_eq!(
            (order["lines"][1]["gift"].as_bool(), order["lines"][1]["payable_fen"].as_i64()),
            (Some(true), Some(0))
        );
        assert_eq!(mall.stock(&cup).await, (0, 0));
        let quote = bob.quote(&[(&tea, 1)]).await.ok();
        assert_eq!(quote["lines"].as_array().unwrap().len(), 1);
        assert!(quote["explanation"].to_string().contains("赠品已送完"));
    });
}

#[test]
fn a_friend_receives_a_coupon_once() {
    on_both_engines(async |mall| {
        let template = coupon(&mall, json!({ "transferable": true })).await;
        let (ann, bob, eve) = (mall.member().await, mall.member().await, mall.member().await);
        let mine = ann.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();
        let gift =
            ann.post(&format!("/api/v1/coupons/mine/{}/gift", mine["id"].as_str().unwrap()), json!({})).await.ok();
        let code = json!({ "code": gift["code"] });
        bob.post("/api/v1/coupons/receive", code.clone()).await.ok();
        eve.post("/api/v1/coupons/receive", code).await.refused("coupon.gift_gone");
        assert_eq!((usable(&ann).await, usable(&bob).await), (0, 1));
    });
}

/// All at once: how many were placed, how many were told the new price.
async fn race(orders: Vec<(MemberClient, Value)>) -> (usize, usize) {
    let mut racing = JoinSet::new();
    for (member, body) in orders {
        racing.spawn(async move { member.post("/api/v1/orders", body).await });
    }
    let replies = racing.join_all().await;
    for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
        assert_eq!(reply.code(), "order.price_changed", "{reply:?}");
        assert!(reply.json()["details"]["quote"]["total_fen"].is_i64(), "{reply:?}");
    }
    let placed = replies.iter().filter(|reply| reply.status.is_success()).count();
    (placed, replies.len() - placed)
}
