//! Subscribe messages (订阅消息): values are checked by the kind of their field, as the real service does, and what was taken
//! lies in an inbox. Which person allowed how many is known to the WeChat client alone; here everybody did, unless the fault
//! is switched on.

use super::{MiniError, MiniResult, Query, authorised, body};
use crate::switches::Fault;
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use kernel::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A message that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Notified {
    pub openid: String,
    pub template_id: String,
    pub page: String,
    pub data: BTreeMap<String, String>,
    pub at: Instant,
}

#[derive(Deserialize)]
struct Send {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    data: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    value: String,
}

/// `POST /cgi-bin/message/subscribe/send`.
pub(super) async fn send(State(world): State<Arc<World>>, query: Query, bytes: Bytes) -> MiniResult {
    authorised(&world, &query)?;
    let request: Send = body(&bytes)?;
    if !request.touser.starts_with("oHf") {
        return Err(MiniError::new(40003, "invalid openid"));
    }
    if request.template_id.len() < 20 {
        return Err(MiniError::new(40037, "invalid template_id"));
    }
    if request.page.starts_with('/') {
        return Err(MiniError::new(41030, "invalid page"));
    }
    if request.data.is_empty() {
        return Err(MiniError::new(47003, "argument invalid! data is empty"));
    }
    for (name, entry) in &request.data {
        if !fits(name, &entry.value) {
            return Err(MiniError(47003, format!("argument invalid! data.{name}.value invalid")));
        }
    }
    if world.switched(Fault::NotSubscribed) {
        return Err(MiniError::new(43101, "user refuse to accept the msg"));
    }
    let id = wire::random::nonce();
    let data = request.data.into_iter().map(|(name, entry)| (name, entry.value)).collect();
    let taken = Notified {
        openid: request.touser,
        template_id: request.template_id,
        page: request.page,
        data,
        at: world.now(),
    };
    world.state().mini.notices.insert(id.clone(), taken);
    Ok(Json(json!({"errcode": 0, "errmsg": "ok", "msgid": id})))
}

/// The limits of 订阅消息参数值内容限制说明.
fn fits(name: &str, value: &str) -> bool {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let most = match kind {
        "thing" | "const" => 20,
        "number" | "letter" | "character_string" => 32,
        "symbol" | "phrase" => 5,
        "time" | "date" => 24,
        "amount" => 13,
        "phone_number" => 17,
        "car_number" => 8,
        "name" => 10,
        _ => return false,
    };
    let ascii = !matches!(kind, "number" | "letter" | "character_string") || value.is_ascii();
    kind.len() < name.len() && !value.is_empty() && value.chars().count() <= most && ascii
}
