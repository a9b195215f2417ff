//! The one place that draws from the operating system's generator: nonces for requests, prefixes for pushes.
//! Callers pass what it returns into the pure functions, so tests can pass fixed values instead.

use aws_lc_rs::rand;

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rand::fill(&mut out).expect("the operating system has a random generator");
    out
}

/// 32 upper-case hex digits, the form WeChat uses for `nonce_str`.
pub fn nonce() -> String {
    hex::encode_upper(bytes::<16>())
}
