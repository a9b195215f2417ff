//! One member at the counter and online: the code they show, the same coupons, points and balance, the same order list, and
//! goods that come back over every way they were paid.

use crate::counter::{Till, cash, items, order_of, till};
use testkit::{MemberClient, Product, Store, TestMall, Value, hours, json, minutes, on_both_engines};

async fn code_of(ann: &MemberClient) -> String {
    shown_by(ann).await.0
}

/// The code as a text and in digits.
async fn shown_by(ann: &MemberClient) -> (String, String) {
    let shown = ann.get("/api/v1/me/member-code").await.ok();
    let text = |field: &str| shown[field].as_str().unwrap().to_owned();
    (text("code"), text("digits"))
}

struct Shop {
    store: Store,
    tea: Product,
    till: Till,
    ann: MemberClient,
}

/// Tea at 100.00 on a store's shelf, and a member with points and a balance.
async fn shop(mall: &TestMall) -> Shop {
    let owner = mall.staff();
    let store = mall.store("湖滨店").await;
    let tea = mall.product("龙井").price_fen(10_000).stock(0).create().await;
    store.receive(mall, &tea, 50).await;
    let till = till(mall, &store, 20_000).await;
    let ann = mall.member().await;
    for (account, amount) in [("points", 1_000), ("gift", 10_000)] {
        let body = json!({ "account": account, "amount": amount, "reason": "开业" });
        owner.post(&format!("/admin/v1/members/{}/adjustments", ann.id), body).await.ok();
    }
    Shop { store, tea, till, ann }
}

impl Shop {
    async fn find(&self, code: &str) -> testkit::Reply {
        self.till.clerk.post("/admin/v1/counter/members", json!({ "code": code })).await
    }

    fn sale(&self, count: i64, total: i64, tenders: Value) -> Value {
        let mut body = self.till.sale(&[(&self.tea, count)], total, tenders);
        body["member_id"] = json!(self.ann.id);
        body
    }
}

#[test]
fn a_member_is_known_by_the_code_they_show_or_by_phone() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let (code, digits) = shown_by(&shop.ann).await;
        let found = shop.find(&code).await.ok();
        assert_eq!(found["id"], shop.ann.id.to_string());
        assert_eq!(digits.len(), 30, "an even number of digits: {digits}");
        assert_eq!(shop.find(&digits).await.ok(), found);
        assert!(!found.to_string().contains(&shop.ann.phone), "the phone stays masked");
        assert_eq!(shop.find(&shop.ann.phone).await.ok()["id"], shop.ann.id.to_string());
        shop.find("13912345678").await.refused("member.not_found");
        shop.find("HM1.forged").await.refused("counter.code_forged");
        let elsewhere = mall.world.found("other").await;
        let (strange, stranger) = shown_by(&elsewhere.member().await).await;
        shop.find(&strange).await.refused("counter.code_forged");
        shop.find(&stranger).await.refused("counter.code_forged");
        mall.clock.advance(minutes(3));
        shop.find(&code).await.refused("counter.code_expired");
        shop.find(&digits).await.refused("counter.code_expired");
    });
}

#[test]
fn what_is_bought_at_the_counter_stands_in_the_members_list() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let before = shop.ann.get("/api/v1/orders").await.ok()["items"].as_array().unwrap().len();
        let body = shop.sale(1, 10_000, cash(10_000));
        let sale = shop.till.clerk.post("/admin/v1/counter/sales", body).await.ok();
        mall.run_jobs().await;
        let mine = shop.ann.get("/api/v1/orders").await.ok();
        assert_eq!(mine["items"].as_array().unwrap().len(), before + 1);
        assert_eq!(
            (&mine["items"][0]["source"], &mine["items"][0]["status"]),
            (&json!("counter"), &json!("completed"))
        );
        let detail = shop.ann.get(&format!("/api/v1/orders/{}", order_of(&sale))).await.ok();
        assert_eq!(detail["counter"]["tenders"][0]["kind"], "cash");
        assert!(detail["counter"]["clerk_name"].is_string());
        let told = shop.ann.get("/api/v1/messages").await.ok();
        assert!(told["items"].to_string().contains("门店消费") && !told["items"].to_string().contains("取货"));
        // Nobody the mall knows: no list, no points, no message.
        let walk_in = shop.till.sell(&[(&shop.tea, 1)], 10_000, cash(10_000)).await.ok();
        assert_eq!(walk_in["order"]["counter"]["is_walk_in"], true);
        assert!(walk_in["points"].is_null());
    });
}

#[test]
fn the_balance_pays_once_for_each_code_that_is_shown() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let (code, digits) = shown_by(&shop.ann).await;
        let split = |code: Option<&str>| json!([{ "kind": "balance", "amount_fen": 9_000, "member_code": code }, { "kind": "cash", "amount_fen": 1_000 }]);
        let path = "/admin/v1/counter/sales";
        shop.till.clerk.post(path, shop.sale(1, 10_000, split(None))).await.refused("request.invalid");
        let bob = mall.member().await;
        let his = code_of(&bob).await;
        shop.till.clerk.post(path, shop.sale(1, 10_000, split(Some(&his)))).await.refused("counter.code_forged");
        let sale = shop.till.clerk.post(path, shop.sale(1, 10_000, split(Some(&code)))).await.ok();
        assert_eq!(sale["state"], "paid");
        assert_eq!(shop.ann.get("/api/v1/balance").await.ok()["total_fen"], 1_000);
        // It is the same code as a text and in digits.
        for code in [&code, &digits] {
            let again = json!([{ "kind": "balance", "amount_fen": 1_000, "member_code": code },
                { "kind": "cash", "amount_fen": 9_000 }]);
            shop.till.clerk.post(path, shop.sale(1, 10_000, again)).await.refused("counter.code_used");
        }
        assert_eq!(shop.ann.get("/api/v1/balance").await.ok()["total_fen"], 1_000);
        // The return gives the balance back first, then the cash.
        let back = json!({ "shift_id": shop.till.shift, "reason": "no_reason",
            "lines": [{ "line_id": "1", "quantity": 1, "sellable_quantity": 1 }] });
        let path = format!("/admin/v1/counter/sales/{}/return", order_of(&sale));
        let returned = shop.till.clerk.post_once(&path, "back", back.clone()).await.ok();
        assert_eq!((&returned["refund_fen"], &returned["cash_fen"]), (&json!(10_000), &json!(1_000)));
        shop.till.clerk.post_once(&path, "back", back).await.ok();
        assert_eq!(shop.ann.get("/api/v1/balance").await.ok()["total_fen"], 10_000);
        assert_eq!(mall.stock_at(&shop.tea, shop.store.location_id).await, (50, 0));
        let sums = shop.till.sums().await;
        assert_eq!((&sums["cash_sales_fen"], &sums["cash_refunds_fen"]), (&json!(1_000), &json!(-1_000)));
        mall.run_jobs().await;
    });
}

#[test]
fn pieces_come_back_exactly_and_only_while_they_are_there() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let code = json!([{ "kind": "cash", "amount_fen": 12_345 },
            { "kind": "code", "amount_fen": 17_655, "auth_code": "130000000000000000" }]);
        let sale = shop.till.sell(&[(&shop.tea, 3)], 30_000, code).await.ok();
        let path = format!("/admin/v1/counter/sales/{}/return", order_of(&sale));
        let options = shop.till.clerk.get(&path).await.ok();
        assert_eq!(options["lines"][0]["amounts_fen"], json!([10_000, 20_000, 30_000]));
        let back = |quantity: i64, sellable: i64| {
            json!({ "shift_id": shop.till.shift, "reason": "no_reason", "note": "不合适",
                "lines": [{ "line_id": "1", "quantity": quantity, "sellable_quantity": sellable }] })
        };
        let first = shop.till.clerk.post(&path, back(2, 1)).await.ok();
        let by: Vec<(String, i64)> = first["refunds"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["channel"].as_str().unwrap().to_owned(), one["amount_fen"].as_i64().unwrap()))
            .collect();
        assert_eq!(by.iter().map(|one| one.1).sum::<i64>(), 20_000);
        assert!(by.contains(&("wechat".into(), 17_655)) && by.contains(&("cash".into(), 2_345)), "{by:?}");
        assert_eq!(mall.stock_at(&shop.tea, shop.store.location_id).await, (48, 0), "one was not fit for sale");
        shop.till.clerk.post(&path, back(2, 2)).await.refused("after_sale.too_many");
        let rest = shop.till.clerk.post(&path, back(1, 1)).await.ok();
        assert_eq!((&rest["refund_fen"], &rest["cash_fen"]), (&json!(10_000), &json!(10_000)));
        mall.run_jobs().await;
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        mall.run_jobs().await;
        assert_eq!(mall.wechat.balance().0, 0);
        assert_eq!(shop.till.sums().await["expected_fen"], 20_000);
        // After the window nothing is taken back without a reason.
        let old = shop.till.sell(&[(&shop.tea, 1)], 10_000, cash(10_000)).await.ok();
        mall.clock.advance(hours(24 * 9));
        let owner = mall.staff_again().await;
        let shift = owner.post("/admin/v1/counter/shifts", json!({ "store_id": shop.store.id, "float_fen": 50_000 }));
        let late = json!({ "shift_id": shift.await.ok()["id"], "reason": "no_reason",
            "lines": [{ "line_id": "1", "quantity": 1, "sellable_quantity": 1 }] });
        let path = format!("/admin/v1/counter/sales/{}/return", order_of(&old));
        owner.post(&path, late).await.status(409);
    });
}

#[test]
fn without_a_receipt_at_most_todays_price_is_paid() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let body = |amount: i64| {
            json!({ "shift_id": shop.till.shift, "amount_fen": amount, "note": "小票丢了，认得出是本店的茶",
                "lines": [{ "sku_id": shop.tea.sku().id, "quantity": 2, "sellable_quantity": 1 }] })
        };
        let path = "/admin/v1/counter/open-returns";
        shop.till.clerk.post(path, body(5_000)).await.refused("staff.not_allowed");
        let permissions = ["counter.sell", "counter.open_return", "counter.settle"];
        let head = mall.staff_with(&permissions, Some(&shop.store)).await;
        let open = json!({ "store_id": shop.store.id, "float_fen": 15_000 });
        let shift = head.post("/admin/v1/counter/shifts", open).await.ok()["id"].clone();
        let of_head = |amount: i64| {
            let mut body = body(amount);
            body["shift_id"] = shift.clone();
            body
        };
        assert_eq!(head.post(path, of_head(20_001)).await.refused("request.invalid")["field"], "amount_fen");
        head.post(path, of_head(18_000)).await.refused("counter.drawer_short");
        head.post_once(path, "once", of_head(9_000)).await.ok();
        head.post_once(path, "once", of_head(9_000)).await.ok();
        assert_eq!(mall.stock_at(&shop.tea, shop.store.location_id).await, (51, 0));
        let day = head.get(&format!("/admin/v1/counter/settlement?store_id={}", shop.store.id)).await.ok();
        assert_eq!((&day["open_returns_fen"], &day["sold_fen"]), (&json!(9_000), &json!(0)));
        assert_eq!(day["open_returns"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_basket_put_aside_is_taken_up_once_by_anybody_of_the_store() {
    on_both_engines(async |mall| {
        let shop = shop(&mall).await;
        let basket = json!({ "items": items(&[(&shop.tea, 2)]), "member_id": shop.ann.id });
        let body = json!({ "store_id": shop.store.id, "label": "红帽子", "basket": basket });
        let held = shop.till.clerk.post("/admin/v1/counter/held-sales", body).await.ok();
        let beside = till(&mall, &shop.store, 0).await;
        let list = beside.clerk.get(&format!("/admin/v1/counter/held-sales?store_id={}", shop.store.id)).await.ok();
        assert_eq!((&list[0]["label"], &list[0]["quantity"]), (&json!("红帽子"), &json!(2)));
        let path = format!("/admin/v1/counter/held-sales/{}/take", held["id"].as_str().unwrap());
        let elsewhere = mall.store("城西店").await;
        let stranger = till(&mall, &elsewhere, 0).await;
        stranger.clerk.post(&path, json!({})).await.refused("counter.no_such_held");
        let (one, two) = tokio::join!(shop.till.clerk.post(&path, json!({})), beside.clerk.post(&path, json!({})));
        let (won, lost) = if one.status.is_success() { (one, two) } else { (two, one) };
        let taken = won.ok();
        assert_eq!((&taken["lines"][0]["quantity"], &taken["member"]["id"]), (&json!(2), &json!(shop.ann.id)));
        lost.refused("counter.no_such_held");
    });
}
