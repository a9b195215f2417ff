//! Text messages: limits per number and the inbox a person reads.

use crate::stand::Stand;
use kernel::{Clock, minutes};
use sandbox::Pace;
use serde_json::Value;
use wire::aliyun_acs3::{Request, authorization};
use wire::sha256_hex;

/// Sends a code to `path` and answers the vendor's code.
async fn send(stand: &Stand, path: &str, phone: &str, code: &str) -> String {
    let own = &stand.credentials.aliyun_sms;
    let query: Vec<(String, String)> = [
        ("PhoneNumbers", phone),
        ("SignName", own.sign_name.as_str()),
        ("TemplateCode", own.template_code.as_str()),
        ("TemplateParam", &format!("{{\"code\":\"{code}\"}}")),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .to_vec();
    let date = stand.clock.now().to_string().replace(".000Z", "Z");
    let host = stand.address.strip_prefix("http://").unwrap();
    let mut headers: Vec<(String, String)> = [
        ("host", host),
        ("x-acs-action", "SendSms"),
        ("x-acs-version", "2017-05-25"),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", "1"),
        ("x-acs-content-sha256", &sha256_hex("")),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .to_vec();
    let request = Request { method: "POST", path: "/", query: &query, headers: &headers, body: b"" };
    let signed = authorization(&own.access_key_id, &own.access_key_secret, &request).unwrap();
    let url = format!("{}{path}?{}", stand.address, request.canonical_query());
    headers.push(("authorization".into(), signed));
    let mut call = stand.http.post(url);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    call.send().await.unwrap().json::<Value>().await.unwrap()["Code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn code_is_read_in_the_inbox() {
    let stand = Stand::new().await;
    assert!(stand.get("/sandbox/sms").await.1.contains("还没有短信"));
    assert_eq!(send(&stand, "/", "13800000001", "402817").await, "OK");
    assert_eq!(send(&stand, "/sandbox/", "13800000002", "<b>").await, "OK");
    assert_eq!(send(&stand, "/sandbox", "13800000003", "1").await, "OK");
    let page = stand.get("/sandbox/sms").await.1;
    assert!(page.contains("402817") && page.contains("【河坊生活】") && page.contains("&lt;b&gt;"), "{page}");
    assert_eq!(stand.control.sms_code("13800000001").as_deref(), Some("402817"));
    assert_eq!(stand.control.sms_code("13800000009"), None);
    assert_eq!(stand.control.messages().len(), 3);
}

#[tokio::test]
async fn vendor_limits_a_number_by_minute_and_hour() {
    let stand = Stand::with(Pace { sms_limits: true, ..Pace::quick() }).await;
    assert_eq!(send(&stand, "/", "13800000001", "1").await, "OK");
    assert_eq!(send(&stand, "/", "13800000001", "2").await, "isv.BUSINESS_LIMIT_CONTROL");
    assert_eq!(send(&stand, "/", "13800000002", "2").await, "OK");
    for _ in 0..4 {
        stand.clock.advance(minutes(2));
        assert_eq!(send(&stand, "/", "13800000001", "3").await, "OK");
    }
    stand.clock.advance(minutes(2));
    assert_eq!(send(&stand, "/", "13800000001", "4").await, "isv.BUSINESS_LIMIT_CONTROL");
}
