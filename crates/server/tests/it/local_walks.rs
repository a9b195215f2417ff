//! What the walks over every route need of local delivery.

use crate::contract::Ids;
use crate::furnished::Furnished;
use crate::local_delivery::{bought, deliver_by, edit, live_at, rule};
use testkit::{MemberClient, Product, Store, TestMall, Value, json};

/// A store that delivers, and a delivery that waits there.
pub async fn furnish(mall: &TestMall, store: &Store, member: &MemberClient, tea: &Product) -> Ids {
    edit(mall, store, json!({ "delivery_area": { "kind": "radius", "metres": 5000 } })).await;
    deliver_by(mall, store, json!({ "courier_store": "4000001", "capacity": 20 })).await.ok();
    live_at(member, 30.28, 120.13).await;
    bought(mall, member, tea, 1).await;
    let list = mall.staff_again().await.get("/admin/v1/deliveries?state=waiting").await.ok();
    Ids::from([("delivery", list["items"][0]["id"].as_str().unwrap().to_owned())])
}

/// One request for each write about deliveries, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    f.store.receive(mall, &f.product, 10).await;
    let path = |id: &str, verb: &str| format!("/admin/v1/deliveries/{id}/{verb}");
    let owner = mall.staff_again().await;
    let (mut ids, mut last) = (Vec::new(), None);
    for steps in [&["claim"][..], &["claim", "fetch", "fail"]] {
        let order = bought(mall, &f.member, &f.product, 1).await;
        let list = owner.get("/admin/v1/deliveries?state=waiting").await.ok();
        let mine = list["items"].as_array().unwrap().iter().find(|row| row["order_id"] == json!(order.id)).unwrap();
        let id = mine["id"].as_str().unwrap().to_owned();
        for step in steps {
            let body = if *step == "fail" { json!({ "reason": "没有人" }) } else { json!({}) };
            owner.post(&path(&id, step), body).await.ok();
        }
        ids.push(id);
        last = Some(order.id);
    }
    let (waits, nothing) = (&f.ids["delivery"], json!({}));
    let mut off = rule();
    off["is_on"] = json!(false);
    let riders = json!({ "carried_by": "riders" });
    vec![
        ("PUT /admin/v1/delivery-rider", "/admin/v1/delivery-rider".into(), json!({ "phone": "13900001111" })),
        ("POST /admin/v1/deliveries/{id}/claim", path(waits, "claim"), nothing.clone()),
        ("POST /admin/v1/deliveries/{id}/give-up", path(waits, "give-up"), nothing.clone()),
        ("POST /admin/v1/deliveries/{id}/hand", path(waits, "hand"), json!({ "carried_by": "courier" })),
        ("POST /admin/v1/deliveries/{id}/fetch", path(&ids[0], "fetch"), nothing.clone()),
        ("POST /admin/v1/deliveries/{id}/fail", path(&ids[0], "fail"), json!({ "reason": "没有人" })),
        ("POST /admin/v1/deliveries/{id}/again", path(&ids[0], "again"), nothing.clone()),
        ("POST /admin/v1/deliveries/{id}/deliver", path(&ids[0], "deliver"), json!({ "note": "放门口" })),
        ("POST /admin/v1/deliveries/{id}/bring-back", path(&ids[1], "bring-back"), nothing),
        ("POST /admin/v1/orders/{id}/delivery", format!("/admin/v1/orders/{}/delivery", last.unwrap()), riders),
        ("PUT /admin/v1/stores/{id}/delivery-rule", format!("/admin/v1/stores/{}/delivery-rule", f.store.id), off),
    ]
}
