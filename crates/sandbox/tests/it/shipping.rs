//! Money stays frozen until WeChat is told how the goods travel.

use crate::stand::{OPENID, Stand};
use kernel::days;
use sandbox::Fault;
use serde_json::{Value, json};

async fn token(stand: &Stand) -> String {
    let own = &stand.credentials.wechat;
    let body = json!({"grant_type": "client_credential", "appid": own.app_id, "secret": own.app_secret});
    stand.post_json("/cgi-bin/stable_token", &body).await["access_token"].as_str().unwrap().to_owned()
}

async fn call(stand: &Stand, verb: &str, body: &Value) -> Value {
    let token = token(stand).await;
    stand.post_json(&format!("/wxa/sec/order/{verb}?access_token={token}"), body).await
}

fn upload(stand: &Stand, tracking: &str) -> Value {
    json!({
        "order_key": {"order_number_type": 1, "mchid": stand.credentials.wechat_pay.merchant_id, "out_trade_no": "order-1"},
        "logistics_type": 1,
        "delivery_mode": 1,
        "shipping_list": [{"tracking_no": tracking, "express_company": "ZTO", "item_desc": "咖啡椅*2个"}],
        "upload_time": "2026-11-23T20:00:00.000+08:00",
        "payer": {"openid": OPENID}
    })
}

async fn paid() -> Stand {
    let stand = Stand::new().await;
    stand.merchant().jsapi("order-1", "http://127.0.0.1:9/notify").await;
    stand.control.pay("order-1").unwrap();
    stand
}

async fn state(stand: &Stand) -> Value {
    let which = json!({"merchant_id": stand.credentials.wechat_pay.merchant_id, "merchant_trade_no": "order-1"});
    call(stand, "get_order", &which).await["order"]["order_state"].clone()
}

#[tokio::test]
async fn upload_unfreezes_and_the_member_confirms_by_time() {
    let stand = paid().await;
    assert!(stand.control.is_frozen("order-1"));
    assert_eq!(state(&stand).await, 1);
    assert_eq!(call(&stand, "upload_shipping_info", &upload(&stand, "78001")).await["errcode"], 0);
    assert!(!stand.control.is_frozen("order-1"));
    assert_eq!(state(&stand).await, 2);
    stand.clock.advance(days(10));
    assert_eq!(state(&stand).await, 3);
    assert_eq!(call(&stand, "upload_shipping_info", &upload(&stand, "78002")).await["errcode"], 10060002);
}

#[tokio::test]
async fn one_correction_is_allowed() {
    let stand = paid().await;
    for (tracking, code) in [("78001", 0), ("78001", 10060023), ("78002", 0), ("78003", 10060003)] {
        assert_eq!(
            call(&stand, "upload_shipping_info", &upload(&stand, tracking)).await["errcode"],
            code,
            "{tracking}"
        );
    }
}

#[tokio::test]
async fn split_shipments_add_up() {
    let stand = paid().await;
    let mut part = upload(&stand, "78001");
    part["delivery_mode"] = json!(2);
    part["is_all_delivered"] = json!(false);
    assert_eq!(call(&stand, "upload_shipping_info", &part).await["errcode"], 0);
    assert_eq!(state(&stand).await, 1);
    part["is_all_delivered"] = json!(true);
    part["shipping_list"][0]["tracking_no"] = json!("78002");
    assert_eq!(call(&stand, "upload_shipping_info", &part).await["errcode"], 0);
    assert_eq!(state(&stand).await, 2);
    let which = json!({"merchant_id": stand.credentials.wechat_pay.merchant_id, "merchant_trade_no": "order-1"});
    let order = call(&stand, "get_order", &which).await;
    assert_eq!(order["order"]["shipping"]["shipping_list"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn wrong_uploads_are_refused() {
    let stand = paid().await;
    let cases: [(&str, Value, i64); 9] = [
        ("/order_key/out_trade_no", json!("order-2"), 10060001),
        ("/order_key/mchid", json!("1"), 10060001),
        ("/logistics_type", json!(9), 10060005),
        ("/shipping_list", json!([]), 40097),
        ("/shipping_list/0/tracking_no", json!(""), 40097),
        ("/shipping_list/0/express_company", json!("SF"), 40097),
        ("/shipping_list/0/item_desc", json!("长".repeat(121)), 10060024),
        ("/upload_time", json!("2026-11-23 20:00:00"), 40097),
        ("/payer/openid", json!("oSomebodyElse"), 40003),
    ];
    for (pointer, value, code) in cases {
        let mut body = upload(&stand, "78001");
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(call(&stand, "upload_shipping_info", &body).await["errcode"], code, "{pointer}");
    }
    assert!(stand.control.is_frozen("order-1"));
}

#[tokio::test]
async fn payment_is_found_by_transaction_and_unknown_while_unpaid() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    merchant.jsapi("order-1", "http://127.0.0.1:9/notify").await;
    assert_eq!(call(&stand, "upload_shipping_info", &upload(&stand, "78001")).await["errcode"], 10060001);
    stand.control.pay("order-1").unwrap();
    stand.control.set(Fault::ShippingUnknown, true);
    assert_eq!(call(&stand, "upload_shipping_info", &upload(&stand, "78001")).await["errcode"], 10060001);
    stand.control.set(Fault::ShippingUnknown, false);
    let id = merchant.query("order-1").await.body["transaction_id"].clone();
    let mut body = upload(&stand, "");
    body["order_key"] = json!({"order_number_type": 2, "transaction_id": id});
    body["logistics_type"] = json!(4);
    body["shipping_list"] = json!([{"item_desc": "咖啡椅*2个"}]);
    assert_eq!(call(&stand, "upload_shipping_info", &body).await["errcode"], 0, "pickup needs no tracking number");
    stand.clock.advance(days(2));
    assert_eq!(state(&stand).await, 3);
}

#[tokio::test]
async fn refunded_order_cannot_be_shipped() {
    let stand = paid().await;
    stand.merchant().refund("order-1", "r-1", 1200, None).await;
    assert_eq!(state(&stand).await, 5);
    assert_eq!(call(&stand, "upload_shipping_info", &upload(&stand, "78001")).await["errcode"], 10060004);
}

#[tokio::test]
async fn confirmation_can_be_asked_for_once() {
    let stand = paid().await;
    let ask = json!({"merchant_id": stand.credentials.wechat_pay.merchant_id, "merchant_trade_no": "order-1",
        "received_time": stand_seconds(&stand)});
    assert_eq!(call(&stand, "notify_confirm_receive", &ask).await["errcode"], 10060004);
    call(&stand, "upload_shipping_info", &upload(&stand, "78001")).await;
    assert_eq!(call(&stand, "notify_confirm_receive", &ask).await["errcode"], 0);
    assert_eq!(state(&stand).await, 3);
    assert_eq!(call(&stand, "notify_confirm_receive", &ask).await["errcode"], 10060004);
}

fn stand_seconds(stand: &Stand) -> i64 {
    use kernel::Clock;
    stand.clock.now().unix_seconds()
}
