//! UnionPay against answers that were computed elsewhere: `unionpay.json` says how.
#![allow(clippy::unwrap_used, reason = "tests may")]

use serde_json::Value;
use wire::unionpay::{TEST_SIGNER, Trust, certificate_id, message, parse_answer, sign, verify};
use wire::{PrivateKey, PublicKey, sha256_hex};

fn vectors() -> Value {
    serde_json::from_str(include_str!("unionpay.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

#[test]
fn a_request_is_signed_as_elsewhere() {
    let v = vectors();
    let params: Vec<(&str, &str)> =
        v["request"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
    assert_eq!(message(&params), text(&v, "text"));
    assert_eq!(sha256_hex(message(&params)), text(&v, "sha256"));
    assert_eq!(sign(&PrivateKey::parse(text(&v, "key")).unwrap(), &params), text(&v, "signature"));
    assert_eq!(certificate_id(text(&v, "certificate")).unwrap(), text(&v, "certificate_id"));
    let public = PublicKey::parse(text(&v, "certificate")).unwrap();
    verify(&public, &params, text(&v, "signature")).unwrap();
    // One digest would be another signature.
    assert!(public.verify(text(&v, "text"), text(&v, "signature")).is_err());
}

#[test]
fn answers_are_believed_by_their_chain_only() {
    let v = vectors();
    let now = v["now"].as_i64().unwrap();
    let answers = v["answers"].as_array().unwrap();
    let trust = |answer: &Value, signer: &str| Trust::new(text(answer, "middle"), text(answer, "root"), signer);
    for (at, answer) in answers.iter().enumerate() {
        let pairs = parse_answer(text(answer, "body")).unwrap();
        assert!(pairs.contains(&("reserved".into(), "{cardNumberLock=1&other=2}".into())));
        let params = borrowed(&pairs);
        let own = trust(answer, TEST_SIGNER).unwrap();
        own.verify(&params, now).unwrap();
        let another = trust(&answers[1 - at], TEST_SIGNER).unwrap();
        assert!(another.verify(&params, now).is_err(), "another authority");
        assert!(trust(answer, "中国银联股份有限公司").unwrap().verify(&params, now).is_err(), "another owner");
        assert!(own.verify(&params, now + 400_000_000).is_err(), "expired");
        let altered: Vec<_> = params.iter().map(|(k, v)| (*k, if *k == "txnAmt" { "1" } else { *v })).collect();
        assert!(own.verify(&altered, now).is_err());
        let unsigned: Vec<_> = params.iter().filter(|(k, _)| *k != "signature").copied().collect();
        assert!(own.verify(&unsigned, now).is_err());
        // An authority that the root did not issue.
        assert!(Trust::new(text(answer, "middle"), text(&answers[1 - at], "root"), TEST_SIGNER).is_err());
    }
}
