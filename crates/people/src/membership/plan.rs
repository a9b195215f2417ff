//! Paid membership: plans, and the time a member has paid for. Buying again adds to the end, a refund takes its time
//! away. Nothing is ever charged by itself; five days before the end the member is reminded.

use super::growth::hold;
use super::tier::{checked_name, within};
use db::{Tx, args, row};
use kernel::{Error, Fen, Id, Instant, MallId, Result, days};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a plan costs and gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    #[schema(min_length = 1, max_length = 20, example = "年卡会员")]
    pub name: String,
    #[schema(minimum = 1, maximum = 100000000)]
    pub price_fen: i64,
    #[schema(minimum = 1, maximum = 3660)]
    pub days: i64,
    #[schema(minimum = 1, maximum = 100)]
    pub price_percent: i64,
    #[schema(minimum = 100, maximum = 1000)]
    pub points_percent: i64,
    #[serde(default)]
    pub free_freight: bool,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100000)]
    pub monthly_points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_coupon_id: Option<Id>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub note: String,
    pub on_sale: bool,
}

/// A plan of a mall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    pub id: Id,
    pub name: String,
    pub price_fen: i64,
    pub days: i64,
    pub price_percent: i64,
    pub points_percent: i64,
    pub free_freight: bool,
    pub monthly_points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_coupon_id: Option<Id>,
    pub note: String,
    pub on_sale: bool,
}
row!(Plan {
    id,
    name,
    price_fen,
    days,
    price_percent,
    points_percent,
    free_freight,
    monthly_points,
    monthly_coupon_id,
    note,
    on_sale
});

const COLUMNS: &str = "id, name, price_fen, days, price_percent, points_percent, free_freight, monthly_points,
    monthly_coupon_id, note, on_sale";

/// The plans of a mall, cheapest first; at most twenty.
pub fn plans(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Plan>> {
    tx.all(&format!("select {COLUMNS} from membership_plan where mall_id = $1 order by price_fen, id"), &args![mall_id])
}

/// One plan.
pub fn plan(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Plan> {
    tx.opt(&format!("select {COLUMNS} from membership_plan where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(missing)
}

fn missing() -> Error {
    Error::not_found("plan.not_found", "没有找到这个会员方案")
}

/// Adds a plan, or replaces one. Who has paid keeps the time paid for, with the perks as they are now.
pub fn save_plan(tx: &mut Tx<'_>, ctx: &Ctx, id: Option<Id>, input: &PlanInput) -> Result<Id> {
    let name = checked_name(&input.name, 20)?;
    within("price_fen", input.price_fen, 1, 100_000_000)?;
    within("days", input.days, 1, 3_660)?;
    within("price_percent", input.price_percent, 1, 100)?;
    within("points_percent", input.points_percent, 100, 1_000)?;
    within("monthly_points", input.monthly_points, 0, 100_000)?;
    if input.note.chars().count() > 200 {
        return Err(Error::field("note", "说明最多 200 个字"));
    }
    if id.is_none() && plans(tx, ctx.mall_id)?.len() >= 20 {
        return Err(Error::conflict("plan.too_many", "最多设 20 个会员方案"));
    }
    let target = id.unwrap_or_else(|| ctx.id());
    let values = args![
        target,
        ctx.mall_id,
        name,
        input.price_fen,
        input.days,
        input.price_percent,
        input.points_percent,
        input.free_freight,
        input.monthly_points,
        input.monthly_coupon_id,
        input.note.trim(),
        input.on_sale,
        ctx.now
    ];
    let saved = if id.is_none() {
        tx.exec(
            "insert into membership_plan (id, mall_id, name, price_fen, days, price_percent, points_percent,
               free_freight, monthly_points, monthly_coupon_id, note, on_sale, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &values,
        )?
    } else {
        tx.exec(
            "update membership_plan
             set name = $3, price_fen = $4, days = $5, price_percent = $6, points_percent = $7, free_freight = $8,
                 monthly_points = $9, monthly_coupon_id = $10, note = $11, on_sale = $12
             where id = $1 and mall_id = $2",
            &values[..12],
        )?
    };
    if saved == 0 {
        return Err(missing());
    }
    super::changed(tx, ctx)?;
    Ok(target)
}

/// Adds the time paid for. Time that is left of another plan is kept: it goes on with the new plan's perks.
pub fn activate(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, plan: &Plan) -> Result<Instant> {
    lengthen(tx, ctx, member_id, plan.id, days(plan.days))
}

/// Takes paid time back after a refund; what is left of the plan's perks ends with it.
pub fn shorten(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, by_ms: i64) -> Result<()> {
    tx.exec(
        "update membership
         set paid_until = case when paid_until - $3 > $4 then paid_until - $3 else $4 end, renewal_reminded_for = null
         where mall_id = $1 and member_id = $2 and paid_until > $4",
        &args![ctx.mall_id, member_id, by_ms, ctx.now],
    )?;
    Ok(())
}

pub(super) fn lengthen(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, plan_id: Id, by_ms: i64) -> Result<Instant> {
    hold(tx, ctx, member_id)?;
    let (paid_until,): (Option<Instant>,) = tx.one(
        "select paid_until from membership where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id],
    )?;
    let until = paid_until.unwrap_or(ctx.now).max(ctx.now) + by_ms;
    tx.exec(
        "update membership set plan_id = $3, paid_until = $4, renewal_reminded_for = null
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id, plan_id, until],
    )?;
    Ok(until)
}

#[derive(Serialize)]
struct Ending {
    member_id: Id,
    paid_until: Instant,
}

/// Reminds members whose paid time ends within five days, once per end. Answers how many.
pub fn remind_renewals(tx: &mut Tx<'_>, ctx: &Ctx, utc_offset_ms: i64) -> Result<usize> {
    let due: Vec<(Id, Instant, String, Fen)> = tx.all(
        "select m.member_id, m.paid_until, p.name, p.price_fen from membership m
         join membership_plan p on p.mall_id = m.mall_id and p.id = m.plan_id
         where m.mall_id = $1 and m.paid_until > $2 and m.paid_until <= $3
           and (m.renewal_reminded_for is null or m.renewal_reminded_for <> m.paid_until)
         order by m.paid_until
         limit 500",
        &args![ctx.mall_id, ctx.now, ctx.now + days(5)],
    )?;
    for (member_id, paid_until, name, price) in &due {
        let text = format!("{name}将于 {} 到期。续费 ¥{price}，不会自动扣款", date_of(*paid_until, utc_offset_ms));
        let day = date_of(*paid_until, utc_offset_ms);
        let facts = serde_json::json!({ "plan": name, "day": day, "amount_fen": price.0 });
        super::notice::tell(tx, ctx, *member_id, "renewal_due", &text, facts)?;
        platform::outbox::emit(
            tx,
            ctx,
            "membership.ending",
            &Ending { member_id: *member_id, paid_until: *paid_until },
        )?;
    }
    let told: Vec<Id> = due.iter().map(|row| row.0).collect();
    tx.exec(
        "update membership set renewal_reminded_for = paid_until where mall_id = $1 and member_id = any($2)",
        &args![ctx.mall_id, &told],
    )?;
    Ok(due.len())
}

/// `2026-11-25` in the mall's time zone.
pub(super) fn date_of(at: Instant, utc_offset_ms: i64) -> String {
    (at + utc_offset_ms).to_string().chars().take(10).collect()
}
