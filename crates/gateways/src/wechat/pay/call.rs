//! One signed call: request out, proof of the answer, and the two ways it can fail — refused, or fate unknown.

use super::WechatPay;
use super::trust::Doubt;
use crate::http::{Answer, Repeat, cut};
use bytes::Bytes;
use kernel::Error;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use wire::WireError;
use wire::wechat_pay::{Authorization, SignatureHeaders};

/// The channel answered and said no.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    /// `ORDERPAID`, `PARAM_ERROR` …; empty if the answer had no such field.
    pub code: String,
    pub message: String,
    request_id: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = cut(&self.message, 300);
        write!(f, "http {} {}: {message} (request {})", self.status, self.code, self.request_id)
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    /// Time-out, 429, 5xx, 202, or an answer that cannot be believed or read: the channel may or may not have acted.
    Unknown(String),
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Failure {
    pub fn unreadable(cause: impl fmt::Display) -> Self {
        Failure::Unknown(format!("answer of unknown form: {cause}"))
    }

    /// True if the channel says there is no such payment or refund.
    pub fn is_not_found(&self) -> bool {
        let Failure::Refused(refusal) = self else { return false };
        refusal.status == 404
            && matches!(refusal.code.as_str(), "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS")
    }

    /// The error of a call whose repetition is harmless.
    pub fn into_error(self) -> Error {
        match self {
            Failure::Unknown(cause) => {
                Error::gateway("payment.channel_unavailable", "微信支付暂时没有回应，请稍后再试").because(cause)
            }
            Failure::Refused(refusal) => {
                let reused = refusal.code == "OUT_TRADE_NO_USED"
                    || refusal.code == "INVALID_REQUEST" && refusal.message.contains("重入");
                let error = match refusal.code.as_str() {
                    "ORDERPAID" | "ORDER_PAID" => Error::conflict("payment.already_paid", "这笔订单已经付过款了"),
                    "ORDERCLOSED" | "ORDER_CLOSED" => Error::conflict("payment.closed", "这笔支付已经关闭，请重新发起"),
                    _ if reused => Error::conflict("payment.number_reused", "这笔支付的内容变了，请重新发起"),
                    _ => Error::gateway("payment.channel_refused", "微信支付没有接受这次请求，请联系商家"),
                };
                error.because(refusal)
            }
        }
    }
}

impl WechatPay {
    /// A request signed for this moment. `path` includes the query as sent.
    pub(super) fn signed_request(&self, method: Method, path: &str, body: Option<&[u8]>) -> RequestBuilder {
        let authorization = Authorization::sign(
            &self.private_key,
            &self.merchant_id,
            &self.serial,
            method.as_str(),
            path,
            self.clock.now().unix_seconds(),
            &wire::random::nonce(),
            body.unwrap_or_default(),
        );
        let request = if method == Method::GET { self.http.get(path) } else { self.http.post(path) };
        let mut request =
            request.header("authorization", authorization.to_string()).header("accept", "application/json");
        if let Some(serial) = self.trust.requested_serial() {
            request = request.header("wechatpay-serial", serial);
        }
        match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_vec()),
            None => request,
        }
    }

    /// Calls and believes. A probe (a wrong signature sent on purpose) is answered by asking once more where that is harmless.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        repeat: Repeat,
    ) -> Result<Bytes, Failure> {
        let body = body.map(|b| b.to_string().into_bytes());
        let request = || self.signed_request(method.clone(), path, body.as_deref());
        let mut probed = false;
        loop {
            let answer = self.http.send(repeat, request).await.map_err(|fault| Failure::Unknown(fault.text))?;
            match self.proof_of(&answer).await {
                Ok(()) => return verdict(answer),
                Err(Doubt::Forged(WireError::Probe)) if repeat == Repeat::Harmless && !probed => probed = true,
                Err(doubt) => return Err(Failure::Unknown(format!("http {}, {doubt}", answer.status))),
            }
        }
    }

    async fn proof_of(&self, answer: &Answer) -> Result<(), Doubt> {
        if !answer.is_success() && answer.header("wechatpay-signature").is_none() {
            return Ok(());
        }
        let headers = SignatureHeaders::read(|name| answer.header(name)).map_err(Doubt::Forged)?;
        self.believe(&headers, &answer.body, self.clock.now()).await
    }
}

/// Sorts a proven answer. 202 means accepted but not done: ask again with the same parameters.
fn verdict(answer: Answer) -> Result<Bytes, Failure> {
    if answer.is_success() && answer.status != 202 {
        return Ok(answer.body);
    }
    let request_id = answer.header("request-id").unwrap_or("-").to_owned();
    let body = serde_json::from_slice(&answer.body);
    let ErrorBody { code, message } = body.unwrap_or(ErrorBody { code: String::new(), message: String::new() });
    let refusal = Refusal { status: answer.status, code, message, request_id };
    if answer.status == 202 || answer.status == 429 || answer.status >= 500 {
        return Err(Failure::Unknown(refusal.to_string()));
    }
    Err(Failure::Refused(refusal))
}

/// Reads a proven body.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(Failure::unreadable)
}

/// Refuses numbers that could change the meaning of a path; our own numbers always fit.
pub(super) fn check_number(number: &str) -> kernel::Result<()> {
    let fits = (6..=64).contains(&number.len());
    if fits && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Ok(());
    }
    Err(Error::invalid("payment.number_invalid", "支付单号不正确"))
}
