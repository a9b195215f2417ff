//! The calls: add, query, cancel, and the trial's own way to move an order.

use super::super::{MiniError, Query, not_busy};
use super::guard::{answer, open};
use super::model::{ACCEPTED, CANCELLED_BY_SHOP, CREATED, DELIVERED, Errand, GIVEN_BACK, ON_THE_WAY, TROUBLE};
use super::page::{announce, word_of};
use crate::keyring::digits;
use crate::switches::Fault;
use crate::world::World;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use kernel::Instant;
use serde_json::{Value, json};
use std::sync::Arc;

/// The one store that was opened here; any other that begins like it is taken too.
pub(crate) const STORE: &str = "4000000000000042001";
const MOST_GRAMS: i64 = 50_000;
const MOST_METRES: i64 = 30_000;

type Sealed = Result<Response, MiniError>;

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn wrong(what: &str) -> Value {
    json!({ "errcode": 934_001, "errmsg": format!("invalid args: {what}") })
}

fn refusal(errcode: i64, errmsg: &str) -> Value {
    json!({ "errcode": errcode, "errmsg": errmsg })
}

fn key(store: &str, number: &str) -> String {
    format!("{store} {number}")
}

/// `POST /cgi-bin/express/intracity/addorder`.
pub(crate) async fn add(State(world): State<Arc<World>>, query: Query, headers: HeaderMap, bytes: Bytes) -> Sealed {
    let path = "/cgi-bin/express/intracity/addorder";
    let (call, url) = open(&world, path, &query, &headers, &bytes)?;
    let made = placed(&world, &call).unwrap_or_else(|refused| refused);
    Ok(answer(&world, &url, made))
}

fn placed(world: &Arc<World>, call: &Value) -> Result<Value, Value> {
    if world.switched(Fault::CourierBusy) {
        return Err(refusal(934_000, "system busy"));
    }
    let (store, number) = (text(call, "wx_store_id"), text(call, "store_order_id"));
    if !store.starts_with("4000000000000042") {
        return Err(refusal(934_021, "store not exist"));
    }
    let required = [
        "store_order_id",
        "user_openid",
        "user_address",
        "user_name",
        "user_phone",
        "order_detail_path",
        "callback_url",
    ];
    if let Some(missing) = required.into_iter().find(|field| text(call, field).is_empty()) {
        return Err(wrong(missing));
    }
    let (lat, lng) = (call["user_lat"].as_f64().unwrap_or(999.0), call["user_lng"].as_f64().unwrap_or(999.0));
    if !(18.0..=54.0).contains(&lat) || !(73.0..=136.0).contains(&lng) {
        return Err(refusal(934_019, "out of delivery range"));
    }
    let cargo = &call["cargo"];
    let weight_g = cargo["cargo_weight"].as_i64().unwrap_or_default();
    if weight_g > MOST_GRAMS {
        return Err(refusal(934_020, "overweight"));
    }
    if cargo["cargo_name"].as_str().unwrap_or_default().is_empty() || weight_g <= 0 {
        return Err(wrong("cargo"));
    }
    if world.switched(Fault::CourierRefused) {
        return Err(refusal(934_019, "out of delivery range"));
    }
    // As far as its door is from the middle of Hangzhou: the stand-in knows no stores.
    let far = (((lat - 30.25) * 111_000.0).hypot((lng - 120.17) * 96_000.0)).round() as i64;
    let distance_m = far.clamp(300, MOST_METRES);
    let now = world.now();
    let mut state = world.state();
    if let Some(known) = state.couriers.errands.get(&key(&store, &number)) {
        return if known.is_over() { Err(refusal(934_002, "order exists")) } else { Ok(shown(known)) };
    }
    let errand = Errand {
        wx_order_id: format!("40{}", digits(17)),
        openid: text(call, "user_openid"),
        address: text(call, "user_address"),
        receiver: text(call, "user_name"),
        phone: text(call, "user_phone"),
        cargo: text(cargo, "cargo_name"),
        weight_g,
        price_fen: cargo["cargo_price"].as_i64().unwrap_or_default(),
        distance_m,
        fee_fen: 432 + 100 * (distance_m / 1_000),
        callback_url: text(call, "callback_url"),
        status: CREATED,
        times: vec![(CREATED, now)],
        rider: number.bytes().map(usize::from).sum(),
        store_id: store.clone(),
        number: number.clone(),
    };
    let made = shown(&errand);
    state.couriers.errands.insert(key(&store, &number), errand.clone());
    drop(state);
    world.payments_changed();
    announce(world, &errand);
    Ok(made)
}

fn shown(errand: &Errand) -> Value {
    json!({
        "errcode": 0, "errmsg": "ok", "wx_store_id": errand.store_id, "store_order_id": errand.number,
        "wx_order_id": errand.wx_order_id, "service_trans_id": "DADA", "trans_order_id": &errand.wx_order_id[2..],
        "distance": errand.distance_m, "fee": errand.fee_fen,
    })
}

/// The errand a call names: by WeChat's number, or by store and our number.
fn found(world: &World, call: &Value) -> Option<Errand> {
    let state = world.state();
    let id = text(call, "wx_order_id");
    let named = match id.as_str() {
        "" => state.couriers.errands.get(&key(&text(call, "wx_store_id"), &text(call, "store_order_id"))),
        id => state.couriers.by_wx_id(id),
    };
    named.cloned()
}

/// `POST /cgi-bin/express/intracity/queryorder`.
pub(crate) async fn query(State(world): State<Arc<World>>, query: Query, headers: HeaderMap, bytes: Bytes) -> Sealed {
    let path = "/cgi-bin/express/intracity/queryorder";
    let (call, url) = open(&world, path, &query, &headers, &bytes)?;
    let told = found(&world, &call).map_or_else(|| refusal(934_016, "order not exist"), |errand| told(&world, &errand));
    Ok(answer(&world, &url, told))
}

fn told(world: &World, errand: &Errand) -> Value {
    let seconds = |status: i64| errand.at(status).map_or(0, Instant::unix_seconds);
    let mut value = json!({
        "errcode": 0, "errmsg": "ok", "appid": world.keys(|keys| keys.app_id().to_owned()),
        "wx_order_id": errand.wx_order_id, "store_order_id": errand.number, "wx_store_id": errand.store_id,
        "order_status": errand.status, "user_openid": errand.openid, "service_trans_id": "DADA",
        "delivery_no": &errand.wx_order_id[2..], "distance": errand.distance_m, "actualfee": errand.fee_fen,
        "deductfee": 0, "create_time": seconds(CREATED), "accept_time": seconds(ACCEPTED),
        "fetch_time": seconds(ON_THE_WAY), "finish_time": seconds(DELIVERED),
        "cancel_time": errand.changed_at().unix_seconds(),
        "receiver_info": { "receiver_name": errand.receiver, "address": errand.address, "phone_num": errand.phone },
        "cargo_info": { "cargo_name": errand.cargo, "cargo_weight": errand.weight_g, "cargo_price": errand.price_fen },
    });
    if matches!(errand.status, GIVEN_BACK | TROUBLE) {
        value["create_time"] = json!(errand.changed_at().unix_seconds());
    }
    if errand.status == super::model::AT_STORE {
        value["accept_time"] = json!(errand.changed_at().unix_seconds());
    }
    if errand.at(ACCEPTED).is_some() && errand.status != GIVEN_BACK {
        let (name, phone) = errand.rider();
        value["transporter_info"] = json!({ "transporter_name": name, "transporter_phone": phone });
    }
    value
}

/// `POST /cgi-bin/express/intracity/cancelorder`.
pub(crate) async fn cancel(State(world): State<Arc<World>>, query: Query, headers: HeaderMap, bytes: Bytes) -> Sealed {
    let path = "/cgi-bin/express/intracity/cancelorder";
    let (call, url) = open(&world, path, &query, &headers, &bytes)?;
    if !matches!(call["cancel_reason_id"].as_i64(), Some(1 | 2 | 3 | 99)) {
        return Ok(answer(&world, &url, wrong("cancel_reason_id")));
    }
    let Some(errand) = found(&world, &call) else {
        return Ok(answer(&world, &url, refusal(934_016, "order not exist")));
    };
    let done = match errand.status {
        CANCELLED_BY_SHOP => refusal(934_018, "order is cancelled"),
        ON_THE_WAY | TROUBLE => refusal(934_017, "order can not be cancelled"),
        _ if errand.is_over() => refusal(934_017, "order can not be cancelled"),
        _ => {
            let deducted = if errand.status == CREATED { 0 } else { 200 };
            let now = world.now();
            if let Some(known) = world.state().couriers.errands.get_mut(&key(&errand.store_id, &errand.number)) {
                known.status = CANCELLED_BY_SHOP;
                known.times.push((CANCELLED_BY_SHOP, now));
            }
            world.payments_changed();
            json!({ "errcode": 0, "errmsg": "ok", "wx_order_id": errand.wx_order_id, "wx_store_id": errand.store_id,
                "store_order_id": errand.number, "order_status": CANCELLED_BY_SHOP, "deductfee": deducted })
        }
    };
    Ok(answer(&world, &url, done))
}

/// `POST /cgi-bin/express/intracity/mocknotify`: moves an order of the trial.
pub(crate) async fn mock(State(world): State<Arc<World>>, query: Query, headers: HeaderMap, bytes: Bytes) -> Sealed {
    let path = "/cgi-bin/express/intracity/mocknotify";
    not_busy(&world)?;
    let (call, url) = open(&world, path, &query, &headers, &bytes)?;
    let status = call["order_status"].as_i64().unwrap_or_default();
    let moved = found(&world, &call).is_some_and(|errand| word_of(&world, &errand, status));
    let told = if moved { json!({ "errcode": 0, "errmsg": "ok" }) } else { wrong("order_status") };
    Ok(answer(&world, &url, told))
}
