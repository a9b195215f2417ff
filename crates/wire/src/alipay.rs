//! Alipay RSA2: the text a request signs, the text a notice is verified over, and the exact substring of a response that is signed.
//! Requests sign every non-empty parameter but `sign`; notices leave out `sign_type` too. In certificate mode both sides name
//! their certificates by a digest of issuer and serial.

use crate::digest::md5_hex;
use crate::{PrivateKey, PublicKey, Result, WireError};
use x509_parser::prelude::X509Certificate;

fn joined(params: &[(&str, &str)], without: &[&str]) -> String {
    let mut sorted: Vec<_> = params.iter().filter(|(k, v)| !v.is_empty() && !without.contains(k)).collect();
    sorted.sort_unstable();
    sorted.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
}

/// The text a request signs.
pub fn request_message(params: &[(&str, &str)]) -> String {
    joined(params, &["sign"])
}

/// Base64 signature of a request.
pub fn sign_request(key: &PrivateKey, params: &[(&str, &str)]) -> String {
    key.sign(request_message(params))
}

/// The text a notice's signature covers; parameters already URL-decoded.
pub fn notice_message(params: &[(&str, &str)]) -> String {
    joined(params, &["sign", "sign_type"])
}

/// Checks a notice.
pub fn verify_notice(key: &PublicKey, params: &[(&str, &str)], signature: &str) -> Result<()> {
    key.verify(notice_message(params), signature)
}

/// The raw text of the node `name` in a response: exactly what was signed, before any JSON parsing.
/// Answers `None` if the node is not an object or is not there.
pub fn response_node<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{name}\"");
    let after_name = &response[response.find(&quoted)? + quoted.len()..];
    let after_colon = after_name.trim_start().strip_prefix(':')?.trim_start();
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (at, byte) in after_colon.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(&after_colon[..=at]);
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Checks the signature of the node `name` and answers its raw text.
pub fn verify_response<'a>(key: &PublicKey, response: &'a str, name: &str, signature: &str) -> Result<&'a str> {
    let node = response_node(response, name).ok_or(WireError::Missing("response node"))?;
    key.verify(node, signature)?;
    Ok(node)
}

/// `app_cert_sn` and `alipay_cert_sn`: MD5 of the issuer's name, innermost part first, and the decimal serial.
pub fn certificate_sn(pem: &str) -> Result<String> {
    let block = pem::parse(pem).map_err(|_| WireError::Key("certificate"))?;
    sn_of(block.contents(), |_| true)?.ok_or(WireError::Key("certificate"))
}

/// `alipay_root_cert_sn`: the same of every RSA-signed certificate in the bundle, joined by `_`.
pub fn root_certificate_sn(bundle: &str) -> Result<String> {
    let blocks = pem::parse_many(bundle).map_err(|_| WireError::Key("root certificate"))?;
    let mut parts = Vec::new();
    for block in blocks {
        // Some roots are signed by SM2, which no part of this protocol counts.
        let is_rsa = |x509: &X509Certificate<'_>| {
            x509.signature_algorithm.algorithm.to_id_string().starts_with("1.2.840.113549.1.1.")
        };
        parts.extend(sn_of(block.contents(), is_rsa)?);
    }
    if parts.is_empty() { Err(WireError::Key("root certificate")) } else { Ok(parts.join("_")) }
}

fn sn_of(der: &[u8], counts: impl Fn(&X509Certificate<'_>) -> bool) -> Result<Option<String>> {
    let (_, x509) = x509_parser::parse_x509_certificate(der).map_err(|_| WireError::Key("certificate"))?;
    if !counts(&x509) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    for attribute in x509.issuer().iter_attributes() {
        let short = match attribute.attr_type().to_id_string().as_str() {
            "2.5.4.3" => "CN",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            _ => return Err(WireError::Malformed("certificate issuer")),
        };
        parts.push(format!("{short}={}", attribute.as_str().map_err(|_| WireError::Malformed("certificate issuer"))?));
    }
    parts.reverse();
    Ok(Some(md5_hex(format!("{}{}", parts.join(","), x509.tbs_certificate.serial))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_cut_exactly() {
        let text = r#"{"a_response": {"msg":"}\"{","in":{"x":1}} ,"sign":"s"}"#;
        assert_eq!(response_node(text, "a_response"), Some(r#"{"msg":"}\"{","in":{"x":1}}"#));
        assert_eq!(response_node(text, "b_response"), None);
        assert_eq!(response_node(text, "sign"), None);
        assert_eq!(response_node(r#"{"a_response":{"#, "a_response"), None);
    }

    #[test]
    fn certificates_are_named_by_issuer_and_serial() {
        let key = PrivateKey::generate().unwrap();
        let subject = [("C", "CN"), ("O", "Hefang"), ("OU", "Sandbox"), ("CN", "Stand-in")];
        let made = crate::Certificate::self_signed_as(&key, &subject, "0102", 1_700_000_000, 1_800_000_000).unwrap();
        let expected = md5_hex("CN=Stand-in,OU=Sandbox,O=Hefang,C=CN258");
        assert_eq!(certificate_sn(made.pem()).unwrap(), expected);
        let two = format!("{}\n{}", made.pem(), made.pem());
        assert_eq!(root_certificate_sn(&two).unwrap(), format!("{expected}_{expected}"));
        assert!(certificate_sn("x").is_err() && root_certificate_sn("").is_err());
    }

    #[test]
    fn request_signs_sign_type_but_notice_does_not() {
        let params = [("sign_type", "RSA2"), ("b", ""), ("a", "1"), ("sign", "x")];
        assert_eq!(request_message(&params), "a=1&sign_type=RSA2");
        assert_eq!(notice_message(&params), "a=1");
    }
}
