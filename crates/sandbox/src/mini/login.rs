//! Sign-in codes and phone codes: made where the WeChat client would make them (the control routes), good for one use within
//! five minutes. The openid is derived from app and user, so the same person is the same member after a restart.

use super::{MiniError, MiniResult, Query, authorised, body, not_busy};
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use kernel::{Instant, minutes};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

const LIFE_MS: i64 = minutes(5);

/// What a code stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    /// `wx.login`: the subject is a user's name.
    Login,
    /// `getPhoneNumber`: the subject is a mainland phone number.
    Phone,
}

/// A code that was handed out.
pub(crate) struct Code {
    kind: CodeKind,
    subject: String,
    expires_at: Instant,
    used: bool,
}

/// The openid of a user, 28 characters like the real ones.
pub(crate) fn openid_of(app_id: &str, user: &str) -> String {
    let digest = wire::sha256_hex(format!("{app_id} {user}"));
    format!("oHf{}", &digest[..25])
}

/// What `wx.login` (`phone` false) or `getPhoneNumber` would give to the page.
pub(crate) fn mint_code(world: &World, subject: &str, phone: bool) -> String {
    let kind = if phone { CodeKind::Phone } else { CodeKind::Login };
    let code = format!("0{}", wire::random::nonce());
    let expires_at = world.now() + LIFE_MS;
    let entry = Code { kind, subject: subject.to_owned(), expires_at, used: false };
    world.state().mini.codes.insert(code.clone(), entry);
    code
}

/// Uses a code up and answers its subject.
fn redeem(world: &World, code: &str, kind: CodeKind) -> Result<String, MiniError> {
    let now = world.now();
    let mut state = world.state();
    match state.mini.codes.get_mut(code) {
        Some(entry) if entry.kind == kind && entry.used => Err(MiniError::new(40163, "code been used")),
        Some(entry) if entry.kind == kind && now < entry.expires_at => {
            entry.used = true;
            Ok(entry.subject.clone())
        }
        _ => Err(MiniError::new(40029, "invalid code")),
    }
}

/// `GET /sns/jscode2session`.
pub(super) async fn code_to_session(State(world): State<Arc<World>>, query: Query) -> MiniResult {
    not_busy(&world)?;
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let (app_id, secret) = world.keys(|k| (k.app_id().to_owned(), k.app_secret().to_owned()));
    if of("appid") != app_id {
        return Err(MiniError::new(40013, "invalid appid"));
    }
    if of("secret") != secret {
        return Err(MiniError::new(40125, "invalid appsecret"));
    }
    if of("grant_type") != "authorization_code" {
        return Err(MiniError::new(40002, "invalid grant_type"));
    }
    let user = redeem(&world, of("js_code"), CodeKind::Login)?;
    Ok(Json(json!({"openid": openid_of(&app_id, &user), "session_key": session_key()})))
}

/// 16 fresh bytes in base64.
fn session_key() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = wire::random::bytes::<22>();
    let mut text: String = bytes[..21].iter().map(|b| char::from(ALPHABET[usize::from(b % 64)])).collect();
    // The 22nd symbol carries two bits only, so its spare bits stay zero.
    text.push(char::from(ALPHABET[usize::from(bytes[21] % 4) * 16]));
    text + "=="
}

#[derive(Deserialize)]
struct PhoneRequest {
    #[serde(default)]
    code: String,
}

/// `POST /wxa/business/getuserphonenumber`.
pub(super) async fn phone_number(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: PhoneRequest = body(&bytes)?;
    let phone = redeem(&world, &request.code, CodeKind::Phone)?;
    let app_id = world.keys(|k| k.app_id().to_owned());
    Ok(Json(json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": phone,
            "purePhoneNumber": phone,
            "countryCode": "86",
            "watermark": {"timestamp": world.now().unix_seconds(), "appid": app_id}
        }
    })))
}
