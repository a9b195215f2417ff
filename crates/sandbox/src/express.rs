//! 快递100 query (`POST /poll/query.do`): verifies the signature and tells a believable journey that advances with the clock.
//! A parcel's journey starts when it is first asked about; numbers that begin with `0000` are never found.

use crate::bounded::Bounded;
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::Json;
use axum::routing::post;
use kernel::{Instant, hours, minutes};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const PARCELS: usize = 2_000;

pub(crate) struct ExpressState {
    /// First time each number was asked about.
    seen: Bounded<Instant>,
}

impl Default for ExpressState {
    fn default() -> Self {
        ExpressState { seen: Bounded::new(PARCELS) }
    }
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/poll/query.do", post(query))
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    customer: String,
    #[serde(default)]
    sign: String,
    #[serde(default)]
    param: String,
}

#[derive(Deserialize)]
struct Param {
    #[serde(default)]
    com: String,
    #[serde(default)]
    num: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    to: String,
}

/// One step: after how long, with which state, in which words. `{hub}` and `{to}` are filled in.
const JOURNEY: [(i64, &str, &str); 8] = [
    (0, "1", "【杭州市】快件已由河坊街营业部揽收，揽收员：陈师傅"),
    (minutes(95), "0", "【杭州市】快件离开河坊街营业部，发往杭州转运中心"),
    (hours(4), "0", "【杭州市】快件到达杭州转运中心"),
    (hours(6), "0", "【杭州市】快件离开杭州转运中心，发往{hub}"),
    (hours(19), "0", "快件到达{hub}"),
    (hours(27), "0", "快件到达{to}营业部，正在分拣"),
    (hours(31), "5", "【{to}】快递员正在为您派件，请保持电话畅通"),
    (hours(35), "3", "【{to}】快件已签收，签收人：本人，感谢使用"),
];
const TROUBLE: (i64, &str, &str) = (hours(31), "2", "【{to}】收件人电话暂时无法接通，稍后再次派送");
/// The parcel was collected a little before anybody asks.
const COLLECTED_BEFORE_MS: i64 = minutes(20);

fn refuse(code: &str, message: &str) -> Json<Value> {
    Json(json!({"result": false, "returnCode": code, "message": message}))
}

async fn query(State(world): State<Arc<World>>, Form(request): Form<Request>) -> Json<Value> {
    if world.switched(Fault::ExpressBusy) {
        return refuse("502", "服务器繁忙");
    }
    let signed = world.keys(|k| {
        k.express_customer() == request.customer
            && wire::kuaidi100::verify_query(&request.param, k.express_key(), k.express_customer(), &request.sign)
                .is_ok()
    });
    if !signed {
        return refuse("503", "验证签名失败");
    }
    let Ok(param) = serde_json::from_str::<Param>(&request.param) else {
        return refuse("400", "提交的数据不完整，或者贵公司没授权");
    };
    let known_form =
        param.num.len() >= 6 && param.num.len() <= 32 && param.num.bytes().all(|b| b.is_ascii_alphanumeric());
    if param.com.is_empty() || !param.com.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) || !known_form {
        return refuse("400", "提交的数据不完整，或者贵公司没授权");
    }
    if matches!(param.com.as_str(), "shunfeng" | "zhongtong" | "fengwang") && param.phone.len() < 4 {
        return refuse("408", "验证码错误，请输入收寄件人手机号后四位");
    }
    if param.num.starts_with("0000") {
        return refuse("500", "查询无结果，请隔段时间再查");
    }
    Json(journey(&world, &param))
}

fn journey(world: &World, param: &Param) -> Value {
    let now = world.now();
    let trouble = world.switched(Fault::ExpressTrouble);
    let collected_at = {
        let seen = &mut world.state().express.seen;
        let key = format!("{} {}", param.com, param.num);
        if seen.get(&key).is_none() {
            seen.insert(key.clone(), now - scaled(world, COLLECTED_BEFORE_MS));
        }
        seen.get(&key).copied().unwrap_or(now)
    };
    let to = if param.to.is_empty() { "目的地" } else { param.to.as_str() };
    let hub = format!("{}转运中心", to.chars().take(3).collect::<String>());
    let steps = JOURNEY.iter().take(6).chain(if trouble { std::slice::from_ref(&TROUBLE) } else { &JOURNEY[6..] });
    let passed: Vec<(Instant, &str, String)> = steps
        .map(|(after, state, text)| (collected_at + scaled(world, *after), *state, text))
        .filter(|(at, _, _)| *at <= now)
        .map(|(at, state, text)| (at, state, text.replace("{hub}", &hub).replace("{to}", to)))
        .collect();
    let state = passed.last().map_or("1", |(_, state, _)| state);
    let data: Vec<Value> = passed
        .iter()
        .rev()
        .map(|(at, _, text)| json!({"time": china::plain(*at), "ftime": china::plain(*at), "context": text}))
        .collect();
    json!({
        "message": "ok",
        "nu": param.num,
        "ischeck": if state == "3" { "1" } else { "0" },
        "condition": "00",
        "com": param.com,
        "status": "200",
        "state": state,
        "data": data
    })
}

fn scaled(world: &World, real_ms: i64) -> i64 {
    (real_ms as f64 * world.pace.journey_factor) as i64
}
