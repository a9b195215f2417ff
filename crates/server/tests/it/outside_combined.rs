//! Combined payment with the real client against the stand-in: signed both ways, told in one sealed notice, refunded and
//! billed by sub-order, shipped by sub-order, and settled one way whatever goes wrong.

use crate::outside::{wait_for, with_stand_ins};
use crate::shops::{orders_of, two_shops};
use sandbox::{Control, Fault};
use std::time::Duration;
use testkit::{MemberClient, Order, TestMall, days, hours, json, minutes};

async fn both(ann: &MemberClient, placed: &Order, status: &str) {
    for order in orders_of(placed) {
        wait_for(ann, &order, status).await;
    }
}

async fn refunded(mall: &TestMall, ann: &MemberClient, order: &Order) {
    for _ in 0..200 {
        mall.run_jobs().await;
        if ann.order(order).await["refunds"][0]["status"] == "done" {
            return;
        }
        mall.clock.advance(minutes(1));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the refund did not arrive: {}", ann.order(order).await);
}

#[test]
fn two_shops_are_paid_in_one_press_refunded_and_billed_by_sub_order() {
    with_stand_ins("combined", async |mall, outside: Control| {
        let (tea, cup, _) = two_shops(&mall, (6_605, 1_203)).await;
        let ann = mall.member().await;
        let placed = ann.place_order(&[(&tea, 1), (&cup, 2)]).await.ok();
        let number = ann.intent(&placed, "native").await;
        assert_eq!(ann.intent(&orders_of(&placed)[1], "native").await, number, "the same attempt for both");
        outside.pay(&number).unwrap();
        both(&ann, &placed, "to_ship").await;
        let payment = ann.payment(&number).await;
        let parts = payment["parts"].as_array().unwrap();
        assert_eq!((&parts[0]["amount_fen"], &parts[1]["amount_fen"]), (&json!(6_605), &json!(2_406)), "{payment}");
        assert!(parts[0]["transaction_id"] != parts[1]["transaction_id"]);
        let second = orders_of(&placed).remove(1);
        mall.staff().refund(&second, "缺货").await.ok();
        refunded(&mall, &ann, &second).await;
        assert_eq!(ann.status_of(&orders_of(&placed)[0]).await, "to_ship");
        mall.clock.advance(days(1) + hours(10));
        mall.run_jobs().await;
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        let page = desk.get("/admin/v1/reconciliation/days?channel=wechat").await.ok();
        let day = page["items"].as_array().unwrap().iter().find(|day| day["theirs"]["payments"] == 2).cloned();
        let day = day.unwrap_or_else(|| panic!("{page}"));
        assert_eq!((&day["theirs"]["paid_fen"], &day["ours"]["payments"]), (&json!(9_011), &json!(2)), "{day}");
        let open = desk.get("/admin/v1/reconciliation/differences").await.ok();
        assert_eq!(open["items"].as_array().unwrap().len(), 0, "{open}");
    });
}

#[test]
fn a_sub_order_that_is_sent_unfreezes_its_own_money() {
    with_stand_ins("combined_shipping", async |mall, outside: Control| {
        let (tea, cup, _) = two_shops(&mall, (6_605, 1_203)).await;
        let ann = mall.member().await;
        ann.post("/api/v1/session/wechat", json!({ "code": outside.login_code("ann") })).await.ok();
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let number = ann.intent(&placed, "mini_program").await;
        outside.pay(&number).unwrap();
        both(&ann, &placed, "to_ship").await;
        let (first, second) = (format!("{number}S1"), format!("{number}S2"));
        assert!(outside.is_frozen(&first) && outside.is_frozen(&second));
        mall.staff().ship(&orders_of(&placed)[1], "SF1234567890").await.ok();
        mall.run_jobs().await;
        assert!(outside.is_frozen(&first) && !outside.is_frozen(&second));
    });
}

#[test]
fn failures_of_combined_payments_end_one_way() {
    with_stand_ins("combined_faults", async |mall, outside: Control| {
        let (tea, cup, _) = two_shops(&mall, (6_605, 1_203)).await;
        let ann = mall.member().await;
        // The notice is lost: a sweep asks.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let number = ann.intent(&placed, "h5").await;
        outside.set(Fault::NoNotice, true);
        outside.pay(&number).unwrap();
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        outside.set(Fault::NoNotice, false);
        both(&ann, &placed, "to_ship").await;
        // The notice comes twice at once, after a probe.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let number = ann.intent(&placed, "native").await;
        outside.set(Fault::DuplicateNotice, true);
        outside.set(Fault::NoticeProbe, true);
        outside.pay(&number).unwrap();
        both(&ann, &placed, "to_ship").await;
        outside.set(Fault::DuplicateNotice, false);
        outside.set(Fault::NoticeProbe, false);
        // Answers with a wrong signature are no answers; closing closes every sub-order.
        let placed = ann.place_order(&[(&tea, 1), (&cup, 1)]).await.ok();
        let number = ann.intent(&placed, "native").await;
        outside.set(Fault::WrongSignature, true);
        ann.cancel(&placed).await.refused("payment.channel_unavailable");
        outside.set(Fault::WrongSignature, false);
        ann.cancel(&placed).await.ok();
        assert!(outside.pay(&number).is_err(), "the cashier takes no money for closed orders");
    });
}
