//! Points, tiers and paid membership through the whole shop: earned, spent as money, given back, undone.

use testkit::{MemberClient, Order, Product, Reply, TestMall, Value, days, hours, json, minutes, on_both_engines};

/// Points for every yuan, a hundred points a yuan, half of the goods at most; growth for every yuan; three tiers.
pub async fn open_programme(mall: &TestMall) {
    let rules = json!({
        "points": { "enabled": true, "earn_per_yuan": 1, "check_in": 5, "streaks": [{ "days": 3, "points": 20 }],
            "review": 10, "expire_days": 30, "spend_per_yuan": 100, "max_share_percent": 50, "min_points": 10 },
        "growth": { "enabled": true, "per_yuan": 1, "period_days": 365 },
    });
    mall.staff().put("/admin/v1/loyalty/rules", rules).await.ok();
    for (name, growth, price, points) in [("普卡", 0, 100, 100), ("银卡", 500, 95, 120), ("金卡", 2_000, 90, 150)]
    {
        let tier = json!({ "name": name, "growth": growth, "price_percent": price, "points_percent": points,
            "birthday_points": 88, "monthly_points": if growth > 0 { 30 } else { 0 } });
        mall.staff().post("/admin/v1/tiers", tier).await.ok();
    }
}

pub async fn give_points(mall: &TestMall, member: &MemberClient, amount: i64) -> Reply {
    let body = json!({ "account": "points", "amount": amount, "reason": "活动补发" });
    mall.staff().post(&format!("/admin/v1/members/{}/adjustments", member.id), body).await
}

pub async fn points_of(member: &MemberClient) -> i64 {
    member.get("/api/v1/points").await.ok()["balance"].as_i64().unwrap()
}

async fn membership_of(member: &MemberClient) -> Value {
    member.get("/api/v1/membership").await.ok()
}

fn request(member: &MemberClient, items: &[(&Product, i64)], points: i64) -> Value {
    let items: Vec<Value> =
        items.iter().map(|(product, quantity)| json!({ "sku_id": product.sku().id, "quantity": quantity })).collect();
    json!({ "source": "now", "items": items, "delivery": member.express(), "choices": { "points": points } })
}

async fn place_with_points(member: &MemberClient, items: &[(&Product, i64)], points: i64) -> Reply<Order> {
    let mut body = request(member, items, points);
    body["expected_total_fen"] = member.post("/api/v1/quote", body.clone()).await.ok()["total_fen"].clone();
    member.post("/api/v1/orders", body).await.reads_as()
}

async fn complete(mall: &TestMall, member: &MemberClient, order: &Order) {
    mall.staff().ship(order, &format!("SF{}", order.id)).await.ok();
    member.confirm(order).await.ok();
    mall.run_jobs().await;
}

#[test]
fn a_completed_order_gives_points_and_a_paid_one_growth() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(60_050).stock(10).create().await;
        let ann = mall.member().await;
        let quote = ann.quote(&[(&tea, 1)]).await.ok();
        let labels: Vec<&str> =
            quote["explanation"].as_array().unwrap().iter().map(|e| e["label"].as_str().unwrap()).collect();
        assert!(labels.contains(&"完成后得 600 积分") && labels.contains(&"付款后得 600 成长值"), "{labels:?}");
        let order = ann.buy(&[(&tea, 1)]).await;
        let standing = membership_of(&ann).await;
        assert_eq!((standing["growth"].as_i64(), standing["tier"]["name"].as_str()), (Some(600), Some("银卡")));
        assert_eq!(points_of(&ann).await, 0, "points come when it is completed");
        complete(&mall, &ann, &order).await;
        // With the monthly gift of the tier.
        assert_eq!(points_of(&ann).await, 630);
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, 630);
        // The next one is cheaper and earns more.
        let quote = ann.quote(&[(&tea, 1)]).await.ok();
        assert_eq!(quote["total_fen"], 57_048);
        let order = ann.buy(&[(&tea, 1)]).await;
        complete(&mall, &ann, &order).await;
        assert_eq!(points_of(&ann).await, 630 + 684);
        ann.review(&order, 5, "好茶").await.ok();
        assert_eq!(points_of(&ann).await, 630 + 684 + 10);
    });
}

#[test]
fn a_refund_takes_back_points_growth_and_the_tier_they_led_to() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(60_000).stock(10).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 1)]).await;
        assert_eq!(membership_of(&ann).await["tier"]["name"], "银卡");
        mall.staff().refund(&order, "缺货").await.ok();
        let standing = membership_of(&ann).await;
        assert_eq!((standing["growth"].as_i64(), standing["tier"]["name"].as_str()), (Some(0), Some("普卡")));
        assert_eq!(points_of(&ann).await, 0);
        assert_eq!(ann.quote(&[(&tea, 1)]).await.ok()["total_fen"], 60_000);
    });
}

#[test]
fn points_are_spent_as_money_and_come_back() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(1_001).stock(50).create().await;
        let ann = mall.member().await;
        give_points(&mall, &ann, 5).await.ok();
        let quote = ann.post("/api/v1/quote", request(&ann, &[(&tea, 1)], 100)).await.ok();
        assert_eq!(quote["total_fen"], 1_001, "fewer than the least are not taken");
        give_points(&mall, &ann, 1_995).await.ok();

        let quote = ann.post("/api/v1/quote", request(&ann, &[(&tea, 1)], 0)).await.ok();
        let hint = quote["explanation"].as_array().unwrap().iter().find(|e| e["lane"] == "points").unwrap().clone();
        assert_eq!((hint["choosable"].as_bool(), hint["source"]["id"].as_str()), (Some(true), Some("500")));

        let order = place_with_points(&ann, &[(&tea, 1)], 2_000).await.ok();
        assert_eq!(order.total_fen, 501, "half of the goods at most");
        assert_eq!(points_of(&ann).await, 1_500);
        ann.cancel(&order).await.ok();
        assert_eq!(points_of(&ann).await, 2_000);

        let order = place_with_points(&ann, &[(&tea, 3)], 700).await.ok();
        assert_eq!((order.total_fen, points_of(&ann).await), (2_303, 1_300));
        ann.pay(&order).await;
        mall.staff().refund(&order, "缺货").await.ok();
        assert_eq!(points_of(&ann).await, 2_000);

        let order = place_with_points(&ann, &[(&tea, 1)], 60).await.ok();
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!((ann.status_of(&order).await.as_str(), points_of(&ann).await), ("closed", 2_000));
    });
}

#[test]
fn a_sku_may_be_closed_to_points() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(1_000).stock(50).create().await;
        let card = mall.product("礼品卡").price_fen(1_000).stock(50).create().await;
        let caps = json!({ "items": [{ "sku_id": card.sku().id, "percent": 0 }] });
        mall.staff().put("/admin/v1/loyalty/sku-caps", caps).await.ok();
        let ann = mall.member().await;
        give_points(&mall, &ann, 5_000).await.ok();
        let total = async |items: &[(&Product, i64)]| {
            ann.post("/api/v1/quote", request(&ann, items, 5_000)).await.ok()["total_fen"].as_i64().unwrap()
        };
        assert_eq!(total(&[(&card, 1)]).await, 1_000);
        assert_eq!(total(&[(&tea, 1)]).await, 500);
        assert_eq!(total(&[(&tea, 1), (&card, 3)]).await, 3_000, "the tea alone, wholly, within half of all");
    });
}

#[test]
fn the_last_points_are_spent_once() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(1_000).stock(50).create().await;
        let ann = mall.member().await;
        give_points(&mall, &ann, 400).await.ok();
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (ann, mut body) = (ann.clone(), request(&ann, &[(&tea, 1)], 400));
            body["expected_total_fen"] = 600.into();
            racing.spawn(async move { ann.post("/api/v1/orders", body).await });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            assert_eq!(reply.code(), "order.price_changed", "{reply:?}");
        }
        assert_eq!(points_of(&ann).await, 0);
    });
}

#[test]
fn checking_in_is_once_a_day_and_a_row_of_days_earns_more() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        ann.post("/api/v1/points/check-in", json!({})).await.refused("check_in.closed");
        open_programme(&mall).await;
        for (day, expected) in [(1, 5), (2, 10), (3, 35), (4, 40)] {
            for _ in 0..2 {
                let state = ann.post("/api/v1/points/check-in", json!({})).await.ok();
                assert_eq!((state["streak"].as_i64(), state["done_today"].as_bool()), (Some(day), Some(true)));
            }
            assert_eq!(points_of(&ann).await, expected);
            mall.clock.advance(days(1));
        }
        mall.clock.advance(days(1));
        let state = ann.post("/api/v1/points/check-in", json!({})).await.ok();
        assert_eq!(state["streak"], 1, "a day was left out");
        assert_eq!(points_of(&ann).await, 45);
    });
}

#[test]
fn points_expire_after_a_reminder() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let ann = mall.member().await;
        give_points(&mall, &ann, 120).await.ok();
        mall.clock.advance(days(24));
        mall.run_jobs().await;
        mall.run_jobs().await;
        let notices = membership_of(&ann).await["notices"].clone();
        assert_eq!(notices.as_array().unwrap().len(), 1, "{notices}");
        assert_eq!(notices[0]["kind"], "points_expiring");
        mall.clock.advance(days(8));
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, 0);
        let lines = ann.get("/api/v1/points/statement").await.ok();
        assert_eq!(lines["items"][0]["kind"], "points_expired");
    });
}

#[test]
fn a_tier_is_kept_for_a_period_and_then_falls_one_step() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let rules =
            json!({ "points": { "enabled": true }, "growth": { "enabled": true, "per_yuan": 1, "period_days": 10 } });
        mall.staff().put("/admin/v1/loyalty/rules", rules).await.ok();
        let tea = mall.product("龙井").price_fen(250_000).stock(10).create().await;
        let ann = mall.member().await;
        ann.buy(&[(&tea, 1)]).await;
        assert_eq!(membership_of(&ann).await["tier"]["name"], "金卡");
        mall.clock.advance(days(9));
        mall.run_jobs().await;
        assert_eq!(membership_of(&ann).await["tier"]["name"], "金卡");
        mall.clock.advance(days(2));
        mall.run_jobs().await;
        assert_eq!(membership_of(&ann).await["tier"]["name"], "银卡");
        ann.buy(&[(&tea, 1)]).await;
        assert_eq!(membership_of(&ann).await["tier"]["name"], "金卡", "reached again at once");
    });
}

#[test]
fn the_birthday_gift_comes_on_the_day_in_the_malls_time_zone_once_a_year() {
    on_both_engines(async |mall| {
        open_programme(&mall).await;
        let tea = mall.product("龙井").price_fen(60_000).stock(10).create().await;
        let ann = mall.member().await;
        ann.buy(&[(&tea, 1)]).await;
        mall.run_jobs().await;
        let monthly = points_of(&ann).await;
        assert_eq!(monthly, 30, "the gift of the month");
        // Tomorrow in the mall, eight hours ahead of UTC.
        let tomorrow = (mall.clock_now() + hours(8) + days(1)).datetime();
        let (month, day) = (u8::from(tomorrow.month()), tomorrow.day());
        ann.put("/api/v1/membership/birthday", json!({ "month": month, "day": day })).await.ok();
        ann.put("/api/v1/membership/birthday", json!({ "month": 1, "day": 1 })).await.refused("birthday.set_recently");
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, monthly);
        let midnight = (mall.clock_now().day_at_offset(hours(8)) + 1) * days(1) - hours(8);
        mall.clock.advance(midnight - mall.clock_now().0 - 1);
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, monthly, "one millisecond before");
        mall.clock.advance(minutes(11));
        mall.run_jobs().await;
        mall.clock.advance(minutes(11));
        mall.run_jobs().await;
        assert_eq!(points_of(&ann).await, monthly + 88);
    });
}

#[test]
fn staff_adjust_with_a_reason_and_within_what_there_is() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        give_points(&mall, &ann, 10).await.ok();
        give_points(&mall, &ann, -11).await.refused("points.not_enough");
        let path = format!("/admin/v1/members/{}/adjustments", ann.id);
        let body = json!({ "account": "commission", "amount": -1, "reason": "多给了" });
        mall.staff().post(&path, body).await.refused("commission.not_enough");
        let body = json!({ "account": "points", "amount": -4, "reason": "" });
        mall.staff().post(&path, body).await.refused("request.invalid");
        let clerk = mall.staff_with(&["member.view"], None).await;
        let body = json!({ "account": "points", "amount": 4, "reason": "补发" });
        clerk.post(&path, body.clone()).await.refused("staff.not_allowed");
        for _ in 0..2 {
            mall.staff().post_once(&path, "same", body.clone()).await.ok();
        }
        assert_eq!(points_of(&ann).await, 14, "the same request twice counts once");
        let line = ann.get("/api/v1/points/statement").await.ok()["items"][0].clone();
        assert_eq!((line["note"].as_str(), line["balance"].as_i64()), (Some("补发"), Some(14)));
    });
}
