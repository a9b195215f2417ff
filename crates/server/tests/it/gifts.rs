//! Coupons that come by themselves: with a birthday, a month, a row of check-ins, an order; told, and reminded of before
//! they end. And what is handed on by a link.

use testkit::{MemberClient, TestMall, Value, days, hours, json, minutes, on_both_engines};

async fn coupon(mall: &TestMall, name: &str, source: &str, extra: Value) -> String {
    let mut body = json!({ "name": name, "rule": { "kind": "amount", "off_fen": 500 }, "sources": [source],
        "validity": { "kind": "days", "days": 30 }, "per_member": 1 });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let made = mall.staff().post("/admin/v1/coupon-templates", body).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let worst = mall.staff().get(&format!("/admin/v1/campaigns/{id}/worst-case")).await.ok();
    let body = json!({ "worst_case_token": worst["token"] });
    mall.staff().post(&format!("/admin/v1/campaigns/{id}/publish"), body).await.ok();
    id
}

async fn names(member: &MemberClient) -> Vec<String> {
    let mine = member.get("/api/v1/coupons/mine").await.ok();
    let mut names: Vec<String> =
        mine["items"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn told(member: &MemberClient, kind: &str) -> Vec<String> {
    let page = member.get("/api/v1/messages").await.ok();
    let of = page["items"].as_array().unwrap().iter().filter(|m| m["kind"] == kind);
    of.map(|m| m["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tiers_birthdays_and_check_ins_give_coupons() {
    on_both_engines(async |mall| {
        let staff = mall.staff();
        let birthday = coupon(&mall, "生日券", "birthday", json!({})).await;
        let month = coupon(&mall, "月券", "staff", json!({})).await;
        let row = coupon(&mall, "签到券", "check_in", json!({})).await;
        let rules = json!({ "points": { "enabled": true, "check_in": 5,
              "streaks": [{ "days": 2, "points": 0, "coupon_id": row }] },
            "growth": { "enabled": true, "per_yuan": 1, "period_days": 0 } });
        staff.put("/admin/v1/loyalty/rules", rules).await.ok();
        let tier = json!({ "name": "普卡", "growth": 0, "price_percent": 100, "points_percent": 100,
            "monthly_coupon_id": month, "birthday_coupon_id": birthday });
        staff.post("/admin/v1/tiers", tier).await.ok();
        let ann = mall.member().await;
        let tomorrow = (mall.clock_now() + hours(8) + days(1)).datetime();
        let (m, d) = (u8::from(tomorrow.month()), tomorrow.day());
        ann.put("/api/v1/membership/birthday", json!({ "month": m, "day": d })).await.ok();
        let first = ann.post("/api/v1/points/check-in", json!({})).await.ok();
        assert_eq!(first["coupon"], false);
        // The tier is hers from her first order on.
        let tea = mall.product("龙井").price_fen(10_000).stock(10).create().await;
        ann.buy(&[(&tea, 1)]).await;
        mall.clock.advance(minutes(11));
        mall.run_jobs().await;
        assert_eq!(names(&ann).await, ["月券"]);
        mall.clock.advance(days(1));
        mall.run_jobs().await;
        assert_eq!(names(&ann).await, ["月券", "生日券"]);
        let second = ann.post("/api/v1/points/check-in", json!({})).await.ok();
        assert_eq!((second["points"].as_i64(), second["coupon"].as_bool()), (Some(5), Some(true)));
        ann.post("/api/v1/points/check-in", json!({})).await.ok();
        assert_eq!(names(&ann).await, ["月券", "生日券", "签到券"]);
    });
}

#[test]
fn a_coupon_that_came_is_told_and_one_that_ends_is_reminded_of() {
    on_both_engines(async |mall| {
        let after = json!({ "min_order_fen": 5_000, "validity": { "kind": "days", "days": 5 } });
        coupon(&mall, "回头券", "after_purchase", after).await;
        let gift = coupon(&mall, "心意券", "staff", json!({})).await;
        let tea = mall.product("龙井").price_fen(6_000).stock(10).create().await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        ann.buy(&[(&tea, 1)]).await;
        mall.run_jobs().await;
        assert_eq!(told(&ann, "coupon_received").await, ["“回头券”：无门槛减5，已放进你的券包，下单时自动使用。"]);
        bob.patch("/api/v1/me/preferences", json!({ "muted": ["coupon_received"] })).await.ok();
        let given = json!({ "member_ids": [ann.id, bob.id], "phones": [] });
        mall.staff().post(&format!("/admin/v1/coupon-templates/{gift}/gifts"), given).await.ok();
        mall.run_jobs().await;
        assert_eq!(told(&ann, "coupon_received").await.len(), 2);
        assert_eq!(told(&bob, "coupon_received").await, [""; 0]);
        assert_eq!(told(&ann, "coupon_expiring").await, [""; 0]);
        mall.clock.advance(days(3) + hours(2));
        mall.run_jobs().await;
        mall.run_jobs().await;
        mall.clock.advance(hours(3));
        mall.run_jobs().await;
        let reminded = told(&ann, "coupon_expiring").await;
        assert_eq!(reminded.len(), 1, "{reminded:?}");
        assert!(reminded[0].starts_with("“回头券”（无门槛减5）"), "{reminded:?}");
        assert_eq!(told(&bob, "coupon_expiring").await, [""; 0]);
    });
}

#[test]
fn a_shared_link_shows_its_coupon_and_gives_it() {
    on_both_engines(async |mall| {
        let shared = coupon(&mall, "分享券", "share", json!({ "transferable": true })).await;
        let hidden = coupon(&mall, "内部券", "staff", json!({})).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        assert_eq!(ann.get("/api/v1/coupons").await.ok().as_array().unwrap().len(), 0, "not in the centre");
        ann.get(&format!("/api/v1/coupons/{hidden}")).await.refused("coupon.not_found");
        let shown = mall.anonymous().get(&format!("/api/v1/coupons/{shared}")).await.ok();
        assert_eq!((shown["source"].as_str(), shown["claim"].as_str()), (Some("share"), Some("open")));
        let take = format!("/api/v1/coupons/{shared}/take");
        ann.post(&take, json!({})).await.refused("coupon.not_open");
        let mine = ann.post(&take, json!({ "source": "share" })).await.ok();
        let shown = ann.get(&format!("/api/v1/coupons/{shared}")).await.ok();
        assert_eq!(shown["claim"], "taken");

        let path = format!("/api/v1/coupons/mine/{}/gift", mine["id"].as_str().unwrap());
        let gift = ann.post(&path, json!({})).await.ok();
        let code = gift["code"].as_str().unwrap();
        let way = format!("/api/v1/coupon-gifts/{code}");
        assert_eq!(ann.get(&way).await.ok()["mine"], true);
        assert_eq!(bob.get(&way).await.ok()["words"], "无门槛减5");
        bob.post("/api/v1/coupons/receive", json!({ "code": code })).await.ok();
        bob.get(&way).await.refused("coupon.gift_gone");
        assert_eq!(names(&bob).await, ["分享券"]);
    });
}

#[test]
fn a_refunded_membership_loses_its_time_in_proportion() {
    on_both_engines(async |mall| {
        let staff = mall.staff();
        let plan = json!({ "name": "月卡", "price_fen": 3_000, "days": 30, "price_percent": 90, "points_percent": 100,
            "on_sale": true });
        let plans = staff.post("/admin/v1/membership-plans", plan).await.ok();
        let plan = plans[0]["id"].clone();
        let ann = mall.member().await;
        let body = json!({ "kind": "membership", "plan_id": plan, "expected_fen": 3_000 });
        let purchase = ann.post("/api/v1/purchases", body).await.ok()["id"].as_str().unwrap().to_owned();
        let how = json!({ "channel": "wechat", "scene": "native" });
        let intent = ann.post(&format!("/api/v1/purchases/{purchase}/pay"), how).await.ok();
        mall.deliver(&mall.wechat.pay(intent["payment_id"].as_str().unwrap())).await.status(204);
        let until = async || {
            let view = ann.get("/api/v1/membership").await.ok();
            view["paid_until"].as_str().map(|text| testkit::Instant::parse(text).unwrap() - mall.clock_now())
        };
        assert_eq!(until().await, Some(days(30)));
        ann.post(&format!("/api/v1/purchases/{purchase}/refund"), json!({})).await.refused("purchase.not_refundable");
        let path = format!("/admin/v1/purchases/{purchase}/refund");
        staff.post(&path, json!({ "amount_fen": 3_001, "reason": "不用了" })).await.refused("purchase.not_refundable");
        staff.post(&path, json!({ "amount_fen": 1_000, "reason": "不用了" })).await.ok();
        assert_eq!(until().await, Some(days(20)));
        staff.post(&path, json!({ "amount_fen": 2_000, "reason": "不用了" })).await.ok();
        assert_eq!(until().await, None);
        mall.run_jobs().await;
        let back = "select cast(sum(amount_fen) as bigint) from refund where mall_id = $1";
        assert_eq!(mall.number(back).await, 3_000);
    });
}
