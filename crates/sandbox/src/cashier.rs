//! The cashier: where WeChat's own pay sheet would open, a person presses "pay", "fail" or "later".
//! Knowing the prepay id is enough, as with the real sheet. Afterwards the browser goes to `redirect_url` if one was given.

use crate::china::yuan;
use crate::page::{Prefix, escape, page, sentence};
use crate::pay::{self, Declined, Payment, TradeState};
use crate::world::World;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, http::Uri};
use serde::Deserialize;
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new().route("/cashier/{prepay_id}", get(show).post(press))
}

#[derive(Deserialize)]
struct Visit {
    #[serde(default)]
    redirect_url: String,
}

#[derive(Deserialize)]
struct Press {
    action: String,
    #[serde(default)]
    redirect_url: String,
}

/// A web address to return to; anything else is ignored.
fn return_address(given: &str) -> Option<&str> {
    let uri: Uri = given.split('#').next()?.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    let plain = given.chars().all(|c| c.is_ascii_graphic());
    (web && plain).then_some(given)
}

async fn show(
    State(world): State<Arc<World>>,
    prefix: Prefix,
    Path(prepay_id): Path<String>,
    Query(visit): Query<Visit>,
) -> Response {
    let now = world.now();
    let payment = world.state().pay.whole(&prepay_id);
    let back = return_address(&visit.redirect_url);
    match payment {
        None => sentence(&prefix, "收银台", Declined::Unknown.label()),
        Some(p) if matches!(p.state, TradeState::Success | TradeState::Refund) => {
            result(&prefix, &world.payee, &p, true, "支付成功", back)
        }
        Some(p) if matches!(p.state, TradeState::Closed | TradeState::Revoked) => {
            result(&prefix, &world.payee, &p, false, Declined::Closed.label(), back)
        }
        Some(p) if !p.payable(now) => result(&prefix, &world.payee, &p, false, Declined::Expired.label(), back),
        Some(p) => sheet(&prefix, &world.payee, &p, back),
    }
}

fn hidden(back: Option<&str>) -> String {
    back.map(|b| format!("<input type=\"hidden\" name=\"redirect_url\" value=\"{}\">", escape(b))).unwrap_or_default()
}

fn facts(payee: &str, payment: &Payment) -> String {
    format!(
        "<p class=\"muted\">向 {} 付款</p><p class=\"amount\">{}</p><dl><dt>商品</dt><dd>{}</dd><dt>订单号</dt><dd>{}</dd></dl>",
        escape(payee),
        yuan(payment.total_fen),
        escape(&payment.description),
        escape(&payment.number)
    )
}

fn sheet(prefix: &Prefix, payee: &str, payment: &Payment, back: Option<&str>) -> Response {
    let later = match back {
        Some(address) => format!("<a class=\"button\" href=\"{}\">稍后再付</a>", escape(address)),
        None => "<button name=\"action\" value=\"later\">稍后再付</button>".to_owned(),
    };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center\">微信支付收银台</h1>\
         <section class=\"card center\">{}</section>\
         <form method=\"post\" action=\"{}/cashier/{}\" class=\"actions\">{}\
         <button class=\"primary\" name=\"action\" value=\"pay\">支付 {}</button>\
         <button name=\"action\" value=\"fail\">支付失败</button>{later}</form></div>",
        facts(payee, payment),
        escape(&prefix.0),
        escape(&payment.prepay_id),
        hidden(back),
        yuan(payment.total_fen)
    );
    page(prefix, "收银台", None, &body)
}

fn result(prefix: &Prefix, payee: &str, payment: &Payment, good: bool, words: &str, back: Option<&str>) -> Response {
    let back = match back {
        Some(address) => format!("<a class=\"button primary\" href=\"{}\">返回商家</a>", escape(address)),
        None => "<p class=\"muted center\">可以回到购物页面了</p>".to_owned(),
    };
    let again = if good || !matches!(payment.state, TradeState::NotPay | TradeState::UserPaying) {
        String::new()
    } else {
        format!(
            "<a class=\"button\" href=\"{}/cashier/{}\">重新支付</a>",
            escape(&prefix.0),
            escape(&payment.prepay_id)
        )
    };
    let tone = if good { "good" } else { "bad" };
    let body = format!(
        "<div class=\"narrow\"><h1 class=\"center {tone}\">{}</h1><section class=\"card center\">{}</section>\
         <div class=\"actions\">{back}{again}</div></div>",
        escape(words),
        facts(payee, payment)
    );
    page(prefix, words, None, &body)
}

async fn press(
    State(world): State<Arc<World>>,
    prefix: Prefix,
    Path(prepay_id): Path<String>,
    Form(form): Form<Press>,
) -> Response {
    let back = return_address(&form.redirect_url);
    let failed = match form.action.as_str() {
        "pay" => match pay::pay(&world, &prepay_id) {
            Ok(payment) => {
                return match back {
                    Some(address) => Redirect::to(address).into_response(),
                    None => result(&prefix, &world.payee, &payment, true, "支付成功", None),
                };
            }
            Err(why) => why,
        },
        "fail" => pay::decline(&world, &prepay_id),
        _ => return sentence(&prefix, "收银台", "订单已为你保留，可以稍后再付"),
    };
    match world.state().pay.whole(&prepay_id) {
        None => sentence(&prefix, "收银台", failed.label()),
        Some(payment) => result(&prefix, &world.payee, &payment, failed == Declined::AlreadyPaid, failed.label(), back),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_returned_to() {
        let hash = "http://127.0.0.1:8080/#/pages/order/detail?id=1";
        assert_eq!(return_address(hash), Some(hash));
        for bad in ["", "javascript:alert(1)", "/order", "data:text/html,x", "http://a\nb"] {
            assert_eq!(return_address(bad), None, "{bad}");
        }
    }
}
