//! The routes as clients use them, on both engines: a shop is set up through the back office, then looked at through the
//! storefront. Every route of this crate is called at least once.

use crate::inventory::{self, Demand, Holder};
use crate::testing::{As, PICTURE, TestMall, Web, each};
use As::{Anyone, Looker, Member, Owner};
use kernel::{Id, minutes};
use serde_json::{Value, json};

fn product(mall: &TestMall, name: &str) -> Value {
    json!({
        "name": name, "subtitle": "明前头采", "category_id": mall.category_id, "picture_keys": [PICTURE],
        "description_html": "<p>好茶<script>alert(1)</script></p>",
        "attributes": [{"name": "产地", "value": "杭州"}],
        "options": [{"name": "规格", "values": ["100g", "250g"]}],
        "skus": [
            {"code": format!("{name}-1"), "option_values": ["100g"], "price_fen": 19900, "list_price_fen": 25900,
             "weight_g": 100, "volume_cm3": 300, "initial_stock": 3, "picture_key": PICTURE},
            {"code": format!("{name}-2"), "option_values": ["250g"], "price_fen": 39900,
             "weight_g": 250, "volume_cm3": 700}
        ],
        "tags": ["新品"], "keywords": "绿茶", "return_7d": true, "purchase_limit": 5, "status": "on_sale"
    })
}

pub(super) fn make(web: &Web, mall: &TestMall, name: &str) -> Value {
    web.send(
        Owner,
        "POST",
        "/admin/v1/products",
        &[("idempotency-key", name_key(name).as_str())],
        Some(&product(mall, name)),
    )
    .ok()
}

fn name_key(name: &str) -> String {
    name.bytes().map(|b| format!("{b:02x}")).collect::<String>().chars().take(60).collect()
}

pub(super) fn id(value: &Value) -> Id {
    value["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_product_is_made_changed_binned_and_restored() {
    each(|mall| {
        let web = Web::new(mall);
        let made = make(&web, mall, "龙井");
        assert_eq!(made["description_html"], "<p>好茶</p>");
        assert_eq!((&made["version"], &made["status"]), (&json!(1), &json!("on_sale")));
        assert_eq!((&made["skus"][0]["on_hand"], &made["skus"][1]["on_hand"]), (&json!(3), &json!(0)));
        assert_eq!(made["pictures"][0]["picture"]["small_url"], "/files/m1/202611/1_1200x800_200.jpg");
        assert_eq!(make(&web, mall, "龙井")["id"], made["id"], "a replay answers the same product");
        let path = format!("/admin/v1/products/{}", id(&made));
        let mut change = product(mall, "龙井");
        change["name"] = json!("西湖龙井");
        change["skus"][0]["id"] = made["skus"][0]["id"].clone();
        change["skus"][1]["id"] = made["skus"][1]["id"].clone();
        web.put(Owner, &path, &change).refused(400, "request.invalid");
        change["version"] = json!(1);
        assert_eq!(web.put(Owner, &path, &change).ok()["version"], 2);
        web.put(Owner, &path, &change).refused(409, "product.changed");
        web.put(Looker, &path, &change).refused(403, "staff.not_allowed");
        web.put(Member, &path, &change).refused(401, "session.required");
        let off = web.post(Owner, &format!("{path}/status"), &json!({"status": "off_sale"})).ok();
        assert_eq!(off["status"], "off_sale");
        web.post(Owner, &format!("{path}/status"), &json!({"status": "scheduled"})).refused(400, "request.invalid");
        assert_eq!(web.delete(Owner, &path).status, 204);
        web.put(Owner, &path, &change).refused(404, "product.not_found");
        assert_eq!(web.get(Looker, &path).ok()["status"], "deleted");
        let listed = |query: &str| {
            web.get(Looker, &format!("/admin/v1/products{query}")).ok()["items"].as_array().unwrap().len()
        };
        assert_eq!((listed(""), listed("?status=deleted"), listed("?status=on_sale")), (0, 1, 0));
        assert_eq!(web.post(Owner, &format!("{path}/restore"), &json!({})).ok()["status"], "off_sale");
        assert_eq!((listed("?status=off_sale"), listed("?status=scheduled")), (1, 0));
        for query in ["?q=西湖", "?q=龙井-2", &format!("?category_id={}", mall.category_id)] {
            assert_eq!(listed(query), 1, "{query}");
        }
        assert_eq!(listed("?q=100%25"), 0, "a percent sign is a percent sign");
    });
}

#[test]
fn the_back_office_list_pages_under_every_sort() {
    each(|mall| {
        let web = Web::new(mall);
        let ids: Vec<Id> = ["甲", "乙", "丙"].iter().map(|name| mall.product(name, &[("a", 100, 2)]).id).collect();
        for sort in ["new", "updated", "sales", "price_asc", "price_desc", "stock"] {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = web.get(Owner, &format!("/admin/v1/products?sort={sort}&limit=2{cursor}")).ok();
                seen.extend(page["items"].as_array().unwrap().iter().map(id));
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            seen.sort();
            assert_eq!(seen, ids, "{sort}");
        }
        web.get(Owner, "/admin/v1/products?cursor=x").refused(400, "request.invalid");
        web.get(Owner, "/admin/v1/products?sort=best").refused(400, "request.invalid");
    });
}

#[test]
fn categories_and_brands_are_arranged() {
    each(|mall| {
        let web = Web::new(mall);
        let home = web
            .post(Owner, "/admin/v1/categories", &json!({"name": "家居", "position": -1, "picture_key": PICTURE}))
            .ok();
        let chairs = json!({"name": "椅子", "position": 0, "parent_id": home["id"]});
        let chairs = web.post(Owner, "/admin/v1/categories", &chairs).ok();
        web.post(Owner, "/admin/v1/categories", &json!({"name": "", "position": 0})).refused(400, "request.invalid");
        let foreign = json!({"name": "灯", "position": 0, "picture_key": "m2/1.jpg"});
        web.post(Owner, "/admin/v1/categories", &foreign).refused(400, "request.invalid");
        let tree = web.get(Anyone, "/api/v1/categories").ok();
        assert_eq!(tree[0]["name"], "家居");
        assert_eq!(tree[0]["picture_url"], "/files/m1/202611/1_1200x800_200.jpg");
        assert_eq!(tree[0]["children"][0]["id"], chairs["id"]);
        let renamed = json!({"name": "凳子", "position": 0, "parent_id": null});
        web.put(Owner, &format!("/admin/v1/categories/{}", id(&chairs)), &renamed).ok();
        assert_eq!(web.get(Anyone, "/api/v1/categories").ok()[0]["children"], json!([]), "the cache is fresh");
        let admin = web.get(Looker, "/admin/v1/categories").ok();
        assert_eq!((&admin[0]["picture_key"], &admin[0]["product_count"]), (&json!(PICTURE), &json!(0)));
        assert_eq!(web.delete(Owner, &format!("/admin/v1/categories/{}", id(&home))).status, 204);

        let brand = web.post(Owner, "/admin/v1/brands", &json!({"name": "竹里", "position": 0})).ok();
        web.post(Owner, "/admin/v1/brands", &json!({"name": "竹里", "position": 0})).refused(409, "brand.name_taken");
        let path = format!("/admin/v1/brands/{}", id(&brand));
        web.put(Owner, &path, &json!({"name": "竹里家居", "position": 0, "logo_key": PICTURE, "story": "十二年"})).ok();
        assert_eq!(web.get(Looker, "/admin/v1/brands").ok()[0]["story"], "十二年");
        assert_eq!(web.get(Anyone, "/api/v1/brands").ok()[0]["name"], "竹里家居");
        assert_eq!(web.delete(Owner, &path).status, 204);
        assert_eq!(web.get(Anyone, "/api/v1/brands").ok(), json!([]));
    });
}

#[test]
fn the_storefront_shows_what_is_on_sale() {
    each(|mall| {
        let web = Web::new(mall);
        let made = make(&web, mall, "龙井");
        let list = web.get(Anyone, "/api/v1/products").ok();
        assert_eq!(list["items"][0]["price_fen"], 19900);
        assert_eq!(list["items"][0]["list_price_fen"], json!(null), "nobody ever paid the list price");
        assert_eq!(list["items"][0]["tags"], json!(["新品"]));
        assert_eq!(list["facets"]["total"], 1);
        let second = web.get(Anyone, "/api/v1/products?cursor=0.1&sort=price_asc&attr=产地:杭州&attr=产地:绍兴").ok();
        assert!(second.get("facets").is_none());
        let path = format!("/api/v1/products/{}", id(&made));
        let page = web.get(Anyone, &path).ok();
        assert_eq!((&page["price_fen"], &page["max_price_fen"]), (&json!(19900), &json!(39900)));
        assert_eq!((&page["skus"][0]["available"], &page["skus"][1]["available"]), (&json!(3), &json!(0)));
        assert_eq!(page["skus"][0]["picture_url"], "/files/m1/202611/1_1200x800_600.jpg");
        assert_eq!(page["reviews"], json!({"count": 0, "rating_x10": 0, "with_pictures": 0, "positive_percent": 0}));
        assert_eq!(page["freight_note"], "包邮");
        assert_eq!(page["categories"][0]["name"], "茶");
        web.get(Anyone, "/api/v1/products/5").refused(404, "product.not_found");
        web.get(Anyone, "/api/v1/products/x").refused(404, "request.no_such_thing");
        web.get(Anyone, "/api/v1/products?sort=cheapest").refused(400, "request.invalid");
        web.post(Owner, &format!("/admin/v1/products/{}/status", id(&made)), &json!({"status": "off_sale"})).ok();
        assert_eq!(web.get(Anyone, "/api/v1/products").ok()["items"], json!([]), "the cache is fresh");
        assert_eq!(web.get(Anyone, &path).ok()["status"], "off_sale");
    });
}

#[test]
fn a_known_answer_is_not_sent_again_and_the_last_piece_changes_it() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 1)]);
        let path = format!("/api/v1/products/{}", tea.id);
        let first = web.get(Anyone, &path);
        let etag = first.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(first.ok()["skus"][0]["available"], 1);
        assert_eq!(web.send(Anyone, "GET", &path, &[("if-none-match", &etag)], None).status, 304);
        assert_eq!(web.get(Anyone, "/api/v1/products").ok()["items"][0]["in_stock"], true);
        let (demand, app, mall_id) =
            (Demand { sku_id: tea.skus[0], location_id: mall.warehouse, quantity: 1 }, web.app.clone(), mall.mall_id);
        mall.db
            .write_blocking(move |tx| {
                let ctx = app.system(mall_id);
                let holder = Holder { kind: "order", id: Id(1) };
                inventory::reserve(tx, &ctx, holder, &[demand], Some(ctx.now + minutes(30)))
            })
            .unwrap();
        assert_eq!(web.send(Anyone, "GET", &path, &[("if-none-match", &etag)], None).ok()["skus"][0]["available"], 0);
        assert_eq!(web.get(Anyone, "/api/v1/products").ok()["items"][0]["in_stock"], false);
    });
}

#[test]
fn searches_are_remembered_by_who_searched() {
    each(|mall| {
        let web = Web::new(mall);
        mall.product("西湖龙井", &[("100g", 19_900, 1)]);
        let found = |who, path: &str| web.get(who, path).ok()["items"].as_array().unwrap().len();
        assert_eq!(found(Anyone, "/api/v1/products?q=龙井"), 1);
        assert_eq!(found(Member, "/api/v1/products?q=龙井"), 1);
        assert_eq!(found(Member, "/api/v1/products?q=西湖&sort=sales"), 1);
        assert_eq!(found(Member, "/api/v1/products?q=笔记本电脑"), 0);
        mall.clock.advance(minutes(1));
        assert_eq!(web.get(Member, "/api/v1/search/history").ok()["words"].as_array().unwrap().len(), 2);
        web.get(Anyone, "/api/v1/search/history").refused(401, "session.required");
        assert_eq!(web.delete(Member, "/api/v1/search/history").status, 204);
        assert_eq!(web.get(Member, "/api/v1/search/history").ok()["words"], json!([]));
        let words = web.get(Anyone, "/api/v1/search/suggest?q=西湖").ok();
        assert_eq!(words["words"], json!(["西湖龙井"]));
        web.get(Anyone, "/api/v1/search/hot").ok();
    });
}

#[test]
fn shelves_belong_to_their_shopper() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 1)]);
        for shelf in ["favourites", "history"] {
            let (one, all) = (format!("/api/v1/{shelf}/{}", tea.id), format!("/api/v1/{shelf}"));
            web.send(Anyone, "PUT", &one, &[], None).refused(401, "session.required");
            assert_eq!(web.send(Member, "PUT", &one, &[], None).status, 204);
            assert_eq!(web.send(Member, "PUT", &format!("/api/v1/{shelf}/5"), &[], None).status, 404);
            assert_eq!(web.get(Member, &all).ok()["items"][0]["id"], tea.id.to_string());
        }
        let one = format!("/api/v1/favourites/{}", tea.id);
        assert_eq!(web.get(Member, &one).ok(), json!({"is_favourite": true}));
        assert_eq!(web.delete(Member, &one).status, 204);
        assert_eq!(web.get(Member, &one).ok(), json!({"is_favourite": false}));
        assert_eq!(web.delete(Member, "/api/v1/history").status, 204);
        assert_eq!(web.get(Member, "/api/v1/history").ok(), json!({"items": []}));
    });
}

#[test]
fn stock_is_corrected_with_a_trail() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 0)]);
        let change = |kind: &str, quantity: i64, key: &str| {
            let body = json!({"sku_id": tea.skus[0], "location_id": mall.warehouse, "kind": kind, "quantity": quantity, "note": "盘点"});
            web.send(Owner, "POST", "/admin/v1/inventory/changes", &[("idempotency-key", key)], Some(&body))
        };
        assert_eq!(change("receive", 3, "k1").ok()["on_hand"], 8);
        assert_eq!(change("receive", 3, "k1").ok()["on_hand"], 8, "a replay receives nothing");
        change("receive", 4, "k1").refused(422, "idempotency.mismatch");
        change("receive", 0, "k2").refused(400, "request.invalid");
        assert_eq!(change("adjust", -2, "k3").ok()["on_hand"], 6);
        assert_eq!(change("count", 4, "k4").ok()["available"], 4);
        change("adjust", -5, "k5").refused(409, "inventory.below_reserved");
        let wrong = json!({"sku_id": "5", "location_id": mall.warehouse, "kind": "receive", "quantity": 1});
        let send = |body: &Value| {
            web.send(Owner, "POST", "/admin/v1/inventory/changes", &[("idempotency-key", "k6")], Some(body))
        };
        send(&wrong).refused(404, "inventory.no_such_sku");
        send(&json!({"sku_id": tea.skus[0], "location_id": "5", "kind": "receive", "quantity": 1}))
            .refused(404, "location.not_found");
        let rows = |query: &str| web.get(Owner, &format!("/admin/v1/inventory{query}")).ok()["items"].clone();
        assert_eq!(rows("").as_array().unwrap().len(), 2);
        assert_eq!(rows("?low=true")[0]["option_text"], "250g");
        assert_eq!(rows("?q=龙井-1").as_array().unwrap().len(), 1);
        assert_eq!(rows(&format!("?location_id={}&limit=1", mall.warehouse)).as_array().unwrap().len(), 1);
        assert_eq!(rows("?location_id=5"), json!([]));
        let trail = web.get(Owner, &format!("/admin/v1/inventory/movements?sku_id={}&limit=3", tea.skus[0])).ok();
        let kinds: Vec<&str> = trail["items"].as_array().unwrap().iter().map(|m| m["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["count", "adjust", "receive"]);
        assert_eq!(
            (&trail["items"][0]["delta_on_hand"], &trail["items"][0]["actor_kind"]),
            (&json!(-2), &json!("staff"))
        );
        let next = trail["next_cursor"].as_str().unwrap();
        let rest = web.get(Owner, &format!("/admin/v1/inventory/movements?sku_id={}&cursor={next}", tea.skus[0])).ok();
        assert_eq!(rest["items"].as_array().unwrap().len(), 1, "the initial stock");
        assert_eq!(web.get(Owner, "/admin/v1/locations").ok()[0]["kind"], "warehouse");
        web.get(Looker, "/admin/v1/locations").refused(403, "staff.not_allowed");
    });
}

#[test]
fn freight_is_arranged_and_told_on_the_page() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 5)]);
        let template = |name: &str, fee: i64, is_default: bool| {
            json!({"name": name, "unit": "piece", "is_default": is_default, "free_rules": [], "no_delivery_codes": ["71"],
                   "rules": [{"region_codes": [], "first": 1, "first_fee_fen": fee, "next": 1, "next_fee_fen": 100}]})
        };
        let note = || web.get(Anyone, &format!("/api/v1/products/{}", tea.id)).ok()["freight_note"].clone();
        assert_eq!(note(), "包邮");
        let first = web.post(Owner, "/admin/v1/freight-templates", &template("默认", 800, false)).ok();
        assert_eq!((&first["is_default"], note()), (&json!(true), json!("运费 8.00 元")));
        let path = format!("/admin/v1/freight-templates/{}", id(&first));
        web.put(Owner, &path, &template("默认", 600, true)).ok();
        assert_eq!(note(), "运费 6.00 元");
        web.delete(Owner, &path).refused(409, "freight_template.is_default");
        let second = web.post(Owner, "/admin/v1/freight-templates", &template("大件", 5_000, true)).ok();
        assert_eq!(note(), "运费 50.00 元");
        assert_eq!(web.get(Owner, "/admin/v1/freight-templates").ok()[0]["id"], second["id"]);
        assert_eq!(web.delete(Owner, &path).status, 204);
        web.delete(Owner, &path).refused(404, "freight_template.not_found");
    });
}

#[test]
fn stores_open_close_and_are_found() {
    each(|mall| {
        let web = Web::new(mall);
        let store = |name: &str, status: &str| {
            json!({"name": name, "district_code": "330102", "address": "东坡路 8 号", "lat": 30.2537, "lng": 120.1648,
                   "phone": "0571-87010418", "hours": [{"weekday": 1, "open": "10:00", "close": "21:30"}],
                   "status": status, "picture_key": PICTURE})
        };
        let made = web.post(Owner, "/admin/v1/stores", &store("湖滨店", "open")).ok();
        assert_eq!(
            (&made["status"], &made["staff_count"], &made["open_now"]),
            (&json!("open"), &json!(0), &json!(true))
        );
        let shown = web.get(Anyone, "/api/v1/stores?lat=30.254&lng=120.165").ok();
        assert_eq!((&shown[0]["city"], &shown[0]["distance_m"]), (&json!("杭州市"), &json!(38)));
        web.get(Anyone, "/api/v1/stores?lat=300&lng=1").refused(400, "request.invalid");
        let path = format!("/api/v1/stores/{}", id(&made));
        assert_eq!(web.get(Anyone, &path).ok()["name"], "湖滨店");
        let mine = format!("/admin/v1/stores/{}", id(&made));
        assert_eq!(web.put(Owner, &mine, &store("湖滨银泰店", "closed")).ok()["name"], "湖滨银泰店");
        web.get(Anyone, &path).refused(404, "store.not_found");
        assert_eq!(web.get(Anyone, "/api/v1/stores").ok(), json!([]));
        assert_eq!(web.get(Owner, "/admin/v1/stores").ok()[0]["status"], "closed");
        assert_eq!(web.get(Owner, &mine).ok()["picture_key"], PICTURE);
        let locations = web.get(Owner, "/admin/v1/locations").ok();
        assert_eq!(locations[1]["name"], "湖滨银泰店");
    });
}

#[test]
fn a_product_tells_which_stores_have_it() {
    each(|mall| {
        let web = Web::new(mall);
        let tea = mall.product("龙井", &[("100g", 19_900, 5), ("250g", 39_900, 5)]);
        let store = json!({"name": "湖滨店", "district_code": "330102", "address": "东坡路 8 号", "lat": 30.2537,
            "lng": 120.1648, "phone": "0571-87010418", "hours": [{"weekday": 1, "open": "10:00", "close": "21:30"}], "status": "open"});
        web.post(Owner, "/admin/v1/stores", &store).ok();
        let path = format!("/api/v1/products/{}/stores", tea.id);
        assert_eq!(web.get(Anyone, &path).ok(), json!([]), "the warehouse is no store");
        let locations = web.get(Owner, "/admin/v1/locations").ok();
        let location_id = id(&locations[1]);
        let sku_id = tea.skus[1];
        mall.write(move |tx, ctx| inventory::receive(tx, ctx, Demand { sku_id, location_id, quantity: 2 }, None))
            .unwrap();
        let shown = web.get(Anyone, &format!("{path}?lat=30.254&lng=120.165")).ok();
        assert_eq!(shown[0]["store"]["name"], "湖滨店");
        assert_eq!(shown[0]["sku_ids"], json!([sku_id]));
        web.get(Anyone, "/api/v1/products/1/stores").refused(404, "product.not_found");
    });
}

#[test]
fn every_operation_is_documented() {
    let (_, mut doc) = utoipa_axum::router::OpenApiRouter::with_openapi(platform::openapi::base())
        .nest("/api/v1", crate::shop_routes())
        .nest("/admin/v1", crate::admin_routes())
        .split_for_parts();
    platform::openapi::complete(&mut doc);
    let doc = serde_json::to_value(doc).unwrap();
    let mut operations = std::collections::HashSet::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|s| s.ends_with('.')), "{method} {path} has no summary");
            assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{method} {path} has no tag");
            let name = operation["operationId"].as_str().unwrap();
            assert!(operations.insert(name.to_owned()), "{name} stands twice");
            let is_admin = path.starts_with("/admin/");
            let staff_only = operation["security"] == json!([{"staff": []}]);
            assert_eq!(is_admin, staff_only, "{method} {path} names the wrong key");
        }
    }
    assert!(operations.len() >= 50, "{} operations", operations.len());
    let text = doc.to_string();
    let schemas = doc["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name: String = reference.chars().take_while(|c| *c != '"').collect();
        assert!(schemas.contains_key(&name), "{name} is referred to and missing");
    }
}
