//! Keys of API 安全: the application's pair, the platform's pair, the symmetric key, and the token that signs callbacks.

use crate::keyring::{broken, digits, plain_lines};
use kernel::Result;
use serde::{Deserialize, Serialize};
use wire::wechat_api_security as security;
use wire::{PrivateKey, PublicKey};

/// As kept in `keys.json`.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct IntracityKeys {
    symmetric_serial: String,
    symmetric_key: String,
    app_key: String,
    platform_serial: String,
    platform_key: String,
    token: String,
}

/// Ready to use.
pub(crate) struct IntracityRing {
    pub(crate) symmetric_serial: String,
    pub(crate) symmetric_key: String,
    pub(crate) app_public: PublicKey,
    pub(crate) platform_serial: String,
    pub(crate) platform: PrivateKey,
    pub(crate) token: String,
}

impl IntracityKeys {
    pub(crate) fn create() -> Result<Self> {
        let pem = || {
            let key = PrivateKey::generate().map_err(|e| broken("API key", e))?;
            key.to_pem().map(|pem| plain_lines(&pem)).map_err(|e| broken("API key", e))
        };
        Ok(IntracityKeys {
            symmetric_serial: wire::random::nonce().to_ascii_lowercase(),
            symmetric_key: security::symmetric_key(wire::random::bytes()),
            app_key: pem()?,
            platform_serial: format!("5C{}", &wire::random::nonce()[..30]),
            platform_key: pem()?,
            token: format!("push{}", digits(12)),
        })
    }

    pub(crate) fn read(&self) -> Result<IntracityRing> {
        let key = |text: &str| PrivateKey::parse(text).map_err(|e| broken("keys.json", e));
        Ok(IntracityRing {
            symmetric_serial: self.symmetric_serial.clone(),
            symmetric_key: self.symmetric_key.clone(),
            app_public: key(&self.app_key)?.public_key().map_err(|e| broken("API key", e))?,
            platform_serial: self.platform_serial.clone(),
            platform: key(&self.platform_key)?,
            token: self.token.clone(),
        })
    }

    pub(crate) fn credentials(&self, ring: &IntracityRing) -> Result<crate::credentials::Intracity> {
        let public = ring.platform.public_key().and_then(|key| key.to_pem()).map_err(|e| broken("API key", e))?;
        Ok(crate::credentials::Intracity {
            symmetric_serial: self.symmetric_serial.clone(),
            symmetric_key: self.symmetric_key.clone(),
            app_private_key: self.app_key.clone(),
            platform_serial: self.platform_serial.clone(),
            platform_public_key: plain_lines(&public),
            token: self.token.clone(),
            store_id: crate::mini::INTRACITY_STORE.to_owned(),
        })
    }
}
