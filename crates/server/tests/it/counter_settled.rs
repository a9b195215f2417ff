//! A store's day that is closed: what it needs, what it keeps, and two people at once.

use crate::counter::{CLERK, Till, cash, order_of, till};
use testkit::{Reply, StaffClient, Store, TestMall, Value, days, hours, json, on_both_engines};
use tokio::task::JoinSet;

/// Today in the mall's calendar.
pub fn today(mall: &TestMall) -> String {
    mall.clock_now().date_at_offset(hours(8))
}

async fn shown(manager: &StaffClient, store: &Store, day: &str) -> Value {
    manager.get(&format!("/admin/v1/counter/settlement?store_id={}&day={day}", store.id)).await.ok()
}

async fn close(manager: &StaffClient, store: &Store, seen: &Value, banked_fen: i64) -> Reply {
    let body = json!({ "store_id": store.id, "day": seen["day"], "seen_sold_fen": seen["sold_fen"],
        "seen_returned_fen": seen["returned_fen"], "banked_fen": banked_fen, "note": "袋子 12 号" });
    manager.post("/admin/v1/counter/days", body).await
}

async fn open(till: &Till) -> Reply {
    till.clerk.post("/admin/v1/counter/shifts", json!({ "store_id": till.store.id, "float_fen": 0 })).await
}

#[test]
fn a_closed_day_keeps_its_sums_and_takes_no_shift() {
    on_both_engines(async |mall| {
        let (store, other) = (mall.store("湖滨店").await, mall.store("武林店").await);
        let tea = mall.product("龙井").price_fen(6_605).stock(0).create().await;
        store.receive(&mall, &tea, 10).await;
        let till = till(&mall, &store, 10_000).await;
        let manager = mall.staff_with(&["counter.settle", "order.view"], Some(&store)).await;
        let day = today(&mall);
        till.sell(&[(&tea, 2)], 13_210, cash(13_210)).await.ok();

        let seen = shown(&manager, &store, &day).await;
        assert_eq!(seen["sold_fen"], 13_210);
        close(&manager, &store, &seen, 0).await.refused("counter.shift_open");
        let code = json!([{ "kind": "code", "amount_fen": 6_605, "auth_code": "130000000000000000" }]);
        let sold = till.sell(&[(&tea, 1)], 6_605, code).await.ok();
        let back = json!({ "shift_id": till.shift, "reason": "no_reason",
            "lines": [{ "line_id": sold["order"]["lines"][0]["id"], "quantity": 1, "sellable_quantity": 1 }] });
        till.clerk.post(&format!("/admin/v1/counter/sales/{}/return", order_of(&sold)), back).await.ok();
        till.close(23_195, Some("少了 15 分")).await.ok();
        close(&manager, &store, &seen, 0).await.refused("counter.day_changed");
        let seen = shown(&manager, &store, &day).await;
        close(&manager, &store, &seen, 23_196).await.refused("request.invalid");
        close(&manager, &other, &seen, 0).await.refused("counter.other_store");
        till.clerk.get(&format!("/admin/v1/counter/days?store_id={}", store.id)).await.status(403);
        let closed = close(&manager, &store, &seen, 20_000).await.ok()["closed"].clone();
        let kept = |name: &str| closed[name].as_i64().unwrap();
        assert_eq!((kept("sold_fen"), kept("counted_fen"), kept("difference_fen")), (19_815, 23_195, -15));
        assert_eq!((kept("banked_fen"), closed["note"].as_str()), (20_000, Some("袋子 12 号")));
        close(&manager, &store, &seen, 0).await.refused("counter.day_closed");
        open(&till).await.refused("counter.day_closed");

        // The channel gives back what was asked of it before: that is seen beside what was kept.
        mall.run_jobs().await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        let after = shown(&manager, &store, &day).await;
        assert_eq!((&after["returned_fen"], &after["closed"]["returned_fen"]), (&json!(6_605), &json!(0)));

        let again = json!({ "store_id": store.id, "day": day, "reason": "还有一笔要补" });
        manager.post("/admin/v1/counter/days/reopen", again.clone()).await.ok();
        manager.post("/admin/v1/counter/days/reopen", again).await.refused("counter.day_open");
        close(&manager, &store, &after, 0).await.ok();
        let future = json!({ "day": "2099-01-01", "sold_fen": 0, "returned_fen": 0 });
        close(&manager, &store, &future, 0).await.refused("request.invalid");

        // Tomorrow is another day; the list begins with the newest.
        mall.clock.advance(days(1));
        let owner = mall.staff_again().await;
        let float = json!({ "store_id": store.id, "float_fen": 0 });
        owner.post("/admin/v1/counter/shifts", float).await.ok();
        let list = owner.get(&format!("/admin/v1/counter/days?store_id={}", store.id)).await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        assert_eq!(list["items"][0]["returned_fen"], 6_605);
    });
}

#[test]
fn a_shift_and_the_end_of_the_day_do_not_overlook_each_other() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let manager = mall.staff_with(&["counter.settle"], Some(&store)).await;
        let mut clerks = Vec::new();
        for _ in 0..6 {
            clerks.push(mall.staff_with(&CLERK, Some(&store)).await);
        }
        let day = today(&mall);
        for _ in 0..5 {
            let seen = shown(&manager, &store, &day).await;
            let mut all = JoinSet::new();
            for clerk in &clerks {
                let (clerk, store) = (clerk.clone(), store.clone());
                all.spawn(async move {
                    let body = json!({ "store_id": store.id, "float_fen": 0 });
                    let opened = clerk.post("/admin/v1/counter/shifts", body).await;
                    (false, opened.status == 200)
                });
            }
            let (ending, at, seen) = (manager.clone(), store.clone(), seen.clone());
            all.spawn(async move { (true, close(&ending, &at, &seen, 0).await.status == 200) });
            let done = all.join_all().await;
            let closed = done.iter().any(|(is_end, worked)| *is_end && *worked);
            let opened = done.iter().filter(|(is_end, worked)| !*is_end && *worked).count();
            assert!(!closed || opened == 0, "a day was closed over {opened} open shifts");
            if closed {
                let again = json!({ "store_id": store.id, "day": day, "reason": "再来一次" });
                manager.post("/admin/v1/counter/days/reopen", again).await.ok();
            }
            for clerk in &clerks {
                for shift in clerk.get("/admin/v1/counter/my-shifts").await.ok().as_array().unwrap() {
                    let path = format!("/admin/v1/counter/shifts/{}/close", shift["id"].as_str().unwrap());
                    clerk.post(&path, json!({ "counted_fen": 0 })).await.ok();
                }
            }
        }
    });
}
