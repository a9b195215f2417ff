//! A new mall is opened from a template, finds its way by the checklist, enters its keys, and takes the examples out again.

use crate::furnished::Furnished;
use testkit::{TestMall, Value, json, on_both_engines};

/// Stores, pages, media and accounts in the walk over every write of the back office, in an order in which all of them succeed.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let id = |name: &str| f.ids[name].clone();
    let nothing = json!({});
    let make =
        async |path: &str, body: Value| mall.staff().post(path, body).await.ok()["id"].as_str().unwrap().to_owned();
    let spare_folder = make("/admin/v1/media/folders", json!({ "name": "要删的" })).await;
    let spare_page = make("/admin/v1/pages", json!({ "slug": "spare", "title": "要删的" })).await;
    let page = format!("/admin/v1/pages/{}", id("page"));
    let draft = json!({ "title": "首页", "revision": 0, "blocks": [{ "id": "a", "block": { "kind": "spacer", "height": 9 } }] });
    let turned = make("/admin/v1/pages", json!({ "slug": "turned", "title": "翻" })).await;
    let owner = mall.staff();
    for revision in [1, 0] {
        let path = format!("/admin/v1/pages/{turned}");
        let body = json!({ "title": "翻", "revision": revision, "blocks": [] });
        let saved = owner.put(&format!("{path}/draft"), body).await.ok();
        owner.post(&format!("{path}/publish"), json!({ "revision": saved["revision"] })).await.ok();
    }
    let store = json!({ "name": "新店", "district_code": "330106", "address": "路 1 号", "lat": 30.0, "lng": 120.0,
        "phone": "0571-1234567", "hours": [], "status": "open" });
    vec![
        ("POST /admin/v1/pages", "/admin/v1/pages".into(), json!({ "slug": "spring", "title": "春季" })),
        ("DELETE /admin/v1/pages/{id}", format!("/admin/v1/pages/{spare_page}"), nothing.clone()),
        ("PUT /admin/v1/pages/{id}/draft", format!("{page}/draft"), draft.clone()),
        ("DELETE /admin/v1/pages/{id}/draft", format!("{page}/draft"), nothing.clone()),
        (
            "POST /admin/v1/pages/{id}/publish",
            format!(
                "/admin/v1/pages/{}/publish",
                make("/admin/v1/pages", json!({ "slug": "new", "title": "新" })).await
            ),
            json!({ "revision": 1 }),
        ),
        ("POST /admin/v1/pages/{id}/roll-back", format!("/admin/v1/pages/{turned}/roll-back"), json!({ "number": 1 })),
        ("POST /admin/v1/media/folders", "/admin/v1/media/folders".into(), json!({ "name": "春季" })),
        (
            "PUT /admin/v1/media/folders/{id}",
            format!("/admin/v1/media/folders/{}", id("folder")),
            json!({ "name": "夏季" }),
        ),
        ("DELETE /admin/v1/media/folders/{id}", format!("/admin/v1/media/folders/{spare_folder}"), nothing.clone()),
        (
            "POST /admin/v1/media/changes",
            "/admin/v1/media/changes".into(),
            json!({ "keys": [id("picture")], "name": "新名字" }),
        ),
        ("POST /admin/v1/media/delete", "/admin/v1/media/delete".into(), json!({ "keys": [id("picture")] })),
        (
            "PUT /admin/v1/accounts/{service}",
            "/admin/v1/accounts/express".into(),
            json!({ "fields": { "customer": "A", "key": "B" } }),
        ),
        ("POST /admin/v1/accounts/{service}/check", "/admin/v1/accounts/objects/check".into(), nothing.clone()),
        ("DELETE /admin/v1/accounts/{service}", "/admin/v1/accounts/express".into(), nothing.clone()),
        ("POST /admin/v1/shops", "/admin/v1/shops".into(), json!({ "name": "第二家" })),
        ("PUT /admin/v1/shops/{id}", format!("/admin/v1/shops/{}", id("shop")), json!({ "name": "改了名" })),
        (
            "PUT /admin/v1/shops/{id}/state",
            format!("/admin/v1/shops/{}/state", id("shop")),
            json!({ "open": false, "note": "盘点" }),
        ),
        ("POST /admin/v1/stores", "/admin/v1/stores".into(), store.clone()),
        ("PUT /admin/v1/stores/{id}", format!("/admin/v1/stores/{}", id("store")), store),
    ]
}

fn done(setup: &Value) -> Vec<&str> {
    let steps = setup["steps"].as_array().unwrap().iter();
    steps.filter(|step| step["done"] == true).map(|step| step["key"].as_str().unwrap()).collect()
}

#[test]
fn a_template_fills_an_empty_mall_and_is_taken_out_again() {
    on_both_engines(async |mall| {
        let owner = mall.staff();
        let before = owner.get("/admin/v1/setup").await.ok();
        assert_eq!((done(&before), &before["mall_is_empty"]), (vec![], &json!(true)));
        owner.post("/admin/v1/templates/unheard/apply", json!({})).await.refused("template.unknown");
        owner.post("/admin/v1/templates/remove", json!({})).await.refused("template.nothing_to_remove");
        owner.post("/admin/v1/templates/food/apply", json!({})).await.ok();
        owner.post("/admin/v1/templates/food/apply", json!({})).await.refused("template.under_way");
        mall.run_jobs().await;
        let after = owner.get("/admin/v1/templates").await.ok();
        assert_eq!(
            (&after["applied"]["state"], &after["mall_is_empty"]),
            (&json!("applied"), &json!(false)),
            "{after}"
        );
        owner.post("/admin/v1/templates/food/apply", json!({})).await.refused("template.mall_not_empty");
        let setup = owner.get("/admin/v1/setup").await.ok();
        assert_eq!(done(&setup), ["product", "freight", "home"]);
        let home = mall.anonymous().get("/api/v1/home").await.ok();
        assert_eq!(home["blocks"][0]["kind"], "banner");
        let listed = mall.anonymous().get("/api/v1/products?limit=20").await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 12);

        let removed = owner.post("/admin/v1/templates/remove", json!({})).await.ok();
        assert_eq!((&removed["erased"], &removed["binned"]), (&json!(12), &json!(0)), "{removed}");
        let left = mall.anonymous().get("/api/v1/products").await.ok();
        assert_eq!(left["items"], json!([]));
        for count in [
            "select count(*) from page where mall_id = $1",
            "select count(*) from product where mall_id = $1",
            "select count(*) from sku where mall_id = $1",
            "select count(*) from stock where mall_id = $1",
            "select count(*) from mall_template where mall_id = $1",
        ] {
            assert_eq!(mall.number(count).await, 0, "{count}");
        }
        assert_eq!(mall.number("select count(*) from category where mall_id = $1").await, 1, "the mall's own");
        assert_eq!(mall.number("select count(*) from file where mall_id = $1").await, 1, "the mall's own");
    });
}

#[test]
fn keys_are_kept_but_never_told_and_a_check_is_remembered() {
    on_both_engines(async |mall| {
        let owner = mall.staff();
        let fields = json!({ "fields": { "customer": "C0FFEE", "key": "a-key-nobody-sees" } });
        let saved = owner.put("/admin/v1/accounts/express", fields).await.ok();
        assert_eq!((&saved["source"], &saved["fields"][1]["value"]), (&json!("entered"), &json!("••••sees")));
        let stored = mall.dump().await;
        assert!(!stored.rows("mall_account").iter().any(|row| row.contains("nobody")), "it lies sealed");
        let kept = json!({ "fields": { "customer": "C0FFEE", "key": "" } });
        assert_eq!(owner.put("/admin/v1/accounts/express", kept).await.ok()["fields"][1]["value"], "••••sees");
        owner.put("/admin/v1/accounts/objects", json!({ "fields": {} })).await.refused("account.no_such_service");
        let checked = owner.post("/admin/v1/accounts/objects/check", json!({})).await.ok();
        assert_eq!(checked["check_ok"], true, "{checked}");
        let sms = owner.post("/admin/v1/accounts/sms/check", json!({ "phone": "1" })).await.refused("request.invalid");
        assert_eq!(sms["field"], "phone");
        owner.post("/admin/v1/accounts/wechat_pay/check", json!({})).await.ok();
        let setup = owner.get("/admin/v1/setup").await.ok();
        assert!(done(&setup).contains(&"wechat_pay"));
        let gone = owner.delete("/admin/v1/accounts/express").await.ok();
        assert_eq!((&gone["source"], &gone["fields"][1]["value"]), (&json!("none"), &json!("")));
    });
}

#[test]
fn the_audit_log_is_narrowed_by_action_target_and_time() {
    on_both_engines(async |mall| {
        let owner = mall.staff();
        let made = owner.post("/admin/v1/brands", json!({ "name": "甲", "position": 1 })).await.ok();
        owner.post("/admin/v1/roles", json!({ "name": "乙", "permissions": [] })).await.ok();
        let count = async |query: &str| {
            let page = owner.get(&format!("/admin/v1/audit?{query}")).await.ok();
            page["items"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(count("action=brand").await, 1);
        assert_eq!(count("action=brand.create").await, 1);
        assert_eq!(count("action=brand.delete").await, 0);
        assert_eq!(count(&format!("target=brand:{}", made["id"].as_str().unwrap())).await, 1);
        assert_eq!(count("until=2000-01-01T00:00:00Z").await, 0);
        assert_eq!(count("from=2000-01-01T00:00:00Z").await, 2);
    });
}
