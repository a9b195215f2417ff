//! WeChat Pay v2 (payment codes at the counter): signature over sorted `key=value` pairs with the API key, and the
//! AES-256-ECB of the refund notice. Kept apart from v3: nothing here is used for new kinds of payment.

use crate::digest::{from_base64, hmac_sha256, md5_hex, same, to_base64};
use crate::{Result, WireError};
use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};

/// Which digest signs (`sign_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignType {
    Md5,
    HmacSha256,
}

/// Upper-case hex signature of the parameters; empty ones and `sign` itself are left out.
pub fn sign(params: &[(&str, &str)], api_key: &str, sign_type: SignType) -> String {
    let mut sorted: Vec<_> = params.iter().filter(|(k, v)| *k != "sign" && !v.is_empty()).collect();
    sorted.sort_unstable();
    let mut text: String = sorted.iter().map(|(k, v)| format!("{k}={v}&")).collect();
    text.push_str("key=");
    text.push_str(api_key);
    match sign_type {
        SignType::Md5 => md5_hex(text).to_ascii_uppercase(),
        SignType::HmacSha256 => hex::encode_upper(hmac_sha256(api_key, text)),
    }
}

/// Checks a signature made by [`sign`].
pub fn verify(params: &[(&str, &str)], api_key: &str, sign_type: SignType, signature: &str) -> Result<()> {
    if same(sign(params, api_key, sign_type), signature) { Ok(()) } else { Err(WireError::Signature) }
}

fn cipher(key: &str) -> Result<UnboundCipherKey> {
    UnboundCipherKey::new(&AES_256, key.as_bytes()).map_err(|_| WireError::Key("AES key"))
}

/// AES-256-ECB with PKCS#7, base64. `key` is 32 characters (for notices: [`notice_key`]).
pub fn seal(key: &str, plaintext: &[u8]) -> Result<String> {
    let key = PaddedBlockEncryptingKey::ecb_pkcs7(cipher(key)?).map_err(|_| WireError::Key("AES key"))?;
    let mut buffer = plaintext.to_vec();
    key.less_safe_encrypt(&mut buffer, EncryptionContext::None).map_err(|_| WireError::Malformed("plaintext"))?;
    Ok(to_base64(buffer))
}

/// Opens what [`seal`] made.
pub fn open(key: &str, ciphertext: &str) -> Result<Vec<u8>> {
    let key = PaddedBlockDecryptingKey::ecb_pkcs7(cipher(key)?).map_err(|_| WireError::Key("AES key"))?;
    let mut buffer = from_base64(ciphertext).ok_or(WireError::Malformed("ciphertext"))?;
    let opened = key.decrypt(&mut buffer, DecryptionContext::None).map_err(|_| WireError::Decrypt)?;
    Ok(opened.to_vec())
}

/// The key of refund notices: lower-case MD5 hex of the API key.
pub fn notice_key(api_key: &str) -> String {
    md5_hex(api_key)
}
