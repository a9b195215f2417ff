//! Bookings for the walks along all routes: something to read, and each write once.

use crate::booking::{book, room, room_input, service, times};
use crate::contract::Ids;
use testkit::{MemberClient, TestMall, Value, json};

/// A service somebody booked and gave up, at a store of its own.
pub async fn furnish(mall: &TestMall, member: &MemberClient, mark: &str) -> Ids {
    let store = mall.store(&format!("{mark}预约店")).await;
    let room = room(mall, &store, "茶室", 4, "people").await;
    let tea = service(mall, &format!("{mark}茶艺"), &[&room], json!({ "deposit_fen": 0 })).await;
    let at = times(member, &tea, &store, "").await[0]["starts_at"].clone();
    let placed = book(member, &tea, &store, &at, 2, 0).await.ok();
    let booking = placed["booking_id"].as_str().unwrap().to_owned();
    let give_up = json!({ "expected_refund_fen": 0 });
    member.post(&format!("/api/v1/bookings/{booking}/cancel"), give_up).await.ok();
    Ids::from([("booking-service", tea), ("booking-resource", room), ("booking", booking)])
}

/// Bookings' part of the walk over every write of the back office.
pub async fn writes(mall: &TestMall) -> Vec<(&'static str, String, Value)> {
    let store = mall.store("写作店").await;
    let room = room(mall, &store, "工坊", 9, "bookings").await;
    let dye = service(mall, "扎染", &[&room], json!({ "deposit_fen": 0 })).await;
    let staff = mall.staff();
    let at = times(&staff, &dye, &store, "").await;
    let body =
        |at: &Value| json!({ "service_id": dye, "store_id": store.id, "starts_at": at, "people": 1, "name": "来客" });
    let mut made = Vec::new();
    for _ in 0..3 {
        let booking = staff.post("/admin/v1/bookings", body(&at[0]["starts_at"])).await.ok();
        made.push(booking["id"].as_str().unwrap().to_owned());
    }
    let of = |id: &str, verb: &str| format!("/admin/v1/bookings/{id}/{verb}");
    let read = staff.get(&format!("/admin/v1/booking-services/{dye}")).await.ok();
    vec![
        ("POST /admin/v1/booking-services", "/admin/v1/booking-services".into(), read["input"].clone()),
        ("PUT /admin/v1/booking-services/{id}", format!("/admin/v1/booking-services/{dye}"), read["input"].clone()),
        (
            "POST /admin/v1/booking-resources",
            "/admin/v1/booking-resources".into(),
            room_input(&store, "另一间", 2, "people"),
        ),
        (
            "PUT /admin/v1/booking-resources/{id}",
            format!("/admin/v1/booking-resources/{room}"),
            room_input(&store, "工坊", 8, "bookings"),
        ),
        ("POST /admin/v1/bookings", "/admin/v1/bookings".into(), body(&at[0]["starts_at"])),
        ("POST /admin/v1/bookings/{id}/step", of(&made[0], "step"), json!({ "step": "arrive" })),
        (
            "POST /admin/v1/bookings/{id}/reschedule",
            of(&made[1], "reschedule"),
            json!({ "starts_at": at[1]["starts_at"], "reason": "老师晚到" }),
        ),
        ("POST /admin/v1/bookings/{id}/cancel", of(&made[2], "cancel"), json!({ "reason": "停电" })),
    ]
}
