//! Staff publish a new version of the privacy policy and see how many agreed to it.

use super::log::agreed;
use super::policy::{self, Policy, PolicyBrief, PolicyInput, publish, template};
use super::shop::PolicyQuery;
use axum::extract::State;
use kernel::{Cursor, Page};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_policy_versions, publish_policy))
        .routes(routes!(show_policy_template))
        .routes(routes!(show_published_policy))
}

const PAGE: i64 = 20;

/// List the versions of the privacy policy, newest first.
///
/// Permission `settings.edit`.
#[utoipa::path(get, path = "/privacy/policies", tag = "settings", params(PolicyQuery), security(("staff" = [])),
    responses((status = 200, body = Page<PolicyBrief>)))]
async fn list_policy_versions(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Query(query): Query<PolicyQuery>,
) -> Answer<Json<Page<PolicyBrief>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.key);
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| policy::page(tx, mall_id, before, PAGE + 1)).await?;
    Ok(Json(Page::from_rows(rows, PAGE, |row| Cursor { key: row.version, id: row.version })))
}

/// A version and how many members and guests agreed to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedPolicy {
    #[serde(flatten)]
    pub policy: Policy,
    pub agreed: i64,
}

/// Show a version of the privacy policy and how many agreed to it.
///
/// Permission `settings.edit`.
#[utoipa::path(get, path = "/privacy/policies/{version}", tag = "settings", params(("version" = i64, Path)),
    security(("staff" = [])), responses((status = 200, body = PublishedPolicy),
    (status = 404, body = ProblemBody, description = "`privacy.no_policy`")))]
async fn show_published_policy(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(version): Path<i64>,
) -> Answer<Json<PublishedPolicy>> {
    let mall_id = staff.mall.id;
    let shown = app
        .db
        .read(move |tx| {
            let policy = policy::find(tx, mall_id, version)?;
            Ok(PublishedPolicy { policy, agreed: agreed(tx, mall_id, version)? })
        })
        .await?;
    Ok(Json(shown))
}

/// Show a text to begin with, with this mall's name in it.
///
/// Permission `settings.edit`. Have a lawyer read it before publishing.
#[utoipa::path(get, path = "/privacy/template", tag = "settings", security(("staff" = [])),
    responses((status = 200, body = PolicyInput)))]
async fn show_policy_template(staff: Staff<perm::SettingsEdit>) -> Json<PolicyInput> {
    Json(template(&staff.mall.settings, staff.ctx.now + staff.mall.utc_offset_ms))
}

/// Publish a new version of the privacy policy.
///
/// Permission `settings.edit`. Members are asked to agree to it the next time they come.
#[utoipa::path(post, path = "/privacy/policies", tag = "settings", request_body = PolicyInput, security(("staff" = [])),
    responses((status = 200, body = PolicyBrief),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `title`, `summary` or `body`"),
    (status = 409, body = ProblemBody, description = "`privacy.published_meanwhile`")))]
async fn publish_policy(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Json(input): Json<PolicyInput>,
) -> Answer<Json<PolicyBrief>> {
    let published = staff
        .write(&app, "privacy.publish", move |tx, ctx| {
            let brief = publish(tx, ctx, &input)?;
            let note = Note::new("policy", brief.version, format!("发布隐私政策第 {} 版", brief.version));
            Ok((brief, note))
        })
        .await?;
    Ok(Json(published))
}
