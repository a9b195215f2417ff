//! RSA keys as the payment channels use them: SHA-256 with PKCS#1 v1.5 or PSS, keys of 2048 to 8192 bits.
//! Reads every form a merchant may paste (PKCS#1, PKCS#8, SPKI, certificate; PEM or bare base64) and never prints a key.

use crate::digest::{from_base64, to_base64};
use crate::{Result, WireError};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaEncoding,
};
use std::fmt;

/// A private signing key. `Debug` shows only its size.
pub struct PrivateKey(KeyPair);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} bits)", self.0.public_modulus_len() * 8)
    }
}

/// DER bytes of a PEM text, or of bare base64 as some consoles hand out.
fn der_of(text: &str, what: &'static str) -> Result<Vec<u8>> {
    if text.contains("-----BEGIN") {
        return pem::parse(text).map(pem::Pem::into_contents).map_err(|_| WireError::Key(what));
    }
    let bare: String = text.split_whitespace().collect();
    from_base64(bare).ok_or(WireError::Key(what))
}

impl PrivateKey {
    /// Reads PKCS#8 (`apiclient_key.pem`) or PKCS#1, as PEM or bare base64.
    pub fn parse(text: &str) -> Result<Self> {
        let der = der_of(text, "private key")?;
        let pair = KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der));
        pair.map(PrivateKey).map_err(|_| WireError::Key("private key"))
    }

    /// A new 2048-bit key, for stand-ins and tests.
    pub fn generate() -> Result<Self> {
        KeyPair::generate(KeySize::Rsa2048).map(PrivateKey).map_err(|_| WireError::Key("private key"))
    }

    /// PKCS#8 DER.
    pub(crate) fn to_pkcs8_der(&self) -> Result<Vec<u8>> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.0).map_err(|_| WireError::Key("private key"))?;
        Ok(der.as_ref().to_vec())
    }

    /// PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`).
    pub fn to_pem(&self) -> Result<String> {
        Ok(pem::encode(&pem::Pem::new("PRIVATE KEY", self.to_pkcs8_der()?)))
    }

    /// The public half.
    pub fn public_key(&self) -> Result<PublicKey> {
        let der =
            AsDer::<PublicKeyX509Der<'_>>::as_der(self.0.public_key()).map_err(|_| WireError::Key("public key"))?;
        PublicKey::from_der(der.as_ref())
    }

    fn sign_with(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .expect("a parsed RSA key signs into a buffer of its modulus length");
        to_base64(signature)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, base64. Deterministic.
    pub fn sign(&self, message: impl AsRef<[u8]>) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, message.as_ref())
    }

    /// RSASSA-PSS with SHA-256 and a 32-byte salt, base64. Different each time.
    pub fn sign_pss(&self, message: impl AsRef<[u8]>) -> String {
        self.sign_with(&RSA_PSS_SHA256, message.as_ref())
    }
}

/// A public verification key.
#[derive(Clone)]
pub struct PublicKey {
    pkcs1: ParsedPublicKey,
    pss: ParsedPublicKey,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey(sha256 {})", &crate::sha256_hex(self.pkcs1.as_ref())[..16])
    }
}

impl PublicKey {
    /// Reads an SPKI or PKCS#1 public key (PEM or bare base64), or takes the key out of a certificate (PEM).
    pub fn parse(text: &str) -> Result<Self> {
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Ok(crate::Certificate::parse(text)?.public_key().clone());
        }
        Self::from_der(&der_of(text, "public key")?)
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self> {
        let parse = |algorithm| ParsedPublicKey::new(algorithm, der).map_err(|_| WireError::Key("public key"));
        Ok(PublicKey { pkcs1: parse(&RSA_PKCS1_2048_8192_SHA256)?, pss: parse(&RSA_PSS_2048_8192_SHA256)? })
    }

    /// SPKI PEM (`-----BEGIN PUBLIC KEY-----`).
    pub fn to_pem(&self) -> Result<String> {
        let key = aws_lc_rs::rsa::PublicKey::from_der(self.pkcs1.as_ref()).map_err(|_| WireError::Key("public key"))?;
        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(&key).map_err(|_| WireError::Key("public key"))?;
        Ok(pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref())))
    }

    /// Checks a base64 PKCS#1 v1.5 SHA-256 signature.
    pub fn verify(&self, message: impl AsRef<[u8]>, signature: &str) -> Result<()> {
        let signature = from_base64(signature).ok_or(WireError::Signature)?;
        self.pkcs1.verify_sig(message.as_ref(), &signature).map_err(|_| WireError::Signature)
    }

    /// Checks an issuer's signature of a certificate, by the algorithm's object id. SHA-1 is taken because payment
    /// platforms still answer with certificates of that age; the issuers themselves are given, never found.
    pub(crate) fn verify_certificate(&self, algorithm: &str, body: &[u8], signature: &[u8]) -> Result<()> {
        match algorithm {
            "1.2.840.113549.1.1.11" => self.pkcs1.verify_sig(body, signature).map_err(|_| WireError::Signature),
            "1.2.840.113549.1.1.5" => {
                ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, self.pkcs1.as_ref())
                    .map_err(|_| WireError::Key("public key"))?
                    .verify_sig(body, signature)
                    .map_err(|_| WireError::Signature)
            }
            _ => Err(WireError::Malformed("certificate signature")),
        }
    }

    /// Checks a base64 PSS SHA-256 signature.
    pub fn verify_pss(&self, message: impl AsRef<[u8]>, signature: &str) -> Result<()> {
        let signature = from_base64(signature).ok_or(WireError::Signature)?;
        self.pss.verify_sig(message.as_ref(), &signature).map_err(|_| WireError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_key_survives_pem_and_never_prints_itself() {
        let key = PrivateKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
        let again = PrivateKey::parse(&pem).unwrap();
        assert_eq!(again.sign("m"), key.sign("m"));
        assert_eq!(format!("{key:?}"), "PrivateKey(2048 bits)");

        let public = PublicKey::parse(&key.public_key().unwrap().to_pem().unwrap()).unwrap();
        public.verify("m", &key.sign("m")).unwrap();
        public.verify_pss("m", &key.sign_pss("m")).unwrap();
        assert_eq!(public.verify("n", &key.sign("m")), Err(WireError::Signature));
        assert_eq!(public.verify_pss("m", &key.sign("m")), Err(WireError::Signature));
        assert_eq!(public.verify("m", "not base64!"), Err(WireError::Signature));
    }

    #[test]
    fn bare_base64_of_consoles_is_read() {
        let key = PrivateKey::generate().unwrap();
        let bare: String = key.to_pem().unwrap().lines().filter(|l| !l.starts_with("-----")).collect();
        assert_eq!(PrivateKey::parse(&bare).unwrap().sign("m"), key.sign("m"));
    }

    #[test]
    fn nonsense_is_an_error_that_names_no_content() {
        for text in ["", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert_eq!(PrivateKey::parse(text).unwrap_err(), WireError::Key("private key"));
            assert_eq!(PublicKey::parse(text).unwrap_err(), WireError::Key("public key"));
        }
    }
}
