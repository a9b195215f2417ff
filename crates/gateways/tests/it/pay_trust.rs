//! Who is believed: signatures, freshness, probes, certificates and their rotation, the public key.

use crate::pay_merchant::*;
use crate::stand_in::{Reply, Seen, StandIn};
use gateways::Secret;
use gateways::wechat::{PayTrust, WechatPay};
use kernel::ports::{PayScene, PaymentChannel};
use kernel::{Error, hours, minutes};
use serde_json::json;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use wire::wechat_pay::{PROBE_PREFIX, SignatureHeaders};

fn prepaid() -> Vec<u8> {
    json!({ "code_url": "weixin://1" }).to_string().into_bytes()
}

async fn pay(merchant: &WechatPay) -> Result<(), Error> {
    merchant.create(&intent(PayScene::Native)).await.map(drop)
}

fn replaced(mut reply: Reply, name: &str, value: &str) -> Reply {
    for header in &mut reply.headers {
        if header.0.eq_ignore_ascii_case(name) {
            header.1 = value.to_owned();
        }
    }
    reply
}

/// A 200 that must not be believed.
async fn assert_refused(reply: Reply, why: &str) {
    let server = StandIn::start(channel(move |_| reply.clone())).await;
    let error = pay(&merchant(&server.base_url)).await.unwrap_err();
    assert!(error.is("payment.channel_unavailable"), "{error}");
    assert!(error.cause().unwrap().contains(why), "{error} should say {why}");
}

#[tokio::test]
async fn a_success_without_proof_is_refused() {
    assert_refused(Reply::new(200, prepaid()), "missing").await;
    let altered =
        Reply { body: b"{\"code_url\":\"weixin://2\"}".to_vec(), ..signed_at(&FIRST, NOW_S, 200, &prepaid()) };
    assert_refused(altered, "does not match").await;
    assert_refused(signed_at(&FIRST, NOW_S - 301, 200, &prepaid()), "too far").await;
    assert_refused(signed_at(&FIRST, NOW_S + 301, 200, &prepaid()), "too far").await;
    assert_refused(signed_at(&STRANGER, NOW_S, 200, &prepaid()), "serial").await;
    let borrowed_name = replaced(signed_at(&STRANGER, NOW_S, 200, &prepaid()), "wechatpay-serial", FIRST.serial());
    assert_refused(borrowed_name, "does not match").await;
}

#[tokio::test]
async fn an_error_signed_by_a_stranger_is_not_believed_either() {
    let body = json!({ "code": "ORDER_NOT_EXIST", "message": "?" }).to_string();
    let reply = signed_at(&STRANGER, NOW_S, 404, body.as_bytes());
    let server = StandIn::start(channel(move |_| reply.clone())).await;
    let error = merchant(&server.base_url).query("P20261123000001").await.unwrap_err();
    assert!(error.is("payment.channel_unavailable"), "{error}");
}

#[tokio::test]
async fn a_probe_is_refused_and_the_question_put_again() {
    let probe =
        || replaced(signed_at(&FIRST, NOW_S, 200, &prepaid()), "wechatpay-signature", &format!("{PROBE_PREFIX}x"));
    let asked = AtomicUsize::new(0);
    let server = StandIn::start(channel(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => probe(),
        _ => signed_at(&FIRST, NOW_S, 200, &prepaid()),
    }))
    .await;
    pay(&merchant(&server.base_url)).await.unwrap();
    assert_refused(probe(), "probe").await;
}

/// WeChat Pay whose current signer and certificate list can be changed; counts list downloads.
struct Rotating {
    server: StandIn,
    signer: Arc<Mutex<&'static Signer>>,
    list: Arc<Mutex<Vec<&'static Signer>>>,
    now_s: Arc<AtomicI64>,
    down: Arc<Mutex<bool>>,
}

impl Rotating {
    async fn start(signer: &'static Signer, list: &[&'static Signer]) -> Self {
        let signer = Arc::new(Mutex::new(signer));
        let list = Arc::new(Mutex::new(list.to_vec()));
        let now_s = Arc::new(AtomicI64::new(NOW_S));
        let down = Arc::new(Mutex::new(false));
        let (a, b, c, d) = (signer.clone(), list.clone(), now_s.clone(), down.clone());
        let answer = move |seen: &Seen| {
            let (signer, now) = (*a.lock().unwrap(), c.load(Ordering::SeqCst));
            match seen.path() {
                CERTIFICATES if *d.lock().unwrap() => Reply::new(404, r#"{"code":"NOT_FOUND"}"#),
                CERTIFICATES => certificate_list(&b.lock().unwrap(), signer, now),
                _ => signed_at(signer, now, 200, &prepaid()),
            }
        };
        Rotating { server: StandIn::start(answer).await, signer, list, now_s, down }
    }
    fn downloads(&self) -> usize {
        self.server.count(CERTIFICATES)
    }
}

#[tokio::test]
async fn one_download_serves_a_crowd() {
    let channel = Rotating::start(&FIRST, &[&FIRST]).await;
    let merchant = Arc::new(merchant(&channel.server.base_url));
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let merchant = merchant.clone();
            tokio::spawn(async move { pay(&merchant).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(channel.downloads(), 1);
}

#[tokio::test]
async fn a_new_certificate_is_fetched_when_it_appears() {
    let channel = Rotating::start(&FIRST, &[&FIRST]).await;
    let clock = frozen();
    let config = config(&channel.server.base_url, PayTrust::PlatformCertificates);
    let merchant = WechatPay::new(config, clock.clone()).unwrap();
    pay(&merchant).await.unwrap();

    *channel.list.lock().unwrap() = vec![&FIRST, &SECOND];
    *channel.signer.lock().unwrap() = &SECOND;
    clock.advance(minutes(2));
    channel.now_s.fetch_add(120, Ordering::SeqCst);
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 2);

    *channel.signer.lock().unwrap() = &FIRST;
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 2);
}

#[tokio::test]
async fn certificates_are_renewed_every_twelve_hours() {
    let channel = Rotating::start(&FIRST, &[&FIRST]).await;
    let clock = frozen();
    let config = config(&channel.server.base_url, PayTrust::PlatformCertificates);
    let merchant = WechatPay::new(config, clock.clone()).unwrap();
    let pass = |ms: i64| {
        clock.advance(ms);
        channel.now_s.fetch_add(ms / 1000, Ordering::SeqCst);
    };
    pay(&merchant).await.unwrap();
    pass(hours(12) - 1_000);
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 1);
    pass(1_000);
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 2);

    *channel.down.lock().unwrap() = true;
    pass(hours(12));
    pay(&merchant).await.unwrap();
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 3, "a failed renewal is not tried at every call");
    pass(minutes(1));
    pay(&merchant).await.unwrap();
    assert_eq!(channel.downloads(), 4);
}

#[tokio::test]
async fn strangers_cannot_make_us_download_in_a_loop() {
    let channel = Rotating::start(&FIRST, &[&FIRST]).await;
    let merchant = merchant(&channel.server.base_url);
    pay(&merchant).await.unwrap();
    *channel.signer.lock().unwrap() = &STRANGER;
    for _ in 0..5 {
        pay(&merchant).await.unwrap_err();
    }
    assert_eq!(channel.downloads(), 1);
}

#[tokio::test]
async fn an_expired_certificate_proves_nothing() {
    let channel = Rotating::start(&EXPIRED, &[&EXPIRED]).await;
    let error = pay(&merchant(&channel.server.base_url)).await.unwrap_err();
    assert!(error.is("payment.channel_unavailable"), "{error}");
}

#[tokio::test]
async fn a_certificate_stops_counting_when_it_ends() {
    let channel = Rotating::start(&ENDING, &[&ENDING]).await;
    let clock = frozen();
    let config = config(&channel.server.base_url, PayTrust::PlatformCertificates);
    let merchant = WechatPay::new(config, clock.clone()).unwrap();
    for (pass_s, counts) in [(0, true), (7_200, true), (1, false)] {
        clock.advance(pass_s * 1000);
        channel.now_s.fetch_add(pass_s, Ordering::SeqCst);
        assert_eq!(pay(&merchant).await.is_ok(), counts, "after {pass_s} s more");
    }
}

#[tokio::test]
async fn a_list_signed_by_none_of_its_certificates_is_refused() {
    for claimed in [STRANGER.serial(), FIRST.serial()] {
        let server = StandIn::start(move |seen| match seen.path() {
            CERTIFICATES => replaced(certificate_list(&[&FIRST], &STRANGER, NOW_S), "wechatpay-serial", claimed),
            _ => signed_at(&FIRST, NOW_S, 200, &prepaid()),
        })
        .await;
        let error = pay(&merchant(&server.base_url)).await.unwrap_err();
        assert!(error.is("payment.channel_unavailable"), "{error}");
        assert_eq!(server.count(CERTIFICATES), 1);
    }
}

fn public_key_mode(base_url: &str, accept_certificates: bool) -> WechatPay {
    let pem = FIRST.certificate.public_key().to_pem().unwrap();
    let trust = PayTrust::PublicKey { id: PUBLIC_KEY_ID.into(), pem: Secret::new(pem), accept_certificates };
    WechatPay::new(config(base_url, trust), frozen()).unwrap()
}

fn by_public_key() -> Reply {
    let body = prepaid();
    let headers = SignatureHeaders::sign(&FIRST.key, PUBLIC_KEY_ID, NOW_S, "N", &body);
    headers.pairs().iter().fold(Reply::new(200, body), |reply, (name, value)| reply.with(name, value))
}

#[tokio::test]
async fn public_key_mode_asks_for_the_key_and_needs_no_certificates() {
    let server = StandIn::start(channel(|seen| {
        assert_eq!(seen.header("wechatpay-serial"), Some(PUBLIC_KEY_ID));
        by_public_key()
    }))
    .await;
    pay(&public_key_mode(&server.base_url, false)).await.unwrap();
    assert_eq!(server.count(CERTIFICATES), 0);
}

#[tokio::test]
async fn certificates_count_in_public_key_mode_only_while_migrating() {
    let by_certificate = channel(|_| signed_at(&SECOND, NOW_S, 200, &prepaid()));
    let server = StandIn::start(move |seen| match seen.path() {
        CERTIFICATES => certificate_list(&[&SECOND], &SECOND, NOW_S),
        _ => by_certificate(seen),
    })
    .await;
    assert!(pay(&public_key_mode(&server.base_url, false)).await.is_err());
    assert_eq!(server.count(CERTIFICATES), 0);
    pay(&public_key_mode(&server.base_url, true)).await.unwrap();
    assert_eq!(server.count(CERTIFICATES), 1);
}

#[tokio::test]
async fn another_public_key_id_is_not_ours() {
    let server = StandIn::start(channel(|_| replaced(by_public_key(), "wechatpay-serial", "PUB_KEY_ID_OTHER"))).await;
    assert!(pay(&public_key_mode(&server.base_url, false)).await.is_err());
}

#[test]
fn unreadable_keys_are_told_by_name_and_never_shown() {
    let mut bad = config("http://127.0.0.1:1", PayTrust::PlatformCertificates);
    bad.api_v3_key = Secret::from("too-short");
    let error = WechatPay::new(bad.clone(), frozen()).unwrap_err();
    assert!(error.is("wechat.pay_config") && error.message().contains("api_v3_key"));
    assert!(!format!("{error:?} {bad:?}").contains("too-short"));
    assert!(!format!("{bad:?}").contains("PRIVATE KEY"));
    let good = config("http://127.0.0.1:1", PayTrust::PlatformCertificates);
    assert_eq!(format!("{:?}", WechatPay::new(good, frozen()).unwrap()), "WechatPay(1900000001 wx1)");
}

#[test]
fn settings_are_read_from_a_configuration() {
    let read = |trust: serde_json::Value| {
        serde_json::from_value::<gateways::wechat::WechatPayConfig>(json!({
            "merchant_id": "1900000001",
            "app_id": "wx1",
            "certificate_serial": "5A5A",
            "private_key": "k",
            "api_v3_key": API_V3_KEY,
            "trust": trust,
        }))
    };
    let config = read(json!({ "mode": "public_key", "id": PUBLIC_KEY_ID, "pem": "p" })).unwrap();
    assert!(matches!(config.trust, PayTrust::PublicKey { accept_certificates: false, .. }));
    assert_eq!(config.base_url, "https://api.mch.weixin.qq.com");
    assert_eq!((config.timeouts.connect_ms, config.timeouts.total_ms), (2_000, 5_000));
    assert!(matches!(read(json!({ "mode": "platform_certificates" })).unwrap().trust, PayTrust::PlatformCertificates));
    assert!(read(json!({ "mode": "none" })).is_err());
    assert!(read(json!({ "mode": "public_key", "id": "x", "pem": "p", "typo": 1 })).is_err());
}
