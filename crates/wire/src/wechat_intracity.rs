//! Callbacks of WeChat's same-city delivery (同城配送): MD5 over the sorted fields and the token of the message push.
//! MD5 is the vendor's choice; the token stands inside the digested text.
//! Source: developers.weixin.qq.com/miniprogram/dev/server/API/weixin-express/same_city_distribution/api_intracity_addorder.

use crate::digest::{md5_hex, same};
use crate::{Result, WireError};
use std::collections::BTreeMap;

/// What is digested: `key=value` of all fields but `sign`, by key, then the token.
fn text(fields: &BTreeMap<String, String>, token: &str) -> String {
    let pairs: Vec<String> =
        fields.iter().filter(|(key, _)| *key != "sign").map(|(key, value)| format!("{key}={value}")).collect();
    format!("{}&token={token}", pairs.join("&"))
}

/// `sign` of a callback, lower-case hexadecimal.
pub fn notice_sign(fields: &BTreeMap<String, String>, token: &str) -> String {
    md5_hex(text(fields, token))
}

/// Checks [`notice_sign`]. The page that publishes the scheme digested its sample as a browser shows it, where `&times`
/// became `×`; whether the service does so too cannot be told from outside, so both are taken: each needs the token.
pub fn verify_notice(fields: &BTreeMap<String, String>, token: &str, given: &str) -> Result<()> {
    let shown = text(fields, token).replace("&timestamp=", "×tamp=");
    let given = given.to_ascii_lowercase();
    let fits = same(notice_sign(fields, token), &given) | same(md5_hex(shown), &given);
    if fits && !token.is_empty() { Ok(()) } else { Err(WireError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BTreeMap<String, String> {
        [
            ("appid", "wx539e0b4872f19621"),
            ("order_status", "40000"),
            ("service_trans_id", "DADA"),
            ("status_change_time", "1711458532"),
            ("store_order_id", "sa5dadada12fd4assdsdad11s"),
            ("timestamp", "1711458532"),
            ("wx_order_id", "4018734875633256960"),
            ("wx_store_id", "4000000000000042001"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn the_published_sample_is_taken_and_the_plain_text_too() {
        verify_notice(&sample(), "abcdefghi", "a85489d9444bdd382e0de0ddca67a8ee").unwrap();
        // By `printf … | md5sum`.
        assert_eq!(notice_sign(&sample(), "abcdefghi"), "bb783330085f89499dfc6911e3a2dd31");
        verify_notice(&sample(), "abcdefghi", "BB783330085F89499DFC6911E3A2DD31").unwrap();
    }

    #[test]
    fn whatever_was_changed_or_guessed_is_refused() {
        let sign = notice_sign(&sample(), "abcdefghi");
        for (key, value) in [("order_status", "70000"), ("wx_order_id", "1"), ("more", "x")] {
            let mut changed = sample();
            changed.insert(key.into(), value.into());
            assert_eq!(verify_notice(&changed, "abcdefghi", &sign), Err(WireError::Signature), "{key}");
        }
        assert!(verify_notice(&sample(), "guessed", &sign).is_err());
        assert!(verify_notice(&sample(), "", &notice_sign(&sample(), "")).is_err(), "no token, no callbacks");
    }
}
