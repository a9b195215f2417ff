//! The order desk finds an order by anything that is written on it, keeps views, and counts what waits.

use testkit::{Order, StaffClient, TestMall, Value, json, on_both_engines};

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn found(staff: &StaffClient, query: &str) -> Vec<String> {
    let page = staff.get(&format!("/admin/v1/orders?{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn ids(orders: &[&Order]) -> Vec<String> {
    orders.iter().map(|order| order.id.to_string()).collect()
}

#[test]
fn an_order_is_found_by_anything_written_on_it() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").create().await;
        let cup = mall.product("青瓷杯").create().await;
        let store = mall.store("湖滨店").await;
        store.receive(&mall, &tea, 5).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        ann.patch("/api/v1/me", json!({ "nickname": "沈青" })).await.ok();
        let first = ann.buy(&[(&tea, 1)]).await.order;
        let second = bob.buy(&[(&cup, 2)]).await.order;
        let third = bob.place_pickup(&store, &[(&tea, 1)]).await.ok();
        bob.pay(&third).await;
        mall.staff().ship(&first, "SF1472001234").await.ok();
        let code = bob.order(&third).await["pickup"]["code"].as_str().unwrap().to_owned();
        let sku = cup.json["skus"][0]["code"].as_str().unwrap().to_owned();
        let staff = mall.staff();
        for (words, expected) in [
            (first.id.to_string(), vec![&first]),
            (ann.phone.clone(), vec![&first]),
            (bob.phone.clone(), vec![&third, &second]),
            (bob.phone[7..].to_owned(), vec![&third, &second]),
            ("沈青".to_owned(), vec![&first]),
            ("小安".to_owned(), vec![&second, &first]),
            ("龙井".to_owned(), vec![&third, &first]),
            ("青瓷".to_owned(), vec![&second]),
            (sku, vec![&second]),
            ("sf 1472001234".to_owned(), vec![&first]),
            (code, vec![&third]),
            ("没有这样的词".to_owned(), vec![]),
            ("99999999999999999999999".to_owned(), vec![]),
        ] {
            assert_eq!(found(&staff, &format!("q={}", encoded(&words))).await, ids(&expected), "{words}");
        }
        // A clerk of the store sees only what is fetched there.
        let clerk = mall.clerk(&store).await;
        assert_eq!(found(&clerk, &format!("q={}", encoded("龙井"))).await, ids(&[&third]));
        assert_eq!(clerk.get("/admin/v1/order-counts").await.ok()["to_pick_up"], 1);
        assert_eq!(clerk.get("/admin/v1/order-counts").await.ok()["to_ship"], 0);
        assert_eq!(staff.get("/admin/v1/order-counts").await.ok()["to_ship"], 1);
    });
}

#[test]
fn filters_narrow_the_list_and_views_are_kept_for_oneself() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(1_000).create().await;
        let store = mall.store("湖滨店").await;
        store.receive(&mall, &tea, 5).await;
        let ann = mall.member().await;
        let small = ann.buy(&[(&tea, 1)]).await.order;
        mall.clock.advance(60_000);
        let large = ann.buy(&[(&tea, 9)]).await.order;
        let fetched = ann.place_pickup(&store, &[(&tea, 2)]).await.ok();
        mall.staff().remark(&large, "送礼").await.ok();
        let staff = mall.staff();
        let at = mall.clock_now();
        for (query, expected) in [
            ("min_fen=5000".to_owned(), vec![&large]),
            ("max_fen=1500".to_owned(), vec![&small]),
            ("remarked=true".to_owned(), vec![&large]),
            ("delivery=pickup".to_owned(), vec![&fetched]),
            (format!("store_id={}", store.id), vec![&fetched]),
            (format!("member_id={}&state=to_ship", ann.id), vec![&large, &small]),
            (format!("to={}", encoded(&at.to_string())), vec![&small]),
        ] {
            assert_eq!(found(&staff, &query).await, ids(&expected), "{query}");
        }
        let view = json!({ "list": "orders", "name": "大单", "query": "min_fen=5000" });
        staff.post("/admin/v1/saved-views", view.clone()).await.ok();
        let kept = staff.post("/admin/v1/saved-views", view).await.ok();
        assert_eq!(kept.as_array().unwrap().len(), 1, "the same name takes its place");
        let other = mall.staff_with(&["order.view"], None).await;
        assert_eq!(other.get("/admin/v1/saved-views?list=orders").await.ok(), json!([]));
        let id = kept[0]["id"].as_str().unwrap().to_owned();
        other.delete(&format!("/admin/v1/saved-views/{id}")).await.refused("staff.no_such_view");
        staff.delete(&format!("/admin/v1/saved-views/{id}")).await.status(204);
    });
}

#[test]
fn several_parcels_go_all_or_none_and_sheets_name_what_to_pick() {
    on_both_engines(async |mall| {
        let (tea, cup) = (mall.product("龙井").create().await, mall.product("杯").create().await);
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 3), (&cup, 1)]).await;
        let other = ann.buy(&[(&cup, 2)]).await;
        let path = format!("/admin/v1/orders/{}/parcels", order.id);
        let parcel = |number: &str, lines: Option<Value>| {
            let mut parcel = json!({ "carrier_code": "sf", "tracking_number": number });
            if let Some(lines) = lines {
                parcel["lines"] = lines;
            }
            parcel
        };
        let some = json!([{ "line_id": "1", "quantity": 2 }]);
        let too_many = json!([{ "line_id": "1", "quantity": 2 }]);
        let body =
            json!({ "parcels": [parcel("SF10000001", Some(some.clone())), parcel("SF10000002", Some(too_many))] });
        mall.staff().post(&path, body).await.refused("order.shipped_too_much");
        assert_eq!(mall.staff().order(&order).await["parcels"], json!([]), "none of them");
        let body = json!({ "parcels": [parcel("SF10000001", Some(some)), parcel("SF10000002", None)] });
        let shipped = mall.staff().post(&path, body).await.ok();
        assert_eq!((shipped["status"].as_str(), shipped["parcels"].as_array().unwrap().len()), (Some("shipped"), 2));
        let ids = format!("{},{}", other.id, order.id);
        let sheets = mall.staff().get(&format!("/admin/v1/order-sheets?ids={ids}")).await.ok();
        assert_eq!(sheets[0]["id"].as_str().unwrap(), other.id.to_string());
        assert_eq!((&sheets[0]["lines"][0]["quantity"], &sheets[1]["lines"][0]["unshipped"]), (&json!(2), &json!(0)));
        assert!(sheets[0]["lines"][0]["sku_code"].as_str().unwrap().starts_with("SKU"));
        assert_eq!(sheets[0]["receiver"]["name"], "小安");
        only_this_mall(&mall, &ids).await;
    });
}

async fn only_this_mall(mall: &TestMall, ids: &str) {
    let reader = mall.staff_with(&["order.view"], None).await;
    reader.get(&format!("/admin/v1/order-sheets?ids={ids}")).await.refused("staff.not_allowed");
    mall.staff().get("/admin/v1/order-sheets?ids=abc").await.refused("request.invalid");
}

#[test]
fn a_member_is_shown_masked_with_what_happened_and_a_blocked_one_cannot_order() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_000).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&tea, 1)]).await.order;
        let second = ann.buy(&[(&tea, 2)]).await.order;
        mall.staff().refund(&second, "缺货").await.ok();
        let path = format!("/admin/v1/members/{}", ann.id);
        let shown = mall.staff().get(&path).await.ok();
        assert_eq!((shown["orders"].as_i64(), shown["paid_fen"].as_i64()), (Some(2), Some(6_000)));
        assert_eq!(shown["recent_orders"].as_array().unwrap().len(), 2);
        assert_eq!(shown["addresses"][0]["name"], "小*");
        assert!(!shown.to_string().contains(&ann.phone) && !shown.to_string().contains("文三路 1 号"), "{shown}");
        let kinds: Vec<&str> =
            shown["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert!(["joined", "placed", "paid", "refunded"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
        let limited = mall.staff_with(&["member.view"], None).await.get(&path).await.ok();
        assert_eq!(limited["recent_orders"], json!([]), "orders need their own permission");

        mall.staff().post(&format!("{path}/block"), json!({ "reason": "恶意下单" })).await.ok();
        ann.place_at(&[(&tea, 1)], 6_000).await.status(401);
        // A session that outlived the block on another node is refused where the order is placed.
        let (app, mall_id, id) = (mall.world.app().clone(), mall.id, ann.id);
        let refused = app.db.read(move |tx| people::identity::require_active(tx, mall_id, id)).await.unwrap_err();
        assert!(refused.is("member.blocked"));
        mall.staff().ship(&order, "SF10000000001").await.ok();
    });
}

#[test]
fn one_box_finds_everything_within_the_permissions() {
    on_both_engines(async |mall| {
        let tea = mall.product("西湖龙井").create().await;
        mall.store("龙井路店").await;
        let ann = mall.member().await;
        ann.patch("/api/v1/me", json!({ "nickname": "龙井爱好者" })).await.ok();
        let order = ann.buy(&[(&tea, 1)]).await;
        let path = format!("/admin/v1/search?q={}", encoded("龙井"));
        let kinds = |hits: Value| -> Vec<String> {
            hits.as_array().unwrap().iter().map(|hit| hit["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(mall.staff().get(&path).await.ok()), ["order", "product", "member", "store"]);
        let clerk = mall.staff_with(&["product.view"], None).await;
        assert_eq!(kinds(clerk.get(&path).await.ok()), ["product"]);
        assert_eq!(mall.staff_with(&["audit.view"], None).await.get(&path).await.ok(), json!([]));
        let by_number = mall.staff().get(&format!("/admin/v1/search?q={}", order.id)).await.ok();
        assert_eq!((by_number[0]["kind"].as_str(), by_number[0]["status"].as_str()), (Some("order"), Some("to_ship")));
    });
}

#[test]
fn a_replayed_write_leaves_no_second_row_in_the_log() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let change = json!({ "sku_id": tea.sku().id, "location_id": mall.warehouse, "kind": "receive", "quantity": 5 });
        let log = "select count(*) from audit_log where mall_id = $1";
        let before = mall.number(log).await;
        for _ in 0..3 {
            mall.staff().post_once("/admin/v1/inventory/changes", "one-key", change.clone()).await.ok();
        }
        assert_eq!((mall.number(log).await - before, mall.stock(&tea).await.0), (1, 105));
    });
}

#[test]
fn what_wechat_was_not_told_is_listed_and_told_again() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").create().await;
        let order = mall.member().await.buy(&[(&tea, 1)]).await;
        let (ctx, id) = (mall.ctx(), order.id);
        let write = move |tx: &mut db::Tx<'_>| trade::shipping::mark_upload(tx, &ctx, id, "failed", Some("系统繁忙"));
        mall.world.app().db.write(write).await.unwrap();
        let page = mall.staff().get("/admin/v1/shipping-uploads").await.ok();
        assert_eq!(page["items"][0]["last_error"], "系统繁忙");
        let path = format!("/admin/v1/shipping-uploads/{id}/retry");
        assert_eq!(mall.staff().post(&path, json!({})).await.ok()["status"], "waiting");
        assert_eq!(mall.staff().get("/admin/v1/shipping-uploads").await.ok()["items"], json!([]));
        mall.staff().post("/admin/v1/shipping-uploads/1/retry", json!({})).await.refused("shipping.no_such_upload");
    });
}
