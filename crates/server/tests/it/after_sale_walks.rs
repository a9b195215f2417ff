//! After-sales for the walks along all routes: one that stands, and a request for each writing route of the desk.

use crate::after_sale::{EXCHANGE, RETURN, ask, decide, found, id_of, name_address};
use testkit::{MemberClient, Order, Product, TestMall, Value, json};

/// For the walks along all routes: one after-sale of a completed order, on its way back.
pub async fn furnish(mall: &TestMall, member: &MemberClient, order: &Order, mark: &str) -> String {
    name_address(mall).await;
    let body = json!({ "order_id": order.id, "kind": "return_refund", "stage": "sent", "reason": "quality",
        "lines": [{ "line_id": "1", "quantity": 1 }], "description": format!("{mark}有裂口") });
    let id = id_of(&member.post("/api/v1/after-sales", body).await.ok());
    decide(mall, &id, "approve", json!({})).await.ok();
    let parcel = json!({ "carrier_code": "sf", "tracking_number": format!("SF55{id}") });
    member.post(&format!("/api/v1/after-sales/{id}/send-back"), parcel).await.ok();
    id
}

/// One request for each writing route of the desk, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, member: &MemberClient, product: &Product) -> Vec<(&'static str, String, Value)> {
    let order = member.buy(&[(product, 5)]).await.order;
    mall.staff().ship(&order, "SF9900000009").await.ok();
    let mut asked = Vec::new();
    for how in [RETURN, RETURN, EXCHANGE, EXCHANGE, RETURN] {
        asked.push(id_of(&ask(member, &order, how, &[(1, 1)]).await.ok()));
    }
    for id in &asked[2..4] {
        decide(mall, id, "approve", json!({})).await.ok();
    }
    decide(mall, &asked[3], "receive", found(&[(1, 1, 0)], "")).await.ok();
    let at = |id: &str, verb: &str| format!("/admin/v1/after-sales/{id}/{verb}");
    let rules = json!({ "return_days": 9 });
    vec![
        ("PUT /admin/v1/after-sale-rules", "/admin/v1/after-sale-rules".into(), rules),
        ("POST /admin/v1/after-sales/{id}/note", at(&asked[0], "note"), json!({ "text": "老顾客" })),
        (
            "POST /admin/v1/after-sales/{id}/approve",
            at(&asked[0], "approve"),
            json!({ "return_address": { "name": "退货组", "phone": "0571-88001234", "address": "望江路 1 号" } }),
        ),
        ("POST /admin/v1/after-sales/{id}/decline", at(&asked[1], "decline"), json!({ "reason": "不符" })),
        ("POST /admin/v1/after-sales/{id}/receive", at(&asked[2], "receive"), found(&[(1, 1, 0)], "")),
        (
            "POST /admin/v1/after-sales/{id}/reship",
            at(&asked[2], "reship"),
            json!({ "carrier_code": "sf", "tracking_number": "SF9900000010" }),
        ),
        ("POST /admin/v1/after-sales/{id}/refund-instead", at(&asked[3], "refund-instead"), json!({})),
        ("POST /admin/v1/after-sales/{id}/escalate", at(&asked[4], "escalate"), json!({ "reason": "拿不准" })),
    ]
}
