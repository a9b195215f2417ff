//! Tiers, paid membership, top-ups: one of each for the walks along all routes, and their writes in the back office.

use crate::furnished::Furnished;
use testkit::{MemberClient, TestMall, Value, json};

fn tier(name: &str, growth: i64) -> Value {
    json!({ "name": name, "growth": growth, "price_percent": 100, "points_percent": 100 })
}

fn plan(name: &str) -> Value {
    json!({ "name": name, "price_fen": 1_000, "days": 30, "price_percent": 100, "points_percent": 100, "on_sale": true })
}

fn top_up(amount_fen: i64) -> Value {
    json!({ "amount_fen": amount_fen, "gift_fen": 0, "on_sale": true })
}

fn last_id(list: &Value) -> String {
    list.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

/// A tier, a plan, a top-up plan and a top-up that the member paid.
pub async fn furnish(mall: &TestMall, member: &MemberClient) -> Vec<(&'static str, String)> {
    let owner = mall.staff();
    let tier = last_id(&owner.post("/admin/v1/tiers", tier("普卡", 0)).await.ok());
    let plan = last_id(&owner.post("/admin/v1/membership-plans", plan("年卡")).await.ok());
    let top_up = last_id(&owner.post("/admin/v1/top-up-plans", top_up(5_000)).await.ok());
    let body = json!({ "kind": "top_up", "plan_id": top_up, "expected_fen": 5_000 });
    let purchase = member.post("/api/v1/purchases", body).await.ok()["id"].as_str().unwrap().to_owned();
    let how = json!({ "channel": "wechat", "scene": "native" });
    let intent = member.post(&format!("/api/v1/purchases/{purchase}/pay"), how).await.ok();
    mall.deliver(&mall.wechat.pay(intent["payment_id"].as_str().unwrap())).await.status(204);
    vec![("tier", tier), ("membership-plan", plan), ("top-up-plan", top_up), ("purchase", purchase)]
}

/// One request for each writing route, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let owner = mall.staff();
    let at = |path: &str, name: &str| format!("/admin/v1/{path}/{}", f.ids[name]);
    let spare_tier = last_id(&owner.post("/admin/v1/tiers", tier("要删的", 900)).await.ok());
    let spare_top_up = last_id(&owner.post("/admin/v1/top-up-plans", top_up(9_000)).await.ok());
    let nothing = json!({});
    let mut script = vec![
        (
            "PUT /admin/v1/loyalty/rules",
            "/admin/v1/loyalty/rules".into(),
            json!({ "points": { "enabled": true }, "growth": { "enabled": true } }),
        ),
        (
            "PUT /admin/v1/loyalty/sku-caps",
            "/admin/v1/loyalty/sku-caps".into(),
            json!({ "items": [{ "sku_id": f.ids["sku"], "percent": 10 }] }),
        ),
        ("POST /admin/v1/tiers", "/admin/v1/tiers".into(), tier("银卡", 100)),
        ("PUT /admin/v1/tiers/{id}", at("tiers", "tier"), tier("新名", 0)),
        ("DELETE /admin/v1/tiers/{id}", format!("/admin/v1/tiers/{spare_tier}"), nothing.clone()),
        ("POST /admin/v1/membership-plans", "/admin/v1/membership-plans".into(), plan("月卡")),
        ("PUT /admin/v1/membership-plans/{id}", at("membership-plans", "membership-plan"), plan("新卡")),
        ("POST /admin/v1/top-up-plans", "/admin/v1/top-up-plans".into(), top_up(7_000)),
        ("PUT /admin/v1/top-up-plans/{id}", at("top-up-plans", "top-up-plan"), top_up(6_000)),
        ("DELETE /admin/v1/top-up-plans/{id}", format!("/admin/v1/top-up-plans/{spare_top_up}"), nothing),
        (
            "POST /admin/v1/members/{id}/adjustments",
            format!("{}/adjustments", at("members", "member")),
            json!({ "account": "points", "amount": 10, "reason": "补发" }),
        ),
        (
            "POST /admin/v1/purchases/{id}/refund",
            format!("{}/refund", at("purchases", "purchase")),
            json!({ "amount_fen": 100, "reason": "会员申请" }),
        ),
    ];
    script.extend(crate::offers::writes(mall, f).await);
    script.extend(crate::home::writes(mall, f).await);
    script
}
