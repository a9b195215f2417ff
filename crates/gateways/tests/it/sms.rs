//! SendSms: signed as the vendor checks it, errors told apart, and never sent twice.

use crate::stand_in::{Reply, Seen, StandIn, hanging_up, nowhere, short};
use gateways::Secret;
use gateways::sms::{AliyunSms, AliyunSmsConfig};
use kernel::ports::SmsSender;
use kernel::{FrozenClock, Instant, Kind};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wire::aliyun_acs3::{Request, verify};

const NOW_S: i64 = 1_795_435_200;

fn sender(base_url: &str) -> AliyunSms {
    let config = AliyunSmsConfig {
        base_url: base_url.to_owned(),
        access_key_id: "LTAI-test".into(),
        access_key_secret: Secret::from("ak-secret"),
        sign_name: "河坊生活".into(),
        templates: [("sign_in_code".to_owned(), "SMS_1".to_owned())].into(),
        timeouts: short(),
    };
    AliyunSms::new(config, Arc::new(FrozenClock::at(Instant(NOW_S * 1000)))).unwrap()
}

fn check(seen: &Seen) -> Result<String, wire::WireError> {
    let request = Request {
        method: &seen.method,
        path: seen.path(),
        query: &seen.query(),
        headers: &seen.headers,
        body: &seen.body,
    };
    verify(&request, NOW_S, |id| (id == "LTAI-test").then(|| "ak-secret".to_owned()))
}

#[tokio::test]
async fn a_message_is_signed_and_filled() {
    let server = StandIn::start(|seen| match check(seen) {
        Ok(_) => Reply::json(json!({ "Code": "OK", "Message": "OK", "RequestId": "R1", "BizId": "B1" })),
        Err(error) => Reply::new(400, format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"{error}"}}"#)),
    })
    .await;
    sender(&server.base_url).send("13800000000", "sign_in_code", &[("code", "042 13&+")]).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!((seen.header("x-acs-action"), seen.header("x-acs-version")), (Some("SendSms"), Some("2017-05-25")));
    let mut query = seen.query();
    query.sort();
    let expected = [
        ("PhoneNumbers", "13800000000"),
        ("SignName", "河坊生活"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", r#"{"code":"042 13&+"}"#),
    ];
    assert_eq!(query, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[tokio::test]
async fn vendor_codes_become_ours() {
    for (status, vendor, code, kind) in [
        (200, "isv.BUSINESS_LIMIT_CONTROL", "sms.limited", Kind::TooMany),
        (200, "isv.MOBILE_NUMBER_ILLEGAL", "request.invalid", Kind::Invalid),
        (200, "isv.AMOUNT_NOT_ENOUGH", "sms.refused", Kind::Gateway),
        (400, "SignatureDoesNotMatch", "sms.refused", Kind::Gateway),
        (400, "Throttling.User", "sms.unavailable", Kind::Gateway),
        (503, "ServiceUnavailable", "sms.unavailable", Kind::Gateway),
        (500, "OK", "sms.unavailable", Kind::Gateway),
    ] {
        let body = json!({ "Code": vendor, "Message": "why", "RequestId": "R-9" }).to_string();
        let server = StandIn::start(move |_| Reply::new(status, body.clone())).await;
        let error = sender(&server.base_url).send("138", "sign_in_code", &[]).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (code, kind), "{vendor}");
        assert!(error.cause().unwrap().contains("R-9"));
        assert_eq!(server.seen().len(), 1, "{vendor}");
    }
}

#[tokio::test]
async fn an_unanswered_message_is_not_sent_again() {
    let server = StandIn::start(|_| Reply::new(200, "{}").too_late()).await;
    let error = sender(&server.base_url).send("13800000000", "sign_in_code", &[]).await.unwrap_err();
    assert!(error.is("sms.unavailable"));
    assert_eq!(server.seen().len(), 1);

    let (base_url, callers) = hanging_up(1, r#"{"Code":"OK"}"#).await;
    let error = sender(&base_url).send("13800000000", "sign_in_code", &[]).await.unwrap_err();
    assert!(error.is("sms.unavailable"));
    assert_eq!(callers.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn secrets_and_numbers_stay_out_of_errors() {
    let sender = sender(&nowhere());
    let error = sender.send("13800000000", "sign_in_code", &[("code", "777777")]).await.unwrap_err();
    let text = format!("{error:?} {sender:?}");
    for hidden in ["ak-secret", "13800000000", "777777"] {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[tokio::test]
async fn a_missing_template_is_named_in_the_log() {
    let error = sender(&nowhere()).send("13800000000", "birthday", &[]).await.unwrap_err();
    assert!(error.is("sms.template_missing") && error.cause().unwrap().contains("birthday"));
}
