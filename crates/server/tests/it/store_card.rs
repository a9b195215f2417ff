//! A store as a name card: what is shown of it, how stores are found, where they deliver to, what is on and on the shelf.

use testkit::{Store, TestMall, Value, json, on_both_engines};

/// Saves a store with some fields changed.
async fn edit(mall: &TestMall, store: &Store, change: Value) -> testkit::Reply {
    let path = format!("/admin/v1/stores/{}", store.id);
    let read = mall.staff().get(&path).await.ok();
    let mut input = json!({});
    for field in ["name", "district_code", "address", "lat", "lng", "phone", "hours", "special_days", "status"] {
        input[field] = read[field].clone();
    }
    for (field, value) in change.as_object().unwrap() {
        input[field.as_str()] = value.clone();
    }
    mall.staff().put(&path, input).await
}

fn names(stores: &Value) -> Vec<&str> {
    stores.as_array().unwrap().iter().map(|store| store["name"].as_str().unwrap()).collect()
}

#[test]
fn a_card_shows_pictures_services_and_the_area() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let area = json!({ "kind": "radius", "metres": 3000 });
        let saved = edit(
            &mall,
            &store,
            json!({ "picture_keys": [mall.picture_key, mall.picture_key],
            "services": ["wifi", "parking", "wifi"], "delivery_area": area }),
        )
        .await
        .ok();
        assert_eq!(saved["picture_keys"].as_array().unwrap().len(), 2);
        assert_eq!((&saved["picture_key"], &saved["ships"]), (&json!(mall.picture_key), &json!(true)));
        let card = mall.anonymous().get(&format!("/api/v1/stores/{}", store.id)).await.ok();
        assert_eq!((&card["services"], &card["delivery_area"]), (&json!(["parking", "wifi"]), &area));
        assert_eq!((card["pictures"].as_array().unwrap().len(), &card["district_code"]), (2, &json!("330106")));

        for (field, value) in [
            ("delivery_area", json!({ "kind": "radius", "metres": 99 })),
            ("delivery_area", json!({ "kind": "polygon", "points": [{ "lat": 30.2, "lng": 120.1 }] })),
            ("picture_keys", json!(vec![mall.picture_key.clone(); 10])),
            ("services", json!(["casino"])),
        ] {
            edit(&mall, &store, json!({ field: value })).await.status(400);
        }
    });
}

#[test]
fn stores_are_found_by_district_service_and_hour() {
    on_both_engines(async |mall| {
        let (lake, west, night) = (mall.store("湖滨店").await, mall.store("城西店").await, mall.store("夜市店").await);
        edit(
            &mall,
            &lake,
            json!({ "district_code": "330102", "lat": 30.2537, "lng": 120.1648, "services": ["wifi", "pets"] }),
        )
        .await
        .ok();
        edit(&mall, &west, json!({ "lat": 30.28, "lng": 120.10, "services": ["wifi"] })).await.ok();
        let nights: Vec<Value> =
            (1..=7).map(|day| json!({ "weekday": day, "open": "20:00", "close": "02:00" })).collect();
        edit(&mall, &night, json!({ "lat": 30.25, "lng": 120.17, "hours": nights })).await.ok();
        let anyone = mall.anonymous();
        let find = async |query: &str| anyone.get(&format!("/api/v1/stores{query}")).await.ok();
        // It is Monday, ten in the morning.
        assert_eq!(names(&find("?open_now=true").await), ["湖滨店", "城西店"]);
        assert_eq!(names(&find("?lat=30.28&lng=120.10&open_now=true").await), ["城西店", "湖滨店"]);
        assert_eq!(names(&find("?lat=30.25&lng=120.17").await), ["夜市店", "湖滨店", "城西店"]);
        assert_eq!(names(&find("?services=wifi,pets").await), ["湖滨店"]);
        assert_eq!(names(&find("?lat=30.28&lng=120.10&services=wifi").await), ["城西店", "湖滨店"]);
        assert_eq!(names(&find("?district_code=330106&lat=30.25&lng=120.17").await), ["夜市店", "城西店"]);
        assert_eq!(names(&find("?district_code=330106&services=wifi").await), ["城西店"]);
        assert_eq!(find("?district_code=110101").await, json!([]));
        anyone.get("/api/v1/stores?services=casino").await.status(400);
        let districts = anyone.get("/api/v1/store-districts").await.ok();
        let told: Vec<(&Value, &Value)> =
            districts.as_array().unwrap().iter().map(|one| (&one["district"], &one["stores"])).collect();
        assert_eq!(told, [(&json!("上城区"), &json!(1)), (&json!("西湖区"), &json!(2))]);
        edit(&mall, &lake, json!({ "district_code": "330102", "status": "closed" })).await.ok();
        assert_eq!(anyone.get("/api/v1/store-districts").await.ok().as_array().unwrap().len(), 1);
    });
}

#[test]
fn stores_deliver_within_their_area() {
    on_both_engines(async |mall| {
        let (lake, west) = (mall.store("湖滨店").await, mall.store("城西店").await);
        edit(
            &mall,
            &lake,
            json!({ "lat": 30.25, "lng": 120.16, "delivery_area": { "kind": "radius", "metres": 2000 } }),
        )
        .await
        .ok();
        let points = json!([{ "lat": 30.24, "lng": 120.10 }, { "lat": 30.30, "lng": 120.10 },
            { "lat": 30.30, "lng": 120.17 }, { "lat": 30.24, "lng": 120.17 }]);
        let around = json!({ "lat": 30.28, "lng": 120.12, "delivery_area": { "kind": "polygon", "points": points } });
        edit(&mall, &west, around).await.ok();
        let to = async |lat: f64, lng: f64| {
            let found = mall.anonymous().get(&format!("/api/v1/delivering-stores?lat={lat}&lng={lng}")).await.ok();
            names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(to(30.25, 120.165).await, ["湖滨店", "城西店"], "the nearest first");
        assert_eq!(to(30.29, 120.11).await, ["城西店"]);
        assert_eq!(to(30.25, 120.175).await, ["湖滨店"]);
        assert_eq!(to(30.10, 120.16).await, [""; 0]);
        edit(&mall, &lake, json!({ "lat": 30.25, "lng": 120.16, "status": "closed" })).await.ok();
        assert_eq!(to(30.25, 120.165).await, ["城西店"]);
    });
}

#[test]
fn a_card_tells_what_lies_there_and_what_is_on() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let (tea, cup) = (
            mall.product("龙井").price_fen(100).stock(9).create().await,
            mall.product("茶杯").price_fen(50).stock(9).create().await,
        );
        store.receive(&mall, &tea, 2).await;
        let path = |what: &str| format!("/api/v1/stores/{}/{what}", store.id);
        let shelf = mall.anonymous().get(&path("products")).await.ok();
        assert_eq!(names(&shelf["items"]), ["龙井"]);
        store.receive(&mall, &cup, 1).await;
        let first = mall.anonymous().get(&path("products?limit=1")).await.ok();
        assert_eq!(names(&first["items"]), ["茶杯"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = mall.anonymous().get(&path(&format!("products?limit=1&cursor={cursor}"))).await.ok();
        assert_eq!((names(&second["items"]), &second["next_cursor"]), (vec!["龙井"], &Value::Null));
        assert_eq!(mall.anonymous().get(&path("campaigns")).await.ok(), json!([]));
        mall.anonymous().get("/api/v1/stores/5/campaigns").await.refused("store.not_found");
        mall.anonymous().get("/api/v1/stores/5/products").await.refused("store.not_found");
    });
}
