//! The counter: shifts, sales, many ways of paying at once, payment codes that do not answer, and two clerks at one shelf.

use crate::contract::Ids;
use crate::counter_settled::today;
use crate::furnished::Furnished;
use testkit::{
    Call, MemberClient, Product, Reply, StaffClient, Store, TestMall, Trouble, Value, json, minutes, on_both_engines,
    seconds,
};

/// A shift of the owner's with a sale in it.
pub async fn furnish(mall: &TestMall, product: &Product, store: &Store) -> Ids {
    store.receive(mall, product, 10).await;
    let body = json!({ "store_id": store.id, "float_fen": 10_000 });
    let shift = mall.staff().post("/admin/v1/counter/shifts", body).await.ok();
    let till = Till { store: store.clone(), clerk: mall.staff(), shift: shift["id"].clone() };
    let sale = till.sell_for(product, "cash").await;
    Ids::from([("shift", shift["id"].as_str().unwrap().to_owned()), ("sale", order_of(&sale))])
}

/// The counter's part of the walk over every write of the back office.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let till = Till { store: f.store.clone(), clerk: mall.staff(), shift: json!(f.ids["shift"]) };
    let tea = mall.product("柜台茶").price_fen(1_000).stock(0).create().await;
    f.store.receive(mall, &tea, 10).await;
    let (waiting, given_up) = (till.sell_for(&tea, "code").await, till.sell_for(&tea, "code").await);
    let total = till.quote(&[(&tea, 1)], None, json!({})).await["total_fen"].as_i64().unwrap();
    let (elsewhere, quiet) = (mall.store("柜台店").await, mall.store("歇业日的店").await);
    let held = json!({ "store_id": f.store.id, "label": "红帽子", "basket": { "items": items(&[(&tea, 1)]) } });
    let aside = mall.staff().post("/admin/v1/counter/held-sales", held.clone()).await.ok();
    let of_shift = |verb: &str| format!("/admin/v1/counter/shifts/{}/{verb}", f.ids["shift"]);
    let of_sale = |sale: &Value, verb: &str| format!("/admin/v1/counter/sales/{}/{verb}", order_of(sale));
    vec![
        (
            "POST /admin/v1/counter/shifts",
            "/admin/v1/counter/shifts".into(),
            json!({ "store_id": elsewhere.id, "float_fen": 0 }),
        ),
        ("POST /admin/v1/counter/shifts/{id}/cash", of_shift("cash"), json!({ "amount_fen": 100, "note": "零钱" })),
        ("POST /admin/v1/counter/sales", "/admin/v1/counter/sales".into(), till.sale(&[(&tea, 1)], total, cash(total))),
        (
            "POST /admin/v1/counter/sales/{id}/code",
            of_sale(&waiting, "code"),
            json!({ "auth_code": "130000000000000000" }),
        ),
        (
            "POST /admin/v1/counter/sales/{id}/return",
            of_sale(&waiting, "return").replace(&order_of(&waiting), &f.ids["sale"]),
            json!({ "shift_id": f.ids["shift"], "reason": "no_reason",
                "lines": [{ "line_id": "1", "quantity": 1, "sellable_quantity": 1 }] }),
        ),
        (
            "POST /admin/v1/counter/open-returns",
            "/admin/v1/counter/open-returns".into(),
            json!({ "shift_id": f.ids["shift"], "amount_fen": 1_00, "note": "老顾客",
                "lines": [{ "sku_id": tea.sku().id, "quantity": 1, "sellable_quantity": 1 }] }),
        ),
        ("POST /admin/v1/counter/held-sales", "/admin/v1/counter/held-sales".into(), held.clone()),
        (
            "POST /admin/v1/counter/held-sales/{id}/take",
            format!("/admin/v1/counter/held-sales/{}/take", aside["id"].as_str().unwrap()),
            json!({}),
        ),
        ("POST /admin/v1/counter/sales/{id}/cancel", of_sale(&given_up, "cancel"), json!({})),
        ("POST /admin/v1/counter/shifts/{id}/close", of_shift("close"), json!({ "counted_fen": 1, "note": "点过了" })),
        (
            "POST /admin/v1/counter/days",
            "/admin/v1/counter/days".into(),
            json!({ "store_id": quiet.id, "day": today(mall), "seen_sold_fen": 0, "seen_returned_fen": 0,
                "banked_fen": 0 }),
        ),
        (
            "POST /admin/v1/counter/days/reopen",
            "/admin/v1/counter/days/reopen".into(),
            json!({ "store_id": quiet.id, "day": today(mall), "reason": "忘了一笔" }),
        ),
    ]
}

/// A clerk with an open shift at a store with a stocked shelf.
pub struct Till {
    pub store: Store,
    pub clerk: StaffClient,
    pub shift: Value,
}

pub const CLERK: [&str; 3] = ["order.view", "counter.sell", "product.view"];

pub async fn till(mall: &TestMall, store: &Store, float_fen: i64) -> Till {
    let clerk = mall.staff_with(&CLERK, Some(store)).await;
    let body = json!({ "store_id": store.id, "float_fen": float_fen });
    let shift = clerk.post("/admin/v1/counter/shifts", body).await.ok();
    Till { store: store.clone(), clerk, shift: shift["id"].clone() }
}

pub fn items(goods: &[(&Product, i64)]) -> Value {
    goods.iter().map(|(product, quantity)| json!({ "sku_id": product.sku().id, "quantity": quantity })).collect()
}

impl Till {
    pub async fn quote(&self, goods: &[(&Product, i64)], member: Option<&MemberClient>, choices: Value) -> Value {
        let body = json!({ "store_id": self.store.id, "items": items(goods), "member_id": member.map(|m| m.id),
            "choices": choices });
        self.clerk.post("/admin/v1/counter/quote", body).await.ok()
    }

    pub fn sale(&self, goods: &[(&Product, i64)], total: i64, tenders: Value) -> Value {
        json!({ "shift_id": self.shift, "items": items(goods), "expected_total_fen": total, "tenders": tenders })
    }

    pub async fn sell(&self, goods: &[(&Product, i64)], total: i64, tenders: Value) -> Reply {
        self.clerk.post("/admin/v1/counter/sales", self.sale(goods, total, tenders)).await
    }

    /// Sells one piece at what it costs, in cash or by a code that waits.
    async fn sell_for(&self, product: &Product, kind: &str) -> Value {
        let total = self.quote(&[(product, 1)], None, json!({})).await["total_fen"].as_i64().unwrap();
        let tender = match kind {
            "code" => json!([{ "kind": "code", "amount_fen": total, "auth_code": "130000000000000001" }]),
            _ => cash(total),
        };
        self.sell(&[(product, 1)], total, tender).await.ok()
    }

    pub async fn show(&self, sale: &Value) -> Value {
        self.clerk.get(&format!("/admin/v1/counter/sales/{}", order_of(sale))).await.ok()
    }

    pub async fn close(&self, counted_fen: i64, note: Option<&str>) -> Reply {
        let path = format!("/admin/v1/counter/shifts/{}/close", self.shift.as_str().unwrap());
        self.clerk.post(&path, json!({ "counted_fen": counted_fen, "note": note })).await
    }

    pub async fn sums(&self) -> Value {
        self.clerk.get(&format!("/admin/v1/counter/shifts/{}", self.shift.as_str().unwrap())).await.ok()
    }
}

pub fn order_of(sale: &Value) -> String {
    sale["order"]["id"].as_str().unwrap().to_owned()
}

pub fn cash(amount_fen: i64) -> Value {
    json!([{ "kind": "cash", "amount_fen": amount_fen }])
}

/// A store with tea at 10.00 and cups at 25.50 on its shelf.
async fn shelf(mall: &TestMall) -> (Store, Product, Product) {
    let store = mall.store("湖滨店").await;
    let tea = mall.product("龙井").price_fen(1_000).stock(0).create().await;
    let cup = mall.product("茶杯").price_fen(2_550).stock(0).create().await;
    store.receive(mall, &tea, 20).await;
    store.receive(mall, &cup, 20).await;
    (store, tea, cup)
}

#[test]
fn a_cash_sale_takes_the_shelf_and_fills_the_drawer() {
    on_both_engines(async |mall| {
        let (store, tea, cup) = shelf(&mall).await;
        let till = till(&mall, &store, 10_000).await;
        let goods = [(&tea, 2), (&cup, 1)];
        assert_eq!(till.quote(&goods, None, json!({})).await["total_fen"], 4_550);
        let paid = json!([{ "kind": "cash", "amount_fen": 4_550, "tendered_fen": 5_000 }]);
        let sale = till.sell(&goods, 4_550, paid).await.ok();
        assert_eq!((&sale["state"], &sale["order"]["status"]), (&json!("paid"), &json!("completed")));
        assert_eq!(sale["order"]["counter"]["change_fen"], 450);
        assert_eq!(sale["order"]["source"], "counter");
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (18, 0));
        assert_eq!(mall.stock_at(&cup, store.location_id).await, (19, 0));
        let sums = till.sums().await;
        assert_eq!((&sums["cash_sales_fen"], &sums["expected_fen"]), (&json!(4_550), &json!(14_550)));
        // What differs needs a word.
        assert_eq!(till.close(14_500, None).await.refused("request.invalid")["field"], "note");
        let closed = till.close(14_500, Some("少收 5 角")).await.ok();
        assert_eq!((&closed["difference_fen"], &closed["counted_fen"]), (&json!(-50), &json!(14_500)));
        till.sell(&[(&tea, 1)], 1_000, cash(1_000)).await.refused("counter.shift_closed");
        mall.run_jobs().await;
    });
}

#[test]
fn a_clerk_has_one_shift_at_a_store_and_only_there() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let first = till(&mall, &store, 0).await;
        let open = json!({ "store_id": store.id, "float_fen": 0 });
        first.clerk.post("/admin/v1/counter/shifts", open.clone()).await.refused("counter.shift_open");
        let elsewhere = mall.store("城西店").await;
        let stranger = json!({ "store_id": elsewhere.id, "float_fen": 0 });
        first.clerk.post("/admin/v1/counter/shifts", stranger).await.refused("counter.other_store");
        let second = till(&mall, &store, 0).await;
        let theirs = json!({ "shift_id": first.shift, "items": items(&[(&tea, 1)]), "expected_total_fen": 1_000,
            "tenders": cash(1_000) });
        second.clerk.post("/admin/v1/counter/sales", theirs).await.refused("counter.other_clerk");
        second.sell(&[(&tea, 1)], 1_000, cash(999)).await.refused("request.invalid");
        second.sell(&[(&tea, 1)], 900, cash(900)).await.refused("order.price_changed");
        first.close(0, None).await.ok();
        first.clerk.post("/admin/v1/counter/shifts", open).await.ok();
    });
}

#[test]
fn cash_goes_in_and_out_of_the_drawer_with_a_word() {
    on_both_engines(async |mall| {
        let (store, _, _) = shelf(&mall).await;
        let till = till(&mall, &store, 5_000).await;
        let path = format!("/admin/v1/counter/shifts/{}/cash", till.shift.as_str().unwrap());
        let moved = |amount: i64| json!({ "amount_fen": amount, "note": "存银行" });
        till.clerk.post(&path, moved(-6_000)).await.refused("counter.drawer_short");
        till.clerk.post_once(&path, "to-the-bank", moved(-4_000)).await.ok();
        till.clerk.post_once(&path, "to-the-bank", moved(-4_000)).await.ok();
        let sums = till.clerk.post(&path, moved(1_500)).await.ok();
        assert_eq!((&sums["paid_out_fen"], &sums["paid_in_fen"]), (&json!(-4_000), &json!(1_500)));
        assert_eq!(sums["expected_fen"], 2_500);
        till.close(2_500, None).await.ok();
    });
}

#[test]
fn a_sale_sent_twice_is_one() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let till = till(&mall, &store, 0).await;
        let body = till.sale(&[(&tea, 3)], 3_000, cash(3_000));
        let path = "/admin/v1/counter/sales";
        let (one, two) = tokio::join!(
            till.clerk.post_once(path, "the-same", body.clone()),
            till.clerk.post_once(path, "the-same", body.clone())
        );
        assert_eq!(order_of(&one.ok()), order_of(&two.ok()));
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (17, 0));
        assert_eq!(till.sums().await["cash_sales_fen"], 3_000);
        let other = till.sale(&[(&tea, 1)], 1_000, cash(1_000));
        till.clerk.post_once(path, "the-same", other).await.refused("idempotency.mismatch");
    });
}

#[test]
fn of_two_clerks_one_gets_the_last_piece() {
    on_both_engines(async |mall| {
        let store = mall.store("湖滨店").await;
        let last = mall.product("孤品").price_fen(9_900).stock(0).create().await;
        store.receive(&mall, &last, 1).await;
        let (first, second) = (till(&mall, &store, 0).await, till(&mall, &store, 0).await);
        let goods = [(&last, 1)];
        let (one, two) = tokio::join!(first.sell(&goods, 9_900, cash(9_900)), second.sell(&goods, 9_900, cash(9_900)));
        let (won, lost) = if one.code().is_empty() { (one, two) } else { (two, one) };
        won.ok();
        lost.refused("inventory.sold_out");
        let drawers = [first.sums().await["expected_fen"].clone(), second.sums().await["expected_fen"].clone()];
        assert!(drawers.contains(&json!(9_900)) && drawers.contains(&json!(0)), "{drawers:?}");
        assert_eq!(mall.stock_at(&last, store.location_id).await, (0, 0));
    });
}

#[test]
fn a_payment_code_pays_at_once_or_when_the_customer_confirms() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let till = till(&mall, &store, 0).await;
        let code = |code: &str| json!([{ "kind": "code", "amount_fen": 1_000, "auth_code": code }]);
        let at_once = till.sell(&[(&tea, 1)], 1_000, code("130000000000000000")).await.ok();
        assert_eq!(at_once["state"], "paid");
        let asked = till.sell(&[(&tea, 1)], 1_000, code("130000000000000001")).await.ok();
        assert_eq!((&asked["state"], &asked["order"]["status"]), (&json!("waiting"), &json!("unpaid")));
        till.close(0, None).await.refused("counter.sale_waiting");
        let number = asked["order"]["payments"][0]["id"].as_str().unwrap().to_owned();
        drop(mall.wechat.pay(&number));
        mall.clock.advance(seconds(3));
        assert_eq!(till.show(&asked).await["state"], "paid");
        till.sell(&[(&tea, 1)], 1_000, code("280000000000000000")).await.refused("request.invalid");
        till.close(0, None).await.ok();
        mall.run_jobs().await;
    });
}

#[test]
fn a_code_that_is_refused_makes_room_for_another() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let till = till(&mall, &store, 0).await;
        let split = json!([{ "kind": "cash", "amount_fen": 400 },
            { "kind": "code", "amount_fen": 600, "auth_code": "130000000000000002" }]);
        let refused = till.sell(&[(&tea, 1)], 1_000, split).await.ok();
        assert_eq!(refused["state"], "waiting");
        assert!(refused["refused"].as_str().unwrap().contains("余额不足"));
        assert_eq!(till.sums().await["cash_sales_fen"], 0, "no cash before the sale is paid");
        let path = format!("/admin/v1/counter/sales/{}/code", order_of(&refused));
        // The customer declines on the phone; the next code pays.
        let asked = till.clerk.post(&path, json!({ "auth_code": "130000000000000011" })).await.ok();
        let payments = asked["order"]["payments"].as_array().unwrap();
        let number = payments.last().unwrap()["id"].as_str().unwrap();
        mall.wechat.decline(number);
        mall.clock.advance(seconds(3));
        assert!(till.show(&refused).await["refused"].as_str().unwrap().contains("没有完成"));
        let paid = till.clerk.post(&path, json!({ "auth_code": "130000000000000010" })).await.ok();
        assert_eq!(paid["state"], "paid");
        let tenders = paid["order"]["counter"]["tenders"].as_array().unwrap();
        let parts: Vec<i64> = tenders.iter().map(|tender| tender["amount_fen"].as_i64().unwrap()).collect();
        assert_eq!(parts, [400, 600]);
        assert_eq!(till.sums().await["cash_sales_fen"], 400);
        mall.run_jobs().await;
    });
}

#[test]
fn a_charge_that_is_not_answered_is_asked_about_and_counts_once() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let till = till(&mall, &store, 0).await;
        mall.wechat.trouble(Call::PayByCode, Trouble::LoseAnswer);
        let code = json!([{ "kind": "code", "amount_fen": 1_000, "auth_code": "130000000000000000" }]);
        let body = till.sale(&[(&tea, 1)], 1_000, code);
        let doubtful = till.clerk.post_once("/admin/v1/counter/sales", "once", body.clone()).await.ok();
        assert_eq!(doubtful["state"], "waiting");
        mall.clock.advance(seconds(3));
        assert_eq!(till.show(&doubtful).await["state"], "paid");
        // The page sends it again: it is told how the sale stands.
        let again = till.clerk.post_once("/admin/v1/counter/sales", "once", body).await.ok();
        assert_eq!((order_of(&again), &again["state"]), (order_of(&doubtful), &json!("paid")));
        assert_eq!(mall.wechat.balance().0, 1_000);
        mall.run_jobs().await;
    });
}

#[test]
fn a_sale_that_is_given_up_leaves_nothing_behind() {
    on_both_engines(async |mall| {
        let (store, tea, _) = shelf(&mall).await;
        let till = till(&mall, &store, 0).await;
        let code = json!([{ "kind": "cash", "amount_fen": 300 },
            { "kind": "code", "amount_fen": 700, "auth_code": "130000000000000001" }]);
        let asked = till.sell(&[(&tea, 1)], 1_000, code.clone()).await.ok();
        let cancel = format!("/admin/v1/counter/sales/{}/cancel", order_of(&asked));
        let cancelled = till.clerk.post(&cancel, json!({})).await.ok();
        assert_eq!((&cancelled["state"], &cancelled["order"]["status"]), (&json!("cancelled"), &json!("closed")));
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (20, 0));
        // One that was paid in the last moment is a sale.
        let paid = till.sell(&[(&tea, 1)], 1_000, code.clone()).await.ok();
        let payments = paid["order"]["payments"].as_array().unwrap();
        drop(mall.wechat.pay(payments.last().unwrap()["id"].as_str().unwrap()));
        let cancel = format!("/admin/v1/counter/sales/{}/cancel", order_of(&paid));
        assert_eq!(till.clerk.post(&cancel, json!({})).await.ok()["state"], "paid");
        // Nobody presses anything: the clock cancels it.
        let left = till.sell(&[(&tea, 1)], 1_000, code).await.ok();
        mall.clock.advance(minutes(4));
        mall.run_jobs().await;
        assert_eq!(till.show(&left).await["state"], "cancelled");
        assert_eq!(mall.stock_at(&tea, store.location_id).await, (19, 0));
        assert_eq!(mall.wechat.balance().0, 700);
        till.close(300, None).await.ok();
    });
}
