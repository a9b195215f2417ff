//! Sends stored files. A key never changes its content: a year of caching, the key itself as `ETag`, ranges for video.

use super::key;
use crate::app::App;
use crate::problem::Answer;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Error, Result};

const A_YEAR: &str = "public, max-age=31536000, immutable";

/// Answers a stored file, or `storage.no_such_file` (404).
pub(super) async fn serve_file(
    State(app): State<App>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let content_type = key::content_type(&key).filter(|_| key::is_servable(&key)).ok_or_else(no_such_file)?;
    let etag = HeaderValue::from_str(&format!("\"{key}\"")).map_err(Error::internal)?;
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, always(etag, content_type)).into_response());
    }
    let (bytes, _) = app.outside.objects().get(&key).await?.ok_or_else(no_such_file)?;
    let mut all = always(etag, content_type);
    let Some(range) = headers.get(header::RANGE).and_then(|r| r.to_str().ok()).and_then(|r| parse(r, bytes.len()))
    else {
        return Ok((StatusCode::OK, all, Body::from(bytes)).into_response());
    };
    let total = bytes.len();
    match range {
        Ok((from, to)) => {
            let part = bytes::Bytes::from(bytes).slice(from..to);
            let told = format!("bytes {from}-{}/{total}", to - 1);
            all.insert(header::CONTENT_RANGE, HeaderValue::from_str(&told).map_err(Error::internal)?);
            Ok((StatusCode::PARTIAL_CONTENT, all, Body::from(part)).into_response())
        }
        Err(()) => {
            let told = HeaderValue::from_str(&format!("bytes */{total}")).map_err(Error::internal)?;
            Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, told)]).into_response())
        }
    }
}

fn no_such_file() -> Error {
    Error::not_found("storage.no_such_file", "没有找到这个文件")
}

fn always(etag: HeaderValue, content_type: &'static str) -> HeaderMap {
    let fixed = HeaderValue::from_static;
    [
        (header::CONTENT_TYPE, fixed(content_type)),
        (header::ETAG, etag),
        (header::CACHE_CONTROL, fixed(A_YEAR)),
        (header::ACCEPT_RANGES, fixed("bytes")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::CONTENT_SECURITY_POLICY, fixed("default-src 'none'; sandbox")),
    ]
    .into_iter()
    .collect()
}

fn names(known: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(known), Ok(etag)) = (known.to_str(), etag.to_str()) else {
        return false;
    };
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == etag || one == "*")
}

/// One range of bytes as `from..to`; `None` for what may be ignored (several ranges, other units), `Err` when it lies
/// outside.
fn parse(range: &str, total: usize) -> Option<Result<(usize, usize), ()>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let bounds = match (from.trim(), to.trim()) {
        ("", "") => return None,
        ("", last) => {
            let last: usize = last.parse().ok()?;
            (total.saturating_sub(last), total)
        }
        (from, "") => (from.parse().ok()?, total),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.saturating_add(1).min(total)),
    };
    Some(if bounds.0 < bounds.1 { Ok(bounds) } else { Err(()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_served_and_odd_ones_are_ignored() {
        assert_eq!(parse("bytes=0-1", 10), Some(Ok((0, 2))));
        assert_eq!(parse("bytes=5-", 10), Some(Ok((5, 10))));
        assert_eq!(parse("bytes=-3", 10), Some(Ok((7, 10))));
        assert_eq!(parse("bytes=8-99", 10), Some(Ok((8, 10))));
        assert_eq!(parse("bytes=10-", 10), Some(Err(())));
        assert_eq!(parse("bytes=3-2", 10), Some(Err(())));
        assert_eq!(parse("bytes=0-18446744073709551615", 10), Some(Ok((0, 10))));
        for ignored in ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,4-5", "items=0-1"] {
            assert_eq!(parse(ignored, 10), None, "{ignored}");
        }
    }

    #[test]
    fn a_known_etag_is_recognised_in_a_list() {
        let etag = HeaderValue::from_static("\"a\"");
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(names(&HeaderValue::from_static(known), &etag), "{known}");
        }
        assert!(!names(&HeaderValue::from_static("\"ab\""), &etag));
    }
}
