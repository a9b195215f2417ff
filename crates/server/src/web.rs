//! The front ends, embedded: the storefront at `/`, the back office at `/admin`, the API documents at `/docs`.
//! Files with a hash in their name are kept forever; pages are asked for again. Compressed copies are made when the front
//! ends are built, so serving costs a look-up.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use kernel::Error;
use platform::App;
use platform::problem::Problem;
use rust_embed::{Embed, EmbeddedFile};

#[derive(Embed)]
#[folder = "../../web/mini/dist/build/h5"]
#[allow_missing = true]
struct Storefront;

#[derive(Embed)]
#[folder = "../../web/admin/dist"]
#[allow_missing = true]
struct BackOffice;

#[derive(Embed)]
#[folder = "../../web/docs/dist"]
#[allow_missing = true]
struct Documents;

/// What a page may load: only from us. Styles may be inline because both UI kits set them.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// The storefront also stands in the page editor's phone frame, which has our own origin.
const FRAMED_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

/// The routes that are not answered by the fallback.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/admin", get(|| async { Redirect::permanent("/admin/") }))
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
}

/// Everything else: a file of a front end, or the page that routes on the client, or a problem for API paths.
pub async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_api = ["/api/", "/admin/v1/", "/notify/", "/files/"].iter().any(|prefix| path.starts_with(prefix));
    if !is_read || is_api {
        return Problem(Error::not_found("request.no_such_route", "没有这个地址")).into_response();
    }
    if let Some(rest) = path.strip_prefix("/admin/") {
        return site::<BackOffice>(rest, request.headers());
    }
    if let Some(rest) = path.strip_prefix("/docs/") {
        return site::<Documents>(rest, request.headers());
    }
    let mut response = site::<Storefront>(path.trim_start_matches('/'), request.headers());
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMED_POLICY));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    }
    response
}

fn site<S: Embed>(path: &str, headers: &HeaderMap) -> Response {
    let wants_page = !path.rsplit('/').next().unwrap_or_default().contains('.');
    let name = if path.is_empty() || wants_page { "index.html" } else { path };
    for (ending, encoding) in [(".br", "br"), (".gz", "gzip")] {
        if accepts(headers, encoding)
            && let Some(file) = S::get(&format!("{name}{ending}"))
        {
            return respond(name, file, Some(encoding), headers);
        }
    }
    match S::get(name) {
        Some(file) => respond(name, file, None, headers),
        None if name == "index.html" => not_built(),
        None => Problem(Error::not_found("request.no_such_file", "没有这个文件")).into_response(),
    }
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| part.trim().split(';').next() == Some(encoding))
}

fn respond(name: &str, file: EmbeddedFile, encoding: Option<&'static str>, asked: &HeaderMap) -> Response {
    let hash: String = file.metadata.sha256_hash()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{hash}\"")).expect("hex is a header value");
    let known = asked.get(header::IF_NONE_MATCH) == Some(&etag);
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_response() };
    let headers = response.headers_mut();
    let is_page = name.ends_with(".html");
    let lasting = !is_page && name.contains("assets/");
    let caching = if lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::ETAG, etag);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if is_page {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// The binary was built without the front ends; says how to build them.
fn not_built() -> Response {
    let page = "<!doctype html><meta charset=utf-8><title>Hefang</title>\
        <p>这个程序没有带上前端页面。运行 <code>make web</code> 再重新编译即可。接口可用：<a href=/openapi.json>/openapi.json</a>";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}
