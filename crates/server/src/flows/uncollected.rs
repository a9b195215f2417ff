//! Goods that were laid out and not fetched: the member is reminded after the mall's days, and when the mall wants it the
//! order is paid back and the goods go on sale again. Who has fetched a part, or waits for an after-sale, is left to people.

use super::{pickup::store_name, refund};
use kernel::{Id, Instant, MallId, Result, days};
use people::message::MessageKind;
use platform::mall::MallSettings;
use platform::outbox::Event;
use platform::{App, Ctx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use trade::order::{self, Status};
use trade::pickup;

/// Event in the outbox: laid out for so long that the member is reminded.
pub const EXPIRING: &str = "order.pickup_expiring";

#[derive(Debug, Serialize, Deserialize)]
struct Expiring {
    order_id: Id,
    member_id: Id,
    /// When it is paid back; absent when the mall keeps it.
    until: Option<Instant>,
}

/// Between a reminder and the refund there is a day at least, also when the sweep was late or the rule is new.
const NOTICE: i64 = days(1);

/// The sweep: reminders, then refunds.
pub async fn sweep(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        if mall.settings.pickup_remind_days > 0 {
            remind(&app, &ctx, mall.id, &mall.settings).await?;
        }
        if mall.settings.pickup_refund_days > 0 {
            pay_back(&app, &ctx, mall.id, mall.settings.pickup_refund_days).await?;
        }
    }
    Ok(())
}

async fn remind(app: &App, ctx: &Ctx, mall_id: MallId, settings: &MallSettings) -> Result<()> {
    let before = ctx.now - days(settings.pickup_remind_days);
    let due = app.db.read(move |tx| pickup::to_remind(tx, mall_id, before, 200)).await?;
    if due.is_empty() {
        return Ok(());
    }
    let (ctx, refund_days) = (ctx.clone(), settings.pickup_refund_days);
    app.db
        .write(move |tx| {
            let ids: Vec<Id> = due.iter().map(|(id, _)| *id).collect();
            let orders = order::by_ids(tx, mall_id, &ids)?;
            for (id, ready_at) in &due {
                let Some(order) = orders.get(id).filter(|order| order.status == Status::ToPickUp) else { continue };
                if !pickup::mark_reminded(tx, &ctx, *id)? {
                    continue;
                }
                let until = (refund_days > 0).then(|| (*ready_at + days(refund_days)).max(ctx.now + NOTICE));
                let told = Expiring { order_id: *id, member_id: order.member_id, until };
                platform::outbox::emit(tx, &ctx, EXPIRING, &told)?;
            }
            Ok(())
        })
        .await
}

async fn pay_back(app: &App, ctx: &Ctx, mall_id: MallId, refund_days: i64) -> Result<()> {
    let (before, reminded) = (ctx.now - days(refund_days), ctx.now - NOTICE);
    let due = app.db.read(move |tx| pickup::uncollected(tx, mall_id, before, reminded, 100)).await?;
    for id in due {
        let ctx = ctx.clone();
        let done = app.db.write(move |tx| {
            let order = order::lock(tx, mall_id, id)?;
            let untouched = pickup::of_order(tx, mall_id, id)?.is_some_and(|pickup| pickup.handed == 0);
            if order.status != Status::ToPickUp || !untouched {
                return Ok(());
            }
            let reason = format!("备好货 {refund_days} 天没有来取，自动退款");
            refund::refund_in_full(tx, &ctx, &order, &reason).map(drop)
        });
        if let Err(error) = done.await {
            // One order that cannot be paid back does not hold the others up; it is tried again by the next sweep.
            tracing::warn!(order_id = %id, %error, "an uncollected order could not be paid back");
        }
    }
    Ok(())
}

/// `order.pickup_expiring`.
pub async fn tell_expiring(app: App, event: Event) -> Result<()> {
    let about: Expiring = event.read()?;
    let offset = app.malls.get(event.mall_id)?.utc_offset_ms;
    let until = about.until.map(|until| (until + offset).to_string().chars().take(10).collect::<String>());
    super::message::tell(app, event, MessageKind::PickupExpiring, about.order_id, move |tx, ctx, order, goods| {
        if order.status != Status::ToPickUp {
            return Ok(None);
        }
        let store = store_name(tx, ctx.mall_id, order.store_id)?;
        let what = super::message::named(goods, order.quantity);
        let text = match &until {
            Some(day) => format!("{what} 还在{store}等您，{day} 前没有取走会自动退款。"),
            None => format!("{what} 还在{store}等您，有空来取。"),
        };
        Ok(Some(("记得来取货".into(), text, json!({ "store": store, "day": until }))))
    })
    .await
}

#[derive(Debug, Deserialize)]
struct Called {
    order_id: Id,
}

/// `order.called`.
pub async fn tell_called(app: App, event: Event) -> Result<()> {
    let about: Called = event.read()?;
    super::message::tell(app, event, MessageKind::PickupCalled, about.order_id, |tx, ctx, order, goods| {
        let store = store_name(tx, ctx.mall_id, order.store_id)?;
        let text = format!("{} 在{store}柜台等您，现在就可以来取。", super::message::named(goods, order.quantity));
        Ok(Some(("请来取货".into(), text, json!({ "store": store }))))
    })
    .await
}
