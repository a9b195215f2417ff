//! What happens by the clock: points expire, tiers are reviewed, gifts are given, renewals are reminded of.

use super::{gift, growth, notice, plan};
use crate::ledger;
use kernel::{Id, Instant, Result, days};
use platform::App;
use serde::Serialize;

#[derive(Serialize)]
struct Expiring {
    member_id: Id,
    points: i64,
    expires_at: Instant,
}

/// Points whose day has passed are taken; a week before, their owner is told.
pub async fn expire_points(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let sweeper = ctx.clone();
        while app
            .db
            .write({
                let ctx = sweeper.clone();
                move |tx| ledger::expire_points(tx, &ctx)
            })
            .await?
            > 0
        {}
        let offset = mall.utc_offset_ms;
        while app
            .db
            .write({
                let ctx = ctx.clone();
                move |tx| {
                    let due = ledger::remind_expiring(tx, &ctx, ctx.now + days(7))?;
                    for one in &due {
                        let day = plan::date_of(one.expires_at - 1, offset);
                        let text = format!("有 {} 积分将陆续到期，最早在 {day}，可以在下单时抵扣", one.amount);
                        let facts = serde_json::json!({ "points": one.amount, "day": day });
                        notice::tell(tx, &ctx, one.member_id, "points_expiring", &text, facts)?;
                        let told =
                            Expiring { member_id: one.member_id, points: one.amount, expires_at: one.expires_at };
                        platform::outbox::emit(tx, &ctx, "points.expiring", &told)?;
                    }
                    Ok(due.len())
                }
            })
            .await?
            > 0
        {}
    }
    Ok(())
}

/// Tiers whose time is over.
pub async fn review_tiers(app: App) -> Result<()> {
    const BATCH: i64 = 200;
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        loop {
            let ctx = ctx.clone();
            let seen = app.db.write(move |tx| growth::review_tiers(tx, &ctx, BATCH)).await?;
            if i64::try_from(seen).unwrap_or(0) < BATCH {
                break;
            }
        }
    }
    Ok(())
}

/// Birthday and monthly gifts, and reminders of renewals.
pub async fn give_gifts(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let offset = mall.utc_offset_ms;
        loop {
            let ctx = app.system(mall.id);
            let given = app
                .db
                .write(move |tx| {
                    let birthdays = gift::give_birthday_gifts(tx, &ctx, offset)?;
                    let monthly = gift::give_monthly_gifts(tx, &ctx, offset)?;
                    let of_plans = gift::give_plan_gifts(tx, &ctx, offset)?;
                    Ok(birthdays + monthly + of_plans + plan::remind_renewals(tx, &ctx, offset)?)
                })
                .await?;
            if given == 0 {
                break;
            }
        }
    }
    Ok(())
}
