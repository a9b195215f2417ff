//! Fetching at a store: slots cut from its hours and never over their capacity, the list at the counter, and what becomes
//! of goods that nobody fetches.

use testkit::{
    MemberClient, Order, Product, Reply, Store, TestMall, Value, days, hours, json, minutes, on_both_engines,
};
use tokio::task::JoinSet;

async fn rule(mall: &TestMall, store: &Store, capacity: i64) {
    let rule = json!({ "slot_minutes": 60, "capacity": capacity, "days_ahead": 2, "lead_minutes": 30 });
    mall.staff().put(&format!("/admin/v1/stores/{}/pickup-rule", store.id), json!({ "rule": rule })).await.ok();
}

async fn slots(by: &MemberClient, store: &Store) -> Vec<Value> {
    let found = by.get(&format!("/api/v1/stores/{}/pickup-slots", store.id)).await.ok();
    assert_eq!(found["required"], true);
    found["slots"].as_array().unwrap().clone()
}

async fn place(by: &MemberClient, store: &Store, tea: &Product, slot_at: Value) -> Reply<Order> {
    let body = json!({ "source": "now", "items": [{ "sku_id": tea.sku().id, "quantity": 1 }], "expected_total_fen": 100,
        "delivery": { "kind": "pickup", "store_id": store.id, "slot_at": slot_at } });
    by.post("/api/v1/orders", body).await.reads_as()
}

async fn furnished(mall: &TestMall) -> (Store, Product) {
    let tea = mall.product("龙井").price_fen(100).stock(0).create().await;
    let store = mall.store("湖滨店").await;
    store.receive(mall, &tea, 200).await;
    (store, tea)
}

#[test]
fn slots_follow_hours_and_special_days_and_lie_ahead() {
    on_both_engines(async |mall| {
        let (store, tea) = furnished(&mall).await;
        let ann = mall.member().await;
        let free = ann.get(&format!("/api/v1/stores/{}/pickup-slots", store.id)).await.ok();
        assert_eq!(free, json!({ "required": false, "slots": [] }));
        ann.place_pickup(&store, &[(&tea, 1)]).await.ok();

        let path = format!("/admin/v1/stores/{}", store.id);
        let read = mall.staff().get(&path).await.ok();
        let mut input = json!({});
        for field in ["name", "district_code", "address", "lat", "lng", "phone", "hours", "status"] {
            input[field] = read[field].clone();
        }
        input["special_days"] =
            json!([{ "date": "2026-11-24", "note": "盘点", "spans": [{ "open": "10:00", "close": "12:30" }] }]);
        mall.staff().put(&path, input).await.ok();
        rule(&mall, &store, 2).await;
        // It is Monday, 10:00; the store closes at 21:00, and half an hour's notice is wanted.
        let found = slots(&ann, &store).await;
        let starts: Vec<&str> = found.iter().map(|slot| slot["starts_at"].as_str().unwrap()).collect();
        assert_eq!(starts[0], "2026-11-23T03:00:00.000Z", "eleven in Hangzhou");
        assert_eq!(starts.len(), 10 + 2, "eleven to twenty, and two of the short day: {starts:?}");
        assert_eq!(starts[11], "2026-11-24T03:00:00.000Z");

        place(&ann, &store, &tea, Value::Null).await.refused("pickup.slot_required");
        place(&ann, &store, &tea, json!("2026-11-23T02:00:00Z")).await.refused("pickup.slot_gone");
        let order = place(&ann, &store, &tea, json!(starts[0])).await.ok();
        assert_eq!(ann.order(&order).await["pickup"]["slot_starts_at"], starts[0]);
        assert_eq!(slots(&ann, &store).await[0]["left"], 1);
        let odd = json!({ "rule": { "slot_minutes": 5, "capacity": 1, "days_ahead": 1, "lead_minutes": 0 } });
        mall.staff().put(&format!("{path}/pickup-rule"), odd).await.refused("request.invalid");
    });
}

#[test]
fn a_slot_is_never_over_its_capacity_and_a_closed_order_frees_its_place() {
    on_both_engines(async |mall| {
        let (store, tea) = furnished(&mall).await;
        rule(&mall, &store, 5).await;
        let members = mall.members(30).await;
        let at = slots(&members[0], &store).await[0]["starts_at"].clone();
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, member) in members.iter().enumerate() {
            let world = if turn % 2 == 0 { &mall.world } else { &beside };
            let (store_id, sku, at, member) = (store.id, tea.sku().id, at.clone(), member.in_world(world));
            racing.spawn(async move {
                let body = json!({ "source": "now", "items": [{ "sku_id": sku, "quantity": 1 }],
                    "expected_total_fen": 100, "delivery": { "kind": "pickup", "store_id": store_id, "slot_at": at } });
                member.post("/api/v1/orders", body).await
            });
        }
        let replies = racing.join_all().await;
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            reply.refused("pickup.slot_full");
        }
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 5);
        assert_eq!(slots(&members[0], &store).await[0]["left"], 0);
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (200, 5), "who got no time reserved nothing");

        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        let found = slots(&members[0], &store).await;
        let same = found.iter().find(|slot| slot["starts_at"] == at);
        assert!(same.is_none_or(|slot| slot["left"] == 5), "nobody paid");
        assert_eq!(mall.number("select cast(sum(taken) as bigint) from pickup_slot where mall_id = $1").await, 0);
    });
}

#[test]
fn the_counter_prepares_in_the_order_of_times_and_calls_who_is_due() {
    on_both_engines(async |mall| {
        let (store, tea) = furnished(&mall).await;
        rule(&mall, &store, 5).await;
        let (ann, clerk) = (mall.member().await, mall.clerk(&store).await);
        let stranger = mall.clerk(&mall.store("钱江店").await).await;
        let times = slots(&ann, &store).await;
        let mut orders = Vec::new();
        for at in [3, 0, 1] {
            let order = place(&ann, &store, &tea, times[at]["starts_at"].clone()).await.ok();
            mall.staff().pay_offline(&order).await.ok();
            orders.push(order);
        }
        let list = clerk.get("/admin/v1/pickups?state=to_prepare").await.ok();
        let ids: Vec<&str> =
            list["items"].as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap()).collect();
        let number = |at: usize| orders[at].id.to_string();
        assert_eq!(ids, [number(1), number(2), number(0)]);
        assert!(stranger.get("/admin/v1/pickups").await.ok()["items"].as_array().unwrap().is_empty());

        let call = format!("/admin/v1/orders/{}/call", orders[1].id);
        clerk.post(&call, json!({})).await.refused("pickup.not_ready");
        clerk.mark_ready(&orders[1]).await.ok();
        stranger.post(&call, json!({})).await.refused("order.other_store");
        clerk.post(&call, json!({})).await.ok();
        clerk.post(&call, json!({})).await.refused("pickup.called_just_now");
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&told["kind"], &told["facts"]["store"]), (&json!("pickup_called"), &json!("湖滨店")));
        let ready = clerk.get("/admin/v1/pickups?state=ready").await.ok();
        assert_eq!(ready["items"].as_array().unwrap().len(), 1);
        mall.staff().refund(&orders[0], "缺货").await.ok();
        assert_eq!(clerk.get("/admin/v1/pickups").await.ok()["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_booked_time_can_be_changed_and_the_place_moves_with_it() {
    on_both_engines(async |mall| {
        let (store, tea) = furnished(&mall).await;
        rule(&mall, &store, 2).await;
        let members = mall.members(6).await;
        let times = slots(&members[0], &store).await;
        let mut orders = Vec::new();
        for (turn, member) in members.iter().enumerate() {
            let order = place(member, &store, &tea, times[turn / 2]["starts_at"].clone()).await.ok();
            mall.staff().pay_offline(&order).await.ok();
            orders.push(order);
        }
        let path = |at: usize| format!("/api/v1/orders/{}/pickup-slot", orders[at].id);
        let to = |at: usize| json!({ "slot_at": times[at]["starts_at"] });
        members[1].put(&path(0), to(5)).await.refused("order.not_found");
        members[0].put(&path(0), to(1)).await.refused("pickup.slot_full");
        members[0].put(&path(0), json!({ "slot_at": "2026-11-23T02:00:00Z" })).await.refused("pickup.slot_gone");
        members[0].put(&path(0), to(0)).await.ok();

        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, member) in members.iter().enumerate() {
            let world = if turn % 2 == 0 { &mall.world } else { &beside };
            let (member, path, body) = (member.in_world(world), path(turn), to(5));
            racing.spawn(async move { (turn, member.put(&path, body).await) });
        }
        let (moved, refused): (Vec<_>, Vec<_>) =
            racing.join_all().await.into_iter().partition(|(_, reply)| reply.status.is_success());
        refused.iter().for_each(|(_, reply)| {
            reply.refused("pickup.slot_full");
        });
        assert_eq!(moved.len(), 2);
        let left: Vec<i64> =
            slots(&members[0], &store).await[..6].iter().map(|slot| slot["left"].as_i64().unwrap()).collect();
        assert_eq!((left[5], left.iter().sum::<i64>()), (0, 6 * 2 - 6), "each order holds one place: {left:?}");

        let (order, member) = (&orders[moved[0].0], &members[moved[0].0]);
        assert_eq!(member.order(order).await["pickup"]["slot_starts_at"], times[5]["starts_at"]);
        let list = mall.clerk(&store).await.get("/admin/v1/pickups").await.ok();
        let wanted: Vec<&str> =
            list["items"].as_array().unwrap().iter().map(|row| row["slot_starts_at"].as_str().unwrap()).collect();
        assert!(wanted.is_sorted() && wanted.len() == 6, "{wanted:?}");
        mall.staff().refund(order, "不要了").await.ok();
        member.put(&format!("/api/v1/orders/{}/pickup-slot", order.id), to(4)).await.refused("pickup.no_booking");
        assert_eq!(slots(&members[0], &store).await[5]["left"], 1);
    });
}

#[test]
fn a_store_open_past_midnight_deals_out_the_small_hours() {
    on_both_engines(async |mall| {
        let (store, tea) = furnished(&mall).await;
        let path = format!("/admin/v1/stores/{}", store.id);
        let read = mall.staff().get(&path).await.ok();
        let mut input = json!({});
        for field in ["name", "district_code", "address", "lat", "lng", "phone", "status"] {
            input[field] = read[field].clone();
        }
        let nights: Vec<Value> =
            (1..=7).map(|day| json!({ "weekday": day, "open": "20:00", "close": "03:00" })).collect();
        input["hours"] = json!(nights);
        mall.staff().put(&path, input).await.ok();
        rule(&mall, &store, 2).await;
        // From Monday, ten in the morning, to Tuesday, half past midnight.
        mall.clock.advance(hours(14) + minutes(30));
        let ann = mall.member().await;
        let found = slots(&ann, &store).await;
        assert_eq!(found[0]["starts_at"], "2026-11-23T17:00:00.000Z", "one o'clock of the night that has begun");
        assert_eq!(found[1]["starts_at"], "2026-11-23T18:00:00.000Z");
        assert_eq!(found[2]["starts_at"], "2026-11-24T12:00:00.000Z", "Tuesday evening");
        let order = place(&ann, &store, &tea, found[0]["starts_at"].clone()).await.ok();
        assert_eq!(ann.order(&order).await["pickup"]["slot_ends_at"], "2026-11-23T18:00:00.000Z");
    });
}

async fn settings(mall: &TestMall, remind: i64, refund: i64) -> Reply {
    let rules =
        json!({ "name": "商城", "accent": "#112233", "pickup_remind_days": remind, "pickup_refund_days": refund });
    mall.staff().put("/admin/v1/settings/mall", rules).await
}

#[test]
fn goods_nobody_fetches_are_reminded_of_and_then_paid_back() {
    on_both_engines(async |mall| {
        settings(&mall, 3, 3).await.refused("request.invalid");
        settings(&mall, 2, 4).await.ok();
        let (store, tea) = furnished(&mall).await;
        let (ann, clerk) = (mall.member().await, mall.clerk(&store).await);
        let order = ann.place_pickup(&store, &[(&tea, 2)]).await.ok();
        ann.pay(&order).await;
        let part = ann.place_pickup(&store, &[(&tea, 2)]).await.ok();
        ann.pay(&part).await;
        for one in [&order, &part] {
            clerk.mark_ready(one).await.ok();
        }
        let code = ann.order(&part).await["pickup"]["code"].clone();
        let one_piece = json!({ "code": code, "pieces": [{ "line_id": "1", "quantity": 1 }] });
        clerk.post("/admin/v1/redeem", one_piece).await.ok();

        let told = async |kind: &str| {
            let page = ann.get("/api/v1/messages").await.ok();
            page["items"].as_array().unwrap().iter().filter(|message| message["kind"] == kind).count()
        };
        mall.clock.advance(days(2) - hours(1));
        mall.run_jobs().await;
        assert_eq!(told("pickup_expiring").await, 0);
        mall.clock.advance(hours(2));
        mall.run_jobs().await;
        assert_eq!(told("pickup_expiring").await, 2);
        mall.clock.advance(days(2));
        mall.run_jobs().await;
        mall.run_jobs().await;
        assert_eq!(told("pickup_expiring").await, 2, "once each");
        let closed = ann.order(&order).await;
        assert_eq!(
            (closed["status"].as_str(), closed["refunds"][0]["amount_fen"].as_i64()),
            (Some("closed"), Some(200))
        );
        assert_eq!(ann.status_of(&part).await, "to_pick_up", "a part was fetched: people decide");
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (198, 0));
    });
}
