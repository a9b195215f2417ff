//! Faults of answers: spoiled signatures, answers that come too late, errors before any work.

use crate::stand::Stand;
use sandbox::{Fault, Pace};
use serde_json::json;
use std::time::Instant;
use wire::WireError;

const NOTIFY: &str = "http://127.0.0.1:9/notify";

#[tokio::test]
async fn spoiled_signatures_are_spoiled() {
    let stand = Stand::new().await;
    let wrong = stand.merchant().fault(Fault::WrongSignature);
    assert_eq!(wrong.try_get("/v3/certificates").await.unwrap_err(), WireError::Signature);
    let probe = stand.merchant().fault(Fault::ProbeResponse);
    assert_eq!(probe.try_get("/v3/certificates").await.unwrap_err(), WireError::Probe);
    assert!(stand.merchant().try_get("/v3/certificates").await.is_ok());
}

#[tokio::test]
async fn failed_prepay_does_nothing() {
    let stand = Stand::new().await;
    let merchant = stand.merchant().fault(Fault::FailPrepay);
    assert_eq!(merchant.jsapi("order-1", NOTIFY).await.code(), (500, "SYSTEM_ERROR"));
    let mut order = merchant.order("order-1", NOTIFY);
    order["description"] = json!("咖啡椅[fail_prepay]");
    assert_eq!(stand.merchant().post("/v3/pay/transactions/jsapi", &order).await.code(), (500, "SYSTEM_ERROR"));
    assert_eq!(stand.merchant().query("order-1").await.status, 404);
}

#[tokio::test]
async fn late_answer_has_done_its_work() {
    let stand = Stand::with(Pace { hang_ms: 400, ..Pace::quick() }).await;
    let started = Instant::now();
    let slow = stand.merchant().fault(Fault::TimeoutAfterSuccess);
    assert_eq!(slow.jsapi("order-1", NOTIFY).await.status, 200);
    assert!(started.elapsed().as_millis() >= 400);
    let started = Instant::now();
    assert_eq!(stand.merchant().query("order-1").await.body["trade_state"], "NOTPAY");
    assert!(started.elapsed().as_millis() < 400, "a header spoils one answer only");
}

#[tokio::test]
async fn overload_is_told_before_any_work() {
    let stand = Stand::new().await;
    for (fault, expected) in
        [(Fault::SystemError, (500, "SYSTEM_ERROR")), (Fault::RateLimited, (429, "FREQUENCY_LIMITED"))]
    {
        stand.control.set(fault, true);
        assert_eq!(stand.merchant().jsapi("order-1", NOTIFY).await.code(), expected);
        stand.control.set(fault, false);
        assert_eq!(stand.merchant().query("order-1").await.status, 404);
    }
}

#[tokio::test]
async fn switches_of_the_console_work_from_the_page() {
    let stand = Stand::new().await;
    let form = [("do", "switch"), ("fault", "rate_limited"), ("on", "true")];
    assert_eq!(stand.post_form("/sandbox/press", &form).await.1.as_deref(), Some("/sandbox"));
    assert_eq!(stand.merchant().query("order-1").await.status, 429);
    let page = stand.get("/sandbox").await.1;
    assert!(page.contains("● 已开启：支付接口全部返回频率限制"), "{page}");
    let form = [("do", "switch"), ("fault", "rate_limited"), ("on", "false")];
    stand.post_form("/press", &form).await;
    assert_eq!(stand.merchant().query("order-1").await.status, 404);
    assert_eq!(stand.post_form("/press", &[("do", "nonsense")]).await.0, 400);
}
