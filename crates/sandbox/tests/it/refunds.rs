//! Refunds: never more than was paid, never twice under one number.

use crate::stand::{Receiver, Stand};
use sandbox::{Fault, Pace};
use serde_json::json;

const NOTIFY: &str = "http://127.0.0.1:9/notify";

async fn paid(stand: &Stand, number: &str) {
    assert_eq!(stand.merchant().jsapi(number, NOTIFY).await.status, 200);
    stand.control.pay(number).unwrap();
}

#[tokio::test]
async fn refunds_sum_up_to_the_payment_and_no_further() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    paid(&stand, "order-1").await;
    assert_eq!(merchant.refund("order-1", "r-1", 700, None).await.body["status"], "PROCESSING");
    assert_eq!(merchant.refund("order-1", "r-2", 501, None).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(merchant.refund("order-1", "r-2", 500, None).await.status, 200);
    assert_eq!(merchant.refund("order-1", "r-3", 1, None).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(merchant.query("order-1").await.body["trade_state"], "REFUND");
}

#[tokio::test]
async fn same_refund_number_is_the_same_refund() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    paid(&stand, "order-1").await;
    let first = merchant.refund("order-1", "r-1", 300, None).await.body;
    let again = merchant.refund("order-1", "r-1", 300, None).await.body;
    assert_eq!(first["refund_id"], again["refund_id"]);
    assert_eq!(merchant.refund("order-1", "r-1", 301, None).await.code(), (400, "PARAM_ERROR"));
    assert_eq!(merchant.refund("order-1", "r-2", 900, None).await.status, 200, "the repeat took nothing");
}

#[tokio::test]
async fn refund_needs_a_payment_and_its_total() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    merchant.jsapi("order-1", NOTIFY).await;
    assert_eq!(merchant.refund("order-1", "r-1", 1, None).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(merchant.refund("nothing", "r-1", 1, None).await.code(), (404, "RESOURCE_NOT_EXISTS"));
    stand.control.pay("order-1").unwrap();
    assert_eq!(merchant.refund("order-1", "r-1", 0, None).await.code(), (400, "PARAM_ERROR"));
    let body = json!({"out_trade_no": "order-1", "out_refund_no": "r-1",
        "amount": {"refund": 1, "total": 1300, "currency": "CNY"}});
    assert_eq!(merchant.post("/v3/refund/domestic/refunds", &body).await.code(), (400, "INVALID_REQUEST"));
    assert_eq!(merchant.get("/v3/refund/domestic/refunds/r-1").await.code(), (404, "RESOURCE_NOT_EXISTS"));
}

#[tokio::test]
async fn finished_refund_is_told_and_can_be_asked() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    paid(&stand, "order-1").await;
    stand.merchant().refund("order-1", "r-1", 700, Some(&receiver.url)).await;
    let (envelope, content) = receiver.wait_for(1).await[0].open(&stand).await.unwrap();
    assert_eq!(envelope.event_type, "REFUND.SUCCESS");
    assert_eq!((&content["refund_status"], &content["amount"]["refund"]), (&json!("SUCCESS"), &json!(700)));
    let asked = stand.merchant().get("/v3/refund/domestic/refunds/r-1").await.body;
    assert_eq!((&asked["status"], &asked["refund_id"]), (&json!("SUCCESS"), &content["refund_id"]));
}

#[tokio::test]
async fn refund_ends_by_the_clock_when_nobody_else_ends_it() {
    let stand = Stand::with(Pace { notice_factor: 1.0, ..Pace::quick() }).await;
    paid(&stand, "order-1").await;
    stand.merchant().refund("order-1", "r-1", 700, None).await;
    let path = "/v3/refund/domestic/refunds/r-1";
    assert_eq!(stand.merchant().get(path).await.body["status"], "PROCESSING");
    stand.clock.advance(3_000);
    assert_eq!(stand.merchant().get(path).await.body["status"], "SUCCESS");
}

#[tokio::test]
async fn refund_faults_are_those_of_the_real_thing() {
    let stand = Stand::new().await;
    let receiver = Receiver::new(&[]).await;
    paid(&stand, "order-1").await;
    let poor = stand.merchant().fault(Fault::RefundNotEnough);
    assert_eq!(poor.refund("order-1", "r-1", 100, None).await.code(), (403, "NOT_ENOUGH"));
    let odd = stand.merchant().fault(Fault::RefundAbnormal);
    assert_eq!(odd.refund("order-1", "r-1", 100, Some(&receiver.url)).await.status, 200);
    let (envelope, _) = receiver.wait_for(1).await[0].open(&stand).await.unwrap();
    assert_eq!(envelope.event_type, "REFUND.ABNORMAL");
}
