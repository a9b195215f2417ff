//! The privacy centre: copies of one's data, and closing the account.

use super::closing::{self, Closing};
use super::export::{self, DataExport};
use crate::hooks::Hooks;
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Cursor, Error, Id, Page};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Query};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_exports, request_export))
        .routes(routes!(fetch_export))
        .routes(routes!(preview_closing, close_account))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    cursor: Option<String>,
}

/// List the copies the member asked for, newest first.
#[utoipa::path(get, path = "/privacy/exports", tag = "privacy", params(ExportQuery), security(("member" = [])),
    responses((status = 200, body = Page<DataExport>)))]
async fn list_exports(
    State(app): State<App>,
    member: Member,
    Query(query): Query<ExportQuery>,
) -> Answer<Json<Page<DataExport>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (mall_id, id) = (member.mall.id, member.id);
    Ok(Json(app.db.read(move |tx| export::page(tx, mall_id, id, cursor)).await?))
}

/// Ask for a copy of everything the mall keeps of the member.
///
/// A job makes it; poll the list until it is `ready`. Asking again while one is made answers that one.
#[utoipa::path(post, path = "/privacy/exports", tag = "privacy", security(("member" = [])),
    responses((status = 200, body = DataExport),
    (status = 429, body = ProblemBody, description = "`privacy.export_too_often`: once a day")))]
async fn request_export(State(app): State<App>, member: Member) -> Answer<Json<DataExport>> {
    let (ctx, id) = (member.ctx, member.id);
    Ok(Json(app.db.write(move |tx| export::request(tx, &ctx, id)).await?))
}

/// Fetch a copy as a zip of JSON and CSV.
///
/// Only for the member it is about, with the session's token.
#[utoipa::path(get, path = "/privacy/exports/{id}/file", tag = "privacy", params(("id" = Id, Path)),
    security(("member" = [])),
    responses((status = 200, body = String, content_type = "application/zip", description = "The zip"),
    (status = 404, body = ProblemBody, description = "`privacy.no_export`: not this member's, or its days are over")))]
async fn fetch_export(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Response> {
    let bytes = export::open(&app, member.mall.id, member.id, id, member.ctx.now).await?;
    let name = format!("attachment; filename=\"my-data-{id}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// Show what closing the account would mean now.
#[utoipa::path(get, path = "/privacy/closing", tag = "privacy", security(("member" = [])),
    responses((status = 200, body = Closing)))]
async fn preview_closing(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    member: Member,
) -> Answer<Json<Closing>> {
    let (app_in, mall_id, id) = (app.clone(), member.mall.id, member.id);
    Ok(Json(app.db.read(move |tx| closing::preview(tx, &app_in, &hooks.personal, mall_id, id)).await?))
}

/// That the member has read what it means.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosingInput {
    /// Must be true: it cannot be undone.
    pub understood: bool,
}

/// Close the account for good.
///
/// Sessions end; phone, identities, addresses, favourites, history and messages are erased at once, reviews lose their
/// name; orders and payments are held as the law demands and erased after. It cannot be undone.
#[utoipa::path(post, path = "/privacy/closing", tag = "privacy", request_body = ClosingInput, security(("member" = [])),
    responses((status = 204, description = "Closed; every token of the member is worthless"),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `understood`"),
    (status = 409, body = ProblemBody, description = "`account.under_way`: `details.under_way` names what must end first")))]
async fn close_account(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    member: Member,
    Json(input): Json<ClosingInput>,
) -> Answer<StatusCode> {
    if !input.understood {
        return Err(Error::field("understood", "请先读完说明并确认").into());
    }
    let (app_in, ctx, id) = (app.clone(), member.ctx, member.id);
    app.db.write(move |tx| closing::close(tx, &ctx, &app_in, &hooks.personal, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
