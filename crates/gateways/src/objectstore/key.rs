//! What a key may look like: `m1/2026/11/abc.jpg`. Segments of letters, digits, `-`, `_` and inner `.`, so that a key is the
//! same text in a URL, in a file path and in a signature, and can neither climb nor hide.

use kernel::{Error, Result};

const MAX_BYTES: usize = 512;

/// Accepts a key or answers `storage.key_invalid`.
pub(super) fn check(key: &str) -> Result<()> {
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && !segment.ends_with('.')
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    if key.len() <= MAX_BYTES && key.split('/').all(plain) {
        return Ok(());
    }
    Err(Error::invalid("storage.key_invalid", "文件名不正确"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside_the_store() {
        for good in ["a", "m1/2026/11/abc.jpg", "A-b_c.tar.gz"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "a".repeat(513);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/./b",
            "a//b",
            "a/",
            ".hidden",
            "a/.b",
            "a\\b",
            "a b",
            "a%2e",
            "茶",
            "a\0b",
            "c:x",
            "a.",
            &long,
        ] {
            assert!(check(bad).unwrap_err().is("storage.key_invalid"), "{bad}");
        }
    }
}
