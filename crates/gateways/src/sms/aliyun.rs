//! Alibaba Cloud SendSms (dysmsapi 2017-05-25) signed with ACS3-HMAC-SHA256.
//! A message costs money and cannot be taken back, so a request is repeated only if it certainly never left.
//! The vendor limits one number and signature to 1 a minute, 5 an hour, 10 a day: `sms.limited`.

use crate::http::{Answer, Http, Repeat, parse_url};
use crate::{Secret, Timeouts};
use kernel::ports::{Pending, SmsSender};
use kernel::{Clock, Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use wire::aliyun_acs3::{Request, authorization};
use wire::sha256_hex;

/// Settings of one SMS account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliyunSmsConfig {
    /// `https://dysmsapi.aliyuncs.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    /// AccessKey id of a RAM user that may call `dysms:SendSms`.
    pub access_key_id: String,
    pub access_key_secret: Secret,
    /// Approved signature (短信签名), shown as 【…】.
    pub sign_name: String,
    /// Our template names to the vendor's codes: `sign_in_code = "SMS_1234567"`.
    pub templates: BTreeMap<String, String>,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://dysmsapi.aliyuncs.com".to_owned()
}

/// Client of one SMS account.
pub struct AliyunSms {
    http: Http,
    host: String,
    clock: Arc<dyn Clock>,
    config: AliyunSmsConfig,
}

impl fmt::Debug for AliyunSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AliyunSms({} {})", self.config.access_key_id, self.config.sign_name)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    request_id: String,
}

impl AliyunSms {
    pub fn new(config: AliyunSmsConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let url = parse_url("sms.base_url", &config.base_url)?;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(AliyunSms { http: Http::new(&config.base_url, config.timeouts)?, host, clock, config })
    }

    /// A request signed for this moment with a nonce of its own.
    fn signed(&self, query: &[(String, String)]) -> reqwest::RequestBuilder {
        let date = self.clock.now().to_string();
        let nonce = wire::random::nonce();
        let digest = sha256_hex("");
        let headers: Vec<(String, String)> = [
            ("host", self.host.as_str()),
            ("x-acs-action", "SendSms"),
            ("x-acs-content-sha256", &digest),
            ("x-acs-date", &format!("{}Z", &date[..19])),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-version", "2017-05-25"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let request = Request { method: "POST", path: "/", query, headers: &headers, body: b"" };
        let authorization = authorization(&self.config.access_key_id, self.config.access_key_secret.expose(), &request);
        let authorization = authorization.expect("every signed header is in the list above");
        let mut builder = self.http.post(&format!("/?{}", request.canonical_query()));
        for (name, value) in headers.iter().filter(|(name, _)| name != "host") {
            builder = builder.header(name, value);
        }
        builder.header("authorization", authorization).header("accept", "application/json")
    }

    async fn send_one(&self, phone: &str, template: &str, params: &[(&str, &str)]) -> Result<()> {
        // What staff enter with a notice is the vendor's own code.
        let own = template.starts_with("SMS_").then(|| template.to_owned());
        let code = self.config.templates.get(template).cloned().or(own).ok_or_else(|| {
            Error::unavailable("sms.template_missing", "短信暂时发不出去，请联系商家")
                .because(format!("no template {template}"))
        })?;
        let fields: Map<String, Value> = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
        let query = [
            ("PhoneNumbers", phone.to_owned()),
            ("SignName", self.config.sign_name.clone()),
            ("TemplateCode", code),
            ("TemplateParam", Value::Object(fields).to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let answer = self.http.send(Repeat::OnlyUnsent, || self.signed(&query)).await;
        let answer = answer.map_err(|fault| unavailable().because(fault.text))?;
        judge(&answer)
    }
}

fn unavailable() -> Error {
    Error::gateway("sms.unavailable", "短信暂时发不出去，请稍后再试")
}

/// Errors come with 4xx or with 200 and a `Code` other than `OK`.
fn judge(answer: &Answer) -> Result<()> {
    let sent: Sent = serde_json::from_slice(&answer.body)
        .map_err(|e| unavailable().because(format!("http {}: answer of unknown form: {e}", answer.status)))?;
    let error = match sent.code.as_str() {
        "OK" if answer.is_success() => return Ok(()),
        "isv.BUSINESS_LIMIT_CONTROL" | "isv.DAY_LIMIT_CONTROL" => {
            Error::too_many("sms.limited", "短信发送太频繁，请过一会儿再试").retry_after(60)
        }
        "isv.MOBILE_NUMBER_ILLEGAL" | "isv.MOBILE_COUNT_OVER_LIMIT" => Error::field("phone", "手机号不正确"),
        code if code.starts_with("Throttling") => unavailable(),
        _ if answer.status >= 500 => unavailable(),
        _ => Error::gateway("sms.refused", "短信暂时发不出去，请联系商家"),
    };
    Err(error.because(format!("{}: {} (request {})", sent.code, sent.message, sent.request_id)))
}

impl SmsSender for AliyunSms {
    fn send<'a>(&'a self, phone: &'a str, template: &'a str, params: &'a [(&'a str, &'a str)]) -> Pending<'a, ()> {
        Box::pin(self.send_one(phone, template, params))
    }
}
