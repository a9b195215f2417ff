//! Server API of one WeChat mini program: sign-in, phone number, shipping upload.
//! Business errors come with HTTP 200 and `errcode`; a bad token is replaced once and the call repeated.
//! Codes of people are single use, so a call that spends one is never sent twice.

use super::access_token::{AccessToken, read};
use crate::http::{Http, Repeat, cut};
use crate::{Secret, Timeouts};
use kernel::ports::{LogisticsKind, MiniCode, MiniProgram, MiniSession, Pending, ShippingInfo, SubscribeMessage};
use kernel::{Clock, Error, Instant, Result};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const BUSY_PAUSE: Duration = Duration::from_millis(200);

/// Settings of one mini program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiniProgramConfig {
    /// `https://api.weixin.qq.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    /// App id (`wx…`).
    pub app_id: String,
    /// App secret of the console (小程序后台 · 开发管理).
    pub app_secret: Secret,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://api.weixin.qq.com".to_owned()
}

/// Client of one mini program. Cheap to share behind an `Arc`.
pub struct WechatMiniProgram {
    pub(super) http: Http,
    app_id: String,
    secret: Secret,
    pub(super) token: AccessToken,
}

impl fmt::Debug for WechatMiniProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WechatMiniProgram({})", self.app_id)
    }
}

/// The part every answer shares.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

#[derive(Deserialize)]
struct SessionAnswer {
    openid: String,
    #[serde(default)]
    unionid: Option<String>,
    session_key: String,
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
struct PhoneInfo {
    #[serde(rename = "purePhoneNumber")]
    pure_phone_number: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

/// Our error for a WeChat `errcode`. The vendor's text (with its `rid`) is kept as cause.
pub(super) fn vendor_error(errcode: i64, errmsg: &str) -> Error {
    let error = match errcode {
        40029 | 40163 => Error::invalid("wechat.code_invalid", "微信登录凭证已失效，请再试一次"),
        40226 => Error::forbidden("wechat.member_blocked", "微信提示该账号存在风险，暂时不能登录"),
        45009 | 45011 | 44990 | 44991 => {
            Error::unavailable("wechat.busy", "现在使用微信登录的人太多，请稍后再试").retry_after(5)
        }
        41030 | 40129 | 40097 | 85096 => {
            Error::conflict("wechat.code_refused", "微信还不认识这个页面，小程序发布之后才能生成小程序码")
        }
        43101 | 43107 => Error::conflict("wechat.not_subscribed", "这位会员没有订阅，或订阅已经用完"),
        40003 => Error::conflict("wechat.message_refused", "微信不认识这位会员"),
        40037 => Error::conflict("wechat.message_refused", "模板编号不对，或没有加到小程序里"),
        47003 => Error::conflict("wechat.message_refused", "模板的字段和内容对不上"),
        45168 => Error::conflict("wechat.message_refused", "内容里有微信不允许的词"),
        43108 => Error::unavailable("wechat.busy", "同时发给这位会员的消息太多").retry_after(5),
        10060001 => Error::gateway("wechat.shipping_retry", "微信还没有收到这笔支付的记录，稍后会自动再试"),
        10060003 => Error::conflict("wechat.shipping_locked", "这笔支付的发货信息已经改过一次，微信不再接受修改"),
        10060002..=10060099 | 268_485_194..=268_485_228 => {
            Error::conflict("wechat.shipping_refused", "微信没有接受这笔发货信息，请核对快递公司和单号")
        }
        _ => Error::gateway("wechat.unavailable", "微信暂时不可用，请稍后再试"),
    };
    error.because(format!("errcode {errcode}: {errmsg}"))
}

pub(super) fn is_bad_token(errcode: i64) -> bool {
    matches!(errcode, 40001 | 40014 | 42001)
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| {
        Error::gateway("wechat.unavailable", "微信暂时不可用，请稍后再试")
            .because(format!("answer of unknown form: {e}"))
    })
}

impl WechatMiniProgram {
    pub fn new(config: MiniProgramConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let http = Http::new(&config.base_url, config.timeouts)?;
        let token = AccessToken::new(&config.app_id, config.app_secret.clone(), clock);
        Ok(WechatMiniProgram { http, app_id: config.app_id, secret: config.app_secret, token })
    }

    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Fetches a token, to see whether app id and secret are right; for `doctor`.
    pub async fn check(&self) -> Result<()> {
        self.token.get(&self.http).await.map(drop)
    }

    /// Sends and reads the errcode. "Busy" (-1) means nothing was done, so it is asked once more after a moment.
    async fn ask(&self, repeat: Repeat, request: impl Fn() -> RequestBuilder) -> Result<(Verdict, Value)> {
        let mut asked = 1;
        loop {
            let value: Value = read(self.http.send(repeat, &request).await)?;
            let verdict: Verdict = typed(value.clone())?;
            if verdict.errcode != -1 || asked == 2 {
                return Ok((verdict, value));
            }
            tokio::time::sleep(BUSY_PAUSE).await;
            asked += 1;
        }
    }

    /// Posts JSON with the token. Answers the errcode beside the value; transport and token errors are `Err`.
    async fn post(&self, path: &str, body: &Value, repeat: Repeat) -> Result<(Verdict, Value)> {
        let mut token = self.token.get(&self.http).await?;
        let mut replaced = false;
        loop {
            let request = || self.http.post(path).query(&[("access_token", &*token)]).json(body);
            let (verdict, value) = self.ask(repeat, request).await?;
            if !is_bad_token(verdict.errcode) || replaced {
                return Ok((verdict, value));
            }
            token = self.token.instead_of(&token, &self.http).await?;
            replaced = true;
        }
    }

    async fn code_to_session(&self, code: &str) -> Result<MiniSession> {
        if code.is_empty() || code.len() > 256 {
            return Err(vendor_error(40029, "code of impossible length, not asked"));
        }
        let query = [
            ("appid", self.app_id.as_str()),
            ("secret", self.secret.expose()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let request = || self.http.get("/sns/jscode2session").query(&query);
        let (verdict, value) = self.ask(Repeat::OnlyUnsent, request).await?;
        if verdict.errcode != 0 {
            return Err(vendor_error(verdict.errcode, &verdict.errmsg));
        }
        let answer: SessionAnswer = typed(value)?;
        Ok(MiniSession {
            openid: answer.openid,
            unionid: answer.unionid.filter(|u| !u.is_empty()),
            session_key: answer.session_key,
        })
    }

    async fn phone_of(&self, code: &str) -> Result<String> {
        let path = "/wxa/business/getuserphonenumber";
        let (verdict, value) = self.post(path, &json!({ "code": code }), Repeat::OnlyUnsent).await?;
        if verdict.errcode != 0 {
            return Err(vendor_error(verdict.errcode, &verdict.errmsg));
        }
        let answer: PhoneAnswer = typed(value)?;
        if answer.phone_info.watermark.appid != self.app_id {
            return Err(vendor_error(40029, "the phone number's watermark names another app"));
        }
        Ok(answer.phone_info.pure_phone_number)
    }

    /// Not repeated unless it certainly never left: a leave is good for one message only.
    async fn send_notice(&self, message: &SubscribeMessage) -> Result<()> {
        let (verdict, _) =
            self.post("/cgi-bin/message/subscribe/send", &notice_body(message), Repeat::OnlyUnsent).await?;
        if verdict.errcode == 0 { Ok(()) } else { Err(vendor_error(verdict.errcode, &verdict.errmsg)) }
    }

    async fn upload(&self, info: &ShippingInfo) -> Result<()> {
        let path = match info.combined {
            None => "/wxa/sec/order/upload_shipping_info",
            Some(_) => "/wxa/sec/order/upload_combined_shipping_info",
        };
        let (verdict, _) = self.post(path, &shipping_body(info), Repeat::Harmless).await?;
        match verdict.errcode {
            // 10060002: all parcels of this payment are known already; 10060023: nothing changed. Both: it is as we want it.
            0 | 10060002 | 10060023 => Ok(()),
            code => Err(vendor_error(code, &verdict.errmsg)),
        }
    }
}

/// The body of `subscribeMessage.send`.
fn notice_body(message: &SubscribeMessage) -> Value {
    let data: serde_json::Map<String, Value> =
        message.data.iter().map(|(name, value)| (name.clone(), json!({ "value": value }))).collect();
    let mut body = json!({
        "touser": message.openid,
        "template_id": message.template_id,
        "data": data,
        "miniprogram_state": "formal",
        "lang": "zh_CN",
    });
    if let Some(page) = &message.page {
        body["page"] = json!(page);
    }
    body
}

/// The body of `upload_shipping_info`, addressed by transaction id; of `upload_combined_shipping_info` with the one sub-order
/// that was sent, when the payment was combined.
fn shipping_body(info: &ShippingInfo) -> Value {
    let parcels: Vec<Value> = info
        .parcels
        .iter()
        .map(|parcel| {
            let mut entry = json!({ "item_desc": cut(&parcel.item_description, 120) });
            if info.logistics == LogisticsKind::Express {
                entry["tracking_no"] = json!(parcel.tracking_number);
                entry["express_company"] = json!(parcel.carrier_code);
                if let Some(contact) = &parcel.receiver_contact {
                    entry["contact"] = json!({ "receiver_contact": contact });
                }
            }
            entry
        })
        .collect();
    let mut sent = json!({
        "order_key": { "order_number_type": 2, "transaction_id": info.transaction_id },
        "logistics_type": info.logistics as u8,
        "delivery_mode": if info.split { 2 } else { 1 },
        "shipping_list": parcels,
    });
    if info.split {
        sent["is_all_delivered"] = json!(info.all_delivered);
    }
    let mut body = match &info.combined {
        None => sent,
        Some((merchant, number)) => json!({
            "order_key": { "order_number_type": 1, "mchid": merchant, "out_trade_no": number },
            "sub_orders": [sent],
        }),
    };
    body["upload_time"] = json!(china_time(info.uploaded_at));
    body["payer"] = json!({ "openid": info.openid });
    body
}

/// RFC 3339 in China time with milliseconds, as WeChat writes it: `2026-11-23T21:00:00.000+08:00`.
fn china_time(at: Instant) -> String {
    let local = (at + kernel::hours(8)).to_string();
    format!("{}+08:00", local.trim_end_matches('Z'))
}

impl MiniProgram for WechatMiniProgram {
    fn app_id(&self) -> &str {
        &self.app_id
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { self.token.get(&self.http).await.map(drop) })
    }
    fn session<'a>(&'a self, code: &'a str) -> Pending<'a, MiniSession> {
        Box::pin(self.code_to_session(code))
    }
    fn phone_number<'a>(&'a self, code: &'a str) -> Pending<'a, String> {
        Box::pin(self.phone_of(code))
    }
    fn upload_shipping_info<'a>(&'a self, info: &'a ShippingInfo) -> Pending<'a, ()> {
        Box::pin(self.upload(info))
    }
    fn notify<'a>(&'a self, message: &'a SubscribeMessage) -> Pending<'a, ()> {
        Box::pin(self.send_notice(message))
    }
    fn code<'a>(&'a self, code: &'a MiniCode) -> Pending<'a, Vec<u8>> {
        Box::pin(self.draw_code(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ports::ShippedParcel;

    fn info(logistics: LogisticsKind, split: bool) -> ShippingInfo {
        ShippingInfo {
            transaction_id: "4200001".into(),
            combined: None,
            openid: "o1".into(),
            logistics,
            split,
            all_delivered: false,
            parcels: vec![ShippedParcel {
                tracking_number: "SF1".into(),
                carrier_code: "SF".into(),
                item_description: "茶".repeat(60),
                receiver_contact: Some("138****0000".into()),
            }],
            uploaded_at: Instant::parse("2026-11-23T13:00:00.5Z").unwrap(),
        }
    }

    #[test]
    fn express_body_is_what_wechat_documents() {
        let body = shipping_body(&info(LogisticsKind::Express, true));
        assert_eq!(
            body,
            json!({
                "order_key": { "order_number_type": 2, "transaction_id": "4200001" },
                "logistics_type": 1,
                "delivery_mode": 2,
                "is_all_delivered": false,
                "shipping_list": [{
                    "tracking_no": "SF1",
                    "express_company": "SF",
                    "item_desc": "茶".repeat(40),
                    "contact": { "receiver_contact": "138****0000" },
                }],
                "upload_time": "2026-11-23T21:00:00.500+08:00",
                "payer": { "openid": "o1" },
            })
        );
    }

    #[test]
    fn a_sub_order_is_told_with_the_payment_that_combines_it() {
        let combined = Some(("19".to_owned(), "700".to_owned()));
        let body = shipping_body(&ShippingInfo { combined, ..info(LogisticsKind::Express, false) });
        assert_eq!(body["order_key"], json!({ "order_number_type": 1, "mchid": "19", "out_trade_no": "700" }));
        assert_eq!(body["sub_orders"][0]["order_key"], json!({ "order_number_type": 2, "transaction_id": "4200001" }));
        assert_eq!((&body["sub_orders"][0]["delivery_mode"], &body["payer"]["openid"]), (&json!(1), &json!("o1")));
        assert!(body.get("shipping_list").is_none());
    }

    #[test]
    fn pickup_names_no_parcel() {
        let body = shipping_body(&info(LogisticsKind::Pickup, false));
        assert_eq!((&body["logistics_type"], &body["delivery_mode"]), (&json!(4), &json!(1)));
        assert_eq!(body["shipping_list"][0], json!({ "item_desc": "茶".repeat(40) }));
        assert!(body.get("is_all_delivered").is_none());
    }
}
