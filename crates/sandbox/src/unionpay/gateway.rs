//! The doors: fields of a posted form, checked as the gateway does (merchant, certificate, signature, time), then the trade;
//! answers are signed and written the way UnionPay writes them, like a form but not encoded.

use super::trade::{self, Refused};
use super::{Order, bill};
use crate::china;
use crate::page::{Prefix, sentence};
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use kernel::{Instant, hours};
use std::sync::Arc;

const MAX_BODY: usize = 64 * 1024;
/// How far a trade's second may be from now.
const CLOCK_MS: i64 = hours(1);
/// What an answer repeats of its request.
const ECHOED: [&str; 10] = [
    "version",
    "encoding",
    "bizType",
    "txnType",
    "txnSubType",
    "accessType",
    "merId",
    "orderId",
    "txnTime",
    "settleDate",
];

/// The fields of one request.
pub(super) struct Call {
    params: Vec<(String, String)>,
    /// Faults that stay with what the call creates.
    pub(super) lasting: Faults,
    /// Faults of this call and of the console.
    pub(super) faults: Faults,
}

impl Call {
    pub(super) fn of(&self, name: &str) -> &str {
        self.params.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    async fn read(world: &World, request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
        let mut faults = Faults::of_headers(&parts.headers);
        let lasting = faults.lasting();
        faults.extend(&world.state().switches);
        Call { params: form_urlencoded::parse(&body).into_owned().collect(), lasting, faults }
    }

    /// What comes before any work. `dated` trades must be sent about now.
    fn admit(&self, world: &World, dated: bool) -> Result<(), Refused> {
        world.keys(|keys| {
            let own = &keys.unionpay;
            if self.of("version") != "5.1.0" || self.of("signMethod") != "01" || self.of("encoding") != "UTF-8" {
                return Err(Refused("10", "报文格式错误[6100030]"));
            }
            if self.of("merId") != own.merchant_id {
                return Err(Refused("31", "商户状态不正确[6131010]"));
            }
            if self.of("certId") != own.certificate_id {
                return Err(Refused("11", "证书ID错误[9100004]"));
            }
            let params: Vec<(&str, &str)> = self.params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            wire::unionpay::verify(&own.merchant_public, &params, self.of("signature"))
                .map_err(|_| Refused("11", "验证签名失败[9100004]"))
        })?;
        let sent = self.instant("txnTime").ok_or(Refused("10", "txnTime格式错误[6100030]"))?;
        if dated && (sent - world.now()).abs() > CLOCK_MS {
            return Err(Refused("10", "txnTime无效[6100030]"));
        }
        if self.faults.has(Fault::SystemError) {
            return Err(Refused("02", "系统未开放或暂时关闭，请稍后再试[2000001]"));
        }
        if self.faults.has(Fault::RateLimited) {
            return Err(Refused("37", "已超过最大查询次数或操作过于频繁[2600000]"));
        }
        Ok(())
    }

    /// `YYYYMMDDhhmmss` in China.
    pub(super) fn instant(&self, name: &str) -> Option<Instant> {
        let text = self.of(name);
        if text.len() != 14 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (d, t) = text.split_at(8);
        Instant::parse(&format!("{}-{}-{}T{}:{}:{}+08:00", &d[..4], &d[4..6], &d[6..], &t[..2], &t[2..4], &t[4..]))
    }
}

/// The payer's browser posts the form.
pub(super) async fn front(State(world): State<Arc<World>>, prefix: Prefix, request: Request) -> Response {
    let call = Call::read(&world, request).await;
    match call.admit(&world, true).and_then(|()| trade::open(&world, &call)) {
        Ok(order) => Redirect::to(&format!("{}/unionpay/cashier/{}", prefix.0, order.token)).into_response(),
        Err(Refused(code, text)) => sentence(&prefix, "银联支付", &format!("{code} {text}")),
    }
}

pub(super) async fn back(State(world): State<Arc<World>>, request: Request) -> Response {
    let call = Call::read(&world, request).await;
    let done = call.admit(&world, true).and_then(|()| trade::refund(&world, &call));
    let fields = done.map(|refund| vec![("queryId".to_owned(), refund.query_id)]);
    answer(&world, &call, fields).await
}

pub(super) async fn query(State(world): State<Arc<World>>, request: Request) -> Response {
    let call = Call::read(&world, request).await;
    let found = call.admit(&world, false).and_then(|()| trade::query(&world, &call));
    let fields = found.map(|order| {
        let mut fields = told(&order);
        fields.push(("origRespCode".to_owned(), order.standing.code().to_owned()));
        fields.push(("origRespMsg".to_owned(), order.standing.label().to_owned()));
        fields
    });
    answer(&world, &call, fields).await
}

pub(super) async fn file(State(world): State<Arc<World>>, request: Request) -> Response {
    let call = Call::read(&world, request).await;
    let made = call.admit(&world, true).and_then(|()| bill::file(&world, &call));
    let fields = made.map(|(name, content)| {
        vec![
            ("fileName".to_owned(), name),
            ("fileType".to_owned(), "00".to_owned()),
            ("fileContent".to_owned(), content),
        ]
    });
    answer(&world, &call, fields).await
}

/// What queries and notices tell of a trade.
pub(super) fn told(order: &Order) -> Vec<(String, String)> {
    let mut told = vec![
        ("queryId", order.query_id.clone()),
        ("txnAmt", order.amount.0.to_string()),
        ("currencyCode", "156".to_owned()),
        ("traceNo", order.trace_no.clone()),
    ];
    if let Some(at) = order.settled_at {
        told.extend([
            ("traceTime", china::compact(at)[4..].to_owned()),
            ("settleDate", bill::settle_date(at)[4..].to_owned()),
            ("settleAmt", order.amount.0.to_string()),
            ("settleCurrencyCode", "156".to_owned()),
        ]);
        if order.kind == "01" {
            told.push(("accNo", "6221********0000".to_owned()));
        }
    }
    told.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

async fn answer(world: &World, call: &Call, fields: Result<Vec<(String, String)>, Refused>) -> Response {
    let mut all: Vec<(String, String)> = ECHOED
        .iter()
        .map(|name| ((*name).to_owned(), call.of(name).to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let code = match &fields {
        Ok(_) => ("00", "成功[0000000]"),
        Err(Refused(code, text)) => (*code, *text),
    };
    let is_done = fields.is_ok();
    all.extend(fields.unwrap_or_default());
    all.extend([("respCode".to_owned(), code.0.to_owned()), ("respMsg".to_owned(), code.1.to_owned())]);
    if is_done && call.faults.has(Fault::TimeoutAfterSuccess) {
        sleep_ms(world.pace.hang_ms).await;
    }
    let all = signed(world, all, call.faults.has(Fault::WrongSignature));
    let text = all.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("&");
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html;charset=UTF-8")], Bytes::from(text)).into_response()
}

/// With the certificate and the signature, or one of other bytes.
pub(super) fn signed(world: &World, mut fields: Vec<(String, String)>, wrongly: bool) -> Vec<(String, String)> {
    let signature = world.keys(|keys| {
        fields.push(("signMethod".to_owned(), "01".to_owned()));
        fields.push(("signPubKeyCert".to_owned(), keys.unionpay.certificate.clone()));
        let mut params: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if wrongly {
            params.push(("wrong", "1"));
        }
        wire::unionpay::sign(&keys.unionpay.key, &params)
    });
    fields.push(("signature".to_owned(), signature));
    fields
}
