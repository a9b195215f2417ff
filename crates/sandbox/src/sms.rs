//! Alibaba Cloud SMS (`SendSms`, 2017-05-25): verifies the ACS3 signature, applies the limits per number, and keeps the
//! messages in an inbox where a person reads the code instead of on a phone.

use crate::bounded::Bounded;
use crate::control::Message;
use crate::page::{Prefix, escape, page};
use crate::switches::{Fault, Faults};
use crate::world::World;
use crate::{china, console};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use kernel::{Instant, days, hours, minutes};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::WireError;
use wire::aliyun_acs3;

const INBOX: usize = 500;
const MAX_NUMBERS: usize = 1_000;

pub(crate) struct SmsState {
    inbox: Bounded<Message>,
}

impl Default for SmsState {
    fn default() -> Self {
        SmsState { inbox: Bounded::new(INBOX) }
    }
}

impl SmsState {
    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Message> {
        self.inbox.newest()
    }

    fn sent_since(&self, phone: &str, since: Instant) -> usize {
        self.inbox.newest().filter(|m| m.phone == phone && m.at > since).count()
    }
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/", get(console::show).post(call)).route("/sms", get(inbox))
}

fn answer(status: StatusCode, code: &str, message: &str, extra: Option<(&str, String)>) -> Response {
    let id = wire::random::nonce();
    let request_id = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
    let mut body = json!({"RequestId": request_id, "Code": code, "Message": message});
    if let Some((name, value)) = extra {
        body[name] = json!(value);
    }
    (status, Json(body)).into_response()
}

/// A refusal before the request is looked at, in the shape of the gateway.
fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    answer(status, code, message, Some(("HostId", "dysmsapi.aliyuncs.com".to_owned())))
}

fn pairs_of(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// `POST /` with `x-acs-action`. The signed path may carry the prefix the stand-ins are mounted under.
pub(crate) async fn call(
    State(world): State<Arc<World>>,
    OriginalUri(original): OriginalUri,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = pairs_of(query.as_deref().unwrap_or_default());
    let named: Vec<(String, String)> =
        headers.iter().filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect();
    if let Err(error) = verify(&world, &method, ["/", original.path()], &query, &named, &body) {
        return match error {
            WireError::Key(_) => {
                refused(StatusCode::NOT_FOUND, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
            }
            WireError::Stale => refused(
                StatusCode::BAD_REQUEST,
                "InvalidTimeStamp.Expired",
                "Specified time stamp or date value is expired.",
            ),
            WireError::Missing(what) => {
                refused(StatusCode::BAD_REQUEST, "MissingParameter", &format!("{what} is missing"))
            }
            _ => refused(
                StatusCode::BAD_REQUEST,
                "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation.",
            ),
        };
    }
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if header("x-acs-action") != "SendSms" || header("x-acs-version") != "2017-05-25" {
        return refused(StatusCode::NOT_FOUND, "InvalidAction.NotFound", "Specified api is not found.");
    }
    let mut params = query;
    if header(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded") {
        params.extend(pairs_of(&String::from_utf8_lossy(&body)));
    }
    let limited = Faults::of_headers(&headers).has(Fault::SmsLimited) || world.switched(Fault::SmsLimited);
    match accept(&world, &params.into_iter().collect(), limited) {
        Ok(id) => answer(StatusCode::OK, "OK", "OK", Some(("BizId", id))),
        Err((code, message)) => answer(StatusCode::OK, code, message, None),
    }
}

/// Checks the signature with each of the paths the client may have signed.
fn verify(
    world: &World,
    method: &Method,
    paths: [&str; 2],
    query: &[(String, String)],
    headers: &[(String, String)],
    body: &[u8],
) -> Result<String, WireError> {
    let now_s = world.now().unix_seconds();
    let mut outcome = Err(WireError::Signature);
    for path in paths {
        let request = aliyun_acs3::Request { method: method.as_str(), path, query, headers, body };
        outcome = aliyun_acs3::verify(&request, now_s, |id| world.keys(|k| k.sms_secret_of(id)));
        if outcome != Err(WireError::Signature) {
            break;
        }
    }
    outcome
}

type Refusal = (&'static str, &'static str);

/// Checks the parameters and puts one message per number into the inbox. Answers the BizId.
fn accept(world: &World, params: &BTreeMap<String, String>, limited: bool) -> Result<String, Refusal> {
    let of = |name: &str| params.get(name).map(String::as_str).unwrap_or_default();
    let phones: Vec<&str> = of("PhoneNumbers").split(',').collect();
    let mainland = |p: &&str| p.len() == 11 && p.starts_with('1') && p.bytes().all(|b| b.is_ascii_digit());
    if phones.len() > MAX_NUMBERS || !phones.iter().all(mainland) {
        return Err(("isv.MOBILE_NUMBER_ILLEGAL", "号码格式错误"));
    }
    if of("SignName").is_empty() {
        return Err(("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名"));
    }
    if of("TemplateCode").strip_prefix("SMS_").is_none_or(str::is_empty) {
        return Err(("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板"));
    }
    let values = match of("TemplateParam") {
        "" => Map::new(),
        text => serde_json::from_str(text).map_err(|_| ("isv.INVALID_JSON_PARAM", "参数格式错误，须是 JSON"))?,
    };
    let now = world.now();
    let mut state = world.state();
    if limited || (world.pace.sms_limits && phones.iter().any(|p| over_limits(&state.sms, p, now))) {
        return Err(("isv.BUSINESS_LIMIT_CONTROL", "触发号码天级流控"));
    }
    let id = format!("{}^0", wire::random::nonce());
    for phone in phones {
        let message = Message {
            phone: phone.to_owned(),
            sign_name: of("SignName").to_owned(),
            template_code: of("TemplateCode").to_owned(),
            params: values.clone(),
            at: now,
        };
        state.sms.inbox.insert(format!("{id} {phone}"), message);
    }
    Ok(id)
}

fn over_limits(sms: &SmsState, phone: &str, now: Instant) -> bool {
    [(minutes(1), 1), (hours(1), 5), (days(1), 10)].iter().any(|(ms, most)| sms.sent_since(phone, now - *ms) >= *most)
}

/// The inbox, newest first, for a person waiting for a code.
async fn inbox(State(world): State<Arc<World>>, prefix: Prefix) -> Response {
    let rows: String = world.state().sms.newest().take(50).map(row).collect();
    let list = if rows.is_empty() {
        "<p class=\"muted\">还没有短信。在登录页点“获取验证码”，它会出现在这里。</p>".to_owned()
    } else {
        format!("<ul class=\"plain\">{rows}</ul>")
    };
    let notices: String = world.state().mini.newest_notices().take(50).map(notified).collect();
    let notices = if notices.is_empty() {
        String::new()
    } else {
        format!("<section class=\"card\"><h2>微信订阅消息</h2><ul class=\"plain\">{notices}</ul></section>")
    };
    let body = format!(
        "<div class=\"narrow\"><h1>短信收件箱</h1><section class=\"card\">{list}</section>{notices}\
         <nav><a href=\"{0}/sms\">刷新</a><a href=\"{0}\">沙箱控制台</a></nav></div>",
        escape(&prefix.0)
    );
    page(&prefix, "短信收件箱", Some(5), &body)
}

fn row(message: &Message) -> String {
    let code = message.params.get("code").and_then(Value::as_str);
    let text = match code {
        Some(code) => format!("验证码 <span class=\"code\">{}</span>，五分钟内有效，请勿告诉他人。", escape(code)),
        None => escape(&Value::Object(message.params.clone()).to_string()),
    };
    format!(
        "<li><p class=\"muted\">{} · 发往 {}</p><p>【{}】{text}</p></li>",
        china::clock(message.at),
        escape(&message.phone),
        escape(&message.sign_name)
    )
}

fn notified(notice: &crate::mini::Notified) -> String {
    let fields: String =
        notice.data.iter().map(|(name, value)| format!("<br>{}：{}", escape(name), escape(value))).collect();
    format!(
        "<li><p class=\"muted\">{} · 打开 {}</p><p>{}{fields}</p></li>",
        china::clock(notice.at),
        escape(&notice.page),
        escape(&notice.template_id)
    )
}
