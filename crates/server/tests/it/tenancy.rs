//! Nobody looks over a fence. Every route of the document is walked along as the wrong person: from another mall, another
//! member, the other side, a role without the permission; what is there must neither show nor change.

use crate::contract::{Ids, Operation, Schemas, operations};
use crate::furnished::{Furnished, furnish};
use axum::http::Method;
use testkit::{Client, Reply, on_both_engines};

/// Calls an operation with ids and a body that fits.
async fn call(client: &Client, operation: &Operation, schemas: &Schemas, ids: &Ids) -> Reply {
    let method: Method = operation.method.parse().unwrap();
    let body = operation.body(schemas, ids).map(|body| ("application/json", body.to_string().into_bytes()));
    client.send(method, &operation.path_with(ids), body).await
}

/// Ends the caller's own session or changes the own account: walked last or not at all.
fn is_about_oneself(operation: &Operation) -> bool {
    operation.path.contains("/session") || operation.path.starts_with("/admin/v1/me")
}

fn ids_for_each_order(furnished: &Furnished) -> Vec<Ids> {
    let with = |order: &testkit::Order| {
        let mut ids = furnished.ids.clone();
        ids.insert("order", order.id.to_string());
        ids
    };
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
            call(caller, operation, &schemas, &theirs.ids_of_reads()).await.status(200);
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
    "GET /admin/v1/saved-views",
    "POST /admin/v1/saved-views",
    "DELETE /admin/v1/saved-views/{id}",
    "GET /admin/v1/search",
    "POST /admin/v1/uploads",
    "GET /admin/v1/tasks",
    "GET /admin/v1/tasks/{id}",
    "POST /admin/v1/tasks/{id}/cancel",
    "POST /admin/v1/tasks/{id}/resume",
    "GET /admin/v1/tasks/{id}/problems",
    "GET /admin/v1/tasks/{id}/problems.csv",
    "GET /admin/v1/tasks/{id}/file",
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
            .filter(|o| o.security() == Some("staff") && !FREE_FOR_STAFF.contains(&o.name().as_str()))
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

#[test]
fn a_clerk_sees_and_touches_only_the_orders_of_the_own_store() {
    on_both_engines(async |mall| {
        let furnished = furnish(&mall, "甲家").await;
        let east = mall.store("东店").await;
        let (here, there) = (mall.clerk(&furnished.store).await, mall.clerk(&east).await);
        let (to_ship, pickup) = (&furnished.orders[0], &furnished.orders[3]);
        assert_eq!(here.get("/admin/v1/orders").await.ok()["items"].as_array().unwrap().len(), 1);
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
