//! The back office of points, growth, tiers and paid membership.

use super::plan::{Plan, PlanInput, plans, save_plan};
use super::rules::{LoyaltyRules, rules, save_rules};
use super::tier::{Tier, TierInput, add_tier, change_tier, holders, remove_tier, tiers};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Id, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_loyalty_rules, change_loyalty_rules))
        .routes(routes!(list_tiers, create_tier))
        .routes(routes!(replace_tier, delete_tier))
        .routes(routes!(list_all_plans, create_plan))
        .routes(routes!(replace_plan))
}

/// Show the rules of points and growth.
///
/// Permission `loyalty.edit`.
#[utoipa::path(get, path = "/loyalty/rules", tag = "membership", responses((status = 200, body = LoyaltyRules)),
    security(("staff" = [])))]
async fn show_loyalty_rules(State(app): State<App>, staff: Staff<perm::LoyaltyEdit>) -> Answer<Json<LoyaltyRules>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| rules(tx, mall_id)).await?))
}

/// Change the rules of points and growth.
///
/// Permission `loyalty.edit`. Replaces all of them; what was given stays.
#[utoipa::path(put, path = "/loyalty/rules", tag = "membership", request_body = LoyaltyRules,
    responses((status = 200, body = LoyaltyRules),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the value that does not fit")),
    security(("staff" = [])))]
async fn change_loyalty_rules(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Json(input): Json<LoyaltyRules>,
) -> Answer<Json<LoyaltyRules>> {
    let mall_id = staff.mall.id;
    let saved = staff
        .write(&app, "loyalty.change_rules", move |tx, ctx| {
            save_rules(tx, ctx, &input)?;
            Ok((input.clone(), Note::new("mall", mall_id, "修改积分与成长值规则")))
        })
        .await?;
    Ok(Json(saved))
}

/// A tier with the number of members who hold it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TierRow {
    #[serde(flatten)]
    pub tier: Tier,
    pub members: i64,
}

async fn tier_rows(app: &App, mall_id: MallId) -> Result<Vec<TierRow>> {
    app.db
        .read(move |tx| {
            let held = holders(tx, mall_id)?;
            let members = |id: Id| held.iter().find(|row| row.0 == id).map_or(0, |row| row.1);
            Ok(tiers(tx, mall_id)?.into_iter().map(|tier| TierRow { members: members(tier.id), tier }).collect())
        })
        .await
}

/// List the tiers.
///
/// Lowest first. Permission `member.view`.
#[utoipa::path(get, path = "/tiers", tag = "membership", responses((status = 200, body = Vec<TierRow>)),
    security(("staff" = [])))]
async fn list_tiers(State(app): State<App>, staff: Staff<perm::MemberView>) -> Answer<Json<Vec<TierRow>>> {
    Ok(Json(tier_rows(&app, staff.mall.id).await?))
}

/// Add a tier.
///
/// Permission `loyalty.edit`.
#[utoipa::path(post, path = "/tiers", tag = "membership", request_body = TierInput,
    responses((status = 200, body = Vec<TierRow>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 409, body = ProblemBody, description = "`tier.name_taken`, `tier.growth_taken`, `tier.too_many`")),
    security(("staff" = [])))]
async fn create_tier(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Json(input): Json<TierInput>,
) -> Answer<Json<Vec<TierRow>>> {
    staff
        .write(&app, "tier.create", move |tx, ctx| {
            let id = add_tier(tx, ctx, &input)?;
            Ok(((), Note::new("tier", id, format!("新建等级 {}", input.name))))
        })
        .await?;
    Ok(Json(tier_rows(&app, staff.mall.id).await?))
}

/// Replace a tier.
///
/// Permission `loyalty.edit`. Members keep theirs; another growth counts from their next order or review on.
#[utoipa::path(put, path = "/tiers/{id}", tag = "membership", params(("id" = Id, Path)), request_body = TierInput,
    responses((status = 200, body = Vec<TierRow>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`tier.not_found`"),
    (status = 409, body = ProblemBody, description = "`tier.name_taken`, `tier.growth_taken`")),
    security(("staff" = [])))]
async fn replace_tier(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Path(id): Path<Id>,
    Json(input): Json<TierInput>,
) -> Answer<Json<Vec<TierRow>>> {
    staff
        .write(&app, "tier.change", move |tx, ctx| {
            change_tier(tx, ctx, id, &input)?;
            Ok(((), Note::new("tier", id, format!("修改等级 {}", input.name))))
        })
        .await?;
    Ok(Json(tier_rows(&app, staff.mall.id).await?))
}

/// Delete a tier.
///
/// Permission `loyalty.edit`. Only one that nobody holds.
#[utoipa::path(delete, path = "/tiers/{id}", tag = "membership", params(("id" = Id, Path)),
    responses((status = 204, description = "Deleted"),
    (status = 404, body = ProblemBody, description = "`tier.not_found`"),
    (status = 409, body = ProblemBody, description = "`tier.in_use`")),
    security(("staff" = [])))]
async fn delete_tier(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "tier.delete", move |tx, ctx| {
            remove_tier(tx, ctx, id)?;
            Ok(((), Note::new("tier", id, "删除等级")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all_plans(app: &App, mall_id: MallId) -> Result<Vec<Plan>> {
    app.db.read(move |tx| plans(tx, mall_id)).await
}

/// List the paid memberships.
///
/// Cheapest first. Permission `member.view`.
#[utoipa::path(get, path = "/membership-plans", tag = "membership", responses((status = 200, body = Vec<Plan>)),
    security(("staff" = [])))]
async fn list_all_plans(State(app): State<App>, staff: Staff<perm::MemberView>) -> Answer<Json<Vec<Plan>>> {
    Ok(Json(all_plans(&app, staff.mall.id).await?))
}

/// Add a paid membership.
///
/// Permission `loyalty.edit`.
#[utoipa::path(post, path = "/membership-plans", tag = "membership", request_body = PlanInput,
    responses((status = 200, body = Vec<Plan>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 409, body = ProblemBody, description = "`plan.name_taken`, `plan.too_many`")),
    security(("staff" = [])))]
async fn create_plan(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Json(input): Json<PlanInput>,
) -> Answer<Json<Vec<Plan>>> {
    staff
        .write(&app, "membership_plan.create", move |tx, ctx| {
            let id = save_plan(tx, ctx, None, &input)?;
            Ok(((), Note::new("membership_plan", id, format!("新建付费会员 {}", input.name))))
        })
        .await?;
    Ok(Json(all_plans(&app, staff.mall.id).await?))
}

/// Replace a paid membership.
///
/// Permission `loyalty.edit`. Who has paid keeps the time, with the perks as they are now.
#[utoipa::path(put, path = "/membership-plans/{id}", tag = "membership", params(("id" = Id, Path)),
    request_body = PlanInput, responses((status = 200, body = Vec<Plan>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`plan.not_found`"),
    (status = 409, body = ProblemBody, description = "`plan.name_taken`")),
    security(("staff" = [])))]
async fn replace_plan(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Path(id): Path<Id>,
    Json(input): Json<PlanInput>,
) -> Answer<Json<Vec<Plan>>> {
    staff
        .write(&app, "membership_plan.change", move |tx, ctx| {
            save_plan(tx, ctx, Some(id), &input)?;
            Ok(((), Note::new("membership_plan", id, format!("修改付费会员 {}", input.name))))
        })
        .await?;
    Ok(Json(all_plans(&app, staff.mall.id).await?))
}
