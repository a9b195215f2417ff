//! The answer of `GET /v3/certificates`: each platform certificate sealed with the APIv3 key.
//! Read by clients in platform-certificate mode, written by stand-ins.

use super::{ApiV3Key, Resource};
use crate::{Certificate, Result, WireError};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

#[derive(Serialize, Deserialize)]
struct Entry {
    serial_no: String,
    effective_time: String,
    expire_time: String,
    encrypt_certificate: Resource,
}

#[derive(Serialize, Deserialize)]
struct List {
    data: Vec<Entry>,
}

/// Opens every certificate of the list. One that cannot be opened, or whose serial is not the announced one, refuses the whole list.
pub fn open_certificates(key: &ApiV3Key, body: &[u8]) -> Result<Vec<Certificate>> {
    let list: List = serde_json::from_slice(body).map_err(|_| WireError::Malformed("certificate list"))?;
    let mut certificates = Vec::with_capacity(list.data.len());
    for entry in list.data {
        let pem = String::from_utf8(entry.encrypt_certificate.open(key)?);
        let certificate = Certificate::parse(&pem.map_err(|_| WireError::Key("certificate"))?)?;
        if certificate.serial() != crate::certificate::normal_serial(&entry.serial_no) {
            return Err(WireError::Malformed("serial_no"));
        }
        certificates.push(certificate);
    }
    Ok(certificates)
}

fn china_time(unix_s: i64) -> Result<String> {
    let wrong = WireError::Malformed("validity");
    let offset = UtcOffset::from_hms(8, 0, 0).map_err(|_| wrong)?;
    let instant = OffsetDateTime::from_unix_timestamp(unix_s).map_err(|_| wrong)?.to_offset(offset);
    instant.format(&Rfc3339).map_err(|_| wrong)
}

/// Builds the list. `nonce` gives a fresh 12-character nonce per certificate.
pub fn seal_certificates(
    key: &ApiV3Key,
    certificates: &[Certificate],
    mut nonce: impl FnMut() -> String,
) -> Result<Vec<u8>> {
    let mut data = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        data.push(Entry {
            serial_no: certificate.serial().to_owned(),
            effective_time: china_time(certificate.not_before_s())?,
            expire_time: china_time(certificate.not_after_s())?,
            encrypt_certificate: Resource::seal(key, &nonce(), "certificate", certificate.pem().as_bytes())?,
        });
    }
    Ok(serde_json::to_vec(&List { data }).expect("a certificate list is plain data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateKey;

    #[test]
    fn sealed_list_opens_with_the_same_key_only() {
        let key = ApiV3Key::parse("a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb").unwrap();
        let private = PrivateKey::generate().unwrap();
        let made = ["7A01", "7A02"]
            .map(|serial| Certificate::self_signed(&private, "pay", serial, 1_700_000_000, 1_900_000_000).unwrap());
        let mut count = 0;
        let body = seal_certificates(&key, &made, || {
            count += 1;
            format!("{count:012}")
        })
        .unwrap();
        let opened = open_certificates(&key, &body).unwrap();
        assert_eq!(opened.iter().map(Certificate::serial).collect::<Vec<_>>(), ["7A01", "7A02"]);
        assert!(String::from_utf8(body.clone()).unwrap().contains("2023-11-15T06:13:20+08:00"));

        let other = ApiV3Key::parse("00000000000000000000000000000000").unwrap();
        assert_eq!(open_certificates(&other, &body).unwrap_err(), WireError::Decrypt);
        let renamed = String::from_utf8(body).unwrap().replace("\"7A01\"", "\"7A09\"");
        assert_eq!(open_certificates(&key, renamed.as_bytes()).unwrap_err(), WireError::Malformed("serial_no"));
    }
}
