//! 快递100 real-time query (实时查询 `poll/query.do`). Times in its answers are China time without an offset.
//! "Nothing known yet" is `None`, not an error; a parcel is asked for at most as often as the caller wants to pay for.

use crate::http::{Answer, Fault, Http, Repeat};
use crate::{Secret, Timeouts};
use kernel::ports::{ExpressTracker, Pending, Track, TrackEvent, TrackState};
use kernel::{Error, Instant, Result, hours};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use time::PrimitiveDateTime;
use time::macros::format_description;
use wire::kuaidi100::query_sign;

/// Settings of one 快递100 account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kuaidi100Config {
    /// `https://poll.kuaidi100.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    /// The account's `customer`.
    pub customer: String,
    /// The account's authorisation key.
    pub key: Secret,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://poll.kuaidi100.com".to_owned()
}

/// Client of one 快递100 account.
pub struct Kuaidi100 {
    http: Http,
    config: Kuaidi100Config,
}

impl fmt::Debug for Kuaidi100 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kuaidi100({})", self.config.customer)
    }
}

/// Success has `status` 200 and `data`; failure has `result` false and `returnCode`. Numbers come as texts or numbers.
#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    state: Value,
    #[serde(default)]
    status: Value,
    #[serde(default, rename = "returnCode")]
    return_code: Value,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    /// Local time `2026-11-23 21:00:00`.
    #[serde(default)]
    time: String,
    #[serde(default)]
    ftime: String,
    context: String,
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unavailable() -> Error {
    Error::gateway("express.unavailable", "物流信息暂时查不到，请稍后再试")
}

/// Basic states are one or two digits; detailed ones begin with the basic one (`301`, `1002`).
fn state_of(code: &str) -> Option<TrackState> {
    Some(match code {
        "14" => TrackState::Refused,
        "0" | "7" | "8" | "10" | "11" | "12" | "13" => TrackState::InTransit,
        "1001" | "1002" | "1003" => TrackState::InTransit,
        "4" => TrackState::Returned,
        "401" => TrackState::Returned,
        _ => match code.as_bytes() {
            [b'1'] | [b'1', _, _] => TrackState::Collected,
            [b'2'] | [b'2', _, _] => TrackState::Trouble,
            [b'3'] | [b'3', _, _] => TrackState::Signed,
            [b'5'] | [b'5', _, _] => TrackState::Delivering,
            [b'6'] | [b'6', _, _] => TrackState::Returning,
            _ => return None,
        },
    })
}

fn china_instant(text: &str) -> Option<Instant> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let local = PrimitiveDateTime::parse(text, format).ok()?.assume_utc();
    i64::try_from(local.unix_timestamp_nanos() / 1_000_000).ok().map(|ms| Instant(ms) - hours(8))
}

fn read(answer: Result<Answer, Fault>) -> Result<Option<Track>> {
    let answer = answer.map_err(|fault| unavailable().because(fault.text))?;
    if !answer.is_success() {
        return Err(unavailable().because(format!("http {}", answer.status)));
    }
    let unreadable = |cause: String| unavailable().because(format!("answer of unknown form: {cause}"));
    let found: Found = serde_json::from_slice(&answer.body).map_err(|e| unreadable(e.to_string()))?;
    if plain(&found.status) != "200" {
        let code = plain(&found.return_code);
        let error = match code.as_str() {
            "500" => return Ok(None),
            "408" => Error::invalid("express.phone_needed", "查这个单号需要收件人或寄件人的手机号"),
            "400" => Error::invalid("express.refused", "快递单号或快递公司不正确"),
            "601" => Error::unavailable("express.quota", "物流查询额度用完了，请联系商家"),
            _ => unavailable(),
        };
        return Err(error.because(format!("returnCode {code}: {}", found.message)));
    }
    if found.data.is_empty() {
        return Ok(None);
    }
    let code = plain(&found.state);
    let state = state_of(&code).ok_or_else(|| unreadable(format!("state {code}")))?;
    let mut events = Vec::with_capacity(found.data.len());
    for step in found.data {
        let at = china_instant(&step.time).or_else(|| china_instant(&step.ftime));
        let at = at.ok_or_else(|| unreadable(format!("time {} {}", step.time, step.ftime)))?;
        events.push(TrackEvent { at, text: step.context });
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    Ok(Some(Track { state, events }))
}

impl Kuaidi100 {
    pub fn new(config: Kuaidi100Config) -> Result<Self> {
        Ok(Kuaidi100 { http: Http::new(&config.base_url, config.timeouts)?, config })
    }

    async fn query(&self, carrier: &str, number: &str, phone: &str) -> Result<Option<Track>> {
        let param =
            json!({ "com": carrier, "num": number, "phone": phone, "resultv2": "0", "show": "0", "order": "desc" });
        let param = param.to_string();
        let sign = query_sign(&param, self.config.key.expose(), &self.config.customer);
        let form = [("customer", self.config.customer.as_str()), ("sign", &sign), ("param", &param)];
        let request = || self.http.post("/poll/query.do").form(&form);
        read(self.http.send(Repeat::Harmless, request).await)
    }
}

impl ExpressTracker for Kuaidi100 {
    fn track<'a>(&'a self, carrier: &'a str, number: &'a str, phone: &'a str) -> Pending<'a, Option<Track>> {
        Box::pin(self.query(carrier, number, phone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_state_has_a_word() {
        let of = |code| state_of(code).map(TrackState::as_str);
        let words = ["0", "1", "2", "3", "4", "5", "6", "14", "103", "301", "501", "1002"].map(of);
        let expected = [
            "in_transit",
            "collected",
            "trouble",
            "signed",
            "returned",
            "delivering",
            "returning",
            "refused",
            "collected",
            "signed",
            "delivering",
            "in_transit",
        ];
        assert_eq!(words, expected.map(Some));
        assert_eq!(of("null"), None);
    }

    #[test]
    fn times_are_read_as_china_time() {
        assert_eq!(china_instant("2026-11-23 21:00:00"), Instant::parse("2026-11-23T21:00:00+08:00"));
        assert_eq!(china_instant("yesterday"), None);
    }
}
