//! Prepay, query, close and the door in front of them.

use crate::stand::{Stand, read};
use kernel::{days, hours, minutes};
use reqwest::Method;
use serde_json::{Value, json};
use wire::PrivateKey;

const NOTIFY: &str = "http://127.0.0.1:9/notify";

#[tokio::test]
async fn every_answer_is_signed_and_carries_a_request_id() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    assert!(merchant.jsapi("order-1", NOTIFY).await.request_id.ends_with("-0"));
    let closed = merchant.close("order-1").await;
    assert_eq!((closed.status, closed.body), (204, Value::Null));
    assert_eq!(merchant.query("nothing-here").await.code(), (404, "ORDER_NOT_EXIST"));
    assert_eq!(merchant.get("/v3/unknown/thing").await.code(), (404, "RESOURCE_NOT_EXISTS"));
    assert_eq!(merchant.get("/v3/pay/transactions/jsapi").await.code(), (404, "RESOURCE_NOT_EXISTS"));
}

#[tokio::test]
async fn trust_mode_of_the_request_chooses_the_key() {
    let stand = Stand::new().await;
    let own = &stand.credentials.wechat_pay;
    let by_certificate = stand.merchant().jsapi("order-1", NOTIFY).await;
    assert_eq!(by_certificate.serial, own.platform_certificates[0].serial);
    let by_key = stand.merchant().by_public_key().query("order-1").await;
    assert_eq!(by_key.serial, own.public_key_id);
    let mut other = stand.merchant();
    other.headers.push(("Wechatpay-Serial", "5A00".into()));
    assert_eq!(other.query("order-1").await.code(), (400, "PARAM_ERROR"));
}

#[tokio::test]
async fn rotated_certificate_signs_and_the_old_one_stays_listed() {
    let stand = Stand::new().await;
    let first = stand.merchant().query("none").await.serial;
    stand.control.rotate_certificate().unwrap();
    let second = stand.merchant().query("none").await.serial;
    assert_ne!(first, second);
    let list = stand.merchant().get("/v3/certificates").await.body;
    let serials: Vec<&str> =
        list["data"].as_array().unwrap().iter().map(|c| c["serial_no"].as_str().unwrap()).collect();
    assert_eq!(serials, [first.as_str(), second.as_str()]);
    stand.control.rotate_certificate().unwrap();
    assert_eq!(stand.merchant().get("/v3/certificates").await.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bad_doors_stay_shut() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let path = "/v3/certificates";
    let good = merchant.authorization(&Method::GET, path, b"").to_string();
    let foreign = good.replace(&stand.credentials.wechat_pay.merchant_id, "1900000000");
    let serial = good.replace(&stand.credentials.wechat_pay.merchant_serial, "4C00");
    let wrong_key = {
        let mut other = stand.merchant();
        other.key = PrivateKey::generate().unwrap();
        other.authorization(&Method::GET, path, b"").to_string()
    };
    let other_path = merchant.authorization(&Method::GET, "/v3/certificates?x=1", b"").to_string();
    let cases: [(&str, Option<&str>, &str, u16); 8] = [
        ("application/json", Some("t"), &good, 200),
        ("application/json", Some("t"), "", 401),
        ("application/json", Some("t"), "Bearer abc", 401),
        ("application/json", Some("t"), &foreign, 401),
        ("application/json", Some("t"), &serial, 401),
        ("application/json", Some("t"), &wrong_key, 401),
        ("application/json", Some("t"), &other_path, 401),
        ("application/json", None, &good, 400),
    ];
    for (accept, agent, authorization, status) in cases {
        let mut request = stand.http.get(format!("{}{path}", stand.address)).header("Accept", accept);
        if let Some(agent) = agent {
            request = request.header("User-Agent", agent);
        }
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        let reply = read(&stand, request.send().await.unwrap()).await.unwrap();
        assert_eq!(reply.status, status, "{agent:?} {authorization}: {}", reply.body);
    }
}

#[tokio::test]
async fn stale_request_is_refused() {
    let stand = Stand::new().await;
    let header = stand.merchant().authorization(&Method::GET, "/v3/certificates", b"").to_string();
    stand.clock.advance(minutes(5) + 1_000);
    let url = format!("{}/v3/certificates", stand.address);
    let request = stand.http.get(url).header("User-Agent", "t").header("Authorization", header);
    let answer = request.header("Accept", "application/json").send().await.unwrap();
    assert_eq!(read(&stand, answer).await.unwrap().code(), (401, "SIGN_ERROR"));
}

#[tokio::test]
async fn mounted_under_a_prefix_the_bare_path_is_signed_or_the_whole() {
    let stand = Stand::new().await;
    let mut merchant = stand.merchant();
    merchant.prefix = "/sandbox";
    assert_eq!(merchant.get("/v3/certificates").await.status, 200);
    let whole = stand.merchant();
    assert_eq!(whole.get("/sandbox/v3/certificates").await.status, 200);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let changes: [(&str, Value, &str); 14] = [
        ("/mchid", json!("1900000000"), "PARAM_ERROR"),
        ("/appid", json!("wx0000000000000000"), "APPID_MCHID_NOT_MATCH"),
        ("/amount/total", json!(0), "PARAM_ERROR"),
        ("/amount/total", json!(-1), "PARAM_ERROR"),
        ("/amount/total", json!(1.5), "PARAM_ERROR"),
        ("/amount/currency", json!("USD"), "PARAM_ERROR"),
        ("/out_trade_no", json!("short"), "PARAM_ERROR"),
        ("/out_trade_no", json!("has space 1"), "PARAM_ERROR"),
        ("/description", json!(""), "PARAM_ERROR"),
        ("/description", json!("长".repeat(128)), "PARAM_ERROR"),
        ("/notify_url", json!("https://example.com/n?x=1"), "PARAM_ERROR"),
        ("/notify_url", json!("/notify"), "PARAM_ERROR"),
        ("/payer/openid", json!("somebody"), "PARAM_ERROR"),
        ("/payer", json!("nobody"), "PARAM_ERROR"),
    ];
    for (pointer, value, code) in changes {
        let mut order = merchant.order("order-1", NOTIFY);
        *order.pointer_mut(pointer).unwrap() = value.clone();
        let reply = merchant.post("/v3/pay/transactions/jsapi", &order).await;
        assert_eq!(reply.code(), (400, code), "{pointer} {value}");
    }
    for (pointer, value) in [("time_expire", json!("2026-11-23T00:00:00+08:00")), ("time_expire", json!("soon"))] {
        let mut order = merchant.order("order-1", NOTIFY);
        order[pointer] = value;
        assert_eq!(merchant.post("/v3/pay/transactions/jsapi", &order).await.code(), (400, "PARAM_ERROR"));
    }
    assert_eq!(merchant.query("order-1").await.status, 404, "a refused order leaves nothing behind");
}

#[tokio::test]
async fn h5_needs_the_payers_address() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let mut order = merchant.order("order-1", NOTIFY);
    assert_eq!(merchant.post("/v3/pay/transactions/h5", &order).await.code(), (400, "PARAM_ERROR"));
    order["scene_info"] = json!({"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}});
    let reply = merchant.post("/v3/pay/transactions/h5", &order).await;
    let url = reply.body["h5_url"].as_str().unwrap();
    assert!(url.contains("/cashier/wx") && url.contains('?'), "{url}: a merchant appends &redirect_url=");
}

#[tokio::test]
async fn number_is_used_again_only_with_the_same_content() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let first = merchant.jsapi("order-1", NOTIFY).await.body;
    assert_eq!(merchant.jsapi("order-1", NOTIFY).await.body, first);
    let mut order = merchant.order("order-1", NOTIFY);
    order["amount"]["total"] = json!(1201);
    let reply = merchant.post("/v3/pay/transactions/jsapi", &order).await;
    assert_eq!(reply.code(), (400, "INVALID_REQUEST"));
    assert_eq!(reply.body["message"], "请求重入时，参数与首次请求时不一致");
    stand.clock.advance(hours(2));
    assert_ne!(merchant.jsapi("order-1", NOTIFY).await.body, first, "a prepay id lives two hours");
}

#[tokio::test]
async fn paid_order_can_neither_be_asked_for_nor_closed() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    merchant.jsapi("order-1", NOTIFY).await;
    stand.control.pay("order-1").unwrap();
    assert_eq!(merchant.jsapi("order-1", NOTIFY).await.code(), (400, "ORDERPAID"));
    assert_eq!(merchant.close("order-1").await.code(), (400, "ORDER_PAID"));
    let seen = merchant.query("order-1").await.body;
    assert_eq!((&seen["trade_state"], &seen["amount"]["payer_total"]), (&json!("SUCCESS"), &json!(1200)));
    assert_eq!(seen["success_time"], "2026-11-23T20:00:00+08:00");
    let id = seen["transaction_id"].as_str().unwrap();
    assert_eq!(id.len(), 28);
    let mchid = &stand.credentials.wechat_pay.merchant_id;
    let by_id = merchant.get(&format!("/v3/pay/transactions/id/{id}?mchid={mchid}")).await;
    assert_eq!(by_id.body, seen);
    assert!(stand.control.pay("order-1").unwrap_err().message().contains("已经付过"));
}

#[tokio::test]
async fn closed_order_is_closed_for_everybody() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    merchant.jsapi("order-1", NOTIFY).await;
    assert_eq!(merchant.close("order-1").await.status, 204);
    assert_eq!(merchant.close("order-1").await.status, 204);
    assert_eq!(merchant.jsapi("order-1", NOTIFY).await.code(), (400, "ORDER_CLOSED"));
    assert!(stand.control.pay("order-1").is_err());
    assert_eq!(merchant.close("never-seen").await.code(), (404, "ORDER_NOT_EXIST"));
}

#[tokio::test]
async fn unpaid_order_expires_at_its_time_and_closes_after_a_week() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    let mut order = merchant.order("order-1", NOTIFY);
    order["time_expire"] = json!("2026-11-23T20:30:00+08:00");
    merchant.post("/v3/pay/transactions/jsapi", &order).await;
    stand.clock.advance(minutes(30));
    assert!(stand.control.pay("order-1").is_err());
    assert_eq!(merchant.query("order-1").await.body["trade_state"], "NOTPAY");
    stand.clock.advance(days(7));
    assert_eq!(merchant.query("order-1").await.body["trade_state"], "CLOSED");
}

#[tokio::test]
async fn query_is_for_the_own_merchant_only() {
    let stand = Stand::new().await;
    let merchant = stand.merchant();
    merchant.jsapi("order-1", NOTIFY).await;
    let reply = merchant.get("/v3/pay/transactions/out-trade-no/order-1?mchid=1900000000").await;
    assert_eq!(reply.code(), (400, "PARAM_ERROR"));
    assert_eq!(merchant.get("/v3/pay/transactions/out-trade-no/order-1").await.code(), (400, "PARAM_ERROR"));
}
