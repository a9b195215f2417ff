//! A merchant and the WeChat Pay it talks to: keys, certificates, signed answers. Shared by the three files of pay tests.

use crate::stand_in::{Reply, Seen, short};
use gateways::Secret;
use gateways::wechat::{PayTrust, WechatPay, WechatPayConfig};
use kernel::ports::{PayScene, PaymentIntent, RefundRequest};
use kernel::{Fen, FrozenClock, Instant};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use wire::wechat_pay::{ApiV3Key, Authorization, SignatureHeaders, seal_certificates};
use wire::{Certificate, PrivateKey};

pub const NOW_S: i64 = 1_795_435_200;
pub const API_V3_KEY: &str = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";
pub const PUBLIC_KEY_ID: &str = "PUB_KEY_ID_0119000000012026";
pub const CERTIFICATES: &str = "/v3/certificates";
const DAY_S: i64 = 86_400;

/// A key WeChat signs with, and its certificate.
pub struct Signer {
    pub key: PrivateKey,
    pub certificate: Certificate,
}

impl Signer {
    fn new(serial: &str, from_s: i64, until_s: i64) -> Self {
        let key = PrivateKey::generate().unwrap();
        let certificate = Certificate::self_signed(&key, "Tenpay.com", serial, from_s, until_s).unwrap();
        Signer { key, certificate }
    }
    pub fn serial(&self) -> &str {
        self.certificate.serial()
    }
}

pub static MERCHANT: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
/// In force now.
pub static FIRST: LazyLock<Signer> = LazyLock::new(|| Signer::new("7F01", NOW_S - DAY_S, NOW_S + 365 * DAY_S));
/// Comes after [`FIRST`].
pub static SECOND: LazyLock<Signer> = LazyLock::new(|| Signer::new("7F02", NOW_S - DAY_S, NOW_S + 730 * DAY_S));
/// Ended yesterday.
pub static EXPIRED: LazyLock<Signer> = LazyLock::new(|| Signer::new("7E99", NOW_S - 30 * DAY_S, NOW_S - DAY_S));
/// Ends in two hours.
pub static ENDING: LazyLock<Signer> = LazyLock::new(|| Signer::new("7E00", NOW_S - DAY_S, NOW_S + 7_200));
/// Nobody WeChat knows.
pub static STRANGER: LazyLock<Signer> = LazyLock::new(|| Signer::new("6666", NOW_S - DAY_S, NOW_S + DAY_S));

pub fn api_v3_key() -> ApiV3Key {
    ApiV3Key::parse(API_V3_KEY).unwrap()
}

pub fn frozen() -> Arc<FrozenClock> {
    Arc::new(FrozenClock::at(Instant(NOW_S * 1000)))
}

/// Makes the keys too, so that no server spends its time on it while a client waits.
pub fn config(base_url: &str, trust: PayTrust) -> WechatPayConfig {
    for signer in [&FIRST, &SECOND, &EXPIRED, &ENDING, &STRANGER] {
        LazyLock::force(signer);
    }
    WechatPayConfig {
        base_url: base_url.to_owned(),
        merchant_id: "1900000001".into(),
        app_id: "wx1".into(),
        certificate_serial: "5A5A".into(),
        private_key: Secret::new(MERCHANT.to_pem().unwrap()),
        api_v3_key: Secret::from(API_V3_KEY),
        trust,
        combined: true,
        timeouts: short(),
    }
}

/// The merchant in platform-certificate mode.
pub fn merchant(base_url: &str) -> WechatPay {
    WechatPay::new(config(base_url, PayTrust::PlatformCertificates), frozen()).unwrap()
}

/// An answer signed by `signer` at `at_s`.
pub fn signed_at(signer: &Signer, at_s: i64, status: u16, body: &[u8]) -> Reply {
    let headers = SignatureHeaders::sign(&signer.key, signer.serial(), at_s, "NONCE", body);
    let reply = Reply::new(status, body).with("request-id", "REQ-1");
    headers.pairs().iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}

/// An answer as WeChat gives it now.
pub fn signed(status: u16, body: &Value) -> Reply {
    signed_at(&FIRST, NOW_S, status, body.to_string().as_bytes())
}

pub fn refusal(status: u16, code: &str) -> Reply {
    signed(status, &json!({ "code": code, "message": "原因" }))
}

/// The sealed certificate list, signed by `signer`.
pub fn certificate_list(signers: &[&Signer], signer: &Signer, at_s: i64) -> Reply {
    let certificates: Vec<Certificate> = signers.iter().map(|s| s.certificate.clone()).collect();
    let mut count = 0;
    let body = seal_certificates(&api_v3_key(), &certificates, || {
        count += 1;
        format!("{count:012}")
    });
    signed_at(signer, at_s, 200, &body.unwrap())
}

/// WeChat Pay with [`FIRST`] in force: hands out certificates, checks each request's signature, and answers through `call`.
pub fn channel(call: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> impl Fn(&Seen) -> Reply + Send + Sync {
    move |seen| {
        let authorization = Authorization::parse(seen.header("authorization").unwrap()).unwrap();
        assert_eq!((authorization.merchant_id.as_str(), authorization.serial.as_str()), ("1900000001", "5A5A"));
        assert_eq!(seen.header("accept"), Some("application/json"));
        assert!(seen.header("user-agent").unwrap().starts_with("hefang/"));
        let public = MERCHANT.public_key().unwrap();
        authorization.verify(&public, &seen.method, &seen.target, &seen.body, NOW_S).unwrap();
        if seen.path() == CERTIFICATES { certificate_list(&[&FIRST], &FIRST, NOW_S) } else { call(seen) }
    }
}

pub fn intent(scene: PayScene) -> PaymentIntent {
    PaymentIntent {
        number: "P20261123000001".into(),
        description: "西湖龙井 明前特级 100g 等 3 件".into(),
        amount: Fen(19_900),
        scene,
        openid: Some("o1".into()),
        client_ip: "203.0.113.7".into(),
        expires_at: Instant((NOW_S + 1_800) * 1000),
        return_url: None,
        notify_url: "https://mall.example.com/notify/wechat/pay".into(),
    }
}

pub fn refund_request() -> RefundRequest {
    RefundRequest {
        payment_number: "P20261123000001".into(),
        transaction_id: "T1".into(),
        refund_number: "R20261123000001".into(),
        amount: Fen(5_000),
        payment_total: Fen(19_900),
        reason: "不想要了".into(),
        notify_url: "https://mall.example.com/notify/wechat/refund".into(),
    }
}

/// The paid transaction as WeChat tells it.
pub fn transaction(state: &str) -> Value {
    json!({
        "appid": "wx1",
        "mchid": "1900000001",
        "out_trade_no": "P20261123000001",
        "transaction_id": "4200002026112300000001",
        "trade_type": "JSAPI",
        "trade_state": state,
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "success_time": "2026-11-23T19:59:30+08:00",
        "payer": { "openid": "o1" },
        "amount": { "total": 19_900, "payer_total": 19_900, "currency": "CNY", "payer_currency": "CNY" },
    })
}

/// A refund as WeChat tells it in answers.
pub fn refund(state: &str) -> Value {
    json!({
        "refund_id": "50300001",
        "out_refund_no": "R20261123000001",
        "transaction_id": "4200002026112300000001",
        "out_trade_no": "P20261123000001",
        "channel": "ORIGINAL",
        "status": state,
        "success_time": "2026-11-23T20:00:10+08:00",
        "amount": { "total": 19_900, "refund": 5_000, "payer_total": 19_900, "payer_refund": 5_000, "currency": "CNY" },
    })
}
