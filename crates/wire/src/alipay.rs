//! Alipay RSA2: the text a request signs, the text a notice is verified over, and the exact substring of a response that is signed.
//! Requests sign every non-empty parameter but `sign`; notices leave out `sign_type` too.

use crate::{PrivateKey, PublicKey, Result, WireError};

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
    fn request_signs_sign_type_but_notice_does_not() {
        let params = [("sign_type", "RSA2"), ("b", ""), ("a", "1"), ("sign", "x")];
        assert_eq!(request_message(&params), "a=1&sign_type=RSA2");
        assert_eq!(notice_message(&params), "a=1");
    }
}
