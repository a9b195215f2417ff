//! The signature a front end hands to WeChat when it opens the cashier (`paySign`, signType RSA).
//! Four lines: app id, timestamp, nonce, and `prepay_id=…` for mini program and JSAPI, or the bare prepay id for apps.

use crate::PrivateKey;

/// The four signed lines.
pub fn front_end_message(app_id: &str, timestamp: &str, nonce: &str, package: &str) -> String {
    format!("{app_id}\n{timestamp}\n{nonce}\n{package}\n")
}

/// `paySign` in base64, made with the merchant's key.
pub fn front_end_sign(key: &PrivateKey, app_id: &str, timestamp: &str, nonce: &str, package: &str) -> String {
    key.sign(front_end_message(app_id, timestamp, nonce, package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_lines_are_signed() {
        let key = PrivateKey::generate().unwrap();
        let signature = front_end_sign(&key, "wx1", "1800000000", "N", "prepay_id=p1");
        key.public_key().unwrap().verify("wx1\n1800000000\nN\nprepay_id=p1\n", &signature).unwrap();
    }
}
