//! X.509 certificates of payment platforms: reading serial, names, validity and key, proving who issued one, and making
//! self-signed and issued ones for stand-ins. Serials are compared in one form: upper-case hex without leading zeros.

use crate::{PrivateKey, PublicKey, Result, WireError};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SerialNumber};
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
    decimal_serial: String,
    common_name: Option<String>,
    proof: Proof,
}

/// What an issuer's signature covers, and the two names that must fit.
#[derive(Clone)]
struct Proof {
    subject: Vec<u8>,
    issuer: Vec<u8>,
    body: Vec<u8>,
    algorithm: String,
    signature: Vec<u8>,
}

/// A name, outermost part first: `[("C", "CN"), ("O", "河坊"), ("OU", "…"), ("CN", "…")]`.
pub type Name<'a> = [(&'a str, &'a str)];

/// How long a certificate is valid, in Unix seconds.
pub type Validity = (i64, i64);

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
            decimal_serial: x509.tbs_certificate.serial.to_string(),
            common_name: x509.subject().iter_common_name().next().and_then(|name| Some(name.as_str().ok()?.to_owned())),
            proof: Proof {
                subject: x509.subject().as_raw().to_vec(),
                issuer: x509.issuer().as_raw().to_vec(),
                body: x509.tbs_certificate.as_ref().to_vec(),
                algorithm: x509.signature_algorithm.algorithm.to_id_string(),
                signature: x509.signature_value.data.to_vec(),
            },
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

    /// The same under a whole name.
    pub fn self_signed_as(
        key: &PrivateKey,
        name: &Name<'_>,
        serial: &str,
        not_before_s: i64,
        not_after_s: i64,
    ) -> Result<Self> {
        let params = params_of(name, serial, (not_before_s, not_after_s))?;
        let made = params.self_signed(&pair_of(key)?).map_err(|_| WireError::Key("certificate"))?;
        Self::parse(&made.pem())
    }

    /// Makes a certificate for `key` that the owner of `issuer_key` issued under `issuer`.
    pub fn issued_as(
        key: &PrivateKey,
        name: &Name<'_>,
        serial: &str,
        validity: Validity,
        (issuer, issuer_key): (&Name<'_>, &PrivateKey),
        is_authority: bool,
    ) -> Result<Self> {
        let mut params = params_of(name, serial, validity)?;
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let issuer = Issuer::new(params_of(issuer, "01", validity)?, pair_of(issuer_key)?);
        let made = params.signed_by(&pair_of(key)?, &issuer).map_err(|_| WireError::Key("certificate"))?;
        Self::parse(&made.pem())
    }

    /// True if `issuer` is named in it and signed it.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let proof = &self.proof;
        proof.issuer == issuer.proof.subject
            && issuer.public_key.verify_certificate(&proof.algorithm, &proof.body, &proof.signature).is_ok()
    }

    /// Serial as a decimal number.
    pub fn decimal_serial(&self) -> &str {
        &self.decimal_serial
    }
    /// Common name of whom it was issued to.
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
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

fn params_of(name: &Name<'_>, serial: &str, (not_before_s, not_after_s): Validity) -> Result<CertificateParams> {
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
    Ok(params)
}

fn pair_of(key: &PrivateKey) -> Result<KeyPair> {
    KeyPair::from_pkcs8_der_and_sign_algo(&key.to_pkcs8_der()?.into(), &rcgen::PKCS_RSA_SHA256)
        .map_err(|_| WireError::Key("private key"))
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
    fn an_issued_certificate_proves_its_issuer_and_no_other() {
        let (root_key, key) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let (root_name, span) = ([("C", "CN"), ("CN", "root")], (1_700_000_000, 1_800_000_000));
        let root = Certificate::self_signed_as(&root_key, &root_name, "01", span.0, span.1).unwrap();
        let own = [("CN", "041@x@00040000:SIGN@1")];
        let made = Certificate::issued_as(&key, &own, "0100", span, (&root_name, &root_key), false).unwrap();
        assert!(made.is_issued_by(&root) && root.is_issued_by(&root) && !root.is_issued_by(&made));
        assert_eq!((made.decimal_serial(), made.common_name()), ("256", Some(own[0].1)));
        let namesake = Certificate::self_signed_as(&key, &root_name, "01", span.0, span.1).unwrap();
        assert!(!made.is_issued_by(&namesake), "the same name with another key");
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
