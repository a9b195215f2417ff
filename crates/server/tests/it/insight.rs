//! Figures: what shoppers do is counted, sales add up to the moment, and the rollups never count twice.

use testkit::{TestMall, Value, days, hours, json, minutes, on_both_engines};

async fn dashboard(mall: &TestMall) -> Value {
    // A fresh session: those of staff last twelve hours.
    mall.staff_with(&["dashboard.view"], None).await.get("/admin/v1/dashboard").await.ok()
}

async fn tell(mall: &TestMall, visitor: &str, kinds: &[&str]) {
    let events: Vec<Value> = kinds.iter().map(|kind| json!({ "kind": kind })).collect();
    let batch = json!({ "visitor": format!("{visitor}0123456789abcdef"), "platform": "h5", "events": events });
    mall.anonymous().post("/api/v1/events", batch).await.status(204);
}

#[test]
fn the_way_from_the_door_to_the_till_is_counted_in_people() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(10_000).stock(50).create().await;
        tell(&mall, "a", &["visit", "product_view", "add_to_cart", "add_to_cart"]).await;
        tell(&mall, "b", &["visit", "product_view"]).await;
        tell(&mall, "a", &["visit", "checkout_start"]).await;
        let ann = mall.member().await;
        ann.buy(&[(&tea, 1)]).await;
        ann.buy(&[(&tea, 2)]).await;
        mall.member().await.place_order(&[(&tea, 1)]).await.ok();
        mall.run_jobs().await;
        let told = dashboard(&mall).await;
        assert_eq!(told["funnel"], json!({ "visitors": 2, "carts": 1, "orders": 2, "paid": 1 }));
        mall.clock.advance(days(1));
        mall.run_jobs().await;
        let told = dashboard(&mall).await;
        assert_eq!(told["funnel"], json!({ "visitors": 0, "carts": 0, "orders": 0, "paid": 0 }));
        assert_eq!(told["funnel_yesterday"]["visitors"], 2);
    });
}

#[test]
fn sales_are_the_same_before_and_after_they_are_rolled_up() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(10_000).stock(500).create().await;
        let ann = mall.member().await;
        let mut sold = 0;
        for hour in 0..30 {
            for _ in 0..=(hour % 3) {
                ann.buy(&[(&tea, 1)]).await;
                sold += 1;
            }
            if hour % 4 == 0 {
                mall.run_jobs().await;
            }
            mall.clock.advance(hours(1));
        }
        let before = dashboard(&mall).await;
        mall.clock.advance(minutes(2));
        mall.run_jobs().await;
        mall.run_jobs().await;
        let after = dashboard(&mall).await;
        // Now it is 16:02 of the next day; fourteen hours lie in yesterday.
        for told in [&before, &after] {
            let (today, days) = (&told["today"], told["days"].as_array().unwrap());
            let of_day = |day: &Value| day["orders_paid"].as_i64().unwrap();
            assert_eq!(days.iter().map(of_day).sum::<i64>(), sold);
            assert_eq!(today["orders_paid"].as_i64(), days[29]["orders_paid"].as_i64());
            let hours: i64 = told["curve"].as_array().unwrap().iter().map(|h| h["today_fen"].as_i64().unwrap()).sum();
            assert_eq!(Some(hours), today["paid_fen"].as_i64());
        }
        assert_eq!((&before["today"], &before["days"]), (&after["today"], &after["days"]));
        assert_eq!(after["top_products"][0]["quantity"], after["today"]["orders_paid"]);
        let yesterday = after["yesterday"]["orders_paid"].as_i64().unwrap();
        assert!(
            yesterday > 0 && yesterday < after["days"][28]["orders_paid"].as_i64().unwrap(),
            "only until the same time"
        );
    });
}

#[test]
fn old_events_go_and_nonsense_is_refused() {
    on_both_engines(async |mall| {
        tell(&mall, "a", &["visit", "share"]).await;
        mall.clock.advance(days(91));
        mall.run_jobs().await;
        assert_eq!(mall.number("select count(*) from behaviour_event where mall_id = $1").await, 0);
        let send = async |visitor: &str, events: Value| {
            let batch = json!({ "visitor": visitor, "platform": "h5", "events": events });
            mall.anonymous().post("/api/v1/events", batch).await
        };
        let many: Vec<Value> = (0..51).map(|_| json!({ "kind": "visit" })).collect();
        assert_eq!(send("a0123456789abcdef", json!(many)).await.status(400).json()["field"], "events");
        assert_eq!(send("short", json!([{ "kind": "visit" }])).await.status(400).json()["field"], "visitor");
        send("a0123456789abcdef", json!([{ "kind": "sneeze" }])).await.status(400);
    });
}
