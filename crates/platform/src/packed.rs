//! Bytes that are ready to be sent, and their gzip copy, made once when the first client asks that can unpack it. The plain
//! path pays nothing for it. Answers that are made for one caller are packed on their way out when they are long enough.
//! There is no secret in a packed answer that a stranger's page could have asked for: sessions travel in a header of
//! their own, never in a cookie.

use crate::seal;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt;
use std::io::Write;
use std::sync::OnceLock;

/// Shorter bodies fit into one packet as they are.
const SHORTEST: u64 = 1_400;
/// Longer bodies of one caller are sent as they are: packing them would hold up others.
const LONGEST: u64 = 512 * 1_024;
const LEVEL: u32 = 5;

/// What of a request decides how a ready answer is sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    known: Option<&'a HeaderValue>,
    unpacks: bool,
}

impl<'a> Asked<'a> {
    pub fn of(headers: &'a HeaderMap) -> Self {
        Asked { known: headers.get(header::IF_NONE_MATCH), unpacks: unpacks(headers) }
    }

    pub fn knowing(etag: &'a HeaderValue) -> Self {
        Asked { known: Some(etag), unpacks: false }
    }
}

/// Whether a client takes gzip.
pub fn unpacks(headers: &HeaderMap) -> bool {
    let Some(accepted) = headers.get(header::ACCEPT_ENCODING) else { return false };
    accepted.to_str().is_ok_and(|text| {
        text.split(',').map(str::trim).any(|part| {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            name.trim() == "gzip" && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    })
}

/// Bytes with their `ETag`, and packed on demand.
pub struct Ready {
    bytes: Bytes,
    etag: HeaderValue,
    packed: OnceLock<Option<(Bytes, HeaderValue)>>,
}

impl Ready {
    pub fn new(bytes: Bytes) -> Self {
        let digest = seal::sha256_hex(&bytes);
        Ready { etag: quoted(&digest[..16]), bytes, packed: OnceLock::new() }
    }

    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn etag(&self) -> &HeaderValue {
        &self.etag
    }

    fn packed(&self) -> Option<&(Bytes, HeaderValue)> {
        let made = self.packed.get_or_init(|| {
            let bytes = pack(&self.bytes)?;
            let plain = self.etag.to_str().unwrap_or_default().trim_matches('"');
            Some((bytes, quoted(&format!("{plain}-gz"))))
        });
        made.as_ref()
    }

    /// The 200, packed for who unpacks, or the 304 for who knows it already.
    pub fn respond(&self, asked: Asked<'_>) -> Response {
        let packed = if asked.unpacks { self.packed() } else { None };
        let (bytes, etag) = packed.map_or((&self.bytes, &self.etag), |(bytes, etag)| (bytes, etag));
        let mut response = if asked.known == Some(etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut full = Response::new(Body::from(bytes.clone()));
            full.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            if packed.is_some() {
                full.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            full
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

fn quoted(text: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{text}\"")).expect("hex is a header value")
}

/// `None` when it would not be shorter.
fn pack(bytes: &Bytes) -> Option<Bytes> {
    if (bytes.len() as u64) < SHORTEST {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::new(LEVEL));
    packer.write_all(bytes).ok()?;
    let packed = packer.finish().ok()?;
    (packed.len() < bytes.len()).then(|| Bytes::from(packed))
}

/// Packs the JSON of an answer that was made for one caller.
pub async fn pack_answer(response: Response) -> Response {
    let headers = response.headers();
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let length = response.body().size_hint().exact().unwrap_or(0);
    if !is_json || headers.contains_key(header::CONTENT_ENCODING) || !(SHORTEST..=LONGEST).contains(&length) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body.collect().await.map(|collected| collected.to_bytes()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(packed) = pack(&bytes) else { return Response::from_parts(parts, Body::from(bytes)) };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(parts, Body::from(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn accepting(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))])
    }

    fn unpack(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn only_who_unpacks_gets_packed_bytes() {
        assert!(unpacks(&accepting("br, gzip")) && unpacks(&accepting("gzip;q=0.5")));
        assert!(!unpacks(&accepting("br")) && !unpacks(&accepting("gzip;q=0")) && !unpacks(&HeaderMap::new()));
    }

    #[test]
    fn each_form_of_an_answer_has_its_own_etag() {
        let ready = Ready::new(Bytes::from("河坊".repeat(1_000)));
        let plain = ready.respond(Asked::default());
        let headers = accepting("gzip");
        let packed = ready.respond(Asked::of(&headers));
        assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
        assert_ne!(plain.headers()[header::ETAG], packed.headers()[header::ETAG]);
        let mut known = headers.clone();
        known.insert(header::IF_NONE_MATCH, packed.headers()[header::ETAG].clone());
        assert_eq!(ready.respond(Asked::of(&known)).status(), 304);
        assert_eq!(unpack(&ready.packed().unwrap().0), ready.bytes().as_ref());
    }

    #[test]
    fn a_short_answer_stays_as_it_is() {
        let headers = accepting("gzip");
        let response = Ready::new(Bytes::from_static(b"{}")).respond(Asked::of(&headers));
        assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
    }
}
