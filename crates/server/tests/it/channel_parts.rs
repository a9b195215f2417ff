//! Orders that are paid in two parts, from the balance and outside: taken, given back, and refunded in order.

use crate::channels::{outside, statuses};
use testkit::{MemberClient, Order, Reply, TestMall, json, minutes, on_both_engines};

/// A member with 100.00 principal and 20.00 gift, and a payment password.
async fn rich(mall: &TestMall) -> MemberClient {
    let body = json!({ "amount_fen": 10_000, "gift_fen": 2_000, "label": "", "on_sale": true });
    let plans = mall.staff().post("/admin/v1/top-up-plans", body).await.ok();
    let ann = mall.member().await;
    let body = json!({ "kind": "top_up", "plan_id": plans[0]["id"], "expected_fen": 10_000 });
    let purchase = ann.post("/api/v1/purchases", body).await.ok()["id"].as_str().unwrap().to_owned();
    let way = json!({ "channel": "alipay", "scene": "page" });
    let intent = ann.post(&format!("/api/v1/purchases/{purchase}/pay"), way).await.ok();
    let notice = mall.alipay.pay(intent["payment_id"].as_str().unwrap());
    mall.deliver_to("alipay", &notice).await.status(200);
    ann.post("/api/v1/balance/sms-code", json!({})).await.status(204);
    let code = mall.world.outside().sms.code(&ann.phone).unwrap();
    ann.put("/api/v1/balance/password", json!({ "password": "135792", "code": code })).await.status(204);
    ann
}

async fn held(member: &MemberClient) -> (i64, i64) {
    let balance = member.get("/api/v1/balance").await.ok();
    (balance["principal_fen"].as_i64().unwrap(), balance["gift_fen"].as_i64().unwrap())
}

async fn take_part(member: &MemberClient, order: &Order, amount_fen: i64, expected_fen: i64) -> Reply {
    let confirmation = json!({ "kind": "password", "password": "135792" });
    let body = json!({ "amount_fen": amount_fen, "expected_fen": expected_fen, "confirmation": confirmation });
    member.post(&format!("/api/v1/orders/{}/balance-part", order.id), body).await
}

#[test]
fn an_order_is_paid_from_the_balance_and_outside_and_goes_back_in_order() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(15_001).create().await;
        let ann = rich(&mall).await;
        let (before, alipay) = (mall.alipay.balance().0, &outside(&mall)[1]);
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let old = alipay.number(&ann, &order).await;
        take_part(&ann, &order, 15_001, 15_001).await.refused("request.invalid");
        take_part(&ann, &order, 12_001, 15_001).await.refused("balance.not_enough");
        take_part(&ann, &order, 11_000, 15_000).await.refused("order.price_changed");
        let part = take_part(&ann, &order, 11_000, 15_001).await.ok();
        assert_eq!((part["taken_fen"].as_i64(), part["left_fen"].as_i64()), (Some(11_000), Some(4_001)));
        take_part(&ann, &order, 1, 15_001).await.refused("payment.part_taken");
        assert_eq!(held(&ann).await, (0, 1_000), "principal first");
        assert_eq!(ann.payment(&old).await["status"], "closed");

        let intent = alipay.start(&ann, &order).await.ok();
        assert_eq!(intent["amount_fen"], 4_001);
        let notice = mall.alipay.pay(intent["payment_id"].as_str().unwrap());
        alipay.tell(&mall, &notice).await.status(200);
        alipay.tell(&mall, &notice).await.status(200);
        let detail = ann.order(&order).await;
        assert_eq!(detail["status"], "to_ship");
        assert_eq!(statuses(&detail["payments"]), ["closed", "paid", "paid"]);
        assert_eq!(mall.alipay.balance().0, before + 4_001);

        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        for notice in mall.alipay.finish_refunds() {
            alipay.tell(&mall, &notice).await.status(200);
        }
        assert_eq!(held(&ann).await, (10_000, 2_000));
        assert_eq!(mall.alipay.balance().0, before);
        let refunds = ann.order(&order).await["refunds"].clone();
        assert_eq!(statuses(&refunds), ["done", "done"]);
        assert_eq!((refunds[0]["amount_fen"].as_i64(), refunds[1]["amount_fen"].as_i64()), (Some(11_000), Some(4_001)));
        alipay.assert_same_books(&mall).await;
    });
}

#[test]
fn a_part_comes_back_when_the_order_does_not_go_on() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(15_001).create().await;
        let ann = rich(&mall).await;
        let alipay = &outside(&mall)[1];
        let place = async || ann.place_order(&[(&tea, 1)]).await.ok();

        // Taken back by the member, then paid in full.
        let order = place().await;
        take_part(&ann, &order, 11_000, 15_001).await.ok();
        let rest = alipay.number(&ann, &order).await;
        ann.delete(&format!("/api/v1/orders/{}/balance-part", order.id)).await.ok();
        assert_eq!(held(&ann).await, (10_000, 2_000));
        let whole = alipay.start(&ann, &order).await.ok();
        assert_eq!(whole["amount_fen"], 15_001);
        // The old rest is paid late: it pays nothing and goes back.
        alipay.tell(&mall, &mall.alipay.pay_anyway(&rest)).await.status(200);
        assert_eq!(ann.status_of(&order).await, "unpaid");
        alipay.tell(&mall, &mall.alipay.pay(whole["payment_id"].as_str().unwrap())).await.status(200);
        assert_eq!(ann.status_of(&order).await, "to_ship");

        // Nobody pays the rest.
        let order = place().await;
        take_part(&ann, &order, 500, 15_001).await.ok();
        let rest = alipay.number(&ann, &order).await;
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!((ann.status_of(&order).await.as_str(), held(&ann).await), ("closed", (10_000, 2_000)));
        // … but for a bank that answers late.
        alipay.tell(&mall, &mall.alipay.pay_anyway(&rest)).await.status(200);

        // An address that was opened before the part was taken is paid in full.
        let order = place().await;
        let whole = alipay.number(&ann, &order).await;
        take_part(&ann, &order, 500, 15_001).await.ok();
        alipay.tell(&mall, &mall.alipay.pay_anyway(&whole)).await.status(200);
        assert_eq!((ann.status_of(&order).await.as_str(), held(&ann).await), ("to_ship", (10_000, 2_000)));

        // Staff receive the money, or close.
        let order = place().await;
        take_part(&ann, &order, 500, 15_001).await.ok();
        mall.staff().post(&format!("/admin/v1/orders/{}/pay-offline", order.id), json!({})).await.ok();
        assert_eq!(held(&ann).await, (10_000, 2_000));
        let order = place().await;
        take_part(&ann, &order, 500, 15_001).await.ok();
        mall.staff().post(&format!("/admin/v1/orders/{}/close", order.id), json!({ "reason": "停售" })).await.ok();
        assert_eq!(held(&ann).await, (10_000, 2_000));
        mall.run_jobs().await;
        mall.alipay.finish_refunds();
        mall.clock.advance(minutes(60));
        mall.run_jobs().await;
        alipay.assert_same_books(&mall).await;
    });
}
