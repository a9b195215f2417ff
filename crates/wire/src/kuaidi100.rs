//! 快递100: MD5 signatures of queries (with key and customer) and of pushes (with the salt given at subscription).
//! MD5 is the vendor's choice; the secret stands inside the digested text.

use crate::digest::{md5_hex, same};
use crate::{Result, WireError};

/// `sign` of a query: upper-case MD5 of `param + key + customer`.
pub fn query_sign(param: &str, key: &str, customer: &str) -> String {
    md5_hex([param, key, customer].concat()).to_ascii_uppercase()
}

/// Checks [`query_sign`].
pub fn verify_query(param: &str, key: &str, customer: &str, given: &str) -> Result<()> {
    if same(query_sign(param, key, customer), given) { Ok(()) } else { Err(WireError::Signature) }
}

/// `sign` of a push: upper-case MD5 of `param + salt`.
pub fn push_sign(param: &str, salt: &str) -> String {
    md5_hex([param, salt].concat()).to_ascii_uppercase()
}

/// Checks [`push_sign`].
pub fn verify_push(param: &str, salt: &str, given: &str) -> Result<()> {
    if same(push_sign(param, salt), given) { Ok(()) } else { Err(WireError::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values by `printf … | md5sum`; the vendor publishes no numeric sample.
    #[test]
    fn signatures_are_upper_case_md5() {
        assert_eq!(query_sign("{\"com\":\"yuantong\"}", "KEY", "CUSTOMER"), "644ED501278B2760377486F7EBBEB9C5");
        assert_eq!(push_sign("{\"status\":\"polling\"}", "salt"), "E3A53447F84B9D616FB644F645B4F524");
        assert!(verify_query("a", "b", "c", &query_sign("a", "b", "c")).is_ok());
        assert_eq!(verify_query("a", "b", "c", &query_sign("a", "b", "d")), Err(WireError::Signature));
        assert!(verify_push("a", "b", &push_sign("a", "b")).is_ok());
        assert_eq!(verify_push("a", "b", "short"), Err(WireError::Signature));
    }
}
