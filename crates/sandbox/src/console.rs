//! The console: failure switches, payments with their cashier links, notices with every try, and a few buttons.
//! The same levers as JSON under `/control`, for tests in other processes.

use crate::alipay::{self, Trade};
use crate::china;
use crate::mini::{self, Funds, shipped_word};
use crate::page::{Prefix, escape, page, style};
use crate::pay::{self, NoticeRecord, Payment};
use crate::switches::Fault;
use crate::unionpay::{self, Order};
use crate::world::World;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/style.css", get(style))
        .route("/press", post(press))
        .route("/control/switch", post(switch))
        .route("/control/login-code", post(login_code))
        .route("/control/phone-code", post(phone_code))
        .route("/control/alipay-code", post(alipay_code))
        .route("/control/pay", post(pay_number))
        .route("/control/confirm-transfer", post(confirm_transfer))
        .route("/control/expire-tokens", post(expire_tokens))
        .route("/control/rotate-certificate", post(rotate_certificate))
        .route("/control/messages", get(messages))
        .route("/control/subscribe-messages", get(subscribe_messages))
        .route("/control/notices", get(notices))
}

/// `GET /`: the page itself.
pub(crate) async fn show(State(world): State<Arc<World>>, prefix: Prefix) -> Response {
    let base = escape(&prefix.0);
    let now = world.now();
    let state = world.state();
    let mut switches = String::new();
    for fault in Fault::ALL {
        let on = state.switches.has(*fault);
        let (class, mark) = if on { ("on", "● 已开启：") } else { ("", "") };
        let _ = write!(
            switches,
            "<form method=\"post\" action=\"{base}/press\"><input type=\"hidden\" name=\"do\" value=\"switch\">\
             <input type=\"hidden\" name=\"fault\" value=\"{}\"><input type=\"hidden\" name=\"on\" value=\"{}\">\
             <button class=\"{class}\" aria-pressed=\"{on}\">{mark}{}</button></form>",
            fault.name(),
            !on,
            fault.label()
        );
    }
    let payments: String = state.pay.newest().take(20).map(|p| payment_row(&base, p, now)).collect();
    let notices: String = state.pay.newest_notices().take(20).map(notice_row).collect();
    let trades: String = state.alipay.newest().take(20).map(|t| trade_row(&base, t, now)).collect();
    let orders: String = state.unionpay.newest().take(20).map(|o| order_row(&base, o, now)).collect();
    let frozen: i64 =
        state.pay.newest().filter(|p| Funds::of(p, now).is_frozen()).map(|p| p.total_fen - p.refunded_fen).sum();
    drop(state);
    let button = |what: &str, label: &str| {
        format!(
            "<form class=\"inline\" method=\"post\" action=\"{base}/press\"><input type=\"hidden\" name=\"do\" value=\"{what}\">\
             <button>{label}</button></form>"
        )
    };
    let body = format!(
        "<h1>沙箱控制台</h1><nav><a href=\"{base}/sms\">短信收件箱</a><a href=\"{base}/couriers\">同城配送骑手</a></nav>\
         <section class=\"card\"><h2>故障开关</h2><div class=\"switches\">{switches}</div>\
         <p class=\"muted\">也可以只让一笔订单出错：商品描述里写 [late_notice]，或请求头带 X-Sandbox-Fault: late_notice。</p></section>\
         <section class=\"card\"><h2>一次性动作</h2>{}{}</section>\
         <section class=\"card\"><h2>付款单</h2><p class=\"muted\">冻结中 {}（小程序订单发货并确认收货后才解冻）</p>\
         <div class=\"scroll\"><table><tr><th>时间</th><th>订单号</th><th>商品</th><th>金额</th><th>状态</th><th>资金</th><th>发货</th></tr>{payments}</table></div></section>\
         <section class=\"card\"><h2>支付宝交易</h2>\
         <div class=\"scroll\"><table><tr><th>时间</th><th>订单号</th><th>商品</th><th>金额</th><th>状态</th><th>已退</th></tr>{trades}</table></div></section>\
         <section class=\"card\"><h2>银联交易</h2>\
         <div class=\"scroll\"><table><tr><th>时间</th><th>订单号</th><th>类型</th><th>金额</th><th>状态</th><th>已退</th></tr>{orders}</table></div></section>\
         <section class=\"card\"><h2>通知</h2><div class=\"scroll\"><table><tr><th>类型</th><th>订单号</th><th>送达</th><th>每次应答</th></tr>{notices}</table></div></section>",
        button("expire_tokens", "作废所有 access_token"),
        button("rotate_certificate", "轮换平台证书"),
        china::yuan(frozen),
    );
    page(&prefix, "沙箱控制台", None, &body)
}

fn payment_row(base: &str, payment: &Payment, now: kernel::Instant) -> String {
    let number = escape(&payment.number);
    let link = if payment.payable(now) {
        format!("<a href=\"{base}/cashier/{}\">{number}</a>", escape(&payment.prepay_id))
    } else {
        number
    };
    format!(
        "<tr><td>{}</td><td>{link}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        china::clock(payment.created_at),
        escape(&payment.description),
        china::yuan(payment.total_fen),
        payment.state.label(),
        Funds::of(payment, now).label(),
        shipped_word(payment)
    )
}

fn trade_row(base: &str, trade: &Trade, now: kernel::Instant) -> String {
    let number = escape(&trade.number);
    let link = if trade.payable(now) {
        format!("<a href=\"{base}/alipay/cashier/{}\">{number}</a>", escape(&trade.trade_no))
    } else {
        number
    };
    format!(
        "<tr><td>{}</td><td>{link}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        china::clock(trade.created_at),
        escape(&trade.subject),
        china::yuan(trade.total.0),
        trade.status.label(),
        china::yuan(trade.refunded().0)
    )
}

fn order_row(base: &str, order: &Order, now: kernel::Instant) -> String {
    let number = escape(&order.number);
    let link = if order.payable(now) {
        format!("<a href=\"{base}/unionpay/cashier/{}\">{number}</a>", escape(&order.token))
    } else {
        number
    };
    format!(
        "<tr><td>{}</td><td>{link}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        china::clock(order.created_at),
        if order.kind == "04" { "退货" } else { "消费" },
        china::yuan(order.amount.0),
        order.standing.label(),
        china::yuan(order.refunded.0)
    )
}

fn notice_row(notice: &NoticeRecord) -> String {
    let tries: String = notice
        .attempts
        .iter()
        .map(|a| {
            let status = a.status.map_or_else(|| "无应答".to_owned(), |s| s.to_string());
            let passed = a.status.is_some_and(|s| s >= 400);
            match (a.probe, passed) {
                (true, true) => format!("{} 探测：已拒绝（正确）<br>", china::clock(a.at)),
                (true, false) => {
                    format!("{} <span class=\"bad\">探测：未拒绝（{status}）</span><br>", china::clock(a.at))
                }
                (false, _) => format!("{} {status}<br>", china::clock(a.at)),
            }
        })
        .collect();
    let outcome = match notice.outcome {
        pay::Outcome::Trying => "重试中",
        pay::Outcome::Accepted => "已收下",
        pay::Outcome::GivenUp => "已放弃",
    };
    format!(
        "<tr><td>{}</td><td>{}</td><td>{outcome}</td><td>{tries}</td></tr>",
        escape(&notice.event_type),
        escape(&notice.payment_number)
    )
}

#[derive(Deserialize)]
struct Press {
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    fault: String,
    #[serde(default)]
    on: bool,
}

/// A button of the page; goes back to it.
async fn press(State(world): State<Arc<World>>, prefix: Prefix, Form(form): Form<Press>) -> Response {
    match (form.what.as_str(), Fault::parse(&form.fault)) {
        ("switch", Some(fault)) => world.state().switches.set(fault, form.on),
        ("expire_tokens", _) => mini::expire_tokens(&world),
        ("rotate_certificate", _) => {
            if let Err(error) = world.rotate_certificate() {
                return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
            }
        }
        _ => return (StatusCode::BAD_REQUEST, "没有这个动作").into_response(),
    }
    let home = if prefix.0.is_empty() { "/" } else { &prefix.0 };
    Redirect::to(home).into_response()
}

#[derive(Deserialize)]
struct Switch {
    fault: Fault,
    on: bool,
}

/// `POST /control/switch {fault, on}`.
async fn switch(State(world): State<Arc<World>>, Json(form): Json<Switch>) -> StatusCode {
    world.state().switches.set(form.fault, form.on);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct User {
    user: String,
}

/// `POST /control/login-code {user}`: what `wx.login` gives.
async fn login_code(State(world): State<Arc<World>>, Json(form): Json<User>) -> Json<Value> {
    Json(json!({"code": mini::mint_code(&world, &form.user, false)}))
}

#[derive(Deserialize)]
struct Phone {
    phone: String,
}

/// `POST /control/phone-code {phone}`: what the phone button gives.
async fn phone_code(State(world): State<Arc<World>>, Json(form): Json<Phone>) -> Json<Value> {
    Json(json!({"code": mini::mint_code(&world, &form.phone, true)}))
}

#[derive(Deserialize)]
struct Number {
    out_trade_no: String,
}

/// `POST /control/alipay-code {user}`: what `my.getAuthCode` gives.
async fn alipay_code(State(world): State<Arc<World>>, Json(form): Json<User>) -> Json<Value> {
    Json(json!({"code": world.state().alipay.mint_code(&form.user)}))
}

/// `POST /control/pay {out_trade_no}`: pays like a person, at whichever platform knows the number; 409 with the reason otherwise.
async fn pay_number(State(world): State<Arc<World>>, Json(form): Json<Number>) -> Response {
    match pay_anywhere(&world, &form.out_trade_no) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => (StatusCode::CONFLICT, why.label()).into_response(),
    }
}

pub(crate) fn pay_anywhere(world: &Arc<World>, number: &str) -> Result<(), pay::Declined> {
    let now = world.now();
    let prepay_id = world.state().pay.prepay_of(number);
    if let Some(prepay_id) = prepay_id {
        return pay::pay(world, &prepay_id).map(drop);
    }
    if world.state().unionpay.by_number(number).is_some() {
        return unionpay::pay(world, number).map(drop);
    }
    let trade_no = world.state().alipay.current(number, now).map(|t| t.trade_no.clone());
    alipay::pay(world, &trade_no.unwrap_or_default()).map(drop)
}

#[derive(Deserialize)]
struct Bill {
    out_bill_no: String,
    accept: bool,
}

/// `POST /control/confirm-transfer {out_bill_no, accept}`: what the payee presses.
async fn confirm_transfer(State(world): State<Arc<World>>, Json(form): Json<Bill>) -> Response {
    match pay::confirm(&world, &form.out_bill_no, form.accept) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => (StatusCode::NOT_FOUND, "没有这笔转账").into_response(),
    }
}

async fn expire_tokens(State(world): State<Arc<World>>) -> StatusCode {
    mini::expire_tokens(&world);
    StatusCode::NO_CONTENT
}

async fn rotate_certificate(State(world): State<Arc<World>>) -> Response {
    match world.rotate_certificate() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    phone: String,
}

/// `GET /control/messages?phone=`: text messages, newest first.
async fn messages(State(world): State<Arc<World>>, Query(whose): Query<Whose>) -> Response {
    let state = world.state();
    let found: Vec<_> = state.sms.newest().filter(|m| whose.phone.is_empty() || m.phone == whose.phone).collect();
    Json(json!({"items": found})).into_response()
}

/// `GET /control/notices`: notices with every try, newest first.
async fn notices(State(world): State<Arc<World>>) -> Response {
    let state = world.state();
    Json(json!({"items": state.pay.newest_notices().collect::<Vec<_>>()})).into_response()
}

/// `GET /control/subscribe-messages`: what the mini program's people were told, newest first.
async fn subscribe_messages(State(world): State<Arc<World>>) -> Json<Value> {
    let items: Vec<mini::Notified> = world.state().mini.newest_notices().take(50).cloned().collect();
    Json(json!({"items": items}))
}
