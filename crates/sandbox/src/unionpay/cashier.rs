//! UnionPay's cashier: where a browser lands after posting a form. From here a person goes back to the merchant by another
//! form with the trade's signed fields, which a merchant must not take for a payment; without paying, by a plain link.

use super::model::{Order, Standing};
use super::{notice, trade};
use crate::china::yuan;
use crate::page::{Prefix, escape, page, sentence};
use crate::pay::Declined;
use crate::world::World;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

const TITLE: &str = "银联在线支付";

#[derive(Deserialize)]
pub(super) struct Press {
    action: String,
}

pub(super) async fn show(State(world): State<Arc<World>>, prefix: Prefix, Path(token): Path<String>) -> Response {
    let found = world.state().unionpay.by_token(&token).cloned();
    match found {
        None => sentence(&prefix, TITLE, Declined::Unknown.label()),
        Some(order) => state_page(&prefix, &world, &order, None),
    }
}

pub(super) async fn press(
    State(world): State<Arc<World>>,
    prefix: Prefix,
    Path(token): Path<String>,
    Form(form): Form<Press>,
) -> Response {
    let number = world.state().unionpay.by_token(&token).map(|order| order.number.clone());
    let why = match (form.action.as_str(), &number) {
        ("pay", Some(number)) => trade::pay(&world, number).err(),
        ("fail", Some(_)) => Some(Declined::Bank),
        (_, Some(_)) => return sentence(&prefix, TITLE, "订单已为你保留，可以稍后再付"),
        (_, None) => Some(Declined::Unknown),
    };
    let found = world.state().unionpay.by_token(&token).cloned();
    match found {
        Some(order) => state_page(&prefix, &world, &order, why),
        None => sentence(&prefix, TITLE, Declined::Unknown.label()),
    }
}

/// The page of an order as it stands, and why the last press did nothing.
fn state_page(prefix: &Prefix, world: &World, order: &Order, why: Option<Declined>) -> Response {
    match (order.standing, why) {
        (Standing::Paid, _) => result(prefix, world, order, "good", "支付成功"),
        (Standing::Pending, _) => result(prefix, world, order, "muted", "银行正在处理，结果稍后通知商家"),
        (_, Some(why)) => result(prefix, world, order, "bad", why.label()),
        (_, None) if order.payable(world.now()) => sheet(prefix, &world.payee, order),
        (_, None) => result(prefix, world, order, "bad", Declined::Expired.label()),
    }
}

fn facts(payee: &str, order: &Order) -> String {
    format!(
        "<p class=\"muted\">向 {} 付款</p><p class=\"amount\">{}</p><dl><dt>商品</dt><dd>{}</dd><dt>订单号</dt><dd>{}</dd>\
         <dt>银行卡</dt><dd>演示银行 借记卡（尾号 0000）</dd></dl>",
        escape(payee),
        yuan(order.amount.0),
        escape(&order.goods),
        escape(&order.number)
    )
}

fn later(order: &Order) -> String {
    if order.front_url.is_empty() {
        return "<button name=\"action\" value=\"later\">稍后再付</button>".to_owned();
    }
    format!("<a class=\"button\" href=\"{}\">稍后再付</a>", escape(&order.front_url))
}

fn sheet(prefix: &Prefix, payee: &str, order: &Order) -> Response {
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center\">{TITLE}</h1>\
         <section class=\"card center\">{}</section>\
         <form method=\"post\" action=\"{}/unionpay/cashier/{}\" class=\"actions\">\
         <button class=\"primary\" name=\"action\" value=\"pay\">确认付款 {}</button>\
         <button name=\"action\" value=\"fail\">付款失败</button>{}</form></div>",
        facts(payee, order),
        escape(&prefix.0),
        escape(&order.token),
        yuan(order.amount.0),
        later(order)
    );
    page(prefix, TITLE, None, &body)
}

fn result(prefix: &Prefix, world: &World, order: &Order, tone: &str, words: &str) -> Response {
    let again = if order.payable(world.now()) {
        let (base, token) = (escape(&prefix.0), escape(&order.token));
        format!("<a class=\"button primary\" href=\"{base}/unionpay/cashier/{token}\">换一张卡再试</a>")
    } else {
        String::new()
    };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center {tone}\">{}</h1><section class=\"card center\">{}</section>\
         <div class=\"actions\">{again}{}</div></div>",
        escape(words),
        facts(&world.payee, order),
        back(world, order)
    );
    page(prefix, words, None, &body)
}

/// The way back: with the trade's fields once there is something to tell.
fn back(world: &World, order: &Order) -> String {
    if order.front_url.is_empty() {
        return "<p class=\"muted center\">可以回到购物页面了</p>".to_owned();
    }
    if order.standing == Standing::Waiting {
        return format!("<a class=\"button\" href=\"{}\">返回商户</a>", escape(&order.front_url));
    }
    let mut inputs = String::new();
    for (name, value) in notice::fields(world, order, false) {
        let _ = write!(inputs, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(&name), escape(&value));
    }
    format!(
        "<form method=\"post\" action=\"{}\">{inputs}<button class=\"primary\">返回商户</button></form>",
        escape(&order.front_url)
    )
}
