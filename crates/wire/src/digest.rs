//! Digests and keyed digests in the text forms the protocols use, and the one constant-time comparison.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest, Md5};

/// Standard base64 that also takes texts whose last symbol has spare bits set, as WeChat's `EncodingAESKey` may.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// True if both are equal; takes the same time wherever they differ.
pub fn same(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> bool {
    constant_time::verify_slices_are_equal(a.as_ref(), b.as_ref()).is_ok()
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes.as_ref()))
}

/// SHA-1 in lower-case hex.
pub fn sha1_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes.as_ref()))
}

/// MD5 in lower-case hex.
pub(crate) fn md5_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Md5::digest(bytes.as_ref()))
}

/// HMAC-SHA-256 as bytes.
pub(crate) fn hmac_sha256(key: impl AsRef<[u8]>, message: impl AsRef<[u8]>) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), message.as_ref()).as_ref().to_vec()
}

pub(crate) fn to_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn from_base64(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}
