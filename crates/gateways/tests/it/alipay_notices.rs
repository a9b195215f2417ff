//! Notices of Alipay: proven, their owner compared, and refunds looked up.

use crate::alipay::{ALIPAY, NOW, answering, merchant, signed};
use crate::stand_in::nowhere;
use kernel::Fen;
use kernel::ports::{ChannelPaymentState, Notice, PaymentChannel, RawNotice};
use serde_json::json;
use wire::alipay;

fn notice(params: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded_of(params);
    form.push_str(&format!("&sign_type=RSA2&sign={}", percent(&ALIPAY.sign(alipay::notice_message(params)))));
    form
}

fn percent(text: &str) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().append_pair("v", text);
    url.query().unwrap()[2..].to_owned()
}

fn form_urlencoded_of(params: &[(&str, &str)]) -> String {
    params.iter().map(|(k, v)| format!("{k}={}", percent(v))).collect::<Vec<_>>().join("&")
}

fn raw(body: &str) -> RawNotice<'_> {
    RawNotice { headers: &[], body: body.as_bytes(), received_at: NOW }
}

const PAID: [(&str, &str); 10] = [
    ("notify_type", "trade_status_sync"),
    ("notify_id", "N1"),
    ("app_id", "2021000000000001"),
    ("seller_id", "2088000000000001"),
    ("out_trade_no", "120000001"),
    ("trade_no", "T1"),
    ("trade_status", "TRADE_SUCCESS"),
    ("total_amount", "199.00"),
    ("gmt_payment", "2026-11-23 20:01:00"),
    ("fund_bill_list", "[{\"amount\":\"199.00\",\"fundChannel\":\"ALIPAYACCOUNT\"}]"),
];

#[tokio::test]
async fn notices_are_proven_and_their_owner_compared() {
    let alipay = merchant(&nowhere());
    let body = notice(&PAID);
    let Notice::Payment { notice_id, payment } = alipay.read_notice(&raw(&body)).await.unwrap() else { panic!() };
    assert_eq!(
        (notice_id.as_str(), payment.amount, payment.state),
        ("N1", Some(Fen(19_900)), ChannelPaymentState::Paid)
    );

    let forged = body.replace("199.00", "0.01");
    let unsigned = form_urlencoded_of(&PAID);
    let changed = |name: &str, value: &'static str| {
        let params: Vec<(&str, &str)> = PAID.iter().map(|(k, v)| (*k, if *k == name { value } else { *v })).collect();
        notice(&params)
    };
    let odd = [
        changed("app_id", "2021"),
        changed("seller_id", "2088"),
        changed("trade_status", "TRADE_LOST"),
        changed("notify_id", ""),
    ];
    for body in [forged, unsigned, String::new(), "%%%".to_owned()].into_iter().chain(odd) {
        let error = alipay.read_notice(&raw(&body)).await.unwrap_err();
        assert!(error.is("payment.notice_rejected"), "{body}");
    }
    let other = changed("notify_type", "dut_user_sign");
    assert!(matches!(alipay.read_notice(&raw(&other)).await.unwrap(), Notice::Other { .. }));
}

#[tokio::test]
async fn a_refund_notice_is_looked_up_because_it_tells_only_the_sum() {
    let server = answering(|method, _| {
        signed(
            method,
            &json!({ "code": "10000", "trade_no": "T1", "out_request_no": "R120000002",
            "refund_amount": "10.50", "refund_status": "REFUND_SUCCESS" }),
        )
    })
    .await;
    let mut params = PAID.to_vec();
    params.extend([("out_biz_no", "R120000002"), ("refund_fee", "20.00"), ("gmt_refund", "2026-11-23 20:02:00.000")]);
    let body = notice(&params);
    let read = merchant(&server.base_url).read_notice(&raw(&body)).await.unwrap();
    let Notice::Refund { refund, .. } = read else { panic!("{read:?}") };
    assert_eq!((refund.refund_number.as_str(), refund.amount), ("R120000002", Fen(1_050)));
}
