//! Every write of the back office leaves a row in the audit log: one request for each writing route, told in an order in
//! which all of them succeed. A route that is added without its line here fails the walk.

use crate::contract::{Operation, operations};
use crate::furnished::{Furnished, furnish};
use testkit::{TestMall, Value, json, on_both_engines};

async fn audited(mall: &TestMall) -> i64 {
    mall.number("select count(*) from audit_log where mall_id = $1").await
}

/// One request for each writing route of the back office, in an order in which all of them succeed.
async fn every_write(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let id = |name: &str| f.ids[name].clone();
    let (to_ship, unpaid, pickup) = (&f.orders[0], &f.orders[2], &f.orders[3]);
    let offline = f.member.place_order(&[(&f.product, 1)]).await.ok();
    let refunded = f.member.buy(&[(&f.product, 1)]).await;
    let mut product = mall.product("新品").input();
    let mut edited = mall.staff().get(&format!("/admin/v1/products/{}", id("product"))).await.ok();
    edited["subtitle"] = "改过".into();
    product["name"] = "另一件".into();
    let store = json!({ "name": "新店", "district_code": "330106", "address": "路 1 号", "lat": 30.0, "lng": 120.0,
        "phone": "0571-1234567", "hours": [], "status": "open" });
    let template = json!({ "name": "模板", "unit": "piece", "is_default": false, "free_rules": [], "no_delivery_codes": [],
        "rules": [{ "region_codes": [], "first": 1, "first_fee_fen": 1, "next": 1, "next_fee_fen": 1 }] });
    let make =
        async |path: &str, body: Value| mall.staff().post(path, body).await.ok()["id"].as_str().unwrap().to_owned();
    let spare_brand = make("/admin/v1/brands", json!({ "name": "要删的", "position": 1 })).await;
    let spare_category = make("/admin/v1/categories", json!({ "name": "要删的", "position": 1 })).await;
    let spare_template = make("/admin/v1/freight-templates", template.clone()).await;
    let spare_role = make("/admin/v1/roles", json!({ "name": "要删的", "permissions": [] })).await;
    let priced = f.member.place_order(&[(&f.product, 1)]).await.ok();
    let boxed = f.member.buy(&[(&f.product, 1)]).await;
    let (asked_again, by_hand) = failed_refunds(mall, f).await;
    let untold = boxed.order.id;
    let ctx = mall.ctx();
    let told =
        mall.world.app().db.write(move |tx| trade::shipping::mark_upload(tx, &ctx, untold, "failed", Some("忙")));
    told.await.unwrap();
    let somebody = mall.member().await.id;
    let view = json!({ "list": "orders", "name": "要删的", "query": "state=to_ship" });
    let views = mall.staff().post("/admin/v1/saved-views", view).await.ok();
    let spare_view = views[0]["id"].as_str().unwrap().to_owned();
    let order = |order: &testkit::Order, verb: &str| format!("/admin/v1/orders/{}/{verb}", order.id);
    let nothing = json!({});
    vec![
        ("POST /admin/v1/brands", "/admin/v1/brands".into(), json!({ "name": "品牌一", "position": 1 })),
        (
            "PUT /admin/v1/brands/{id}",
            format!("/admin/v1/brands/{}", id("brand")),
            json!({ "name": "品牌二", "position": 1 }),
        ),
        ("DELETE /admin/v1/brands/{id}", format!("/admin/v1/brands/{spare_brand}"), nothing.clone()),
        ("POST /admin/v1/categories", "/admin/v1/categories".into(), json!({ "name": "分类一", "position": 1 })),
        (
            "PUT /admin/v1/categories/{id}",
            format!("/admin/v1/categories/{}", id("category")),
            json!({ "name": "分类二", "position": 1 }),
        ),
        ("DELETE /admin/v1/categories/{id}", format!("/admin/v1/categories/{spare_category}"), nothing.clone()),
        ("POST /admin/v1/freight-templates", "/admin/v1/freight-templates".into(), template.clone()),
        ("PUT /admin/v1/freight-templates/{id}", format!("/admin/v1/freight-templates/{spare_template}"), template),
        (
            "DELETE /admin/v1/freight-templates/{id}",
            format!("/admin/v1/freight-templates/{spare_template}"),
            nothing.clone(),
        ),
        (
            "POST /admin/v1/inventory/changes",
            "/admin/v1/inventory/changes".into(),
            json!({ "sku_id": id("sku"), "location_id": id("location"), "kind": "receive", "quantity": 1 }),
        ),
        ("POST /admin/v1/orders/{id}/remark", order(to_ship, "remark"), json!({ "text": "小心轻放" })),
        (
            "POST /admin/v1/orders/{id}/ship",
            order(to_ship, "ship"),
            json!({ "carrier_code": "sf", "tracking_number": "SF2000000001" }),
        ),
        ("POST /admin/v1/order-exports", "/admin/v1/order-exports".into(), json!({ "format": "csv" })),
        (
            "POST /admin/v1/orders/{id}/parcels",
            order(&boxed, "parcels"),
            json!({ "parcels": [{ "carrier_code": "sf", "tracking_number": "SF2000000002" }] }),
        ),
        (
            "POST /admin/v1/orders/{id}/price",
            order(&priced, "price"),
            json!({ "goods_fen": 1_000, "expected_total_fen": priced.total_fen, "reason": "老顾客" }),
        ),
        ("POST /admin/v1/refunds/{id}/retry", format!("/admin/v1/refunds/{asked_again}/retry"), nothing.clone()),
        (
            "POST /admin/v1/refunds/{id}/settle",
            format!("/admin/v1/refunds/{by_hand}/settle"),
            json!({ "method": "bank", "note": "尾号 6677" }),
        ),
        (
            "POST /admin/v1/shipping-uploads/{order_id}/retry",
            format!("/admin/v1/shipping-uploads/{untold}/retry"),
            nothing.clone(),
        ),
        (
            "POST /admin/v1/members/{id}/block",
            format!("/admin/v1/members/{somebody}/block"),
            json!({ "reason": "恶意下单" }),
        ),
        (
            "POST /admin/v1/members/{id}/unblock",
            format!("/admin/v1/members/{somebody}/unblock"),
            json!({ "reason": "已沟通" }),
        ),
        (
            "POST /admin/v1/saved-views",
            "/admin/v1/saved-views".into(),
            json!({ "list": "orders", "name": "大单", "query": "min_fen=5000" }),
        ),
        ("DELETE /admin/v1/saved-views/{id}", format!("/admin/v1/saved-views/{spare_view}"), nothing.clone()),
        ("POST /admin/v1/orders/{id}/refund", order(&refunded, "refund"), json!({ "reason": "缺货" })),
        ("POST /admin/v1/orders/{id}/close", order(unpaid, "close"), json!({ "reason": "缺货" })),
        ("POST /admin/v1/orders/{id}/pay-offline", order(&offline, "pay-offline"), nothing.clone()),
        ("POST /admin/v1/orders/{id}/ready", order(pickup, "ready"), nothing.clone()),
        ("POST /admin/v1/redeem", "/admin/v1/redeem".into(), json!({ "code": id("pickup_code") })),
        ("POST /admin/v1/products", "/admin/v1/products".into(), product),
        (
            "POST /admin/v1/products/export",
            "/admin/v1/products/export".into(),
            json!({ "status": "all", "format": "csv" }),
        ),
        ("PUT /admin/v1/products/{id}", format!("/admin/v1/products/{}", id("product")), edited),
        (
            "POST /admin/v1/products/{id}/status",
            format!("/admin/v1/products/{}/status", id("product")),
            json!({ "status": "off_sale" }),
        ),
        ("DELETE /admin/v1/products/{id}", format!("/admin/v1/products/{}", id("product")), nothing.clone()),
        (
            "POST /admin/v1/products/{id}/restore",
            format!("/admin/v1/products/{}/restore", id("product")),
            nothing.clone(),
        ),
        (
            "POST /admin/v1/reviews/{id}/reply",
            format!("/admin/v1/reviews/{}/reply", id("review")),
            json!({ "text": "谢谢" }),
        ),
        (
            "POST /admin/v1/reviews/{id}/hide",
            format!("/admin/v1/reviews/{}/hide", id("review")),
            json!({ "reason": "广告" }),
        ),
        ("POST /admin/v1/reviews/{id}/show", format!("/admin/v1/reviews/{}/show", id("review")), nothing.clone()),
        ("POST /admin/v1/roles", "/admin/v1/roles".into(), json!({ "name": "角色一", "permissions": [] })),
        (
            "PUT /admin/v1/roles/{id}",
            format!("/admin/v1/roles/{}", id("role")),
            json!({ "name": "角色二", "permissions": [] }),
        ),
        ("DELETE /admin/v1/roles/{id}", format!("/admin/v1/roles/{spare_role}"), nothing.clone()),
        (
            "PUT /admin/v1/settings/mall",
            "/admin/v1/settings/mall".into(),
            json!({ "name": "新名", "accent": "#112233", "order_expiry_minutes": 20, "auto_confirm_days": 7 }),
        ),
        (
            "POST /admin/v1/staff",
            "/admin/v1/staff".into(),
            json!({ "username": "newcomer", "name": "新人", "role_id": id("role"), "password": "a-long-password" }),
        ),
        (
            "PUT /admin/v1/staff/{id}",
            format!("/admin/v1/staff/{}", id("staff")),
            json!({ "name": "改名", "role_id": id("role"), "status": "active" }),
        ),
        (
            "POST /admin/v1/staff/{id}/password",
            format!("/admin/v1/staff/{}/password", id("staff")),
            json!({ "password": "another-long-one" }),
        ),
        ("POST /admin/v1/tasks/{id}/cancel", format!("/admin/v1/tasks/{}/cancel", id("open_task")), nothing.clone()),
        ("POST /admin/v1/tasks/{id}/resume", format!("/admin/v1/tasks/{}/resume", id("open_task")), nothing.clone()),
        ("POST /admin/v1/stores", "/admin/v1/stores".into(), store.clone()),
        ("PUT /admin/v1/stores/{id}", format!("/admin/v1/stores/{}", id("store")), store),
    ]
}

/// Two refunds that the channel could not make.
async fn failed_refunds(mall: &TestMall, f: &Furnished) -> (String, String) {
    for _ in 0..2 {
        let order = f.member.buy(&[(&f.product, 1)]).await;
        mall.staff().refund(&order, "缺货").await.ok();
    }
    mall.run_jobs().await;
    for notice in mall.wechat.fail_refunds() {
        mall.deliver(&notice).await.status(204);
    }
    let page = mall.staff().get("/admin/v1/refunds?state=failed").await.ok();
    let id = |at: usize| page["items"][at]["id"].as_str().unwrap().to_owned();
    (id(0), id(1))
}

/// Writes that are told elsewhere: the own account, a look that changes nothing, files.
const NOT_IN_THE_SCRIPT: &[&str] = &[
    "POST /admin/v1/session",
    "DELETE /admin/v1/session",
    "POST /admin/v1/me/password",
    "POST /admin/v1/me/totp",
    "DELETE /admin/v1/me/totp",
    "POST /admin/v1/me/totp/confirm",
    "POST /admin/v1/redeem/preview",
    "POST /admin/v1/uploads",
    "POST /admin/v1/product-imports",
    "POST /admin/v1/product-imports/{id}/run",
];

#[test]
fn every_write_in_the_back_office_leaves_a_row_in_the_audit_log() {
    on_both_engines(async |mall| {
        let furnished = furnish(&mall, "甲家").await;
        let script = every_write(&mall, &furnished).await;
        for (name, path, body) in &script {
            let before = audited(&mall).await;
            let (method, _) = name.split_once(' ').unwrap();
            let body = ("application/json", body.to_string().into_bytes());
            let reply = mall.staff().send(method.parse().unwrap(), path, Some(body)).await;
            assert!(reply.status.is_success(), "{reply:?}");
            assert_eq!(audited(&mall).await, before + 1, "{name}");
        }
        let mut known: Vec<&str> =
            script.iter().map(|(name, ..)| *name).chain(NOT_IN_THE_SCRIPT.iter().copied()).collect();
        known.sort_unstable();
        let mut written: Vec<String> =
            operations().iter().filter(|o| o.is_admin() && !o.is_read()).map(Operation::name).collect();
        written.sort_unstable();
        assert_eq!(written, known, "a route was added or removed: tell its story in `every_write`");
        let rows = mall.staff().get("/admin/v1/audit").await.ok();
        let last = &rows["items"][0];
        assert!(last["summary"].is_string() && last["ip"].is_string() && last["staff_name"].is_string(), "{last}");
    });
}
