//! At the counter: codes that prove themselves, hand-overs in part, taking back, and many clerks at once on two nodes.

use crate::contract::Ids;
use crate::furnished::Furnished;
use testkit::{MemberClient, Product};
use testkit::{Order, Reply, StaffClient, Store, TestMall, Value, hours, json, minutes, on_both_engines, seconds};
use tokio::task::JoinSet;

/// An order that was fetched a moment ago, so that it can be taken back.
pub async fn furnish(mall: &TestMall, member: &MemberClient, product: &Product, store: &Store) -> Ids {
    let order = member.place_pickup(store, &[(product, 1)]).await.ok();
    member.pay(&order).await;
    let code = member.order(&order).await["pickup"]["code"].as_str().unwrap().to_owned();
    let done = mall.staff().redeem(&code).await.ok();
    Ids::from([("redemption", done["redemption"]["id"].as_str().unwrap().to_owned())])
}

/// The counter's part of the walk over every write of the back office.
pub async fn writes(mall: &TestMall, f: &Furnished) -> Vec<(&'static str, String, Value)> {
    let laid_out = f.member.place_pickup(&f.store, &[(&f.product, 1)]).await.ok();
    mall.staff().pay_offline(&laid_out).await.ok();
    mall.staff().mark_ready(&laid_out).await.ok();
    let (undo, store) = (&f.ids["redemption"], f.store.id);
    vec![
        ("POST /admin/v1/orders/{id}/call", format!("/admin/v1/orders/{}/call", laid_out.id), json!({})),
        (
            "POST /admin/v1/redemptions/{id}/undo",
            format!("/admin/v1/redemptions/{undo}/undo"),
            json!({ "reason": "拿错了" }),
        ),
        (
            "PUT /admin/v1/stores/{id}/pickup-rule",
            format!("/admin/v1/stores/{store}/pickup-rule"),
            json!({ "rule": null }),
        ),
    ]
}

struct Counter {
    store: Store,
    clerk: StaffClient,
    ann: MemberClient,
    order: Order,
}

/// A paid order of three pieces that waits at a store.
async fn counter(mall: &TestMall) -> Counter {
    let tea = mall.product("龙井").price_fen(1_000).stock(0).create().await;
    let store = mall.store("西湖店").await;
    store.receive(mall, &tea, 50).await;
    let (clerk, ann) = (mall.clerk(&store).await, mall.member().await);
    let order = ann.place_pickup(&store, &[(&tea, 3)]).await.ok();
    ann.pay(&order).await;
    Counter { store, clerk, ann, order }
}

impl Counter {
    async fn pass(&self) -> Value {
        self.ann.get(&format!("/api/v1/orders/{}/pickup-pass", self.order.id)).await.ok()
    }
    async fn text(&self) -> String {
        self.pass().await["pass"].as_str().unwrap().to_owned()
    }
    async fn redeem(&self, body: Value) -> Reply {
        self.clerk.post("/admin/v1/redeem", body).await
    }
    async fn undo(&self, redemption: &Value, reason: &str) -> Reply {
        let id = redemption["redemption"]["id"].as_str().unwrap();
        self.clerk.post(&format!("/admin/v1/redemptions/{id}/undo"), json!({ "reason": reason })).await
    }
}

/// `(line, pieces)` as a request writes them.
fn pieces_of(pieces: &[(i64, i64)]) -> Value {
    pieces.iter().map(|(line, quantity)| json!({ "line_id": line.to_string(), "quantity": quantity })).collect()
}

fn part(code: &str, quantity: i64) -> Value {
    json!({ "code": code, "pieces": pieces_of(&[(1, quantity)]) })
}

#[test]
fn part_is_handed_over_taken_back_and_then_all_of_it() {
    on_both_engines(async |mall| {
        let c = counter(&mall).await;
        let pass = c.pass().await;
        assert_eq!((pass["quantity"].as_i64(), pass["handed_quantity"].as_i64()), (Some(3), Some(0)));
        let code = c.text().await;
        let seen = c.clerk.preview_redeem(&code).await.ok();
        assert_eq!((seen["handed_quantity"].as_i64(), &seen["problem"]), (Some(0), &Value::Null));

        let first = c.redeem(part(&code, 2)).await.ok();
        assert_eq!((first["status"].as_str(), first["left_quantity"].as_i64()), (Some("to_pick_up"), Some(1)));
        assert_eq!(first["redemption"]["proof"], "scanned");
        assert_eq!(c.pass().await["handed_quantity"], 2);
        c.redeem(part(&code, 2)).await.refused("redemption.too_many");

        let back = c.undo(&first, "拿错了").await.ok();
        assert_eq!(back["undo_reason"], "拿错了");
        c.undo(&first, "再来一次").await.refused("redemption.already_undone");
        assert_eq!(c.pass().await["handed_quantity"], 0);

        let digits = c.pass().await["code"].as_str().unwrap().to_owned();
        let all = c.clerk.redeem(&digits).await.ok();
        assert_eq!((all["status"].as_str(), all["redemption"]["proof"].as_str()), (Some("completed"), Some("typed")));
        let late = c.clerk.redeem(&digits).await.refused("pickup.already_redeemed");
        assert!(late["details"]["by"].is_string() && late["details"]["at"].is_string());
        let detail = c.ann.order(&c.order).await;
        assert!(detail["pickup"]["redeemed_at"].is_string() && detail["completed_at"].is_string());

        // All of it was a mistake as well: the order waits again, and the code works again.
        c.undo(&all, "顾客先不取").await.ok();
        let detail = c.ann.order(&c.order).await;
        assert_eq!((detail["status"].as_str(), &detail["completed_at"]), (Some("to_pick_up"), &Value::Null));
        assert!(detail["pickup"]["redeemed_at"].is_null());
        assert_eq!(c.clerk.redeem(&digits).await.ok()["status"], "completed");
        let list = c.clerk.get("/admin/v1/redemptions").await.ok();
        assert_eq!(list["items"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn a_signed_code_is_good_for_two_minutes_in_its_mall_and_its_store() {
    on_both_engines(async |mall| {
        let c = counter(&mall).await;
        let code = c.text().await;
        let other = mall.world.found("other").await;
        other.staff().preview_redeem(&code).await.refused("redemption.pass_forged");
        let east = mall.store("钱江店").await;
        mall.clerk(&east).await.redeem(&code).await.refused("order.other_store");
        let mut forged = code.clone();
        forged.replace_range(20..21, if &code[20..21] == "A" { "B" } else { "A" });
        c.clerk.redeem(&forged).await.refused("redemption.pass_forged");

        let scanned_at = mall.clock_now();
        mall.clock.advance(minutes(4));
        c.clerk.redeem(&code).await.refused("redemption.pass_expired");
        // A page without a network scanned it in time and tells it now; a page that scanned it too late does not get through.
        let told = |handed_at| json!({ "code": code, "handed_at": handed_at, "key": "page-0001" });
        c.redeem(told(scanned_at + minutes(4))).await.refused("redemption.pass_expired");
        c.redeem(told(scanned_at - hours(30))).await.refused("redemption.told_too_late");
        let done = c.redeem(told(scanned_at + seconds(5))).await.ok();
        assert_eq!(
            (done["status"].as_str(), done["redemption"]["proof"].as_str()),
            (Some("completed"), Some("offline"))
        );
        assert_eq!(done["redemption"]["handed_at"], json!(scanned_at + seconds(5)));
        // The page did not hear the answer and asks again.
        let again = c.redeem(told(scanned_at + seconds(5))).await.ok();
        assert_eq!(again["redemption"]["id"], done["redemption"]["id"]);
        c.redeem(json!({ "code": "123456789012", "handed_at": scanned_at })).await.refused("request.invalid");
        assert!(c.clerk.get("/admin/v1/redeem/key").await.ok()["public_key"].as_str().unwrap().len() == 87);
    });
}

#[test]
fn taking_back_has_a_window_and_leaves_alone_what_was_used() {
    on_both_engines(async |mall| {
        let c = counter(&mall).await;
        let done = c.clerk.redeem(&c.text().await).await.ok();
        let stranger = mall.clerk(&mall.store("钱江店").await).await;
        let id = done["redemption"]["id"].as_str().unwrap();
        let undo = format!("/admin/v1/redemptions/{id}/undo");
        stranger.post(&undo, json!({ "reason": "试试" })).await.refused("order.other_store");
        c.undo(&done, " ").await.refused("request.invalid");
        c.ann.review(&c.order, 5, "很香").await.ok();
        c.undo(&done, "拿错了").await.refused("redemption.in_use");

        let other = counter(&mall).await;
        let done = other.clerk.redeem(&other.text().await).await.ok();
        mall.clock.advance(minutes(31));
        other.undo(&done, "拿错了").await.refused("redemption.undo_too_late");
    });
}

#[test]
fn a_clerk_who_saw_less_than_there_is_is_told_to_look_again() {
    on_both_engines(async |mall| {
        let c = counter(&mall).await;
        let code = c.text().await;
        let mut racing = JoinSet::new();
        for _ in 0..2 {
            let (clerk, mut body) = (mall.clerk(&c.store).await, part(&code, 1));
            body["seen"] = 0.into();
            racing.spawn(async move { clerk.post("/admin/v1/redeem", body).await });
        }
        let replies = racing.join_all().await;
        assert_eq!(replies.iter().filter(|reply| reply.status.is_success()).count(), 1);
        replies.iter().find(|reply| !reply.status.is_success()).unwrap().refused("redemption.moved");
        assert_eq!(c.pass().await["handed_quantity"], 1);
    });
}

#[test]
fn what_is_left_of_a_part_fetched_order_can_be_refunded() {
    on_both_engines(async |mall| {
        let c = counter(&mall).await;
        c.redeem(part(&c.text().await, 1)).await.ok();
        let options = c.ann.get(&format!("/api/v1/orders/{}/after-sale-options", c.order.id)).await.ok();
        assert_eq!((options["lines"][0]["unsent"].as_i64(), options["lines"][0]["sent"].as_i64()), (Some(2), Some(1)));
        let reason = &options["lines"][0]["ways"][0]["reasons"][0]["code"];
        let ask = json!({ "order_id": c.order.id, "kind": "refund_only", "stage": "unsent", "reason": reason,
            "lines": pieces_of(&[(1, 2)]) });
        let asked = c.ann.post("/api/v1/after-sales", ask).await.ok();
        c.clerk.redeem(&c.text().await).await.refused("order.after_sale_open");
        let approve = format!("/admin/v1/after-sales/{}/approve", asked["id"].as_str().unwrap());
        mall.staff().post(&approve, json!({})).await.ok();
        mall.run_jobs().await;
        let detail = c.ann.order(&c.order).await;
        assert_eq!(detail["status"], "completed", "one piece was fetched, the others were paid back");
        assert!(detail["pickup"]["redeemed_at"].is_string());
    });
}

#[test]
fn a_thousand_simultaneous_redeems_of_a_hundred_codes_hand_over_a_hundred() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(100).stock(0).create().await;
        let store = mall.store("西湖店").await;
        store.receive(&mall, &tea, 100).await;
        let ann = mall.member().await;
        let clerks = [mall.clerk(&store).await, mall.clerk(&store).await];
        let nodes = [mall.world.clone(), mall.world.beside().await];
        let mut codes = Vec::new();
        for _ in 0..100 {
            let order = ann.place_pickup(&store, &[(&tea, 1)]).await.ok();
            mall.staff().pay_offline(&order).await.ok();
            let pass = ann.get(&format!("/api/v1/orders/{}/pickup-pass", order.id)).await.ok();
            codes.push((pass["pass"].as_str().unwrap().to_owned(), pass["code"].as_str().unwrap().to_owned()));
        }
        let mut racing = JoinSet::new();
        for turn in 0..1_000 {
            let (pass, digits) = &codes[turn % 100];
            let code = if turn % 3 == 0 { digits.clone() } else { pass.clone() };
            let clerk = clerks[turn % 2].in_world(&nodes[turn / 100 % 2]);
            racing.spawn(async move { clerk.post("/admin/v1/redeem", json!({ "code": code })).await });
        }
        let replies = racing.join_all().await;
        let done = replies.iter().filter(|reply| reply.status.is_success()).count();
        for reply in replies.iter().filter(|reply| !reply.status.is_success()) {
            reply.refused("pickup.already_redeemed");
        }
        assert_eq!((done, replies.len()), (100, 1_000));
        let count = |sql: &'static str| mall.number(sql);
        assert_eq!(count("select count(*) from redemption where mall_id = $1").await, 100);
        assert_eq!(count("select cast(sum(shipped_quantity) as bigint) from order_line where mall_id = $1").await, 100);
        assert_eq!(count("select count(*) from order_event where mall_id = $1 and kind = 'redeemed'").await, 100);
    });
}
