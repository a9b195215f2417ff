//! Every morning the channel's bill is held against the books: what agrees leaves no trace, what does not waits for a
//! person or for a later bill, and running it again changes nothing.

use testkit::{
    BillKind, BillLine, BillState, Call, Fen, MemberClient, Order, StaffClient, TestMall, Trouble, Value, days, hours,
    json, minutes, on_both_engines,
};

/// An order paid and one paid and refunded, on the first day; then the next morning.
async fn a_day(mall: &TestMall) -> (MemberClient, Order) {
    let tea = mall.product("龙井").price_fen(6_600).stock(50).create().await;
    let ann = mall.member().await;
    let kept = ann.buy(&[(&tea, 1)]).await.order;
    let back = ann.buy(&[(&tea, 2)]).await.order;
    mall.staff().refund(&back, "不要了").await.ok();
    mall.run_jobs().await;
    for notice in mall.wechat.finish_refunds() {
        mall.deliver(&notice).await.status(204);
    }
    (ann, kept)
}

async fn next_morning(mall: &TestMall) {
    mall.clock.advance(days(1));
    mall.run_jobs().await;
}

/// Staff of finance, signed in just now.
async fn desk(mall: &TestMall) -> StaffClient {
    mall.staff_with(&["finance.view", "finance.settle"], None).await
}

async fn days_of(mall: &TestMall, channel: &str) -> Vec<Value> {
    let page = desk(mall).await.get(&format!("/admin/v1/reconciliation/days?channel={channel}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn differences(mall: &TestMall, status: &str) -> Vec<Value> {
    let page = desk(mall).await.get(&format!("/admin/v1/reconciliation/differences?status={status}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

/// Runs the newest day of the channel again.
async fn again(mall: &TestMall) {
    let id = days_of(mall, "wechat").await[0]["id"].as_str().unwrap().to_owned();
    desk(mall).await.post(&format!("/admin/v1/reconciliation/days/{id}/run"), json!({})).await.ok();
    mall.run_jobs().await;
}

#[test]
fn an_honest_bill_leaves_no_difference_and_equal_sums() {
    on_both_engines(async |mall| {
        a_day(&mall).await;
        next_morning(&mall).await;
        for _ in 0..2 {
            let newest = days_of(&mall, "wechat").await[0].clone();
            assert_eq!(
                (newest["day"].as_str(), newest["state"].as_str()),
                (Some("2026-11-23"), Some("done")),
                "{newest}"
            );
            assert_eq!(newest["ours"], newest["theirs"]);
            assert_eq!(
                newest["ours"],
                json!({ "payments": 2, "paid_fen": 19_800, "refunds": 1, "refunded_fen": 13_200 })
            );
            assert_eq!(newest["open"], 0);
            again(&mall).await;
        }
        assert!(differences(&mall, "all").await.is_empty());
    });
}

#[test]
fn a_bill_is_not_asked_for_before_ten_and_missed_days_are_made_up_for() {
    on_both_engines(async |mall| {
        mall.run_jobs().await;
        let asked = mall.wechat.calls(Call::Bill);
        mall.clock.advance(hours(23) + minutes(50));
        mall.run_jobs().await;
        assert_eq!(mall.wechat.calls(Call::Bill), asked, "09:50 is too early");
        mall.clock.advance(minutes(10));
        mall.run_jobs().await;
        assert_eq!(mall.wechat.calls(Call::Bill), asked + 1);
        mall.clock.advance(days(3));
        mall.run_jobs().await;
        assert_eq!(mall.wechat.calls(Call::Bill), asked + 4, "each day that was missed");
    });
}

#[test]
fn every_kind_of_difference_is_found_and_named() {
    on_both_engines(async |mall| {
        a_day(&mall).await;
        mall.wechat.spoil_bills(|bill| {
            let refund = bill.lines.iter().position(|line| line.kind == BillKind::Refund).unwrap();
            bill.lines[refund].state = BillState::Failed;
            let payments: Vec<usize> =
                (0..bill.lines.len()).filter(|at| bill.lines[*at].kind == BillKind::Payment).collect();
            bill.lines[payments[0]].amount = Fen(6_599);
            bill.lines.remove(payments[1]);
            bill.lines.push(BillLine {
                kind: BillKind::Payment,
                number: "SOMEBODY-ELSE".into(),
                channel_number: "4200099".into(),
                amount: Fen(888),
                fee: Fen::ZERO,
                state: BillState::Done,
                at: None,
            });
        });
        next_morning(&mall).await;
        let found = differences(&mall, "open").await;
        let mut told: Vec<(&str, &str, i64, i64)> = found
            .iter()
            .map(|one| {
                let fen = |name: &str| one[name].as_i64().unwrap_or(-1);
                (one["kind"].as_str().unwrap(), one["problem"].as_str().unwrap(), fen("ours_fen"), fen("theirs_fen"))
            })
            .collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                ("payment", "amount", 6_600, 6_599),
                ("payment", "ours_only", 13_200, -1),
                ("payment", "theirs_only", -1, 888),
                ("refund", "state", 13_200, 13_200),
            ]
        );
        assert!(found.iter().all(|one| !one["advice"].as_str().unwrap().is_empty()));
        assert_eq!(days_of(&mall, "wechat").await[0]["open"], 4);
        // Again and again: the same four.
        again(&mall).await;
        assert_eq!(differences(&mall, "all").await.len(), 4);
        // The bill is put right: all four agree.
        mall.wechat.honest_bills();
        again(&mall).await;
        assert!(differences(&mall, "open").await.is_empty());
        let settled = differences(&mall, "settled").await;
        assert_eq!(settled.iter().filter(|one| one["settled_by"] == "match").count(), 4);
    });
}

#[test]
fn a_payment_in_the_next_days_bill_settles_itself() {
    on_both_engines(async |mall| {
        a_day(&mall).await;
        mall.wechat.spoil_bills(|bill| bill.lines.retain(|line| line.amount != Fen(6_600)));
        next_morning(&mall).await;
        let open = differences(&mall, "open").await;
        assert_eq!(open.len(), 1);
        let (number, channel_number) = (open[0]["number"].as_str().unwrap().to_owned(), "4200001".to_owned());
        mall.wechat.spoil_bills(move |bill| {
            let (kind, number, channel_number) = (BillKind::Payment, number.clone(), channel_number.clone());
            bill.lines.push(BillLine {
                kind,
                number,
                channel_number,
                amount: Fen(6_600),
                fee: Fen::ZERO,
                state: BillState::Done,
                at: None,
            });
        });
        next_morning(&mall).await;
        assert!(differences(&mall, "open").await.is_empty());
        assert_eq!(differences(&mall, "settled").await[0]["settled_by"], "match");
    });
}

#[test]
fn money_whose_notice_never_came_is_booked_by_the_comparison() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_600).create().await;
        let ann = mall.member().await;
        let order = ann.place_order(&[(&tea, 1)]).await.ok();
        let (number, _lost) = ann.pay_without_notice(&order).await;
        // The channel is deaf to every question of that day, so the order is closed as unpaid at the end.
        mall.wechat.forget_everything(true);
        mall.clock.advance(hours(14));
        mall.wechat.forget_everything(false);
        mall.clock.advance(hours(10));
        mall.run_jobs().await;
        let _ = number;
        assert!(differences(&mall, "open").await.is_empty());
        assert_ne!(ann.status_of(&order).await, "unpaid");
    });
}

#[test]
fn a_person_settles_with_a_reason_once_and_it_stays_settled() {
    on_both_engines(async |mall| {
        a_day(&mall).await;
        mall.wechat.spoil_bills(|bill| bill.lines.retain(|line| line.amount != Fen(6_600)));
        next_morning(&mall).await;
        let id = differences(&mall, "open").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/admin/v1/reconciliation/differences/{id}/settle");
        desk(&mall).await.post(&path, json!({ "note": "  " })).await.refused("request.invalid");
        let settled = desk(&mall).await.post(&path, json!({ "note": "商户平台查到，账单漏记" })).await.ok();
        assert_eq!((settled["status"].as_str(), settled["settled_by"].as_str()), (Some("settled"), Some("staff")));
        desk(&mall).await.post(&path, json!({ "note": "再来" })).await.refused("reconciliation.settled_already");
        let ask = format!("/admin/v1/reconciliation/differences/{id}/ask");
        desk(&mall).await.post(&ask, json!({})).await.refused("reconciliation.settled_already");
        again(&mall).await;
        assert!(differences(&mall, "open").await.is_empty());
        assert_eq!(days_of(&mall, "wechat").await[0]["settled"], 1);
        let viewer = mall.staff_with(&["finance.view"], None).await;
        viewer.post(&path, json!({ "note": "x" })).await.refused("staff.not_allowed");
    });
}

#[test]
fn a_bill_that_cannot_be_had_is_told_and_asked_for_again() {
    on_both_engines(async |mall| {
        a_day(&mall).await;
        mall.clock.advance(days(1));
        mall.wechat.trouble(Call::Bill, Trouble::Refuse);
        mall.run_jobs().await;
        let failed = days_of(&mall, "wechat").await[0].clone();
        assert_eq!(failed["state"], "failed");
        assert!(failed["last_error"].as_str().unwrap().contains("payment.channel_failed"));
        mall.clock.advance(minutes(11));
        mall.run_jobs().await;
        let done = days_of(&mall, "wechat").await[0].clone();
        assert_eq!((done["state"].as_str(), done["last_error"].as_str()), (Some("done"), None));
    });
}

#[test]
fn money_by_hand_agrees_with_the_orders() {
    on_both_engines(async |mall| {
        let tea = mall.product("龙井").price_fen(6_600).stock(9).create().await;
        let ann = mall.member().await;
        let kept = ann.place_order(&[(&tea, 1)]).await.ok();
        mall.staff().pay_offline(&kept).await.ok();
        let back = ann.place_order(&[(&tea, 2)]).await.ok();
        mall.staff().pay_offline(&back).await.ok();
        mall.staff().refund(&back, "不要了").await.ok();
        next_morning(&mall).await;
        let day = days_of(&mall, "offline").await[0].clone();
        assert_eq!(day["ours"], json!({ "payments": 2, "paid_fen": 19_800, "refunds": 1, "refunded_fen": 13_200 }));
        assert_eq!(day["ours"], day["theirs"]);
        assert!(differences(&mall, "all").await.is_empty());
        // Somebody changes the books by hand: the payment is gone, the order still says it was paid.
        mall.world
            .app()
            .db
            .write(|tx| {
                tx.exec(
                    "update payment set amount_fen = amount_fen - 1 where channel = 'offline' and refunded_fen = 0",
                    &[],
                )
            })
            .await
            .unwrap();
        let id = day["id"].as_str().unwrap().to_owned();
        desk(&mall).await.post(&format!("/admin/v1/reconciliation/days/{id}/run"), json!({})).await.ok();
        mall.run_jobs().await;
        let open = differences(&mall, "open").await;
        assert_eq!((open.len(), open[0]["problem"].as_str()), (1, Some("amount")));
        mall.world
            .app()
            .db
            .write(|tx| {
                tx.exec(
                    "update payment set amount_fen = amount_fen + 1 where channel = 'offline' and refunded_fen = 0",
                    &[],
                )
            })
            .await
            .unwrap();
    });
}
