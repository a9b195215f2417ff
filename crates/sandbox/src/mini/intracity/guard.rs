//! The sealed envelope around each call: opened and checked on the way in, made and signed on the way out.

use super::super::{MiniError, Query, authorised};
use super::keys::IntracityRing;
use crate::world::World;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use wire::wechat_api_security as security;

const OFFICIAL: &str = "https://api.weixin.qq.com";
const SKEW_S: i64 = 300;

fn unsigned(why: &str) -> MiniError {
    MiniError(934_011, format!("signature is needed, {why}"))
}

/// The fields of a call that the application's keys vouch for, and the address they were signed for.
pub(super) fn open(
    world: &World,
    path: &str,
    query: &Query,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<(Value, String), MiniError> {
    authorised(world, query)?;
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let at_s: i64 = header("wechatmp-timestamp").parse().map_err(|_| unsigned("no timestamp"))?;
    if (world.now().unix_seconds() - at_s).abs() > SKEW_S {
        return Err(unsigned("timestamp expired"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| unsigned("no text"))?;
    world.keys(|keys| {
        let (app_id, ring) = (keys.app_id(), &keys.intracity);
        if header("wechatmp-appid") != app_id {
            return Err(MiniError(934_012, "appid mismatch".into()));
        }
        // A client may sign for the address it calls, or for the official one.
        let urls = [format!("{}{path}", world.public_url), format!("{OFFICIAL}{path}")];
        let signature = header("wechatmp-signature");
        let signed =
            urls.into_iter().find(|url| security::verify(&ring.app_public, url, app_id, at_s, text, signature).is_ok());
        let url = signed.ok_or_else(|| unsigned("signature mismatch"))?;
        let opened = opened(ring, &url, app_id, at_s, text)?;
        Ok((opened, url))
    })
}

fn opened(ring: &IntracityRing, url: &str, app_id: &str, at_s: i64, text: &str) -> Result<Value, MiniError> {
    let broken = |why: &str| MiniError(40_230, format!("decrypt failed: {why}"));
    let sealed = serde_json::from_str(text).map_err(|_| broken("not sealed"))?;
    let bound = security::associated_data(url, app_id, at_s, &ring.symmetric_serial);
    let plain = security::open(&ring.symmetric_key, &bound, &sealed).map_err(|_| broken("wrong key or data"))?;
    let value: Value = serde_json::from_slice(&plain).map_err(|_| broken("not JSON"))?;
    let own = value["_appid"] == json!(app_id) && value["_timestamp"].as_i64() == Some(at_s) && value["_n"].is_string();
    if own { Ok(value) } else { Err(broken("_appid, _timestamp or _n")) }
}

/// Seals and signs an answer.
pub(super) fn answer(world: &World, url: &str, mut value: Value) -> Response {
    let at_s = world.now().unix_seconds();
    let (headers, body) = world.keys(|keys| {
        let (app_id, ring) = (keys.app_id().to_owned(), &keys.intracity);
        value["_n"] = json!(wire::random::nonce());
        value["_appid"] = json!(app_id);
        value["_timestamp"] = json!(at_s);
        let bound = security::associated_data(url, &app_id, at_s, &ring.symmetric_serial);
        let sealed = security::seal(&ring.symmetric_key, wire::random::bytes(), &bound, value.to_string().as_bytes())
            .expect("our own key is one");
        let body = serde_json::to_string(&sealed).expect("three texts are JSON");
        let signature = security::sign(&ring.platform, url, &app_id, at_s, &body);
        let headers = [
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("wechatmp-appid", app_id),
            ("wechatmp-timestamp", at_s.to_string()),
            ("wechatmp-serial", ring.platform_serial.clone()),
            ("wechatmp-signature", signature),
        ];
        (headers, body)
    });
    (headers, body).into_response()
}
