//! WeChat's optional API security mode (API 安全): bodies sealed with AES-256-GCM, requests and responses signed with RSA-PSS.
//! Source: developers.weixin.qq.com/miniprogram/dev/server/getting_started/api_signature.html.

use crate::digest::{from_base64, to_base64};
use crate::{PrivateKey, PublicKey, Result, WireError, gcm};
use serde::{Deserialize, Serialize};

const TAG: usize = 16;

/// A sealed body as it stands in JSON; all fields base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedBody {
    pub iv: String,
    pub data: String,
    pub authtag: String,
}

/// Associated data: address of the API, app id, timestamp and key serial, joined by `|`.
pub fn associated_data(url: &str, app_id: &str, timestamp_s: i64, key_serial: &str) -> String {
    format!("{url}|{app_id}|{timestamp_s}|{key_serial}")
}

/// A symmetric key as the console shows it, base64; for stand-ins and tests.
pub fn symmetric_key(bytes: [u8; 32]) -> String {
    to_base64(bytes)
}

/// Seals a plaintext with the base64 key and a 12-byte iv.
pub fn seal(key: &str, iv: [u8; 12], associated_data: &str, plaintext: &[u8]) -> Result<SealedBody> {
    let key = from_base64(key).ok_or(WireError::Key("API key"))?;
    let sealed = gcm::seal(&key, &iv, associated_data.as_bytes(), plaintext)?;
    let (data, tag) = sealed.split_at(sealed.len() - TAG);
    Ok(SealedBody { iv: to_base64(iv), data: to_base64(data), authtag: to_base64(tag) })
}

/// Opens a sealed body.
pub fn open(key: &str, associated_data: &str, body: &SealedBody) -> Result<Vec<u8>> {
    let key = from_base64(key).ok_or(WireError::Key("API key"))?;
    let field = |text: &str| from_base64(text).ok_or(WireError::Malformed("sealed body"));
    let mut sealed = field(&body.data)?;
    sealed.extend(field(&body.authtag)?);
    gcm::open(&key, &field(&body.iv)?, associated_data.as_bytes(), &sealed)
}

fn signed_text(url: &str, app_id: &str, timestamp_s: i64, body: &str) -> String {
    format!("{url}\n{app_id}\n{timestamp_s}\n{body}")
}

/// Signature of a request or response, base64.
pub fn sign(key: &PrivateKey, url: &str, app_id: &str, timestamp_s: i64, body: &str) -> String {
    key.sign_pss(signed_text(url, app_id, timestamp_s, body))
}

/// Checks a signature made by [`sign`].
pub fn verify(key: &PublicKey, url: &str, app_id: &str, timestamp_s: i64, body: &str, signature: &str) -> Result<()> {
    key.verify_pss(signed_text(url, app_id, timestamp_s, body), signature)
}
