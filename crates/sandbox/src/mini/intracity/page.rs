//! A courier's journey, moved by a person on a page or by a test, and the callback of every step.

use super::model::{self, Errand, word};
use crate::china;
use crate::form_notice::{FormLetter, post};
use crate::page::{Prefix, escape, page};
use crate::switches::Faults;
use crate::world::World;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post as post_route};
use kernel::{hours, minutes, seconds};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use wire::wechat_intracity;

/// Waits before the second and each further try.
const RETRIES_MS: &[i64] = &[seconds(15), minutes(1), minutes(5), minutes(30), hours(1), hours(3)];

pub(crate) fn control_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/couriers", get(show).post(press))
        .route("/control/couriers", get(list))
        .route("/control/courier", post_route(control))
}

/// Tells the merchant where an errand stands.
pub(super) fn announce(world: &Arc<World>, errand: &Errand) {
    let now_s = world.now().unix_seconds();
    let (app_id, token) = world.keys(|keys| (keys.app_id().to_owned(), keys.intracity.token.clone()));
    let mut fields: BTreeMap<String, String> = [
        ("appid", app_id),
        ("wx_store_id", errand.store_id.clone()),
        ("wx_order_id", errand.wx_order_id.clone()),
        ("store_order_id", errand.number.clone()),
        ("order_status", errand.status.to_string()),
        ("status_change_time", errand.changed_at().unix_seconds().to_string()),
        ("timestamp", now_s.to_string()),
        ("service_trans_id", "DADA".to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    let sign = wechat_intracity::notice_sign(&fields, &token);
    fields.insert("sign".into(), sign);
    let numbers = ["order_status", "status_change_time", "timestamp"];
    let body: serde_json::Map<String, Value> = fields
        .into_iter()
        .map(|(key, value)| {
            let number = value.parse::<i64>().ok().filter(|_| numbers.contains(&key.as_str()));
            (key, number.map_or(json!(value), |number| json!(number)))
        })
        .collect();
    post(
        world,
        FormLetter {
            id: format!("courier-{}-{}-{}", errand.wx_order_id, errand.status, errand.times.len()),
            event: "同城配送",
            payment_number: errand.number.clone(),
            url: errand.callback_url.clone(),
            content_type: "application/json;charset=utf-8",
            body: Value::Object(body).to_string(),
            faults: Faults::default(),
            retries_ms: RETRIES_MS,
            accepted: |status, text| {
                let answer: Value = serde_json::from_str(text).unwrap_or_default();
                status == 200 && answer["return_code"] == 0
            },
        },
    );
}

/// Moves an errand on and tells the merchant; false when it may not go there.
pub(super) fn word_of(world: &Arc<World>, errand: &Errand, status: i64) -> bool {
    advance(world, &format!("{} {}", errand.store_id, errand.number), status)
}

fn advance(world: &Arc<World>, key: &str, status: i64) -> bool {
    // Callbacks tell seconds: a step in the same second as the one before happens a second later.
    let now = world.now();
    let moved = {
        let mut state = world.state();
        let Some(errand) = state.couriers.errands.get_mut(key) else { return false };
        let at = now.max(errand.changed_at() + seconds(1));
        errand.step(status, at).then(|| errand.clone())
    };
    let Some(errand) = moved else { return false };
    world.payments_changed();
    announce(world, &errand);
    true
}

/// The same by our number alone.
pub(crate) fn advance_by_number(world: &Arc<World>, number: &str, status: i64) -> bool {
    let key = {
        let state = world.state();
        let found = state.couriers.errands.newest().find(|errand| errand.number == number);
        found.map(|errand| format!("{} {}", errand.store_id, errand.number))
    };
    key.is_some_and(|key| advance(world, &key, status))
}

/// `GET /couriers`: every errand with buttons for what may happen next.
pub(crate) async fn show(State(world): State<Arc<World>>, prefix: Prefix) -> Response {
    let base = escape(&prefix.0);
    let rows: String = world.state().couriers.errands.newest().take(30).map(|errand| row(&base, errand)).collect();
    let list = if rows.is_empty() {
        "<p class=\"muted\">还没有配送单。用“配送平台”送货的门店有了付款的同城配送订单，它会出现在这里。</p>".to_owned()
    } else {
        rows
    };
    let body = format!(
        "<div class=\"narrow\"><h1>同城配送骑手</h1><p class=\"muted\">替骑手走一步，商城就会收到一次带签名的回调。</p>{list}\
         <nav><a href=\"{base}/couriers\">刷新</a><a href=\"{base}\">沙箱控制台</a></nav></div>"
    );
    page(&prefix, "同城配送骑手", Some(10), &body)
}

fn row(base: &str, errand: &Errand) -> String {
    let mut buttons = String::new();
    for status in errand.next() {
        let label = match *status {
            model::ACCEPTED => "骑手接单",
            model::AT_STORE => "骑手到店",
            model::ON_THE_WAY => "取货，开始配送",
            model::DELIVERED => "送达",
            model::GIVEN_BACK => "骑手撤单",
            model::CANCELLED_BY_COURIER => "配送方取消",
            model::TROUBLE => "配送异常",
            _ => "",
        };
        let _ = write!(
            buttons,
            "<form class=\"inline\" method=\"post\" action=\"{base}/couriers\">\
             <input type=\"hidden\" name=\"number\" value=\"{}\"><input type=\"hidden\" name=\"status\" value=\"{status}\">\
             <button>{label}</button></form>",
            escape(&errand.number)
        );
    }
    let rider = if errand.at(model::ACCEPTED).is_some() { errand.rider().0 } else { "" };
    format!(
        "<section class=\"card\"><h2>{} · {} {rider}</h2><p>{} {}<br>{}</p>\
         <p class=\"muted\">单号 {} · {} 米 · {} 克 · 运费 {}</p>{buttons}</section>",
        china::clock(errand.changed_at()),
        word(errand.status),
        escape(&errand.receiver),
        escape(&errand.address),
        escape(&errand.cargo),
        escape(&errand.number),
        errand.distance_m,
        errand.weight_g,
        china::yuan(errand.fee_fen),
    )
}

#[derive(Deserialize)]
struct Step {
    number: String,
    status: i64,
}

/// A button of the page; goes back to it.
async fn press(State(world): State<Arc<World>>, prefix: Prefix, Form(step): Form<Step>) -> Response {
    advance_by_number(&world, &step.number, step.status);
    Redirect::to(&format!("{}/couriers", prefix.0)).into_response()
}

/// `GET /control/couriers`: every errand, newest first.
async fn list(State(world): State<Arc<World>>) -> Json<Value> {
    let items: Vec<Errand> = world.state().couriers.errands.newest().take(50).cloned().collect();
    Json(json!({ "items": items }))
}

/// `POST /control/courier {number, status}`: moves one on; 409 when it may not go there.
async fn control(State(world): State<Arc<World>>, Json(step): Json<Step>) -> StatusCode {
    if advance_by_number(&world, &step.number, step.status) { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT }
}
