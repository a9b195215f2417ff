//! Templates in the back office.

use super::apply::{APPLY, Apply, begin, is_empty};
use super::content::{TemplateBrief, brief, names};
use super::remove::{TemplateRemoved, remove};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Instant, MallId, Result};
use platform::audit::Note;
use platform::job::{self, NewJob};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff, storage};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_templates))
        .routes(routes!(apply_template))
        .routes(routes!(remove_template))
}

/// Templates, and what stands in the mall of one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Templates {
    pub items: Vec<TemplateBrief>,
    /// Only an empty mall can be opened with a template.
    pub mall_is_empty: bool,
    pub applied: Option<AppliedTemplate>,
}

/// The template of a mall.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppliedTemplate {
    pub name: String,
    /// `applying`, `applied` or `failed`.
    pub state: String,
    pub error: Option<String>,
    pub started_at: Instant,
    pub finished_at: Option<Instant>,
}
db::row!(AppliedTemplate { name, state, error, started_at, finished_at });

fn state(tx: &mut Tx<'_>, mall_id: MallId) -> Result<(bool, Option<AppliedTemplate>)> {
    let applied = tx.opt(
        "select name, state, error, started_at, finished_at from mall_template where mall_id = $1",
        &args![mall_id],
    )?;
    Ok((is_empty(tx, mall_id)?, applied))
}

async fn shown(app: &App, mall_id: MallId) -> Result<Templates> {
    let (mall_is_empty, applied) = app.db.read(move |tx| state(tx, mall_id)).await?;
    let items = names().iter().map(|name| brief(name)).collect::<Result<_>>()?;
    Ok(Templates { items, mall_is_empty, applied })
}

/// List the templates a mall can be opened with.
///
/// Permission `settings.edit`.
#[utoipa::path(get, path = "/templates", tag = "settings", security(("staff" = [])),
    responses((status = 200, body = Templates)))]
async fn list_templates(State(app): State<App>, staff: Staff<perm::SettingsEdit>) -> Answer<Json<Templates>> {
    Ok(Json(shown(&app, staff.mall.id).await?))
}

/// Fill an empty mall from a template.
///
/// Permission `settings.edit`. Goes on as a job; ask `GET /templates` how far it is.
#[utoipa::path(post, path = "/templates/{name}/apply", tag = "settings", security(("staff" = [])),
    params(("name" = String, Path)),
    responses((status = 202, body = Templates),
        (status = 404, body = ProblemBody, description = "`template.unknown`"),
        (status = 409, body = ProblemBody, description = "`template.mall_not_empty`, `template.under_way`")))]
async fn apply_template(
    State(app): State<App>,
    staff: Staff<perm::SettingsEdit>,
    Path(name): Path<String>,
) -> Answer<(StatusCode, Json<Templates>)> {
    let begun = staff.write(&app, "template.apply", move |tx, ctx| {
        begin(tx, ctx, &name)?;
        job::enqueue(tx, ctx, NewJob::new(APPLY, &Apply { name: name.clone() }))?;
        Ok(((), Note::new("template", &name, format!("套用模板 {name}"))))
    });
    begun.await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, staff.mall.id).await?)))
}

/// Take out what the template brought.
///
/// Permission `settings.edit`. What people ordered goes to the recycle bin; freight templates and settings stay.
#[utoipa::path(post, path = "/templates/remove", tag = "settings", security(("staff" = [])),
    responses((status = 200, body = TemplateRemoved),
        (status = 409, body = ProblemBody, description = "`template.nothing_to_remove`")))]
async fn remove_template(State(app): State<App>, staff: Staff<perm::SettingsEdit>) -> Answer<Json<TemplateRemoved>> {
    let removed = staff.write(&app, "template.remove", move |tx, ctx| {
        let (outcome, files) = remove(tx, ctx)?;
        let said = format!("清除示例内容：删除商品 {} 件，移入回收站 {} 件", outcome.erased, outcome.binned);
        Ok(((outcome, files), Note::new("mall", ctx.mall_id, said)))
    });
    let (outcome, files) = removed.await?;
    for key in &files {
        if let Err(error) = storage::remove_objects(&app, key).await {
            tracing::warn!(%error, key, "the bytes of a deleted file stayed behind");
        }
    }
    Ok(Json(outcome))
}
