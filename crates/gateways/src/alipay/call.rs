//! One signed call: parameters out, proof of the answer's node over its raw text, and the two ways it can fail — refused, or
//! fate unknown. A refusal that carries no signature is believed only where it says that our own keys are wrong.

use super::Alipay;
use crate::http::{Repeat, cut};
use kernel::{Error, Instant, hours};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use wire::alipay;

/// The channel answered and said no.
#[derive(Debug)]
pub(super) struct Refusal {
    code: String,
    /// `ACQ.TRADE_NOT_EXIST` …
    pub sub_code: String,
    message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.sub_code, cut(&self.message, 300))
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    /// Time-out, 20000, a system error, or an answer that cannot be believed or read: the channel may have acted.
    Unknown(String),
}

#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    sign: String,
    #[serde(default)]
    alipay_cert_sn: String,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    code: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    sub_code: String,
    #[serde(default)]
    sub_msg: String,
}

impl Failure {
    pub fn unreadable(cause: impl fmt::Display) -> Self {
        Failure::Unknown(format!("answer of unknown form: {cause}"))
    }

    /// True if the channel says there is no such trade.
    pub fn is_not_found(&self) -> bool {
        self.says("ACQ.TRADE_NOT_EXIST")
    }

    /// True if the payer is asked on the phone: 10003, which only payment codes are answered with.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.code == "10003")
    }

    /// True if the channel refused with this code.
    pub fn says(&self, sub_code: &str) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.sub_code == sub_code)
    }

    /// The error of a call whose repetition is harmless.
    pub fn into_error(self) -> Error {
        match self {
            Failure::Unknown(cause) => {
                Error::gateway("payment.channel_unavailable", "支付宝暂时没有回应，请稍后再试").because(cause)
            }
            Failure::Refused(refusal) => {
                let error = match refusal.sub_code.as_str() {
                    "ACQ.TRADE_HAS_SUCCESS" => Error::conflict("payment.already_paid", "这笔订单已经付过款了"),
                    "ACQ.TRADE_HAS_CLOSE" => Error::conflict("payment.closed", "这笔支付已经关闭，请重新发起"),
                    "ACQ.CONTEXT_INCONSISTENT" => {
                        Error::conflict("payment.number_reused", "这笔支付的内容变了，请重新发起")
                    }
                    "isv.code-invalid" => Error::conflict("payment.payer_unknown", "支付宝授权过期了，请再试一次"),
                    _ => Error::gateway("payment.channel_refused", "支付宝没有接受这次请求，请联系商家"),
                };
                error.because(refusal)
            }
        }
    }
}

/// `2026-11-23 21:30:00`, in China.
pub(super) fn china_time(at: Instant) -> String {
    (at + hours(8)).to_string()[..19].replace('T', " ")
}

/// The instant `china_time` wrote.
pub(super) fn read_china_time(text: &str) -> Option<Instant> {
    Instant::parse(&format!("{}+08:00", text.trim().replace(' ', "T")))
}

impl Alipay {
    /// The parameters of a request with its signature.
    pub(super) fn signed(&self, method: &str, own: &[(&str, &str)]) -> Vec<(String, String)> {
        let now = china_time(self.clock.now());
        let mut params = vec![
            ("app_id", self.app_id.as_str()),
            ("method", method),
            ("format", "JSON"),
            ("charset", "utf-8"),
            ("sign_type", "RSA2"),
            ("timestamp", now.as_str()),
            ("version", "1.0"),
        ];
        if let Some(names) = &self.certificates {
            params.extend([("app_cert_sn", names.app.as_str()), ("alipay_root_cert_sn", names.root.as_str())]);
        }
        params.extend(own);
        let sign = alipay::sign_request(&self.private_key, &params);
        params.push(("sign", &sign));
        params.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    /// The address of a page the payer's browser opens.
    pub(super) fn address(&self, method: &str, own: &[(&str, &str)]) -> kernel::Result<String> {
        let params = self.signed(method, own);
        let url = reqwest::Url::parse_with_params(&self.gateway, &params).map_err(Error::internal)?;
        Ok(url.into())
    }

    /// Calls with business content, and believes.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        content: &Value,
        notify_url: &str,
        repeat: Repeat,
    ) -> Result<T, Failure> {
        let content = content.to_string();
        self.ask(method, &[("biz_content", &content), ("notify_url", notify_url)], repeat).await
    }

    /// Calls with parameters of its own, and believes.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        own: &[(&str, &str)],
        repeat: Repeat,
    ) -> Result<T, Failure> {
        let request = || self.http.post("/gateway.do").form(&self.signed(method, own));
        let answer = self.http.send(repeat, request).await.map_err(|fault| Failure::Unknown(fault.text))?;
        let text = std::str::from_utf8(&answer.body).map_err(Failure::unreadable)?;
        if answer.status != 200 {
            return Err(Failure::Unknown(format!("http {} {}", answer.status, cut(text, 300))));
        }
        let signed: Signed = serde_json::from_str(text).map_err(Failure::unreadable)?;
        let name = format!("{}_response", method.replace('.', "_"));
        let node = alipay::response_node(text, &name).or_else(|| alipay::response_node(text, "error_response"));
        let node = node.ok_or_else(|| Failure::unreadable(format!("no {name}")))?;
        let verdict: Verdict = serde_json::from_str(node).map_err(Failure::unreadable)?;
        if signed.sign.is_empty() {
            return Err(unproven(verdict));
        }
        if self.certificates.as_ref().is_some_and(|names| names.alipay != signed.alipay_cert_sn) {
            return Err(Failure::Unknown("signature: signed with a certificate we were not given".to_owned()));
        }
        self.alipay_key.verify(node, &signed.sign).map_err(|e| Failure::Unknown(format!("signature: {e}")))?;
        judged(verdict)?;
        serde_json::from_str(node).map_err(Failure::unreadable)
    }
}

impl From<Verdict> for Refusal {
    fn from(said: Verdict) -> Self {
        Refusal { code: said.code, message: format!("{} {}", said.msg, said.sub_msg), sub_code: said.sub_code }
    }
}

/// Sorts a proven answer. Token answers carry no code when they succeed.
fn judged(said: Verdict) -> Result<(), Failure> {
    let is_system = said.sub_code.ends_with("SYSTEM_ERROR") || said.sub_code == "isp.unknow-error";
    match said.code.as_str() {
        "" if said.sub_code.is_empty() => Ok(()),
        "10000" => Ok(()),
        "20000" => Err(Failure::Unknown(Refusal::from(said).to_string())),
        _ if is_system => Err(Failure::Unknown(Refusal::from(said).to_string())),
        _ => Err(Failure::Refused(said.into())),
    }
}

/// An answer without a signature proves nothing but that we could not prove ourselves.
fn unproven(said: Verdict) -> Failure {
    if matches!(said.code.as_str(), "20001" | "40001" | "40002" | "40006") {
        Failure::Refused(said.into())
    } else {
        Failure::Unknown(format!("unsigned answer {}", Refusal::from(said)))
    }
}

/// Refuses numbers Alipay would not take; our own always fit.
pub(super) fn check_number(number: &str) -> kernel::Result<()> {
    let plain = number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if (6..=64).contains(&number.len()) && plain {
        return Ok(());
    }
    Err(Error::invalid("payment.number_invalid", "支付单号不正确"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_chinas() {
        let at = Instant::parse("2026-11-23T16:30:00Z").unwrap();
        assert_eq!(china_time(at), "2026-11-24 00:30:00");
        assert_eq!(read_china_time("2026-11-24 00:30:00"), Some(at));
        assert_eq!(read_china_time("2026-11-24 00:30:00.123"), Some(Instant(at.0 + 123)));
        assert_eq!(read_china_time("yesterday"), None);
    }
}
