//! After-sale through the whole shop: before and after shipping, by quantity, with inspection, exchange, clocks and the
//! operator; what goes back, what stays, and what happens when two ask at once.

use testkit::{MemberClient, Order, Product, Reply, TestMall, Value, days, hours, json, minutes, on_both_engines};

/// Where goods of these malls go back to.
pub async fn name_address(mall: &TestMall) {
    let rules = json!({ "return_address": { "name": "退货组", "phone": "0571-88001234", "address": "杭州市上城区望江路 1 号" } });
    mall.staff_again().await.put("/admin/v1/after-sale-rules", rules).await.ok();
}

/// Asks for pieces of lines: `(line, pieces)`.
pub async fn ask(member: &MemberClient, order: &Order, how: (&str, &str, &str), lines: &[(i64, i64)]) -> Reply {
    let (kind, stage, reason) = how;
    let lines: Vec<Value> =
        lines.iter().map(|(line, pieces)| json!({ "line_id": line.to_string(), "quantity": pieces })).collect();
    let body = json!({ "order_id": order.id, "kind": kind, "stage": stage, "lines": lines, "reason": reason });
    member.post("/api/v1/after-sales", body).await
}

pub const UNSENT: (&str, &str, &str) = ("refund_only", "unsent", "changed_mind");
pub const RETURN: (&str, &str, &str) = ("return_refund", "sent", "quality");
pub const EXCHANGE: (&str, &str, &str) = ("exchange", "sent", "unsuitable");

pub fn id_of(after: &Value) -> String {
    after["id"].as_str().unwrap().to_owned()
}

/// A decision of staff.
pub async fn decide(mall: &TestMall, id: &str, verb: &str, body: Value) -> Reply {
    mall.staff_again().await.post(&format!("/admin/v1/after-sales/{id}/{verb}"), body).await
}

async fn act(member: &MemberClient, id: &str, verb: &str, body: Value) -> Reply {
    member.post(&format!("/api/v1/after-sales/{id}/{verb}"), body).await
}

pub fn found(lines: &[(i64, i64, i64)], note: &str) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(line, sellable, damaged)| {
            json!({ "line_id": line.to_string(), "sellable_quantity": sellable, "damaged_quantity": damaged })
        })
        .collect();
    json!({ "lines": lines, "note": note })
}

pub async fn status(mall: &TestMall, id: &str) -> String {
    let after = mall.staff_again().await.get(&format!("/admin/v1/after-sales/{id}")).await.ok();
    after["status"].as_str().unwrap().to_owned()
}

/// The channel gives back what it was asked for.
pub async fn money_arrives(mall: &TestMall) {
    mall.run_jobs().await;
    for notice in mall.wechat.finish_refunds() {
        mall.deliver(&notice).await.status(204);
    }
}

fn parcel(number: &str) -> Value {
    json!({ "carrier_code": "sf", "tracking_number": number })
}

pub async fn bought(mall: &TestMall, pieces: i64) -> (Product, MemberClient, Order) {
    let tea = mall.product("龙井").price_fen(1_001).stock(20).create().await;
    let ann = mall.member().await;
    let order = ann.buy(&[(&tea, pieces)]).await.order;
    (tea, ann, order)
}

async fn shipped(mall: &TestMall, pieces: i64) -> (Product, MemberClient, Order) {
    name_address(mall).await;
    let (tea, ann, order) = bought(mall, pieces).await;
    mall.staff().ship(&order, &format!("SF{}", order.id)).await.ok();
    (tea, ann, order)
}

#[test]
fn a_refund_before_shipping_gives_back_money_freight_and_stock_and_closes_the_order() {
    on_both_engines(async |mall| {
        mall.charge_freight(800, 0).await;
        let (tea, ann, order) = bought(&mall, 3).await;
        let first = ask(&ann, &order, UNSENT, &[(1, 1)]).await.ok();
        assert_eq!((first["refund_fen"].as_i64(), first["status"].as_str()), (Some(1_001), Some("requested")));
        assert_eq!(ann.get("/api/v1/me").await.ok()["badges"]["after_sales"], 1);
        decide(&mall, &id_of(&first), "approve", json!({})).await.ok();
        assert_eq!(mall.stock(&tea).await, (18, 0));
        assert_eq!(ann.status_of(&order).await, "to_ship");
        let rest = ask(&ann, &order, UNSENT, &[(1, 2)]).await.ok();
        assert_eq!(rest["refund_fen"], 2_002 + 800, "the last pieces bring the freight");
        decide(&mall, &id_of(&rest), "approve", json!({})).await.ok();
        assert_eq!((mall.stock(&tea).await, ann.status_of(&order).await.as_str()), ((20, 0), "closed"));
        assert_eq!(status(&mall, &id_of(&rest)).await, "refunding");
        money_arrives(&mall).await;
        assert_eq!(status(&mall, &id_of(&rest)).await, "refunded");
        assert_eq!(mall.wechat.balance().0, 0);
        assert_eq!(ann.get("/api/v1/me").await.ok()["badges"]["after_sales"], 0);
        let told = ann.get("/api/v1/messages").await.ok();
        assert!(told["items"].as_array().unwrap().iter().any(|one| one["kind"] == "after_sale"), "{told}");
    });
}

#[test]
fn pieces_asked_back_are_not_sent_and_come_free_when_it_is_cancelled() {
    on_both_engines(async |mall| {
        let (_, ann, order) = bought(&mall, 3).await;
        let after = ask(&ann, &order, UNSENT, &[(1, 2)]).await.ok();
        mall.staff().ship_lines(&order, "SF1000000001", &[(1, 2)]).await.refused("order.shipped_too_much");
        mall.staff().refund(&order, "缺货").await.refused("order.after_sale_open");
        mall.staff().ship_lines(&order, "SF1000000001", &[(1, 1)]).await.ok();
        assert_eq!(ann.status_of(&order).await, "to_ship", "two may still be sent");
        act(&ann, &id_of(&after), "cancel", json!({})).await.ok();
        act(&ann, &id_of(&after), "cancel", json!({})).await.refused("after_sale.not_allowed");
        let again = ask(&ann, &order, UNSENT, &[(1, 2)]).await.ok();
        decide(&mall, &id_of(&again), "approve", json!({})).await.ok();
        assert_eq!(ann.status_of(&order).await, "shipped", "nothing is left to send");
        ann.confirm(&order).await.ok();
        money_arrives(&mall).await;
        assert_eq!(mall.wechat.balance().0, 1_001);
    });
}

#[test]
fn what_comes_back_is_inspected_and_only_what_is_accepted_is_refunded() {
    on_both_engines(async |mall| {
        let (tea, ann, order) = shipped(&mall, 4).await;
        let after = ask(&ann, &order, RETURN, &[(1, 4)]).await.ok();
        let id = id_of(&after);
        decide(&mall, &id, "receive", found(&[(1, 4, 0)], "")).await.refused("after_sale.not_allowed");
        let approved = decide(&mall, &id, "approve", json!({})).await.ok();
        assert_eq!(
            (approved["status"].as_str(), approved["return_address"]["name"].as_str()),
            (Some("approved"), Some("退货组"))
        );
        act(&ann, &id, "send-back", parcel("SF99")).await.refused("request.invalid");
        act(&ann, &id, "send-back", parcel("SF9900000001")).await.ok();
        act(&ann, &id, "cancel", json!({})).await.refused("after_sale.not_allowed");
        decide(&mall, &id, "receive", found(&[(1, 3, 2)], "")).await.refused("request.invalid");
        decide(&mall, &id, "receive", found(&[(1, 2, 1)], " ")).await.refused("request.invalid");
        let done = decide(&mall, &id, "receive", found(&[(1, 2, 1)], "一件被使用过")).await.ok();
        assert_eq!((done["status"].as_str(), done["refund_fen"].as_i64()), (Some("refunding"), Some(3_003)));
        assert_eq!(mall.stock(&tea).await, (18, 0), "two of them can be sold again");
        money_arrives(&mall).await;
        let seen = ann.get(&format!("/api/v1/after-sales/{id}")).await.ok();
        assert_eq!((seen["status"].as_str(), seen["answer"].as_str()), (Some("refunded"), Some("一件被使用过")));
        assert_eq!(seen["lines"][0]["accepted_quantity"], 3);
        let order_now = ann.order(&order).await;
        assert_eq!(
            (order_now["lines"][0]["refunded_quantity"].as_i64(), order_now["status"].as_str()),
            (Some(3), Some("shipped"))
        );
        ask(&ann, &order, RETURN, &[(1, 2)]).await.refused("after_sale.too_many");
        let last = ask(&ann, &order, ("refund_only", "sent", "agreed"), &[(1, 1)]).await.ok();
        decide(&mall, &id_of(&last), "approve", json!({})).await.ok();
        assert_eq!(ann.status_of(&order).await, "closed", "nothing of it is left");
        assert_eq!(mall.stock(&tea).await, (18, 0), "what stays with the member is not on the shelf");
    });
}

#[test]
fn an_exchange_keeps_stock_and_sends_it() {
    on_both_engines(async |mall| {
        name_address(&mall).await;
        let shoe =
            mall.product("布鞋").option("码", &[("38", 3_000), ("39", 3_000), ("40", 3_500)]).stock(2).create().await;
        let (small, large, dear) = (shoe.variant("38"), shoe.variant("39"), shoe.variant("40"));
        let ann = mall.member().await;
        let order = ann.buy(&[(&small, 2)]).await.order;
        mall.staff().ship(&order, "SF2000000001").await.ok();
        let options = ann.get(&format!("/api/v1/orders/{}/after-sale-options", order.id)).await.ok();
        assert_eq!(options["lines"][0]["exchange_choices"].as_array().unwrap().len(), 2, "the dearer one is none");
        let wanted = |sku: &Product| {
            json!({ "order_id": order.id, "kind": "exchange", "stage": "sent", "reason": "unsuitable",
                "lines": [{ "line_id": "1", "quantity": 2, "exchange_sku_id": sku.sku().id }] })
        };
        ann.post("/api/v1/after-sales", wanted(&dear)).await.refused("after_sale.no_exchange");
        let id = id_of(&ann.post("/api/v1/after-sales", wanted(&large)).await.ok());
        decide(&mall, &id, "approve", json!({})).await.ok();
        assert_eq!(mall.stock(&large).await, (2, 2));
        act(&ann, &id, "send-back", parcel("SF2000000002")).await.ok();
        let got = decide(&mall, &id, "receive", found(&[(1, 1, 0)], "一只有磨损")).await.ok();
        assert_eq!(got["status"], "received");
        assert_eq!((mall.stock(&large).await, mall.stock(&small).await), ((2, 1), (1, 0)), "one is refused");
        decide(&mall, &id, "reship", parcel("SF2000000003")).await.ok();
        assert_eq!((mall.stock(&large).await, status(&mall, &id).await.as_str()), ((1, 0), "exchanged"));
        let paid = ann.order(&order).await;
        assert_eq!(
            (paid["refunds"].as_array().unwrap().len(), paid["lines"][0]["claimed_quantity"].as_i64()),
            (0, Some(0))
        );
        // The second time there is nothing to send: the money goes back instead.
        let id = id_of(&ask(&ann, &order, EXCHANGE, &[(1, 1)]).await.ok());
        decide(&mall, &id, "approve", json!({})).await.ok();
        act(&ann, &id, "send-back", parcel("SF2000000004")).await.ok();
        decide(&mall, &id, "receive", found(&[(1, 1, 0)], "")).await.ok();
        decide(&mall, &id, "refund-instead", json!({ "note": "样品破损" })).await.ok();
        // What was sent last came back: the large one.
        assert_eq!((mall.stock(&small).await, mall.stock(&large).await), ((1, 0), (2, 0)));
        assert_eq!(status(&mall, &id).await, "refunding");
        money_arrives(&mall).await;
        assert_eq!(mall.wechat.balance().0, 3_000);
    });
}

#[test]
fn every_waiting_state_has_its_clock() {
    on_both_engines(async |mall| {
        let (_, bob, later) = bought(&mall, 4).await;
        let (_, ann, order) = bought(&mall, 1).await;
        let unanswered = id_of(&ask(&ann, &order, UNSENT, &[(1, 1)]).await.ok());
        mall.clock.advance(hours(48) - 1);
        mall.run_jobs().await;
        assert_eq!(status(&mall, &unanswered).await, "requested");
        mall.clock.advance(minutes(1));
        money_arrives(&mall).await;
        assert_eq!(status(&mall, &unanswered).await, "refunded", "silence approves");

        let (ann, order) = (bob, later);
        mall.staff_again().await.ship(&order, "SF3000000001").await.ok();
        let stuck = id_of(&ask(&ann, &order, RETURN, &[(1, 1)]).await.ok());
        mall.clock.advance(hours(49));
        mall.run_jobs().await;
        assert_eq!(status(&mall, &stuck).await, "escalated", "without an address nobody can send it back");
        name_address(&mall).await;
        let forgotten = id_of(&ask(&ann, &order, RETURN, &[(1, 1)]).await.ok());
        let lost = id_of(&ask(&ann, &order, RETURN, &[(1, 1)]).await.ok());
        let swap = id_of(&ask(&ann, &order, EXCHANGE, &[(1, 1)]).await.ok());
        for id in [&forgotten, &lost, &swap] {
            decide(&mall, id, "approve", json!({})).await.ok();
        }
        act(&ann, &lost, "send-back", parcel("SF3000000002")).await.ok();
        act(&ann, &swap, "send-back", parcel("SF3000000003")).await.ok();
        decide(&mall, &swap, "receive", found(&[(1, 0, 1)], "")).await.ok();
        mall.clock.advance(days(7) + minutes(1));
        mall.run_jobs().await;
        assert_eq!(status(&mall, &forgotten).await, "cancelled", "never sent back");
        mall.clock.advance(days(4));
        money_arrives(&mall).await;
        assert_eq!(status(&mall, &lost).await, "escalated", "sent back, never received");
        assert_eq!(status(&mall, &swap).await, "refunded", "received, never replaced");
        assert_eq!(ann.status_of(&order).await, "shipped", "it does not complete while somebody waits");
        // The operator finishes what is open.
        decide(&mall, &lost, "receive", found(&[(1, 0, 0)], "包裹是空的")).await.ok();
        act(&ann, &lost, "escalate", json!({ "reason": "不是的" })).await.refused("after_sale.final");
        decide(&mall, &stuck, "decline", json!({ "reason": "凭证不足" })).await.ok();
        mall.clock.advance(hours(1));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "completed");
    });
}

#[test]
fn a_refusal_goes_to_the_operator_once() {
    on_both_engines(async |mall| {
        let (_, ann, order) = shipped(&mall, 2).await;
        let id = id_of(&ask(&ann, &order, RETURN, &[(1, 2)]).await.ok());
        let clerk = mall.staff_with(&["after_sale.view", "after_sale.edit"], None).await;
        clerk
            .post(&format!("/admin/v1/after-sales/{id}/decline"), json!({ "reason": " " }))
            .await
            .refused("request.invalid");
        clerk.post(&format!("/admin/v1/after-sales/{id}/decline"), json!({ "reason": "没有看到质量问题" })).await.ok();
        act(&ann, &id, "escalate", json!({ "reason": "图上有裂口" })).await.ok();
        ask(&ann, &order, RETURN, &[(1, 1)]).await.refused("after_sale.too_many");
        let path = format!("/admin/v1/after-sales/{id}/approve");
        clerk.post(&path, json!({})).await.refused("after_sale.needs_operator");
        mall.staff().post(&path, json!({})).await.ok();
        assert_eq!(status(&mall, &id).await, "approved");

        let other = mall.member().await;
        other.get(&format!("/api/v1/after-sales/{id}")).await.refused("after_sale.not_found");
        act(&other, &id, "cancel", json!({})).await.refused("after_sale.not_found");
        ask(&other, &order, RETURN, &[(1, 1)]).await.refused("order.not_found");
        act(&ann, &id, "cancel", json!({})).await.ok();

        let late = id_of(&ask(&ann, &order, RETURN, &[(1, 1)]).await.ok());
        decide(&mall, &late, "decline", json!({ "reason": "不符" })).await.ok();
        mall.clock.advance(days(8));
        act(&ann, &late, "escalate", json!({ "reason": "我忘了" })).await.refused("after_sale.too_late");
    });
}

#[test]
fn returning_without_a_reason_has_seven_days_and_its_exclusions() {
    on_both_engines(async |mall| {
        name_address(&mall).await;
        let cup = mall.product("杯").price_fen(2_000).create().await;
        let cake = mall
            .product("糕")
            .price_fen(900)
            .field("return_7d", false)
            .field("no_return_reason", "fresh")
            .create()
            .await;
        let book = mall.product("旧书").price_fen(700).field("return_7d", false).create().await;
        let ann = mall.member().await;
        let order = ann.buy(&[(&cup, 1), (&cake, 1), (&book, 1)]).await.order;
        mall.staff().ship(&order, "SF4000000001").await.ok();
        ann.confirm(&order).await.ok();
        let without = ("return_refund", "sent", "no_reason");
        ask(&ann, &order, without, &[(2, 1)]).await.refused("after_sale.no_return");
        ask(&ann, &order, ("return_refund", "sent", "changed_mind"), &[(1, 1)]).await.refused("request.invalid");
        let shown = mall.anonymous().get(&format!("/api/v1/products/{}", cake.id)).await.ok();
        assert_eq!((shown["return_7d"].as_bool(), shown["no_return_reason"].as_str()), (Some(false), Some("fresh")));
        // What only the buyer's word excludes, and nobody asked for it, can be returned.
        let book_back = id_of(&ask(&ann, &order, without, &[(3, 1)]).await.ok());
        act(&ann, &book_back, "cancel", json!({})).await.ok();
        mall.clock.advance(days(7));
        let in_time = id_of(&ask(&ann, &order, without, &[(1, 1)]).await.ok());
        act(&ann, &in_time, "cancel", json!({})).await.ok();
        mall.clock.advance(days(1));
        ask(&ann, &order, without, &[(1, 1)]).await.refused("after_sale.too_late");
        ask(&ann, &order, RETURN, &[(2, 1)]).await.ok();
        mall.clock.advance(days(8));
        ask(&ann, &order, RETURN, &[(1, 1)]).await.refused("after_sale.too_late");

        let mut body = json!({ "source": "now", "items": [{ "sku_id": book.sku().id, "quantity": 1 }], "delivery": ann.express(),
            "confirmed_no_return": true });
        let quote = ann
            .post("/api/v1/quote", json!({ "source": "now", "items": body["items"], "delivery": ann.express() }))
            .await
            .ok();
        assert_eq!(quote["lines"][0]["no_return_reason"], "confirmed");
        body["expected_total_fen"] = quote["total_fen"].clone();
        let order: Order = ann.post("/api/v1/orders", body).await.ok().into();
        ann.pay(&order).await;
        mall.staff_again().await.ship(&order, "SF4000000002").await.ok();
        ask(&ann, &order, without, &[(1, 1)]).await.refused("after_sale.no_return");
        let events = ann.order(&order).await["events"].clone();
        assert!(events.as_array().unwrap().iter().any(|event| event["kind"] == "no_return_confirmed"));
    });
}
