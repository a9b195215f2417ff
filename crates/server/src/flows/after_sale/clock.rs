//! The clocks of after-sale: a request nobody answered is approved, goods nobody sent back end it, goods nobody received go
//! to the operator, a replacement nobody sent becomes a refund. One transaction for each, so that one that cannot be
//! moved holds up no other; a crash in between changes nothing, the next round does it again.

use super::decide::{approve, end, escalate, refund_instead};
use db::Tx;
use kernel::{Error, Id, Kind, Result};
use platform::{App, Ctx};
use trade::after_sale::{self, Status, Step};

/// The sweep.
pub async fn run_clocks(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let (mall_id, now) = (mall.id, ctx.now);
        let due = app.db.read(move |tx| after_sale::due(tx, mall_id, now, 200)).await?;
        for id in due {
            let acting = ctx.clone();
            let done = app.db.write(move |tx| strike(tx, &acting, id)).await;
            let Err(error) = done else { continue };
            if !is_stuck(&error) {
                tracing::warn!(%id, %error, "an after-sale's clock could not act; it is tried again");
                continue;
            }
            let (acting, reason) = (ctx.clone(), error.message().to_owned());
            let handed = app.db.write(move |tx| hand_over(tx, &acting, id, &reason)).await;
            if let Err(error) = handed {
                tracing::warn!(%id, %error, "an after-sale could not be handed to the operator");
            }
        }
    }
    Ok(())
}

/// Whether trying again would not help.
fn is_stuck(error: &Error) -> bool {
    error.kind() == Kind::Conflict
}

fn strike(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let after = after_sale::find(tx, ctx.mall_id, id)?;
    if after.due_at.is_none_or(|due_at| due_at > ctx.now) {
        return Ok(());
    }
    match after.status {
        Status::Requested => approve(tx, ctx, id, Step::AutoApprove, None).map(drop),
        Status::Approved => end(tx, ctx, id, Step::Lapse, None).map(drop),
        Status::Returning => escalate(tx, ctx, id, "商家超时未收货").map(drop),
        Status::Received => refund_instead(tx, ctx, id, Some("商家超时未发出")).map(drop),
        _ => Ok(()),
    }
}

/// Nobody can approve it by itself: a person looks at it.
fn hand_over(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: &str) -> Result<()> {
    let after = after_sale::find(tx, ctx.mall_id, id)?;
    if after.status != Status::Requested || after.due_at.is_none_or(|due_at| due_at > ctx.now) {
        return Ok(());
    }
    escalate(tx, ctx, id, &format!("商家超时未处理，也不能自动同意（{reason}）")).map(drop)
}
