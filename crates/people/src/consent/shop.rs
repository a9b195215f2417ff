//! The policy for anybody, and the shopper's own consents.

use super::log::{self, Consent, ConsentScope, is_due};
use super::policy::{self, Policy, PolicyBrief};
use axum::extract::State;
use kernel::{Cursor, Page};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Shopper, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_policy))
        .routes(routes!(list_policies))
        .routes(routes!(show_policy_version))
        .routes(routes!(show_consents, record_consent))
}

const PAGE: i64 = 20;
/// Entries of the log shown on the page.
const SHOWN: i64 = 50;

/// Show the privacy policy in force.
#[utoipa::path(get, path = "/privacy/policy", tag = "privacy",
    responses((status = 200, body = Policy),
    (status = 404, body = ProblemBody, description = "`privacy.no_policy`: none was published")))]
async fn show_policy(State(app): State<App>, visitor: Visitor) -> Answer<Json<Policy>> {
    let mall_id = visitor.mall.id;
    Ok(Json(app.db.read(move |tx| policy::current(tx, mall_id)).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PolicyQuery {
    pub cursor: Option<String>,
}

/// List the versions of the privacy policy, newest first.
#[utoipa::path(get, path = "/privacy/policies", tag = "privacy", params(PolicyQuery),
    responses((status = 200, body = Page<PolicyBrief>)))]
async fn list_policies(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<PolicyQuery>,
) -> Answer<Json<Page<PolicyBrief>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.key);
    let mall_id = visitor.mall.id;
    let rows = app.db.read(move |tx| policy::page(tx, mall_id, before, PAGE + 1)).await?;
    Ok(Json(Page::from_rows(rows, PAGE, |row| Cursor { key: row.version, id: row.version })))
}

/// Show one version of the privacy policy.
#[utoipa::path(get, path = "/privacy/policies/{version}", tag = "privacy", params(("version" = i64, Path)),
    responses((status = 200, body = Policy), (status = 404, body = ProblemBody, description = "`privacy.no_policy`")))]
async fn show_policy_version(
    State(app): State<App>,
    visitor: Visitor,
    Path(version): Path<i64>,
) -> Answer<Json<Policy>> {
    let mall_id = visitor.mall.id;
    Ok(Json(app.db.read(move |tx| policy::find(tx, mall_id, version)).await?))
}

/// How the shopper's consents stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consents {
    /// Newest version of the policy; 0 when there is none.
    pub version: i64,
    /// True when the shopper has to be asked about the newest version.
    pub is_due: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Consent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marketing: Option<Consent>,
    /// The last fifty entries, newest first.
    pub log: Vec<Consent>,
}

/// Show the shopper's consents.
#[utoipa::path(get, path = "/privacy/consents", tag = "privacy", security(("member" = [])),
    responses((status = 200, body = Consents)))]
async fn show_consents(State(app): State<App>, shopper: Shopper) -> Answer<Json<Consents>> {
    let (mall_id, id) = (shopper.mall.id, shopper.id);
    Ok(Json(app.db.read(move |tx| consents(tx, mall_id, id)).await?))
}

fn consents(tx: &mut db::Tx<'_>, mall_id: kernel::MallId, id: kernel::Id) -> kernel::Result<Consents> {
    Ok(Consents {
        version: policy::newest(tx, mall_id)?.unwrap_or(0),
        is_due: is_due(tx, mall_id, id)?,
        base: log::standing(tx, mall_id, id, ConsentScope::Base)?,
        marketing: log::standing(tx, mall_id, id, ConsentScope::Marketing)?,
        log: log::of_member(tx, mall_id, id, SHOWN)?,
    })
}

/// A yes or a no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentInput {
    pub scope: ConsentScope,
    /// False takes a consent back.
    pub granted: bool,
    /// Version of the policy that was shown.
    pub version: i64,
}

/// Agree, or take a consent back.
#[utoipa::path(post, path = "/privacy/consents", tag = "privacy", security(("member" = [])), request_body = ConsentInput,
    responses((status = 200, body = Consents),
    (status = 409, body = ProblemBody, description = "`privacy.version_outdated`: a newer version was published")))]
async fn record_consent(
    State(app): State<App>,
    shopper: Shopper,
    Json(input): Json<ConsentInput>,
) -> Answer<Json<Consents>> {
    let (ctx, id) = (shopper.ctx, shopper.id);
    let shown = app
        .db
        .write(move |tx| {
            log::record(tx, &ctx, id, input.scope, input.version, input.granted)?;
            consents(tx, ctx.mall_id, id)
        })
        .await?;
    Ok(Json(shown))
}
