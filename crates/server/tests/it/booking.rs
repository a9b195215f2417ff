//! Services booked by time: free times follow hours and what is taken, nobody is booked over, the deposit is an order like any
//! other, and what was promised when booking holds when it is moved, given up or missed.

use crate::counter::{Till, cash, order_of};
use testkit::{
    Client, MemberClient, Order, Reply, Store, TestMall, Value, days, hours, json, minutes, on_both_engines,
};
use tokio::task::JoinSet;

pub fn room_input(store: &Store, name: &str, capacity: i64, counts: &str) -> Value {
    json!({ "store_id": store.id, "name": name, "kind": "room", "capacity": capacity, "counts": counts, "is_active": true })
}

async fn made(mall: &TestMall, input: Value) -> String {
    mall.staff().post("/admin/v1/booking-resources", input).await.ok()["id"].as_str().unwrap().to_owned()
}

pub async fn room(mall: &TestMall, store: &Store, name: &str, capacity: i64, counts: &str) -> String {
    made(mall, room_input(store, name, capacity, counts)).await
}

async fn person(mall: &TestMall, store: &Store, name: &str, more: Value) -> String {
    let mut input = json!({ "store_id": store.id, "name": name, "kind": "person", "capacity": 1, "counts": "bookings",
        "is_active": true });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    made(mall, input).await
}

/// Ninety minutes and a quarter's pause, 128.00 with 30.00 of deposit, changed freely until two hours before.
fn service_input(name: &str, resources: &[&String], more: Value) -> Value {
    let mut input = json!({ "name": name, "duration_minutes": 90, "pause_minutes": 15, "step_minutes": 30,
        "price_fen": 12_800, "deposit_fen": 3_000, "max_people": 4, "days_ahead": 3, "lead_minutes": 60, "free_hours": 2,
        "grace_minutes": 30, "no_show": "kept", "is_offered": true, "resource_ids": resources });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

pub async fn service(mall: &TestMall, name: &str, resources: &[&String], more: Value) -> String {
    let input = service_input(name, resources, more);
    mall.staff().post("/admin/v1/booking-services", input).await.ok()["id"].as_str().unwrap().to_owned()
}

pub async fn times(by: &Client, service: &str, store: &Store, more: &str) -> Vec<Value> {
    let side = if by.get("/admin/v1/me").await.status.is_success() { "admin" } else { "api" };
    let path = format!("/{side}/v1/booking-services/{service}/times?store_id={}{more}", store.id);
    by.get(&path).await.ok()["times"].as_array().unwrap().clone()
}

pub async fn book(by: &Client, service: &str, store: &Store, at: &Value, people: i64, deposit_fen: i64) -> Reply {
    let body = json!({ "service_id": service, "store_id": store.id, "starts_at": at, "people": people,
        "expected_deposit_fen": deposit_fen });
    by.post("/api/v1/bookings", body).await
}

/// Booked and, when there is a deposit, paid: the booking's id and its order.
async fn booked(by: &MemberClient, service: &str, store: &Store, at: &Value, people: i64) -> (String, Order) {
    let placed = book(by, service, store, at, people, 3_000 * people).await.ok();
    let order = Order::from(placed.clone());
    by.pay(&order).await;
    (placed["booking_id"].as_str().unwrap().to_owned(), order)
}

async fn of(by: &MemberClient, id: &str) -> Value {
    by.get(&format!("/api/v1/bookings/{id}")).await.ok()
}

async fn step(by: &Client, id: &str, step: &str) -> Reply {
    by.post(&format!("/admin/v1/bookings/{id}/step"), json!({ "step": step })).await
}

const ROW: [&str; 4] = ["store.view", "booking.manage", "order.redeem", "counter.sell"];

#[test]
fn times_follow_the_hours_of_store_and_person_and_what_is_taken() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let tuesdays = json!({ "hours": [{ "weekday": 2, "open": "13:00", "close": "18:00" }],
            "special_days": [{ "date": "2026-11-25", "spans": [{ "open": "10:00", "close": "12:00" }] }] });
        let (chen, lin) =
            (person(&mall, &store, "陈老师", json!({})).await, person(&mall, &store, "林老师", tuesdays).await);
        let tea = service(&mall, "茶艺体验", &[&chen, &lin], json!({})).await;
        let ann = mall.member().await;
        // It is Monday, ten o'clock; the store closes at nine in the evening.
        let today = times(&ann, &tea, &store, "").await;
        assert_eq!(today[0]["starts_at"], "2026-11-23T03:00:00.000Z", "an hour's notice");
        assert_eq!(today.last().unwrap()["starts_at"], "2026-11-23T11:30:00.000Z", "over by nine");
        assert!(today.iter().all(|time| time["left"] == 1), "Lin does not work on Mondays");
        let lins = times(&ann, &tea, &store, &format!("&day=2026-11-24&resource_id={lin}")).await;
        assert_eq!(
            (lins.len(), &lins[0]["starts_at"]),
            (8, &json!("2026-11-24T05:00:00.000Z")),
            "one to half past four"
        );
        let special = times(&ann, &tea, &store, &format!("&day=2026-11-25&resource_id={lin}")).await;
        assert_eq!(special.len(), 2, "ten and half past ten: {special:?}");
        assert!(times(&ann, &tea, &store, "&day=2026-11-26").await.is_empty(), "three days ahead");
        assert!(times(&ann, &tea, &store, "&people=5").await.is_empty());

        let two = json!("2026-11-24T06:00:00.000Z");
        let left = async || {
            let day = times(&ann, &tea, &store, "&day=2026-11-24").await;
            let at = |text: &str| day.iter().find(|time| time["starts_at"] == text).unwrap()["left"].as_i64().unwrap();
            [
                at("2026-11-24T04:00:00.000Z"),
                at("2026-11-24T04:30:00.000Z"),
                at("2026-11-24T06:00:00.000Z"),
                at("2026-11-24T07:30:00.000Z"),
                at("2026-11-24T08:00:00.000Z"),
            ]
        };
        assert_eq!(left().await, [1, 1, 2, 2, 2]);
        booked(&ann, &tea, &store, &two, 2).await;
        booked(&mall.member().await, &tea, &store, &two, 1).await;
        assert_eq!(left().await, [1, 0, 0, 0, 2], "from half past two hours before to the end of the pause");
        book(&ann, &tea, &store, &two, 1, 3_000).await.refused("booking.time_full");
        book(&ann, &tea, &store, &json!("2026-11-24T06:10:00Z"), 1, 3_000).await.refused("booking.time_gone");
        book(&ann, &tea, &store, &json!("9999-12-31T06:00:00Z"), 1, 3_000).await.refused("booking.time_gone");
        book(&ann, &tea, &store, &today[0]["starts_at"], 5, 15_000).await.refused("request.invalid");
        book(&ann, &tea, &store, &today[0]["starts_at"], 1, 1).await.refused("order.price_changed");
        let other = mall.store("钱江店").await;
        book(&ann, &tea, &other, &today[0]["starts_at"], 1, 3_000).await.refused("booking.no_such_resource");
        let mut odd = service_input("茶艺", &[&chen], json!({ "deposit_fen": 12_801 }));
        mall.staff().post("/admin/v1/booking-services", odd.clone()).await.refused("request.invalid");
        (odd["deposit_fen"], odd["duration_minutes"]) = (json!(0), json!(50));
        mall.staff().post("/admin/v1/booking-services", odd).await.refused("request.invalid");
    });
}

#[test]
fn fifty_members_get_three_places_and_an_unpaid_one_falls_free() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let table = room(&mall, &store, "长桌", 3, "bookings").await;
        let dye = service(&mall, "扎染手作", &[&table], json!({})).await;
        let members = mall.members(50).await;
        let at = times(&members[0], &dye, &store, "").await[0]["starts_at"].clone();
        let beside = mall.world.beside().await;
        let mut racing = JoinSet::new();
        for (turn, member) in members.iter().enumerate() {
            let world = if turn % 2 == 0 { &mall.world } else { &beside };
            let (member, dye, store, at) = (member.in_world(world), dye.clone(), store.clone(), at.clone());
            racing.spawn(async move { book(&member, &dye, &store, &at, 1, 3_000).await });
        }
        let replies = racing.join_all().await;
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            reply.refused("booking.time_full");
        }
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 3);
        let held = "select cast(sum(taken) as bigint) from booking_tick where mall_id = $1";
        assert_eq!(mall.number(held).await, 3 * 7, "seven quarters each");
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(mall.number(held).await, 0, "nobody paid");
        assert_eq!(mall.number("select count(*) from booking where mall_id = $1 and state = 'lapsed'").await, 3);
    });
}

#[test]
fn a_deposit_is_an_order_and_the_rest_is_a_sale_of_the_counter() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let chen = person(&mall, &store, "陈老师", json!({})).await;
        let tea = service(&mall, "茶艺体验", &[&chen], json!({})).await;
        let (ann, clerk) = (mall.member().await, mall.staff_with(&ROW, Some(&store)).await);
        let stranger = mall.staff_with(&ROW, Some(&mall.store("钱江店").await)).await;
        let at = times(&ann, &tea, &store, "").await[0]["starts_at"].clone();
        let (id, order) = booked(&ann, &tea, &store, &at, 2).await;
        let seen = of(&ann, &id).await;
        assert_eq!(
            (&seen["state"], &seen["paid_fen"], &seen["rest_fen"]),
            (&json!("booked"), &json!(6_000), &json!(19_600))
        );
        assert_eq!(seen["allowed_actions"], json!(["show_code", "cancel"]), "within two hours it cannot be moved");
        mall.run_jobs().await;
        let told = &ann.get("/api/v1/messages").await.ok()["items"][0];
        assert_eq!((&told["kind"], &told["facts"]["start"]), (&json!("booking_made"), &json!("2026-11-23 11:00")));
        assert!(
            clerk.get("/admin/v1/pickups").await.ok()["items"].as_array().unwrap().is_empty(),
            "nothing to lay out"
        );

        let code = ann.order(&order).await["pickup"]["code"].as_str().unwrap().to_owned();
        stranger.redeem(&code).await.refused("order.other_store");
        let preview = clerk.preview_redeem(&code).await.ok();
        assert_eq!((&preview["booking"]["resource_name"], &preview["problem"]), (&json!("陈老师"), &Value::Null));
        let done = clerk.redeem(&code).await.ok();
        assert_eq!((&done["redemption"]["kind"], &done["status"]), (&json!("service"), &json!("completed")));
        let undo = format!("/admin/v1/redemptions/{}/undo", done["redemption"]["id"].as_str().unwrap());
        clerk.post(&undo, json!({ "reason": "扫错了" })).await.ok();
        assert_eq!(of(&ann, &id).await["state"], "booked");
        clerk.redeem(&code).await.ok();
        clerk.redeem(&code).await.refused("pickup.already_redeemed");
        step(&stranger, &id, "start").await.refused("booking.other_store");
        step(&clerk, &id, "start").await.ok();
        step(&clerk, &id, "start").await.refused("booking.not_allowed");
        step(&clerk, &id, "finish").await.ok();

        let shift = clerk.post("/admin/v1/counter/shifts", json!({ "store_id": store.id, "float_fen": 0 })).await.ok();
        let till = Till { store: store.clone(), clerk: clerk.clone(), shift: shift["id"].clone() };
        let ask = json!({ "store_id": store.id, "items": [], "booking_id": id });
        assert_eq!(clerk.post("/admin/v1/counter/quote", ask).await.ok()["total_fen"], 19_600);
        let sale = json!({ "shift_id": till.shift, "items": [], "booking_id": id, "expected_total_fen": 19_600,
            "tenders": cash(19_600) });
        let rest = clerk.post("/admin/v1/counter/sales", sale.clone()).await.ok();
        clerk.post("/admin/v1/counter/sales", sale).await.refused("booking.nothing_left");
        let seen = of(&ann, &id).await;
        assert_eq!((&seen["state"], &seen["rest_fen"]), (&json!("finished"), &json!(0)));
        let orders = ann.get("/api/v1/orders?state=completed").await.ok();
        let sums: Vec<i64> =
            orders["items"].as_array().unwrap().iter().map(|order| order["total_fen"].as_i64().unwrap()).collect();
        assert_eq!(sums, [19_600, 6_000], "both are in the member's list");
        // What somebody was not happy with goes back as after any sale; nothing of it lies on a shelf.
        let back = json!({ "shift_id": till.shift, "reason": "quality",
            "lines": [{ "line_id": "1", "quantity": 1, "sellable_quantity": 1 }] });
        let path = format!("/admin/v1/counter/sales/{}/return", order_of(&rest));
        assert_eq!(clerk.post(&path, back).await.ok()["refund_fen"], 19_600);
        let options = ann.get(&format!("/api/v1/orders/{}/after-sale-options", order.id)).await.ok();
        let ways = options["lines"][0]["ways"].as_array().unwrap();
        assert!(!ways.is_empty() && ways.iter().all(|way| way["kind"] == "refund_only"), "{ways:?}");
        let ask = json!({ "order_id": order.id, "kind": "refund_only", "stage": "sent", "reason": "agreed",
            "lines": [{ "line_id": "1", "quantity": 1 }] });
        let asked = ann.post("/api/v1/after-sales", ask).await.ok()["id"].as_str().unwrap().to_owned();
        crate::after_sale::decide(&mall, &asked, "approve", json!({})).await.ok();
        let seen = of(&ann, &id).await;
        assert_eq!((&seen["refunded_fen"], &seen["rest_fen"]), (&json!(3_000), &json!(0)));
        ann.review(&order, 5, "好").await.refused("order.not_allowed");
        let board = clerk.get(&format!("/admin/v1/bookings?store_id={}", store.id)).await.ok();
        assert_eq!(board["items"][0]["contact_phone"], testkit_masked(&ann.phone));
    });
}

fn testkit_masked(phone: &str) -> String {
    let phone = phone.trim_start_matches("+86");
    format!("{}****{}", &phone[..3], &phone[7..])
}

#[test]
fn a_booking_moves_to_another_time_or_stays() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let chen = person(&mall, &store, "陈老师", json!({})).await;
        let tea = service(&mall, "茶艺体验", &[&chen], json!({})).await;
        let (ann, bob) = (mall.member().await, mall.member().await);
        let day = times(&ann, &tea, &store, "&day=2026-11-24").await;
        let at = |hour: usize| day[hour * 2]["starts_at"].clone();
        let (id, _) = booked(&ann, &tea, &store, &at(0), 1).await;
        let (other, _) = booked(&bob, &tea, &store, &at(4), 1).await;
        let path = format!("/api/v1/bookings/{id}/reschedule");
        bob.post(&path, json!({ "starts_at": at(6) })).await.refused("booking.not_found");
        ann.post(&path, json!({ "starts_at": at(3) })).await.refused("booking.time_full");
        assert_eq!(of(&ann, &id).await["starts_at"], at(0), "neither");
        ann.post(&path, json!({ "starts_at": day[1]["starts_at"] })).await.ok();
        let free = times(&ann, &tea, &store, &format!("&day=2026-11-24&booking_id={id}")).await;
        assert_eq!((&free[0]["left"], &free[2]["left"]), (&json!(1), &json!(1)), "its own time counts as free");
        ann.post(&path, json!({ "starts_at": at(0) })).await.ok();

        // Two at once for one time that is free.
        let free_time = at(8);
        let others = format!("/api/v1/bookings/{other}/reschedule");
        let (one, two) = tokio::join!(
            ann.post(&path, json!({ "starts_at": free_time })),
            bob.post(&others, json!({ "starts_at": free_time })),
        );
        let moved = [&one, &two].iter().filter(|reply| reply.status.is_success()).count();
        assert_eq!(moved, 1, "{one:?} {two:?}");

        let clerk = mall.staff_with(&ROW, Some(&store)).await;
        let by_store = json!({ "starts_at": at(6), "reason": "老师上午有会" });
        clerk.post(&format!("/admin/v1/bookings/{id}/reschedule"), by_store).await.ok();
        mall.run_jobs().await;
        let told = ann.get("/api/v1/messages").await.ok()["items"][0].clone();
        assert_eq!((&told["kind"], &told["facts"]["reason"]), (&json!("booking_changed"), &json!("老师上午有会")));
        mall.clock.advance(days(1) - hours(19) + hours(21));
        let late = of(&ann, &id).await;
        assert_eq!(late["state"], "booked", "{late}");
        mall.clock.advance(hours(3));
        ann.post(&path, json!({ "starts_at": at(8) })).await.refused("booking.too_late");
    });
}

#[test]
fn what_was_promised_decides_about_the_deposit() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let chen = room(&mall, &store, "茶室", 9, "bookings").await;
        let tea = service(&mall, "茶艺体验", &[&chen], json!({})).await;
        let kind = service(&mall, "体验课", &[&chen], json!({ "no_show": "returned" })).await;
        let ann = mall.member().await;
        let at = |hour: i64| json!(format!("2026-11-23T{hour:02}:00:00.000Z"));
        let cancel = async |id: &str, refund: i64| {
            ann.post(&format!("/api/v1/bookings/{id}/cancel"), json!({ "expected_refund_fen": refund })).await
        };
        let (early, early_order) = booked(&ann, &tea, &store, &at(8), 1).await;
        let (late, late_order) = booked(&ann, &tea, &store, &at(3), 1).await;
        let (missed, missed_order) = booked(&ann, &tea, &store, &at(4), 1).await;
        let (forgiven, forgiven_order) = booked(&ann, &kind, &store, &at(4), 1).await;
        let (off, off_order) = booked(&ann, &tea, &store, &at(5), 1).await;
        let held = book(&ann, &tea, &store, &at(5), 1, 3_000).await.ok()["booking_id"].as_str().unwrap().to_owned();

        cancel(&early, 0).await.refused("booking.refund_changed");
        cancel(&early, 3_000).await.ok();
        cancel(&early, 3_000).await.refused("booking.not_allowed");
        cancel(&late, 0).await.ok();
        assert_eq!(cancel(&held, 0).await.ok()["state"], "lapsed");
        let clerk = mall.staff_with(&ROW, Some(&store)).await;
        clerk.post(&format!("/admin/v1/bookings/{off}/cancel"), json!({ "reason": "老师请假" })).await.ok();
        step(&clerk, &missed, "no_show").await.refused("booking.not_begun");
        mall.clock.advance(hours(2) + minutes(29));
        mall.run_jobs().await;
        assert_eq!(of(&ann, &missed).await["state"], "booked", "half an hour's grace");
        mall.clock.advance(minutes(2));
        mall.run_jobs().await;
        for (id, order, state, back) in [
            (&early, &early_order, "cancelled", 3_000),
            (&late, &late_order, "cancelled", 0),
            (&missed, &missed_order, "no_show", 0),
            (&forgiven, &forgiven_order, "no_show", 3_000),
            (&off, &off_order, "cancelled", 3_000),
        ] {
            let seen = of(&ann, id).await;
            assert_eq!((&seen["state"], &seen["refunded_fen"]), (&json!(state), &json!(back)), "{seen}");
            let of_order = ann.order(order).await;
            assert_eq!(of_order["status"], if back > 0 { "closed" } else { "completed" });
        }
        assert_eq!(mall.number("select cast(sum(taken) as bigint) from booking_tick where mall_id = $1").await, 0);
        let kept = "select cast(sum(paid_fen - refunded_fen) as bigint) from trade_order where mall_id = $1";
        assert_eq!(mall.number(kept).await, 6_000, "one given up late, one missed");
        let told = ann.get("/api/v1/messages").await.ok();
        let kinds = told["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "booking_cancelled").count();
        assert_eq!(kinds, 3);
    });
}

#[test]
fn a_clerk_books_for_who_stands_there_and_members_are_reminded() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let chen = person(&mall, &store, "陈老师", json!({})).await;
        let tea = service(&mall, "茶艺体验", &[&chen], json!({ "lead_minutes": 600 })).await;
        let (ann, clerk) = (mall.member().await, mall.staff_with(&ROW, Some(&store)).await);
        let body = |at: &str, phone: Value| {
            json!({ "service_id": tea, "store_id": store.id, "starts_at": at, "people": 1,
            "name": "王女士", "phone": phone })
        };
        // Ten o'clock: who stands there needs no notice.
        let walk_in = clerk.post("/admin/v1/bookings", body("2026-11-23T02:00:00Z", Value::Null)).await.ok();
        let id = walk_in["id"].as_str().unwrap();
        assert_eq!((&walk_in["state"], &walk_in["rest_fen"]), (&json!("booked"), &json!(12_800)));
        step(&clerk, id, "arrive").await.ok();
        let hers = clerk.post("/admin/v1/bookings", body("2026-11-25T02:00:00Z", json!(ann.phone))).await.ok();
        let hers = hers["id"].as_str().unwrap().to_owned();
        step(&clerk, &hers, "arrive").await.refused("booking.not_today");
        assert_eq!(of(&ann, &hers).await["by_store"], true, "the phone is a member's");
        let told = async || {
            mall.run_jobs().await;
            let page = ann.get("/api/v1/messages").await.ok();
            page["items"].as_array().unwrap().iter().filter(|one| one["kind"] == "booking_reminder").count()
        };
        mall.clock.advance(days(1) - minutes(1));
        assert_eq!(told().await, 0);
        mall.clock.advance(minutes(11));
        assert_eq!(told().await, 1);
        mall.clock.advance(minutes(11));
        assert_eq!(told().await, 1, "once");
        let cancel = json!({ "expected_refund_fen": 0, "reason": "有事" });
        ann.post(&format!("/api/v1/bookings/{hers}/cancel"), cancel).await.ok();
    });
}
