//! Alipay's cashier: where a browser lands after opening a signed address. Afterwards it goes to the trade's `return_url` with
//! the signed parameters of a synchronous return, which a merchant must not take for a payment.

use super::model::{Trade, TradeStatus};
use super::trade;
use crate::china::{self, yuan};
use crate::page::{Prefix, escape, page, sentence};
use crate::pay::Declined;
use crate::world::World;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Press {
    action: String,
}

pub(super) async fn show(State(world): State<Arc<World>>, prefix: Prefix, Path(trade_no): Path<String>) -> Response {
    let now = world.now();
    let found = world.state().alipay.by_trade_no(&trade_no, now).cloned();
    match found {
        None => sentence(&prefix, "支付宝收银台", Declined::Unknown.label()),
        Some(trade) if trade.payable(now) => sheet(&prefix, &world.payee, &trade),
        Some(trade) if trade.paid_at.is_some() => result(&prefix, &world, &trade, true, "支付成功"),
        Some(trade) => result(&prefix, &world, &trade, false, Declined::Closed.label()),
    }
}

fn facts(payee: &str, trade: &Trade) -> String {
    format!(
        "<p class=\"muted\">向 {} 付款</p><p class=\"amount\">{}</p><dl><dt>商品</dt><dd>{}</dd><dt>订单号</dt><dd>{}</dd></dl>",
        escape(payee),
        yuan(trade.total.0),
        escape(&trade.subject),
        escape(&trade.number)
    )
}

fn sheet(prefix: &Prefix, payee: &str, trade: &Trade) -> Response {
    let later = if trade.quit_url.is_empty() { &trade.return_url } else { &trade.quit_url };
    let later = if later.is_empty() {
        "<button name=\"action\" value=\"later\">稍后再付</button>".to_owned()
    } else {
        format!("<a class=\"button\" href=\"{}\">稍后再付</a>", escape(later))
    };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center\">支付宝收银台</h1>\
         <section class=\"card center\">{}</section>\
         <form method=\"post\" action=\"{}/alipay/cashier/{}\" class=\"actions\">\
         <button class=\"primary\" name=\"action\" value=\"pay\">确认付款 {}</button>\
         <button name=\"action\" value=\"fail\">付款失败</button>{later}</form></div>",
        facts(payee, trade),
        escape(&prefix.0),
        escape(&trade.trade_no),
        yuan(trade.total.0)
    );
    page(prefix, "支付宝收银台", None, &body)
}

fn result(prefix: &Prefix, world: &World, trade: &Trade, good: bool, words: &str) -> Response {
    let back = match return_address(world, trade) {
        Some(address) => format!("<a class=\"button primary\" href=\"{}\">返回商家</a>", escape(&address)),
        None => "<p class=\"muted center\">可以回到购物页面了</p>".to_owned(),
    };
    let tone = if good { "good" } else { "bad" };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center {tone}\">{}</h1><section class=\"card center\">{}</section>\
         <div class=\"actions\">{back}</div></div>",
        escape(words),
        facts(&world.payee, trade)
    );
    page(prefix, words, None, &body)
}

pub(super) async fn press(
    State(world): State<Arc<World>>,
    prefix: Prefix,
    Path(trade_no): Path<String>,
    Form(form): Form<Press>,
) -> Response {
    let why = match form.action.as_str() {
        "pay" => match trade::pay(&world, &trade_no) {
            Ok(paid) => {
                return match return_address(&world, &paid) {
                    Some(address) => Redirect::to(&address).into_response(),
                    None => result(&prefix, &world, &paid, true, "支付成功"),
                };
            }
            Err(why) => why,
        },
        "fail" => Declined::Bank,
        _ => return sentence(&prefix, "支付宝收银台", "订单已为你保留，可以稍后再付"),
    };
    let found = world.state().alipay.by_trade_no(&trade_no, world.now()).cloned();
    match found {
        Some(trade) => result(&prefix, &world, &trade, trade.status == TradeStatus::Success, why.label()),
        None => sentence(&prefix, "支付宝收银台", why.label()),
    }
}

/// The merchant's page with the signed parameters of a return; what stands behind `#` stays at the end.
fn return_address(world: &World, trade: &Trade) -> Option<String> {
    if trade.return_url.is_empty() {
        return None;
    }
    let (app_id, seller_id) = world.keys(|k| (k.alipay.app_id.clone(), k.alipay.seller_id.clone()));
    let (total, now) = (trade.total.to_string(), china::plain(world.now()));
    let params = [
        ("charset", "utf-8"),
        ("method", "alipay.trade.page.pay.return"),
        ("version", "1.0"),
        ("app_id", app_id.as_str()),
        ("auth_app_id", app_id.as_str()),
        ("seller_id", seller_id.as_str()),
        ("out_trade_no", trade.number.as_str()),
        ("trade_no", trade.trade_no.as_str()),
        ("total_amount", total.as_str()),
        ("timestamp", now.as_str()),
    ];
    let sign = world.keys(|k| k.alipay.key.sign(wire::alipay::notice_message(&params)));
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params).append_pair("sign_type", "RSA2").append_pair("sign", &sign);
    let (page, fragment) =
        trade.return_url.split_once('#').map_or((trade.return_url.as_str(), None), |(p, f)| (p, Some(f)));
    let glue = if page.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|f| format!("#{f}")).unwrap_or_default();
    Some(format!("{page}{glue}{}{fragment}", query.finish()))
}
