//! WeChat's same-city delivery and its stand-in over real connections: signed and sealed calls, signed callbacks.

use crate::local_delivery::{bought, deliver_by, edit, furnished};
use crate::outside::{wait_for, with_stand_ins_on_both};
use sandbox::{Control, Fault};
use testkit::{MemberClient, Order, TestMall, Value, json, minutes};

async fn number_of(mall: &TestMall, order: &Order) -> Value {
    let list = mall.staff_again().await.get("/admin/v1/deliveries?state=waiting").await.ok();
    let rows = list["items"].as_array().unwrap();
    rows.iter().find(|row| row["order_id"] == json!(order.id)).unwrap().clone()
}

async fn wait_until(member: &MemberClient, order: &Order, state: &str) -> Value {
    for _ in 0..400 {
        let local = member.order(order).await["local"].clone();
        if local["state"] == state {
            return local;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it did not become {state}: {}", member.order(order).await["local"]);
}

#[test]
fn a_courier_is_called_rides_and_is_taken_back() {
    with_stand_ins_on_both("delivery", async |mall, outside: Control| {
        let (store, tea, ann) = furnished(&mall).await;
        let hours: Vec<Value> =
            (1..=7).map(|day| json!({ "weekday": day, "open": "06:00", "close": "05:59" })).collect();
        edit(&mall, &store, json!({ "hours": hours })).await;
        let by = json!({ "carried_by": "courier", "courier_store": "4000000000000042001" });
        deliver_by(&mall, &store, by).await.ok();
        ann.post("/api/v1/session/wechat", json!({ "code": outside.login_code("ann") })).await.ok();

        // The service is busy once, then comes.
        outside.set(Fault::CourierBusy, true);
        let order = bought(&mall, &ann, &tea, 2).await;
        mall.run_jobs().await;
        outside.set(Fault::CourierBusy, false);
        mall.clock.advance(minutes(5));
        mall.run_jobs().await;
        let number = number_of(&mall, &order).await["id"].as_str().unwrap().to_owned();
        assert!(!outside.advance_courier(&number, 70_000), "nobody fetched it yet");
        assert!(outside.advance_courier(&number, 30_000));
        wait_until(&ann, &order, "accepted").await;
        mall.run_jobs().await;
        let local = ann.order(&order).await["local"].clone();
        assert!(local["rider_name"].as_str().unwrap().ends_with("师傅"), "{local}");
        for status in [40_000, 50_000, 70_000] {
            assert!(outside.advance_courier(&number, status));
        }
        wait_for(&ann, &order, "completed").await;
        mall.run_jobs().await;

        // What is refunded before it is fetched is taken back there.
        let second = bought(&mall, &ann, &tea, 1).await;
        mall.run_jobs().await;
        let number = number_of(&mall, &second).await["id"].as_str().unwrap().to_owned();
        mall.staff().refund(&second, "不要了").await.ok();
        mall.run_jobs().await;
        assert!(!outside.advance_courier(&number, 30_000), "it was cancelled there");

        outside.set(Fault::CourierRefused, true);
        let third = bought(&mall, &ann, &tea, 1).await;
        mall.run_jobs().await;
        assert_eq!(number_of(&mall, &third).await["carried_by"], "riders");
    });
}
