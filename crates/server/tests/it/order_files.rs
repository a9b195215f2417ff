//! Orders in files: the filtered list goes out, tracking numbers come in, line by line and never twice.

use testkit::{Order, StaffClient, TestMall, Value, json, on_both_engines};

async fn task(staff: &StaffClient, started: &Value) -> Value {
    staff.get(&format!("/admin/v1/tasks/{}", started["task_id"].as_str().unwrap())).await.ok()
}

async fn exported(mall: &TestMall, search: Value) -> String {
    let staff = mall.staff();
    let body = json!({ "format": "csv", "search": search });
    let started = staff.post("/admin/v1/order-exports", body).await.ok();
    mall.run_jobs().await;
    let ended = task(&staff, &started).await;
    assert_eq!(ended["state"], "done", "{ended}");
    let file = staff.get(&format!("/admin/v1/tasks/{}/file", started["task_id"].as_str().unwrap())).await;
    String::from_utf8(file.status(200).body.to_vec()).unwrap()
}

#[test]
fn the_filtered_list_is_exported_one_row_per_line() {
    on_both_engines(async |mall| {
        let (tea, cup) = (mall.product("龙井").price_fen(1_234).create().await, mall.product("杯").create().await);
        let ann = mall.member().await;
        let first = ann.buy(&[(&tea, 2), (&cup, 1)]).await.order;
        let second = ann.buy(&[(&cup, 3)]).await.order;
        mall.staff().ship(&second, "SF9000000001").await.ok();
        let text = exported(&mall, json!({ "state": "to_ship" })).await;
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 3, "a header and two lines: {text}");
        assert!(
            rows[1].contains(&first.id.to_string()) && rows[1].contains("12.34") && rows[1].contains("小安"),
            "{text}"
        );
        assert!(rows[1].contains(&ann.phone), "who may export sees receivers in full");
        let all = exported(&mall, json!({})).await;
        assert!(all.contains("顺丰速运 SF9000000001") && all.lines().count() == 4, "{all}");
        let clerk = mall.staff_with(&["order.view"], None).await;
        clerk.post("/admin/v1/order-exports", json!({})).await.refused("staff.not_allowed");
        assert_eq!(
            mall.number("select count(*) from audit_log where mall_id = $1 and action = 'order.export'").await,
            2
        );
    });
}

fn csv(rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut text = String::from("订单号,快递公司,运单号\n");
    for (number, carrier, tracking) in rows {
        text.push_str(&format!("{number},{carrier},{tracking}\n"));
    }
    text.into_bytes()
}

async fn some_orders(mall: &TestMall, count: usize) -> Vec<Order> {
    let tea = mall.product("龙井").stock(1_000).create().await;
    let ann = mall.member().await;
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(ann.buy(&[(&tea, 1)]).await.order);
    }
    orders
}

#[test]
fn a_file_of_tracking_numbers_is_checked_line_by_line_and_ships_the_rest() {
    on_both_engines(async |mall| {
        let orders = some_orders(&mall, 4).await;
        let id = |at: usize| orders[at].id.to_string();
        let (a, b, c, d) = (id(0), id(1), id(2), id(3));
        mall.staff().ship(&orders[3], "SF7000000009").await.ok();
        let file = csv(&[
            (&a, "顺丰", "SF 7000000001"),
            (&b, "zto", "zt7000000002"),
            ("123", "顺丰", "SF7000000003"),
            (&a, "顺丰", "SF7000000004"),
            (&c, "飞毛腿", "SF7000000005"),
            (&c, "顺丰", "!"),
            (&d, "顺丰", "SF7000000006"),
        ]);
        let before = mall.dump().await;
        let report = mall.staff().upload("/admin/v1/ship-files/check", "file", &file).await.ok();
        assert_eq!((report["rows"].as_i64(), report["ready"].as_i64()), (Some(7), Some(2)), "{report}");
        let lines: Vec<i64> =
            report["problems"].as_array().unwrap().iter().map(|problem| problem["line"].as_i64().unwrap()).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8]);
        assert_eq!(before.difference(&mall.dump().await), [""; 0], "a check changes nothing");

        let started = mall.staff().upload("/admin/v1/ship-files", "file", &file).await.ok();
        mall.run_jobs().await;
        let ended = task(&mall.staff(), &started).await;
        assert_eq!(
            (ended["state"].as_str(), ended["ok_count"].as_i64(), ended["failed_count"].as_i64()),
            (Some("done"), Some(2), Some(5)),
            "{ended}"
        );
        let shipped = mall.staff().order(&orders[1]).await;
        assert_eq!(
            (shipped["status"].as_str(), shipped["parcels"][0]["tracking_number"].as_str()),
            (Some("shipped"), Some("ZT7000000002"))
        );
        assert_eq!(mall.staff().order(&orders[2]).await["status"], "to_ship");
        assert_eq!(mall.number("select count(*) from ship_file_row where mall_id = $1").await, 0);
        mall.staff().upload("/admin/v1/ship-files", "file", &file).await.refused("ship_file.nothing_ready");
        mall.staff()
            .upload("/admin/v1/ship-files/check", "file", "编号\n1\n".as_bytes())
            .await
            .refused("ship_file.no_column");
    });
}

#[test]
fn the_same_file_started_twice_ships_every_order_once() {
    on_both_engines(async |mall| {
        let orders = some_orders(&mall, 45).await;
        let ids: Vec<String> = orders.iter().map(|order| order.id.to_string()).collect();
        let numbers: Vec<String> = (0..45).map(|n| format!("SF80000000{n:02}")).collect();
        let rows: Vec<(&str, &str, &str)> =
            ids.iter().zip(&numbers).map(|(id, number)| (id.as_str(), "sf", number.as_str())).collect();
        let file = csv(&rows);
        let (one, other) = (mall.staff(), mall.staff());
        let (first, second) = tokio::join!(
            one.upload("/admin/v1/ship-files", "file", &file),
            other.upload("/admin/v1/ship-files", "file", &file)
        );
        let (first, second) = (first.ok(), second.ok());
        mall.run_jobs().await;
        let (first, second) = (task(&one, &first).await, task(&one, &second).await);
        let shipped = first["ok_count"].as_i64().unwrap() + second["ok_count"].as_i64().unwrap();
        let refused = first["failed_count"].as_i64().unwrap() + second["failed_count"].as_i64().unwrap();
        assert_eq!((shipped, refused), (45, 45), "{first} {second}");
        assert_eq!(mall.number("select count(*) from parcel where mall_id = $1").await, 45);
    });
}
