//! The mini-program server API (`api.weixin.qq.com`): tokens, sign-in, phone numbers and shipping management.
//! Business errors come with HTTP 200 and `errcode`, as the real one does; every message ends in a request id.

mod code;
mod intracity;
mod login;
mod shipping;
mod subscribe;
mod token;

pub(crate) use intracity::{Couriers, IntracityKeys, IntracityRing, STORE as INTRACITY_STORE, advance_by_number};
pub(crate) use login::mint_code;
pub(crate) use shipping::{Funds, Shipping, shipped_word};
pub(crate) use subscribe::Notified;
pub(crate) use token::expire_tokens;

use crate::bounded::Bounded;
use crate::switches::Fault;
use crate::world::World;
use axum::Router;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::any;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// Tokens and codes that were handed out.
pub(crate) struct MiniState {
    tokens: token::Tokens,
    codes: Bounded<login::Code>,
    notices: Bounded<Notified>,
}

impl MiniState {
    /// Subscribe messages, newest first.
    pub(crate) fn newest_notices(&self) -> impl Iterator<Item = &Notified> {
        self.notices.newest()
    }
}

impl Default for MiniState {
    fn default() -> Self {
        MiniState { tokens: token::Tokens::default(), codes: Bounded::new(2_000), notices: Bounded::new(500) }
    }
}

/// `errcode` and the start of `errmsg`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MiniError(pub(crate) i64, pub(crate) String);

impl MiniError {
    fn new(code: i64, message: &str) -> Self {
        MiniError(code, message.to_owned())
    }
}

impl IntoResponse for MiniError {
    fn into_response(self) -> Response {
        let rid = wire::random::nonce().to_ascii_lowercase();
        let rid = format!("{}-{}-{}", &rid[..8], &rid[8..16], &rid[16..24]);
        Json(json!({"errcode": self.0, "errmsg": format!("{} rid: {rid}", self.1)})).into_response()
    }
}

pub(crate) type MiniResult = Result<Json<Value>, MiniError>;
pub(crate) type Query = axum::extract::Query<HashMap<String, String>>;

/// Success without content.
fn ok() -> MiniResult {
    Ok(Json(json!({"errcode": 0, "errmsg": "ok"})))
}

/// A JSON body as the real service reads it: the content type does not matter, emptiness has its own code.
fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MiniError> {
    if bytes.is_empty() {
        return Err(MiniError::new(44002, "empty post data"));
    }
    serde_json::from_slice(bytes).map_err(|e| MiniError(47001, format!("data format error: {e}")))
}

/// Refuses when the service is switched to busy.
fn not_busy(world: &World) -> Result<(), MiniError> {
    if world.switched(Fault::WechatBusy) { Err(MiniError::new(-1, "system error")) } else { Ok(()) }
}

/// Refuses a call without a living access token.
fn authorised(world: &World, query: &Query) -> Result<(), MiniError> {
    not_busy(world)?;
    let given = query.get("access_token").map(String::as_str).unwrap_or_default();
    token::check(world, given)
}

async fn needs_post() -> MiniError {
    MiniError::new(43002, "require POST method")
}

/// A route that answers 43002 to anything but POST.
macro_rules! post_only {
    ($handler:expr) => {
        axum::routing::post($handler).fallback(needs_post)
    };
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/cgi-bin/token", any(token::token))
        .route("/cgi-bin/stable_token", post_only!(token::stable_token))
        .route("/sns/jscode2session", any(login::code_to_session))
        .route("/wxa/business/getuserphonenumber", post_only!(login::phone_number))
        .route("/cgi-bin/message/subscribe/send", post_only!(subscribe::send))
        .route("/wxa/getwxacodeunlimit", post_only!(code::unlimited))
        .route("/wxa/sec/order/upload_shipping_info", post_only!(shipping::upload))
        .route("/wxa/sec/order/upload_combined_shipping_info", post_only!(shipping::upload_combined))
        .route("/wxa/sec/order/get_order", post_only!(shipping::get_order))
        .route("/wxa/sec/order/notify_confirm_receive", post_only!(shipping::confirm_receive))
        .route("/wxa/sec/order/is_trade_managed", post_only!(shipping::is_trade_managed))
        .route("/cgi-bin/express/intracity/addorder", post_only!(intracity::add))
        .route("/cgi-bin/express/intracity/queryorder", post_only!(intracity::query))
        .route("/cgi-bin/express/intracity/cancelorder", post_only!(intracity::cancel))
        .route("/cgi-bin/express/intracity/mocknotify", post_only!(intracity::mock))
        .merge(intracity::control_routes())
}
