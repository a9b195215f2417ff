//! Sign-in, phone number, shipping upload, and the life of the access token.

use crate::stand_in::{Reply, Seen, StandIn, nowhere, short};
use gateways::Secret;
use gateways::wechat::{MiniProgramConfig, WechatMiniProgram};
use kernel::ports::{LogisticsKind, MiniCode, MiniProgram, ShippedParcel, ShippingInfo};
use kernel::{FrozenClock, Instant, Kind, minutes};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "/cgi-bin/stable_token";
const PHONE: &str = "/wxa/business/getuserphonenumber";
const SHIPPING: &str = "/wxa/sec/order/upload_shipping_info";

fn app(base_url: &str, clock: Arc<FrozenClock>) -> WechatMiniProgram {
    let config = MiniProgramConfig {
        base_url: base_url.to_owned(),
        app_id: "wx1".into(),
        app_secret: Secret::from("app-secret"),
        timeouts: short(),
    };
    WechatMiniProgram::new(config, clock).unwrap()
}

fn frozen() -> Arc<FrozenClock> {
    Arc::new(FrozenClock::at(Instant::parse("2026-11-23T12:00:00Z").unwrap()))
}

fn token_of(seen: &Seen) -> String {
    seen.query().into_iter().find(|(k, _)| k == "access_token").unwrap().1
}

fn phone_answer(app_id: &str) -> Value {
    json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": "+8613800000000",
            "purePhoneNumber": "13800000000",
            "countryCode": "86",
            "watermark": { "timestamp": 1, "appid": app_id },
        }
    })
}

/// Issues `token-1`, `token-2` … on each fetch and answers calls through `call`.
async fn wechat(call: impl Fn(&Seen) -> Value + Send + Sync + 'static) -> StandIn {
    let issued = AtomicUsize::new(0);
    StandIn::start(move |seen| {
        Reply::json(match seen.path() {
            TOKEN => {
                assert_eq!(seen.json()["secret"], "app-secret");
                let n = issued.fetch_add(1, Ordering::SeqCst) + 1;
                json!({ "access_token": format!("token-{n}"), "expires_in": 7200 })
            }
            _ => call(seen),
        })
    })
    .await
}

fn shipping() -> ShippingInfo {
    ShippingInfo {
        combined: None,
        transaction_id: "4200001".into(),
        openid: "o1".into(),
        logistics: LogisticsKind::Express,
        split: false,
        all_delivered: true,
        parcels: vec![ShippedParcel {
            tracking_number: "SF1".into(),
            carrier_code: "SF".into(),
            item_description: "西湖龙井 100g*1个".into(),
            receiver_contact: Some("138****0000".into()),
        }],
        uploaded_at: Instant::parse("2026-11-23T12:00:00Z").unwrap(),
    }
}

#[tokio::test]
async fn a_code_becomes_a_session() {
    let server = wechat(|_| json!({ "openid": "o1", "session_key": "c2Vzc2lvbg==", "unionid": "u1" })).await;
    let session = app(&server.base_url, frozen()).session("code-1").await.unwrap();
    assert_eq!((session.openid.as_str(), session.unionid.as_deref()), ("o1", Some("u1")));
    let seen = &server.seen()[0];
    let query = seen.query();
    let expected =
        [("appid", "wx1"), ("secret", "app-secret"), ("js_code", "code-1"), ("grant_type", "authorization_code")];
    assert_eq!(seen.path(), "/sns/jscode2session");
    assert_eq!(query, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(server.count(TOKEN), 0);
}

#[tokio::test]
async fn errcodes_become_stable_codes() {
    for (errcode, code, kind) in [
        (40029, "wechat.code_invalid", Kind::Invalid),
        (40163, "wechat.code_invalid", Kind::Invalid),
        (40226, "wechat.member_blocked", Kind::Forbidden),
        (45011, "wechat.busy", Kind::Unavailable),
        (40013, "wechat.unavailable", Kind::Gateway),
    ] {
        let server = wechat(move |_| json!({ "errcode": errcode, "errmsg": "why rid: 6f-1" })).await;
        let error = app(&server.base_url, frozen()).session("c").await.err().unwrap();
        assert_eq!((error.code(), error.kind()), (code, kind));
        assert!(error.cause().unwrap().contains("rid: 6f-1"));
        assert!(!error.message().contains("rid"));
    }
}

#[tokio::test]
async fn busy_is_asked_once_more() {
    let asked = AtomicUsize::new(0);
    let server = wechat(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => json!({ "errcode": -1, "errmsg": "system error" }),
        _ => json!({ "openid": "o1", "session_key": "k" }),
    })
    .await;
    assert_eq!(app(&server.base_url, frozen()).session("c").await.unwrap().openid, "o1");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_code_is_never_spent_twice() {
    for reply in [Reply::new(502, ""), Reply::new(200, "{}").too_late()] {
        let server = StandIn::start(move |_| reply.clone()).await;
        let error = app(&server.base_url, frozen()).session("c").await.err().unwrap();
        assert!(error.is("wechat.unavailable"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_upload_is_repeated_when_its_fate_is_unknown() {
    let asked = AtomicUsize::new(0);
    let server = StandIn::start(move |seen| match seen.path() {
        TOKEN => Reply::json(json!({ "access_token": "t", "expires_in": 7200 })),
        _ if asked.fetch_add(1, Ordering::SeqCst) == 0 => Reply::new(504, ""),
        _ => Reply::json(json!({ "errcode": 10060023, "errmsg": "not changed" })),
    })
    .await;
    app(&server.base_url, frozen()).upload_shipping_info(&shipping()).await.unwrap();
    assert_eq!(server.count(SHIPPING), 2);
}

#[tokio::test]
async fn transport_errors_do_not_show_the_secret() {
    let error = app(&nowhere(), frozen()).session("c").await.err().unwrap();
    assert!(error.is("wechat.unavailable"));
    assert!(!format!("{error:?}").contains("app-secret"), "{error:?}");
    assert!(!format!("{:?}", app(&nowhere(), frozen())).contains("app-secret"));
}

#[tokio::test]
async fn one_fetch_serves_a_crowd() {
    let server = wechat(|_| phone_answer("wx1")).await;
    let app = Arc::new(app(&server.base_url, frozen()));
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.phone_number("c").await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "13800000000");
    }
    assert_eq!((server.count(TOKEN), server.count(PHONE)), (1, 20));
}

#[tokio::test]
async fn token_is_fetched_again_before_it_ends() {
    let (server, clock) = (wechat(|_| phone_answer("wx1")).await, frozen());
    let app = app(&server.base_url, clock.clone());
    app.phone_number("a").await.unwrap();
    clock.advance(minutes(118));
    app.phone_number("b").await.unwrap();
    assert_eq!(server.count(TOKEN), 1);
    clock.advance(minutes(1));
    app.phone_number("c").await.unwrap();
    assert_eq!(server.count(TOKEN), 2);
    assert_eq!(token_of(server.seen().last().unwrap()), "token-2");
}

#[tokio::test]
async fn a_bad_token_is_replaced_once_and_the_call_repeated() {
    for errcode in [40001, 40014, 42001] {
        let server = wechat(move |seen| match token_of(seen).as_str() {
            "token-1" => json!({ "errcode": errcode, "errmsg": "invalid credential" }),
            _ => phone_answer("wx1"),
        })
        .await;
        let app = app(&server.base_url, frozen());
        assert_eq!(app.phone_number("c").await.unwrap(), "13800000000");
        assert_eq!((server.count(TOKEN), server.count(PHONE)), (2, 2));
    }
}

#[tokio::test]
async fn a_token_that_stays_bad_is_forced_at_most_once_a_minute() {
    let forced = Arc::new(Mutex::new(Vec::new()));
    let log = forced.clone();
    let server = StandIn::start(move |seen| {
        Reply::json(if seen.path() == TOKEN {
            log.lock().unwrap().push(seen.json()["force_refresh"].as_bool().unwrap());
            json!({ "access_token": "same", "expires_in": 7200 })
        } else {
            json!({ "errcode": 40001, "errmsg": "invalid credential" })
        })
    })
    .await;
    let clock = frozen();
    let app = app(&server.base_url, clock.clone());
    assert!(app.phone_number("a").await.unwrap_err().is("wechat.unavailable"));
    assert_eq!(*forced.lock().unwrap(), [false, false, true]);
    assert!(app.phone_number("b").await.unwrap_err().is("wechat.token_refused"));
    assert_eq!(*forced.lock().unwrap(), [false, false, true, false]);
    clock.advance(minutes(1));
    assert!(app.phone_number("c").await.unwrap_err().is("wechat.unavailable"));
    assert_eq!(forced.lock().unwrap().last(), Some(&true));
}

#[tokio::test]
async fn a_refused_secret_is_told_and_not_kept() {
    let server = StandIn::start(|_| Reply::json(json!({ "errcode": 40125, "errmsg": "invalid appsecret" }))).await;
    let app = app(&server.base_url, frozen());
    assert!(app.check().await.unwrap_err().cause().unwrap().contains("40125"));
    app.check().await.unwrap_err();
    assert_eq!(server.count(TOKEN), 2);
}

#[tokio::test]
async fn a_phone_number_for_another_app_is_refused() {
    let server = wechat(|_| phone_answer("wx2")).await;
    let error = app(&server.base_url, frozen()).phone_number("c").await.unwrap_err();
    assert!(error.is("wechat.code_invalid"), "{error}");
}

#[tokio::test]
async fn shipping_is_uploaded_and_repeating_it_is_fine() {
    for errcode in [0, 10060002, 10060023] {
        let server = wechat(move |_| json!({ "errcode": errcode, "errmsg": "ok" })).await;
        app(&server.base_url, frozen()).upload_shipping_info(&shipping()).await.unwrap();
        let body = server.seen().last().unwrap().json();
        assert_eq!(body["order_key"]["transaction_id"], "4200001");
        assert_eq!(body["shipping_list"][0]["express_company"], "SF");
        assert_eq!(body["upload_time"], "2026-11-23T20:00:00.000+08:00");
    }
}

#[tokio::test]
async fn shipping_errors_tell_whether_to_try_again() {
    for (errcode, code) in [
        (10060001, "wechat.shipping_retry"),
        (10060003, "wechat.shipping_locked"),
        (10060004, "wechat.shipping_refused"),
        (268_485_195, "wechat.shipping_refused"),
    ] {
        let server = wechat(move |_| json!({ "errcode": errcode, "errmsg": "no" })).await;
        let error = app(&server.base_url, frozen()).upload_shipping_info(&shipping()).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(server.count(SHIPPING), 1);
    }
}

#[tokio::test]
async fn nonsense_is_an_error_not_a_session() {
    for body in ["", "<html>", "[]", "{}", r#"{"openid":1,"session_key":"k"}"#] {
        let server = StandIn::start(move |_| Reply::new(200, body)).await;
        let error = app(&server.base_url, frozen()).session("c").await.err().expect(body);
        assert!(error.is("wechat.unavailable"), "{body}: {error}");
    }
}

fn code() -> MiniCode {
    MiniCode { page: "pages/product/detail".into(), scene: "id=1".into(), width: 100 }
}

#[tokio::test]
async fn a_code_is_a_picture_and_a_bad_token_is_replaced_once() {
    let (issued, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let server = StandIn::start(move |seen| match seen.path() {
        TOKEN => {
            let n = issued.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::json(json!({ "access_token": format!("token-{n}"), "expires_in": 7200 }))
        }
        _ if asked.fetch_add(1, Ordering::SeqCst) == 0 => Reply::json(json!({ "errcode": 40001, "errmsg": "old" })),
        _ => Reply::new(200, b"\x89PNG picture".to_vec()),
    })
    .await;
    assert_eq!(app(&server.base_url, frozen()).code(&code()).await.unwrap(), b"\x89PNG picture");
    let last = server.seen().pop().unwrap();
    assert_eq!((last.path(), token_of(&last).as_str()), ("/wxa/getwxacodeunlimit", "token-2"));
    assert_eq!(last.json(), json!({ "page": "pages/product/detail", "scene": "id=1", "width": 280 }));
}

#[tokio::test]
async fn a_page_that_wechat_does_not_know_gives_no_code() {
    let server = wechat(|_| json!({ "errcode": 41030, "errmsg": "invalid page rid: 6f-1" })).await;
    let error = app(&server.base_url, frozen()).code(&code()).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("wechat.code_refused", Kind::Conflict));
}
