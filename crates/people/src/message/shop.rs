//! The message centre and the switches of the settings page.

use super::preference::{self, Preference, PreferenceChange};
use super::store::{self, Message};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::{Cursor, Id, Page};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path, Query, Shopper};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_messages))
        .routes(routes!(count_unread_messages))
        .routes(routes!(mark_message_read))
        .routes(routes!(mark_messages_read))
        .routes(routes!(show_preferences, change_preferences))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MessageQuery {
    cursor: Option<String>,
    /// 1–50, 20 if absent.
    limit: Option<i64>,
}

/// List the member's messages, newest first.
#[utoipa::path(get, path = "/messages", tag = "message", params(MessageQuery), security(("member" = [])),
    responses((status = 200, body = Page<Message>)))]
async fn list_messages(
    State(app): State<App>,
    member: Member,
    Query(query): Query<MessageQuery>,
) -> Answer<Json<Page<Message>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let (mall_id, id, limit) = (member.mall.id, member.id, query.limit.unwrap_or(20).clamp(1, 50));
    let rows = app.db.read(move |tx| store::page(tx, mall_id, id, before, limit + 1)).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.event_id.0 })))
}

/// How many messages wait.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unread {
    pub count: i64,
}

/// Count the messages not read yet.
#[utoipa::path(get, path = "/messages/unread", tag = "message", security(("member" = [])),
    responses((status = 200, body = Unread)))]
async fn count_unread_messages(State(app): State<App>, member: Member) -> Answer<Json<Unread>> {
    let (mall_id, id) = (member.mall.id, member.id);
    let count = app.db.read(move |tx| store::unread(tx, mall_id, id)).await?;
    Ok(Json(Unread { count }))
}

/// Mark a message as read; repeating it changes nothing.
#[utoipa::path(post, path = "/messages/{id}/read", tag = "message", params(("id" = Id, Path)), security(("member" = [])),
    responses((status = 204), (status = 404, body = ProblemBody, description = "`message.not_found`")))]
async fn mark_message_read(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<StatusCode> {
    let (ctx, member_id) = (member.ctx, member.id);
    app.db.write(move |tx| store::mark(tx, &ctx, member_id, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The newest message that was on the page.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadUpTo {
    pub newest_id: Id,
}

/// Mark every message up to the newest one shown as read.
#[utoipa::path(post, path = "/messages/read", tag = "message", request_body = ReadUpTo, security(("member" = [])),
    responses((status = 204)))]
async fn mark_messages_read(State(app): State<App>, member: Member, Json(input): Json<ReadUpTo>) -> Answer<StatusCode> {
    let (ctx, member_id) = (member.ctx, member.id);
    app.db.write(move |tx| store::mark_all(tx, &ctx, member_id, input.newest_id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show what the shopper prefers.
#[utoipa::path(get, path = "/me/preferences", tag = "message", security(("member" = [])),
    responses((status = 200, body = Preference)))]
async fn show_preferences(State(app): State<App>, shopper: Shopper) -> Answer<Json<Preference>> {
    let (mall_id, id) = (shopper.mall.id, shopper.id);
    Ok(Json(app.db.read(move |tx| preference::of_shopper(tx, mall_id, id)).await?))
}

/// Change what the shopper prefers.
///
/// `muted` names the kinds of messages that are not wanted; `personalised: false` makes recommendations the same as for anybody.
#[utoipa::path(patch, path = "/me/preferences", tag = "message", request_body = PreferenceChange,
    security(("member" = [])), responses((status = 200, body = Preference)))]
async fn change_preferences(
    State(app): State<App>,
    shopper: Shopper,
    Json(input): Json<PreferenceChange>,
) -> Answer<Json<Preference>> {
    let (ctx, id) = (shopper.ctx, shopper.id);
    Ok(Json(app.db.write(move |tx| preference::set(tx, &ctx, id, &input)).await?))
}
