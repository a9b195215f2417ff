//! The door of WeChat Pay: checks headers, clock and signature of every request, and signs every response over its raw
//! bytes, 204 and refusals included. Faults of the request, of the payment and of the console are applied here.

use super::answer::PayError;
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use wire::WireError;
use wire::wechat_pay::{Authorization, PROBE_PREFIX, SignatureHeaders};

const MAX_BODY: usize = 64 * 1024;
const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

/// What the handler learns about the request besides its content.
#[derive(Clone)]
pub(super) struct Caller {
    /// The client trusts the fixed public key rather than certificates.
    pub(super) by_public_key: bool,
    /// Faults that stay with what the request creates.
    pub(super) lasting: Faults,
    /// Faults of this request and of the console.
    pub(super) faults: Faults,
}

pub(super) async fn guard(
    State(world): State<Arc<World>>,
    OriginalUri(original): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut faults = Faults::of_headers(&parts.headers);
    let lasting = faults.lasting();
    faults.extend(&world.state().switches);
    let serial = text(&parts.headers, "wechatpay-serial");
    let by_public_key = serial.starts_with(PUBLIC_KEY_PREFIX);
    parts.extensions.insert(Caller { by_public_key, lasting, faults: faults.clone() });

    let admitted = match to_bytes(body, MAX_BODY).await {
        Err(_) => Err(PayError::param("body", "请求体过大")),
        Ok(bytes) => admit(&world, &parts.method, &parts.headers, [&parts.uri, &original], &bytes).map(|()| bytes),
    };
    let path = parts.uri.path().to_owned();
    // Certificates stay available: without them a client could not tell a real refusal from a forged one.
    let exempt = path.ends_with("/v3/certificates");
    let (mut response, reached) = match admitted {
        Err(refusal) => (refusal.into_response(), false),
        Ok(_) if faults.has(Fault::SystemError) && !exempt => {
            (PayError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用").into_response(), false)
        }
        Ok(_) if faults.has(Fault::RateLimited) && !exempt => {
            (PayError::new(429, "FREQUENCY_LIMITED", "频率超限，请降低请求接口频率").into_response(), false)
        }
        Ok(bytes) => (next.run(Request::from_parts(parts, Body::from(bytes))).await, true),
    };
    if let Some(own) = response.extensions_mut().remove::<Faults>() {
        faults.extend(&own);
    }
    if reached && response.status().is_success() && faults.has(Fault::TimeoutAfterSuccess) {
        sleep_ms(world.pace.hang_ms).await;
    }
    // The file of a bill is the one thing that is not signed; its hash was.
    if path.ends_with("/v3/billdownload/file") && response.status().is_success() {
        return response;
    }
    signed(&world, response, by_public_key, &faults).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// The checks that precede any work. The signature may cover the path with or without the mount prefix.
fn admit(world: &World, method: &Method, headers: &HeaderMap, uris: [&Uri; 2], body: &[u8]) -> Result<(), PayError> {
    let accept = text(headers, header::ACCEPT.as_str());
    if accept.is_empty() || text(headers, header::USER_AGENT.as_str()).is_empty() {
        return Err(PayError::param("header", "Http头缺少Accept或User-Agent"));
    }
    if !accept.contains("application/json") && !accept.contains("*/*") {
        return Err(PayError::new(406, "PARAM_ERROR", "Http头Accept只支持application/json"));
    }
    if *method == Method::POST && !text(headers, header::CONTENT_TYPE.as_str()).starts_with("application/json") {
        return Err(PayError::new(415, "PARAM_ERROR", "Http头Content-Type只支持application/json"));
    }
    let given = text(headers, header::AUTHORIZATION.as_str());
    if given.is_empty() {
        return Err(PayError::sign("Http头缺少Authorization"));
    }
    let authorization = Authorization::parse(given).map_err(|_| PayError::sign("Http头Authorization值格式错误"))?;
    let now_s = world.now().unix_seconds();
    let serial = text(headers, "wechatpay-serial");
    world.keys(|keys| {
        if authorization.merchant_id != keys.merchant_id() {
            return Err(PayError::sign("商户号不存在"));
        }
        let own_serial = wire::certificate::normal_serial(keys.merchant_serial());
        if wire::certificate::normal_serial(&authorization.serial) != own_serial {
            return Err(PayError::sign("商户证书序列号有误"));
        }
        let known = |s: &str| {
            s == keys.fixed.serial || keys.platform.iter().any(|p| p.serial == wire::certificate::normal_serial(s))
        };
        if !serial.is_empty() && !known(serial) {
            return Err(PayError::param("Wechatpay-Serial", "平台证书序列号或公钥ID不存在"));
        }
        let mut outcome = Err(WireError::Signature);
        for uri in uris {
            let path = uri.path_and_query().map_or("/", |p| p.as_str());
            outcome = authorization.verify(&keys.merchant_public, method.as_str(), path, body, now_s);
            if outcome != Err(WireError::Signature) {
                break;
            }
        }
        outcome.map_err(|e| match e {
            WireError::Stale => PayError::sign("请求时间戳与服务器时间相差超过5分钟"),
            _ => PayError::sign("签名错误，请检查后再试"),
        })
    })
}

/// Adds the signature headers and a request id.
async fn signed(world: &World, response: Response, by_public_key: bool, faults: &Faults) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let headers =
        signature(world, by_public_key, &bytes, faults.has(Fault::WrongSignature), faults.has(Fault::ProbeResponse));
    let mut put = |name: &'static str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("header names are written in this crate");
        parts.headers.insert(name, HeaderValue::from_str(value).expect("header values are plain ASCII"));
    };
    for (name, value) in headers.pairs() {
        put(name, &value);
    }
    put(
        "Request-ID",
        &format!("08{}-{}", wire::random::nonce(), if parts.status.is_success() { 0 } else { 268_435_457 }),
    );
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, must-revalidate"));
    Response::from_parts(parts, Body::from(bytes))
}

/// Signature headers over `body`; `wrong` signs other bytes, `probe` marks it as a probe.
pub(super) fn signature(
    world: &World,
    by_public_key: bool,
    body: &Bytes,
    wrong: bool,
    probe: bool,
) -> SignatureHeaders {
    let signer = world.signer(by_public_key);
    let nonce = wire::random::nonce();
    let spoiled = [body.as_ref(), b" "].concat();
    let text: &[u8] = if wrong { &spoiled } else { body };
    let mut made = SignatureHeaders::sign(&signer.key, &signer.serial, world.now().unix_seconds(), &nonce, text);
    if probe {
        made.signature = format!("{PROBE_PREFIX}{}", made.signature);
    }
    made
}
