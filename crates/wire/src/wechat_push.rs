//! WeChat message push (消息推送): the address check, plain-mode signatures, and the sealed mode in both directions.
//! Sealed text: 16 random bytes, length (4 bytes, big-endian), message, app id; PKCS#7 to 32, AES-256-CBC, iv = key[..16].
//! Source: developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html.

use crate::digest::{from_base64, same, sha1_hex, to_base64};
use crate::{Result, WireError};
use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use std::fmt;

const BLOCK: usize = 32;

fn signature(parts: &mut [&str]) -> String {
    parts.sort_unstable();
    sha1_hex(parts.concat())
}

/// Signature of the address check and of plain messages: SHA-1 of the sorted token, timestamp and nonce.
pub fn plain_signature(token: &str, timestamp: &str, nonce: &str) -> String {
    signature(&mut [token, timestamp, nonce])
}

/// Checks [`plain_signature`].
pub fn verify_plain(token: &str, timestamp: &str, nonce: &str, given: &str) -> Result<()> {
    if same(plain_signature(token, timestamp, nonce), given) { Ok(()) } else { Err(WireError::Signature) }
}

/// Token and key of one app's sealed push.
#[derive(Clone)]
pub struct PushCrypto {
    token: String,
    key: [u8; 32],
    app_id: String,
}

impl fmt::Debug for PushCrypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PushCrypto({})", self.app_id)
    }
}

impl PushCrypto {
    /// `encoding_aes_key` is the 43-character text of the console.
    pub fn new(token: &str, encoding_aes_key: &str, app_id: &str) -> Result<Self> {
        let wrong = WireError::Key("EncodingAESKey");
        if encoding_aes_key.len() != 43 {
            return Err(wrong);
        }
        let key = from_base64(encoding_aes_key).ok_or(wrong)?.try_into().map_err(|_| wrong)?;
        Ok(PushCrypto { token: token.to_owned(), key, app_id: app_id.to_owned() })
    }

    /// `msg_signature`: SHA-1 of the sorted token, timestamp, nonce and sealed text.
    pub fn signature(&self, timestamp: &str, nonce: &str, sealed: &str) -> String {
        signature(&mut [&self.token, timestamp, nonce, sealed])
    }

    /// Checks `msg_signature`, opens the sealed text and checks that it is for this app.
    pub fn open(&self, timestamp: &str, nonce: &str, sealed: &str, given_signature: &str) -> Result<Vec<u8>> {
        if !same(self.signature(timestamp, nonce, sealed), given_signature) {
            return Err(WireError::Signature);
        }
        let mut buffer = from_base64(sealed).ok_or(WireError::Malformed("Encrypt"))?;
        if buffer.is_empty() || buffer.len() % BLOCK != 0 {
            return Err(WireError::Decrypt);
        }
        let cipher = UnboundCipherKey::new(&AES_256, &self.key).and_then(DecryptingKey::cbc);
        let cipher = cipher.map_err(|_| WireError::Key("EncodingAESKey"))?;
        let opened = cipher
            .decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(self.iv())))
            .map_err(|_| WireError::Decrypt)?;
        let padding = usize::from(*opened.last().ok_or(WireError::Decrypt)?);
        if !(1..=BLOCK).contains(&padding) || !opened.ends_with(&vec![padding as u8; padding]) {
            return Err(WireError::Decrypt);
        }
        let content = &opened[..opened.len() - padding];
        let (head, rest) = content.split_at_checked(20).ok_or(WireError::Decrypt)?;
        let length = u32::from_be_bytes(head[16..].try_into().expect("four bytes of twenty"));
        let length = usize::try_from(length).map_err(|_| WireError::Decrypt)?;
        let (message, app_id) = rest.split_at_checked(length).ok_or(WireError::Decrypt)?;
        if !same(app_id, &self.app_id) {
            return Err(WireError::OtherApp);
        }
        Ok(message.to_vec())
    }

    /// Seals a message; `prefix` is 16 random bytes.
    pub fn seal(&self, prefix: [u8; 16], message: &[u8]) -> Result<String> {
        let length = u32::try_from(message.len()).map_err(|_| WireError::Malformed("message"))?;
        let mut buffer = prefix.to_vec();
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(message);
        buffer.extend_from_slice(self.app_id.as_bytes());
        let padding = BLOCK - buffer.len() % BLOCK;
        buffer.resize(buffer.len() + padding, padding as u8);
        let cipher = UnboundCipherKey::new(&AES_256, &self.key).and_then(EncryptingKey::cbc);
        cipher
            .and_then(|c| c.less_safe_encrypt(&mut buffer, EncryptionContext::Iv128(FixedLength::from(self.iv()))))
            .map_err(|_| WireError::Key("EncodingAESKey"))?;
        Ok(to_base64(buffer))
    }

    fn iv(&self) -> [u8; 16] {
        self.key[..16].try_into().expect("sixteen bytes of thirty-two")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    #[test]
    fn message_for_another_app_is_refused() {
        let ours = PushCrypto::new("t", KEY, "wx1").unwrap();
        let theirs = PushCrypto::new("t", KEY, "wx2").unwrap();
        let sealed = theirs.seal([9; 16], b"hello").unwrap();
        let signature = theirs.signature("1", "n", &sealed);
        assert_eq!(ours.open("1", "n", &sealed, &signature), Err(WireError::OtherApp));
        assert_eq!(ours.open("2", "n", &sealed, &signature), Err(WireError::Signature));
        assert_eq!(format!("{ours:?}"), "PushCrypto(wx1)");
    }

    #[test]
    fn keys_of_another_length_are_refused() {
        for key in ["", "abc", &KEY[..42], "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF="] {
            assert!(PushCrypto::new("t", key, "wx1").is_err(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_message_round_trips(message in prop::collection::vec(any::<u8>(), 0..200), prefix: [u8; 16]) {
            let push = PushCrypto::new("t", KEY, "wx1").unwrap();
            let sealed = push.seal(prefix, &message).unwrap();
            prop_assert_eq!(push.open("1", "n", &sealed, &push.signature("1", "n", &sealed)).unwrap(), message);
        }

        #[test]
        fn no_sealed_text_panics(bytes in prop::collection::vec(any::<u8>(), 0..130)) {
            let push = PushCrypto::new("t", KEY, "wx1").unwrap();
            let sealed = to_base64(bytes);
            prop_assert!(push.open("1", "n", &sealed, &push.signature("1", "n", &sealed)).is_err());
        }
    }
}
