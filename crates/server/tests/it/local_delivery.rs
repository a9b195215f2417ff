//! Delivery by a store near by: what it costs and when it comes, who carries it, and what becomes of it at the door.

use testkit::{MemberClient, Order, Product, Reply, StaffClient, Store, TestMall, Value, hours, json, on_both_engines};
use tokio::task::JoinSet;

pub const RIDER: [&str; 3] = ["delivery.ride", "order.view", "product.view"];

/// Changes a store's card; what is not named stays.
pub async fn edit(mall: &TestMall, store: &Store, changes: Value) {
    let path = format!("/admin/v1/stores/{}", store.id);
    let read = mall.staff().get(&path).await.ok();
    let mut input = json!({});
    for field in ["name", "district_code", "address", "lat", "lng", "phone", "hours", "status", "delivery_area"] {
        input[field] = read[field].clone();
    }
    for (field, value) in changes.as_object().unwrap() {
        input[field] = value.clone();
    }
    mall.staff().put(&path, input).await.ok();
}

pub fn rule() -> Value {
    json!({ "is_on": true, "carried_by": "riders", "base_fen": 500, "base_metres": 2000, "further_km_fen": 200,
        "base_weight_g": 1000, "further_kg_fen": 100, "least_fen": 1000, "free_from_fen": 9900, "prepare_minutes": 30,
        "asap": true, "slot_minutes": 60, "capacity": 2, "days_ahead": 2 })
}

pub async fn deliver_by(mall: &TestMall, store: &Store, changes: Value) -> Reply {
    let mut input = rule();
    for (field, value) in changes.as_object().unwrap() {
        input[field] = value.clone();
    }
    mall.staff().put(&format!("/admin/v1/stores/{}/delivery-rule", store.id), input).await
}

/// Puts a member's door on the map.
pub async fn live_at(member: &MemberClient, lat: f64, lng: f64) {
    let address = json!({ "name": "小安", "phone": member.phone, "district_code": "330106", "detail": "文三路 1 号",
        "is_default": true, "place": { "lat": lat, "lng": lng, "system": "gcj02" } });
    member.put(&format!("/api/v1/addresses/{}", member.address_id), address).await.ok();
}

/// A store that delivers within five kilometres, tea of 500 g and 12 yuan on its shelf, and a member 1.1 km away.
pub async fn furnished(mall: &TestMall) -> (Store, Product, MemberClient) {
    let tea = mall.product("龙井").price_fen(1_200).stock(0).create().await;
    let store = mall.store("文三店").await;
    store.receive(mall, &tea, 50).await;
    edit(mall, &store, json!({ "delivery_area": { "kind": "radius", "metres": 5000 } })).await;
    deliver_by(mall, &store, json!({})).await.ok();
    let ann = mall.member().await;
    live_at(&ann, 30.28, 120.13).await;
    (store, tea, ann)
}

fn ask(by: &MemberClient, tea: &Product, pieces: i64, delivery: Value) -> Value {
    let mut way = json!({ "kind": "local", "address_id": by.address_id });
    for (field, value) in delivery.as_object().unwrap() {
        way[field] = value.clone();
    }
    json!({ "source": "now", "items": [{ "sku_id": tea.sku().id, "quantity": pieces }], "delivery": way })
}

async fn quote(by: &MemberClient, tea: &Product, pieces: i64) -> Value {
    by.post("/api/v1/quote", ask(by, tea, pieces, json!({}))).await.ok()
}

async fn place(by: &MemberClient, tea: &Product, pieces: i64, when: Value) -> Reply<Order> {
    let mut body = ask(by, tea, pieces, when);
    body["expected_total_fen"] = quote(by, tea, pieces).await["total_fen"].clone();
    by.post("/api/v1/orders", body).await.reads_as()
}

/// An order for "as soon as you can", paid.
pub async fn bought(mall: &TestMall, by: &MemberClient, tea: &Product, pieces: i64) -> Order {
    let order = place(by, tea, pieces, json!({ "asap": true })).await.ok();
    mall.staff().pay_offline(&order).await.ok();
    order
}

pub async fn only(by: &StaffClient) -> Value {
    let list = by.get("/admin/v1/deliveries").await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    list["items"][0].clone()
}

pub async fn act(by: &StaffClient, delivery: &Value, verb: &str, body: Value) -> Reply {
    by.post(&format!("/admin/v1/deliveries/{}/{verb}", delivery["id"].as_str().unwrap()), body).await
}

fn code_of(problems: &Value) -> Vec<&str> {
    problems["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[test]
fn the_quote_explains_the_fee_and_says_what_to_do_where_nobody_delivers() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let quoted = quote(&ann, &tea, 1).await;
        assert_eq!((quoted["freight_fen"].as_i64(), quoted["total_fen"].as_i64()), (Some(500), Some(1_700)));
        let local = &quoted["local"];
        assert_eq!((&local["store_name"], &local["weight_g"]), (&json!("文三店"), &json!(500)));
        assert_eq!((&local["distance_m"], &local["asap"]), (&json!(1_112), &json!(true)));
        let said: Vec<&str> =
            quoted["explanation"].as_array().unwrap().iter().map(|row| row["label"].as_str().unwrap()).collect();
        assert!(said.contains(&"同城配送 1.1 公里，起步 5 元含 2 公里"), "{said:?}");

        // Three kilometres and a bit, 1.5 kg: two kilometres and a kilogram are begun beyond.
        live_at(&ann, 30.298, 120.13).await;
        assert_eq!(quote(&ann, &tea, 3).await["freight_fen"], 500 + 2 * 200 + 100);
        assert_eq!(quote(&ann, &tea, 9).await["freight_fen"], 0, "108 yuan: free");
        let hundredweight = mall.product("米").price_fen(100).stock(0).create().await;
        store.receive(&mall, &hundredweight, 9).await;
        let little = quote(&ann, &hundredweight, 1).await;
        assert_eq!(code_of(&little), ["delivery.under_least"]);
        assert_eq!(little["placeable"], false);

        live_at(&ann, 30.34, 120.13).await;
        assert_eq!(code_of(&quote(&ann, &tea, 1).await), ["delivery.out_of_area"]);
        let bob = mall.member().await;
        assert_eq!(code_of(&quote(&bob, &tea, 1).await), ["delivery.place_missing"]);
        let refused = place(&bob, &tea, 1, json!({ "asap": true })).await;
        assert_eq!(refused.refused("order.not_placeable")["details"]["problems"][0]["code"], "delivery.place_missing");
        deliver_by(&mall, &store, json!({ "is_on": false })).await.ok();
        assert_eq!(code_of(&quote(&ann, &tea, 1).await), ["delivery.none"]);
    });
}

#[test]
fn the_nearest_store_with_everything_delivers() {
    on_both_engines(async |mall| {
        let (near, tea, ann) = furnished(&mall).await;
        let far = mall.store("城西店").await;
        edit(
            &mall,
            &far,
            json!({ "lat": 30.29, "lng": 120.10, "delivery_area": { "kind": "radius", "metres": 9000 } }),
        )
        .await;
        deliver_by(&mall, &far, json!({ "base_fen": 900 })).await.ok();
        far.receive(&mall, &tea, 80).await;
        assert_eq!(quote(&ann, &tea, 1).await["local"]["store_id"], json!(near.id));
        assert_eq!(quote(&ann, &tea, 60).await["local"]["store_id"], json!(far.id), "the near one has only fifty");
        let short = quote(&ann, &tea, 99).await;
        assert_eq!((&short["local"]["store_id"], &short["placeable"]), (&json!(near.id), &json!(false)));
        edit(&mall, &near, json!({ "status": "closed" })).await;
        let order = bought(&mall, &ann, &tea, 2).await;
        let detail = ann.order(&order).await;
        assert_eq!(detail["local"]["store"]["name"], "城西店");
        assert_eq!((detail["freight_fen"].as_i64(), detail["delivery_kind"].as_str()), (Some(1_300), Some("local")));
        assert_eq!(mall.stock_at(&tea, far.location_id).await, (78, 0), "from its shelf");
    });
}

#[test]
fn a_slot_is_taken_once_and_comes_back() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let path = format!("/api/v1/stores/{}/delivery-slots", store.id);
        let slots = ann.get(&path).await.ok();
        // It is Monday, ten; half an hour is needed to pack.
        assert_eq!(
            (&slots["asap"], &slots["slots"][0]["starts_at"]),
            (&json!(true), &json!("2026-11-23T03:00:00.000Z"))
        );
        let at = slots["slots"][0]["starts_at"].clone();
        place(&ann, &tea, 1, json!({})).await.refused("delivery.slot_required");
        place(&ann, &tea, 1, json!({ "slot_at": "2026-11-23T02:00:00Z" })).await.refused("delivery.slot_gone");

        let members = mall.members(6).await;
        for member in &members {
            live_at(member, 30.28, 120.13).await;
        }
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, member) in members.iter().enumerate() {
            let world = if turn % 2 == 0 { &mall.world } else { &beside };
            let mut body = ask(member, &tea, 1, json!({ "slot_at": at }));
            body["expected_total_fen"] = json!(1_700);
            let member = member.in_world(world);
            racing.spawn(async move { (turn, member.post("/api/v1/orders", body).await) });
        }
        let replies = racing.join_all().await;
        let placed: Vec<_> = replies.iter().filter(|(_, reply)| reply.status.is_success()).collect();
        assert_eq!(placed.len(), 2);
        for (_, reply) in replies.iter().filter(|(_, reply)| !reply.status.is_success()) {
            reply.refused("delivery.slot_full");
        }
        assert_eq!(ann.get(&path).await.ok()["slots"][0]["left"], 0);
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (50, 2), "who got no time reserved nothing");

        let (turn, reply) = placed[0];
        let order: Order = Order::from(reply.json());
        assert_eq!(members[*turn].order(&order).await["local"]["wanted_from"], at);
        members[*turn].cancel(&order).await.ok();
        assert_eq!(ann.get(&path).await.ok()["slots"][0]["left"], 1);
        let again = place(&ann, &tea, 1, json!({ "slot_at": at })).await.ok();
        mall.staff().pay_offline(&again).await.ok();
        mall.staff().refund(&again, "缺货").await.ok();
        assert_eq!(ann.get(&path).await.ok()["slots"][0]["left"], 1);
        assert_eq!(ann.order(&again).await["local"]["state"], "cancelled");

        mall.clock.advance(hours(12));
        assert_eq!(quote(&ann, &tea, 1).await["local"]["asap"], false, "ten in the evening");
        place(&ann, &tea, 1, json!({ "asap": true })).await.refused("delivery.asap_closed");
    });
}

#[test]
fn a_rider_fetches_and_hands_over_for_the_code() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let rider = mall.staff_with(&RIDER, Some(&store)).await;
        let stranger = mall.staff_with(&RIDER, Some(&mall.store("钱江店").await)).await;
        rider.put("/admin/v1/delivery-rider", json!({ "phone": "12" })).await.refused("session.phone_invalid");
        rider.put("/admin/v1/delivery-rider", json!({ "phone": "139 0000 5566" })).await.ok();
        let order = place(&ann, &tea, 2, json!({ "asap": true })).await.ok();
        assert!(rider.get("/admin/v1/deliveries").await.ok()["items"].as_array().unwrap().is_empty(), "not paid");
        mall.staff().pay_offline(&order).await.ok();

        let waiting = only(&rider).await;
        assert_eq!((&waiting["state"], &waiting["allowed_actions"]), (&json!("waiting"), &json!(["claim"])));
        assert_eq!(waiting["receiver_phone"].as_str().unwrap().find('*'), Some(3), "masked until it is theirs");
        assert!(stranger.get("/admin/v1/deliveries").await.ok()["items"].as_array().unwrap().is_empty());
        act(&stranger, &waiting, "claim", json!({})).await.refused("order.other_store");
        act(&rider, &waiting, "fetch", json!({})).await.refused("delivery.other_rider");
        let mine = act(&rider, &waiting, "claim", json!({})).await.ok();
        assert_eq!((&mine["state"], &mine["receiver_phone"]), (&json!("accepted"), &json!(ann.phone)));
        act(&rider, &waiting, "claim", json!({})).await.refused("delivery.taken");
        act(&rider, &waiting, "deliver", json!({ "code": "0000" })).await.refused("delivery.wrong_code");
        let other = mall.staff_with(&RIDER, Some(&store)).await;
        act(&other, &waiting, "fetch", json!({})).await.refused("delivery.other_rider");
        mall.staff().ship(&order, "SF1000000001").await.refused("order.not_allowed");

        let seen = ann.order(&order).await;
        let local = &seen["local"];
        assert_eq!(local["rider_phone_masked"], "139****5566");
        assert_eq!((&seen["status"], &local["state"]), (&json!("to_ship"), &json!("accepted")));
        let code = local["code"].as_str().unwrap().to_owned();
        assert_eq!(code.len(), 4);
        assert!(mall.staff().order(&order).await["local"]["code"].is_null(), "staff do not see the code");

        act(&rider, &waiting, "fetch", json!({})).await.ok();
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&told["kind"], &told["facts"]["tracking_number"]), (&json!("order_shipped"), &json!(code)));
        assert_eq!(ann.status_of(&order).await, "shipped");
        act(&rider, &waiting, "deliver", json!({})).await.refused("request.invalid");
        let done = act(&rider, &waiting, "deliver", json!({ "code": format!(" {code} ") })).await.ok();
        assert_eq!(
            (&done["state"], done["receiver_phone"].as_str().unwrap().find('*')),
            (&json!("delivered"), Some(3))
        );
        let seen = ann.order(&order).await;
        assert_eq!((&seen["status"], &seen["local"]["code"]), (&json!("completed"), &Value::Null));
        let kinds: Vec<&str> =
            seen["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds[..3], ["delivered", "shipped", "rider_accepted"]);
        let ended = rider.get("/admin/v1/deliveries?state=ended&mine=true").await.ok();
        assert_eq!(ended["items"][0]["id"], done["id"]);
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (48, 0));
        let listed = mall.staff().get("/admin/v1/orders?delivery=local").await.ok();
        assert_eq!(listed["items"][0]["store_name"], "文三店");
    });
}

#[test]
fn of_two_riders_at_one_instant_one_gets_it() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let mut riders = Vec::new();
        for _ in 0..6 {
            riders.push(mall.staff_with(&RIDER, Some(&store)).await);
        }
        bought(&mall, &ann, &tea, 1).await;
        let id = only(&riders[0]).await["id"].as_str().unwrap().to_owned();
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, rider) in riders.iter().enumerate() {
            let world = if turn % 2 == 0 { &mall.world } else { &beside };
            let (rider, path) = (rider.in_world(world), format!("/admin/v1/deliveries/{id}/claim"));
            racing.spawn(async move { rider.post(&path, json!({})).await });
        }
        let replies = racing.join_all().await;
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            reply.refused("delivery.taken");
        }
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        let events =
            mall.number_with("select count(*) from order_event where mall_id = $1 and kind = $2", "rider_accepted");
        assert_eq!(events.await, 1);
    });
}

#[test]
fn what_nobody_takes_is_tried_again_or_brought_back_and_paid_back() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let rider = mall.staff_with(&RIDER, Some(&store)).await;
        let order = bought(&mall, &ann, &tea, 2).await;
        let delivery = only(&rider).await;
        for verb in ["claim", "give-up", "claim", "fetch"] {
            act(&rider, &delivery, verb, json!({})).await.ok();
        }
        act(&rider, &delivery, "fail", json!({ "reason": " " })).await.refused("request.invalid");
        act(&rider, &delivery, "fail", json!({ "reason": "电话没人接" })).await.ok();
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!(told["title"], "暂时没有送到");
        assert_eq!(ann.order(&order).await["local"]["note"], "电话没人接");
        act(&rider, &delivery, "again", json!({})).await.ok();
        act(&rider, &delivery, "again", json!({})).await.refused("delivery.moved");
        for left in [4, 3, 2, 1, 0] {
            let refused =
                act(&rider, &delivery, "deliver", json!({ "code": "9x9" })).await.refused("delivery.wrong_code");
            assert!(refused["detail"].as_str().unwrap().contains(&format!("还可以试 {left} 次")));
        }
        let code = ann.order(&order).await["local"]["code"].clone();
        act(&rider, &delivery, "deliver", json!({ "code": code })).await.refused("delivery.code_locked");
        act(&rider, &delivery, "fail", json!({ "reason": "地址不对" })).await.ok();
        let back = act(&rider, &delivery, "bring-back", json!({})).await.ok();
        assert_eq!(back["state"], "returned");
        assert_eq!(ann.status_of(&order).await, "to_ship");

        // Another try by hand, then the money goes back: the goods were never given, so they return to the shelf.
        let path = format!("/admin/v1/orders/{}/delivery", order.id);
        mall.staff().post(&path, json!({ "carried_by": "courier" })).await.refused("delivery.no_courier");
        mall.staff().post(&path, json!({ "carried_by": "riders" })).await.ok();
        mall.staff().post(&path, json!({ "carried_by": "riders" })).await.refused("delivery.under_way");
        let second = only(&rider).await;
        act(&rider, &second, "claim", json!({})).await.ok();
        mall.staff().refund(&order, "送不到").await.ok();
        act(&rider, &second, "fetch", json!({})).await.refused("delivery.moved");
        assert_eq!(ann.status_of(&order).await, "closed");
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (50, 0));
    });
}

#[test]
fn an_after_sale_and_a_delivery_take_turns() {
    on_both_engines(async |mall| {
        let (store, tea, ann) = furnished(&mall).await;
        let rider = mall.staff_with(&RIDER, Some(&store)).await;
        let order = bought(&mall, &ann, &tea, 2).await;
        let delivery = only(&rider).await;
        act(&rider, &delivery, "claim", json!({})).await.ok();
        let after = crate::after_sale::ask(&ann, &order, crate::after_sale::UNSENT, &[(1, 1)]).await.ok();
        act(&rider, &delivery, "fetch", json!({})).await.refused("delivery.after_sale_open");
        let answer = format!("/admin/v1/after-sales/{}/approve", after["id"].as_str().unwrap());
        mall.staff().post(&answer, json!({})).await.ok();
        act(&rider, &delivery, "fetch", json!({})).await.ok();
        let lines = ann.order(&order).await["lines"].clone();
        assert_eq!((&lines[0]["shipped_quantity"], &lines[0]["refunded_quantity"]), (&json!(1), &json!(1)));
        // The member says that it came before the rider does.
        ann.confirm(&order).await.ok();
        act(&rider, &delivery, "deliver", json!({ "note": "放门口" })).await.refused("delivery.moved");
        assert_eq!(ann.order(&order).await["local"]["state"], "delivered");
    });
}

#[test]
fn the_rule_keeps_its_bounds_and_needs_an_area() {
    on_both_engines(async |mall| {
        let (store, _, _) = furnished(&mall).await;
        let bare = mall.store("空店").await;
        deliver_by(&mall, &bare, json!({})).await.refused("delivery.no_area");
        deliver_by(&mall, &bare, json!({ "is_on": false })).await.ok();
        for (field, value) in [
            ("base_fen", json!(-1)),
            ("base_metres", json!(50_001)),
            ("further_km_fen", json!(100_001)),
            ("base_weight_g", json!(-5)),
            ("least_fen", json!(i64::MAX)),
            ("free_from_fen", json!(-1)),
            ("prepare_minutes", json!(1_441)),
            ("slot_minutes", json!(5)),
            ("capacity", json!(0)),
            ("days_ahead", json!(15)),
        ] {
            let refused = deliver_by(&mall, &store, json!({ field: value })).await.refused("request.invalid");
            assert_eq!(refused["field"], field, "{refused}");
        }
        deliver_by(&mall, &store, json!({ "carried_by": "courier" })).await.refused("request.invalid");
        let kept = mall.staff().get(&format!("/admin/v1/stores/{}/delivery-rule", store.id)).await.ok();
        assert_eq!(kept["rule"]["base_fen"], 500);
    });
}
