//! Alipay: what is signed and sent, what is believed, and what each refusal becomes.

use crate::stand_in::{Reply, Seen, StandIn, decoded, nowhere, short};
use gateways::Secret;
use gateways::alipay::{Alipay, AlipayConfig, AlipayTrust};
use kernel::ports::{
    ChannelPaymentState, ChannelRefundState, CloseOutcome, PayInstruction, PayScene, PaymentChannel, PaymentIntent,
    RefundRequest,
};
use kernel::{Fen, FrozenClock, Instant, Kind};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use wire::{Certificate, PrivateKey, alipay};

pub static APP: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
pub static ALIPAY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());
pub const NOW: Instant = Instant(1_795_435_200_000);

pub fn config(base_url: &str) -> AlipayConfig {
    LazyLock::force(&APP);
    AlipayConfig {
        base_url: base_url.to_owned(),
        app_id: "2021000000000001".into(),
        seller_id: "2088000000000001".into(),
        private_key: Secret::new(APP.to_pem().unwrap()),
        trust: AlipayTrust::PublicKey { key: Secret::new(ALIPAY.public_key().unwrap().to_pem().unwrap()) },
        timeouts: short(),
    }
}

pub fn merchant(base_url: &str) -> Alipay {
    Alipay::new(config(base_url), Arc::new(FrozenClock::at(NOW))).unwrap()
}

fn intent(scene: PayScene) -> PaymentIntent {
    PaymentIntent {
        number: "120000001".into(),
        description: "西湖龙井/明前 100g".into(),
        amount: Fen(19_900),
        scene,
        openid: Some("2088102534368455".into()),
        client_ip: "203.0.113.7".into(),
        expires_at: Instant(NOW.0 + 1_800_000),
        notify_url: "https://mall.example.com/notify/alipay/1".into(),
        return_url: Some("https://mall.example.com/notify/return?to=%2Fx".into()),
    }
}

pub fn params_of(seen: &Seen) -> Vec<(String, String)> {
    decoded(std::str::from_utf8(&seen.body).unwrap())
}

pub fn of<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

/// The signature covers every parameter as sent.
pub fn assert_signed(params: &[(String, String)]) {
    let borrowed: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    APP.public_key().unwrap().verify(alipay::request_message(&borrowed), of(params, "sign")).unwrap();
    assert_eq!(of(params, "timestamp"), "2026-11-23 20:00:00");
    assert_eq!((of(params, "sign_type"), of(params, "version")), ("RSA2", "1.0"));
}

pub fn signed(method: &str, node: &Value) -> Reply {
    let name = format!("{}_response", method.replace('.', "_"));
    let node = node.to_string();
    Reply::new(200, format!("{{\"{name}\":{node},\"sign\":\"{}\"}}", ALIPAY.sign(&node)))
}

fn refused(method: &str, sub_code: &str) -> Reply {
    signed(method, &json!({ "code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "原因" }))
}

pub fn asked(seen: &Seen) -> (String, Value) {
    let params = params_of(seen);
    let content = serde_json::from_str(of(&params, "biz_content")).unwrap_or(Value::Null);
    (of(&params, "method").to_owned(), content)
}

pub async fn answering(answer: impl Fn(&str, &Value) -> Reply + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |seen| {
        assert_eq!(seen.path(), "/gateway.do");
        assert_signed(&params_of(seen));
        let (method, content) = asked(seen);
        answer(&method, &content)
    })
    .await
}

#[tokio::test]
async fn browsers_get_signed_addresses_without_a_call() {
    let alipay = merchant(&nowhere());
    for (scene, method, product) in [
        (PayScene::Page, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
        (PayScene::H5, "alipay.trade.wap.pay", "QUICK_WAP_WAY"),
    ] {
        let PayInstruction::H5 { h5_url } = alipay.create(&intent(scene)).await.unwrap() else { panic!() };
        let (address, query) = h5_url.split_once('?').unwrap();
        assert!(address.ends_with("/gateway.do"));
        let params = decoded(query);
        assert_signed(&params);
        assert_eq!(of(&params, "method"), method);
        assert_eq!(of(&params, "notify_url"), "https://mall.example.com/notify/alipay/1");
        assert_eq!(of(&params, "return_url"), "https://mall.example.com/notify/return?to=%2Fx");
        let content: Value = serde_json::from_str(of(&params, "biz_content")).unwrap();
        assert_eq!((&content["product_code"], &content["total_amount"]), (&json!(product), &json!("199.00")));
        assert_eq!(content["time_expire"], "2026-11-23 20:30:00");
        assert_eq!(content["subject"], "西湖龙井 明前 100g", "signs Alipay refuses are left out");
    }
    assert!(alipay.create(&intent(PayScene::Native)).await.unwrap_err().is("payment.scene_unsupported"));
}

#[tokio::test]
async fn the_mini_program_gets_a_trade() {
    let server = answering(|method, content| {
        assert_eq!(method, "alipay.trade.create");
        assert_eq!(content["buyer_id"], "2088102534368455");
        signed(method, &json!({ "code": "10000", "out_trade_no": "120000001", "trade_no": "2026T1" }))
    })
    .await;
    let made = merchant(&server.base_url).create(&intent(PayScene::MiniProgram)).await.unwrap();
    assert_eq!(made, PayInstruction::Trade { trade_no: "2026T1".into() });
    let mut stranger = intent(PayScene::MiniProgram);
    stranger.openid = None;
    assert_eq!(merchant(&nowhere()).create(&stranger).await.unwrap_err().field_name(), Some("auth_code"));
}

#[tokio::test]
async fn queries_read_states_and_exact_amounts() {
    let server = answering(|method, content| {
        let number = content["out_trade_no"].as_str().unwrap();
        let mut node = json!({ "code": "10000", "out_trade_no": number, "trade_no": "T1", "total_amount": "0.29",
            "buyer_user_id": "2088", "send_pay_date": "2026-11-23 20:01:00" });
        match number {
            "paid0001" => node["trade_status"] = "TRADE_SUCCESS".into(),
            "refunded" => node["trade_status"] = "TRADE_CLOSED".into(),
            "waiting1" => {
                node = json!({ "code": "10000", "out_trade_no": number, "trade_no": "T1", "trade_status": "WAIT_BUYER_PAY" });
            }
            "closed01" => node = json!({ "code": "10000", "out_trade_no": number, "trade_status": "TRADE_CLOSED" }),
            "inexact1" => {
                node["trade_status"] = "TRADE_SUCCESS".into();
                node["total_amount"] = "0.295".into();
            }
            "another1" => {
                node["trade_status"] = "TRADE_SUCCESS".into();
                node["out_trade_no"] = "somebody".into();
            }
            _ => return refused(method, "ACQ.TRADE_NOT_EXIST"),
        }
        signed(method, &node)
    })
    .await;
    let alipay = merchant(&server.base_url);
    let paid = alipay.query("paid0001").await.unwrap().unwrap();
    assert_eq!(
        (paid.state, paid.amount, paid.currency.as_deref()),
        (ChannelPaymentState::Paid, Some(Fen(29)), Some("CNY"))
    );
    assert_eq!((paid.transaction_id.as_deref(), paid.merchant_id.as_str()), (Some("T1"), "2088000000000001"));
    assert_eq!(paid.paid_at, Instant::parse("2026-11-23T20:01:00+08:00"));
    for (number, state) in [
        ("refunded", ChannelPaymentState::Refunded),
        ("waiting1", ChannelPaymentState::NotPaid),
        ("closed01", ChannelPaymentState::Closed),
    ] {
        assert_eq!(alipay.query(number).await.unwrap().unwrap().state, state, "{number}");
    }
    assert!(alipay.query("unknown1").await.unwrap().is_none());
    for number in ["inexact1", "another1"] {
        assert!(alipay.query(number).await.unwrap_err().is("payment.channel_unavailable"), "{number}");
    }
    assert!(alipay.query("a/b").await.unwrap_err().is("payment.number_invalid"));
}

#[tokio::test]
async fn what_is_not_proven_is_not_believed() {
    let forged = PrivateKey::generate().unwrap();
    let node = json!({ "code": "10000", "out_trade_no": "paid0001", "trade_no": "T1", "total_amount": "1.00",
        "trade_status": "TRADE_SUCCESS", "send_pay_date": "2026-11-23 20:01:00" })
    .to_string();
    let wrong = format!("{{\"alipay_trade_query_response\":{node},\"sign\":\"{}\"}}", forged.sign(&node));
    let unsigned = format!("{{\"alipay_trade_query_response\":{node}}}");
    // A refusal without a signature could be anybody's: it must not close an order.
    let absent =
        "{\"alipay_trade_query_response\":{\"code\":\"40004\",\"sub_code\":\"ACQ.TRADE_NOT_EXIST\"}}".to_owned();
    for body in [wrong, unsigned, absent, "<html>".to_owned(), "{}".to_owned()] {
        let server = StandIn::start(move |_| Reply::new(200, body.clone())).await;
        let error = merchant(&server.base_url).query("paid0001").await.unwrap_err();
        assert!(error.is("payment.channel_unavailable"), "{error}");
    }
    let own_fault =
        "{\"error_response\":{\"code\":\"40002\",\"sub_code\":\"isv.invalid-signature\",\"sub_msg\":\"验签出错\"}}";
    let server = StandIn::start(move |_| Reply::new(200, own_fault)).await;
    let error = merchant(&server.base_url).query("paid0001").await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("payment.channel_refused", Kind::Gateway));
    assert!(error.cause().unwrap().contains("isv.invalid-signature"));
}

#[tokio::test]
async fn closing_lets_the_state_decide() {
    for (sub_code, status, paid, outcome) in [
        ("ACQ.TRADE_NOT_EXIST", "", false, Some(CloseOutcome::Closed)),
        ("ACQ.REASON_TRADE_STATUS_INVALID", "TRADE_SUCCESS", true, Some(CloseOutcome::AlreadyPaid)),
        ("ACQ.REASON_TRADE_STATUS_INVALID", "TRADE_CLOSED", false, Some(CloseOutcome::Closed)),
        ("ACQ.REASON_ILLEGAL_STATUS", "WAIT_BUYER_PAY", false, None),
    ] {
        let server = answering(move |method, _| match method {
            "alipay.trade.close" => refused(method, sub_code),
            _ => {
                let date = paid.then_some("2026-11-23 20:01:00");
                signed(
                    method,
                    &json!({ "code": "10000", "out_trade_no": "120000001", "trade_no": "T1",
                    "total_amount": "1.00", "trade_status": status, "send_pay_date": date }),
                )
            }
        })
        .await;
        let closed = merchant(&server.base_url).close("120000001").await;
        assert_eq!(closed.as_ref().ok().copied(), outcome, "{sub_code} {status}");
    }
    let server = StandIn::start(|_| Reply::new(500, "")).await;
    assert!(merchant(&server.base_url).close("120000001").await.is_err(), "not closed on a guess");
}

fn refund() -> RefundRequest {
    RefundRequest {
        payment_number: "120000001".into(),
        transaction_id: "T1".into(),
        refund_number: "R120000002".into(),
        amount: Fen(1_050),
        payment_total: Fen(19_900),
        reason: "不想要了".into(),
        notify_url: "https://mall.example.com/notify/alipay/1".into(),
    }
}

#[tokio::test]
async fn refunds_are_done_at_once_or_looked_up() {
    let server = answering(|method, content| {
        assert_eq!((&content["refund_amount"], &content["out_request_no"]), (&json!("10.50"), &json!("R120000002")));
        signed(method, &json!({ "code": "10000", "trade_no": "T1", "fund_change": "Y", "refund_fee": "10.50" }))
    })
    .await;
    let done = merchant(&server.base_url).refund(&refund()).await.unwrap();
    assert_eq!(
        (done.state, done.amount, done.refund_number.as_str()),
        (ChannelRefundState::Done, Fen(1_050), "R120000002")
    );

    // The answer is lost, or says that nothing moved: the refund is looked up under the same number.
    for lost in [true, false] {
        let posts = AtomicUsize::new(0);
        let server = answering(move |method, _| match method {
            "alipay.trade.refund" if lost => {
                posts.fetch_add(1, Ordering::SeqCst);
                Reply::new(502, "")
            }
            "alipay.trade.refund" => signed(method, &json!({ "code": "10000", "trade_no": "T1", "fund_change": "N" })),
            _ => signed(
                method,
                &json!({ "code": "10000", "trade_no": "T1", "out_request_no": "R120000002",
                "refund_amount": "10.50", "refund_status": "REFUND_SUCCESS" }),
            ),
        })
        .await;
        assert_eq!(merchant(&server.base_url).refund(&refund()).await.unwrap().state, ChannelRefundState::Done);
        let sent = server.seen().iter().filter(|seen| asked(seen).0 == "alipay.trade.refund").count();
        assert_eq!(sent, 1, "a refund is never sent again on its own");
    }
    let server = StandIn::start(|_| Reply::new(502, "")).await;
    let error = merchant(&server.base_url).refund(&refund()).await.unwrap_err();
    assert!(error.is("payment.channel_unknown"), "{error}");
    for (sub_code, code) in [
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", "payment.refund_insufficient"),
        ("ACQ.TRADE_STATUS_ERROR", "payment.refund_refused"),
        ("ACQ.TRADE_NOT_EXIST", "payment.not_found"),
    ] {
        let server = answering(move |method, _| refused(method, sub_code)).await;
        assert!(merchant(&server.base_url).refund(&refund()).await.unwrap_err().is(code), "{sub_code}");
    }
    let server = answering(|method, _| signed(method, &json!({ "code": "10000", "msg": "Success" }))).await;
    assert!(merchant(&server.base_url).query_refund("120000001", "R120000002").await.unwrap().is_none());
}

#[tokio::test]
async fn certificates_are_named_and_must_fit() {
    let made = |key: &PrivateKey, name: &str| {
        let subject = [("C", "CN"), ("O", "Test"), ("OU", "Pay"), ("CN", name)];
        Certificate::self_signed_as(key, &subject, "0102", 1_700_000_000, 1_900_000_000).unwrap().pem().to_owned()
    };
    let (app, theirs, root) = (made(&APP, "app"), made(&ALIPAY, "alipay"), made(&ALIPAY, "root"));
    let trust = |app: &str| AlipayTrust::Certificates {
        app: Secret::new(app),
        alipay: Secret::new(&theirs),
        root: Secret::new(&root),
    };
    let sn = alipay::certificate_sn(&theirs).unwrap();
    let (own_sn, root_sn) = (alipay::certificate_sn(&app).unwrap(), alipay::root_certificate_sn(&root).unwrap());
    let server = StandIn::start(move |seen| {
        let params = params_of(seen);
        assert_signed(&params);
        assert_eq!(
            (of(&params, "app_cert_sn"), of(&params, "alipay_root_cert_sn")),
            (own_sn.as_str(), root_sn.as_str())
        );
        let number = asked(seen).1["out_trade_no"].as_str().unwrap().to_owned();
        let node = json!({ "code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST" }).to_string();
        let sn = if number == "rotated1" { "another" } else { &sn };
        let sign = ALIPAY.sign(&node);
        Reply::new(
            200,
            format!("{{\"alipay_trade_query_response\":{node},\"alipay_cert_sn\":\"{sn}\",\"sign\":\"{sign}\"}}"),
        )
    })
    .await;
    let config = AlipayConfig { trust: trust(&app), ..config(&server.base_url) };
    let alipay = Alipay::new(config.clone(), Arc::new(FrozenClock::at(NOW))).unwrap();
    assert!(alipay.query("unknown1").await.unwrap().is_none());
    assert!(alipay.query("rotated1").await.unwrap_err().is("payment.channel_unavailable"));
    let foreign = AlipayConfig { trust: trust(&theirs), ..config };
    assert!(Alipay::new(foreign, Arc::new(FrozenClock::at(NOW))).unwrap_err().is("alipay.config"));
}
