//! The address book, and the regions it stands on.

use crate::world::{MALL, World, on_both};
use kernel::Id;
use serde_json::{Value, json};

fn input(name: &str) -> Value {
    json!({"name": name, "phone": "138 0000 0001", "district_code": "330106", "street_code": "330106109", "detail": "北山街 1 号"})
}

async fn names(caller: &crate::world::Caller<'_>) -> Vec<(String, bool)> {
    let book = caller.get("/api/v1/addresses").await.ok();
    let one = |a: &Value| (a["name"].as_str().unwrap().to_owned(), a["is_default"].as_bool().unwrap());
    book.as_array().unwrap().iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_kept_with_its_place_names() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let added = member.post("/api/v1/addresses", input("沈青")).await.ok();
        let street = people::region::name("330106109").unwrap();
        let expected = json!({
            "id": added["id"], "name": "沈青", "phone": "13800000001",
            "province_code": "33", "city_code": "3301", "district_code": "330106", "street_code": "330106109",
            "province": "浙江省", "city": "杭州市", "district": "西湖区", "street": street,
            "detail": "北山街 1 号", "is_default": true,
        });
        assert_eq!(added, expected);
        assert_eq!(member.get("/api/v1/addresses").await.ok(), json!([expected]));
        let path = format!("/api/v1/addresses/{}", added["id"].as_str().unwrap());
        let mut change = input("沈小青");
        change["street_code"] = Value::Null;
        change["tag"] = json!("公司");
        let changed = member.put(&path, change).await.ok();
        assert_eq!(
            (changed["name"].as_str(), changed.get("street"), changed["tag"].as_str()),
            (Some("沈小青"), None, Some("公司"))
        );
        assert_eq!(changed["is_default"], true, "replacing does not take the default away");
        member.delete(&path).await.done();
        member.delete(&path).await.refused(404, "address.not_found");
        member.put(&path, input("谁")).await.refused(404, "address.not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_always_one_default() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let mut ids = Vec::new();
        for name in ["甲", "乙", "丙"] {
            world.clock.advance(1_000);
            ids.push(member.post("/api/v1/addresses", input(name)).await.ok()["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(names(&member).await, [("甲".into(), true), ("丙".into(), false), ("乙".into(), false)]);
        world.clock.advance(1_000);
        let mut change = input("乙");
        change["is_default"] = json!(true);
        member.put(&format!("/api/v1/addresses/{}", ids[1]), change).await.ok();
        assert_eq!(names(&member).await, [("乙".into(), true), ("丙".into(), false), ("甲".into(), false)]);
        member.delete(&format!("/api/v1/addresses/{}", ids[1])).await.done();
        assert_eq!(names(&member).await, [("丙".into(), true), ("甲".into(), false)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_holds_fifty_even_when_all_come_at_once() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        for i in 0..45 {
            member.post("/api/v1/addresses", input(&format!("第{i}"))).await.ok();
        }
        let more = futures_util::future::join_all((0..12).map(|_| member.post("/api/v1/addresses", input("急")))).await;
        assert_eq!(more.iter().filter(|reply| reply.status == 200).count(), 5);
        let refused = more.into_iter().find(|reply| reply.status != 200).unwrap();
        refused.refused(409, "address.too_many");
        assert_eq!(world.number("select count(*) from address where is_default").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_adds_one_address() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        let add = |name: &'static str| {
            let member = member.clone();
            async move {
                let headers = [("idempotency-key", "k1")];
                member.send_with(axum::http::Method::POST, "/api/v1/addresses", Some(input(name)), &headers).await
            }
        };
        let first = add("甲").await.ok();
        assert_eq!(add("甲").await.ok(), first);
        add("乙").await.refused(422, "idempotency.mismatch");
        assert_eq!(names(&member).await.len(), 1);
        let kept = world.app.db.read(|tx| tx.one::<(String,)>("select response from idempotency", &db::args![])).await;
        assert_eq!(kept.unwrap().0, format!("{}", first["id"]), "only the id is kept with the key");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_others_do_not_exist() {
    on_both(|world| async move {
        let ann = world.member("13800000001").await;
        let bob = world.member("13800000002").await;
        let id = ann.post("/api/v1/addresses", input("安")).await.ok()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/addresses/{id}");
        bob.put(&path, input("鲍")).await.refused(404, "address.not_found");
        bob.delete(&path).await.refused(404, "address.not_found");
        assert!(names(&bob).await.is_empty());
        let eve = {
            let visitor = world.visitor().in_mall("other");
            let granted = visitor.sign_in("13800000003").await.ok();
            visitor.with_token(&granted)
        };
        eve.delete(&path).await.refused(404, "address.not_found");
        let bob_id: Id = bob.get("/api/v1/me").await.ok()["id"].as_str().unwrap().parse().unwrap();
        let found = find(&world, bob_id, id.parse().unwrap()).await;
        assert!(found.is_err_and(|e| e.is("address.not_found")));
        assert_eq!(names(&ann).await, [("安".into(), true)]);
        world.guest().await.get("/api/v1/addresses").await.refused(401, "session.member_required");
        world.visitor().get("/api/v1/addresses").await.refused(401, "session.required");
    })
    .await;
}

async fn find(world: &World, member: Id, id: Id) -> kernel::Result<people::address::Address> {
    let app = world.app.clone();
    world.app.db.read(move |tx| people::address::find(tx, &app.sealer, MALL, member, id)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_checked() {
    on_both(|world| async move {
        let member = world.member("13800000001").await;
        for (field, value) in [
            ("name", json!("")),
            ("phone", json!("0571-88888888")),
            ("district_code", json!("3301")),
            ("district_code", json!("999999")),
            ("street_code", json!("330105001")),
            ("detail", json!("x")),
            ("detail", json!(null)),
            ("is_default", json!("yes")),
        ] {
            let mut spoilt = input("沈青");
            spoilt[field] = value;
            member.post("/api/v1/addresses", spoilt).await.refused_at(field);
        }
        for path in ["/api/v1/addresses/0", "/api/v1/addresses/abc", "/api/v1/addresses/99999999999999999999"] {
            assert_eq!(member.delete(path).await.status, 404);
        }
        assert_eq!(world.number("select count(*) from address").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_are_listed_level_by_level() {
    on_both(|world| async move {
        let visitor = world.visitor();
        let reply = visitor.get("/api/v1/regions").await;
        assert!(reply.etag.is_some());
        let provinces = reply.ok();
        assert_eq!(provinces.as_array().unwrap().len(), 31);
        assert_eq!(provinces[0], json!({"code": "11", "name": "北京市", "has_children": true}));
        let cities = visitor.get("/api/v1/regions?parent=33").await.ok();
        assert_eq!(cities[0], json!({"code": "3301", "name": "杭州市", "has_children": true}));
        let streets = visitor.get("/api/v1/regions?parent=330106").await.ok();
        assert!(streets.as_array().unwrap().iter().all(|s| s["has_children"] == false));
        visitor.get("/api/v1/regions?parent=zz").await.refused(404, "region.unknown");
    })
    .await;
}
