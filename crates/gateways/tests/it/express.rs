//! 快递100: a signed question, an ordered journey, and "nothing yet" told from failure.

use crate::stand_in::{Reply, Seen, StandIn, decoded, hanging_up, short};
use gateways::Secret;
use gateways::express::{Kuaidi100, Kuaidi100Config};
use kernel::ports::{ExpressTracker, TrackState};
use kernel::{Instant, Kind};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use wire::kuaidi100::verify_query;

fn tracker(base_url: &str) -> Kuaidi100 {
    let config = Kuaidi100Config {
        base_url: base_url.to_owned(),
        customer: "CUSTOMER".into(),
        key: Secret::from("express-key"),
        timeouts: short(),
    };
    Kuaidi100::new(config).unwrap()
}

fn form(seen: &Seen) -> [String; 3] {
    let pairs = decoded(std::str::from_utf8(&seen.body).unwrap());
    ["customer", "sign", "param"].map(|name| pairs.iter().find(|(k, _)| k == name).unwrap().1.clone())
}

#[tokio::test]
async fn a_journey_comes_newest_first() {
    let server = StandIn::start(|seen| {
        let [customer, sign, param] = form(seen);
        verify_query(&param, "express-key", &customer, &sign).unwrap();
        Reply::json(json!({
            "message": "ok", "state": "5", "status": "200", "com": "shunfeng", "nu": "SF1",
            "data": [
                { "time": "2026-11-22 09:00:00", "ftime": "2026-11-22 09:00:00", "context": "已揽收" },
                { "time": "2026-11-23 09:30:00", "ftime": "2026-11-23 09:30:00", "context": "正在派送" },
            ],
        }))
    })
    .await;
    let track = tracker(&server.base_url).track("shunfeng", "SF1", "0000").await.unwrap().unwrap();
    assert_eq!(track.state, TrackState::Delivering);
    assert_eq!(track.events[0].text, "正在派送");
    assert_eq!(Some(track.events[0].at), Instant::parse("2026-11-23T09:30:00+08:00"));
    let param: serde_json::Value = serde_json::from_str(&form(&server.seen()[0])[2]).unwrap();
    assert_eq!((&param["com"], &param["num"], &param["phone"]), (&json!("shunfeng"), &json!("SF1"), &json!("0000")));
}

#[tokio::test]
async fn nothing_known_yet_is_not_an_error() {
    let unknown = json!({ "result": false, "returnCode": "500", "message": "查询无结果，请隔段时间再查" });
    let empty = json!({ "message": "ok", "state": "0", "status": "200", "data": [] });
    for body in [unknown, empty] {
        let server = StandIn::start(move |_| Reply::json(body.clone())).await;
        assert!(tracker(&server.base_url).track("zto", "Z1", "").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn vendor_codes_become_ours() {
    for (vendor, code, kind) in [
        (json!("408"), "express.phone_needed", Kind::Invalid),
        (json!(400), "express.refused", Kind::Invalid),
        (json!("601"), "express.quota", Kind::Unavailable),
        (json!("503"), "express.unavailable", Kind::Gateway),
    ] {
        let body = json!({ "result": false, "returnCode": vendor, "message": "原因" });
        let server = StandIn::start(move |_| Reply::json(body.clone())).await;
        let error = tracker(&server.base_url).track("sf", "1", "").await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (code, kind));
        assert!(error.cause().unwrap().contains("原因"));
    }
}

#[tokio::test]
async fn an_unreadable_journey_is_an_error() {
    for body in [
        json!({ "status": "200", "state": "99x", "data": [{ "time": "2026-11-22 09:00:00", "context": "?" }] }),
        json!({ "status": "200", "state": "0", "data": [{ "time": "soon", "context": "?" }] }),
        json!(["?"]),
    ] {
        let server = StandIn::start(move |_| Reply::json(body.clone())).await;
        let error = tracker(&server.base_url).track("sf", "1", "").await.unwrap_err();
        assert!(error.is("express.unavailable"), "{error}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let asked = AtomicUsize::new(0);
    let server = StandIn::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(502, "bad gateway"),
        _ => Reply::json(json!({ "status": "200", "state": "0", "data": [] })),
    })
    .await;
    assert!(tracker(&server.base_url).track("sf", "1", "").await.unwrap().is_none());
    assert!(!format!("{:?}", tracker(&server.base_url)).contains("express-key"));
}

#[tokio::test]
async fn a_cut_connection_is_tried_again() {
    let (base_url, callers) = hanging_up(2, r#"{"status":"200","state":"0","data":[]}"#).await;
    assert!(tracker(&base_url).track("sf", "1", "").await.unwrap().is_none());
    assert_eq!(callers.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = StandIn::start(|_| Reply::new(200, vec![b' '; (4 << 20) + 1])).await;
    let error = tracker(&server.base_url).track("sf", "1", "").await.unwrap_err();
    assert!(error.cause().unwrap().contains("more than"), "{error}");
}
