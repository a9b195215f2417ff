//! Personal data at rest: sealed with AES-256-GCM under the deployment's key, findable by a keyed hash.
//! Also the source of randomness for tokens and codes. Sealed text is `v1.` + base64url(nonce ‖ ciphertext ‖ tag);
//! the name of the column is bound in, so a sealed phone cannot be pasted over a sealed name.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kernel::{Error, MallId, Result};

/// Seals and hashes under one 32-byte master key.
pub struct Sealer {
    aead: LessSafeKey,
    mac: hmac::Key,
}

impl Sealer {
    /// From the configured secret text (any length ≥ 32 characters); separate keys are derived for sealing and hashing.
    pub fn new(secret: &str) -> Result<Self> {
        if secret.len() < 32 {
            return Err(Error::invalid("config.secret_key", "security.secret_key 至少需要 32 个字符"));
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let seal_key = hmac::sign(&root, b"hefang seal v1");
        let hash_key = hmac::sign(&root, b"hefang hash v1");
        let unbound = UnboundKey::new(&AES_256_GCM, seal_key.as_ref()).expect("an HMAC-SHA256 tag is 32 bytes");
        Ok(Sealer { aead: LessSafeKey::new(unbound), mac: hmac::Key::new(hmac::HMAC_SHA256, hash_key.as_ref()) })
    }

    /// Seals `text`; `column` names where it will lie (`member.phone`).
    pub fn seal(&self, column: &str, text: &str) -> String {
        let nonce_bytes: [u8; NONCE_LEN] = random_bytes();
        let mut sealed = text.as_bytes().to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce_bytes);
        self.aead
            .seal_in_place_append_tag(nonce, Aad::from(column.as_bytes()), &mut sealed)
            .expect("sealing short text cannot fail");
        let mut all = nonce_bytes.to_vec();
        all.extend_from_slice(&sealed);
        format!("v1.{}", URL_SAFE_NO_PAD.encode(all))
    }

    /// Opens what [`Sealer::seal`] made for the same column.
    pub fn open(&self, column: &str, sealed: &str) -> Result<String> {
        let broken = || Error::internal(format_args!("sealed value of {column} cannot be opened"));
        let all = sealed.strip_prefix("v1.").and_then(|s| URL_SAFE_NO_PAD.decode(s).ok()).ok_or_else(broken)?;
        let (nonce, body) = all.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let mut body = body.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let plain = self.aead.open_in_place(nonce, Aad::from(column.as_bytes()), &mut body).map_err(|_| broken())?;
        String::from_utf8(plain.to_vec()).map_err(|_| broken())
    }

    /// Seals a file; `name` says what it is (`data_export.object`). Nonce, then ciphertext and tag.
    pub fn seal_bytes(&self, name: &str, bytes: &[u8]) -> Vec<u8> {
        let nonce_bytes: [u8; NONCE_LEN] = random_bytes();
        let mut sealed = bytes.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce_bytes);
        self.aead
            .seal_in_place_append_tag(nonce, Aad::from(name.as_bytes()), &mut sealed)
            .expect("a file in memory is short enough to seal");
        [nonce_bytes.as_slice(), &sealed].concat()
    }

    /// Opens what [`Sealer::seal_bytes`] made under the same name.
    pub fn open_bytes(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let broken = || Error::internal(format_args!("sealed file {name} cannot be opened"));
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let mut body = body.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let length = self.aead.open_in_place(nonce, Aad::from(name.as_bytes()), &mut body).map_err(|_| broken())?.len();
        body.truncate(length);
        Ok(body)
    }

    /// Keyed hash (hex) for equality search: same text, same hash, useless without the key.
    pub fn hash(&self, column: &str, text: &str) -> String {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(column.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        hex::encode(context.sign())
    }

    /// 32 bytes that prove what somebody shows us to be ours; useless for another purpose.
    pub fn proof(&self, purpose: &str, mall_id: MallId, body: &[u8]) -> [u8; 32] {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.derived(&format!("{purpose} {mall_id}"))), body)
            .as_ref()
            .try_into()
            .expect("an HMAC-SHA256 tag is 32 bytes")
    }

    /// 32 bytes that follow from the key and a purpose. Hashes begin with a column's name, these with a zero.
    pub(crate) fn derived(&self, purpose: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&[0]);
        context.update(purpose.as_bytes());
        context.sign().as_ref().try_into().expect("an HMAC-SHA256 tag is 32 bytes")
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// SHA-256 in base64, as content policies name scripts.
pub fn sha256_base64(bytes: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, bytes))
}

/// Bytes from the system's cryptographic generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system's random generator works");
    bytes
}

/// `digits` random decimal digits without bias.
pub fn random_digits(digits: usize) -> String {
    let mut text = String::with_capacity(digits);
    while text.len() < digits {
        let [byte] = random_bytes::<1>();
        if byte < 250 {
            text.push(char::from(b'0' + byte % 10));
        }
    }
    text
}

/// 32 random bytes as 43 characters of base64url.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn opens_what_it_sealed_and_only_that() {
        let sealer = Sealer::new(SECRET).unwrap();
        let sealed = sealer.seal("member.phone", "13800000000");
        assert_eq!(sealer.open("member.phone", &sealed).unwrap(), "13800000000");
        assert!(sealer.open("address.phone", &sealed).is_err());
        assert!(Sealer::new(&SECRET.to_uppercase()).unwrap().open("member.phone", &sealed).is_err());
        assert!(sealer.open("member.phone", &sealed[..sealed.len() - 2]).is_err());
        assert_ne!(sealed, sealer.seal("member.phone", "13800000000"));
    }

    #[test]
    fn files_open_under_their_own_name_only() {
        let sealer = Sealer::new(SECRET).unwrap();
        let sealed = sealer.seal_bytes("export", b"names and phones");
        assert!(!sealed.windows(5).any(|part| part == b"names"));
        assert_eq!(sealer.open_bytes("export", &sealed).unwrap(), b"names and phones");
        assert!(sealer.open_bytes("other", &sealed).is_err());
        assert!(sealer.open_bytes("export", &sealed[..8]).is_err());
    }

    #[test]
    fn hashes_are_keyed_and_bound_to_the_column() {
        let sealer = Sealer::new(SECRET).unwrap();
        assert_eq!(sealer.hash("a", "x"), sealer.hash("a", "x"));
        assert_ne!(sealer.hash("a", "x"), sealer.hash("b", "x"));
        assert_ne!(sealer.hash("ab", "x"), sealer.hash("a", "bx"));
    }

    #[test]
    fn short_secrets_are_refused() {
        assert!(Sealer::new("short").is_err());
    }

    #[test]
    fn digits_are_digits() {
        let code = random_digits(12);
        assert!(code.len() == 12 && code.bytes().all(|b| b.is_ascii_digit()));
    }
}
