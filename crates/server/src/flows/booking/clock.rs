//! What the clock does: tells of tomorrow, and gives up waiting.

use super::{REMINDER, act, emit};
use kernel::{Fen, Result, days, hours};
use platform::App;
use trade::booking;

/// The sweep: whoever booked more than a day ahead is reminded a day before.
pub async fn remind(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let (ctx, mall_id) = (app.system(mall.id), mall.id);
        let (from, to) = (ctx.now + hours(1), ctx.now + days(1));
        let due = app.db.read(move |tx| booking::to_remind(tx, mall_id, from, to, days(1), 200)).await?;
        if due.is_empty() {
            continue;
        }
        app.db
            .write(move |tx| {
                for id in &due {
                    if booking::mark_reminded(tx, &ctx, *id)? {
                        emit(tx, &ctx, REMINDER, *id, None, Fen::ZERO)?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}

/// The sweep: nobody came, and the grace is over. Old quarters of the grid are forgotten.
pub async fn sweep_no_shows(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let (ctx, mall_id) = (app.system(mall.id), mall.id);
        let now = ctx.now;
        for id in app.db.read(move |tx| booking::due_no_show(tx, mall_id, now, 100)).await? {
            let ctx = ctx.clone();
            let missed = app.db.write(move |tx| {
                let (booking, _) = act::lock_with_order(tx, &ctx, id)?;
                match booking.no_show_at <= ctx.now {
                    true => act::miss(tx, &ctx, &booking),
                    false => Ok(()), // Moved meanwhile.
                }
            });
            if let Err(error) = missed.await
                && !error.is("booking.not_allowed")
            {
                // One that cannot be ended does not hold the others up; it is tried again by the next sweep.
                tracing::warn!(booking_id = %id, %error, "a booking nobody came to could not be ended");
            }
        }
        app.db.write(move |tx| booking::sweep(tx, mall_id, now)).await?;
    }
    Ok(())
}
