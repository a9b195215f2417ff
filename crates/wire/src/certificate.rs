//! X.509 certificates of payment platforms: reading serial, validity and key, and making self-signed ones for stand-ins.
//! Serials are compared in one form: upper-case hex without leading zeros.

use crate::{PrivateKey, PublicKey, Result, WireError};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SerialNumber};
use std::fmt;
use time::OffsetDateTime;

/// A certificate read from PEM.
#[derive(Clone)]
pub struct Certificate {
    serial: String,
    not_before_s: i64,
    not_after_s: i64,
    public_key: PublicKey,
    pem: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("serial", &self.serial)
            .field("not_before_s", &self.not_before_s)
            .field("not_after_s", &self.not_after_s)
            .finish_non_exhaustive()
    }
}

/// The one form in which serials are compared: upper-case hex without leading zeros. Other ids (`PUB_KEY_ID_…`) stay as they are.
pub fn normal_serial(serial: &str) -> String {
    let serial = serial.trim();
    if serial.starts_with("PUB_KEY_ID_") {
        return serial.to_owned();
    }
    serial.trim_start_matches('0').to_ascii_uppercase()
}

impl Certificate {
    /// Reads one PEM certificate with an RSA key.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || WireError::Key("certificate");
        let block = pem::parse(text).map_err(|_| wrong())?;
        let (_, x509) = x509_parser::parse_x509_certificate(block.contents()).map_err(|_| wrong())?;
        Ok(Certificate {
            serial: normal_serial(&hex::encode_upper(x509.raw_serial())),
            not_before_s: x509.validity().not_before.timestamp(),
            not_after_s: x509.validity().not_after.timestamp(),
            public_key: PublicKey::from_der(x509.public_key().raw)?,
            pem: text.to_owned(),
        })
    }

    /// Makes a self-signed certificate for `key`. `serial` is hex, the validity is in Unix seconds.
    pub fn self_signed(
        key: &PrivateKey,
        common_name: &str,
        serial: &str,
        not_before_s: i64,
        not_after_s: i64,
    ) -> Result<Self> {
        Self::self_signed_as(key, &[("CN", common_name)], serial, not_before_s, not_after_s)
    }

    /// The same under a whole name, outermost part first: `[("C", "CN"), ("O", "河坊"), ("OU", "…"), ("CN", "…")]`.
    pub fn self_signed_as(
        key: &PrivateKey,
        name: &[(&str, &str)],
        serial: &str,
        not_before_s: i64,
        not_after_s: i64,
    ) -> Result<Self> {
        let instant = |s| OffsetDateTime::from_unix_timestamp(s).map_err(|_| WireError::Malformed("validity"));
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (part, value) in name {
            let part = match *part {
                "C" => DnType::CountryName,
                "O" => DnType::OrganizationName,
                "OU" => DnType::OrganizationalUnitName,
                "CN" => DnType::CommonName,
                _ => return Err(WireError::Malformed("name")),
            };
            params.distinguished_name.push(part, *value);
        }
        let serial = hex::decode(serial).map_err(|_| WireError::Malformed("serial"))?;
        params.serial_number = Some(SerialNumber::from(serial));
        params.not_before = instant(not_before_s)?;
        params.not_after = instant(not_after_s)?;
        let pair = KeyPair::from_pkcs8_der_and_sign_algo(&key.to_pkcs8_der()?.into(), &rcgen::PKCS_RSA_SHA256)
            .map_err(|_| WireError::Key("private key"))?;
        let made = params.self_signed(&pair).map_err(|_| WireError::Key("certificate"))?;
        Self::parse(&made.pem())
    }

    /// Serial in the form of [`normal_serial`].
    pub fn serial(&self) -> &str {
        &self.serial
    }
    /// Start of validity in Unix seconds.
    pub fn not_before_s(&self) -> i64 {
        self.not_before_s
    }
    /// End of validity in Unix seconds.
    pub fn not_after_s(&self) -> i64 {
        self.not_after_s
    }
    /// True while `now_s` lies within the validity.
    pub fn is_valid_at(&self, now_s: i64) -> bool {
        (self.not_before_s..=self.not_after_s).contains(&now_s)
    }
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
    /// The PEM text it was read from.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn self_signed_certificate_reads_back() {
        let key = PrivateKey::generate().unwrap();
        let made =
            Certificate::self_signed(&key, "河坊 stand-in", "0A1B2C3D4E5F", 1_700_000_000, 1_800_000_000).unwrap();
        assert_eq!(made.serial(), "A1B2C3D4E5F");
        assert!(made.is_valid_at(1_700_000_000) && made.is_valid_at(1_800_000_000));
        assert!(!made.is_valid_at(1_699_999_999) && !made.is_valid_at(1_800_000_001));
        made.public_key().verify("m", &key.sign("m")).unwrap();
        assert_eq!(Certificate::parse(made.pem()).unwrap().serial(), made.serial());
    }

    #[test]
    fn serials_have_one_form() {
        assert_eq!(normal_serial("00d7ce59d1f522d701"), "D7CE59D1F522D701");
        assert_eq!(normal_serial("PUB_KEY_ID_0114232134912410000000000000"), "PUB_KEY_ID_0114232134912410000000000000");
    }

    #[test]
    fn a_key_is_not_a_certificate() {
        let key = PrivateKey::generate().unwrap().to_pem().unwrap();
        assert_eq!(Certificate::parse(&key).unwrap_err(), WireError::Key("certificate"));
    }
}
