//! Prepay: checks every parameter as the platform does and answers what opens the cashier.
//! A number may be used again only with the same content (the reentry check); a paid number answers ORDERPAID.

use super::answer::{Answer, PayError, PayResult, read};
use super::guard::Caller;
use super::model::{Payment, Scene, TradeState};
use crate::china;
use crate::switches::{Fault, Faults};
use crate::world::World;
use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, http::Uri};
use kernel::{Instant, hours, minutes};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

const PREPAY_LIFE_MS: i64 = hours(2);
const H5_LINK_LIFE_MS: i64 = minutes(5);

#[derive(Deserialize, Serialize)]
struct Prepay {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    time_expire: Option<String>,
    attach: Option<String>,
    notify_url: String,
    goods_tag: Option<String>,
    amount: Amount,
    payer: Option<Payer>,
    scene_info: Option<SceneInfo>,
}

#[derive(Deserialize, Serialize)]
struct Amount {
    total: i64,
    currency: Option<String>,
}

#[derive(Deserialize, Serialize)]
pub(super) struct Payer {
    pub(super) openid: String,
}

#[derive(Deserialize, Serialize)]
pub(super) struct SceneInfo {
    payer_client_ip: Option<String>,
    h5_info: Option<H5Info>,
}

#[derive(Deserialize, Serialize)]
struct H5Info {
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn length(text: &str, field: &'static str, min: usize, max: usize) -> Result<(), PayError> {
    let count = text.chars().count();
    if (min..=max).contains(&count) {
        Ok(())
    } else {
        Err(PayError::param(field, format!("{field} 长度须在 {min} 到 {max} 之间")))
    }
}

/// An absolute address without query or fragment. The real platform also insists on HTTPS and a public host.
pub(super) fn check_notify_url(url: &str) -> Result<(), PayError> {
    let wrong = || PayError::param("notify_url", "notify_url 须是不带参数的完整地址");
    length(url, "notify_url", 1, 255)?;
    let parsed: Uri = url.parse().map_err(|_| wrong())?;
    let absolute =
        matches!(parsed.scheme_str(), Some("http" | "https")) && parsed.host().is_some_and(|h| !h.is_empty());
    if absolute && parsed.query().is_none() && !url.contains('#') { Ok(()) } else { Err(wrong()) }
}

impl Prepay {
    fn check(&self, world: &World, scene: Scene, now: Instant) -> Result<Option<Instant>, PayError> {
        world.keys(|keys| {
            if self.mchid != keys.merchant_id() {
                Err(PayError::param("mchid", "商户号与签名的商户号不一致"))
            } else if self.appid != keys.app_id() {
                Err(PayError::new(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"))
            } else {
                Ok(())
            }
        })?;
        length(&self.description, "description", 1, 127)?;
        check_number("out_trade_no", &self.out_trade_no)?;
        if let Some(attach) = &self.attach {
            length(attach, "attach", 0, 127)?;
        }
        check_notify_url(&self.notify_url)?;
        if self.amount.total < 1 {
            return Err(PayError::param("amount.total", "订单总金额须大于零，单位为分"));
        }
        if self.amount.currency.as_deref().is_some_and(|c| c != "CNY") {
            return Err(PayError::param("amount.currency", "境内商户只支持 CNY"));
        }
        check_scene(scene, self.payer.as_ref(), self.scene_info.as_ref())?;
        self.time_expire.as_deref().map(|text| expiry(text, now)).transpose()
    }
}

pub(super) fn check_number(field: &'static str, number: &str) -> Result<(), PayError> {
    length(number, field, 6, 32)?;
    if number.chars().all(|c| c.is_ascii_alphanumeric() || "_-|*".contains(c)) {
        return Ok(());
    }
    Err(PayError::param(field, "商户订单号只能是数字、大小写字母和_-|*"))
}

pub(super) fn check_scene(scene: Scene, payer: Option<&Payer>, info: Option<&SceneInfo>) -> Result<(), PayError> {
    match scene {
        Scene::Native | Scene::Code => Ok(()),
        Scene::Jsapi => {
            let openid = payer.map(|p| p.openid.as_str()).unwrap_or_default();
            let valid = openid.len() == 28
                && openid.starts_with('o')
                && openid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if valid { Ok(()) } else { Err(PayError::param("payer.openid", "无效的openid")) }
        }
        Scene::H5 => {
            let ip = info.and_then(|i| i.payer_client_ip.as_deref()).unwrap_or_default();
            if ip.parse::<std::net::IpAddr>().is_err() {
                return Err(PayError::param("scene_info.payer_client_ip", "H5 支付须有用户终端 IP"));
            }
            let kind = info.and_then(|i| i.h5_info.as_ref()).and_then(|h| h.kind.as_deref()).unwrap_or_default();
            length(kind, "scene_info.h5_info.type", 1, 32)
        }
    }
}

/// Digest of what must not change between two calls with one number. The payer may change networks in between.
pub(super) fn fingerprint(scene: Scene, request: &impl Serialize) -> String {
    let mut content = serde_json::to_value(request).expect("a request is plain data");
    content["scene_info"] = serde_json::Value::Null;
    wire::sha256_hex(format!("{} {content}", scene.trade_type()))
}

/// How long what a prepay answers can be used.
pub(super) const fn life_ms(scene: Scene) -> i64 {
    match scene {
        Scene::H5 => H5_LINK_LIFE_MS,
        Scene::Jsapi | Scene::Native | Scene::Code => PREPAY_LIFE_MS,
    }
}

pub(super) fn expiry(text: &str, now: Instant) -> Result<Instant, PayError> {
    let at = Instant::parse(text).ok_or_else(|| PayError::param("time_expire", "time_expire 须是 RFC 3339 时间"))?;
    if at > now { Ok(at) } else { Err(PayError::param("time_expire", "time_expire 已经过去")) }
}

pub(super) async fn jsapi(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    prepay(&world, &caller, &body, Scene::Jsapi)
}

pub(super) async fn native(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    prepay(&world, &caller, &body, Scene::Native)
}

pub(super) async fn h5(world: State<Arc<World>>, caller: Extension<Caller>, body: Bytes) -> PayResult {
    prepay(&world, &caller, &body, Scene::H5)
}

fn prepay(world: &Arc<World>, caller: &Caller, body: &Bytes, scene: Scene) -> PayResult {
    let request: Prepay = read(body)?;
    let now = world.now();
    let expires_at = request.check(world, scene, now)?;
    let own = Faults::of_description(&request.description);
    if own.has(Fault::FailPrepay) || caller.faults.has(Fault::FailPrepay) {
        return Err(PayError::new(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用"));
    }
    let fingerprint = fingerprint(scene, &request);
    let life_ms = life_ms(scene);

    let mut state = world.state();
    let kept = match state.pay.current(&request.out_trade_no, now) {
        None => None,
        Some(known) => {
            reentry(known, &fingerprint)?;
            if now >= known.link_expires_at {
                known.prepay_id = new_prepay_id(now);
            }
            known.link_expires_at = now + life_ms;
            known.by_public_key = caller.by_public_key;
            Some(known.clone())
        }
    };
    let payment = kept.unwrap_or_else(|| {
        let mut faults = own;
        // A switch of the console is not kept: it is looked at when its moment comes.
        faults.extend(&caller.lasting);
        Payment {
            number: request.out_trade_no.clone(),
            prepay_id: new_prepay_id(now),
            scene,
            app_id: request.appid,
            description: request.description,
            attach: request.attach,
            total_fen: request.amount.total,
            openid: request.payer.map(|p| p.openid).filter(|_| scene == Scene::Jsapi),
            notify_url: request.notify_url,
            created_at: now,
            expires_at,
            link_expires_at: now + life_ms,
            fingerprint,
            by_public_key: caller.by_public_key,
            faults,
            state: TradeState::NotPay,
            transaction_id: None,
            paid_at: None,
            refunded_fen: 0,
            refunds: 0,
            shipping: None,
            combined: None,
        }
    });
    let answer = opening(world, payment.scene, &payment.prepay_id, &payment.faults);
    state.pay.put(payment);
    drop(state);
    world.payments_changed();
    Ok(answer)
}

/// The same number again: allowed only unpaid, open and with the same content.
pub(super) fn reentry(known: &Payment, fingerprint: &str) -> Result<(), PayError> {
    match known.state {
        TradeState::Success | TradeState::Refund => Err(PayError::new(400, "ORDERPAID", "该订单已支付")),
        TradeState::Closed | TradeState::Revoked => Err(PayError::new(400, "ORDER_CLOSED", "该订单已关闭")),
        TradeState::NotPay | TradeState::UserPaying if known.fingerprint != fingerprint => {
            Err(PayError::invalid("请求重入时，参数与首次请求时不一致"))
        }
        TradeState::NotPay | TradeState::UserPaying => Ok(()),
    }
}

pub(super) fn new_prepay_id(now: Instant) -> String {
    let tail = wire::random::nonce().to_ascii_lowercase();
    format!("wx{}{}0000", china::compact(now), &tail[..16])
}

/// What opens the cashier. The real `code_url` is `weixin://…`; ours is an address any browser opens.
pub(super) fn opening(world: &World, scene: Scene, prepay_id: &str, faults: &Faults) -> Answer {
    let cashier = format!("{}/cashier/{prepay_id}", world.public_url);
    let body = match scene {
        Scene::Jsapi => json!({"prepay_id": prepay_id}),
        Scene::Native | Scene::Code => json!({"code_url": cashier}),
        Scene::H5 => json!({"h5_url": format!("{cashier}?package={}", &prepay_id[2..12])}),
    };
    Answer::json(body, faults)
}
