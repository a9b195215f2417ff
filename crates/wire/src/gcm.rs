//! AES-GCM with the tag behind the ciphertext. 32-byte keys in production; 16-byte keys exist in published test vectors.

use crate::{Result, WireError};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

fn parts(key: &[u8], nonce: &[u8]) -> Result<(LessSafeKey, Nonce)> {
    let algorithm = match key.len() {
        32 => &AES_256_GCM,
        16 => &AES_128_GCM,
        _ => return Err(WireError::Key("AES key")),
    };
    let key = UnboundKey::new(algorithm, key).map_err(|_| WireError::Key("AES key"))?;
    let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| WireError::Malformed("nonce"))?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce)))
}

/// Ciphertext followed by the 16-byte tag.
pub(crate) fn seal(key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let (key, nonce) = parts(key, nonce)?;
    let mut out = plaintext.to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut out).map_err(|_| WireError::Malformed("plaintext"))?;
    Ok(out)
}

/// The plaintext of what [`seal`] made; [`WireError::Decrypt`] if anything was altered.
pub(crate) fn open(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (key, nonce) = parts(key, nonce)?;
    let mut buffer = sealed.to_vec();
    let length = key.open_in_place(nonce, Aad::from(aad), &mut buffer).map_err(|_| WireError::Decrypt)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_key_of_the_published_sample_opens() {
        let sealed = crate::digest::from_base64("FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC").unwrap();
        let opened = open(b"testAPIv3Key0000", b"wCq51qZv4Yfg", b"Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8", &sealed);
        assert_eq!(opened.unwrap(), b"Hello World");
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let sealed = seal(&[7; 32], &[1; 12], b"aad", b"secret").unwrap();
        assert_eq!(open(&[7; 32], &[1; 12], b"aad", &sealed).unwrap(), b"secret");
        for i in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[i] ^= 1;
            assert_eq!(open(&[7; 32], &[1; 12], b"aad", &altered), Err(WireError::Decrypt));
        }
        assert_eq!(open(&[7; 32], &[1; 12], b"AAD", &sealed), Err(WireError::Decrypt));
        assert_eq!(open(&[7; 31], &[1; 12], b"aad", &sealed), Err(WireError::Key("AES key")));
        assert_eq!(open(&[7; 32], &[1; 11], b"aad", &sealed), Err(WireError::Malformed("nonce")));
    }
}
