//! The outermost layer, in one piece because every request pays for it: request id, rate limit, ready answers from the
//! cache, time limit, panic guard, security headers, metrics, and the log line of what failed.
//! A cache hit never reaches the router.

use crate::app::App;
use crate::cache::Fill;
use crate::extract::client_ip;
use crate::packed::{self, Asked};
use crate::problem::{self, Failure};
use crate::ratelimit::Limit;
use crate::seal;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Ready, ready};
use kernel::{Error, Kind};
use std::convert::Infallible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant as Stopwatch};
use tower::Service;

/// Names one request in logs, problems and the audit log; sent back as `X-Request-Id`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestId(u64);

static NEXT: AtomicU64 = AtomicU64::new(0);
static SALT: LazyLock<u64> = LazyLock::new(|| u64::from_le_bytes(seal::random_bytes()));

impl RequestId {
    fn next() -> Self {
        RequestId(NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ *SALT)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps the whole router.
#[derive(Clone)]
pub struct Edge {
    app: App,
    router: Router,
    limit: Option<Limit>,
}

impl Edge {
    pub fn new(app: App, router: Router) -> Self {
        let per_second = app.config.rate_limit.requests_per_second;
        let limit = (per_second > 0.0).then(|| Limit {
            name: "edge",
            burst: app.config.rate_limit.burst.max(1),
            interval_ms: 1_000.0 / per_second,
        });
        Edge { app, router, limit }
    }

    /// The cached answer to a public GET, if there is one.
    fn ready_answer(&self, request: &Request) -> Option<Response> {
        if !is_crowded(request) {
            return None;
        }
        let mall = self
            .app
            .malls
            .resolve(header_text(request.headers(), "x-mall"), header_text(request.headers(), "host"))
            .ok()?;
        let target = request.uri().path_and_query()?.as_str();
        self.app.cache.answer(mall.id, target, Asked::of(request.headers()), self.app.clock.now())
    }
}

/// A mini program's `wx.request` cannot send PATCH: it posts with `X-HTTP-Method-Override: PATCH`.
fn allow_patch_by_post(request: &mut Request) {
    let asked = request.headers().get("x-http-method-override");
    if request.method() == Method::POST && asked.is_some_and(|method| method == "PATCH") {
        *request.method_mut() = Method::PATCH;
    }
}

/// Only anonymous-equivalent reads are shared: a search by someone signed in must reach the handler (own history).
fn is_crowded(request: &Request) -> bool {
    request.method() == Method::GET
        && request.uri().path().starts_with("/api/v1/")
        && (!request.headers().contains_key(header::AUTHORIZATION)
            || (!request.uri().query().is_some_and(|q| q.contains("q=")) && request.headers().contains_key("x-mall")))
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = RequestId::next();
        allow_patch_by_post(&mut request);
        if let Some(limit) = self.limit {
            let (parts, body) = request.into_parts();
            let ip = client_ip(&parts, &self.app.config.server.trusted_proxies);
            if let Err(error) = self.app.rate_limit.check(limit, ip, self.app.clock.now()) {
                let mut response = problem::render(&error, Some(&id.to_string()));
                finish(response.headers_mut(), id);
                return Either::Left(ready(Ok(response)));
            }
            return self.go(Request::from_parts(parts, body), id);
        }
        self.go(request, id)
    }
}

impl Edge {
    fn go(&mut self, mut request: Request, id: RequestId) -> <Self as Service<Request>>::Future {
        if let Some(mut response) = self.ready_answer(&request) {
            self.app.metrics.cache_hit();
            finish(response.headers_mut(), id);
            return Either::Left(ready(Ok(response)));
        }
        request.extensions_mut().insert(id);
        let (app, mut router) = (self.app.clone(), self.router.clone());
        Either::Right(Box::pin(async move { Ok(answer(app, &mut router, request, id).await) }))
    }
}

async fn answer(app: App, router: &mut Router, request: Request, id: RequestId) -> Response {
    let watch = Stopwatch::now();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let crowded = is_crowded(&request);
    let mut asked = HeaderMap::new();
    for name in [header::IF_NONE_MATCH, header::ACCEPT_ENCODING] {
        if let Some(value) = request.headers().get(&name) {
            asked.insert(name, value.clone());
        }
    }
    let mall = app.malls.resolve(header_text(request.headers(), "x-mall"), header_text(request.headers(), "host"));
    // A file takes its time on a slow line.
    let is_upload =
        header_text(request.headers(), "content-type").is_some_and(|t| t.starts_with("multipart/form-data"));
    let seconds = if is_upload { app.config.uploads.timeout_s } else { app.config.server.request_timeout_s };
    let limit = Duration::from_secs(seconds);
    let work = AssertUnwindSafe(router.call(request)).catch_unwind();
    let mut response = match tokio::time::timeout(limit, work).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_panic)) => problem::render(&Error::internal("a handler panicked"), Some(&id.to_string())),
        Err(_late) => {
            problem::render(&Error::unavailable("server.timeout", "处理时间太长了，请稍后再试"), Some(&id.to_string()))
        }
    };
    if let (true, Some(fill), Ok(mall)) = (crowded, response.extensions_mut().remove::<Fill>(), mall) {
        if let Some(target) = uri.path_and_query() {
            app.cache.keep(mall.id, target.as_str(), &fill, app.clock.now());
        }
        response = fill.respond(Asked::of(&asked));
    }
    if let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() {
        report(&error, &method, uri.path(), id);
        let mut named = problem::render(&error, Some(&id.to_string()));
        named.extensions_mut().clear();
        response = named;
    }
    if packed::unpacks(&asked) {
        response = packed::pack_answer(response).await;
    }
    finish(response.headers_mut(), id);
    let elapsed = watch.elapsed();
    app.metrics.request(uri.path(), response.status().as_u16(), elapsed.as_secs_f64());
    if app.config.log.access {
        tracing::info!(%method, path = uri.path(), status = response.status().as_u16(), ms = elapsed.as_millis(), request_id = %id, "request");
    }
    response
}

fn report(error: &Error, method: &Method, path: &str, id: RequestId) {
    match error.kind() {
        Kind::Internal => tracing::error!(%method, path, request_id = %id, %error, "internal error"),
        Kind::Gateway | Kind::Unavailable => {
            tracing::warn!(%method, path, request_id = %id, %error, "outside or overload")
        }
        _ => tracing::debug!(%method, path, request_id = %id, %error, "refused"),
    }
}

/// Headers every answer carries. HTML gets its own content policy where it is served.
fn finish(headers: &mut HeaderMap, id: RequestId) {
    let mut hex = [0u8; 16];
    for (i, digit) in hex.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[usize::try_from((id.0 >> (60 - 4 * i)) & 15).expect("a nibble")];
    }
    headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(&hex).expect("hex is a header value"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// Answers an unknown route of the API.
pub async fn no_such_route(_: Request<Body>) -> problem::Problem {
    problem::Problem(Error::not_found("request.no_such_route", "没有这个地址"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_post_may_ask_to_be_a_patch() {
        let method = |sent: Method, asked: &str| {
            let mut request =
                Request::builder().method(sent).header("x-http-method-override", asked).body(Body::empty()).unwrap();
            allow_patch_by_post(&mut request);
            request.method().clone()
        };
        assert_eq!(method(Method::POST, "PATCH"), Method::PATCH);
        assert_eq!(method(Method::POST, "DELETE"), Method::POST);
        assert_eq!(method(Method::GET, "PATCH"), Method::GET);
    }
}
