//! The privacy centre: agreeing and taking back, a copy of everything, and the policy's versions.

use std::io::{Cursor, Read};
use testkit::{MemberClient, TestMall, Value, days, hours, json, on_both_engines};

async fn publish(mall: &TestMall, body: &str) -> Value {
    let policy = json!({ "title": "隐私政策", "summary": "更清楚了", "body": body });
    mall.staff().post("/admin/v1/privacy/policies", policy).await.ok()
}

fn yes(version: i64) -> Value {
    json!({ "scope": "base", "granted": true, "version": version })
}

#[test]
fn a_new_version_asks_everybody_again() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        assert_eq!(ann.get("/api/v1/me").await.ok()["consent_due"], false);
        mall.anonymous().get("/api/v1/privacy/policy").await.refused("privacy.no_policy");
        let first = publish(&mall, "## 一\n只为送货。").await;
        assert_eq!(first["version"], 1);
        assert_eq!(ann.get("/api/v1/me").await.ok()["consent_due"], true);
        assert_eq!(ann.post("/api/v1/privacy/consents", yes(1)).await.ok()["is_due"], false);
        assert_eq!(ann.get("/api/v1/me").await.ok()["consent_due"], false);

        let second = publish(&mall, "## 一\n只为送货和售后。").await;
        assert_ne!(first["body_hash"], second["body_hash"]);
        assert_eq!(ann.get("/api/v1/me").await.ok()["consent_due"], true);
        ann.post("/api/v1/privacy/consents", yes(1)).await.refused("privacy.version_outdated");
        ann.post("/api/v1/privacy/consents", yes(2)).await.ok();
        let old = mall.anonymous().get("/api/v1/privacy/policies/1").await.ok();
        assert_eq!((&old["body"], &old["body_hash"]), (&json!("## 一\n只为送货。"), &first["body_hash"]));
        let seen = mall.staff().get("/admin/v1/privacy/policies/2").await.ok();
        assert_eq!((&seen["agreed"], &seen["summary"]), (&json!(1), &json!("更清楚了")));
    });
}

#[test]
fn scopes_are_apart_and_every_change_stays_in_the_log() {
    on_both_engines(async |mall| {
        publish(&mall, "只为送货。").await;
        let ann = mall.member().await;
        ann.post("/api/v1/privacy/consents", yes(1)).await.ok();
        assert!(ann.get("/api/v1/privacy/consents").await.ok()["marketing"].is_null());
        let marketing = |granted: bool| json!({ "scope": "marketing", "granted": granted, "version": 1 });
        ann.post("/api/v1/privacy/consents", marketing(true)).await.ok();
        ann.post("/api/v1/privacy/consents", marketing(false)).await.ok();
        let now = ann.get("/api/v1/privacy/consents").await.ok();
        assert_eq!((&now["marketing"]["granted"], &now["base"]["granted"]), (&json!(false), &json!(true)));
        assert_eq!(now["log"].as_array().unwrap().len(), 3);
        let back = json!({ "scope": "base", "granted": false, "version": 1 });
        assert_eq!(ann.post("/api/v1/privacy/consents", back).await.ok()["is_due"], true);
    });
}

#[test]
fn what_a_guest_agreed_to_belongs_to_the_member_it_becomes() {
    on_both_engines(async |mall| {
        publish(&mall, "只为送货。").await;
        let ann = mall.member().await;
        let guest = mall.guest().await;
        guest.post("/api/v1/privacy/consents", yes(1)).await.ok();
        let sign_in = json!({ "phone": ann.phone, "code": sms_code(&mall, &ann.phone).await });
        let granted = guest.post("/api/v1/session/phone", sign_in).await.ok();
        assert_eq!(granted["me"]["id"], ann.id.to_string());
        assert_eq!(granted["me"]["consent_due"], false);
    });
}

async fn sms_code(mall: &TestMall, phone: &str) -> String {
    mall.anonymous().post("/api/v1/session/sms-code", json!({ "phone": phone })).await.status(204);
    mall.world.outside().sms.code(phone).unwrap()
}

#[test]
fn the_template_of_a_policy_names_the_mall() {
    on_both_engines(async |mall| {
        let template = mall.staff().get("/admin/v1/privacy/template").await.ok();
        let body = template["body"].as_str().unwrap();
        assert!(body.contains("商城 first") && body.contains("2026 年 11 月 23 日") && !body.contains('{'), "{body}");
        mall.staff().post("/admin/v1/privacy/policies", template).await.ok();
    });
}

async fn export(mall: &TestMall, member: &MemberClient) -> String {
    let asked = member.post("/api/v1/privacy/exports", json!({})).await.ok();
    assert_eq!(asked["status"], "waiting");
    mall.run_jobs().await;
    let listed = member.get("/api/v1/privacy/exports").await.ok();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["status"]), (&asked["id"], &json!("ready")));
    asked["id"].as_str().unwrap().to_owned()
}

fn table(zip: &[u8], name: &str) -> Value {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut text = String::new();
    archive.by_name(&format!("json/{name}.json")).unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_copy_holds_everything_of_the_member_and_of_nobody_else() {
    on_both_engines(async |mall| {
        let f = crate::furnished::furnish(&mall, "甲家").await;
        let bob = mall.member().await;
        mall.clock.advance(days(2));
        let id = export(&mall, &f.member).await;
        let file = f.member.get(&format!("/api/v1/privacy/exports/{id}/file")).await;
        file.status(200);
        assert_eq!(file.header("content-type"), Some("application/zip"));
        let profile = table(&file.body, "profile");
        assert_eq!((&profile[0]["nickname"], &profile[0]["phone"]), (&json!("甲家会员"), &json!(f.member.phone)));
        assert_eq!(table(&file.body, "addresses").as_array().unwrap().len(), 2);
        let orders = table(&file.body, "orders");
        assert_eq!(orders.as_array().unwrap().len(), 7);
        assert_eq!(orders[0]["receiver_name"], "小安");
        assert_eq!(table(&file.body, "reviews")[0]["text"], "甲家好评");
        for name in
            ["favourites", "history", "identities", "consents", "messages", "parcels", "payments", "cart", "bookings"]
        {
            assert!(!table(&file.body, name).as_array().unwrap().is_empty(), "{name} is empty");
        }

        bob.get(&format!("/api/v1/privacy/exports/{id}/file")).await.refused("privacy.no_export");
        let bobs = export(&mall, &bob).await;
        let bobs = bob.get(&format!("/api/v1/privacy/exports/{bobs}/file")).await;
        assert!(table(&bobs.body, "orders").as_array().unwrap().is_empty());
    });
}

#[test]
fn a_copy_lies_sealed_and_is_gone_after_a_week() {
    on_both_engines(async |mall| {
        let ann = mall.member().await;
        let id = export(&mall, &ann).await;
        let objects = &mall.world.outside().objects;
        let key = objects.keys().into_iter().find(|key| key.contains("/exports/")).unwrap();
        let (kept, _) = kernel::ports::ObjectStore::get(&**objects, &key).await.unwrap().unwrap();
        assert!(!kept.starts_with(b"PK"), "the file can be read by whoever reads the store");
        mall.anonymous().get(&format!("/files/{key}")).await.refused("storage.no_such_file");

        ann.post("/api/v1/privacy/exports", json!({})).await.refused("privacy.export_too_often");
        mall.clock.advance(days(7) - hours(1));
        mall.run_jobs().await;
        ann.get(&format!("/api/v1/privacy/exports/{id}/file")).await.status(200);
        mall.clock.advance(hours(2));
        ann.get(&format!("/api/v1/privacy/exports/{id}/file")).await.refused("privacy.no_export");
        mall.run_jobs().await;
        assert_eq!(ann.get("/api/v1/privacy/exports").await.ok()["items"][0]["status"], "expired");
        assert!(objects.keys().iter().all(|key| !key.contains("/exports/")));
    });
}

#[test]
fn licences_are_for_everybody_and_edited_by_staff() {
    on_both_engines(async |mall| {
        let owner = mall.staff();
        let mut settings = owner.get("/admin/v1/settings/mall").await.ok();
        settings["company_name"] = "杭州河坊商贸有限公司".into();
        settings["icp_number"] = "浙ICP备20260001号".into();
        settings["licences"] =
            json!([{ "name": "营业执照", "number": "91330100MA0000000X", "picture_key": mall.picture_key }]);
        owner.put("/admin/v1/settings/mall", settings.clone()).await.ok();
        let shown = mall.anonymous().get("/api/v1/licences").await.ok();
        assert_eq!(shown["company_name"], "杭州河坊商贸有限公司");
        assert!(shown["licences"][0]["picture"]["url"].as_str().unwrap().contains(&mall.picture_key));
        assert_eq!(mall.anonymous().get("/api/v1/home").await.ok()["mall"]["icp_number"], "浙ICP备20260001号");
        settings["licences"] = json!([{ "name": "食品经营许可证", "picture_key": "m1/nowhere.jpg" }]);
        let refused = owner.put("/admin/v1/settings/mall", settings).await.refused("request.invalid");
        assert_eq!(refused["field"], "licences[0].picture_key");
    });
}

#[test]
fn the_code_of_a_product_is_drawn_once_and_kept() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(1).create().await;
        let path = format!("/api/v1/products/{}/mini-code", tea.id);
        for _ in 0..2 {
            let drawn = mall.anonymous().get(&path).await;
            drawn.status(200);
            assert_eq!((drawn.header("content-type"), &drawn.body[..4]), (Some("image/png"), &b"\x89PNG"[..]));
        }
        let codes = mall.mini_program.codes();
        assert_eq!(codes.len(), 1);
        assert_eq!(
            (codes[0].page.as_str(), codes[0].scene.clone()),
            ("pages/product/detail", format!("id={}", tea.id))
        );
        assert!(codes[0].scene.len() <= 32);
        mall.anonymous().get("/api/v1/products/1/mini-code").await.refused("product.not_found");
    });
}
