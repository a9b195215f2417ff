//! Messages about coupons: one came by itself, some end soon. What members take themselves they know.

use campaign::coupon;
use db::Tx;
use kernel::{Id, Instant, Result};
use people::message::{MessageKind, NewMessage, post, post_many};
use platform::outbox::Event;
use platform::{App, Ctx};
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
struct Taken {
    template_id: Id,
    member_id: Id,
    source: String,
}

#[derive(Debug, Deserialize)]
struct Given {
    template_id: Id,
    member_ids: Vec<Id>,
}

#[derive(Debug, Deserialize)]
struct Expiring {
    member_id: Id,
    template_ids: Vec<Id>,
    until: Instant,
}

fn received(tx: &mut Tx<'_>, ctx: &Ctx, event: &Event, template_id: Id) -> Result<Option<NewMessage>> {
    let known = coupon::briefs(tx, ctx.mall_id, &[template_id])?;
    let Some((name, words)) = known.get(&template_id) else { return Ok(None) };
    Ok(Some(NewMessage {
        member_id: Id(0),
        kind: MessageKind::CouponReceived,
        title: "收到一张优惠券".into(),
        text: format!("“{name}”：{words}，已放进你的券包，下单时自动使用。"),
        facts: json!({ "coupon": name, "words": words }),
        order_id: None,
        event_id: event.id,
        at: event.created_at,
    }))
}

/// `coupon.taken`: only what came after a purchase; gifts of tiers and birthdays are told by the membership.
pub async fn taken(app: App, event: Event) -> Result<()> {
    let about: Taken = event.read()?;
    if about.source != "after_purchase" {
        return Ok(());
    }
    let ctx = app.system(event.mall_id);
    app.db
        .write(move |tx| match received(tx, &ctx, &event, about.template_id)? {
            Some(new) => post(tx, &ctx, &NewMessage { member_id: about.member_id, ..new }).map(drop),
            None => Ok(()),
        })
        .await
}

/// `coupon.given`: staff gave one to many.
pub async fn given(app: App, event: Event) -> Result<()> {
    let about: Given = event.read()?;
    let ctx = app.system(event.mall_id);
    app.db
        .write(move |tx| match received(tx, &ctx, &event, about.template_id)? {
            Some(new) => post_many(tx, &ctx, &about.member_ids, &new),
            None => Ok(()),
        })
        .await
}

/// `coupon.expiring`.
pub async fn expiring(app: App, event: Event) -> Result<()> {
    let about: Expiring = event.read()?;
    let ctx = app.system(event.mall_id);
    let offset = app.malls.get(event.mall_id)?.utc_offset_ms;
    app.db
        .write(move |tx| {
            let known = coupon::briefs(tx, ctx.mall_id, &about.template_ids)?;
            let first = about.template_ids.first().and_then(|id| known.get(id));
            let Some((name, words)) = first else { return Ok(()) };
            let count = about.template_ids.len();
            // The day on which it can still be used.
            let day: String = (about.until - 1 + offset).to_string().chars().take(10).collect();
            let text = match count {
                1 => format!("“{name}”（{words}）{day} 到期，别忘了用。"),
                n => format!("“{name}”（{words}）等 {n} 张券快到期了，最早 {day}，别忘了用。"),
            };
            let new = NewMessage {
                member_id: about.member_id,
                kind: MessageKind::CouponExpiring,
                title: "优惠券快到期了".into(),
                text,
                facts: json!({ "coupon": name, "words": words, "count": count, "day": day }),
                order_id: None,
                event_id: event.id,
                at: event.created_at,
            };
            post(tx, &ctx, &new).map(drop)
        })
        .await
}
