//! What members are told about their bookings, once per event.

use super::News;
use db::Tx;
use goods::store;
use kernel::{Fen, Instant, MallId, Result};
use people::message::{MessageKind, NewMessage, post};
use platform::App;
use platform::outbox::Event;
use serde_json::json;
use trade::booking::{self, Booking, State};

/// `2026-11-26 14:00`
fn when(at: Instant, utc_offset_ms: i64) -> String {
    (at + utc_offset_ms).to_string().chars().take(16).collect::<String>().replace('T', " ")
}

/// What, when, where.
struct Known {
    booking: Booking,
    start: String,
    store: String,
}

impl Known {
    fn read(tx: &mut Tx<'_>, mall_id: MallId, news: &News, utc_offset_ms: i64) -> Result<Self> {
        let booking = booking::find(tx, mall_id, news.booking_id)?;
        let store = store::stores_by_id(tx, mall_id, &[booking.store_id])?.pop().map(|store| store.name);
        Ok(Known { start: when(booking.starts_at, utc_offset_ms), store: store.unwrap_or_default(), booking })
    }

    fn place(&self) -> String {
        format!("“{}” {}，{}", self.booking.service_name, self.start, self.store)
    }
}

async fn tell(
    app: App,
    event: Event,
    kind: MessageKind,
    say: impl Fn(&Known, &News) -> Option<(&'static str, String)> + Send + 'static,
) -> Result<()> {
    let news: News = event.read()?;
    let (ctx, offset) = (app.system(event.mall_id), app.malls.get(event.mall_id)?.utc_offset_ms);
    app.db
        .write(move |tx| {
            let known = Known::read(tx, ctx.mall_id, &news, offset)?;
            let Some((title, text)) = say(&known, &news) else { return Ok(()) };
            let new = NewMessage {
                member_id: known.booking.member_id,
                kind,
                title: title.to_owned(),
                text,
                facts: json!({ "booking_id": known.booking.id, "service": known.booking.service_name, "start": known.start,
                    "store": known.store, "people": known.booking.people, "reason": news.reason,
                    "amount_fen": news.refund_fen }),
                order_id: Some(known.booking.order_id),
                event_id: event.id,
                at: event.created_at,
            };
            post(tx, &ctx, &new).map(drop)
        })
        .await
}

/// `booking.made`.
pub async fn made(app: App, event: Event) -> Result<()> {
    tell(app, event, MessageKind::BookingMade, |known, _| {
        let text = format!("{}，{} 人。到店出示预约码。", known.place(), known.booking.people);
        Some(("约好了", text))
    })
    .await
}

/// `booking.reminder`.
pub async fn reminder(app: App, event: Event) -> Result<()> {
    tell(app, event, MessageKind::BookingReminder, |known, _| {
        let text = format!("{}，{} 人。到店出示预约码。", known.place(), known.booking.people);
        (known.booking.state == State::Booked).then_some(("别忘了预约", text))
    })
    .await
}

/// `booking.changed`.
pub async fn changed(app: App, event: Event) -> Result<()> {
    tell(app, event, MessageKind::BookingChanged, |known, news| {
        let why = news.reason.as_ref().map(|reason| format!("：{reason}")).unwrap_or_default();
        let text = format!("“{}” 改到 {}，{}{why}。", known.booking.service_name, known.start, known.store);
        Some(("预约改了时间", text))
    })
    .await
}

/// `booking.cancelled`.
pub async fn cancelled(app: App, event: Event) -> Result<()> {
    tell(app, event, MessageKind::BookingCancelled, |known, news| {
        let why = news.reason.as_ref().map(|reason| format!("：{reason}")).unwrap_or_default();
        let back = match news.refund_fen {
            0 => String::new(),
            fen => format!("定金 ¥{} 原路退回。", Fen(fen)),
        };
        Some(("预约取消了", format!("{}{why}。{back}", known.place())))
    })
    .await
}
