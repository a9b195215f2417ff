//! The member's points: balance, what expires, the statement, checking in.

use super::check_in::{CheckIn, check_in, check_in_state};
use super::rules::{PointsRules, rules};
use crate::ledger::{self, Account, StatementLine};
use axum::extract::State;
use kernel::{Cursor, Instant, Page, days};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_points)).routes(routes!(list_points)).routes(routes!(check_in_today))
}

/// Points of a member, and what the mall does with points.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PointsView {
    pub balance: i64,
    /// Points that expire within thirty days.
    pub expiring: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    pub rules: PointsRules,
    pub check_in: CheckIn,
}

/// Show the member's points.
#[utoipa::path(
    get,
    path = "/points",
    tag = "membership",
    responses((status = 200, body = PointsView)),
    security(("member" = []))
)]
async fn show_points(State(app): State<App>, member: Member) -> Answer<Json<PointsView>> {
    let (mall_id, now, offset) = (member.mall.id, member.ctx.now, member.mall.utc_offset_ms);
    let view = app
        .db
        .read(move |tx| {
            let rules = rules(tx, mall_id)?.points;
            let soon = ledger::expiring_soon(tx, mall_id, member.id, now + days(30))?;
            Ok(PointsView {
                balance: ledger::balance(tx, mall_id, member.id, Account::Points)?,
                expiring: soon.map_or(0, |soon| soon.amount),
                expires_at: soon.map(|soon| soon.expires_at),
                check_in: check_in_state(tx, mall_id, member.id, now.day_at_offset(offset), &rules)?,
                rules,
            })
        })
        .await?;
    Ok(Json(view))
}

/// Where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    pub cursor: Option<String>,
}

/// Lines of a page.
pub(crate) const PAGE: i64 = 20;

/// List what happened to the member's points.
///
/// Newest first, each with the balance after it.
#[utoipa::path(
    get,
    path = "/points/statement",
    tag = "membership",
    params(StatementQuery),
    responses(
        (status = 200, body = Page<StatementLine>),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`"),
    ),
    security(("member" = []))
)]
async fn list_points(
    State(app): State<App>,
    member: Member,
    Query(query): Query<StatementQuery>,
) -> Answer<Json<Page<StatementLine>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let mall_id = member.mall.id;
    let page =
        app.db.read(move |tx| ledger::statement(tx, mall_id, member.id, &[Account::Points], before, PAGE)).await?;
    Ok(Json(page))
}

/// Check in.
///
/// Once a day in the mall's time zone; a second time answers the first.
#[utoipa::path(
    post,
    path = "/points/check-in",
    tag = "membership",
    responses(
        (status = 200, body = CheckIn),
        (status = 409, body = ProblemBody, description = "`check_in.closed`"),
    ),
    security(("member" = []))
)]
async fn check_in_today(State(app): State<App>, member: Member) -> Answer<Json<CheckIn>> {
    let offset = member.mall.utc_offset_ms;
    let state = app.db.write(move |tx| check_in(tx, &member.ctx, member.id, offset)).await?;
    Ok(Json(state))
}
