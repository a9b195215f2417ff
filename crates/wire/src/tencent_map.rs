//! 腾讯位置服务: the SN signature of web service calls, MD5 of the path, the sorted raw parameters and the secret key.

use crate::digest::md5_hex;

/// `sig` of a GET: lower-case MD5 of `path?sorted raw params` followed by the secret key. `path` without a trailing slash.
pub fn sign(path: &str, params: &[(&str, &str)], secret_key: &str) -> String {
    let mut sorted = params.to_vec();
    sorted.sort_unstable();
    let query: Vec<String> = sorted.iter().map(|(k, v)| format!("{k}={v}")).collect();
    md5_hex(format!("{path}?{}{secret_key}", query.join("&")))
}
