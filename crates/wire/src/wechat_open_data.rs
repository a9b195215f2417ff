//! WeChat open data (开放数据): what the client passes on from WeChat and the server checks with the session key, and the
//! session signature that server APIs ask for. The session key stays on the server; `watermark.appid` must be ours.

use crate::digest::{from_base64, hmac_sha256, same, sha1_hex, to_base64};
use crate::{Result, WireError};
use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use serde::Deserialize;

#[derive(Deserialize)]
struct Watermarked {
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

/// `signature` of `rawData`: SHA-1 of raw data followed by the session key.
pub fn raw_data_signature(raw_data: &str, session_key: &str) -> String {
    sha1_hex([raw_data, session_key].concat())
}

/// Checks [`raw_data_signature`].
pub fn verify_raw_data(raw_data: &str, session_key: &str, given: &str) -> Result<()> {
    if same(raw_data_signature(raw_data, session_key), given) { Ok(()) } else { Err(WireError::Signature) }
}

/// Signature of `checksession` and its relatives: HMAC-SHA-256 in hex. The base64 text of the session key is the key itself.
pub fn session_signature(session_key: &str, data: &str) -> String {
    hex::encode(hmac_sha256(session_key, data))
}

fn cipher(session_key: &str) -> Result<UnboundCipherKey> {
    let wrong = WireError::Key("session key");
    let key = from_base64(session_key).ok_or(wrong)?;
    UnboundCipherKey::new(&AES_128, &key).map_err(|_| wrong)
}

fn iv(text: &str) -> Result<FixedLength<16>> {
    let bytes: [u8; 16] = from_base64(text).and_then(|b| b.try_into().ok()).ok_or(WireError::Malformed("iv"))?;
    Ok(FixedLength::from(bytes))
}

/// Opens `encryptedData` (AES-128-CBC) and checks that its watermark names `app_id`. Answers the JSON bytes.
pub fn open(app_id: &str, session_key: &str, iv_text: &str, encrypted_data: &str) -> Result<Vec<u8>> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(cipher(session_key)?).map_err(|_| WireError::Key("session key"))?;
    let mut buffer = from_base64(encrypted_data).ok_or(WireError::Malformed("encryptedData"))?;
    let opened =
        key.decrypt(&mut buffer, DecryptionContext::Iv128(iv(iv_text)?)).map_err(|_| WireError::Decrypt)?.to_vec();
    let marked: Watermarked = serde_json::from_slice(&opened).map_err(|_| WireError::Decrypt)?;
    if marked.watermark.appid == app_id { Ok(opened) } else { Err(WireError::OtherApp) }
}

/// Seals JSON as WeChat's client would, for stand-ins.
pub fn seal(session_key: &str, iv_text: &str, plaintext: &[u8]) -> Result<String> {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(cipher(session_key)?).map_err(|_| WireError::Key("session key"))?;
    let mut buffer = plaintext.to_vec();
    key.less_safe_encrypt(&mut buffer, EncryptionContext::Iv128(iv(iv_text)?))
        .map_err(|_| WireError::Malformed("plaintext"))?;
    Ok(to_base64(buffer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_another_app_or_session_is_refused() {
        let (session, iv) = ("tiihtNczf5v6AKRyjwEUhQ==", "r7BXXKkLb8qrSNn05n0qiA==");
        let sealed = seal(session, iv, br#"{"watermark":{"appid":"wx1"}}"#).unwrap();
        assert!(open("wx1", session, iv, &sealed).is_ok());
        assert_eq!(open("wx2", session, iv, &sealed), Err(WireError::OtherApp));
        assert_eq!(open("wx1", "HyVFkGl5F5OQWJZZaNzBBg==", iv, &sealed), Err(WireError::Decrypt));
        assert_eq!(open("wx1", session, "AAAA", &sealed), Err(WireError::Malformed("iv")));
        assert_eq!(open("wx1", "short", iv, &sealed), Err(WireError::Key("session key")));
    }
}
