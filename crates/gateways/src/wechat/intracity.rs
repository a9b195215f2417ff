//! WeChat's same-city delivery (同城配送): calls couriers for a store. Every call is sealed and signed by the application's
//! keys, and only answers that WeChat signed are believed; a refusal may come plain.

use super::access_token::AccessToken;
use super::mini_program::is_bad_token;
use crate::http::{Answer, Http, Repeat, cut};
use crate::{Secret, Timeouts};
use kernel::ports::{CourierOrder, CourierPlaced, CourierReport, CourierService, CourierStage, Pending};
use kernel::{Clock, Error, Fen, Instant, Result, seconds};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use wire::wechat_api_security as security;
use wire::{PrivateKey, PublicKey, wechat_intracity};

const ADD: &str = "/cgi-bin/express/intracity/addorder";
const QUERY: &str = "/cgi-bin/express/intracity/queryorder";
const CANCEL: &str = "/cgi-bin/express/intracity/cancelorder";
/// Ordinary goods (百货).
const CARGO_TYPE: i64 = 3;
/// How far an answer's time may be from ours.
const SKEW_S: i64 = 300;

/// Settings of one mini program's same-city delivery.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntracityConfig {
    /// `https://api.weixin.qq.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    pub app_id: String,
    pub app_secret: Secret,
    /// Serial and key of 对称密钥 (AES256_GCM), from 开发管理 · API 安全.
    pub symmetric_serial: String,
    pub symmetric_key: Secret,
    /// The application's private key (RSA), whose public half was entered there.
    pub private_key: Secret,
    /// Certificate or public key of the platform, whose serial answers name.
    pub platform_serial: String,
    pub platform_key: String,
    /// Token of 消息推送, which signs callbacks.
    pub token: Secret,
    /// Places orders in WeChat's trial, where no courier comes.
    #[serde(default)]
    pub trial: bool,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://api.weixin.qq.com".to_owned()
}

/// Client of one mini program's same-city delivery.
pub struct WechatIntracity {
    http: Http,
    config: IntracityConfig,
    key: PrivateKey,
    platform: PublicKey,
    token: AccessToken,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for WechatIntracity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WechatIntracity({})", self.config.app_id)
    }
}

fn busy(cause: impl fmt::Display) -> Error {
    Error::gateway("courier.busy", "配送平台暂时没有回应，稍后会自动再试").because(cause)
}

/// Our error for a `errcode`; what cannot get better by asking again is a refusal.
fn vendor_error(errcode: i64, errmsg: &str) -> Error {
    let refused = |text: &'static str| Error::conflict("courier.refused", text);
    let error = match errcode {
        934_013 | 934_015 => refused("门店在配送平台的余额不足，请充值"),
        934_019 => refused("地址超出了配送平台的范围"),
        934_020 => refused("商品超过了配送平台能送的重量"),
        934_008 | 934_009 | 934_021 => refused("配送平台不认识这家门店的编号，请核对"),
        934_011 | 934_012 | 40_230..=40_238 => refused("配送平台的签名没有通过，请核对 API 安全的密钥"),
        934_001 | 934_003 | 934_007 | 934_022 | 934_023 | 48_001 | 61_007 => refused("配送平台没有接受这一单"),
        934_017 => Error::conflict("courier.too_late", "骑手已经在送，不能取消"),
        _ => return busy(format_args!("errcode {errcode}: {errmsg}")),
    };
    error.because(format_args!("errcode {errcode}: {errmsg}"))
}

fn stage(status: i64) -> Option<CourierStage> {
    Some(match status {
        10_000 => CourierStage::Created,
        20_000 => CourierStage::CancelledByShop,
        20_001 => CourierStage::CancelledByCourier,
        30_000 => CourierStage::Accepted,
        40_000 => CourierStage::AtStore,
        50_000 => CourierStage::OnTheWay,
        60_000 => CourierStage::GivenBack,
        70_000 => CourierStage::Delivered,
        90_000 => CourierStage::Trouble,
        _ => return None,
    })
}

impl WechatIntracity {
    /// Errors name the key that cannot be read.
    pub fn new(config: IntracityConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let wrong =
            |field: &'static str, text: &'static str| move |e: wire::WireError| Error::field(field, text).because(e);
        let key = PrivateKey::parse(config.private_key.expose()).map_err(wrong("private_key", "应用私钥读不出来"))?;
        let platform = PublicKey::parse(&config.platform_key).map_err(wrong("platform_key", "平台证书读不出来"))?;
        security::seal(config.symmetric_key.expose(), [0; 12], "", b"")
            .map_err(wrong("symmetric_key", "对称密钥应是 32 字节的 Base64"))?;
        let http = Http::new(&config.base_url, config.timeouts)?;
        let token = AccessToken::new(&config.app_id, config.app_secret.clone(), clock.clone());
        Ok(WechatIntracity { http, config, key, platform, token, clock })
    }

    /// Sends a sealed and signed call; answers the errcode beside the value.
    async fn post(&self, path: &str, body: &Map<String, Value>) -> Result<(i64, String, Value)> {
        let mut token = self.token.get(&self.http).await?;
        let mut replaced = false;
        loop {
            let answer = self.once(path, body, &token).await?;
            let (errcode, errmsg) = (answer["errcode"].as_i64().unwrap_or(0), text(&answer, "errmsg"));
            if !is_bad_token(errcode) || replaced {
                return Ok((errcode, errmsg, answer));
            }
            token = self.token.instead_of(&token, &self.http).await?;
            replaced = true;
        }
    }

    async fn once(&self, path: &str, body: &Map<String, Value>, token: &str) -> Result<Value> {
        let config = &self.config;
        let url = format!("{}{path}", config.base_url.trim_end_matches('/'));
        let sealed = || {
            let now_s = self.clock.now().unix_seconds();
            let mut plain = body.clone();
            plain.insert("_n".into(), json!(wire::random::nonce()));
            plain.insert("_appid".into(), json!(config.app_id));
            plain.insert("_timestamp".into(), json!(now_s));
            let bound = security::associated_data(&url, &config.app_id, now_s, &config.symmetric_serial);
            let plain = Value::Object(plain).to_string();
            let sealed = security::seal(config.symmetric_key.expose(), wire::random::bytes(), &bound, plain.as_bytes())
                .expect("the key was tried when the client was made");
            let sent = serde_json::to_string(&sealed).expect("three texts are JSON");
            let signature = security::sign(&self.key, &url, &config.app_id, now_s, &sent);
            (now_s, sent, signature)
        };
        // Orders carry our number and are the same order when they come again.
        let request = || {
            let (now_s, sent, signature) = sealed();
            self.http
                .post(path)
                .query(&[("access_token", token)])
                .header("content-type", "application/json;charset=utf-8")
                .header("Wechatmp-Appid", &config.app_id)
                .header("Wechatmp-TimeStamp", now_s.to_string())
                .header("Wechatmp-Signature", signature)
                .body(sent)
        };
        let answer = self.http.send(Repeat::Harmless, request).await.map_err(|fault| busy(fault.text))?;
        if !answer.is_success() {
            return Err(busy(format_args!("http {}", answer.status)));
        }
        self.open(&url, &answer)
    }

    /// A signed and sealed answer, or a plain refusal.
    fn open(&self, url: &str, answer: &Answer) -> Result<Value> {
        let config = &self.config;
        let text = std::str::from_utf8(&answer.body).map_err(|_| busy("answer is no text"))?;
        let value: Value = serde_json::from_str(text).map_err(|e| busy(format_args!("answer of unknown form: {e}")))?;
        let Some(signature) = signature_of(answer, &config.platform_serial) else {
            let refused = value["errcode"].as_i64().is_some_and(|code| code != 0);
            return if refused { Ok(value) } else { Err(busy("signature: an answer without one")) };
        };
        let at_s: i64 = answer.header("wechatmp-timestamp").and_then(|s| s.parse().ok()).unwrap_or_default();
        let now_s = self.clock.now().unix_seconds();
        let app_id = answer.header("wechatmp-appid").unwrap_or_default();
        if app_id != config.app_id || (now_s - at_s).abs() > SKEW_S {
            return Err(busy("signature: of another app or time"));
        }
        security::verify(&self.platform, url, &config.app_id, at_s, text, signature)
            .map_err(|e| busy(format_args!("signature: {e}")))?;
        let sealed = serde_json::from_value(value).map_err(|e| busy(format_args!("answer is not sealed: {e}")))?;
        let bound = security::associated_data(url, &config.app_id, at_s, &config.symmetric_serial);
        let plain = security::open(config.symmetric_key.expose(), &bound, &sealed)
            .map_err(|e| busy(format_args!("answer cannot be opened: {e}")))?;
        let opened: Value =
            serde_json::from_slice(&plain).map_err(|e| busy(format_args!("answer of unknown form: {e}")))?;
        let own = opened["_appid"] == json!(config.app_id) && opened["_timestamp"].as_i64() == Some(at_s);
        if own { Ok(opened) } else { Err(busy("signature: sealed for another answer")) }
    }

    async fn add(&self, order: &CourierOrder) -> Result<CourierPlaced> {
        let (errcode, errmsg, answer) = self.post(ADD, &add_body(order, self.config.trial)).await?;
        match errcode {
            0 => Ok(CourierPlaced {
                number: text(&answer, "wx_order_id"),
                service: text(&answer, "service_trans_id"),
                distance_m: answer["distance"].as_i64().unwrap_or_default(),
                fee: Fen(answer["fee"].as_i64().unwrap_or_default()),
            }),
            // It was placed before, and that answer was lost.
            934_002 => {
                let known = self.query(&order.store, &order.number).await?;
                let known = known.ok_or_else(|| busy("an order that exists is not known"))?;
                let (number, service) = (known.courier_number, known.service);
                Ok(CourierPlaced { number, service, distance_m: 0, fee: Fen::ZERO })
            }
            code => Err(vendor_error(code, &errmsg)),
        }
    }

    async fn query(&self, store: &str, number: &str) -> Result<Option<CourierReport>> {
        let (errcode, errmsg, answer) = self.post(QUERY, &named(store, number)).await?;
        match errcode {
            0 => {}
            934_016 => return Ok(None),
            code => return Err(vendor_error(code, &errmsg)),
        }
        let status = answer["order_status"].as_i64().unwrap_or_default();
        let stage = stage(status).ok_or_else(|| busy(format_args!("unknown order_status {status}")))?;
        let rider = |field: &str| answer["transporter_info"][field].as_str().filter(|text| !text.is_empty());
        Ok(Some(CourierReport {
            number: text(&answer, "store_order_id"),
            store: text(&answer, "wx_store_id"),
            courier_number: text(&answer, "wx_order_id"),
            service: text(&answer, "service_trans_id"),
            stage,
            at: told_at(&answer, stage),
            rider_name: rider("transporter_name").map(|name| cut(name, 30).to_owned()),
            rider_phone: rider("transporter_phone").map(|phone| cut(phone, 20).to_owned()),
        }))
    }

    async fn take_back(&self, store: &str, number: &str, reason: &str) -> Result<Fen> {
        let mut body = named(store, number);
        body.insert("cancel_reason_id".into(), json!(99));
        body.insert("cancel_reason".into(), json!(cut(reason, 50)));
        let (errcode, errmsg, answer) = self.post(CANCEL, &body).await?;
        match errcode {
            0 => Ok(Fen(answer["deductfee"].as_i64().unwrap_or_default())),
            934_016 | 934_018 => Ok(Fen::ZERO),
            code => Err(vendor_error(code, &errmsg)),
        }
    }

    fn notice(&self, body: &[u8]) -> Result<CourierReport> {
        let rejected =
            |cause: &'static str| Error::unauthenticated("courier.notice_rejected", "通知没有通过验证").because(cause);
        let value: Map<String, Value> = serde_json::from_slice(body).map_err(|_| rejected("not an object"))?;
        let fields: BTreeMap<String, String> = value.iter().map(|(key, value)| (key.clone(), plain(value))).collect();
        let of = |name: &str| fields.get(name).cloned().unwrap_or_default();
        wechat_intracity::verify_notice(&fields, self.config.token.expose(), &of("sign"))
            .map_err(|_| rejected("signature"))?;
        if of("appid") != self.config.app_id {
            return Err(rejected("another app"));
        }
        let stage = of("order_status").parse().ok().and_then(stage).ok_or_else(|| rejected("unknown status"))?;
        let at_s: i64 = of("status_change_time").parse().map_err(|_| rejected("no time"))?;
        Ok(CourierReport {
            number: of("store_order_id"),
            store: of("wx_store_id"),
            courier_number: of("wx_order_id"),
            service: of("service_trans_id"),
            stage,
            at: Instant(seconds(at_s.clamp(0, 9_999_999_999))),
            rider_name: None,
            rider_phone: None,
        })
    }
}

/// The signature under the platform key we know: the one in use, or the one that is going out of use.
fn signature_of<'a>(answer: &'a Answer, serial: &str) -> Option<&'a str> {
    [("wechatmp-serial", "wechatmp-signature"), ("wechatmp-serial-deprecated", "wechatmp-signature-deprecated")]
        .into_iter()
        .find(|(named, _)| answer.header(named) == Some(serial))
        .and_then(|(_, signature)| answer.header(signature))
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// A value as it stands in the signed text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn named(store: &str, number: &str) -> Map<String, Value> {
    [("wx_store_id", store), ("store_order_id", number)]
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .into_iter()
        .collect()
}

/// When the order came to where it is, as far as the answer tells.
fn told_at(answer: &Value, stage: CourierStage) -> Instant {
    let field = match stage {
        CourierStage::Accepted | CourierStage::AtStore => "accept_time",
        CourierStage::OnTheWay => "fetch_time",
        CourierStage::Delivered => "finish_time",
        CourierStage::CancelledByShop | CourierStage::CancelledByCourier => "cancel_time",
        CourierStage::Created | CourierStage::GivenBack | CourierStage::Trouble => "create_time",
    };
    Instant(seconds(answer[field].as_i64().unwrap_or_default().clamp(0, 9_999_999_999)))
}

fn add_body(order: &CourierOrder, trial: bool) -> Map<String, Value> {
    let items: Vec<Value> = order
        .goods
        .iter()
        .take(50)
        .map(|one| json!({ "item_name": cut(&one.name, 50), "count": one.pieces, "item_pic_url": one.picture_url }))
        .collect();
    let pieces: i64 = order.goods.iter().map(|one| one.pieces).sum();
    let name = order.goods.first().map(|one| cut(&one.name, 60)).unwrap_or_default();
    let body = json!({
        "wx_store_id": order.store,
        "store_order_id": order.number,
        "user_openid": order.openid,
        "user_lng": order.lng,
        "user_lat": order.lat,
        "user_address": order.address,
        "user_name": order.name,
        "user_phone": order.phone,
        "order_seq": order.sequence,
        "order_detail_path": order.page,
        "callback_url": order.notify_url,
        "use_sandbox": i64::from(trial),
        "cargo": {
            "cargo_name": name,
            "cargo_weight": order.weight_g.max(1),
            "cargo_price": order.price.0,
            "cargo_type": CARGO_TYPE,
            "cargo_num": pieces,
            "item_list": items,
        },
    });
    match body {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl CourierService for WechatIntracity {
    fn place<'a>(&'a self, order: &'a CourierOrder) -> Pending<'a, CourierPlaced> {
        Box::pin(self.add(order))
    }
    fn ask<'a>(&'a self, store: &'a str, number: &'a str) -> Pending<'a, Option<CourierReport>> {
        Box::pin(self.query(store, number))
    }
    fn cancel<'a>(&'a self, store: &'a str, number: &'a str, reason: &'a str) -> Pending<'a, Fen> {
        Box::pin(self.take_back(store, number, reason))
    }
    fn read_notice(&self, body: &[u8]) -> Result<CourierReport> {
        self.notice(body)
    }
}
