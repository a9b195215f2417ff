//! Published vectors of every protocol in this crate, with their sources in `vectors.json`.
//! A vector without a test fails `every_vector_is_run`, so none can be forgotten.
#![allow(clippy::unwrap_used, reason = "a vector that cannot be read is a failed test")]

use serde_json::Value;
use wire::wechat_pay::{ApiV3Key, NoticeEnvelope, SignatureHeaders, v2};
use wire::wechat_push::{PushCrypto, plain_signature, verify_plain};
use wire::{Certificate, PrivateKey, PublicKey, alipay, aliyun_acs3, tencent_map, tencent_tc3, wechat_api_security};
use wire::{wechat_open_data, wechat_pay::Authorization};

fn book() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

/// One vector: `input` and `expected` look up texts, keys are resolved by name.
struct Vector(Value, Value);

impl Vector {
    fn of(id: &str) -> Self {
        let book = book();
        let found = book["vectors"].as_array().unwrap().iter().find(|v| v["id"] == id).expect(id).clone();
        Vector(found, book["keys"].clone())
    }
    fn input(&self, name: &str) -> &str {
        let text = self.0["inputs"][name].as_str().expect(name);
        text.strip_prefix("keys.").map_or(text, |key| self.1[key].as_str().expect(key))
    }
    fn inputs(&self) -> &Value {
        &self.0["inputs"]
    }
    fn expected(&self, name: &str) -> &str {
        self.0["expected"][name].as_str().expect(name)
    }
    fn map(&self, name: &str) -> Vec<(String, String)> {
        let object = self.0["inputs"][name].as_object().expect(name);
        object.iter().map(|(k, v)| (k.clone(), v.as_str().expect(k).to_owned())).collect()
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

type Run = (&'static str, fn(&Vector));

const RUN: &[Run] = &[
    ("wxpay-v3-sign-get-path", request_signature),
    ("wxpay-v3-sign-post-body", request_signature),
    ("wxpay-v3-sign-post-body-old-revision", request_signature),
    ("wxpay-v3-sign-query", request_signature),
    ("wxpay-v3-sign-upload-meta", request_signature),
    ("wxpay-go-rsa-sign", rsa_sign),
    ("wxpay-go-notify", whole_notice),
    ("wxpay-java-aead-32", aead),
    ("wxpay-java-verify", rsa_verify),
    ("wxpay-v2-sign", v2_sign),
    ("wxpay-v2-refund-req-info-ecb", v2_ecb),
    ("wx-push-url-verify", push_plain),
    ("wx-push-plain", push_plain),
    ("wx-push-aes-decrypt", push_open),
    ("wx-push-aes-encrypt-reply", push_seal),
    ("wx-opendata-signature", raw_data),
    ("wx-opendata-decrypt", open_data),
    ("wx-session-signature", session),
    ("wx-api-encrypt-request", api_seal),
    ("wx-api-sign-request", api_sign),
    ("wx-api-verify-response", api_verify),
    ("wx-api-decrypt-response", api_open),
    ("aliyun-acs3-runinstances", acs3),
    ("tencent-tc3-cvm", tc3),
    ("tencent-tc3-cvm-action", tc3),
    ("qqmap-sn-get", map_sign),
    ("alipay-notify-rsa2", alipay_notice),
    ("alipay-response-rsa2", alipay_response),
];

#[test]
fn every_vector_is_run() {
    let book = book();
    let written: Vec<&str> = book["vectors"].as_array().unwrap().iter().map(|v| v["id"].as_str().unwrap()).collect();
    let listed: Vec<&str> = RUN.iter().map(|(id, _)| *id).collect();
    let missing: Vec<_> = written.iter().filter(|id| !listed.contains(id)).collect();
    assert!(missing.is_empty(), "vectors without a test: {missing:?}");
    for (id, run) in RUN {
        run(&Vector::of(id));
    }
}

fn request_signature(v: &Vector) {
    let mut lines = v.input("message").splitn(5, '\n');
    let mut next = || lines.next().unwrap();
    let (method, path, timestamp, nonce, body) = (next(), next(), next().parse().unwrap(), next(), next());
    let body = body.strip_suffix('\n').unwrap().as_bytes();
    let key = PrivateKey::parse(v.input("private_key")).unwrap();
    let made = Authorization::sign(&key, "1900007291", "408B07E7", method, path, timestamp, nonce, body);
    assert_eq!(made.signature, v.expected("signature"));
    let read = Authorization::parse(&made.to_string()).unwrap();
    read.verify(&key.public_key().unwrap(), method, path, body, timestamp).unwrap();
}

fn rsa_sign(v: &Vector) {
    let key = PrivateKey::parse(v.input("private_key")).unwrap();
    assert_eq!(key.sign(v.input("message")), v.expected("signature"));
}

/// Its key is 16 bytes long, so only the signature half runs through the public API.
fn whole_notice(v: &Vector) {
    let certificate = Certificate::parse(v.input("platform_certificate")).unwrap();
    let headers = v.map("headers");
    let headers = SignatureHeaders::read(|name| {
        headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    })
    .unwrap();
    assert_eq!(headers.serial, certificate.serial());
    let (body, now) = (v.input("body").as_bytes(), v.inputs()["now"].as_i64().unwrap());
    headers.verify(certificate.public_key(), body, now).unwrap();
    assert!(headers.verify(certificate.public_key(), &body[1..], now).is_err());
    assert_eq!(NoticeEnvelope::parse(body).unwrap().event_type, "PAYSCORE.USER_OPEN_SERVICE");
}

fn aead(v: &Vector) {
    let key = ApiV3Key::parse(v.input("key")).unwrap();
    let (nonce, aad, sealed) = (v.input("nonce"), v.input("associated_data"), v.input("ciphertext"));
    assert_eq!(key.open(nonce, aad, sealed).unwrap(), v.expected("plaintext").as_bytes());
    assert_eq!(key.seal(nonce, aad, v.expected("plaintext").as_bytes()).unwrap(), sealed);
}

fn rsa_verify(v: &Vector) {
    let key = PublicKey::parse(v.input("certificate")).unwrap();
    key.verify(v.input("message"), v.input("signature")).unwrap();
    assert!(key.verify("another", v.input("signature")).is_err());
}

fn v2_sign(v: &Vector) {
    let params = v.map("params");
    let (params, key) = (borrowed(&params), v.input("key"));
    assert_eq!(v2::sign(&params, key, v2::SignType::Md5), v.expected("md5"));
    assert_eq!(v2::sign(&params, key, v2::SignType::HmacSha256), v.expected("hmac_sha256"));
    v2::verify(&params, key, v2::SignType::Md5, v.expected("md5")).unwrap();
    assert!(v2::verify(&params[1..], key, v2::SignType::Md5, v.expected("md5")).is_err());
}

fn v2_ecb(v: &Vector) {
    let (key, plaintext) = (v.input("key"), v.input("plaintext").as_bytes());
    assert_eq!(v2::seal(key, plaintext).unwrap(), v.expected("ciphertext"));
    assert_eq!(v2::open(key, v.expected("ciphertext")).unwrap(), plaintext);
}

fn push_plain(v: &Vector) {
    let (token, timestamp, nonce) = (v.input("token"), v.input("timestamp"), v.input("nonce"));
    assert_eq!(plain_signature(token, timestamp, nonce), v.expected("signature"));
    verify_plain(token, timestamp, nonce, v.expected("signature")).unwrap();
    assert!(verify_plain("other", timestamp, nonce, v.expected("signature")).is_err());
}

fn push(v: &Vector) -> PushCrypto {
    PushCrypto::new(v.input("token"), v.input("encoding_aes_key"), v.input("appid")).unwrap()
}

fn push_open(v: &Vector) {
    let opened = push(v).open(v.input("timestamp"), v.input("nonce"), v.input("encrypt"), v.expected("msg_signature"));
    assert_eq!(opened.unwrap(), v.expected("msg").as_bytes());
}

fn push_seal(v: &Vector) {
    let push = push(v);
    let prefix = v.input("random").as_bytes().try_into().unwrap();
    let sealed = push.seal(prefix, v.input("msg").as_bytes()).unwrap();
    assert_eq!(sealed, v.expected("encrypt"));
    assert_eq!(push.signature(v.input("timestamp"), v.input("nonce"), &sealed), v.expected("msg_signature"));
}

fn raw_data(v: &Vector) {
    let (raw, session) = (v.input("raw_data"), v.input("session_key"));
    assert_eq!(wechat_open_data::raw_data_signature(raw, session), v.expected("signature"));
    wechat_open_data::verify_raw_data(raw, session, v.expected("signature")).unwrap();
}

fn open_data(v: &Vector) {
    let opened =
        wechat_open_data::open(v.input("appid"), v.input("session_key"), v.input("iv"), v.input("encrypted_data"));
    let opened: Value = serde_json::from_slice(&opened.unwrap()).unwrap();
    assert_eq!(opened, v.0["expected"]["plaintext"]);
}

fn session(v: &Vector) {
    let made = wechat_open_data::session_signature(v.input("session_key"), v.input("data"));
    assert_eq!(made, v.expected("signature"));
}

fn api_seal(v: &Vector) {
    let mut parts = v.input("aad").split('|');
    let mut next = || parts.next().unwrap();
    let aad = wechat_api_security::associated_data(next(), next(), next().parse().unwrap(), next());
    assert_eq!(aad, v.input("aad"));
    let expected: wechat_api_security::SealedBody = serde_json::from_str(v.expected("body")).unwrap();
    let iv = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, v.input("iv")).unwrap();
    let sealed =
        wechat_api_security::seal(v.input("key"), iv.try_into().unwrap(), &aad, v.input("plaintext").as_bytes());
    assert_eq!(sealed.unwrap(), expected);
    assert_eq!(serde_json::to_string(&expected).unwrap(), v.expected("body"));
}

fn api_parts(message: &str) -> (&str, &str, i64, &str) {
    let mut lines = message.splitn(4, '\n');
    let mut next = || lines.next().unwrap();
    (next(), next(), next().parse().unwrap(), next())
}

fn api_sign(v: &Vector) {
    let key = PrivateKey::parse(v.input("private_key")).unwrap();
    let public = key.public_key().unwrap();
    let (url, app_id, timestamp, body) = api_parts(v.input("message"));
    wechat_api_security::verify(&public, url, app_id, timestamp, body, v.input("signature")).unwrap();
    let ours = wechat_api_security::sign(&key, url, app_id, timestamp, body);
    wechat_api_security::verify(&public, url, app_id, timestamp, body, &ours).unwrap();
    assert!(wechat_api_security::verify(&public, url, app_id, timestamp + 1, body, &ours).is_err());
}

fn api_verify(v: &Vector) {
    let key = PublicKey::parse(v.input("certificate")).unwrap();
    let (url, app_id, timestamp, body) = api_parts(v.input("message"));
    wechat_api_security::verify(&key, url, app_id, timestamp, body, v.input("signature")).unwrap();
}

fn api_open(v: &Vector) {
    let body = serde_json::from_str(v.input("body")).unwrap();
    let opened = wechat_api_security::open(v.input("key"), v.input("aad"), &body).unwrap();
    assert_eq!(opened, v.expected("plaintext").as_bytes());
}

fn acs3(v: &Vector) {
    let (query, mut headers) = (v.map("query"), v.map("headers"));
    let sign = |headers: &[(String, String)]| {
        let request = aliyun_acs3::Request { method: "POST", path: "/", query: &query, headers, body: b"" };
        let mut names: Vec<&str> = headers.iter().map(|(k, _)| k.as_str()).collect();
        names.sort_unstable();
        let hash = aliyun_acs3::hashed_canonical_request(&request, &names).unwrap();
        let id = v.input("access_key_id");
        (hash, aliyun_acs3::authorization(id, v.input("access_key_secret"), &request).unwrap())
    };
    let (hash, header) = sign(&headers);
    assert_eq!(hash, v.expected("hashed_canonical_request"));
    assert_eq!(header.rsplit_once("Signature=").unwrap().1, v.expected("signature"));

    headers.push(("authorization".to_owned(), header));
    let request = aliyun_acs3::Request { method: "POST", path: "/", query: &query, headers: &headers, body: b"" };
    let secret = |_: &str| Some(v.input("access_key_secret").to_owned());
    assert_eq!(aliyun_acs3::verify(&request, 1_698_315_752, secret).unwrap(), v.input("access_key_id"));
}

fn tc3(v: &Vector) {
    let mut headers = vec![("content-type", v.input("content_type")), ("host", v.input("host"))];
    if v.inputs().get("action").is_some() {
        headers.push(("x-tc-action", v.input("action")));
        let (day, signing) = tencent_tc3::signing_keys(v.input("secret_key"), "2019-02-25", v.input("service"));
        assert_eq!(hex::encode(day), v.expected("secret_date"));
        assert_eq!(hex::encode(signing), v.expected("secret_signing"));
    }
    let (timestamp, payload) = (v.inputs()["timestamp"].as_i64().unwrap(), v.input("payload").as_bytes());
    let made = tencent_tc3::signature(v.input("secret_key"), v.input("service"), timestamp, &headers, payload);
    assert_eq!(made.unwrap(), v.expected("signature"));
}

fn map_sign(v: &Vector) {
    let params = v.map("params");
    assert_eq!(tencent_map::sign(v.input("path"), &borrowed(&params), v.input("sk")), v.expected("sig"));
}

fn alipay_notice(v: &Vector) {
    let key = PublicKey::parse(v.input("alipay_public_key")).unwrap();
    let mut params = v.map("params");
    params.push(("sign".to_owned(), v.input("sign").to_owned()));
    params.push(("sign_type".to_owned(), v.input("sign_type").to_owned()));
    assert_eq!(alipay::notice_message(&borrowed(&params)), v.expected("message"));
    alipay::verify_notice(&key, &borrowed(&params), v.input("sign")).unwrap();
    let amount = params.iter_mut().find(|(k, _)| k == "total_amount").unwrap();
    amount.1 = "0.01".to_owned();
    assert!(alipay::verify_notice(&key, &borrowed(&params), v.input("sign")).is_err());
}

fn alipay_response(v: &Vector) {
    let key = PublicKey::parse(v.input("alipay_public_key")).unwrap();
    let response = v.input("response");
    let parsed: Value = serde_json::from_str(response).unwrap();
    let (name, sign) = ("alipay_open_file_upload_response", parsed["sign"].as_str().unwrap());
    assert_eq!(alipay::verify_response(&key, response, name, sign).unwrap(), v.expected("signed_text"));
}
