//! Promotions, coupons, limited-time sales: one of each for the walks along all routes, and their writes in the back office.

use crate::furnished::Furnished;
use testkit::{MemberClient, Product, TestMall, Value, json};

/// Far above what the walks spend, so that no price of theirs changes.
const FAR: i64 = 900_000_000;

fn promotion(name: &str) -> Value {
    json!({ "name": name, "rule": { "kind": "spend_save", "steps": [{ "need": { "spend_fen": FAR }, "off_fen": 1 }] } })
}

fn template(name: &str) -> Value {
    json!({ "name": name, "rule": { "kind": "amount", "need": { "spend_fen": FAR }, "off_fen": 1 }, "transferable": true,
        "validity": { "kind": "days", "days": 7 }, "sources": ["centre", "staff", "code", "points"], "per_member": 5 })
}

fn sale(name: &str, sku: &str) -> Value {
    json!({ "name": name, "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-02-01T00:00:00Z",
        "items": [{ "sku_id": sku, "price_fen": 1 }] })
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn token(mall: &TestMall, id: &str) -> Value {
    let worst = mall.staff().get(&format!("/admin/v1/campaigns/{id}/worst-case")).await.ok();
    json!({ "worst_case_token": worst["token"] })
}

pub async fn publish(mall: &TestMall, id: &str) {
    let body = token(mall, id).await;
    mall.staff().post(&format!("/admin/v1/campaigns/{id}/publish"), body).await.ok();
}

/// A promotion, a template with codes, a sale, and a coupon in the member's hand.
pub async fn furnish(mall: &TestMall, member: &MemberClient, product: &Product) -> Vec<(&'static str, String)> {
    let owner = mall.staff();
    let promotion = id(&owner.post("/admin/v1/promotions", promotion("满减")).await.ok());
    let template = id(&owner.post("/admin/v1/coupon-templates", template("券")).await.ok());
    publish(mall, &template).await;
    let batches = format!("/admin/v1/coupon-templates/{template}/code-batches");
    let batch = id(&owner.post(&batches, json!({ "name": "地推", "count": 3 })).await.ok());
    let sale = sale("限时", &product.sku().id.to_string());
    let sale = id(&owner.post("/admin/v1/limited-sales", sale).await.ok());
    let points = json!({ "template_id": template, "points": 1, "on_sale": true });
    let points = id(&owner.post("/admin/v1/points-items", points).await.ok());
    let coupon = member.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();
    let given = member.post(&format!("/api/v1/coupons/{template}/take"), json!({})).await.ok();
    let gift = member.post(&format!("/api/v1/coupons/mine/{}/gift", id(&given)), json!({})).await.ok();
    vec![
        ("campaign", promotion.clone()),
        ("promotion", promotion),
        ("coupon-template", template.clone()),
        ("template", template),
        ("code-batche", batch),
        ("limited-sale", sale),
        ("mine", id(&coupon)),
        ("points-item", points),
        ("gift_code", gift["code"].as_str().unwrap().to_owned()),
    ]
}

/// One request for each writing route, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let owner = mall.staff();
    let sku = f.ids["sku"].as_str();
    let at = |path: &str, name: &str| format!("/admin/v1/{path}/{}", f.ids[name]);
    let spare_promotion = id(&owner.post("/admin/v1/promotions", promotion("要删的")).await.ok());
    let spare_template = id(&owner.post("/admin/v1/coupon-templates", template("要删的")).await.ok());
    let spare_sale = id(&owner.post("/admin/v1/limited-sales", sale("要删的", sku)).await.ok());
    let draft = id(&owner.post("/admin/v1/coupon-templates", template("要改的")).await.ok());
    let launched = id(&owner.post("/admin/v1/promotions", promotion("要发布的")).await.ok());
    let shown = token(mall, &launched).await;
    let campaign = |verb: &str| format!("/admin/v1/campaigns/{launched}/{verb}");
    let spare_item = json!({ "sku_id": sku, "points": 1, "on_sale": false });
    let spare_item = id(&owner.post("/admin/v1/points-items", spare_item).await.ok());
    let other_coupon = id(&owner.post("/admin/v1/coupon-templates", template("另一种")).await.ok());
    let item = |template: &str| json!({ "template_id": template, "points": 2, "on_sale": true });
    let nothing = json!({});
    vec![
        ("POST /admin/v1/points-items", "/admin/v1/points-items".into(), item(&other_coupon)),
        ("PUT /admin/v1/points-items/{id}", at("points-items", "points-item"), item(&f.ids["coupon-template"])),
        ("DELETE /admin/v1/points-items/{id}", format!("/admin/v1/points-items/{spare_item}"), nothing.clone()),
        ("POST /admin/v1/campaigns/{id}/publish", campaign("publish"), shown),
        ("POST /admin/v1/campaigns/{id}/stop", campaign("stop"), nothing.clone()),
        ("POST /admin/v1/promotions", "/admin/v1/promotions".into(), promotion("新的")),
        ("PUT /admin/v1/promotions/{id}", at("promotions", "promotion"), promotion("改名")),
        ("DELETE /admin/v1/promotions/{id}", format!("/admin/v1/promotions/{spare_promotion}"), nothing.clone()),
        ("POST /admin/v1/coupon-templates", "/admin/v1/coupon-templates".into(), template("新的")),
        ("PUT /admin/v1/coupon-templates/{id}", format!("/admin/v1/coupon-templates/{draft}"), template("改名")),
        (
            "DELETE /admin/v1/coupon-templates/{id}",
            format!("/admin/v1/coupon-templates/{spare_template}"),
            nothing.clone(),
        ),
        (
            "POST /admin/v1/coupon-templates/{id}/gifts",
            format!("{}/gifts", at("coupon-templates", "coupon-template")),
            json!({ "member_ids": [f.ids["member"]] }),
        ),
        (
            "POST /admin/v1/coupon-templates/{id}/code-batches",
            format!("{}/code-batches", at("coupon-templates", "coupon-template")),
            json!({ "name": "第二批", "count": 2 }),
        ),
        (
            "POST /admin/v1/code-batches/{id}/void",
            format!("{}/void", at("code-batches", "code-batche")),
            nothing.clone(),
        ),
        ("POST /admin/v1/limited-sales", "/admin/v1/limited-sales".into(), sale("新的", sku)),
        ("PUT /admin/v1/limited-sales/{id}", at("limited-sales", "limited-sale"), sale("改名", sku)),
        ("DELETE /admin/v1/limited-sales/{id}", format!("/admin/v1/limited-sales/{spare_sale}"), nothing),
    ]
}
