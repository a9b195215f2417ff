//! The order desk's part of the walk over every write of the back office: one request for each route, in an order in which
//! all of them succeed.

use crate::furnished::Furnished;
use testkit::{TestMall, Value, json};

/// What any signed-in staff may do without a permission, at the desk and with pictures.
pub const FREE: &[&str] = &[
    "GET /admin/v1/saved-views",
    "POST /admin/v1/saved-views",
    "DELETE /admin/v1/saved-views/{id}",
    "GET /admin/v1/search",
    "GET /admin/v1/preferences",
    "PUT /admin/v1/preferences/{name}",
    "POST /admin/v1/uploads/video",
    "GET /admin/v1/media",
    "GET /admin/v1/media/folders",
    "GET /admin/v1/media/uses",
    "GET /admin/v1/tasks",
    "GET /admin/v1/tasks/{id}",
    "POST /admin/v1/tasks/{id}/cancel",
    "POST /admin/v1/tasks/{id}/resume",
    "GET /admin/v1/tasks/{id}/problems",
    "GET /admin/v1/tasks/{id}/problems.csv",
    "GET /admin/v1/tasks/{id}/file",
    "GET /admin/v1/homes/mine",
    "GET /admin/v1/homes/mine/members",
    "POST /admin/v1/homes/mine/invite",
    "GET /admin/v1/homes/invites/{invite}/mini-code",
];

/// Writes that are told elsewhere: the own account, a look that changes nothing, files.
pub const NOT_IN_THE_SCRIPT: &[&str] = &[
    "POST /admin/v1/session",
    "DELETE /admin/v1/session",
    "POST /admin/v1/me/password",
    "POST /admin/v1/me/totp",
    "DELETE /admin/v1/me/totp",
    "POST /admin/v1/me/totp/confirm",
    "POST /admin/v1/redeem/preview",
    "POST /admin/v1/quote/preview",
    "POST /admin/v1/counter/quote",
    "POST /admin/v1/counter/members",
    "POST /admin/v1/homes/mine/invite",
    "POST /admin/v1/homes/moves/preview",
    "POST /admin/v1/notices/{kind}/preview",
    "POST /admin/v1/uploads",
    "POST /admin/v1/products/changes/preview",
    "POST /admin/v1/product-imports",
    "POST /admin/v1/product-imports/{id}/run",
    "POST /admin/v1/stock-takes/{id}/file",
    "PUT /admin/v1/preferences/{name}",
    "POST /admin/v1/ship-files/check",
    "POST /admin/v1/ship-files",
    "POST /admin/v1/uploads/video",
    "POST /admin/v1/page-blocks/resolve",
    "POST /admin/v1/templates/{name}/apply",
    "POST /admin/v1/templates/remove",
];

/// How much stands in the audit log.
pub async fn audited(mall: &TestMall) -> i64 {
    mall.number("select count(*) from audit_log where mall_id = $1").await
}

/// Orders, refunds, members and views, each made ready for its write.
pub async fn at_the_desk(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
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
        ("DELETE /admin/v1/saved-views/{id}", format!("/admin/v1/saved-views/{spare_view}"), nothing),
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

/// The list of goods: what many products, one row or the whole order are changed by. Told before the others, which make
/// things that an order of everything would miss.
pub async fn on_the_list(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let owner = mall.staff();
    let product = owner.get(&format!("/admin/v1/products/{}", f.product.id)).await.ok();
    let (sku, seen) = (product["skus"][0]["id"].clone(), product["skus"][0]["default_on_hand"].as_i64().unwrap());
    let categories = owner.get("/admin/v1/categories").await.ok();
    let mut places = Vec::new();
    for top in categories.as_array().unwrap() {
        places.push(json!({ "id": top["id"], "parent_id": null }));
        let children = top["children"].as_array().unwrap().iter();
        places.extend(children.map(|child| json!({ "id": child["id"], "parent_id": top["id"] })));
    }
    let brands = owner.get("/admin/v1/brands").await.ok();
    let brands: Vec<&Value> = brands.as_array().unwrap().iter().map(|brand| &brand["id"]).collect();
    let locations = owner.get("/admin/v1/locations").await.ok();
    let shelf = locations.as_array().unwrap().iter().find(|place| place["kind"] == "store").unwrap();
    let of = |verb: &str| format!("/admin/v1/products/{}/{verb}", f.product.id);
    let sheet = json!({ "location_id": mall.warehouse });
    let take = &owner.post("/admin/v1/stock-takes", sheet.clone()).await.ok()["stock_take"]["id"];
    let goods = json!({ "from_location_id": mall.warehouse, "to_location_id": shelf["id"],
        "lines": [{ "sku_id": sku, "quantity": 1 }] });
    let moved = &owner.post("/admin/v1/stock-transfers", goods.clone()).await.ok()["transfer"]["id"];
    let given_up = &owner.post("/admin/v1/stock-transfers", goods.clone()).await.ok()["transfer"]["id"];
    let of_moved = |id: &Value, verb: &str| format!("/admin/v1/stock-transfers/{}{verb}", id.as_str().unwrap());
    let of_take = |verb: &str| format!("/admin/v1/stock-takes/{}/{verb}", take.as_str().unwrap());
    vec![
        (
            "POST /admin/v1/products/changes",
            "/admin/v1/products/changes".into(),
            json!({ "selection": { "ids": [f.product.id] }, "change": { "do": "off_sale" } }),
        ),
        (
            "POST /admin/v1/products/{id}/quick-edit",
            of("quick-edit"),
            json!({ "skus": [{ "sku_id": sku, "stock": { "from": seen, "to": seen + 1 } }] }),
        ),
        ("POST /admin/v1/products/{id}/copy", of("copy"), json!({})),
        ("PUT /admin/v1/categories/order", "/admin/v1/categories/order".into(), json!({ "places": places })),
        ("PUT /admin/v1/brands/order", "/admin/v1/brands/order".into(), json!({ "ids": brands })),
        (
            "POST /admin/v1/inventory/transfers",
            "/admin/v1/inventory/transfers".into(),
            json!({ "sku_id": sku, "from_location_id": mall.warehouse, "to_location_id": shelf["id"], "quantity": 1 }),
        ),
        (
            "PUT /admin/v1/inventory/low-marks",
            "/admin/v1/inventory/low-marks".into(),
            json!({ "marks": [{ "sku_id": sku, "location_id": mall.warehouse, "low_mark": 5 }] }),
        ),
        ("POST /admin/v1/inventory/replenishment/count", "/admin/v1/inventory/replenishment/count".into(), json!({})),
        ("POST /admin/v1/stock-transfers", "/admin/v1/stock-transfers".into(), goods.clone()),
        ("PUT /admin/v1/stock-transfers/{id}", of_moved(moved, ""), goods),
        ("POST /admin/v1/stock-transfers/{id}/send", of_moved(moved, "/send"), json!({})),
        (
            "POST /admin/v1/stock-transfers/{id}/receive",
            of_moved(moved, "/receive"),
            json!({ "seen": 1, "lines": [{ "sku_id": sku, "received": 1 }] }),
        ),
        ("POST /admin/v1/stock-transfers/{id}/cancel", of_moved(given_up, "/cancel"), json!({})),
        ("POST /admin/v1/stock-takes", "/admin/v1/stock-takes".into(), sheet),
        (
            "PUT /admin/v1/stock-takes/{id}/counts",
            of_take("counts"),
            json!({ "counts": [{ "sku_id": sku, "counted": seen }] }),
        ),
        ("POST /admin/v1/stock-takes/{id}/move", of_take("move"), json!({ "move": "finish" })),
        ("POST /admin/v1/stock-takes/{id}/post", of_take("post"), json!({ "uneven": "apply" })),
    ]
}
