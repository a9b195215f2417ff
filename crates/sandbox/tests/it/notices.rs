//! Notices: sealed, signed, repeated until accepted, and spoiled on demand.

use crate::stand::{Arrived, Receiver, Stand};
use sandbox::{Fault, Pace};
use serde_json::Value;
use std::time::Duration;
use wire::WireError;

async fn pay(stand: &Stand, number: &str, url: &str) {
    assert_eq!(stand.merchant().jsapi(number, url).await.status, 200);
    stand.control.pay(number).unwrap();
}

async fn console(stand: &Stand) -> Value {
    serde_json::from_str(&stand.get("/control/notices").await.1).unwrap()
}

#[tokio::test]
async fn notice_holds_the_transaction() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    pay(&stand, "order-1", &receiver.url).await;
    let (envelope, content) = receiver.wait_for(1).await[0].open(&stand).await.unwrap();
    assert_eq!(
        (envelope.event_type.as_str(), envelope.resource_type.as_str()),
        ("TRANSACTION.SUCCESS", "encrypt-resource")
    );
    assert_eq!(content, stand.merchant().query("order-1").await.body);
}

#[tokio::test]
async fn notice_is_signed_in_the_trust_mode_of_its_order() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    stand.merchant().by_public_key().jsapi("order-1", &receiver.url).await;
    stand.control.pay("order-1").unwrap();
    let arrived = &receiver.wait_for(1).await[0];
    assert_eq!(arrived.signature.serial, stand.credentials.wechat_pay.public_key_id);
    arrived.open(&stand).await.unwrap();
}

#[tokio::test]
async fn refused_notice_comes_again_with_the_same_id_until_accepted() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[500, 401, 302, 200]).await;
    pay(&stand, "order-1", &receiver.url).await;
    let arrived = receiver.wait_for(4).await;
    assert!(arrived.windows(2).all(|w| w[0].body == w[1].body));
    for notice in &arrived {
        notice.open(&stand).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(receiver.arrived().len(), 4, "accepted is the end");
    assert_eq!(console(&stand).await["items"][0]["outcome"], "accepted");
}

#[tokio::test]
async fn notice_is_given_up_after_fifteen_retries() {
    let stand = Stand::with(Pace { notice_factor: 0.000_01, ..Pace::quick() }).await;
    let receiver = Receiver::new(&[500; 20]).await;
    pay(&stand, "order-1", &receiver.url).await;
    receiver.wait_for(16).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(receiver.arrived().len(), 16);
    assert_eq!(console(&stand).await["items"][0]["outcome"], "given_up");
}

async fn verdicts(stand: &Stand, arrived: &[Arrived]) -> Vec<Option<WireError>> {
    let mut verdicts = Vec::new();
    for notice in arrived {
        verdicts.push(notice.open(stand).await.err());
    }
    verdicts
}

#[tokio::test]
async fn probe_comes_first_and_must_be_refused() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[401]).await;
    stand.control.set(Fault::NoticeProbe, true);
    pay(&stand, "order-1", &receiver.url).await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(verdicts(&stand, &arrived).await, [Some(WireError::Probe), None]);
    let record = &console(&stand).await["items"][0]["attempts"];
    assert_eq!((&record[0]["probe"], &record[0]["status"]), (&Value::Bool(true), &Value::from(401)));
}

#[tokio::test]
async fn wrong_notice_signature_is_wrong() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    stand.merchant().fault(Fault::WrongNoticeSignature).jsapi("order-1", &receiver.url).await;
    stand.control.pay("order-1").unwrap();
    assert_eq!(verdicts(&stand, &receiver.wait_for(1).await).await, [Some(WireError::Signature)]);
}

#[tokio::test]
async fn description_makes_a_notice_come_twice() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    let merchant = stand.merchant();
    let mut order = merchant.order("order-1", &receiver.url);
    order["description"] = "咖啡椅 [duplicate_notice]".into();
    merchant.post("/v3/pay/transactions/jsapi", &order).await;
    stand.control.pay("order-1").unwrap();
    assert_eq!(verdicts(&stand, &receiver.wait_for(2).await).await, [None, None]);
}

#[tokio::test]
async fn late_notice_leaves_time_for_a_query() {
    let stand = Stand::with(Pace { notice_factor: 0.001, ..Pace::quick() }).await;
    let receiver = Receiver::new(&[]).await;
    stand.merchant().fault(Fault::LateNotice).jsapi("order-1", &receiver.url).await;
    stand.control.pay("order-1").unwrap();
    assert_eq!(stand.merchant().query("order-1").await.body["trade_state"], "SUCCESS");
    assert_eq!(receiver.arrived().len(), 0);
    receiver.wait_for(1).await;
}

#[tokio::test]
async fn no_notice_is_none() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    stand.control.set(Fault::NoNotice, true);
    pay(&stand, "order-1", &receiver.url).await;
    stand.control.set(Fault::NoNotice, false);
    pay(&stand, "order-2", &receiver.url).await;
    let (_, content) = receiver.wait_for(1).await[0].open(&stand).await.unwrap();
    assert_eq!(content["out_trade_no"], "order-2");
}
