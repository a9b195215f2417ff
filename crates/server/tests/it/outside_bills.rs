//! The bills of every channel, made by the stand-ins in the form of the real ones and read by the real clients, on both
//! engines: an honest bill agrees with the books to the fen, and each thing that can be wrong in one is found and heals.

use crate::outside::{wait_for, with_stand_ins_on_both};
use crate::outside_channels::{opened, refund_until_done};
use sandbox::{Control, Fault};
use testkit::{MemberClient, Order, StaffClient, TestMall, Value, days, hours, json};

/// Pays an order as a person would at the channel.
async fn pay(channel: &str, member: &MemberClient, order: &Order, outside: &Control) {
    let scene = if channel == "wechat" { "native" } else { "page" };
    let number = opened(member, order, channel, scene).await;
    outside.pay(&number).unwrap();
    wait_for(member, order, "to_ship").await;
}

async fn list(desk: &StaffClient, channel: &str) -> Vec<Value> {
    let page = desk.get(&format!("/admin/v1/reconciliation/days?channel={channel}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn open(desk: &StaffClient, channel: &str) -> Vec<String> {
    let page = desk.get(&format!("/admin/v1/reconciliation/differences?channel={channel}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|one| one["problem"].as_str().unwrap().to_owned()).collect()
}

async fn again(mall: &TestMall, desk: &StaffClient, channel: &str) {
    for day in list(desk, channel).await {
        let id = day["id"].as_str().unwrap();
        desk.post(&format!("/admin/v1/reconciliation/days/{id}/run"), json!({})).await.ok();
    }
    mall.run_jobs().await;
}

fn a_day_at(channel: &'static str) {
    with_stand_ins_on_both(&format!("bill_{channel}"), async |mall, outside: Control| {
        let tea = mall.product("龙井, 明前").price_fen(6_605).stock(9).create().await;
        let ann = mall.member().await;
        let kept = ann.place_order(&[(&tea, 1)]).await.ok();
        pay(channel, &ann, &kept, &outside).await;
        let back = ann.place_order(&[(&tea, 2)]).await.ok();
        pay(channel, &ann, &back, &outside).await;
        refund_until_done(&mall, &ann, &back).await;

        // Ten in the morning of the next day has come, whatever time of day it is now. UnionPay's days begin at 23:00; of a
        // day that has not come yet the stand-ins, whose clock is the real one, have no bill.
        mall.clock.advance(days(1) + hours(if channel == "unionpay" { 11 } else { 10 }));
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        mall.run_jobs().await;
        assert!(open(&desk, channel).await.is_empty(), "{:?}", open(&desk, channel).await);
        let told = list(&desk, channel).await;
        let sum = |side: &str, name: &str| told.iter().map(|day| day[side][name].as_i64().unwrap()).sum::<i64>();
        for side in ["ours", "theirs"] {
            let sums = ["payments", "paid_fen", "refunds", "refunded_fen"].map(|name| sum(side, name));
            assert_eq!(sums, [2, 19_815, 1, 13_210], "{side}: {told:?}");
        }
        let fees: i64 = told.iter().map(|day| day["fee_fen"].as_i64().unwrap_or(0)).sum();
        assert_eq!(fees, 40, "of what was kept");

        for (fault, problem) in [
            (Fault::BillWrongAmount, "amount"),
            (Fault::BillMissingLine, "ours_only"),
            (Fault::BillExtraLine, "theirs_only"),
        ] {
            outside.set(fault, true);
            again(&mall, &desk, channel).await;
            assert!(
                open(&desk, channel).await.contains(&problem.to_owned()),
                "{problem}: {:?}",
                open(&desk, channel).await
            );
            outside.set(fault, false);
            again(&mall, &desk, channel).await;
            assert!(open(&desk, channel).await.is_empty(), "{problem}: {:?}", open(&desk, channel).await);
        }
    });
}

#[test]
fn wechat_pays_bill_is_read_and_its_faults_are_found() {
    a_day_at("wechat");
}

#[test]
fn alipays_bill_is_read_and_its_faults_are_found() {
    a_day_at("alipay");
}

#[test]
fn unionpays_statement_is_read_and_its_faults_are_found() {
    a_day_at("unionpay");
}

/// A payment kept and one given back, and commission that arrived; then the morning after.
async fn a_day_of_funds(mall: &TestMall, outside: &Control) -> StaffClient {
    let tea = mall.product("龙井").price_fen(6_605).stock(9).create().await;
    let ann = mall.member().await;
    ann.post("/api/v1/session/wechat", json!({ "code": outside.login_code("ann") })).await.ok();
    let kept = ann.place_order(&[(&tea, 1)]).await.ok();
    pay("wechat", &ann, &kept, outside).await;
    let back = ann.place_order(&[(&tea, 2)]).await.ok();
    pay("wechat", &ann, &back, outside).await;
    refund_until_done(mall, &ann, &back).await;
    crate::transfers::earn(mall, &ann, 5_000).await;
    let path = format!("/admin/v1/members/{}/transfers", ann.id);
    for accept in [true, false] {
        let made = mall.staff().post(&path, json!({ "amount_fen": 1_234, "remark": "佣金" })).await.ok();
        let id = made["id"].as_str().unwrap().to_owned();
        outside.confirm_transfer(&format!("T{id}"), accept).unwrap();
        ended(&ann, &id, if accept { "done" } else { "failed" }).await;
    }
    mall.clock.advance(days(1) + hours(10));
    let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
    mall.run_jobs().await;
    desk
}

/// Waits for the notice of a transfer to arrive over the network.
async fn ended(ann: &MemberClient, id: &str, word: &str) {
    for _ in 0..400 {
        if ann.get(&format!("/api/v1/transfers/{id}")).await.ok()["status"] == word {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the transfer did not become {word}");
}

async fn told(desk: &StaffClient) -> Vec<(String, String, i64, i64)> {
    let page = desk.get("/admin/v1/reconciliation/differences").await.ok();
    let mut told: Vec<_> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["channel"], "wechat_funds", "{one}");
            assert!(!one["advice"].as_str().unwrap().is_empty());
            let word = |name: &str| one[name].as_str().unwrap().to_owned();
            let fen = |name: &str| one[name].as_i64().unwrap_or(-1);
            (word("kind"), word("problem"), fen("ours_fen"), fen("theirs_fen"))
        })
        .collect();
    told.sort();
    told
}

fn difference(kind: &str, problem: &str, ours: i64, theirs: i64) -> (String, String, i64, i64) {
    (kind.to_owned(), problem.to_owned(), ours, theirs)
}

#[test]
fn what_moved_on_the_account_agrees_with_payments_refunds_fees_and_transfers() {
    with_stand_ins_on_both("funds", async |mall, outside: Control| {
        let desk = a_day_of_funds(&mall, &outside).await;
        assert!(told(&desk).await.is_empty(), "{:?}", told(&desk).await);
        let days = list(&desk, "wechat_funds").await;
        let sum = |of: fn(&Value) -> &Value| days.iter().map(|day| of(day).as_i64().unwrap()).sum::<i64>();
        for (ours, theirs) in days.iter().map(|day| (&day["ours"], &day["theirs"])) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(sum(|day| &day["theirs"]["paid_fen"]), 19_815);
        assert_eq!(sum(|day| &day["theirs"]["refunded_fen"]), 13_210);
        assert_eq!((sum(|day| &day["fee_fen"]), sum(|day| &day["funds"]["ours_fee_fen"])), (40, 40));
        assert_eq!(sum(|day| &day["funds"]["ours_transferred_fen"]), 1_234);
        assert_eq!(sum(|day| &day["funds"]["theirs_transferred_fen"]), 1_234);
        assert!(list(&desk, "wechat").await.iter().all(|day| day.get("funds").is_none()));
        // Fees count once in the reports, however many books tell them.
        let today = mall.staff_with(&["finance.view"], None).await;
        let from = days.last().unwrap()["day"].as_str().unwrap();
        let to = days[0]["day"].as_str().unwrap();
        let report = today.get(&format!("/admin/v1/finance/report?by=channel&from={from}&to={to}")).await.ok();
        assert_eq!(report["total"]["money"]["fee_fen"], 40, "{report}");
    });
}

#[test]
fn what_is_wrong_on_the_account_is_found_and_heals() {
    with_stand_ins_on_both("funds_wrong", async |mall, outside: Control| {
        let desk = a_day_of_funds(&mall, &outside).await;
        for (fault, want) in [
            (Fault::FundsWrongFee, difference("fee", "amount", 79, 80)),
            (Fault::FundsExtraLine, difference("payment", "theirs_only", -1, 666)),
            (Fault::FundsMissingLine, difference("fee", "ours_only", -79, -1)),
        ] {
            outside.set(fault, true);
            again(&mall, &desk, "wechat_funds").await;
            let found = told(&desk).await;
            assert!(found.contains(&want), "{fault:?}: {found:?}");
            outside.set(fault, false);
            again(&mall, &desk, "wechat_funds").await;
            assert!(told(&desk).await.is_empty(), "{fault:?}: {:?}", told(&desk).await);
        }
        // A transfer that our books do not know of any more.
        let db = mall.world.app().db.clone();
        let turn = |status: &'static str, was: &'static str| {
            db.write(move |tx| tx.exec("update transfer set status = $1 where status = $2", &db::args![status, was]))
        };
        turn("cancelled", "done").await.unwrap();
        again(&mall, &desk, "wechat_funds").await;
        assert_eq!(told(&desk).await, [difference("transfer", "state", 1_234, 1_234)]);
        turn("done", "cancelled").await.unwrap();
        let page = desk.get("/admin/v1/reconciliation/differences").await.ok();
        let id = page["items"][0]["id"].as_str().unwrap();
        let asked = desk.post(&format!("/admin/v1/reconciliation/differences/{id}/ask"), json!({})).await.ok();
        assert_eq!((asked["status"].as_str(), asked["settled_by"].as_str()), (Some("settled"), Some("match")));
    });
}

#[test]
fn a_bill_that_is_not_made_yet_is_told_and_asked_for_again() {
    with_stand_ins_on_both("bill_late", async |mall, outside: Control| {
        // Half past ten in the morning in China.
        let now = mall.clock_now().0;
        let morning = (now + hours(8)).rem_euclid(days(1));
        mall.clock.advance(days(1) - morning + hours(10) + 30 * 60_000);
        outside.set(Fault::BillLate, true);
        mall.run_jobs().await;
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        for channel in ["wechat", "alipay", "unionpay"] {
            let day = list(&desk, channel).await[0].clone();
            assert!(day["last_error"].as_str().unwrap().contains("payment.bill_not_ready"), "{channel}: {day}");
        }
        // At noon a bill that still is not there is one of a day without movements.
        mall.clock.advance(hours(2));
        mall.run_jobs().await;
        for channel in ["alipay", "unionpay"] {
            let day = list(&desk, channel).await[0].clone();
            assert_eq!((day["state"].as_str(), day["theirs"]["payments"].as_i64()), (Some("done"), Some(0)), "{day}");
        }
    });
}
