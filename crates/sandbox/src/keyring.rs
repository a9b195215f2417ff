//! Keys of both sides, made on the first start and kept in `keys.json` (readable by its owner only): the merchant's key, the
//! platform's certificates (two after a rotation, the last one signs) and the platform's fixed public key.
//! A restart finds the same keys, so a client configured yesterday still works today.

use crate::credentials::{
    AlipayMerchant, AliyunSms, Credentials, Fapiao, Kuaidi100, Merchant, MiniApp, PlatformCertificate,
};
use crate::mini::{IntracityKeys, IntracityRing};
use crate::unionpay::{UnionKeys, UnionRing};
use kernel::{Error, Instant, Result};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use wire::wechat_pay::ApiV3Key;
use wire::{Certificate, PrivateKey, PublicKey};

pub(crate) const YEAR_S: i64 = 365 * 86_400;

#[derive(Serialize, Deserialize)]
struct KeyFile {
    app_id: String,
    app_secret: String,
    merchant_id: String,
    merchant_serial: String,
    merchant_key: String,
    api_v3_key: String,
    public_key_id: String,
    public_key: String,
    platform: Vec<PlatformKey>,
    sms_key_id: String,
    sms_secret: String,
    express_customer: String,
    express_key: String,
    /// Absent in folders made before there was an Alipay.
    #[serde(default)]
    alipay: Option<AlipayKeys>,
    /// Absent in folders made before there was a UnionPay.
    #[serde(default)]
    unionpay: Option<UnionKeys>,
    /// Absent in folders made before there were couriers.
    #[serde(default)]
    intracity: Option<IntracityKeys>,
}

/// Keys and certificates of both sides at Alipay.
#[derive(Serialize, Deserialize, Clone)]
struct AlipayKeys {
    app_id: String,
    seller_id: String,
    app_key: String,
    app_certificate: String,
    alipay_key: String,
    alipay_certificate: String,
}

#[derive(Serialize, Deserialize, Clone)]
struct PlatformKey {
    key: String,
    certificate: String,
}

/// A key the platform signs with, and the name clients know it by.
pub(crate) struct Signer {
    pub(crate) serial: String,
    pub(crate) key: PrivateKey,
    /// Absent for the fixed public key.
    pub(crate) certificate: Option<Certificate>,
}

/// All keys, ready to use.
pub(crate) struct Keyring {
    file: KeyFile,
    pub(crate) merchant_public: PublicKey,
    pub(crate) api_v3: ApiV3Key,
    /// Newest last; at most two.
    pub(crate) platform: Vec<Arc<Signer>>,
    pub(crate) fixed: Arc<Signer>,
    pub(crate) alipay: AlipayRing,
    pub(crate) unionpay: UnionRing,
    pub(crate) intracity: IntracityRing,
}

/// Alipay's half, ready to use. Its certificate is its own root.
pub(crate) struct AlipayRing {
    pub(crate) app_id: String,
    pub(crate) seller_id: String,
    pub(crate) app_public: PublicKey,
    pub(crate) key: PrivateKey,
    /// What requests and answers in certificate mode are named by.
    pub(crate) app_sn: String,
    pub(crate) alipay_sn: String,
    pub(crate) root_sn: String,
}

impl AlipayKeys {
    fn create(now: Instant) -> Result<Self> {
        let now_s = now.unix_seconds();
        let pair = |name: &str| {
            let key = PrivateKey::generate().map_err(|e| broken("alipay key", e))?;
            let subject = [("C", "CN"), ("O", "Hefang"), ("OU", "Sandbox"), ("CN", name)];
            // 15 bytes: a serial is positive.
            let serial = format!("5B{}", &wire::random::nonce()[..28]);
            let made = Certificate::self_signed_as(&key, &subject, &serial, now_s - 86_400, now_s + 5 * YEAR_S);
            let made = made.map_err(|e| broken("alipay certificate", e))?;
            Ok::<_, Error>((key.to_pem().map_err(|e| broken("alipay key", e))?, plain_lines(made.pem())))
        };
        let (app_key, app_certificate) = pair("Hefang sandbox app")?;
        let (alipay_key, alipay_certificate) = pair("Hefang sandbox Alipay")?;
        Ok(AlipayKeys {
            app_id: format!("2021{}", digits(12)),
            seller_id: format!("2088{}", digits(12)),
            app_key,
            app_certificate,
            alipay_key,
            alipay_certificate,
        })
    }

    fn read(&self) -> Result<AlipayRing> {
        let wrong = |e| broken("keys.json", e);
        Ok(AlipayRing {
            app_id: self.app_id.clone(),
            seller_id: self.seller_id.clone(),
            app_public: PublicKey::parse(&self.app_certificate).map_err(wrong)?,
            key: PrivateKey::parse(&self.alipay_key).map_err(wrong)?,
            app_sn: wire::alipay::certificate_sn(&self.app_certificate).map_err(wrong)?,
            alipay_sn: wire::alipay::certificate_sn(&self.alipay_certificate).map_err(wrong)?,
            root_sn: wire::alipay::root_certificate_sn(&self.alipay_certificate).map_err(wrong)?,
        })
    }

    fn credentials(&self, ring: &AlipayRing) -> Result<AlipayMerchant> {
        let public = ring.key.public_key().and_then(|k| k.to_pem()).map_err(|e| broken("alipay key", e))?;
        Ok(AlipayMerchant {
            app_id: self.app_id.clone(),
            seller_id: self.seller_id.clone(),
            app_private_key: plain_lines(&self.app_key),
            alipay_public_key: plain_lines(&public),
            app_certificate: self.app_certificate.clone(),
            alipay_certificate: self.alipay_certificate.clone(),
            root_certificate: self.alipay_certificate.clone(),
        })
    }
}

pub(crate) fn broken(what: &str, cause: impl std::fmt::Display) -> Error {
    Error::internal(format!("sandbox: {what}: {cause}"))
}

pub(crate) fn digits(count: usize) -> String {
    wire::random::bytes::<32>().iter().cycle().take(count).map(|b| char::from(b'0' + b % 10)).collect()
}

fn hex(length: usize) -> String {
    let text = wire::random::nonce().to_ascii_lowercase();
    text.chars().take(length).collect()
}

/// PEM with plain line feeds, as merchants know it from OpenSSL; some SDKs cannot read anything else.
pub(crate) fn plain_lines(pem: &str) -> String {
    pem.replace('\r', "")
}

fn new_platform_key(now: Instant) -> Result<PlatformKey> {
    let key = PrivateKey::generate().map_err(|e| broken("platform key", e))?;
    let serial = format!("5A{}", wire::random::nonce());
    let now_s = now.unix_seconds();
    let certificate =
        Certificate::self_signed(&key, "Hefang sandbox platform", &serial, now_s - 86_400, now_s + 5 * YEAR_S)
            .map_err(|e| broken("platform certificate", e))?;
    let key = key.to_pem().map_err(|e| broken("platform key", e))?;
    Ok(PlatformKey { key, certificate: plain_lines(certificate.pem()) })
}

impl KeyFile {
    fn create(now: Instant) -> Result<Self> {
        let pem = |key: &PrivateKey| key.to_pem().map_err(|e| broken("new key", e));
        let new = || PrivateKey::generate().map_err(|e| broken("new key", e));
        let (merchant, fixed) = (new()?, new()?);
        Ok(KeyFile {
            app_id: format!("wx{}", hex(16)),
            app_secret: hex(32),
            merchant_id: format!("19{}", digits(8)),
            merchant_serial: format!("4C{}", wire::random::nonce()),
            merchant_key: pem(&merchant)?,
            api_v3_key: hex(32),
            public_key_id: format!("PUB_KEY_ID_01{}", digits(32)),
            public_key: pem(&fixed)?,
            platform: vec![new_platform_key(now)?],
            sms_key_id: format!("LTAI5t{}", &wire::random::nonce()[..18]),
            sms_secret: hex(30),
            express_customer: wire::random::nonce(),
            express_key: hex(12),
            alipay: Some(AlipayKeys::create(now)?),
            unionpay: Some(UnionKeys::create(now)?),
            intracity: Some(IntracityKeys::create()?),
        })
    }
}

/// Writes a file whole or not at all; readable by its owner only.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let wrong = |e: std::io::Error| broken(&path.display().to_string(), e);
    let fresh = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh).map_err(wrong)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(wrong)?;
    std::fs::rename(&fresh, path).map_err(wrong)
}

fn signer(entry: &PlatformKey) -> Result<Arc<Signer>> {
    let certificate = Certificate::parse(&entry.certificate).map_err(|e| broken("platform certificate", e))?;
    let key = PrivateKey::parse(&entry.key).map_err(|e| broken("platform key", e))?;
    Ok(Arc::new(Signer { serial: certificate.serial().to_owned(), key, certificate: Some(certificate) }))
}

impl Keyring {
    /// Reads `keys.json`, or makes it. A file that cannot be read is an error: throwing keys away would surprise clients.
    pub(crate) fn open(folder: &Path, now: Instant) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| broken(&folder.display().to_string(), e))?;
        let path = folder.join("keys.json");
        let file = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| broken(&path.display().to_string(), e))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => KeyFile::create(now)?,
            Err(e) => return Err(broken(&path.display().to_string(), e)),
        };
        let mut file: KeyFile = file;
        if file.alipay.is_none() {
            file.alipay = Some(AlipayKeys::create(now)?);
        }
        if file.unionpay.is_none() {
            file.unionpay = Some(UnionKeys::create(now)?);
        }
        if file.intracity.is_none() {
            file.intracity = Some(IntracityKeys::create()?);
        }
        let ring = Self::read(file)?;
        ring.save(folder)?;
        Ok(ring)
    }

    fn read(file: KeyFile) -> Result<Self> {
        let key = |text: &str| PrivateKey::parse(text).map_err(|e| broken("keys.json", e));
        let merchant_public = key(&file.merchant_key)?.public_key().map_err(|e| broken("merchant key", e))?;
        let alipay = file.alipay.as_ref().ok_or_else(|| broken("keys.json", "no alipay"))?.read()?;
        let unionpay = file.unionpay.as_ref().ok_or_else(|| broken("keys.json", "no unionpay"))?.read()?;
        let intracity = file.intracity.as_ref().ok_or_else(|| broken("keys.json", "no intracity"))?.read()?;
        let fixed = Signer { serial: file.public_key_id.clone(), key: key(&file.public_key)?, certificate: None };
        Ok(Keyring {
            merchant_public,
            api_v3: ApiV3Key::parse(&file.api_v3_key).map_err(|e| broken("api_v3_key", e))?,
            platform: file.platform.iter().map(signer).collect::<Result<_>>()?,
            fixed: Arc::new(fixed),
            alipay,
            unionpay,
            intracity,
            file,
        })
    }

    fn save(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(&self.file).map_err(|e| broken("keys.json", e))?;
        write_private(&folder.join("keys.json"), &bytes)
    }

    /// A new platform certificate signs from now on; the one before it stays in the list, older ones leave.
    pub(crate) fn rotate(&mut self, folder: &Path, now: Instant) -> Result<()> {
        let entry = new_platform_key(now)?;
        self.platform.push(signer(&entry)?);
        self.file.platform.push(entry);
        let extra = self.platform.len().saturating_sub(2);
        self.platform.drain(..extra);
        self.file.platform.drain(..extra);
        self.save(folder)
    }

    /// The certificate that signs now.
    pub(crate) fn current(&self) -> Arc<Signer> {
        self.platform.last().expect("a key ring holds at least one platform certificate").clone()
    }

    pub(crate) fn app_id(&self) -> &str {
        &self.file.app_id
    }
    pub(crate) fn app_secret(&self) -> &str {
        &self.file.app_secret
    }
    pub(crate) fn merchant_id(&self) -> &str {
        &self.file.merchant_id
    }
    pub(crate) fn merchant_serial(&self) -> &str {
        &self.file.merchant_serial
    }
    pub(crate) fn sms_secret_of(&self, id: &str) -> Option<String> {
        (id == self.file.sms_key_id).then(|| self.file.sms_secret.clone())
    }
    pub(crate) fn express_customer(&self) -> &str {
        &self.file.express_customer
    }
    pub(crate) fn express_key(&self) -> &str {
        &self.file.express_key
    }

    /// What the account at the issuer of invoices signs with.
    pub(crate) fn fapiao_secret(&self) -> String {
        wire::sha256_hex(format!("fapiao {}", self.file.express_key))
    }

    /// The merchant's side of it all.
    pub(crate) fn credentials(&self, base_url: &str) -> Result<Credentials> {
        let public_key = self.fixed.key.public_key().and_then(|k| k.to_pem()).map_err(|e| broken("public key", e))?;
        let certificates = self.platform.iter().filter_map(|s| s.certificate.as_ref());
        let alipay = self.file.alipay.as_ref().ok_or_else(|| broken("keys.json", "no alipay"))?;
        let unionpay = self.file.unionpay.as_ref().ok_or_else(|| broken("keys.json", "no unionpay"))?;
        Ok(Credentials {
            base_url: base_url.to_owned(),
            wechat: MiniApp { app_id: self.file.app_id.clone(), app_secret: self.file.app_secret.clone() },
            wechat_pay: Merchant {
                merchant_id: self.file.merchant_id.clone(),
                merchant_serial: self.file.merchant_serial.clone(),
                merchant_private_key: plain_lines(&self.file.merchant_key),
                api_v3_key: self.file.api_v3_key.clone(),
                public_key_id: self.file.public_key_id.clone(),
                public_key: plain_lines(&public_key),
                platform_certificates: certificates
                    .map(|c| PlatformCertificate { serial: c.serial().to_owned(), certificate: c.pem().to_owned() })
                    .collect(),
            },
            aliyun_sms: AliyunSms {
                access_key_id: self.file.sms_key_id.clone(),
                access_key_secret: self.file.sms_secret.clone(),
                sign_name: "河坊生活".to_owned(),
                template_code: "SMS_154950909".to_owned(),
            },
            alipay: alipay.credentials(&self.alipay)?,
            unionpay: unionpay.credentials(base_url),
            kuaidi100: Kuaidi100 { customer: self.file.express_customer.clone(), key: self.file.express_key.clone() },
            wechat_delivery: self
                .file
                .intracity
                .as_ref()
                .ok_or_else(|| broken("keys.json", "no intracity"))?
                .credentials(&self.intracity)?,
            fapiao: Fapiao {
                key: crate::fapiao::KEY.to_owned(),
                secret: self.fapiao_secret(),
                seller_tax_number: "91350100M000100Y43".to_owned(),
            },
        })
    }
}
