//! Alibaba Cloud's V3 request signature (ACS3-HMAC-SHA256), for clients and for the stand-in that checks them.
//! Source: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature.
//! A verifier signs whatever `SignedHeaders` lists, because SDKs also sign `accept` or `user-agent`.

use crate::digest::{hmac_sha256, same};
use crate::{Result, WireError, sha256_hex};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Scheme of the header.
pub const SCHEMA: &str = "ACS3-HMAC-SHA256";
/// How far `x-acs-date` may lie from now, in seconds.
pub const MAX_CLOCK_SKEW_S: i64 = 900;

const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// RFC 3986 encoding: a space is `%20`, and only letters, digits and `-_.~` stay.
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

/// The parts of a request that are signed. Query values are decoded; header names lower-case.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    /// `/` for RPC-style APIs.
    pub path: &'a str,
    pub query: &'a [(String, String)],
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
}

impl Request<'_> {
    fn header(&self, name: &'static str) -> Result<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, v)| v.trim()).ok_or(WireError::Missing(name))
    }

    /// Sorted, encoded query as it goes over the wire and into the signature.
    pub fn canonical_query(&self) -> String {
        let mut pairs: Vec<_> = self.query.iter().map(|(k, v)| (percent_encode(k), percent_encode(v))).collect();
        pairs.sort_unstable();
        pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
    }

    fn canonical(&self, signed_headers: &[&str]) -> Result<String> {
        let mut lines = String::new();
        for name in signed_headers {
            let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            let (_, value) = found.ok_or(WireError::Missing("signed header"))?;
            lines.push_str(&format!("{name}:{}\n", value.trim()));
        }
        let names = signed_headers.join(";");
        let (query, digest) = (self.canonical_query(), sha256_hex(self.body));
        Ok(format!("{}\n{}\n{query}\n{lines}\n{names}\n{digest}", self.method, self.path))
    }
}

fn signature(secret: &str, canonical: &str) -> String {
    hex::encode(hmac_sha256(secret, format!("{SCHEMA}\n{}", sha256_hex(canonical))))
}

/// The `Authorization` header. Signs `host`, `content-type` and every `x-acs-*` header given;
/// the caller has set `x-acs-content-sha256` to the body's [`sha256_hex`].
pub fn authorization(access_key_id: &str, secret: &str, request: &Request<'_>) -> Result<String> {
    let lower: Vec<String> = request.headers.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
    let wanted = |n: &&str| *n == "host" || *n == "content-type" || n.starts_with("x-acs-");
    let mut names: Vec<&str> = lower.iter().map(String::as_str).filter(wanted).collect();
    names.sort_unstable();
    let signature = signature(secret, &request.canonical(&names)?);
    Ok(format!("{SCHEMA} Credential={access_key_id},SignedHeaders={},Signature={signature}", names.join(";")))
}

/// SHA-256 of the canonical request, for the published vector.
pub fn hashed_canonical_request(request: &Request<'_>, signed_headers: &[&str]) -> Result<String> {
    Ok(sha256_hex(request.canonical(signed_headers)?))
}

/// Checks a request and answers its access key id. `secret_of` looks the secret up by that id.
/// Checks the date (± 15 minutes), the body's digest and the signature; `host` and every `x-acs-*` header must be signed.
pub fn verify(request: &Request<'_>, now_s: i64, secret_of: impl Fn(&str) -> Option<String>) -> Result<String> {
    const WRONG: WireError = WireError::Malformed("Authorization");
    let header = request.header("authorization")?;
    let fields = header.strip_prefix(SCHEMA).ok_or(WRONG)?;
    let field = |name: &str| {
        fields.split(',').find_map(|f| f.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
    };
    let id = field("Credential").ok_or(WRONG)?;
    let names: Vec<&str> = field("SignedHeaders").ok_or(WRONG)?.split(';').collect();
    let given = field("Signature").ok_or(WRONG)?;

    let sent = OffsetDateTime::parse(request.header("x-acs-date")?, &Rfc3339);
    let sent_s = sent.map_err(|_| WireError::Malformed("x-acs-date"))?.unix_timestamp();
    if now_s.abs_diff(sent_s) > MAX_CLOCK_SKEW_S.unsigned_abs() {
        return Err(WireError::Stale);
    }
    if !same(request.header("x-acs-content-sha256")?, sha256_hex(request.body)) {
        return Err(WireError::Signature);
    }
    let must_be_signed = |n: &str| n == "host" || n.starts_with("x-acs-") && n != "x-acs-credentials-provider";
    let lower = request.headers.iter().map(|(n, _)| n.to_ascii_lowercase());
    if lower.filter(|n| must_be_signed(n)).any(|n| !names.contains(&n.as_str())) {
        return Err(WireError::Signature);
    }
    let secret = secret_of(id).ok_or(WireError::Key("access key id"))?;
    if same(signature(&secret, &request.canonical(&names)?), given) {
        Ok(id.to_owned())
    } else {
        Err(WireError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, String)>;

    fn pairs(list: &[(&str, &str)]) -> Pairs {
        list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn signed(body: &[u8]) -> (Pairs, Pairs) {
        let query = pairs(&[("SignName", "河坊 生活"), ("PhoneNumbers", "13800000000")]);
        let digest = sha256_hex(body);
        let mut headers = pairs(&[
            ("host", "127.0.0.1:8080"),
            ("x-acs-action", "SendSms"),
            ("x-acs-date", "2026-11-23T12:00:00Z"),
            ("x-acs-content-sha256", &digest),
            ("accept", "application/json"),
        ]);
        let request = Request { method: "POST", path: "/", query: &query, headers: &headers, body };
        let header = authorization("id", "secret", &request).unwrap();
        headers.push(("authorization".into(), header));
        (query, headers)
    }

    const NOW: i64 = 1_795_435_200;

    #[test]
    fn client_and_verifier_agree() {
        let (query, headers) = signed(b"{}");
        let request = Request { method: "POST", path: "/", query: &query, headers: &headers, body: b"{}" };
        let secret = |id: &str| (id == "id").then(|| "secret".to_owned());
        assert_eq!(verify(&request, NOW, secret), Ok("id".to_owned()));
        assert_eq!(verify(&request, NOW + 901, secret), Err(WireError::Stale));
        assert_eq!(verify(&Request { body: b"{ }", ..request }, NOW, secret), Err(WireError::Signature));
        assert_eq!(verify(&Request { query: &query[1..], ..request }, NOW, secret), Err(WireError::Signature));
        assert_eq!(verify(&request, NOW, |_| Some("other".to_owned())), Err(WireError::Signature));
        assert_eq!(verify(&request, NOW, |_| None), Err(WireError::Key("access key id")));
    }

    #[test]
    fn an_unsigned_acs_header_is_refused() {
        let (query, mut headers) = signed(b"");
        headers.push(("x-acs-version".into(), "2017-05-25".into()));
        let request = Request { method: "POST", path: "/", query: &query, headers: &headers, body: b"" };
        assert_eq!(verify(&request, NOW, |_| Some("secret".to_owned())), Err(WireError::Signature));
    }

    #[test]
    fn a_digest_of_another_body_is_refused() {
        let digest = sha256_hex("another");
        let mut headers =
            pairs(&[("host", "h"), ("x-acs-date", "2026-11-23T12:00:00Z"), ("x-acs-content-sha256", &digest)]);
        let request = Request { method: "POST", path: "/", query: &[], headers: &headers, body: b"body" };
        let header = authorization("id", "secret", &request).unwrap();
        headers.push(("authorization".into(), header));
        let request = Request { method: "POST", path: "/", query: &[], headers: &headers, body: b"body" };
        assert_eq!(verify(&request, NOW, |_| Some("secret".to_owned())), Err(WireError::Signature));
    }

    #[test]
    fn encoding_keeps_only_unreserved_characters() {
        assert_eq!(percent_encode("a b+c*~/河"), "a%20b%2Bc%2A~%2F%E6%B2%B3");
    }
}
