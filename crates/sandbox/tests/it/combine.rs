//! Combined payment at the stand-in: one cashier, one notice, a transaction and a bill row for each sub-order.

use crate::stand::{Receiver, Stand};
use kernel::days;
use sandbox::Fault;
use serde_json::{Value, json};

fn order(stand: &Stand, number: &str, notify_url: &str) -> Value {
    let own = &stand.credentials;
    let sub = |position: i64, fen: i64| {
        json!({ "mchid": own.wechat_pay.merchant_id, "attach": number, "amount": { "total_amount": fen, "currency": "CNY" },
            "out_trade_no": format!("{number}S{position}"), "description": format!("店铺 {position}") })
    };
    json!({ "combine_appid": own.wechat.app_id, "combine_mchid": own.wechat_pay.merchant_id,
        "combine_out_trade_no": number, "sub_orders": [sub(1, 700), sub(2, 500)], "notify_url": notify_url })
}

#[tokio::test]
async fn one_press_pays_every_sub_order_and_one_notice_tells_of_them() {
    let stand = Stand::new().await;
    let (merchant, receiver) = (stand.merchant(), Receiver::new(&[]).await);
    let asked = order(&stand, "combine-1", &receiver.url);
    let opened = merchant.post("/v3/combine-transactions/native", &asked).await;
    let cashier = opened.body["code_url"].as_str().unwrap().replace(&stand.address, "");
    let (_, sheet) = stand.get(&cashier).await;
    assert!(sheet.contains("12.00") && sheet.contains("店铺 1、店铺 2"), "the cashier shows the whole: {sheet}");
    stand.control.pay("combine-1").unwrap();
    let (envelope, content) = receiver.wait_for(1).await[0].open(&stand).await.unwrap();
    assert_eq!(envelope.event_type, "TRANSACTION.SUCCESS");
    let seen = merchant.get("/v3/combine-transactions/out-trade-no/combine-1").await.body;
    assert_eq!(content, seen);
    let ids: Vec<&str> =
        seen["sub_orders"].as_array().unwrap().iter().map(|sub| sub["transaction_id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1]);
    // A sub-order is no payment of its own to query or close, but it is one to refund.
    assert_eq!(merchant.query("combine-1S1").await.code(), (404, "ORDER_NOT_EXIST"));
    assert_eq!(merchant.close("combine-1S1").await.code(), (404, "ORDER_NOT_EXIST"));
    let again = merchant.post("/v3/combine-transactions/native", &asked).await;
    assert_eq!(again.code(), (400, "ORDERPAID"));
}

#[tokio::test]
async fn the_bill_has_a_row_for_each_sub_order() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let asked = order(&stand, "combine-1", "http://127.0.0.1:9/notify");
    merchant.post("/v3/combine-transactions/native", &asked).await;
    stand.control.pay("combine-1").unwrap();
    stand.clock.advance(days(1));
    let day = "2026-11-23";
    let address = merchant.get(&format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP")).await;
    assert_eq!(address.status, 200, "{:?}", address.body);
}

#[tokio::test]
async fn a_bank_that_declines_pays_none_of_them() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let asked = order(&stand, "combine-1", "http://127.0.0.1:9/notify");
    merchant.post("/v3/combine-transactions/native", &asked).await;
    stand.control.set(Fault::PayerDeclined, true);
    assert!(stand.control.pay("combine-1").is_err());
    let seen = merchant.get("/v3/combine-transactions/out-trade-no/combine-1").await.body;
    assert!(seen["sub_orders"].as_array().unwrap().iter().all(|sub| sub["trade_state"] == "NOTPAY"), "{seen}");
}
