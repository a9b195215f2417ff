//! The back office of top-ups: plans, and what was bought.

use super::plan::{TopUpPlan, TopUpPlanInput, remove_top_up_plan, save_top_up_plan, top_up_plans};
use super::purchase::{PurchaseKind, PurchaseView, purchases};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Cursor, Fen, Id, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_top_up_plans, create_top_up_plan))
        .routes(routes!(replace_top_up_plan, delete_top_up_plan))
        .routes(routes!(list_all_purchases))
}

async fn all(app: &App, mall_id: MallId) -> Result<Vec<TopUpPlan>> {
    app.db.read(move |tx| top_up_plans(tx, mall_id)).await
}

/// List the top-up plans.
///
/// Smallest first. Permission `member.view`.
#[utoipa::path(get, path = "/top-up-plans", tag = "balance", responses((status = 200, body = Vec<TopUpPlan>)),
    security(("staff" = [])))]
async fn list_top_up_plans(State(app): State<App>, staff: Staff<perm::MemberView>) -> Answer<Json<Vec<TopUpPlan>>> {
    Ok(Json(all(&app, staff.mall.id).await?))
}

/// Add a top-up plan.
///
/// Permission `loyalty.edit`. Principal and gift together stay within 5,000 yuan.
#[utoipa::path(post, path = "/top-up-plans", tag = "balance", request_body = TopUpPlanInput,
    responses((status = 200, body = Vec<TopUpPlan>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 409, body = ProblemBody, description = "`top_up.amount_taken`, `top_up.too_many`")),
    security(("staff" = [])))]
async fn create_top_up_plan(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Json(input): Json<TopUpPlanInput>,
) -> Answer<Json<Vec<TopUpPlan>>> {
    staff
        .write(&app, "top_up_plan.create", move |tx, ctx| {
            let id = save_top_up_plan(tx, ctx, None, &input)?;
            Ok(((), Note::new("top_up_plan", id, words("新建", &input))))
        })
        .await?;
    Ok(Json(all(&app, staff.mall.id).await?))
}

fn words(verb: &str, input: &TopUpPlanInput) -> String {
    format!("{verb}储值方案：充 {} 送 {}", Fen(input.amount_fen), Fen(input.gift_fen))
}

/// Replace a top-up plan.
///
/// Permission `loyalty.edit`.
#[utoipa::path(put, path = "/top-up-plans/{id}", tag = "balance", params(("id" = Id, Path)),
    request_body = TopUpPlanInput, responses((status = 200, body = Vec<TopUpPlan>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at the field that does not fit"),
    (status = 404, body = ProblemBody, description = "`top_up.no_such_plan`"),
    (status = 409, body = ProblemBody, description = "`top_up.amount_taken`")), security(("staff" = [])))]
async fn replace_top_up_plan(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Path(id): Path<Id>,
    Json(input): Json<TopUpPlanInput>,
) -> Answer<Json<Vec<TopUpPlan>>> {
    staff
        .write(&app, "top_up_plan.change", move |tx, ctx| {
            save_top_up_plan(tx, ctx, Some(id), &input)?;
            Ok(((), Note::new("top_up_plan", id, words("修改", &input))))
        })
        .await?;
    Ok(Json(all(&app, staff.mall.id).await?))
}

/// Delete a top-up plan.
///
/// Permission `loyalty.edit`. What was topped up by it stays.
#[utoipa::path(delete, path = "/top-up-plans/{id}", tag = "balance", params(("id" = Id, Path)),
    responses((status = 204, description = "Deleted"),
    (status = 404, body = ProblemBody, description = "`top_up.no_such_plan`")), security(("staff" = [])))]
async fn delete_top_up_plan(
    State(app): State<App>,
    staff: Staff<perm::LoyaltyEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "top_up_plan.delete", move |tx, ctx| {
            remove_top_up_plan(tx, ctx, id)?;
            Ok(((), Note::new("top_up_plan", id, "删除储值方案")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AllPurchasesQuery {
    #[param(inline)]
    kind: Option<PurchaseKind>,
    /// Of one member.
    member_id: Option<Id>,
    cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List paid top-ups and memberships.
///
/// Newest first. Permission `member.view`.
#[utoipa::path(get, path = "/purchases", tag = "balance", params(AllPurchasesQuery),
    responses((status = 200, body = Page<PurchaseView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at a condition")), security(("staff" = [])))]
async fn list_all_purchases(
    State(app): State<App>,
    staff: Staff<perm::MemberView>,
    Query(query): Query<AllPurchasesQuery>,
) -> Answer<Json<Page<PurchaseView>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = staff.mall.id;
    let page = app.db.read(move |tx| purchases(tx, mall_id, query.member_id, query.kind, before, PAGE)).await?;
    Ok(Json(page))
}
