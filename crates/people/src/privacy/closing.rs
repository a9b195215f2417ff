//! Leaving for good. Refused only while something is under way; then erased at once, but for what the law holds. The sweep
//! erases that when its time is over, order by order.

use super::erase;
use crate::consent::{self, ConsentScope};
use crate::hooks::{Held, PersonalSources, UnderWay};
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, days};
use platform::{App, Ctx, outbox};
use serde::Serialize;
use utoipa::ToSchema;

/// Accounts looked after in one round of the sweep.
const BATCH: i64 = 100;

/// What closing the account would mean now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closing {
    /// What must end first; empty when the account can be closed now.
    pub under_way: Vec<UnderWay>,
    /// Orders the law makes the mall keep, without showing them to anybody but its bookkeeping.
    pub held_orders: i64,
    /// When the last of them will have lost everything personal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Instant>,
    /// For how long after its end an order is held.
    pub hold_days: i64,
}

/// What closing the account would mean now.
pub fn preview(tx: &mut Tx<'_>, app: &App, sources: &PersonalSources, mall_id: MallId, member: Id) -> Result<Closing> {
    let held = held(tx, sources, mall_id, member)?;
    let hold_days = app.config.privacy.hold_days();
    Ok(Closing {
        under_way: under_way(tx, sources, mall_id, member)?,
        held_orders: held.records,
        held_until: held.youngest_ended_at.map(|ended| ended + days(hold_days)),
        hold_days,
    })
}

/// Closes a member's account. `account.under_way` (409) with `details.under_way` while something is not finished.
pub fn close(tx: &mut Tx<'_>, ctx: &Ctx, app: &App, sources: &PersonalSources, member: Id) -> Result<()> {
    let found: Option<Id> = tx.opt(
        "select id from member where mall_id = $1 and id = $2 and kind = 'member' and status = 'active' for update",
        &args![ctx.mall_id, member],
    )?;
    found.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?;
    let under_way = under_way(tx, sources, ctx.mall_id, member)?;
    if !under_way.is_empty() {
        let text = format!("还有 {} 件事没有办完，办完或取消之后就可以注销", under_way.len());
        return Err(Error::conflict("account.under_way", text).with(serde_json::json!({ "under_way": under_way })));
    }
    for scope in [ConsentScope::Base, ConsentScope::Marketing] {
        consent::record(tx, ctx, member, scope, 0, false)?;
    }
    erase::everything(tx, ctx, app, sources, member)?;
    tx.exec(
        "insert into closed_account (mall_id, member_id, closed_at)
         values ($1, $2, $3)",
        &args![ctx.mall_id, member, ctx.now],
    )?;
    plan_erasure(tx, ctx, app, sources, member)?;
    erase::schedule_second_pass(tx, ctx, member)?;
    outbox::emit(tx, ctx, "member.closed", &serde_json::json!({ "member_id": member }))
}

/// Writes down when the oldest of what is held may go; never, when nothing is held.
pub(super) fn plan_erasure(tx: &mut Tx<'_>, ctx: &Ctx, app: &App, sources: &PersonalSources, member: Id) -> Result<()> {
    let held = held(tx, sources, ctx.mall_id, member)?;
    let hold = days(app.config.privacy.hold_days());
    let next = match held {
        Held { records: 0, .. } => None,
        // Something that has not ended yet: look again tomorrow.
        Held { oldest_ended_at: None, .. } => Some(ctx.now + days(1)),
        Held { oldest_ended_at: Some(ended), .. } => Some((ended + hold).max(ctx.now + 1)),
    };
    tx.exec(
        "update closed_account
         set next_erasure_at = $3
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member, next],
    )?;
    Ok(())
}

fn under_way(tx: &mut Tx<'_>, sources: &PersonalSources, mall_id: MallId, member: Id) -> Result<Vec<UnderWay>> {
    let mut found = Vec::new();
    for source in sources.iter() {
        found.extend(source.under_way(tx, mall_id, member)?);
    }
    Ok(found)
}

fn held(tx: &mut Tx<'_>, sources: &PersonalSources, mall_id: MallId, member: Id) -> Result<Held> {
    let mut all = Held::default();
    for source in sources.iter() {
        let held = source.held(tx, mall_id, member)?;
        all.records += held.records;
        let ends = [all.oldest_ended_at, held.oldest_ended_at];
        all.oldest_ended_at = ends.into_iter().flatten().min();
        all.youngest_ended_at = all.youngest_ended_at.max(held.youngest_ended_at);
    }
    Ok(all)
}

/// The sweep: erases what was held long enough.
pub async fn sweep(app: App, sources: PersonalSources) -> Result<()> {
    let hold = days(app.config.privacy.hold_days());
    for mall in app.malls.all() {
        let (ctx, app_in, sources) = (app.system(mall.id), app.clone(), sources.clone());
        app.db
            .write(move |tx| {
                let due: Vec<(Id,)> = tx.all(
                    "select member_id
                     from closed_account
                     where mall_id = $1 and next_erasure_at <= $2
                     order by next_erasure_at
                     limit $3",
                    &args![ctx.mall_id, ctx.now, BATCH],
                )?;
                for (member,) in due {
                    for source in sources.iter() {
                        source.erase_held(tx, &ctx, member, ctx.now - hold)?;
                    }
                    plan_erasure(tx, &ctx, &app_in, &sources, member)?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}
