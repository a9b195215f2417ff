//! Refunds that fail: staff ask again or give the money back by hand, and it never goes back twice.

use testkit::{Call, Order, TestMall, Trouble, Value, json, minutes, on_both_engines};

/// An order whose refund the channel could not make: `abnormal` (it may still be mended) or `closed`.
async fn failed(mall: &TestMall, closed: bool) -> (testkit::MemberClient, Order, String) {
    let tea = mall.product("龙井").price_fen(6_600).create().await;
    let ann = mall.member().await;
    let order = ann.buy(&[(&tea, 1)]).await.order;
    mall.staff().refund(&order, "缺货").await.ok();
    mall.run_jobs().await;
    let notices = if closed { mall.wechat.close_refunds() } else { mall.wechat.fail_refunds() };
    for notice in notices {
        mall.deliver(&notice).await.status(204);
    }
    let page = mall.staff().get("/admin/v1/refunds?state=failed").await.ok();
    let row = &page["items"][0];
    assert_eq!(row["channel_state"], if closed { "closed" } else { "abnormal" });
    (ann, order, row["id"].as_str().unwrap().to_owned())
}

async fn state(mall: &TestMall, id: &str) -> Value {
    let page = mall.staff().get("/admin/v1/refunds").await.ok();
    page["items"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap().clone()
}

/// Exactly one way of giving back: by the channel, or by hand.
async fn times_given_back(mall: &TestMall) -> i64 {
    let by_hand = mall.number("select count(*) from refund_settlement where mall_id = $1").await;
    let channel = i64::from(mall.wechat.balance().0 == 0);
    by_hand + channel
}

#[test]
fn what_the_channel_closed_is_asked_for_again_under_a_new_number() {
    on_both_engines(async |mall| {
        let (ann, order, id) = failed(&mall, true).await;
        mall.staff().post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await.ok();
        mall.run_jobs().await;
        assert_eq!(mall.wechat.refund_count(), 2, "the closed one and the new one");
        for notice in mall.wechat.finish_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(state(&mall, &id).await["status"], "done");
        assert_eq!(ann.order(&order).await["refunds"][0]["status"], "done");
        assert_eq!(mall.wechat.balance().0, 0);
        mall.staff().post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await.refused("refund.finished");
    });
}

#[test]
fn an_abnormal_refund_is_only_asked_about_and_never_sent_twice() {
    on_both_engines(async |mall| {
        let (ann, order, id) = failed(&mall, false).await;
        for _ in 0..3 {
            mall.staff().post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await.ok();
            mall.clock.advance(minutes(1));
            mall.run_jobs().await;
            assert_eq!(state(&mall, &id).await["status"], "failed");
        }
        assert_eq!(mall.wechat.refund_count(), 1);
        let events = ann.order(&order).await["events"].clone();
        let told = events.as_array().unwrap().iter().filter(|event| event["kind"] == "refund_failed").count();
        assert_eq!(told, 1, "the same failure is told once");
        // Somebody mends it in the channel's platform; the notice arrives.
        for notice in mall.wechat.mend_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        assert_eq!(state(&mall, &id).await["status"], "done");
        assert_eq!(mall.wechat.balance().0, 0);
    });
}

#[test]
fn money_given_back_by_hand_is_written_down_and_told_to_the_member() {
    on_both_engines(async |mall| {
        let (ann, order, id) = failed(&mall, false).await;
        let path = format!("/admin/v1/refunds/{id}/settle");
        let body = json!({ "method": "bank", "note": "尾号 6677，凭证 2026-01" });
        mall.staff().post(&path, json!({ "method": "bank", "note": " " })).await.refused("request.invalid");
        mall.staff_with(&["order.refund"], None).await.post(&path, body.clone()).await.refused("staff.not_allowed");
        mall.wechat.trouble(Call::QueryRefund, Trouble::Refuse);
        mall.staff().post(&path, body.clone()).await.refused("payment.channel_failed");
        let row = mall.staff().post(&path, body.clone()).await.ok();
        assert_eq!((row["status"].as_str(), row["settlement"]["method"].as_str()), (Some("done"), Some("bank")));
        let seen = ann.order(&order).await;
        assert_eq!(seen["refunds"][0]["settled_by"], "bank");
        assert_eq!(seen["payments"][0]["status"], "refunded");
        let text = seen["events"][0]["text"].as_str().unwrap();
        assert!(text.contains("银行转账") && text.contains("6677"), "{text}");
        mall.staff().post(&path, body).await.refused("refund.not_failed");
        mall.staff().post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await.refused("refund.finished");
        let log = mall.staff().get("/admin/v1/audit").await.ok();
        assert_eq!(log["items"][0]["action"], "refund.settle");
        // The channel gives it back after all: staff are warned, the member is not told of a second refund.
        for notice in mall.wechat.mend_refunds() {
            mall.deliver(&notice).await.status(204);
        }
        assert!(state(&mall, &id).await["last_error"].as_str().unwrap().contains("核对"));
    });
}

#[test]
fn what_arrived_meanwhile_is_not_given_back_by_hand() {
    on_both_engines(async |mall| {
        let (ann, order, id) = failed(&mall, false).await;
        mall.wechat.mend_refunds();
        let body = json!({ "method": "cash", "note": "当面" });
        mall.staff().post(&format!("/admin/v1/refunds/{id}/settle"), body).await.refused("refund.finished");
        assert_eq!(ann.order(&order).await["refunds"][0]["status"], "done");
        assert_eq!(times_given_back(&mall).await, 1);
    });
}

#[test]
fn many_who_settle_and_retry_at_once_give_the_money_back_once() {
    on_both_engines(async |mall| {
        for closed in [true, false] {
            let before = mall.wechat.balance().0;
            let (_, _, id) = failed(&mall, closed).await;
            let settled = "select count(*) from refund_settlement where mall_id = $1";
            let by_hand_before = mall.number(settled).await;
            let mut racing = tokio::task::JoinSet::new();
            for i in 0..8 {
                let (staff, id) = (mall.staff(), id.clone());
                racing.spawn(async move {
                    if i % 2 == 0 {
                        let body = json!({ "method": "cash", "note": format!("第 {i} 人") });
                        staff.post(&format!("/admin/v1/refunds/{id}/settle"), body).await
                    } else {
                        staff.post(&format!("/admin/v1/refunds/{id}/retry"), json!({})).await
                    }
                });
            }
            for reply in racing.join_all().await {
                let known = ["", "refund.not_failed", "refund.finished", "refund.under_way"];
                assert!(known.contains(&reply.code().as_str()), "{reply:?}");
            }
            mall.run_jobs().await;
            for notice in mall.wechat.finish_refunds() {
                mall.deliver(&notice).await.status(204);
            }
            let by_hand = mall.number(settled).await - by_hand_before;
            let by_channel = i64::from(mall.wechat.balance().0 == before);
            if closed {
                assert_eq!(by_hand + by_channel, 1, "by hand {by_hand}, by the channel {by_channel}");
            } else {
                assert_eq!(by_channel, 0, "an abnormal refund is never sent again");
                assert!(by_hand <= 1);
            }
            assert_eq!(state(&mall, &id).await["status"] == "done", by_hand + by_channel == 1);
        }
    });
}
