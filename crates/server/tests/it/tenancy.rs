//! Nobody looks over a fence. Every route of the document is walked along as the wrong person: from another mall, another
//! member, the other side, a role without the permission; what is there must neither show nor change.

use crate::contract::{Ids, Operation, Schemas, operations};
use crate::furnished::{Furnished, furnish};
use crate::writes::{self, audited};
use axum::http::Method;
use testkit::{Client, Reply, TestMall, Value, json, on_both_engines};

/// Calls an operation with ids and a body that fits.
async fn call(client: &Client, operation: &Operation, schemas: &Schemas, ids: &Ids) -> Reply {
    let method: Method = operation.method.parse().unwrap();
    let body = operation.body(schemas, ids).map(|body| ("application/json", body.to_string().into_bytes()));
    client.send(method, &operation.path_with(ids), body).await
}

/// Ends the caller's own session or changes the own account: walked last or not at all.
fn is_about_oneself(operation: &Operation) -> bool {
    operation.path.contains("/session")
        || operation.path.contains("/privacy/closing")
        || operation.path.starts_with("/admin/v1/me")
}

fn ids_for_each_order(furnished: &Furnished) -> Vec<Ids> {
    let of = |order: &testkit::Order| Ids::from([("order", order.id.to_string())]);
    let with = |order| furnished.ids.clone().into_iter().chain(of(order)).collect();
    furnished.orders.iter().map(with).collect()
}

#[test]
fn nothing_of_one_mall_shows_or_changes_from_another() {
    on_both_engines(async |mall| {
        let schemas = Schemas::new();
        let theirs = furnish(&mall, "甲家").await;
        let other = mall.world.found("second").await;
        let stranger = other.member().await;
        let staff = other.staff();
        mall.run_jobs().await;
        // With the right caller every one of these ids leads somewhere; otherwise the walk below would prove nothing.
        let owner = mall.staff();
        for operation in operations().iter().filter(|operation| operation.is_read()) {
            let caller: &Client = if operation.is_admin() { &owner } else { &theirs.member };
            call(caller, operation, &schemas, &theirs.ids_of_read(&operation.path)).await.status(200);
        }
        let before = mall.dump().await;
        for ids in ids_for_each_order(&theirs) {
            for operation in operations().iter().filter(|operation| !is_about_oneself(operation)) {
                if operation.path.starts_with("/notify") {
                    continue;
                }
                let caller: &Client = if operation.is_admin() { &staff } else { &stranger };
                for caller in [caller.clone(), caller.naming_mall(Some(&mall.code))] {
                    let reply = call(&caller, operation, &schemas, &ids).await;
                    assert!(reply.status.as_u16() < 500, "{reply:?}");
                    let body = String::from_utf8_lossy(&reply.body).into_owned();
                    // A caller who names the other mall may read its public shelves, as anyone may.
                    let is_public = operation.security().is_none() && caller.mall_code.as_ref() != Some(&other.code);
                    let seen = theirs.secrets.iter().find(|secret| body.contains(secret.as_str()));
                    assert!(is_public || seen.is_none(), "{seen:?} shows in {reply:?}");
                }
            }
        }
        mall.run_jobs().await;
        assert_eq!(before.difference(&mall.dump().await), [""; 0]);
    });
}

#[test]
fn orders_addresses_and_payments_of_another_member_do_not_exist() {
    on_both_engines(async |mall| {
        let schemas = Schemas::new();
        let hers = furnish(&mall, "安的").await;
        let bob = mall.member().await;
        for (path, code) in [
            (format!("/api/v1/orders/{}", hers.ids["order"]), "order.not_found"),
            (format!("/api/v1/payments/{}", hers.ids["payment"]), "payment.not_found"),
        ] {
            bob.get(&path).await.refused(code);
        }
        bob.delete(&format!("/api/v1/addresses/{}", hers.ids["address"])).await.refused("address.not_found");

        let private = [
            "trade_order",
            "order_line",
            "order_event",
            "payment",
            "refund",
            "parcel",
            "pickup",
            "review",
            "address",
            "member",
            "member_identity",
            "cart_line",
            "favourite",
            "browse_history",
            "session",
            "consent",
            "message",
            "member_preference",
            "data_export",
            "after_sale",
            "after_sale_line",
            "after_sale_event",
        ];
        let before = mall.dump().await;
        for ids in ids_for_each_order(&hers) {
            for operation in operations().iter().filter(|o| o.security() == Some("member") && !is_about_oneself(o)) {
                let reply = call(&bob, operation, &schemas, &ids).await;
                assert!(reply.status.as_u16() < 500, "{reply:?}");
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                for secret in hers.secrets.iter().skip(1) {
                    assert!(!body.contains(secret.as_str()), "{secret} shows in {reply:?}");
                }
            }
        }
        let after = mall.dump().await;
        for table in private {
            let bobs = format!("={}", bob.id);
            for row in before.rows(table).iter().filter(|row| !row.contains(&bobs)) {
                assert!(after.rows(table).contains(row), "{table} lost or changed {row}");
            }
        }
    });
}

#[test]
fn every_route_refuses_the_wrong_kind_of_caller() {
    on_both_engines(async |mall| {
        let schemas = Schemas::new();
        let furnished = furnish(&mall, "甲家").await;
        let guest = mall.guest().await;
        let (member, staff, nobody) = (furnished.member.clone(), mall.staff(), mall.anonymous());
        let expired = nobody.with_token("zz.0123456789012345678901234567890123456789012");
        let before = mall.dump().await;
        for operation in operations() {
            let wrong: Vec<&Client> = match operation.security() {
                Some("staff") => vec![&member, &guest, &nobody, &expired],
                Some("member") => vec![&staff, &nobody, &expired],
                _ => continue,
            };
            for caller in wrong {
                let reply = call(caller, &operation, &schemas, &furnished.ids).await;
                assert!(matches!(reply.status.as_u16(), 401 | 403), "{reply:?}");
                reply.assert_problem();
            }
        }
        assert_eq!(before.difference(&mall.dump().await), [""; 0]);
    });
}

/// What any signed-in staff may do without a permission.
const FREE_FOR_STAFF: &[&str] = &[
    "DELETE /admin/v1/session",
    "GET /admin/v1/me",
    "POST /admin/v1/me/password",
    "POST /admin/v1/me/totp",
    "DELETE /admin/v1/me/totp",
    "POST /admin/v1/me/totp/confirm",
    "GET /admin/v1/carriers",
    "POST /admin/v1/uploads",
];

#[test]
fn every_route_of_the_back_office_needs_exactly_the_permission_it_names() {
    on_both_engines(async |mall| {
        let schemas = Schemas::new();
        let furnished = furnish(&mall, "甲家").await;
        let mut without = std::collections::HashMap::new();
        let mut only = std::collections::HashMap::new();
        let all: Vec<&str> = platform::permission::ALL.iter().map(|permission| permission.code).collect();
        for code in &all {
            let rest: Vec<&str> = all.iter().copied().filter(|other| other != code).collect();
            without.insert(*code, mall.staff_with(&rest, None).await);
            only.insert(*code, mall.staff_with(&[code], None).await);
        }
        let before = mall.dump().await;
        let guarded: Vec<Operation> = operations()
            .into_iter()
            .filter(|o| {
                o.security() == Some("staff")
                    && !FREE_FOR_STAFF.contains(&o.name().as_str())
                    && !writes::FREE.contains(&o.name().as_str())
            })
            .collect();
        for operation in &guarded {
            let permission = operation.permission();
            let permission = permission.unwrap_or_else(|| panic!("{} names no permission", operation.name()));
            let reply = call(&without[permission], operation, &schemas, &furnished.ids).await;
            reply.refused("staff.not_allowed");
        }
        assert_eq!(before.difference(&mall.dump().await), [""; 0]);
        for operation in &guarded {
            let permission = operation.permission().unwrap();
            let reply = call(&only[permission], operation, &schemas, &furnished.ids).await;
            assert_ne!(reply.code(), "staff.not_allowed", "{permission} is not enough: {reply:?}");
            assert!(reply.status.as_u16() < 500, "{reply:?}");
        }
    });
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
    let template = json!({ "name": "模板", "unit": "piece", "is_default": false, "free_rules": [], "no_delivery_codes": [],
        "rules": [{ "region_codes": [], "first": 1, "first_fee_fen": 1, "next": 1, "next_fee_fen": 1 }] });
    let make =
        async |path: &str, body: Value| mall.staff().post(path, body).await.ok()["id"].as_str().unwrap().to_owned();
    let spare_brand = make("/admin/v1/brands", json!({ "name": "要删的", "position": 1 })).await;
    let spare_category = make("/admin/v1/categories", json!({ "name": "要删的", "position": 1 })).await;
    let spare_template = make("/admin/v1/freight-templates", template.clone()).await;
    let spare_role = make("/admin/v1/roles", json!({ "name": "要删的", "permissions": [] })).await;
    let hook = json!({ "url": "https://erp.example.com/2", "kinds": ["order.paid"] });
    let spare_hook = mall.staff().post("/admin/v1/webhooks", hook.clone()).await.ok();
    let spare_hook = spare_hook["webhook"]["id"].as_str().unwrap().to_owned();
    let of_hook = |verb: &str| format!("/admin/v1/webhooks/{}{verb}", f.ids["webhook"]);
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
            "POST /admin/v1/privacy/policies",
            "/admin/v1/privacy/policies".into(),
            json!({ "title": "隐私政策", "summary": "", "body": "第二版" }),
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
        ("POST /admin/v1/webhooks", "/admin/v1/webhooks".into(), hook.clone()),
        ("PUT /admin/v1/webhooks/{id}", of_hook(""), hook),
        ("DELETE /admin/v1/webhooks/{id}", format!("/admin/v1/webhooks/{spare_hook}"), nothing.clone()),
        ("POST /admin/v1/webhooks/{id}/rotate", of_hook("/rotate"), nothing.clone()),
        ("POST /admin/v1/webhooks/{id}/ping", of_hook("/ping"), nothing.clone()),
        ("POST /admin/v1/webhooks/{id}/redeliver-failed", of_hook("/redeliver-failed"), nothing.clone()),
        (
            "POST /admin/v1/webhook-deliveries/{id}/redeliver",
            format!("/admin/v1/webhook-deliveries/{}/redeliver", id("webhook_delivery")),
            nothing.clone(),
        ),
        ("POST /admin/v1/api-keys", "/admin/v1/api-keys".into(), json!({ "name": "钥匙", "scopes": ["order.view"] })),
        ("DELETE /admin/v1/api-keys/{id}", format!("/admin/v1/api-keys/{}", id("api_key")), nothing.clone()),
    ]
}

#[test]
fn every_write_in_the_back_office_leaves_a_row_in_the_audit_log() {
    on_both_engines(async |mall| {
        let furnished = furnish(&mall, "甲家").await;
        let mut script = every_write(&mall, &furnished).await;
        script.extend(crate::after_sale_walks::writes(&mall, &furnished.member, &furnished.product).await);
        script.extend(crate::club::writes(&mall, &furnished).await);
        script.extend(crate::transfers::writes(&mall, &furnished.member).await);
        script.extend(crate::shop::writes(&mall, &furnished).await);
        script.extend(crate::notice::writes(&furnished.member));
        script.extend(crate::invoice::writes(&mall, &furnished).await);
        script.extend(crate::redeem::writes(&mall, &furnished).await);
        script.extend(crate::local_walks::writes(&mall, &furnished).await);
        script.extend(writes::at_the_desk(&mall, &furnished).await);
        script.splice(0..0, writes::on_the_list(&mall, &furnished).await);
        script.extend(crate::booking_routes::writes(&mall).await);
        script.splice(0..0, crate::fitting::writes(&mall, &furnished).await);
        script.splice(0..0, crate::counter::writes(&mall, &furnished).await);
        for (name, path, body) in &script {
            let before = audited(&mall).await;
            let (method, _) = name.split_once(' ').unwrap();
            let body = ("application/json", body.to_string().into_bytes());
            let reply = mall.staff().send(method.parse().unwrap(), path, Some(body)).await;
            assert!(reply.status.is_success(), "{reply:?}");
            assert_eq!(audited(&mall).await, before + 1, "{name}");
        }
        let mut known: Vec<&str> =
            script.iter().map(|(name, ..)| *name).chain(writes::NOT_IN_THE_SCRIPT.iter().copied()).collect();
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

#[test]
fn a_clerk_sees_and_touches_only_the_orders_of_the_own_store() {
    on_both_engines(async |mall| {
        let furnished = furnish(&mall, "甲家").await;
        let east = mall.store("东店").await;
        let (here, there) = (mall.clerk(&furnished.store).await, mall.clerk(&east).await);
        let (to_ship, pickup) = (&furnished.orders[0], &furnished.orders[3]);
        assert_eq!(here.get("/admin/v1/orders").await.ok()["items"].as_array().unwrap().len(), 4);
        assert!(there.get("/admin/v1/orders").await.ok()["items"].as_array().unwrap().is_empty());
        for order in [to_ship, pickup] {
            there.get(&format!("/admin/v1/orders/{}", order.id)).await.refused("order.other_store");
            there.remark(order, "看看").await.refused("order.other_store");
            there.mark_ready(order).await.refused("order.other_store");
            there.ship(order, "SF1000000009").await.refused("order.other_store");
        }
        here.ship(to_ship, "SF1000000009").await.refused("order.other_store");
        here.mark_ready(pickup).await.ok();
    });
}
