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

async fn open(desk: &StaffClient) -> Vec<String> {
    let page = desk.get("/admin/v1/reconciliation/differences").await.ok();
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

        // Ten in the morning of the next day has come, whatever time of day it is now.
        mall.clock.advance(days(1) + hours(10));
        let desk = mall.staff_with(&["finance.view", "finance.settle"], None).await;
        mall.run_jobs().await;
        assert!(open(&desk).await.is_empty(), "{:?}", open(&desk).await);
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
            assert!(open(&desk).await.contains(&problem.to_owned()), "{problem}: {:?}", open(&desk).await);
            outside.set(fault, false);
            again(&mall, &desk, channel).await;
            assert!(open(&desk).await.is_empty(), "{problem}: {:?}", open(&desk).await);
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
