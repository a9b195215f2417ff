//! The member's title book.

use super::model::Title;
use super::title::{self, TitleView};
use axum::extract::State;
use kernel::{Id, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_invoice_titles, add_invoice_title))
        .routes(routes!(change_invoice_title, remove_invoice_title))
}

/// A title to keep.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TitleInput {
    pub title: Title,
    /// Offered first from now on.
    #[serde(default)]
    pub is_default: bool,
}

async fn read(app: &App, member: &Member) -> Result<Vec<TitleView>> {
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    app.db.read(move |tx| title::titles(tx, &reader.sealer, mall_id, member_id)).await
}

/// List the titles for invoices, the default first.
#[utoipa::path(get, path = "/invoice-titles", tag = "invoice", security(("member" = [])),
    responses((status = 200, body = Vec<TitleView>)))]
async fn list_invoice_titles(State(app): State<App>, member: Member) -> Answer<Json<Vec<TitleView>>> {
    Ok(Json(read(&app, &member).await?))
}

/// Add a title for invoices; answers the whole book.
#[utoipa::path(post, path = "/invoice-titles", tag = "invoice", security(("member" = [])), request_body = TitleInput,
    responses((status = 200, body = Vec<TitleView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`, `tax_number`, `email` …"),
    (status = 409, body = ProblemBody, description = "`invoice.too_many_titles`")))]
async fn add_invoice_title(
    State(app): State<App>,
    member: Member,
    Json(request): Json<TitleInput>,
) -> Answer<Json<Vec<TitleView>>> {
    let (title, ctx, member_id, writer) = (request.title.checked()?, member.ctx.clone(), member.id, app.clone());
    app.db.write(move |tx| title::save(tx, &ctx, &writer.sealer, member_id, None, &title, request.is_default)).await?;
    Ok(Json(read(&app, &member).await?))
}

/// Change a title for invoices; answers the whole book.
#[utoipa::path(put, path = "/invoice-titles/{id}", tag = "invoice", security(("member" = [])), params(("id" = Id, Path)),
    request_body = TitleInput, responses((status = 200, body = Vec<TitleView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `name`, `tax_number`, `email` …"),
    (status = 404, body = ProblemBody, description = "`invoice.no_such_title`")))]
async fn change_invoice_title(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(request): Json<TitleInput>,
) -> Answer<Json<Vec<TitleView>>> {
    let (title, ctx, member_id, writer) = (request.title.checked()?, member.ctx.clone(), member.id, app.clone());
    app.db
        .write(move |tx| title::save(tx, &ctx, &writer.sealer, member_id, Some(id), &title, request.is_default))
        .await?;
    Ok(Json(read(&app, &member).await?))
}

/// Remove a title for invoices; answers the rest of the book.
#[utoipa::path(delete, path = "/invoice-titles/{id}", tag = "invoice", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = Vec<TitleView>), (status = 404, body = ProblemBody, description = "`invoice.no_such_title`")))]
async fn remove_invoice_title(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
) -> Answer<Json<Vec<TitleView>>> {
    let (ctx, member_id) = (member.ctx.clone(), member.id);
    app.db.write(move |tx| title::remove(tx, &ctx, member_id, id)).await?;
    Ok(Json(read(&app, &member).await?))
}
