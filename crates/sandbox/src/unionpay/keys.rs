//! Keys and certificates of both sides: the merchant's, and a chain of the stand-in's own (root, authority, signer) that has
//! the form of UnionPay's test environment.

use crate::credentials::UnionMerchant;
use crate::keyring::{YEAR_S, broken, digits, plain_lines};
use kernel::{Instant, Result};
use serde::{Deserialize, Serialize};
use wire::unionpay::TEST_SIGNER;
use wire::{Certificate, PrivateKey, PublicKey};

/// As kept in the key file.
#[derive(Serialize, Deserialize, Clone)]
pub(crate) struct UnionKeys {
    merchant_id: String,
    merchant_key: String,
    merchant_certificate: String,
    signer_key: String,
    signer_certificate: String,
    middle_certificate: String,
    root_certificate: String,
}

/// Ready to use.
pub(crate) struct UnionRing {
    pub(crate) merchant_id: String,
    pub(crate) merchant_public: PublicKey,
    /// `certId` of the merchant's certificate.
    pub(crate) certificate_id: String,
    pub(crate) key: PrivateKey,
    /// What answers carry.
    pub(crate) certificate: String,
}

impl UnionKeys {
    pub(crate) fn create(now: Instant) -> Result<Self> {
        let wrong = |e| broken("unionpay certificate", e);
        let now_s = now.unix_seconds();
        let span = (now_s - 86_400, now_s + 5 * YEAR_S);
        let new = || PrivateKey::generate().map_err(|e| broken("unionpay key", e));
        let pem = |key: &PrivateKey| key.to_pem().map(|pem| plain_lines(&pem)).map_err(|e| broken("unionpay key", e));
        let (authority, signer, merchant) = (new()?, new()?, new()?);
        let root_name = [("C", "CN"), ("O", "Hefang"), ("CN", "Hefang sandbox root")];
        let middle_name = [("C", "CN"), ("O", "Hefang"), ("CN", "Hefang sandbox OCA1")];
        let signer_cn = format!("041@sandbox@{TEST_SIGNER}@00000001");
        let signer_name =
            [("C", "cn"), ("O", "Hefang sandbox OCA1"), ("OU", "Enterprises"), ("CN", signer_cn.as_str())];
        let merchant_name =
            [("C", "cn"), ("O", "Hefang sandbox OCA1"), ("CN", "041@merchant@700000000000001@00000001")];
        // 15 bytes: a serial is positive.
        let serial = || format!("5C{}", &wire::random::nonce()[..28]);
        // One key of authority stands for root and middle.
        let root = Certificate::issued_as(&authority, &root_name, &serial(), span, (&root_name, &authority), true);
        let middle = Certificate::issued_as(&authority, &middle_name, &serial(), span, (&root_name, &authority), true);
        let by = (middle_name.as_slice(), &authority);
        let signed = Certificate::issued_as(&signer, &signer_name, &serial(), span, by, false);
        let own = Certificate::issued_as(&merchant, &merchant_name, &serial(), span, by, false);
        let text = |made: wire::Result<Certificate>| made.map(|made| plain_lines(made.pem())).map_err(wrong);
        Ok(UnionKeys {
            merchant_id: format!("777290{}", digits(9)),
            merchant_key: pem(&merchant)?,
            merchant_certificate: text(own)?,
            signer_key: pem(&signer)?,
            signer_certificate: text(signed)?,
            middle_certificate: text(middle)?,
            root_certificate: text(root)?,
        })
    }

    pub(crate) fn read(&self) -> Result<UnionRing> {
        let wrong = |e| broken("keys.json", e);
        Ok(UnionRing {
            merchant_id: self.merchant_id.clone(),
            merchant_public: PublicKey::parse(&self.merchant_certificate).map_err(wrong)?,
            certificate_id: wire::unionpay::certificate_id(&self.merchant_certificate).map_err(wrong)?,
            key: PrivateKey::parse(&self.signer_key).map_err(wrong)?,
            certificate: self.signer_certificate.clone(),
        })
    }

    pub(crate) fn credentials(&self, base_url: &str) -> UnionMerchant {
        UnionMerchant {
            file_url: format!("{base_url}/unionpay/file/"),
            merchant_id: self.merchant_id.clone(),
            certificate: self.merchant_certificate.clone(),
            private_key: self.merchant_key.clone(),
            middle_certificate: self.middle_certificate.clone(),
            root_certificate: self.root_certificate.clone(),
            signer: TEST_SIGNER.to_owned(),
        }
    }
}
