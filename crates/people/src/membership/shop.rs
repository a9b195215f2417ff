//! The member's own page of tiers, perks, paid membership and birthday.

use super::growth::growth_at;
use super::notice::{MemberNotice, notices};
use super::plan::{Plan, plans};
use super::rules::rules;
use super::standing::Perks;
use super::tier::{Tier, tier_for, tiers};
use super::{MemberStanding, set_birthday, standing};
use axum::extract::State;
use db::{Tx, args, row};
use kernel::{Id, Instant, MallId, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_membership))
        .routes(routes!(change_birthday))
        .routes(routes!(list_membership_plans))
}

/// Month and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Birthday {
    #[schema(minimum = 1, maximum = 12)]
    pub month: i64,
    #[schema(minimum = 1, maximum = 31)]
    pub day: i64,
}

/// Where a member stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MembershipView {
    /// False: the mall has no tiers.
    pub has_tiers: bool,
    /// Growth that counts now.
    pub growth: i64,
    /// Days for which growth counts; 0: for good.
    pub period_days: i64,
    pub growth_per_yuan: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// The next one up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_tier: Option<Tier>,
    /// Until when the tier is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Instant>,
    pub tiers: Vec<Tier>,
    /// The plan, while it is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_until: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Birthday>,
    pub points: i64,
    pub points_percent: i64,
    pub free_freight: bool,
    /// The latest, newest first.
    pub notices: Vec<MemberNotice>,
}

#[derive(Default)]
struct Kept {
    keep_until: Option<Instant>,
    birthday: Option<i64>,
    paid_until: Option<Instant>,
}
row!(Kept { keep_until, birthday, paid_until });

/// Where a member stands, as shown.
pub(super) fn membership_view(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, now: Instant) -> Result<MembershipView> {
    let rules = rules(tx, mall_id)?;
    let tiers = tiers(tx, mall_id)?;
    let MemberStanding { tier_id, plan_id, points } = standing(tx, mall_id, member_id, now)?;
    let kept: Option<Kept> = tx.opt(
        "select keep_until, birthday, paid_until from membership where mall_id = $1 and member_id = $2",
        &args![mall_id, member_id],
    )?;
    let kept = kept.unwrap_or_default();
    let plan =
        if plan_id.is_some() { plans(tx, mall_id)?.into_iter().find(|plan| Some(plan.id) == plan_id) } else { None };
    let growth = growth_at(tx, mall_id, member_id, rules.growth.period_days, now)?;
    let tier = tiers.iter().find(|tier| Some(tier.id) == tier_id).or_else(|| tier_for(&tiers, 0)).cloned();
    let next_tier = tiers.iter().find(|next| next.growth > tier.as_ref().map_or(-1, |tier| tier.growth)).cloned();
    let perks = Perks::of(tier.as_ref(), plan.as_ref());
    Ok(MembershipView {
        has_tiers: rules.growth.enabled && !tiers.is_empty(),
        growth,
        period_days: rules.growth.period_days,
        growth_per_yuan: rules.growth.per_yuan,
        next_tier,
        keep_until: kept.keep_until,
        tiers,
        paid_until: kept.paid_until.filter(|_| plan.is_some()),
        plan,
        birthday: kept.birthday.map(|birthday| Birthday { month: birthday / 100, day: birthday % 100 }),
        points,
        points_percent: perks.points_percent,
        free_freight: perks.free_freight,
        notices: notices(tx, mall_id, member_id, 10)?,
        tier,
    })
}

/// Show the member's tier, growth, paid membership and notices.
#[utoipa::path(
    get,
    path = "/membership",
    tag = "membership",
    responses((status = 200, body = MembershipView)),
    security(("member" = []))
)]
async fn show_membership(State(app): State<App>, member: Member) -> Answer<Json<MembershipView>> {
    let view = app.db.read(move |tx| membership_view(tx, member.mall.id, member.id, member.ctx.now)).await?;
    Ok(Json(view))
}

/// Set the birthday.
///
/// Month and day, no year. It can be changed once a year, and counts from the next day on.
#[utoipa::path(
    put,
    path = "/membership/birthday",
    tag = "membership",
    request_body = Birthday,
    responses(
        (status = 200, body = MembershipView),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `month` or `day`"),
        (status = 409, body = ProblemBody, description = "`birthday.set_recently`"),
    ),
    security(("member" = []))
)]
async fn change_birthday(
    State(app): State<App>,
    member: Member,
    Json(input): Json<Birthday>,
) -> Answer<Json<MembershipView>> {
    let view = app
        .db
        .write(move |tx| {
            set_birthday(tx, &member.ctx, member.id, input.month, input.day)?;
            membership_view(tx, member.mall.id, member.id, member.ctx.now)
        })
        .await?;
    Ok(Json(view))
}

/// List the paid memberships on sale.
#[utoipa::path(
    get,
    path = "/membership/plans",
    tag = "membership",
    responses((status = 200, body = Vec<Plan>))
)]
async fn list_membership_plans(State(app): State<App>, visitor: Visitor) -> Answer<Json<Vec<Plan>>> {
    let mall_id = visitor.mall.id;
    let mut found = app.db.read(move |tx| plans(tx, mall_id)).await?;
    found.retain(|plan| plan.on_sale);
    Ok(Json(found))
}
