//! UnionPay's real client against its stand-in over loopback HTTP, on both engines: a browser posts the signed form, presses
//! buttons at the cashier and is posted back; notices and refunds travel with certificates and signatures.

use crate::outside::{wait_for, with_stand_ins_on_both};
use crate::outside_channels::{form_of, location, opened, refund_done, refund_until_done, visit};
use sandbox::{Control, Fault};
use std::time::Duration;
use testkit::{MemberClient, Order, TestMall, Value, hours, json, minutes};

async fn start(member: &MemberClient, order: &Order, scene: &str) -> (String, Value) {
    let body = json!({ "channel": "unionpay", "scene": scene, "return_url": "/#/pages/checkout/cashier?x=1" });
    let intent = member.post(&format!("/api/v1/orders/{}/pay", order.id), body).await.ok();
    (intent["payment_id"].as_str().unwrap().to_owned(), intent["instruction"].clone())
}

async fn open(member: &MemberClient, order: &Order) -> String {
    opened(member, order, "unionpay", "page").await
}

/// The last form of a page: where it goes and what it carries.
fn last_form(page: &str) -> (String, String) {
    let form = page.rsplit_once("<form").unwrap().1;
    let between = |text: &str, from: &str| text.split_once(from).unwrap().1.split_once('"').unwrap().0.to_owned();
    let plain = |text: String| text.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"");
    let action = plain(between(form, "action=\""));
    let inputs = form.split("<input").skip(1).map(|input| {
        let (name, value) = (between(input, "name=\""), plain(between(input, "value=\"")));
        format!("{name}={}&", server::flows::channel::encoded(&value))
    });
    (action, inputs.collect())
}

#[test]
fn unionpay_is_paid_in_a_browser_and_refunded() {
    with_stand_ins_on_both("unionpay", async |mall, outside: Control| {
        let tea = mall.product("龙井").price_fen(19_901).create().await;
        let ann = mall.member().await;
        for scene in ["page", "h5"] {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            let (number, form) = start(&ann, &order, scene).await;
            let action = form["action"].as_str().unwrap();
            assert!(action.ends_with("/gateway/api/frontTransReq.do"), "{form}");
            assert!(outside.pay(&number).is_err(), "UnionPay has not heard of it before the form is posted");
            let (_, refused) = visit("POST", action, form_of(&form).replace("txnAmt=19901", "txnAmt=1")).await;
            assert!(refused.contains("验证签名失败"), "{refused}");
            let (head, _) = visit("POST", action, form_of(&form)).await;
            let cashier = location(action, &head);
            let (_, sheet) = visit("GET", &cashier, "").await;
            assert!(sheet.contains("¥199.01"), "{sheet}");
            let (_, declined) = visit("POST", &cashier, "action=fail").await;
            assert!(declined.contains("银行拒绝了这次付款"), "{declined}");
            // Posting the same form again shows the same order.
            let (head, _) = visit("POST", action, form_of(&form)).await;
            assert_eq!(location(action, &head), cashier);
            let (_, paid) = visit("POST", &cashier, "action=pay").await;
            assert!(paid.contains("支付成功"), "{paid}");
            let (back, fields) = last_form(&paid);
            assert!(fields.contains("signPubKeyCert="), "{fields}");
            let (head, _) = visit("POST", &back, fields).await;
            assert!(location(&back, &head).ends_with("/#/pages/checkout/cashier?x=1"), "{head}");
            wait_for(&ann, &order, "to_ship").await;
            let payment = ann.order(&order).await["payments"][0].clone();
            assert_eq!((payment["channel"].as_str(), payment["status"].as_str()), (Some("unionpay"), Some("paid")));
            assert_eq!(payment["transaction_id"].as_str().unwrap().len(), 21);
            refund_until_done(&mall, &ann, &order).await;
        }
    });
}

#[test]
fn unionpays_failures_end_one_way() {
    with_stand_ins_on_both("unionpay_faults", async |mall, outside: Control| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;

        // No notice, then answers that cannot be believed, then one that can.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = open(&ann, &order).await;
        outside.set(Fault::NoNotice, true);
        outside.pay(&number).unwrap();
        for fault in [Fault::WrongSignature, Fault::SystemError, Fault::RateLimited] {
            outside.set(fault, true);
            mall.clock.advance(minutes(1));
            mall.run_jobs().await;
            assert_eq!(ann.status_of(&order).await, "unpaid", "{}", fault.name());
            outside.set(fault, false);
        }
        mall.clock.advance(minutes(3));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");

        // The refund is taken, but its answer hangs; asking again finds it, once.
        outside.set(Fault::TimeoutAfterSuccess, true);
        mall.staff().refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        outside.set(Fault::TimeoutAfterSuccess, false);
        refund_done(&mall, &ann, &order).await;
        outside.set(Fault::NoNotice, false);

        // Notices with a wrong signature settle nothing; two at once settle once; a late one settles too.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = open(&ann, &order).await;
        outside.set(Fault::WrongNoticeSignature, true);
        outside.pay(&number).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(ann.status_of(&order).await, "unpaid");
        outside.set(Fault::WrongNoticeSignature, false);
        mall.clock.advance(minutes(1));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "to_ship");
        for fault in [Fault::DuplicateNotice, Fault::LateNotice] {
            outside.set(fault, true);
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            outside.pay(&open(&ann, &order).await).unwrap();
            wait_for(&ann, &order, "to_ship").await;
            outside.set(fault, false);
        }

        // The bank does not decide: the order neither closes nor is paid until it does.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = open(&ann, &order).await;
        outside.set(Fault::PayerPending, true);
        outside.pay(&number).unwrap();
        ann.cancel(&order).await.refused("payment.channel_failed");
        mall.clock.advance(minutes(40));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "unpaid", "not closed on a guess");
        outside.set(Fault::PayerPending, false);
        outside.pay(&number).unwrap();
        wait_for(&ann, &order, "to_ship").await;
    });
}

#[test]
fn there_is_no_closing_but_late_money_goes_back() {
    with_stand_ins_on_both("unionpay_close", async |mall, outside: Control| {
        let tea = mall.product("龙井").price_fen(5_000).create().await;
        let ann = mall.member().await;
        // The form stays payable after the order was cancelled.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = open(&ann, &order).await;
        ann.cancel(&order).await.ok();
        assert_eq!(mall.stock(&tea).await, (100, 0));
        outside.pay(&number).unwrap();
        for _ in 0..200 {
            if !ann.order(&order).await["refunds"].as_array().unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        refund_done(&mall, &ann, &order).await;
        let detail = ann.order(&order).await;
        assert_eq!(
            (detail["status"].as_str(), detail["refunds"][0]["amount_fen"].as_i64()),
            (Some("closed"), Some(5_000))
        );

        // What was paid just before is not cancelled.
        outside.set(Fault::NoNotice, true);
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        outside.pay(&open(&ann, &order).await).unwrap();
        ann.cancel(&order).await.refused("order.already_paid");
        assert_eq!(ann.status_of(&order).await, "to_ship");
        outside.set(Fault::NoNotice, false);

        // A form dies with its order's time.
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let number = open(&ann, &order).await;
        mall.clock.advance(minutes(31));
        mall.run_jobs().await;
        assert_eq!(ann.status_of(&order).await, "closed");
        assert!(outside.pay(&number).is_err());
    });
}

async fn failed_refund(mall: &TestMall) -> String {
    for _ in 0..100 {
        mall.run_jobs().await;
        let page = mall.staff_again().await.get("/admin/v1/refunds?state=failed").await.ok();
        if let Some(id) = page["items"][0]["id"].as_str() {
            return id.to_owned();
        }
        mall.clock.advance(minutes(1));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no refund failed");
}

#[test]
fn refused_refunds_are_asked_for_again_under_a_fresh_number() {
    with_stand_ins_on_both("unionpay_refunds", async |mall, outside: Control| {
        let tea = mall.product("龙井").create().await;
        let ann = mall.member().await;
        let buy = async || {
            let order = ann.place_order(&[(&tea, 1)]).await.ok();
            outside.pay(&open(&ann, &order).await).unwrap();
            wait_for(&ann, &order, "to_ship").await;
            order
        };
        // Refused at once, and taken but failed at the bank: staff ask again.
        for fault in [Fault::RefundNotEnough, Fault::RefundAbnormal] {
            let order = buy().await;
            outside.set(fault, true);
            mall.staff_again().await.refund(&order, "缺货").await.ok();
            let id = failed_refund(&mall).await;
            outside.set(fault, false);
            mall.staff_again().await.post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await.ok();
            refund_done(&mall, &ann, &order).await;
        }
        // UnionPay is away for hours: the number that it never heard of has become too old, and a fresh one is used.
        let order = buy().await;
        outside.set(Fault::SystemError, true);
        mall.staff_again().await.refund(&order, "缺货").await.ok();
        mall.run_jobs().await;
        mall.clock.advance(hours(3));
        mall.run_jobs().await;
        outside.set(Fault::SystemError, false);
        refund_done(&mall, &ann, &order).await;
    });
}
