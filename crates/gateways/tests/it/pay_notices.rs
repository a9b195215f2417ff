//! Callbacks: a proven one is told in our words, anything else is rejected.

use crate::pay_merchant::*;
use crate::stand_in::{StandIn, nowhere};
use kernel::ports::{ChannelPaymentState, ChannelRefundState, Notice, PaymentChannel, RawNotice};
use kernel::{Error, Fen, Instant};
use serde_json::{Value, json};
use wire::wechat_pay::{ApiV3Key, NoticeEnvelope, PROBE_PREFIX, SignatureHeaders};

type Headers = Vec<(String, String)>;

fn envelope_with(key: &ApiV3Key, event: &str, kind: &str, content: &Value) -> Vec<u8> {
    let content = content.to_string();
    let envelope = NoticeEnvelope::seal(
        key,
        "notice-1",
        "2026-11-23T20:00:00+08:00",
        event,
        kind,
        "支付成功",
        "fdasfjihihih",
        content.as_bytes(),
    );
    envelope.unwrap().to_bytes()
}

fn envelope(event: &str, kind: &str, content: &Value) -> Vec<u8> {
    envelope_with(&api_v3_key(), event, kind, content)
}

fn headers_by(signer: &Signer, at_s: i64, body: &[u8]) -> Headers {
    let signed = SignatureHeaders::sign(&signer.key, signer.serial(), at_s, "N", body);
    signed.pairs().map(|(name, value)| (name.to_lowercase(), value)).to_vec()
}

async fn receive(headers: &Headers, body: &[u8]) -> Result<Notice, Error> {
    let server = StandIn::start(channel(|seen| panic!("{}", seen.target))).await;
    let raw = RawNotice { headers, body, received_at: Instant(NOW_S * 1000) };
    merchant(&server.base_url).read_notice(&raw).await
}

async fn receive_signed(body: &[u8]) -> Result<Notice, Error> {
    receive(&headers_by(&FIRST, NOW_S, body), body).await
}

#[track_caller]
fn assert_rejected(result: Result<Notice, Error>) {
    let error = result.expect_err("the notice was believed");
    assert!(error.is("payment.notice_rejected"), "{error}");
    assert_eq!(error.kind().status(), 401);
}

#[tokio::test]
async fn a_paid_notice_is_told() {
    let notice =
        receive_signed(&envelope("TRANSACTION.SUCCESS", "transaction", &transaction("SUCCESS"))).await.unwrap();
    let Notice::Payment { notice_id, payment } = notice else { panic!("{notice:?}") };
    assert_eq!((notice_id.as_str(), payment.number.as_str()), ("notice-1", "P20261123000001"));
    assert_eq!((payment.state, payment.amount), (ChannelPaymentState::Paid, Some(Fen(19_900))));
    assert_eq!(payment.payer_openid.as_deref(), Some("o1"));
}

#[tokio::test]
async fn a_refund_notice_is_told() {
    let content = json!({
        "mchid": "1900000001",
        "out_trade_no": "P20261123000001",
        "transaction_id": "4200002026112300000001",
        "out_refund_no": "R20261123000001",
        "refund_id": "50300001",
        "refund_status": "ABNORMAL",
        "user_received_account": "零钱",
        "amount": { "total": 19_900, "refund": 5_000, "payer_total": 19_900, "payer_refund": 5_000 },
    });
    let notice = receive_signed(&envelope("REFUND.ABNORMAL", "refund", &content)).await.unwrap();
    let Notice::Refund { refund, .. } = notice else { panic!("{notice:?}") };
    assert_eq!((refund.state, refund.amount, refund.finished_at), (ChannelRefundState::Abnormal, Fen(5_000), None));
}

#[tokio::test]
async fn a_notice_we_do_not_act_on_is_still_proven() {
    let body = envelope("COMPLAINT.CREATE", "complaint", &json!({ "complaint_id": "1" }));
    let notice = receive_signed(&body).await.unwrap();
    assert!(matches!(notice, Notice::Other { event, .. } if event == "COMPLAINT.CREATE"));
    assert_rejected(receive(&headers_by(&STRANGER, NOW_S, &body), &body).await);
}

#[tokio::test]
async fn forged_notices_are_rejected() {
    let body = envelope("TRANSACTION.SUCCESS", "transaction", &transaction("SUCCESS"));
    let good = headers_by(&FIRST, NOW_S, &body);

    assert_rejected(receive(&Vec::new(), &body).await);
    for missing in 0..4 {
        let mut headers = good.clone();
        headers.remove(missing);
        assert_rejected(receive(&headers, &body).await);
    }
    let mut altered = body.clone();
    let at = altered.windows(7).position(|w| w == b"SUCCESS").unwrap();
    altered[at] = b's';
    assert_rejected(receive(&good, &altered).await);
    assert_rejected(receive(&headers_by(&FIRST, NOW_S - 301, &body), &body).await);
    assert_rejected(receive(&headers_by(&FIRST, NOW_S + 301, &body), &body).await);
    assert_rejected(receive(&headers_by(&STRANGER, NOW_S, &body), &body).await);

    let with = |name: &str, value: &str| -> Headers {
        let keep = |(n, v): (String, String)| if n == name { (n, value.to_owned()) } else { (n, v) };
        good.clone().into_iter().map(keep).collect()
    };
    assert_rejected(receive(&with("wechatpay-serial", "6666"), &body).await);
    assert_rejected(receive(&with("wechatpay-signature", &format!("{PROBE_PREFIX}abc")), &body).await);
    assert_rejected(receive(&with("wechatpay-timestamp", "yesterday"), &body).await);
    assert!(receive(&good, &body).await.is_ok());
}

#[tokio::test]
async fn signed_nonsense_is_rejected() {
    let other_key = ApiV3Key::parse("00000000000000000000000000000000").unwrap();
    for body in [
        b"".to_vec(),
        b"{}".to_vec(),
        b"\xff\xfe".to_vec(),
        envelope_with(&other_key, "TRANSACTION.SUCCESS", "transaction", &transaction("SUCCESS")),
        envelope("TRANSACTION.SUCCESS", "transaction", &json!({ "out_trade_no": 5 })),
        envelope("TRANSACTION.SUCCESS", "transaction", &transaction("HALF_PAID")),
        envelope("REFUND.SUCCESS", "refund", &json!({ "refund_id": "1" })),
    ] {
        assert_rejected(receive_signed(&body).await);
    }
}

#[tokio::test]
async fn a_notice_for_another_merchant_or_app_is_rejected() {
    for (field, value) in [("mchid", "1900000002"), ("appid", "wx2")] {
        let mut content = transaction("SUCCESS");
        content[field] = json!(value);
        assert_rejected(receive_signed(&envelope("TRANSACTION.SUCCESS", "transaction", &content)).await);
    }
    let mut content = refund("SUCCESS");
    content["mchid"] = json!("1900000002");
    assert_rejected(receive_signed(&envelope("REFUND.SUCCESS", "refund", &content)).await);
}

#[tokio::test]
async fn without_certificates_a_notice_is_neither_believed_nor_rejected() {
    let body = envelope("TRANSACTION.SUCCESS", "transaction", &transaction("SUCCESS"));
    let headers = headers_by(&FIRST, NOW_S, &body);
    let raw = RawNotice { headers: &headers, body: &body, received_at: Instant(NOW_S * 1000) };
    let error = merchant(&nowhere()).read_notice(&raw).await.unwrap_err();
    assert!(error.is("payment.channel_unavailable"), "{error}");
}
