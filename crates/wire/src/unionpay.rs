//! UnionPay 5.1.0 with signMethod 01: every field that is not empty, sorted and joined, is hashed to lower-case hex, and
//! that text is signed with RSA and SHA-256 (so it is hashed twice). Answers and notices carry the certificate they were
//! signed with; it counts only if UnionPay's authority, which we were given, issued it to UnionPay.

use crate::digest::{from_base64, sha256_hex, to_base64};
use crate::{Certificate, PrivateKey, PublicKey, Result, WireError};

/// Whose certificate signs in production.
pub const PRODUCTION_SIGNER: &str = "中国银联股份有限公司";
/// Whose certificate signs in UnionPay's test environment.
pub const TEST_SIGNER: &str = "00040000:SIGN";

/// The text that is hashed: sorted by name, without `signature` and without what is empty.
pub fn message(params: &[(&str, &str)]) -> String {
    let mut sorted: Vec<_> = params.iter().filter(|(k, v)| !v.is_empty() && *k != "signature").collect();
    sorted.sort_unstable();
    sorted.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&")
}

/// Base64 signature of a message.
pub fn sign(key: &PrivateKey, params: &[(&str, &str)]) -> String {
    key.sign(sha256_hex(message(params)))
}

/// Checks a signature with a known key.
pub fn verify(key: &PublicKey, params: &[(&str, &str)], signature: &str) -> Result<()> {
    key.verify(sha256_hex(message(params)), signature)
}

/// `certId`: the decimal serial of a certificate.
pub fn certificate_id(pem: &str) -> Result<String> {
    Certificate::parse(pem).map(|certificate| certificate.decimal_serial().to_owned())
}

/// The one private key in a text that may hold certificates beside it, as OpenSSL writes what was in a `.pfx`.
pub fn private_key_in(text: &str) -> Result<PrivateKey> {
    let found = blocks(text, "PRIVATE KEY");
    PrivateKey::parse(found.first().map_or(text, String::as_str))
}

/// The certificate in such a text that belongs to a key; `WireError::Signature` if none does.
pub fn certificate_in(text: &str, key: &PrivateKey) -> Result<Certificate> {
    let found = blocks(text, "CERTIFICATE");
    if found.is_empty() {
        return Err(WireError::Key("certificate"));
    }
    let proof = "an own certificate belongs to the own key";
    let signature = key.sign(proof);
    let parsed = found.iter().filter_map(|pem| Certificate::parse(pem).ok());
    let mut own = parsed.filter(|certificate| certificate.public_key().verify(proof, &signature).is_ok());
    own.next().ok_or(WireError::Signature)
}

fn blocks(text: &str, kind: &str) -> Vec<String> {
    let all = pem::parse_many(text).unwrap_or_default();
    all.iter().filter(|block| block.tag().ends_with(kind)).map(pem::encode).collect()
}

/// Whom answers are believed from.
#[derive(Debug, Clone)]
pub struct Trust {
    middle: Certificate,
    signer: String,
}

impl Trust {
    /// The authority (`acp_prod_middle.cer`), its root (`acp_prod_root.cer`), and who the signer must be.
    /// An authority that the root did not issue is `WireError::Key`.
    pub fn new(middle: &str, root: &str, signer: &str) -> Result<Self> {
        let (middle, root) = (Certificate::parse(middle)?, Certificate::parse(root)?);
        if !middle.is_issued_by(&root) || !root.is_issued_by(&root) {
            return Err(WireError::Key("certificate chain"));
        }
        Ok(Trust { middle, signer: signer.to_owned() })
    }

    /// The key of a certificate that came with a message, if it is one of UnionPay's and valid now.
    pub fn key_of(&self, pem: &str, now_s: i64) -> Result<PublicKey> {
        let theirs = Certificate::parse(pem)?;
        if !theirs.is_valid_at(now_s) || !self.middle.is_valid_at(now_s) {
            return Err(WireError::Stale);
        }
        // The common name is `041@8310000000083040@中国银联股份有限公司@00016490`: the third part says who it is.
        let owner = theirs.common_name().and_then(|name| name.split('@').nth(2));
        if !theirs.is_issued_by(&self.middle) || owner != Some(&self.signer) {
            return Err(WireError::Signature);
        }
        Ok(theirs.public_key().clone())
    }

    /// Proves an answer or a notice: its certificate, then its signature.
    pub fn verify(&self, params: &[(&str, &str)], now_s: i64) -> Result<()> {
        let of = |name: &'static str| {
            let found = params.iter().find(|(k, _)| *k == name).map(|(_, v)| *v).filter(|v| !v.is_empty());
            found.ok_or(WireError::Missing(name))
        };
        if of("signMethod")? != "01" {
            return Err(WireError::Malformed("signMethod"));
        }
        verify(&self.key_of(of("signPubKeyCert")?, now_s)?, params, of("signature")?)
    }
}

/// The fields of an answer. It looks like a form but is not encoded, and a value in braces or brackets may hold `&`.
pub fn parse_answer(text: &str) -> Result<Vec<(String, String)>> {
    let (mut fields, mut start, mut closing) = (Vec::new(), 0, None);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, closing) {
            (b'{', None) => closing = Some(b'}'),
            (b'[', None) => closing = Some(b']'),
            (b'&', None) => {
                fields.push(&text[start..at]);
                start = at + 1;
            }
            (byte, Some(end)) if byte == end => closing = None,
            _ => {}
        }
    }
    fields.push(&text[start..]);
    let pair = |field: &&str| {
        let (name, value) = field.split_once('=').ok_or(WireError::Malformed("answer"))?;
        let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if named { Ok((name.to_owned(), value.to_owned())) } else { Err(WireError::Malformed("answer")) }
    };
    fields.iter().filter(|field| !field.is_empty()).map(pair).collect()
}

/// The bytes in `fileContent` (still deflated).
pub fn file_content(text: &str) -> Result<Vec<u8>> {
    from_base64(text.split_whitespace().collect::<String>()).ok_or(WireError::Malformed("fileContent"))
}

/// The same the other way round.
pub fn as_file_content(bytes: &[u8]) -> String {
    to_base64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_and_the_signature_itself_are_left_out() {
        let params = [("txnTime", "2"), ("accessType", "0"), ("reqReserved", ""), ("signature", "x"), ("b", "1")];
        assert_eq!(message(&params), "accessType=0&b=1&txnTime=2");
    }

    #[test]
    fn what_openssl_takes_out_of_a_pfx_is_read_as_it_is() {
        let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let made = |key: &PrivateKey| Certificate::self_signed(key, "x", "0A", 1_700_000_000, 1_800_000_000).unwrap();
        let (own, authority) = (made(&key), made(&other));
        let bag = "Bag Attributes\n    localKeyID: 01\nsubject=CN = x\n";
        let text = format!("{bag}{}{bag}{}{bag}{}", authority.pem(), own.pem(), key.to_pem().unwrap());
        assert_eq!(private_key_in(&text).unwrap().sign("m"), key.sign("m"));
        assert_eq!(certificate_in(&text, &key).unwrap().public_key().to_pem(), own.public_key().to_pem());
        assert_eq!(certificate_in(authority.pem(), &key).unwrap_err(), WireError::Signature);
        assert!(private_key_in(own.pem()).is_err() && certificate_in("x", &key).is_err());
    }

    #[test]
    fn values_in_braces_keep_their_ampersands() {
        let read = parse_answer("a=1&cardTransData={x=1&y=2}&list=[p&q]&sign=AA==&").unwrap();
        let told: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(told, [("a", "1"), ("cardTransData", "{x=1&y=2}"), ("list", "[p&q]"), ("sign", "AA==")]);
        assert!(parse_answer("<html>").is_err() && parse_answer("a&b=1").is_err());
        assert_eq!(parse_answer("").unwrap(), []);
    }
}
