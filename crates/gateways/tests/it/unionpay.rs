//! UnionPay: what is signed and posted, what is believed, and what each code becomes.

use crate::stand_in::{Reply, Seen, StandIn, decoded, nowhere, short};
use gateways::Secret;
use gateways::unionpay::{UnionPay, UnionPayConfig};
use kernel::ports::{
    ChannelPaymentState, ChannelRefundState, CloseOutcome, Notice, PayInstruction, PayScene, PaymentChannel,
    PaymentIntent, RawNotice, RefundRequest,
};
use kernel::{Clock, Fen, FrozenClock, Ids, Instant, minutes};
use std::sync::{Arc, LazyLock};
use wire::unionpay::{self, TEST_SIGNER};
use wire::{Certificate, PrivateKey};

const NOW: Instant = Instant(1_795_435_200_000);
const MERCHANT: &str = "777290058110048";

/// Keys and certificates of both sides, and of somebody else's authority.
struct Papers {
    own_key: PrivateKey,
    own: String,
    their_key: PrivateKey,
    theirs: String,
    /// Issued by the same authority, but to a merchant.
    merchants: String,
    middle: String,
    root: String,
}

static PAPERS: LazyLock<Papers> = LazyLock::new(|| {
    let (root_key, middle_key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (own_key, their_key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
    let (root_name, middle_name) = ([("CN", "root")], [("CN", "OCA1")]);
    let span = (1_700_000_000, 1_900_000_000);
    let signer = format!("041@Z2017-11-1@{TEST_SIGNER}@00000001");
    let issued = |key: &PrivateKey, name: &str, serial: &str| {
        let by = (middle_name.as_slice(), &middle_key);
        Certificate::issued_as(key, &[("CN", name)], serial, span, by, false).unwrap().pem().to_owned()
    };
    let root = Certificate::self_signed_as(&root_key, &root_name, "01", span.0, span.1).unwrap();
    let by = (root_name.as_slice(), &root_key);
    let middle = Certificate::issued_as(&middle_key, &middle_name, "02", span, by, true).unwrap();
    Papers {
        own: issued(&own_key, "041@m@merchant@1", "0100"),
        theirs: issued(&their_key, &signer, "0200"),
        merchants: issued(&their_key, "041@m@another merchant@1", "0201"),
        middle: middle.pem().to_owned(),
        root: root.pem().to_owned(),
        own_key,
        their_key,
    }
});

fn config(base_url: &str) -> UnionPayConfig {
    UnionPayConfig {
        base_url: base_url.to_owned(),
        file_url: format!("{base_url}/files/"),
        merchant_id: MERCHANT.into(),
        certificate: Secret::new(&PAPERS.own),
        private_key: Secret::new(PAPERS.own_key.to_pem().unwrap()),
        middle_certificate: Secret::new(&PAPERS.middle),
        root_certificate: Secret::new(&PAPERS.root),
        signer: TEST_SIGNER.into(),
        timeouts: short(),
    }
}

fn merchant(base_url: &str) -> UnionPay {
    UnionPay::new(config(base_url), Arc::new(FrozenClock::at(NOW))).unwrap()
}

fn number() -> String {
    static NUMBER: LazyLock<String> =
        LazyLock::new(|| Ids::new(1).next(&FrozenClock::at(Instant(NOW.0 - 1_000))).to_string());
    NUMBER.clone()
}

const SECOND: &str = "20261123195959";

fn form_of(seen: &Seen) -> Vec<(String, String)> {
    decoded(std::str::from_utf8(&seen.body).unwrap())
}

fn of<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

fn assert_signed(fields: &[(String, String)]) {
    let key = PAPERS.own_key.public_key().unwrap();
    unionpay::verify(&key, &borrowed(fields), of(fields, "signature")).unwrap();
    for (name, value) in [("version", "5.1.0"), ("signMethod", "01"), ("merId", MERCHANT), ("certId", "256")] {
        assert_eq!(of(fields, name), value, "{name}");
    }
}

/// Signed with a certificate, by its key.
fn signed_as(certificate: &str, key: &PrivateKey, fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.extend([("signMethod".into(), "01".into()), ("signPubKeyCert".into(), certificate.to_owned())]);
    let signature = unionpay::sign(key, &borrowed(&all));
    all.push(("signature".into(), signature));
    all
}

fn signed(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    signed_as(&PAPERS.theirs, &PAPERS.their_key, fields)
}

fn text_of(fields: &[(String, String)]) -> String {
    fields.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
}

/// An answer to what was asked, with these fields.
fn answer(seen: &Seen, fields: &[(&str, &str)]) -> Reply {
    let asked = form_of(seen);
    let mut all = vec![("merId", MERCHANT), ("orderId", of(&asked, "orderId")), ("txnTime", of(&asked, "txnTime"))];
    all.extend(fields);
    Reply::new(200, text_of(&signed(&all)))
}

fn intent(scene: PayScene) -> PaymentIntent {
    PaymentIntent {
        number: number(),
        description: "西湖龙井&明前 {100g}".into(),
        amount: Fen(19_900),
        scene,
        openid: None,
        client_ip: "203.0.113.7".into(),
        expires_at: Instant(NOW.0 + minutes(30)),
        notify_url: "https://mall.example.com/notify/unionpay/1".into(),
        return_url: Some("https://mall.example.com/notify/return?to=%2Fx".into()),
    }
}

#[tokio::test]
async fn browsers_get_a_signed_form_without_a_call() {
    let bank = merchant(&nowhere());
    for (scene, channel) in [(PayScene::Page, "07"), (PayScene::H5, "08")] {
        let PayInstruction::Form { action, fields } = bank.create(&intent(scene)).await.unwrap() else { panic!() };
        assert!(action.ends_with("/gateway/api/frontTransReq.do"));
        assert_signed(&fields);
        for (name, value) in [
            ("txnType", "01"),
            ("bizType", "000201"),
            ("channelType", channel),
            ("accessType", "0"),
            ("orderId", &number()),
            ("txnTime", SECOND),
            ("txnAmt", "19900"),
            ("currencyCode", "156"),
            ("payTimeout", "20261123203000"),
            ("frontUrl", "https://mall.example.com/notify/return?to=%2Fx"),
            ("backUrl", "https://mall.example.com/notify/unionpay/1"),
            ("riskRateInfo", "{commodityName=西湖龙井 明前  100g }"),
        ] {
            assert_eq!(of(&fields, name), value, "{name}");
        }
    }
    for scene in [PayScene::Native, PayScene::MiniProgram] {
        assert!(bank.create(&intent(scene)).await.unwrap_err().is("payment.scene_unsupported"));
    }
}

#[tokio::test]
async fn queries_read_every_class_of_code() {
    for (code, original, expected) in [
        ("00", "00", Some(Some(ChannelPaymentState::Paid))),
        ("00", "A6", Some(Some(ChannelPaymentState::Paid))),
        ("A6", "00", Some(Some(ChannelPaymentState::Paid))),
        ("00", "03", Some(Some(ChannelPaymentState::Paying))),
        ("00", "04", Some(Some(ChannelPaymentState::Paying))),
        ("00", "05", Some(Some(ChannelPaymentState::Paying))),
        ("00", "64", Some(Some(ChannelPaymentState::Failed))),
        ("00", "34", Some(Some(ChannelPaymentState::NotPaid))),
        ("34", "", Some(None)),
        ("03", "", None),
        ("04", "", None),
        ("05", "", None),
        ("37", "", None),
    ] {
        let server = StandIn::start(move |seen| {
            let asked = form_of(seen);
            assert_signed(&asked);
            assert_eq!(seen.path(), "/gateway/api/queryTrans.do");
            assert_eq!((of(&asked, "txnType"), of(&asked, "txnTime")), ("00", SECOND));
            let told = [
                ("respCode", code),
                ("origRespCode", original),
                ("queryId", "951807261002324791038"),
                ("txnAmt", "19900"),
                ("currencyCode", "156"),
                ("traceTime", "1123200105"),
            ];
            answer(seen, &told)
        })
        .await;
        let told = merchant(&server.base_url).query(&number()).await;
        match expected {
            Some(state) => {
                assert_eq!(told.as_ref().unwrap().as_ref().map(|paid| paid.state), state, "{code} {original}")
            }
            None => assert!(told.unwrap_err().is("payment.channel_unavailable"), "{code}"),
        }
        if original == "00" {
            let paid = merchant(&server.base_url).query(&number()).await.unwrap().unwrap();
            assert_eq!((paid.amount, paid.currency.as_deref()), (Some(Fen(19_900)), Some("CNY")));
            assert_eq!(paid.transaction_id.as_deref(), Some("951807261002324791038"));
            assert_eq!(paid.paid_at, Instant::parse("2026-11-23T20:01:05+08:00"));
        }
        // What cannot be closed is not closed on a guess.
        let closed = merchant(&server.base_url).close(&number()).await;
        match (code, original) {
            ("00" | "A6", "00" | "A6") => assert_eq!(closed.unwrap(), CloseOutcome::AlreadyPaid),
            ("00", "03" | "04" | "05") => assert!(closed.unwrap_err().is("payment.channel_failed")),
            ("00" | "34", _) => assert_eq!(closed.unwrap(), CloseOutcome::Closed),
            _ => assert!(closed.is_err()),
        }
    }
    assert!(merchant(&nowhere()).query("hefang-live-check").await.unwrap_err().is("payment.number_invalid"));
}

#[tokio::test]
async fn a_trade_still_under_way_after_a_day_has_failed() {
    let server = StandIn::start(|seen| answer(seen, &[("respCode", "00"), ("origRespCode", "05")])).await;
    let clock = Arc::new(FrozenClock::at(NOW));
    let bank = UnionPay::new(config(&server.base_url), clock.clone()).unwrap();
    assert!(bank.close(&number()).await.is_err());
    clock.advance(kernel::days(1));
    assert_eq!(bank.close(&number()).await.unwrap(), CloseOutcome::Closed);
    assert!(clock.now() > NOW);
}

#[tokio::test]
async fn what_is_not_proven_is_not_believed() {
    let ours = number();
    let paid = [
        ("merId", MERCHANT),
        ("orderId", ours.as_str()),
        ("txnTime", SECOND),
        ("respCode", "00"),
        ("origRespCode", "00"),
        ("queryId", "9518"),
        ("txnAmt", "19900"),
        ("currencyCode", "156"),
    ];
    let stranger = PrivateKey::generate().unwrap();
    let self_made =
        Certificate::self_signed(&stranger, &format!("041@x@{TEST_SIGNER}@1"), "01", 1_700_000_000, 1_900_000_000);
    let self_made = self_made.unwrap().pem().to_owned();
    let altered: Vec<_> =
        signed(&paid).into_iter().map(|(k, v)| if k == "txnAmt" { (k, "1".into()) } else { (k, v) }).collect();
    let other_order: Vec<_> =
        paid.iter().map(|(k, v)| (*k, if *k == "orderId" { "3600000000000000001" } else { *v })).collect();
    let other_merchant: Vec<_> =
        paid.iter().map(|(k, v)| (*k, if *k == "merId" { "777000000000000" } else { *v })).collect();
    for (what, body) in [
        ("a certificate of his own", text_of(&signed_as(&self_made, &stranger, &paid))),
        ("a merchant's certificate", text_of(&signed_as(&PAPERS.merchants, &PAPERS.their_key, &paid))),
        ("another key", text_of(&signed_as(&PAPERS.theirs, &stranger, &paid))),
        ("altered", text_of(&altered)),
        ("another order", text_of(&signed(&other_order))),
        ("another merchant", text_of(&signed(&other_merchant))),
        ("unsigned", "respCode=00&origRespCode=00".to_owned()),
        ("no such trade, unsigned", "respCode=34&respMsg=x".to_owned()),
        ("no form", "<html>".to_owned()),
        ("empty", String::new()),
    ] {
        let server = StandIn::start(move |_| Reply::new(200, body.clone())).await;
        let error = merchant(&server.base_url).query(&ours).await.unwrap_err();
        assert!(error.is("payment.channel_unavailable"), "{what}: {error}");
    }
    let server = StandIn::start(|_| Reply::new(200, "respCode=11&respMsg=验证签名失败")).await;
    let error = merchant(&server.base_url).query(&ours).await.unwrap_err();
    assert!(error.is("payment.channel_refused") && error.cause().unwrap().contains("respCode 11"));
    let clock = Arc::new(FrozenClock::at(NOW));
    let foreign = UnionPayConfig { certificate: Secret::new(&PAPERS.theirs), ..config("http://127.0.0.1:1") };
    assert!(UnionPay::new(foreign, clock.clone()).unwrap_err().is("unionpay.config"));
    let foreign = UnionPayConfig { root_certificate: Secret::new(&PAPERS.theirs), ..config("http://127.0.0.1:1") };
    assert!(UnionPay::new(foreign, clock).unwrap_err().is("unionpay.config"));
}

#[tokio::test]
async fn refunds_are_accepted_then_asked_about() {
    let refund = || RefundRequest {
        payment_number: number(),
        transaction_id: "951807261002324791038".into(),
        refund_number: format!("R{}N90", number()),
        amount: Fen(1_050),
        payment_total: Fen(19_900),
        reason: "不想要了".into(),
        notify_url: "https://mall.example.com/notify/unionpay/1".into(),
    };
    for (code, original, state) in [
        ("00", "", Some(ChannelRefundState::Processing)),
        ("36", "", Some(ChannelRefundState::Closed)),
        ("12", "00", Some(ChannelRefundState::Done)),
        ("05", "61", Some(ChannelRefundState::Closed)),
        ("03", "05", Some(ChannelRefundState::Processing)),
        ("03", "unknown", None),
    ] {
        let server = StandIn::start(move |seen| {
            let asked = form_of(seen);
            assert_signed(&asked);
            assert_eq!(of(&asked, "txnTime"), "20261123200129", "90 seconds after the refund was written");
            match seen.path() {
                "/gateway/api/backTransReq.do" => {
                    assert_eq!((of(&asked, "txnType"), of(&asked, "txnAmt")), ("04", "1050"));
                    assert_eq!(of(&asked, "origQryId"), "951807261002324791038");
                    answer(seen, &[("respCode", code), ("queryId", "96")])
                }
                _ if original == "unknown" => answer(seen, &[("respCode", "34")]),
                _ => answer(
                    seen,
                    &[("respCode", "00"), ("origRespCode", original), ("txnAmt", "1050"), ("queryId", "96")],
                ),
            }
        })
        .await;
        let told = merchant(&server.base_url).refund(&refund()).await;
        match state {
            Some(state) => assert_eq!(told.unwrap().state, state, "{code} {original}"),
            None => assert!(told.unwrap_err().is("payment.channel_unknown")),
        }
        let sent = server.seen().iter().filter(|seen| seen.path().ends_with("backTransReq.do")).count();
        assert_eq!(sent, 1, "a refund is never sent again on its own");
    }
}

#[tokio::test]
async fn notices_are_proven_and_compared() {
    let bank = merchant(&nowhere());
    let ours = number();
    let paid = [
        ("merId", MERCHANT),
        ("txnType", "01"),
        ("orderId", ours.as_str()),
        ("txnTime", SECOND),
        ("respCode", "00"),
        ("queryId", "9518"),
        ("txnAmt", "19900"),
        ("currencyCode", "156"),
        ("traceTime", "1123200105"),
    ];
    let read = async |fields: &[(String, String)]| {
        let mut url = reqwest::Url::parse("http://x/").unwrap();
        url.query_pairs_mut().extend_pairs(fields);
        let body = url.query().unwrap().to_owned();
        bank.read_notice(&RawNotice { headers: &[], body: body.as_bytes(), received_at: NOW }).await
    };
    let changed = |name: &'static str, value: &'static str| -> Vec<(&str, &str)> {
        paid.iter().map(|(k, v)| (*k, if *k == name { value } else { *v })).collect()
    };
    let Notice::Payment { notice_id, payment } = read(&signed(&paid)).await.unwrap() else { panic!("a payment") };
    assert_eq!((payment.state, payment.amount), (ChannelPaymentState::Paid, Some(Fen(19_900))));
    assert_eq!(payment.number, ours);
    let Notice::Payment { notice_id: again, .. } = read(&signed(&changed("respCode", "A6"))).await.unwrap() else {
        panic!()
    };
    assert_ne!(notice_id, again);
    let mut forged = signed(&paid);
    forged.iter_mut().find(|(k, _)| k == "txnAmt").unwrap().1 = "1".into();
    for fields in [
        forged,
        signed_as(&PAPERS.merchants, &PAPERS.their_key, &paid),
        signed(&changed("merId", "777000000000000")),
        signed(&changed("txnTime", "20261123195958")),
        signed(&changed("queryId", "")),
        vec![("respCode".into(), "00".into())],
    ] {
        assert!(read(&fields).await.unwrap_err().is("payment.notice_rejected"));
    }
    assert!(matches!(read(&signed(&changed("respCode", "05"))).await.unwrap(), Notice::Other { .. }));
    let mut back = changed("txnType", "04");
    back.iter_mut().find(|(k, _)| *k == "orderId").unwrap().1 = "R3612345678901234567";
    let Notice::Refund { refund, .. } = read(&signed(&back)).await.unwrap() else { panic!("a refund") };
    assert_eq!((refund.state, refund.refund_number.as_str()), (ChannelRefundState::Done, "R3612345678901234567"));
}
