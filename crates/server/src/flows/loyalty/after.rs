//! The life of an order, as far as points and growth go. Owns `order_reward`. What an order should have given and taken
//! follows from what is left of it; each step posts the difference, so partial refunds in any order end at the same.
//!
//! Points spent come back in proportion to the discount of the units that went back, all of them with the last; points
//! and growth earned are taken back in proportion to what those units cost. Points spent elsewhere meanwhile are not
//! asked for.

use db::{Tx, args, row};
use kernel::{Error, Id, Instant, Result, days};
use people::ledger::{self, Grant, Spent};
use people::membership::{self, GrowthEntry};
use platform::outbox::Event;
use platform::{App, Ctx};
use serde::Deserialize;
use std::collections::BTreeMap;
use trade::offers::{self, AppliedRow, Draft, LaneName, Refunded, Sale, first_units};

const SPENT: &str = "order_spent";
const GIVEN: &str = "order_completed";

/// Points that come back after their day stay good for a week.
const GRACE: i64 = days(7);

struct Reward {
    units: String,
    whole: bool,
    points_spent: i64,
    points_returned: i64,
    points_given: i64,
    points_taken: i64,
    growth_given: i64,
    growth_taken: i64,
    growth_at: Instant,
}
row!(Reward {
    units,
    whole,
    points_spent,
    points_returned,
    points_given,
    points_taken,
    growth_given,
    growth_taken,
    growth_at
});

/// Units that went back, by line.
type Units = BTreeMap<i64, i64>;

/// The order's row, made if need be, and locked.
fn hold(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale) -> Result<Reward> {
    tx.exec(
        "insert into order_reward (mall_id, order_id, member_id) values ($1, $2, $3)
         on conflict (mall_id, order_id) do nothing",
        &args![ctx.mall_id, sale.order_id, sale.member_id],
    )?;
    tx.one(
        "select units, whole, points_spent, points_returned, points_given, points_taken, growth_given, growth_taken, growth_at
         from order_reward where mall_id = $1 and order_id = $2 for update",
        &args![ctx.mall_id, sale.order_id],
    )
}

fn save(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, reward: &Reward) -> Result<()> {
    tx.exec(
        "update order_reward
         set units = $3, whole = $4, points_spent = $5, points_returned = $6, points_given = $7, points_taken = $8,
             growth_given = $9, growth_taken = $10, growth_at = $11
         where mall_id = $1 and order_id = $2",
        &args![
            ctx.mall_id,
            sale.order_id,
            &reward.units,
            reward.whole,
            reward.points_spent,
            reward.points_returned,
            reward.points_given,
            reward.points_taken,
            reward.growth_given,
            reward.growth_taken,
            reward.growth_at
        ],
    )?;
    Ok(())
}

fn spent(sale: &Sale) -> Spent {
    Spent { member_id: sale.member_id, kind: SPENT, source_id: sale.order_id }
}

/// The points promised or spent in rows of one source.
fn promised(rows: &[AppliedRow], source: &str) -> i64 {
    rows.iter().filter(|row| row.source_kind == source).map(|row| row.quantity).sum()
}

/// Spends the points of the quote; the source of what was taken off names how many.
pub(super) fn placed(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, draft: &Draft) -> Result<()> {
    let used = draft.applied.iter().find(|applied| applied.lane == LaneName::Points && applied.source.kind == "points");
    let points = used.map_or(0, |applied| applied.source.id.0);
    if points == 0 {
        return Ok(()); // None were spent, or none fell to this one of several orders.
    }
    match ledger::spend(tx, ctx, &spent(sale), points, "下单抵扣") {
        Err(error) if error.is("points.not_enough") => return Err(offers::gone("积分")),
        done => done?,
    };
    let reward = hold(tx, ctx, sale)?;
    save(tx, ctx, sale, &Reward { points_spent: points, ..reward })
}

/// Books the growth that was promised.
pub(super) fn paid(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
    let growth = promised(rows, "growth");
    if growth == 0 {
        return Ok(());
    }
    let reward = hold(tx, ctx, sale)?;
    let entry = GrowthEntry {
        member_id: sale.member_id,
        kind: "order_paid",
        source_id: sale.order_id,
        amount: growth,
        note: "下单付款",
        at: ctx.now,
    };
    if membership::book(tx, ctx, &entry)? {
        save(tx, ctx, sale, &Reward { growth_given: growth, growth_at: ctx.now, ..reward })?;
    }
    Ok(())
}

/// Nothing was paid: the points come back as they were.
pub(super) fn closed(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow]) -> Result<()> {
    if !rows.iter().any(|row| row.source_kind == "points") {
        return Ok(());
    }
    let reward = hold(tx, ctx, sale)?;
    let left = reward.points_spent - reward.points_returned;
    if left > 0 {
        ledger::give_back(tx, ctx, &spent(sale), ("order_closed", sale.order_id), left, "订单关闭，积分退回", None)?;
        save(tx, ctx, sale, &Reward { points_returned: reward.points_spent, ..reward })?;
    }
    Ok(())
}

/// Units went back: posts what that changes.
pub(super) fn refunded(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, rows: &[AppliedRow], back: &Refunded) -> Result<()> {
    let concerned = ["points", "points_earned", "growth"];
    if !rows.iter().any(|row| concerned.contains(&row.source_kind.as_str())) {
        return Ok(());
    }
    let mut reward = hold(tx, ctx, sale)?;
    let mut units: Units = serde_json::from_str(&reward.units).map_err(Error::internal)?;
    for (line, count) in &back.units {
        *units.entry(*line).or_default() += count;
    }
    reward.units = serde_json::to_string(&units).map_err(Error::internal)?;
    reward.whole |= back.whole;

    let returned =
        if reward.whole { reward.points_spent } else { share(reward.points_spent, discount_back(rows, &units)?) };
    let more = returned - reward.points_returned;
    if more > 0 {
        let source = ("order_refunded", ctx.id());
        ledger::give_back(tx, ctx, &spent(sale), source, more, "退款，积分退回", Some(GRACE))?;
        reward.points_returned = returned;
    }
    let kept = if reward.whole { (0, 1) } else { kept(tx, ctx, sale, &units)? };
    let points_due = reward.points_given - share(reward.points_given, kept) - reward.points_taken;
    if points_due > 0 {
        let of = Spent { member_id: sale.member_id, kind: GIVEN, source_id: sale.order_id };
        ledger::take_back(tx, ctx, &of, ("order_reward_undone", ctx.id()), points_due, "退款，收回所得积分")?;
        reward.points_taken += points_due;
    }
    let growth_due = reward.growth_given - share(reward.growth_given, kept) - reward.growth_taken;
    if growth_due > 0 {
        let entry = GrowthEntry {
            member_id: sale.member_id,
            kind: "order_refunded",
            source_id: ctx.id(),
            amount: -growth_due,
            note: "退款",
            at: reward.growth_at,
        };
        membership::book(tx, ctx, &entry)?;
        reward.growth_taken += growth_due;
    }
    save(tx, ctx, sale, &reward)
}

/// `whole × part / of`, rounded down.
fn share(whole: i64, (part, of): (i64, i64)) -> i64 {
    if of == 0 {
        return 0;
    }
    i64::try_from(i128::from(whole) * i128::from(part) / i128::from(of)).unwrap_or(0)
}

/// How much of the points' discount went back, and how much there was.
fn discount_back(rows: &[AppliedRow], units: &Units) -> Result<(i64, i64)> {
    let (mut back, mut all) = (0, 0);
    for row in rows.iter().filter(|row| row.source_kind == "points") {
        all -= row.amount.0;
        back -= first_units(&row.unit_shares, units.get(&row.line_id).copied().unwrap_or(0))?;
    }
    Ok((back, all))
}

/// What is left of what the lines cost, and what they cost.
fn kept(tx: &mut Tx<'_>, ctx: &Ctx, sale: &Sale, units: &Units) -> Result<(i64, i64)> {
    let lines: Vec<(i64, i64, String)> = tx.all(
        "select id, payable_fen, unit_shares from order_line where mall_id = $1 and order_id = $2",
        &args![ctx.mall_id, sale.order_id],
    )?;
    let (mut kept, mut all) = (0, 0);
    for (id, payable, shares) in lines {
        all += payable;
        kept += payable - first_units(&shares, units.get(&id).copied().unwrap_or(0))?;
    }
    Ok((kept, all))
}

#[derive(Deserialize)]
struct Completed {
    order_id: Id,
}

/// After an order was completed: gives the points that were promised, less what went back. Once per order.
pub async fn reward_completed(app: App, event: Event) -> Result<()> {
    let Completed { order_id } = event.read()?;
    let ctx = app.system(event.mall_id);
    let offset = app.malls.get(event.mall_id)?.utc_offset_ms;
    let reader = ctx.clone();
    let rows = app.db.read(move |tx| offers::rows_of_order(tx, reader.mall_id, order_id)).await?;
    let promise = promised(&rows, "points_earned");
    if promise == 0 {
        return Ok(());
    }
    app.db
        .write(move |tx| {
            let sale = trade::order::find(tx, ctx.mall_id, order_id)?.sale();
            let reward = hold(tx, &ctx, &sale)?;
            if reward.whole || reward.points_given > 0 {
                return Ok(());
            }
            let units: Units = serde_json::from_str(&reward.units).map_err(Error::internal)?;
            let amount = share(promise, kept(tx, &ctx, &sale, &units)?);
            if amount == 0 {
                return Ok(());
            }
            let expires_at = membership::rules(tx, ctx.mall_id)?.points.expiry(ctx.now, offset);
            let grant = Grant {
                member_id: sale.member_id,
                kind: GIVEN,
                source_id: order_id,
                amount,
                note: "订单完成",
                expires_at,
            };
            ledger::earn(tx, &ctx, &grant)?;
            // From here on what is left of the whole counts, whatever went back before.
            let given = if units.is_empty() { amount } else { promise };
            save(tx, &ctx, &sale, &Reward { points_given: given, points_taken: given - amount, ..reward })
        })
        .await
}

/// Points for a review.
pub fn reviewed(app: &App, tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, review_ids: &[Id]) -> Result<()> {
    let rules = membership::rules(tx, ctx.mall_id)?.points;
    if !rules.enabled || rules.review == 0 {
        return Ok(());
    }
    let expires_at = rules.expiry(ctx.now, app.malls.get(ctx.mall_id)?.utc_offset_ms);
    for review_id in review_ids {
        let grant = Grant {
            member_id,
            kind: "reviewed",
            source_id: *review_id,
            amount: rules.review,
            note: "评价商品",
            expires_at,
        };
        ledger::earn(tx, ctx, &grant)?;
    }
    Ok(())
}
