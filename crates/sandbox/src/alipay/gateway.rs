//! The door: parameters from query and form, checked as the gateway does (app, clock, signature, certificates), then the
//! method; the answer's node is signed over its raw text. Faults of the request, the trade and the console apply here.

use super::model::TradeStatus;
use super::trade::{self, Refused};
use crate::china;
use crate::page::{Prefix, sentence};
use crate::switches::{Fault, Faults};
use crate::world::{World, sleep_ms};
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use kernel::{Instant, minutes};
use serde_json::{Value, json};
use std::sync::Arc;

const MAX_BODY: usize = 64 * 1024;
/// How far a request's timestamp may be from now.
const CLOCK_MS: i64 = minutes(15);

/// The parameters of one call.
pub(super) struct Call {
    params: Vec<(String, String)>,
    pub(super) content: Value,
    /// Faults that stay with what the call creates.
    pub(super) lasting: Faults,
    /// Faults of this call and of the console.
    pub(super) faults: Faults,
}

impl Call {
    pub(super) fn of(&self, name: &str) -> &str {
        self.params.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.content[name].as_str().unwrap_or_default()
    }
}

pub(super) async fn call(State(world): State<Arc<World>>, prefix: Prefix, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let mut faults = Faults::of_headers(&parts.headers);
    let lasting = faults.lasting();
    faults.extend(&world.state().switches);
    let mut params = pairs(parts.uri.query().unwrap_or_default().as_bytes());
    params.extend(pairs(&body));
    let content = params.iter().find(|(k, _)| k == "biz_content").map(|(_, v)| v.as_str()).unwrap_or("{}");
    let content = serde_json::from_str(content).unwrap_or(Value::Null);
    let call = Call { params, content, lasting, faults };
    let method = call.of("method").to_owned();
    let admitted = admit(&world, &call);
    if matches!(method.as_str(), "alipay.trade.page.pay" | "alipay.trade.wap.pay") {
        return match admitted.and_then(|()| trade::open(&world, &call, &method)) {
            Ok(opened) => Redirect::to(&format!("{}/alipay/cashier/{}", prefix.0, opened.trade_no)).into_response(),
            Err(why) => sentence(&prefix, "支付宝", &format!("{} {}", why.sub_code, why.sub_msg)),
        };
    }
    let (answer, own) = match admitted {
        Ok(()) if call.faults.has(Fault::SystemError) => (Err(Refused::system()), Faults::default()),
        Ok(()) if call.faults.has(Fault::RateLimited) => (Err(Refused::busy()), Faults::default()),
        Ok(()) => trade::run(&world, &call, &method),
        Err(why) => (Err(why), Faults::default()),
    };
    let mut faults = call.faults.clone();
    faults.extend(&own);
    if answer.is_ok() && faults.has(Fault::TimeoutAfterSuccess) {
        sleep_ms(world.pace.hang_ms).await;
    }
    signed(&world, &call, &method, answer, &faults)
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

/// What comes before any work.
fn admit(world: &World, call: &Call) -> Result<(), Refused> {
    let now = world.now();
    world.keys(|keys| {
        let own = &keys.alipay;
        if call.of("app_id") != own.app_id {
            return Err(Refused::arguments("isv.invalid-app-id", "无效的AppID参数"));
        }
        if call.of("sign_type") != "RSA2" {
            return Err(Refused::arguments("isv.invalid-signature-type", "签名类型与应用设置不一致"));
        }
        if !call.of("charset").eq_ignore_ascii_case("utf-8") || call.of("version") != "1.0" {
            return Err(Refused::arguments("isv.invalid-charset", "字符集或版本错误"));
        }
        let sent_at = Instant::parse(&format!("{}+08:00", call.of("timestamp").replace(' ', "T")));
        if sent_at.is_none_or(|at| (at - now).abs() > CLOCK_MS) {
            return Err(Refused::arguments("isv.invalid-timestamp", "非法的时间戳参数"));
        }
        let in_certificate_mode = !call.of("app_cert_sn").is_empty();
        if in_certificate_mode
            && (call.of("app_cert_sn") != own.app_sn || call.of("alipay_root_cert_sn") != own.root_sn)
        {
            return Err(Refused::arguments("isv.app-cert-expired", "应用证书或根证书序列号不正确"));
        }
        let params: Vec<(&str, &str)> = call.params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let message = wire::alipay::request_message(&params);
        own.app_public.verify(message, call.of("sign")).map_err(|_| {
            Refused::arguments("isv.invalid-signature", "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配")
        })
    })
}

fn signed(world: &World, call: &Call, method: &str, answer: Result<Value, Refused>, faults: &Faults) -> Response {
    let name = if method.is_empty() { "error".to_owned() } else { method.replace('.', "_") };
    let node = match answer {
        Ok(mut body) => {
            if method != "alipay.system.oauth.token" {
                // A payment code whose owner is asked is answered with a code of its own.
                let waits = body["code"] == "10003";
                body["code"] = if waits { "10003" } else { "10000" }.into();
                body["msg"] = if waits { "order success pay inprocess" } else { "Success" }.into();
            }
            body.to_string()
        }
        Err(why) => json!({
            "code": why.code, "msg": why.msg, "sub_code": why.sub_code, "sub_msg": why.sub_msg
        })
        .to_string(),
    };
    let text = if faults.has(Fault::WrongSignature) { format!("{node} ") } else { node.clone() };
    let (sign, alipay_sn) = world.keys(|k| (k.alipay.key.sign(text), k.alipay.alipay_sn.clone()));
    let sn =
        if call.of("app_cert_sn").is_empty() { String::new() } else { format!("\"alipay_cert_sn\":\"{alipay_sn}\",") };
    let body = format!("{{\"{name}_response\":{node},{sn}\"sign\":\"{sign}\"}}");
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/html;charset=utf-8")], Bytes::from(body)).into_response()
}

/// A trade as queries show it.
pub(super) fn view(trade: &super::Trade) -> Value {
    let mut view = json!({
        "out_trade_no": trade.number,
        "trade_no": trade.trade_no,
        "trade_status": trade.status.code(),
        "total_amount": trade.total.to_string(),
        "receipt_amount": "0.00",
        "buyer_pay_amount": "0.00",
        "point_amount": "0.00",
        "invoice_amount": "0.00",
    });
    if let (Some(at), Some(buyer)) = (trade.paid_at, &trade.buyer_id) {
        view["send_pay_date"] = china::plain(at).into();
        view["buyer_user_id"] = buyer.as_str().into();
        view["buyer_logon_id"] = "hef***@sandbox.com".into();
        view["receipt_amount"] = trade.total.to_string().into();
        view["buyer_pay_amount"] = trade.total.to_string().into();
        view["invoice_amount"] = trade.total.to_string().into();
        view["fund_bill_list"] = json!([{"amount": trade.total.to_string(), "fund_channel": "ALIPAYACCOUNT"}]);
    } else if trade.status == TradeStatus::WaitBuyerPay {
        view["buyer_logon_id"] = "hef***@sandbox.com".into();
    }
    view
}
