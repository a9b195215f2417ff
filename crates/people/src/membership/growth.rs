//! Growth and what it leads to. Growth counts for the rules' period; whoever reaches a tier has it at once and keeps it
//! for a period. At its end the growth of the last period decides: kept, or one tier down. A reversal is dated like
//! what it reverses and undoes a tier that would not have been reached without it.

use super::rules::{GrowthRules, rules};
use super::tier::{Tier, tier_for, tiers};
use db::{Tx, args, row};
use kernel::{Id, Instant, MallId, Result, days};
use platform::Ctx;

/// Growth about to be booked; `kind` and `source_id` book once.
#[derive(Debug, Clone, Copy)]
pub struct GrowthEntry<'a> {
    pub member_id: Id,
    pub kind: &'static str,
    pub source_id: Id,
    /// Negative in a reversal.
    pub amount: i64,
    pub note: &'a str,
    /// When it counts from; a reversal takes that of its original.
    pub at: Instant,
}

/// Where a member's tier stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub tier_id: Option<Id>,
    pub since: Instant,
    pub keep_until: Option<Instant>,
}
row!(Held { tier_id, since, keep_until });

/// Growth that counts at an instant.
pub fn growth_at(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, period_days: i64, at: Instant) -> Result<i64> {
    let since = if period_days == 0 { Instant(0) } else { at - days(period_days) };
    let (sum,): (i64,) = tx.one(
        "select coalesce(cast(sum(amount) as bigint), cast(0 as bigint)) from growth_entry
         where mall_id = $1 and member_id = $2 and at > $3 and at <= $4",
        &args![mall_id, member_id, since, at],
    )?;
    Ok(sum.max(0))
}

/// Books growth and lets the tier follow. False, and nothing changed, when this source booked before.
pub fn book(tx: &mut Tx<'_>, ctx: &Ctx, entry: &GrowthEntry<'_>) -> Result<bool> {
    let booked = tx.exec(
        "insert into growth_entry (id, mall_id, member_id, kind, source_id, amount, note, at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (mall_id, kind, source_id) do nothing",
        &args![
            ctx.id(),
            ctx.mall_id,
            entry.member_id,
            entry.kind,
            entry.source_id,
            entry.amount,
            entry.note,
            entry.at,
            ctx.now
        ],
    )?;
    if booked == 0 {
        return Ok(false);
    }
    let growth = rules(tx, ctx.mall_id)?.growth;
    let ladder = tiers(tx, ctx.mall_id)?;
    let held = hold(tx, ctx, entry.member_id)?;
    if entry.amount > 0 {
        rise(tx, ctx, entry.member_id, held, &growth, &ladder)?;
    } else {
        undo(tx, ctx, entry.member_id, held, &growth, &ladder)?;
    }
    Ok(true)
}

/// The member's row, made if need be, and locked.
pub(super) fn hold(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<Held> {
    tx.exec(
        "insert into membership (mall_id, member_id) values ($1, $2) on conflict (mall_id, member_id) do nothing",
        &args![ctx.mall_id, member_id],
    )?;
    tx.one(
        "select tier_id, since, keep_until from membership where mall_id = $1 and member_id = $2 for update",
        &args![ctx.mall_id, member_id],
    )
}

/// Lets the tier follow growth that came from elsewhere.
pub(super) fn settle(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<()> {
    let growth = rules(tx, ctx.mall_id)?.growth;
    let ladder = tiers(tx, ctx.mall_id)?;
    let held = hold(tx, ctx, member_id)?;
    rise(tx, ctx, member_id, held, &growth, &ladder)
}

fn rise(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, held: Held, rules: &GrowthRules, ladder: &[Tier]) -> Result<()> {
    let growth = growth_at(tx, ctx.mall_id, member_id, rules.period_days, ctx.now)?;
    let place = |id: Option<Id>| ladder.iter().position(|tier| Some(tier.id) == id).map_or(0, |place| place + 1);
    let reached = tier_for(ladder, growth).map(|tier| tier.id);
    if place(reached) <= place(held.tier_id) {
        return Ok(());
    }
    stand(tx, ctx, member_id, reached, ctx.now, rules)?;
    let name = ladder.iter().find(|tier| Some(tier.id) == reached).map_or("", |tier| tier.name.as_str());
    let text = format!("升级为{name}，权益已经生效");
    super::notice::tell(tx, ctx, member_id, "tier_reached", &text, serde_json::json!({ "tier": name }))?;
    platform::outbox::emit(tx, ctx, "membership.tier_reached", &Reached { member_id, tier_id: reached })
}

#[derive(serde::Serialize)]
struct Reached {
    member_id: Id,
    tier_id: Option<Id>,
}

/// After a reversal: would the tier have been reached without what was undone?
fn undo(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, held: Held, rules: &GrowthRules, ladder: &[Tier]) -> Result<()> {
    let Some(tier) = ladder.iter().find(|tier| Some(tier.id) == held.tier_id) else { return Ok(()) };
    let then = growth_at(tx, ctx.mall_id, member_id, rules.period_days, held.since)?;
    let now = growth_at(tx, ctx.mall_id, member_id, rules.period_days, ctx.now)?;
    let deserved = tier_for(ladder, then.max(now)).map(|tier| tier.id);
    if then.max(now) >= tier.growth || deserved == held.tier_id {
        return Ok(());
    }
    stand(tx, ctx, member_id, deserved, held.since, rules)
}

fn stand(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    tier_id: Option<Id>,
    since: Instant,
    rules: &GrowthRules,
) -> Result<()> {
    let keep_until = (rules.period_days > 0 && tier_id.is_some()).then(|| since + days(rules.period_days));
    tx.exec(
        "update membership set tier_id = $3, since = $4, keep_until = $5 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id, tier_id, since, keep_until],
    )?;
    Ok(())
}

/// Tiers whose time is over: kept when the last period's growth reaches them, else one tier down. Answers how many it
/// looked at; call it again while it is the limit.
pub fn review_tiers(tx: &mut Tx<'_>, ctx: &Ctx, limit: i64) -> Result<usize> {
    let due: Vec<(Id,)> = tx.all(
        "select member_id from membership
         where mall_id = $1 and keep_until <= $2
         order by keep_until
         limit $3
         for update",
        &args![ctx.mall_id, ctx.now, limit],
    )?;
    if due.is_empty() {
        return Ok(0);
    }
    let rules = rules(tx, ctx.mall_id)?.growth;
    let ladder = tiers(tx, ctx.mall_id)?;
    for (member_id,) in &due {
        let held = hold(tx, ctx, *member_id)?;
        let growth = growth_at(tx, ctx.mall_id, *member_id, rules.period_days, ctx.now)?;
        let place = ladder.iter().position(|tier| Some(tier.id) == held.tier_id);
        let Some(place) = place else {
            stand(tx, ctx, *member_id, None, ctx.now, &rules)?;
            continue;
        };
        if growth >= ladder[place].growth {
            stand(tx, ctx, *member_id, held.tier_id, ctx.now, &rules)?;
            continue;
        }
        let lower = place.checked_sub(1).map(|place| &ladder[place]);
        stand(tx, ctx, *member_id, lower.map(|tier| tier.id), ctx.now, &rules)?;
        let text = match lower {
            Some(lower) => format!("{}的保级期已到，现在是{}", ladder[place].name, lower.name),
            None => format!("{}的保级期已到", ladder[place].name),
        };
        let facts = serde_json::json!({ "tier": lower.map_or("普通会员", |lower| lower.name.as_str()) });
        super::notice::tell(tx, ctx, *member_id, "tier_fallen", &text, facts)?;
    }
    Ok(due.len())
}
