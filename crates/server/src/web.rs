//! The front ends, embedded: the storefront at `/`, the back office at `/admin`, the API documents at `/docs`.
//! Files with a hash in their name are kept forever; pages are asked for again. Compressed copies are made when the front
//! ends are built, so serving costs a look-up.

use crate::storefront;
use axum::Router;
use axum::extract::{Request, State};
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

/// What a page may load: only from us, and map tiles from where the mall says. Styles may be inline because both UI kits
/// set them; of scripts in the page only those that were built, `scripts` names them. Forms go to us, or to UnionPay's gateway,
/// where a payment is a form that the browser posts.
pub fn content_policy(scripts: &str, tiles: Option<&str>, framed_by: &str) -> HeaderValue {
    let tiles = tiles.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:{tiles}; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; \
         object-src 'none'; base-uri 'self'; form-action 'self' https://*.95516.com; frame-ancestors {framed_by}"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// The routes that are not answered by the fallback.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/admin", get(|| async { Redirect::permanent("/admin/") }))
        .route("/docs", get(|| async { Redirect::permanent("/docs/") }))
}

/// Everything else: a file of a front end, or the page that routes on the client, or a problem for API paths.
pub async fn fallback(State(app): State<App>, request: Request) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_api = ["/api/", "/admin/v1/", "/notify/", "/files/"].iter().any(|prefix| path.starts_with(prefix));
    if !is_read || is_api {
        return Problem(Error::not_found("request.no_such_route", "没有这个地址")).into_response();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let mall = app.malls.resolve(None, host).ok();
    let tiles = mall.as_ref().and_then(|mall| mall.settings.tile_origin());
    if let Some(rest) = path.strip_prefix("/admin/") {
        return site::<BackOffice>(rest, headers, PROGRAMS, tiles.as_deref());
    }
    if let Some(rest) = path.strip_prefix("/docs/") {
        return site::<Documents>(rest, headers, "", None);
    }
    let rest = path.trim_start_matches('/');
    if let (true, Some(mall), Some(built)) = (is_page(rest), &mall, Storefront::get(PAGE))
        && let Ok(built) = std::str::from_utf8(&built.data)
    {
        return storefront::page(&app, mall, built, headers).await;
    }
    site::<Storefront>(rest, headers, "", None)
}

const PAGE: &str = "index.html";

/// The back office may also run compiled programs that come from us (the reader of bar codes, ADR 125), never text as a script.
const PROGRAMS: &str = " 'wasm-unsafe-eval'";

/// An address without a file's ending: the client routes on it.
fn is_page(path: &str) -> bool {
    path == PAGE || !path.rsplit('/').next().unwrap_or_default().contains('.')
}

fn site<S: Embed>(path: &str, headers: &HeaderMap, scripts: &str, tiles: Option<&str>) -> Response {
    let name = if is_page(path) { PAGE } else { path };
    for (ending, encoding) in [(".br", "br"), (".gz", "gzip")] {
        if accepts(headers, encoding)
            && let Some(file) = S::get(&format!("{name}{ending}"))
        {
            return respond(name, file, Some(encoding), headers, scripts, tiles);
        }
    }
    match S::get(name) {
        Some(file) => respond(name, file, None, headers, scripts, tiles),
        None if name == PAGE => not_built(),
        None => Problem(Error::not_found("request.no_such_file", "没有这个文件")).into_response(),
    }
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| part.trim().split(';').next() == Some(encoding))
}

fn respond(
    name: &str,
    file: EmbeddedFile,
    encoding: Option<&'static str>,
    asked: &HeaderMap,
    scripts: &str,
    tiles: Option<&str>,
) -> Response {
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
        headers.insert(header::CONTENT_SECURITY_POLICY, content_policy(scripts, tiles, "'none'"));
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
