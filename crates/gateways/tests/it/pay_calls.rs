//! Prepay, query, close and refund: what is sent, what is believed, and what each refusal becomes.

use crate::pay_merchant::*;
use crate::stand_in::{Reply, StandIn, nowhere};
use kernel::ports::{ChannelPaymentState, ChannelRefundState, CloseOutcome, PayInstruction, PayScene, PaymentChannel};
use kernel::{Fen, Instant, Kind};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

const REFUNDS: &str = "/v3/refund/domestic/refunds";
const REFUND: &str = "/v3/refund/domestic/refunds/R20261123000001";
const QUERY: &str = "/v3/pay/transactions/out-trade-no/P20261123000001";

async fn answering(reply: Reply) -> StandIn {
    StandIn::start(channel(move |_| reply.clone())).await
}

#[tokio::test]
async fn mini_program_gets_signed_arguments() {
    let server = answering(signed(200, &json!({ "prepay_id": "wx26-prepay" }))).await;
    let made = merchant(&server.base_url).create(&intent(PayScene::MiniProgram)).await.unwrap();
    let PayInstruction::MiniProgram { app_id, time_stamp, nonce_str, package, sign_type, pay_sign } = made else {
        panic!("not for a mini program")
    };
    let expected = ("wx1".to_owned(), NOW_S.to_string(), "prepay_id=wx26-prepay".to_owned(), "RSA".to_owned());
    assert_eq!((app_id, time_stamp.clone(), package.clone(), sign_type), expected);
    let message = format!("wx1\n{time_stamp}\n{nonce_str}\n{package}\n");
    MERCHANT.public_key().unwrap().verify(message, &pay_sign).unwrap();

    let sent = server.seen().iter().find(|s| s.path() == "/v3/pay/transactions/jsapi").unwrap().json();
    assert_eq!(
        sent,
        json!({
            "appid": "wx1",
            "mchid": "1900000001",
            "description": "西湖龙井 明前特级 100g 等 3 件",
            "out_trade_no": "P20261123000001",
            "notify_url": "https://mall.example.com/notify/wechat/pay",
            "time_expire": "2026-11-23T20:30:00+08:00",
            "amount": { "total": 19_900, "currency": "CNY" },
            "payer": { "openid": "o1" },
        })
    );
}

#[tokio::test]
async fn desktop_and_mobile_browsers_get_addresses() {
    let server = StandIn::start(channel(|seen| match seen.path() {
        "/v3/pay/transactions/native" => signed(200, &json!({ "code_url": "weixin://wxpay/1" })),
        "/v3/pay/transactions/h5" => {
            let scene = &seen.json()["scene_info"];
            assert_eq!(*scene, json!({ "payer_client_ip": "203.0.113.7", "h5_info": { "type": "Wap" } }));
            signed(200, &json!({ "h5_url": "https://wx.tenpay.com/1" }))
        }
        other => panic!("{other}"),
    }))
    .await;
    let merchant = merchant(&server.base_url);
    let native = merchant.create(&intent(PayScene::Native)).await.unwrap();
    assert_eq!(native, PayInstruction::Native { code_url: "weixin://wxpay/1".into() });
    let h5 = merchant.create(&intent(PayScene::H5)).await.unwrap();
    assert_eq!(h5, PayInstruction::H5 { h5_url: "https://wx.tenpay.com/1".into() });
}

#[tokio::test]
async fn impossible_intents_are_not_sent() {
    let merchant = merchant(&nowhere());
    let mut guest = intent(PayScene::MiniProgram);
    guest.openid = None;
    assert_eq!(merchant.create(&guest).await.unwrap_err().field_name(), Some("openid"));
    for number in ["", "short", "P1/../../v3/x", "P20261123 0001", "P20261123?x=1"] {
        let error = merchant.query(number).await.unwrap_err();
        assert!(error.is("payment.number_invalid"), "{number}");
    }
}

#[tokio::test]
async fn refusals_become_stable_codes() {
    for (status, vendor, code, kind) in [
        (400, "ORDERPAID", "payment.already_paid", Kind::Conflict),
        (400, "ORDER_CLOSED", "payment.closed", Kind::Conflict),
        (403, "OUT_TRADE_NO_USED", "payment.number_reused", Kind::Conflict),
        (400, "PARAM_ERROR", "payment.channel_refused", Kind::Gateway),
        (401, "SIGN_ERROR", "payment.channel_refused", Kind::Gateway),
        (403, "NO_AUTH", "payment.channel_refused", Kind::Gateway),
    ] {
        let server = answering(refusal(status, vendor)).await;
        let error = merchant(&server.base_url).create(&intent(PayScene::Native)).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (code, kind), "{vendor}");
        let cause = error.cause().unwrap();
        assert!(cause.contains(vendor) && cause.contains("REQ-1") && cause.contains("原因"), "{cause}");
    }
    let body = json!({ "code": "INVALID_REQUEST", "message": "请求重入时，参数与首次请求时不一致" });
    let server = answering(signed(400, &body)).await;
    let error = merchant(&server.base_url).create(&intent(PayScene::Native)).await.unwrap_err();
    assert!(error.is("payment.number_reused"));
}

#[tokio::test]
async fn busy_and_broken_answers_are_retried_with_the_same_number() {
    for status in [429, 500, 502, 503] {
        let asked = AtomicUsize::new(0);
        let server = StandIn::start(channel(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Reply::new(status, "busy"),
            _ => signed(200, &json!({ "code_url": "weixin://1" })),
        }))
        .await;
        merchant(&server.base_url).create(&intent(PayScene::Native)).await.unwrap();
        let sent: Vec<_> = server.seen().into_iter().filter(|s| s.path().ends_with("native")).collect();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|s| s.body == sent[0].body));
        assert_ne!(sent[0].header("authorization"), sent[1].header("authorization"));
    }
}

#[tokio::test]
async fn silence_is_an_unavailable_channel() {
    let server = answering(signed(200, &json!({ "code_url": "weixin://1" })).too_late()).await;
    let error = merchant(&server.base_url).create(&intent(PayScene::Native)).await.unwrap_err();
    assert!(error.is("payment.channel_unavailable") && error.kind() == Kind::Gateway, "{error}");
    let error = merchant(&nowhere()).create(&intent(PayScene::Native)).await.unwrap_err();
    assert!(error.is("payment.channel_unavailable"), "{error}");
}

#[tokio::test]
async fn a_payment_is_found_by_its_number() {
    let server = answering(signed(200, &transaction("SUCCESS"))).await;
    let found = merchant(&server.base_url).query("P20261123000001").await.unwrap().unwrap();
    assert_eq!((found.state, found.amount), (ChannelPaymentState::Paid, Some(Fen(19_900))));
    assert_eq!(found.transaction_id.as_deref(), Some("4200002026112300000001"));
    assert_eq!((found.app_id.as_str(), found.merchant_id.as_str()), ("wx1", "1900000001"));
    assert_eq!(found.currency.as_deref(), Some("CNY"));
    assert_eq!(found.paid_at, Instant::parse("2026-11-23T11:59:30Z"));
    let seen = server.seen();
    let asked = seen.iter().find(|s| s.path() == QUERY).unwrap();
    assert_eq!(asked.target, format!("{QUERY}?mchid=1900000001"));
}

#[tokio::test]
async fn an_unknown_payment_is_none_but_an_answer_about_another_is_an_error() {
    let server = answering(refusal(404, "ORDER_NOT_EXIST")).await;
    assert!(merchant(&server.base_url).query("P20261123000001").await.unwrap().is_none());

    let server = answering(signed(200, &transaction("SUCCESS"))).await;
    assert!(merchant(&server.base_url).query("P20261123000009").await.is_err());

    let server = answering(Reply::new(404, "<html>no such page</html>")).await;
    assert!(merchant(&server.base_url).query("P20261123000001").await.unwrap_err().is("payment.channel_refused"));
}

#[tokio::test]
async fn closing_says_whether_the_member_was_faster() {
    let server = StandIn::start(channel(|seen| {
        assert_eq!(seen.json(), json!({ "mchid": "1900000001" }));
        signed_at(&FIRST, NOW_S, 204, b"")
    }))
    .await;
    let closed = merchant(&server.base_url).close("P20261123000001").await.unwrap();
    assert_eq!((closed, server.count(QUERY)), (CloseOutcome::Closed, 0));

    for (vendor, state, outcome) in [
        ("ORDERPAID", "SUCCESS", CloseOutcome::AlreadyPaid),
        ("TRADE_ERROR", "REFUND", CloseOutcome::AlreadyPaid),
        ("ORDER_CLOSED", "CLOSED", CloseOutcome::Closed),
    ] {
        let server = StandIn::start(channel(move |seen| match seen.method.as_str() {
            "POST" => refusal(400, vendor),
            _ => signed(200, &transaction(state)),
        }))
        .await;
        assert_eq!(merchant(&server.base_url).close("P20261123000001").await.unwrap(), outcome, "{vendor}");
    }

    let server = answering(refusal(404, "ORDER_NOT_EXIST")).await;
    assert_eq!(merchant(&server.base_url).close("P20261123000001").await.unwrap(), CloseOutcome::Closed);
}

#[tokio::test]
async fn a_refused_close_of_an_open_payment_is_an_error() {
    let server = StandIn::start(channel(|seen| match seen.method.as_str() {
        "POST" => refusal(400, "PARAM_ERROR"),
        _ => signed(200, &transaction("NOTPAY")),
    }))
    .await;
    let error = merchant(&server.base_url).close("P20261123000001").await.unwrap_err();
    assert!(error.is("payment.channel_refused"), "{error}");
}

#[tokio::test]
async fn a_refund_is_asked_for_once() {
    let server = answering(signed(200, &refund("PROCESSING"))).await;
    let made = merchant(&server.base_url).refund(&refund_request()).await.unwrap();
    assert_eq!((made.state, made.amount), (ChannelRefundState::Processing, Fen(5_000)));
    assert_eq!(made.channel_refund_id, "50300001");
    let sent = server.seen().iter().find(|s| s.path() == REFUNDS).unwrap().json();
    assert_eq!(sent["amount"], json!({ "refund": 5_000, "total": 19_900, "currency": "CNY" }));
    assert_eq!((server.count(REFUNDS), server.count(REFUND)), (1, 0));
}

#[tokio::test]
async fn a_refund_of_unknown_fate_is_looked_up_before_it_is_repeated() {
    let server = StandIn::start(channel(|seen| match seen.path() {
        REFUNDS => refusal(500, "SYSTEM_ERROR"),
        _ => signed(200, &refund("SUCCESS")),
    }))
    .await;
    let found = merchant(&server.base_url).refund(&refund_request()).await.unwrap();
    assert_eq!(found.state, ChannelRefundState::Done);
    assert_eq!((server.count(REFUNDS), server.count(REFUND)), (1, 1));

    let asked = AtomicUsize::new(0);
    let server = StandIn::start(channel(move |seen| match seen.path() {
        REFUND => refusal(404, "RESOURCE_NOT_EXISTS"),
        _ if asked.fetch_add(1, Ordering::SeqCst) == 0 => refusal(429, "FREQUENCY_LIMITED"),
        _ => signed(200, &refund("PROCESSING")),
    }))
    .await;
    merchant(&server.base_url).refund(&refund_request()).await.unwrap();
    let sent: Vec<_> = server.seen().into_iter().filter(|s| s.path() == REFUNDS).map(|s| s.json()).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn a_refund_nobody_can_tell_about_is_unknown() {
    let server = StandIn::start(channel(|_| refusal(500, "SYSTEM_ERROR"))).await;
    let error = merchant(&server.base_url).refund(&refund_request()).await.unwrap_err();
    assert!(error.is("payment.channel_unknown") && error.kind() == Kind::Gateway, "{error}");
    assert_eq!(server.count(REFUNDS), 1);

    let unproven = answering(signed_at(&STRANGER, NOW_S, 200, refund("SUCCESS").to_string().as_bytes())).await;
    let error = merchant(&unproven.base_url).refund(&refund_request()).await.unwrap_err();
    assert!(error.is("payment.channel_unknown"), "{error}");
}

#[tokio::test]
async fn refund_refusals_become_stable_codes() {
    for (status, vendor, code) in [
        (403, "NOT_ENOUGH", "payment.refund_insufficient"),
        (403, "USER_ACCOUNT_ABNORMAL", "payment.refund_account"),
        (404, "RESOURCE_NOT_EXISTS", "payment.not_found"),
        (400, "INVALID_REQUEST", "payment.refund_refused"),
        (401, "SIGN_ERROR", "payment.channel_refused"),
    ] {
        let server = answering(refusal(status, vendor)).await;
        let error = merchant(&server.base_url).refund(&refund_request()).await.unwrap_err();
        assert_eq!(error.code(), code, "{vendor}");
    }
}

#[tokio::test]
async fn refunds_are_found_by_number() {
    for (state, word) in [
        ("SUCCESS", ChannelRefundState::Done),
        ("PROCESSING", ChannelRefundState::Processing),
        ("CLOSED", ChannelRefundState::Closed),
        ("ABNORMAL", ChannelRefundState::Abnormal),
    ] {
        let server = answering(signed(200, &refund(state))).await;
        let found =
            merchant(&server.base_url).query_refund("P20261123000001", "R20261123000001").await.unwrap().unwrap();
        assert_eq!(found.state, word);
    }
    let server = answering(refusal(404, "RESOURCE_NOT_EXISTS")).await;
    assert!(merchant(&server.base_url).query_refund("P20261123000001", "R20261123000001").await.unwrap().is_none());
}

#[tokio::test]
async fn doctor_tells_a_wrong_key_from_a_right_one() {
    let server = answering(refusal(404, "ORDER_NOT_EXIST")).await;
    merchant(&server.base_url).check().await.unwrap();
    let server = answering(refusal(401, "SIGN_ERROR")).await;
    assert!(merchant(&server.base_url).check().await.unwrap_err().is("payment.channel_refused"));
}
