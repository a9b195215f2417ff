//! Messages about orders and the balance: what happened becomes one message to its member, after commit, once per event.

use super::refund::RefundDone;
use db::Tx;
use kernel::{Fen, Id, Result};
use people::ledger::{self, Account, BalanceChanged};
use people::message::{MessageKind, NewMessage, post};
use platform::outbox::Event;
use platform::{App, Ctx};
use serde::Deserialize;
use serde_json::{Value, json};
use trade::order::{self, Order};

#[derive(Debug, Deserialize)]
struct AboutOrder {
    order_id: Id,
}

/// The first goods of an order and how many pieces there are in all.
fn goods(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order) -> Result<String> {
    let lines = order::lines(tx, ctx.mall_id, order.id)?;
    Ok(lines.into_iter().next().map(|line| line.name).unwrap_or_default())
}

pub fn named(goods: &str, quantity: i64) -> String {
    if quantity > 1 { format!("“{goods}”等 {quantity} 件") } else { format!("“{goods}”") }
}

pub async fn tell(
    app: App,
    event: Event,
    kind: MessageKind,
    order_id: Id,
    say: impl Fn(&mut Tx<'_>, &Ctx, &Order, &str) -> Result<Option<(String, String, Value)>> + Send + 'static,
) -> Result<()> {
    let ctx = app.system(event.mall_id);
    app.db
        .write(move |tx| {
            let order = order::find(tx, ctx.mall_id, order_id)?;
            let goods = goods(tx, &ctx, &order)?;
            let Some((title, text, mut facts)) = say(tx, &ctx, &order, &goods)? else { return Ok(()) };
            facts["goods"] = json!(goods);
            facts["quantity"] = json!(order.quantity);
            facts["number"] = json!(order.id.to_string());
            let new = NewMessage {
                member_id: order.member_id,
                kind,
                title,
                text,
                facts,
                order_id: Some(order.id),
                event_id: event.id,
                at: event.created_at,
            };
            post(tx, &ctx, &new).map(drop)
        })
        .await
}

/// `order.paid`.
pub async fn paid(app: App, event: Event) -> Result<()> {
    let about: AboutOrder = event.read()?;
    tell(app, event, MessageKind::OrderPaid, about.order_id, |_, _, order, goods| {
        if order.is_of_counter() {
            let text = format!("{} 已在门店付款 ¥{}，小票在订单详情里。", named(goods, order.quantity), order.total);
            let facts = json!({ "amount_fen": order.total.0, "delivery": order.delivery });
            return Ok(Some(("门店消费".into(), text, facts)));
        }
        if order.is_service {
            return Ok(None); // The booking says more.
        }
        let next = match order.delivery {
            order::DeliveryKind::Express => "我们会尽快发货。",
            order::DeliveryKind::Pickup => "备好货就告诉您来取。",
            order::DeliveryKind::Local => "门店备好货就送来。",
        };
        let text = format!("{} 已付款 ¥{}，{next}", named(goods, order.quantity), order.total);
        let facts = json!({ "amount_fen": order.total.0, "delivery": order.delivery });
        Ok(Some(("付款成功".into(), text, facts)))
    })
    .await
}

/// `order.shipped` and `order.parcel_sent`.
pub async fn shipped(app: App, event: Event) -> Result<()> {
    let about: AboutOrder = event.read()?;
    let is_part = event.kind == "order.parcel_sent";
    tell(app, event, MessageKind::OrderShipped, about.order_id, move |tx, ctx, order, goods| {
        if order.delivery == order::DeliveryKind::Local {
            return super::delivery::said_on_the_way(tx, ctx, order, goods);
        }
        let parcels = trade::shipping::parcels(tx, ctx.mall_id, order.id)?;
        let Some(last) = parcels.iter().max_by_key(|parcel| parcel.shipped_at) else { return Ok(None) };
        let carrier = trade::shipping::carrier(&last.carrier_code).map_or("", |carrier| carrier.name);
        let title = if is_part { "部分商品已发出" } else { "已发货" };
        let text = format!("{} 由{carrier}送来，单号 {}。", named(goods, order.quantity), last.tracking_number);
        let facts = json!({ "carrier": carrier, "tracking_number": last.tracking_number, "is_part": is_part });
        Ok(Some((title.into(), text, facts)))
    })
    .await
}

/// `order.ready`.
pub async fn ready(app: App, event: Event) -> Result<()> {
    let about: AboutOrder = event.read()?;
    tell(app, event, MessageKind::OrderReady, about.order_id, |tx, ctx, order, goods| {
        let ids: Vec<Id> = order.store_id.into_iter().collect();
        let store = goods::store::stores_by_id(tx, ctx.mall_id, &ids)?.into_iter().next();
        let store = store.map(|store| store.name).unwrap_or_default();
        let text = format!("{} 已在{store}备好，出示取货码就可以拿走。", named(goods, order.quantity));
        Ok(Some(("可以来取了".into(), text, json!({ "store": store }))))
    })
    .await
}

/// `order.completed`.
pub async fn completed(app: App, event: Event) -> Result<()> {
    let about: AboutOrder = event.read()?;
    tell(app, event, MessageKind::OrderCompleted, about.order_id, |_, _, order, goods| {
        if order.is_of_counter() || order.is_service {
            return Ok(None); // Paying and taking was one.
        }
        let text = format!("{} 已完成。用着怎么样，写个评价吧。", named(goods, order.quantity));
        Ok(Some(("订单完成".into(), text, json!({}))))
    })
    .await
}

/// `order.closed`; a member who cancelled knows it, so only others' closings are told.
pub async fn closed(app: App, event: Event) -> Result<()> {
    let about: AboutOrder = event.read()?;
    tell(app, event, MessageKind::OrderClosed, about.order_id, |tx, ctx, order, goods| {
        let events = order::events(tx, ctx.mall_id, order.id)?;
        let is_told = order.is_service && order.paid_at.is_some();
        if is_told || events.iter().any(|event| event.kind == "cancelled") {
            return Ok(None);
        }
        let reason = order.closed_reason.clone().unwrap_or_default();
        let text = format!("{} 的订单已关闭：{reason}。", named(goods, order.quantity));
        Ok(Some(("订单已关闭".into(), text, json!({ "reason": reason }))))
    })
    .await
}

/// `refund.done`.
pub async fn refunded(app: App, event: Event) -> Result<()> {
    let about: RefundDone = event.read()?;
    let Some(order_id) = about.order_id else { return Ok(()) };
    tell(app, event, MessageKind::RefundDone, order_id, move |_, _, order, goods| {
        let text = format!("{} 的退款 ¥{} 已原路退回。", named(goods, order.quantity), Fen(about.amount_fen));
        Ok(Some(("退款到账".into(), text, json!({ "amount_fen": about.amount_fen }))))
    })
    .await
}

/// `balance.changed`: a purchase, a payment from it, money back, a correction by staff.
pub async fn balance_changed(app: App, event: Event) -> Result<()> {
    let about: BalanceChanged = event.read()?;
    let ctx = app.system(event.mall_id);
    app.db
        .write(move |tx| {
            let Some((amount, what)) = ledger::told_change(tx, ctx.mall_id, &about)? else { return Ok(()) };
            let held = ledger::balances(tx, ctx.mall_id, about.member_id)?;
            let of = |account| held.get(&account).copied().unwrap_or(0);
            let left = of(Account::Principal) + of(Account::Gift);
            let sign = if amount < 0 { '-' } else { '+' };
            let text = format!("{what}：余额 {sign}{} 元，现在是 {} 元。", Fen(amount.abs()), Fen(left));
            let new = NewMessage {
                member_id: about.member_id,
                kind: MessageKind::BalanceChanged,
                title: "余额变动".into(),
                text,
                facts: json!({ "what": what, "amount_fen": amount, "left_fen": left }),
                order_id: None,
                event_id: event.id,
                at: event.created_at,
            };
            post(tx, &ctx, &new).map(drop)
        })
        .await
}
