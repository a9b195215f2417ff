//! One signed call: fields out, proof of the answer by its certificate and signature, and the two ways it can fail —
//! refused, or fate unknown (03, 04, 05, no answer, or one that cannot be believed). An answer without a signature is
//! believed only where it says that our own message or key is wrong. Codes: 平台接入接口规范 第5部分 附录.

use super::UnionPay;
use crate::http::{Repeat, cut};
use kernel::{Error, Instant, Result, hours};
use std::fmt;
use wire::unionpay;

/// Where a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Back,
    Query,
    Files,
}

/// The channel answered and said no.
#[derive(Debug)]
pub(super) struct Refusal {
    pub code: String,
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "respCode {}: {}", self.code, cut(&self.message, 300))
    }
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    Unknown(String),
}

/// What a response code means for the trade it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// 00, and A6: done, with a defect that does not concern the money.
    Done,
    /// 03, 04, 05: to be asked for; also a platform that is closed, busy or asked too often.
    Unknown,
    Refused,
}

pub(super) fn verdict(code: &str) -> Verdict {
    match code {
        "00" | "A6" => Verdict::Done,
        "02" | "03" | "04" | "05" | "06" | "37" | "" => Verdict::Unknown,
        _ => Verdict::Refused,
    }
}

/// Fields of a proven answer or notice.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// A field's value, or nothing.
    pub fn of(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }
}

impl Failure {
    pub fn unreadable(cause: impl fmt::Display) -> Self {
        Failure::Unknown(format!("answer of unknown form: {cause}"))
    }

    /// True if the channel says there is no such trade.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Refused(refusal) if refusal.code == "34")
    }

    /// The error of a call whose repetition is harmless.
    pub fn into_error(self) -> Error {
        match self {
            Failure::Unknown(cause) => {
                Error::gateway("payment.channel_unavailable", "银联暂时没有回应，请稍后再试").because(cause)
            }
            Failure::Refused(refusal) => {
                Error::gateway("payment.channel_refused", "银联没有接受这次请求，请联系商家").because(refusal)
            }
        }
    }
}

/// `20261124100005`, in China.
pub(super) fn china_time(at: Instant) -> String {
    (at + hours(8)).to_string()[..19].chars().filter(char::is_ascii_digit).collect()
}

/// The instant `china_time` wrote.
pub(super) fn read_china_time(text: &str) -> Option<Instant> {
    if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &text[from..to];
    let (date, time) = ((part(0, 4), part(4, 6), part(6, 8)), (part(8, 10), part(10, 12), part(12, 14)));
    Instant::parse(&format!("{}-{}-{}T{}:{}:{}+08:00", date.0, date.1, date.2, time.0, time.1, time.2))
}

/// `MMDDhhmmss` in the year that lies nearest to an instant.
pub(super) fn read_short_time(text: &str, near: Instant) -> Option<Instant> {
    let year: i64 = china_time(near)[..4].parse().ok()?;
    (year - 1..=year + 1)
        .filter_map(|year| read_china_time(&format!("{year}{text}")))
        .min_by_key(|at| (*at - near).abs())
}

/// `orderId` and `txnTime` of one of our numbers. UnionPay takes 8 to 40 letters and digits.
pub(super) fn named(number: &str) -> Result<(&str, String)> {
    let plain = (8..=40).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    let sent_at = kernel::ports::sent_at(number).filter(|_| plain);
    let sent_at = sent_at.ok_or_else(|| Error::invalid("payment.number_invalid", "支付单号不正确"))?;
    Ok((number, china_time(sent_at)))
}

impl UnionPay {
    /// The fields of a request with its signature.
    pub(super) fn signed(&self, own: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut params = vec![
            ("version", "5.1.0"),
            ("encoding", "UTF-8"),
            ("signMethod", "01"),
            ("accessType", "0"),
            ("merId", self.merchant_id.as_str()),
            ("certId", self.certificate_id.as_str()),
        ];
        params.extend(own);
        params.retain(|(_, value)| !value.is_empty());
        let signature = unionpay::sign(&self.private_key, &params);
        params.push(("signature", &signature));
        params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    /// Calls, and believes.
    pub(super) async fn call(&self, door: Door, own: &[(&str, &str)], repeat: Repeat) -> Result<Fields, Failure> {
        let (http, path) = match door {
            Door::Back => (&self.http, "/gateway/api/backTransReq.do"),
            Door::Query => (&self.http, "/gateway/api/queryTrans.do"),
            Door::Files => (&self.files, "/"),
        };
        let form = self.signed(own);
        let answer = http.send(repeat, || http.post(path).form(&form)).await;
        let answer = answer.map_err(|fault| Failure::Unknown(fault.text))?;
        let text = std::str::from_utf8(&answer.body).map_err(Failure::unreadable)?;
        if answer.status != 200 {
            return Err(Failure::Unknown(format!("http {} {}", answer.status, cut(text, 300))));
        }
        let fields = Fields(unionpay::parse_answer(text).map_err(Failure::unreadable)?);
        let refusal = || Refusal { code: fields.of("respCode").to_owned(), message: fields.of("respMsg").to_owned() };
        if fields.of("signature").is_empty() {
            return Err(match fields.of("respCode") {
                "10" | "11" | "13" | "31" => Failure::Refused(refusal()),
                code => Failure::Unknown(format!("unsigned answer {code} {}", cut(fields.of("respMsg"), 300))),
            });
        }
        self.prove(&fields).map_err(|cause| Failure::Unknown(format!("signature: {cause}")))?;
        let answers_us = |name: &str| {
            let ours = own.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| *v);
            ours.is_empty() || fields.of(name).is_empty() || fields.of(name) == ours
        };
        // That there is no such trade is believed only of the very trade that was asked about.
        let names_it = fields.of("respCode") != "34" || !fields.of("orderId").is_empty();
        let is_ours = fields.of("merId").is_empty() || fields.of("merId") == self.merchant_id;
        if !is_ours || !names_it || !answers_us("orderId") || !answers_us("txnTime") {
            return Err(Failure::unreadable("the answer is about another trade"));
        }
        match verdict(fields.of("respCode")) {
            Verdict::Done => Ok(fields),
            Verdict::Unknown => Err(Failure::Unknown(refusal().to_string())),
            Verdict::Refused => Err(Failure::Refused(refusal())),
        }
    }

    fn prove(&self, fields: &Fields) -> wire::Result<()> {
        let borrowed: Vec<(&str, &str)> = fields.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.trust.verify(&borrowed, self.clock.now().unix_seconds())
    }

    /// The proven fields of a posted form.
    pub(super) fn proven(&self, body: &[u8]) -> wire::Result<Fields> {
        let fields = Fields(form_urlencoded::parse(body).into_owned().collect());
        self.prove(&fields).map(|()| fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_three_classes() {
        for (codes, class) in [
            (["00", "A6"].as_slice(), Verdict::Done),
            (&["03", "04", "05", "02", "06", "37", ""], Verdict::Unknown),
            (&["01", "10", "11", "12", "34", "35", "36", "42", "61", "64", "99"], Verdict::Refused),
        ] {
            for code in codes {
                assert_eq!(verdict(code), class, "{code}");
            }
        }
    }

    #[test]
    fn times_are_chinas_and_years_the_nearest() {
        let at = Instant::parse("2026-12-31T16:30:00Z").unwrap();
        assert_eq!(china_time(at), "20270101003000");
        assert_eq!(read_china_time("20270101003000"), Some(at));
        assert_eq!(read_short_time("1231235900", at), Instant::parse("2026-12-31T15:59:00Z"));
        assert_eq!(read_short_time("0101003000", at), Some(at));
        assert_eq!((read_china_time("2027010100300"), read_short_time("x", at)), (None, None));
    }

    #[test]
    fn numbers_carry_their_second() {
        let (order, time) = named("R3612345678901234567N90").unwrap();
        assert_eq!((order, time.len()), ("R3612345678901234567N90", 14));
        for odd in ["1234567", "hefang-live-check", "P12345678", ""] {
            assert!(named(odd).unwrap_err().is("payment.number_invalid"), "{odd}");
        }
    }
}
