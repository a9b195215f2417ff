//! Whose signature counts: the configured 微信支付公钥, or platform certificates by serial.
//! Certificates are downloaded when first needed and again after 12 hours or when a new serial appears, by one caller at a
//! time and, for unknown serials, at most once a minute, so a forger cannot make us ask in a loop.

use super::{PayTrust, WechatPay};
use crate::http::Repeat;
use kernel::{Instant, hours, minutes};
use std::sync::{PoisonError, RwLock};
use tokio::sync::Mutex;
use wire::certificate::normal_serial;
use wire::wechat_pay::{SignatureHeaders, open_certificates};
use wire::{Certificate, PublicKey, WireError};

const RENEW_AFTER_MS: i64 = hours(12);
const ASK_AGAIN_AFTER_MS: i64 = minutes(1);

/// Why a message is not believed.
#[derive(Debug)]
pub(super) enum Doubt {
    /// It is not WeChat's, or was altered, or is too old.
    Forged(WireError),
    /// We do not know yet: certificates could not be downloaded.
    Unavailable(String),
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Doubt::Forged(why) => write!(f, "signature: {why}"),
            Doubt::Unavailable(why) => write!(f, "platform certificates: {why}"),
        }
    }
}

#[derive(Debug, Default)]
struct Known {
    certificates: Vec<Certificate>,
    /// When the list was last fetched, and when that was last tried.
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct CertificateStore {
    known: RwLock<Known>,
    /// Held during a download; the next in line finds the result.
    download: Mutex<()>,
}

impl CertificateStore {
    /// The key of `serial` if it is known and valid now, and whether the list should be fetched (again).
    fn look(&self, serial: &str, now: Instant) -> (Option<PublicKey>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let valid = |c: &&Certificate| c.serial() == serial && c.is_valid_at(now.unix_seconds());
        let key = known.certificates.iter().find(valid).map(|c| c.public_key().clone());
        let older_than = |at: Option<Instant>, ms: i64| at.is_none_or(|at| now - at >= ms);
        let wanted = key.is_none() || older_than(known.fetched_at, RENEW_AFTER_MS);
        let allowed = known.certificates.is_empty() || older_than(known.tried_at, ASK_AGAIN_AFTER_MS);
        (key, wanted && allowed)
    }

    fn note_try(&self, now: Instant) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).tried_at = Some(now);
    }

    fn replace(&self, certificates: Vec<Certificate>, now: Instant) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.certificates = certificates;
        known.fetched_at = Some(now);
    }
}

/// The configured trust with what was learned since.
#[derive(Debug)]
pub(super) struct Trust {
    fixed: Option<(String, PublicKey)>,
    certificates: Option<CertificateStore>,
}

impl Trust {
    pub fn new(config: &PayTrust) -> wire::Result<Self> {
        Ok(match config {
            PayTrust::PlatformCertificates => Trust { fixed: None, certificates: Some(CertificateStore::default()) },
            PayTrust::PublicKey { id, pem, accept_certificates } => Trust {
                fixed: Some((normal_serial(id), PublicKey::parse(pem.expose())?)),
                certificates: accept_certificates.then(CertificateStore::default),
            },
        })
    }

    /// The id to send as `Wechatpay-Serial`, which asks WeChat to sign with the public key.
    pub fn requested_serial(&self) -> Option<&str> {
        self.fixed.as_ref().map(|(id, _)| id.as_str())
    }
}

impl WechatPay {
    /// Checks the signature of an answer or notice over its raw body.
    pub(super) async fn believe(&self, headers: &SignatureHeaders, body: &[u8], now: Instant) -> Result<(), Doubt> {
        headers.check_freshness(now.unix_seconds()).map_err(Doubt::Forged)?;
        let key = self.key_of(&headers.serial).await?;
        headers.verify(&key, body, now.unix_seconds()).map_err(Doubt::Forged)
    }

    async fn key_of(&self, serial: &str) -> Result<PublicKey, Doubt> {
        const UNKNOWN: Doubt = Doubt::Forged(WireError::Key("serial"));
        if let Some((id, key)) = &self.trust.fixed
            && id == serial
        {
            return Ok(key.clone());
        }
        let Some(store) = &self.trust.certificates else { return Err(UNKNOWN) };
        let now = self.clock.now();
        if let (Some(key), false) = store.look(serial, now) {
            return Ok(key);
        }
        let turn = store.download.lock().await;
        let (key, fetch) = store.look(serial, now);
        if !fetch {
            return key.ok_or(UNKNOWN);
        }
        store.note_try(now);
        let downloaded = self.download_certificates(now).await;
        let result = match downloaded {
            Ok(certificates) => {
                store.replace(certificates, now);
                store.look(serial, now).0.ok_or(UNKNOWN)
            }
            Err(doubt) => match key {
                Some(key) => {
                    tracing::warn!(merchant_id = self.merchant_id, %doubt, "platform certificates not renewed");
                    Ok(key)
                }
                None => Err(doubt),
            },
        };
        drop(turn);
        result
    }

    /// Fetches the list. It is signed by one of the certificates in it, and sealed with the APIv3 key that only WeChat and we have.
    async fn download_certificates(&self, now: Instant) -> Result<Vec<Certificate>, Doubt> {
        let path = "/v3/certificates";
        let request = || self.signed_request(reqwest::Method::GET, path, None);
        let answer = self.http.send(Repeat::Harmless, request).await.map_err(|f| Doubt::Unavailable(f.text))?;
        if !answer.is_success() {
            let text = String::from_utf8_lossy(&answer.body);
            return Err(Doubt::Unavailable(format!("http {} {}", answer.status, crate::http::cut(&text, 300))));
        }
        let headers = SignatureHeaders::read(|name| answer.header(name)).map_err(Doubt::Forged)?;
        let certificates = open_certificates(&self.api_v3_key, &answer.body).map_err(Doubt::Forged)?;
        let signer = certificates.iter().find(|c| c.serial() == headers.serial);
        let signer = signer.ok_or(Doubt::Forged(WireError::Key("serial")))?;
        if !signer.is_valid_at(now.unix_seconds()) {
            return Err(Doubt::Forged(WireError::Stale));
        }
        headers.verify(signer.public_key(), &answer.body, now.unix_seconds()).map_err(Doubt::Forged)?;
        Ok(certificates)
    }
}
