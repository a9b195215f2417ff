//! Tencent Cloud's TC3-HMAC-SHA256, for clients and for the stand-in that checks them.
//! Source: cloud.tencent.com/document/api/213/30654. The canonical path is always `/` with an empty query.
//! A verifier takes any service name and several hosts: official SDKs differ in both when pointed at another address.

use crate::digest::{hmac_sha256, same};
use crate::{Result, WireError, sha256_hex};
use time::{OffsetDateTime, macros::format_description};

/// Scheme of the header.
pub const SCHEMA: &str = "TC3-HMAC-SHA256";
/// How far the timestamp may lie from now, in seconds.
pub const MAX_CLOCK_SKEW_S: i64 = 300;

fn date_of(timestamp_s: i64) -> Result<String> {
    let instant = OffsetDateTime::from_unix_timestamp(timestamp_s).map_err(|_| WireError::Malformed("timestamp"))?;
    instant.format(format_description!("[year]-[month]-[day]")).map_err(|_| WireError::Malformed("timestamp"))
}

/// The key that signs one day's requests to one service, and the day's key it is derived from.
pub fn signing_keys(secret_key: &str, date: &str, service: &str) -> (Vec<u8>, Vec<u8>) {
    let day = hmac_sha256(format!("TC3{secret_key}"), date);
    let service = hmac_sha256(&day, service);
    let signing = hmac_sha256(service, "tc3_request");
    (day, signing)
}

/// Signature in hex over a JSON POST. `headers` are the signed ones, lower-case and sorted
/// (`content-type`, `host`, and perhaps `x-tc-action`); their values are lower-cased before signing.
pub fn signature(
    secret_key: &str,
    service: &str,
    timestamp_s: i64,
    headers: &[(&str, &str)],
    payload: &[u8],
) -> Result<String> {
    let lines: String = headers.iter().map(|(k, v)| format!("{k}:{}\n", v.trim().to_lowercase())).collect();
    let names = headers.iter().map(|(k, _)| *k).collect::<Vec<_>>().join(";");
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256_hex(payload));
    let date = date_of(timestamp_s)?;
    let text = format!("{SCHEMA}\n{timestamp_s}\n{date}/{service}/tc3_request\n{}", sha256_hex(canonical));
    Ok(hex::encode(hmac_sha256(signing_keys(secret_key, &date, service).1, text)))
}

/// The `Authorization` header.
pub fn authorization(
    secret_id: &str,
    secret_key: &str,
    service: &str,
    timestamp_s: i64,
    headers: &[(&str, &str)],
    payload: &[u8],
) -> Result<String> {
    let signature = signature(secret_key, service, timestamp_s, headers, payload)?;
    let names = headers.iter().map(|(k, _)| *k).collect::<Vec<_>>().join(";");
    let date = date_of(timestamp_s)?;
    Ok(format!(
        "{SCHEMA} Credential={secret_id}/{date}/{service}/tc3_request, SignedHeaders={names}, Signature={signature}"
    ))
}

/// Checks a request and answers its secret id. `header` looks a request header up by lower-case name; `hosts` are tried in turn.
pub fn verify<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    hosts: &[&str],
    payload: &[u8],
    now_s: i64,
    secret_of: impl Fn(&str) -> Option<String>,
) -> Result<String> {
    const WRONG: WireError = WireError::Malformed("Authorization");
    let fields = header("authorization").ok_or(WireError::Missing("authorization"))?;
    let fields = fields.strip_prefix(SCHEMA).ok_or(WRONG)?;
    let field = |name: &str| {
        fields.split(',').find_map(|f| f.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v))
    };
    let mut scope = field("Credential").ok_or(WRONG)?.split('/');
    let [Some(id), Some(date), Some(service), Some("tc3_request"), None] = std::array::from_fn(|_| scope.next()) else {
        return Err(WRONG);
    };
    let names = field("SignedHeaders").ok_or(WRONG)?;
    let given = field("Signature").ok_or(WRONG)?;
    let timestamp = header("x-tc-timestamp").ok_or(WireError::Missing("x-tc-timestamp"))?;
    let timestamp_s: i64 = timestamp.parse().map_err(|_| WireError::Malformed("x-tc-timestamp"))?;
    if now_s.abs_diff(timestamp_s) > MAX_CLOCK_SKEW_S.unsigned_abs() || date_of(timestamp_s)? != date {
        return Err(WireError::Stale);
    }
    if !["content-type", "host"].iter().all(|must| names.split(';').any(|n| n == *must)) {
        return Err(WireError::Signature);
    }
    let secret = secret_of(id).ok_or(WireError::Key("secret id"))?;
    for host in hosts {
        let mut signed = Vec::new();
        for name in names.split(';') {
            let value = if name == "host" { *host } else { header(name).ok_or(WireError::Missing("signed header"))? };
            signed.push((name, value));
        }
        if same(signature(&secret, service, timestamp_s, &signed, payload)?, given) {
            return Ok(id.to_owned());
        }
    }
    Err(WireError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_and_verifier_agree() {
        let signed = [("content-type", "application/json"), ("host", "127.0.0.1:8080"), ("x-tc-action", "SendSms")];
        let made = authorization("id", "key", "sms", 1_795_435_200, &signed, b"{}").unwrap();
        let header = |name: &str| match name {
            "authorization" => Some(made.as_str()),
            "x-tc-timestamp" => Some("1795435200"),
            "content-type" => Some("application/json"),
            "x-tc-action" => Some("SendSms"),
            _ => None,
        };
        let secret = |_: &str| Some("key".to_owned());
        let hosts = ["127.0.0.1", "127.0.0.1:8080"];
        assert_eq!(verify(header, &hosts, b"{}", 1_795_435_500, secret), Ok("id".to_owned()));
        assert_eq!(verify(header, &hosts, b"{}", 1_795_435_501, secret), Err(WireError::Stale));
        assert_eq!(verify(header, &hosts[..1], b"{}", 1_795_435_200, secret), Err(WireError::Signature));
        assert_eq!(verify(header, &hosts, b"{ }", 1_795_435_200, secret), Err(WireError::Signature));
        assert_eq!(verify(|_| None, &hosts, b"{}", 0, secret), Err(WireError::Missing("authorization")));
    }
}
