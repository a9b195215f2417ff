//! Signatures that others check without a secret: ECDSA over P-256 with SHA-256, which every browser's Web Crypto knows.
//! A mall's key for a purpose is derived from the deployment's secret, so nothing has to be kept, and every node signs the
//! same. Who holds the public key can check and cannot forge (ADR 61).

use crate::seal::Sealer;
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{Error, MallId, Result};

/// Bytes of a signature.
pub const SIGNATURE_LEN: usize = 64;

/// A mall's key for one purpose.
pub struct Signer {
    pair: EcdsaKeyPair,
    public: Vec<u8>,
}

impl Signer {
    /// The key for `purpose` in a mall; the same on every node, until the deployment's secret changes.
    pub fn of(sealer: &Sealer, purpose: &str, mall_id: MallId) -> Result<Signer> {
        // A derived number is no private key with a chance of 2^-32 at most; then the next one is tried.
        for attempt in 0..8 {
            let scalar = sealer.derived(&format!("{purpose} {mall_id} {attempt}"));
            if let Some(signer) = Self::from_scalar(&scalar) {
                return Ok(signer);
            }
        }
        Err(Error::internal("eight derived numbers in a row are no keys"))
    }

    fn from_scalar(scalar: &[u8; 32]) -> Option<Signer> {
        let public = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?.compute_public_key().ok()?;
        let public = public.as_ref().to_vec();
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, &public).ok()?;
        Some(Signer { pair, public })
    }

    /// Signs a message: `r ‖ s`.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signed = self.pair.sign(&SystemRandom::new(), message);
        signed.map(|signature| signature.as_ref().to_vec()).map_err(|_| Error::internal("signing failed"))
    }

    /// Whether a signature is ours.
    pub fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public).verify(message, signature).is_ok()
    }

    /// A short text that proves itself: the prefix, then body and signature in base64url.
    pub fn text<const LEN: usize>(&self, prefix: &str, body: &[u8; LEN]) -> Result<String> {
        Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode([&body[..], &self.sign(body)?].concat())))
    }

    /// The body of such a text; `None` when we did not sign it.
    pub fn read<const LEN: usize>(&self, prefix: &str, text: &str) -> Option<[u8; LEN]> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim().strip_prefix(prefix)?).ok()?;
        let (body, signature) = bytes.split_at_checked(LEN)?;
        let body: [u8; LEN] = body.try_into().ok()?;
        (signature.len() == SIGNATURE_LEN && self.made(&body, signature)).then_some(body)
    }

    /// The public key as Web Crypto imports it (`raw`): the uncompressed point in base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_malls_own() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let (one, other) = (Signer::of(&sealer, "pass", kernel::Id(1)), Signer::of(&sealer, "pass", kernel::Id(2)));
        let (one, other) = (one.unwrap(), other.unwrap());
        let signature = one.sign(b"hand over").unwrap();
        assert_eq!(signature.len(), SIGNATURE_LEN);
        assert!(one.made(b"hand over", &signature));
        assert!(!one.made(b"hand  over", &signature) && !other.made(b"hand over", &signature));
        let again = Signer::of(&sealer, "pass", kernel::Id(1)).unwrap();
        assert!(again.made(b"hand over", &signature), "every node has the same key");
        assert_ne!(one.public_key(), other.public_key());
        assert_ne!(one.public_key(), Signer::of(&sealer, "ticket", kernel::Id(1)).unwrap().public_key());
    }
}
