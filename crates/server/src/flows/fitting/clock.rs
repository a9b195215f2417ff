//! What the clock and the outbox do about goods put aside: free again with the day; told when they are laid out, or cannot be
//! kept.

use super::{FittingView, view};
use crate::flows::message::named;
use kernel::{Id, Result};
use people::message::{MessageKind, NewMessage, post};
use platform::App;
use platform::outbox::Event;
use serde::Deserialize;
use trade::fitting::{self, State as FittingState};

/// The sweep: the day is over, the goods lie on the shelf again.
pub async fn sweep(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let (ctx, mall_id) = (app.system(mall.id), mall.id);
        let now = ctx.now;
        for id in app.db.read(move |tx| fitting::due(tx, mall_id, now, 200)).await? {
            let ctx = ctx.clone();
            let ended = app.db.write(move |tx| {
                let row = fitting::lock(tx, mall_id, id)?;
                fitting::end(tx, &ctx, &row, FittingState::Expired, None)
            });
            if let Err(error) = ended.await
                && !error.is("fitting.over")
            {
                tracing::warn!(fitting_id = %id, %error, "goods put aside could not be put back yet");
            }
        }
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct About {
    fitting_id: Id,
}

/// Tells the member, while it stands as the event says.
async fn tell(
    app: App,
    event: Event,
    state: FittingState,
    kind: MessageKind,
    say: impl Fn(&FittingView) -> (&'static str, String) + Send + 'static,
) -> Result<()> {
    let about: About = event.read()?;
    let ctx = app.system(event.mall_id);
    let reader = app.clone();
    app.db
        .write(move |tx| {
            // Who left meanwhile took it along.
            let row = match fitting::find(tx, ctx.mall_id, about.fitting_id) {
                Err(error) if error.is("fitting.not_found") => return Ok(()),
                row => row?,
            };
            if row.state != state {
                return Ok(());
            }
            let member_id = row.member_id;
            let seen = view(&reader, tx, ctx.mall_id, row)?;
            let (title, text) = say(&seen);
            let new = NewMessage {
                member_id,
                kind,
                title: title.into(),
                text,
                facts: serde_json::json!({ "fitting_id": seen.id, "goods": seen.name, "quantity": seen.quantity,
                    "store": seen.store_name, "reason": seen.ended_reason }),
                order_id: None,
                event_id: event.id,
                at: event.created_at,
            };
            post(tx, &ctx, &new).map(drop)
        })
        .await
}

/// `fitting.ready`.
pub async fn tell_ready(app: App, event: Event) -> Result<()> {
    tell(app, event, FittingState::Ready, MessageKind::FittingReady, |seen| {
        ("留好了", format!("{} 已在{}备好，来试试吧。", named(&seen.name, seen.quantity), seen.store_name))
    })
    .await
}

/// `fitting.refused`.
pub async fn tell_refused(app: App, event: Event) -> Result<()> {
    tell(app, event, FittingState::Refused, MessageKind::FittingRefused, |seen| {
        let why = seen.ended_reason.as_deref().unwrap_or_default();
        let text = format!("{}留不了 {}：{why}。", seen.store_name, named(&seen.name, seen.quantity));
        ("没能留住", text)
    })
    .await
}
