//! Endpoints in the back office. A secret is shown when it is made, and never again.

use super::catalog::{CATALOG, EventKind, KINDS};
use super::endpoint::{self, Endpoint};
use super::{delivery, delivery_admin, delivery_admin::DeliveryDetail, send};
use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const MOST_ENDPOINTS: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(update_webhook, delete_webhook))
        .routes(routes!(rotate_webhook_secret))
        .routes(routes!(ping_webhook))
        .routes(routes!(list_webhook_events))
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Id,
    pub url: String,
    pub note: String,
    /// Kinds of events, codes of `GET /webhook-events`.
    pub kinds: Vec<String>,
    /// `enabled`, `paused` by staff, or `disabled` because it took nothing for five days.
    #[schema(example = "enabled")]
    pub status: String,
    /// Since when every try has failed.
    pub failing_since: Option<Instant>,
    pub disabled_at: Option<Instant>,
    /// Until when the secret before this one signs too.
    pub old_secret_until: Option<Instant>,
    pub waiting: i64,
    pub failed: i64,
    pub created_at: Instant,
}

/// What staff choose.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    #[schema(example = "https://erp.example.com/hefang")]
    pub url: String,
    #[serde(default)]
    #[schema(max_length = 60)]
    pub note: String,
    pub kinds: Vec<String>,
    /// False lets it rest; switching it on again sends what waited.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// An endpoint with a fresh secret, shown this once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: String,
    pub webhook: Webhook,
}

fn shown(row: Endpoint, kinds: &[(Id, String)], counts: &HashMap<(Id, String), i64>, now: Instant) -> Webhook {
    let count = |state: &str| counts.get(&(row.id, state.to_owned())).copied().unwrap_or(0);
    Webhook {
        kinds: kinds.iter().filter(|(id, _)| *id == row.id).map(|(_, kind)| kind.clone()).collect(),
        waiting: count("waiting"),
        failed: count("failed"),
        id: row.id,
        url: row.url,
        note: row.note,
        status: row.status,
        failing_since: row.failing_since,
        disabled_at: row.disabled_at,
        old_secret_until: row.old_secret_until.filter(|until| *until > now),
        created_at: row.created_at,
    }
}

fn webhook(tx: &mut Tx<'_>, mall_id: MallId, id: Id, now: Instant) -> Result<Webhook> {
    let row = endpoint::find(tx, mall_id, id)?;
    let kinds = endpoint::subscriptions(tx, mall_id)?;
    Ok(shown(row, &kinds, &delivery::counts(tx, mall_id)?, now))
}

fn checked(app: &App, input: WebhookInput) -> Result<WebhookInput> {
    let url = input.url.trim().to_owned();
    if url.len() > 500 {
        return Err(Error::field("url", "网址最长 500 个字符"));
    }
    app.outside.webhooks()?.check(&url)?;
    let note = input.note.trim().to_owned();
    if note.chars().count() > 60 || note.chars().any(char::is_control) {
        return Err(Error::field("note", "备注最多 60 个字"));
    }
    let mut kinds = input.kinds;
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(Error::field("kinds", "至少选一种事件"));
    }
    if kinds.iter().any(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Error::field("kinds", "有一种事件不存在，请刷新后重选"));
    }
    Ok(WebhookInput { url, note, kinds, enabled: input.enabled })
}

/// List webhook endpoints.
///
/// Permission `webhook.edit`.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", security(("staff" = [])), responses((status = 200, body = Vec<Webhook>)))]
async fn list_webhooks(State(app): State<App>, staff: Staff<perm::WebhookEdit>) -> Answer<Json<Vec<Webhook>>> {
    let (mall_id, now) = (staff.mall.id, staff.ctx.now);
    let webhooks = app
        .db
        .read(move |tx| {
            let (rows, kinds) = (endpoint::all(tx, mall_id)?, endpoint::subscriptions(tx, mall_id)?);
            let counts = delivery::counts(tx, mall_id)?;
            Ok(rows.into_iter().map(|row| shown(row, &kinds, &counts, now)).collect())
        })
        .await?;
    Ok(Json(webhooks))
}

/// List the kinds of events there are.
///
/// Permission `webhook.edit`. The shape of each one's `data` stands under `webhooks` in the API document.
#[utoipa::path(get, path = "/webhook-events", tag = "webhooks", security(("staff" = [])), responses((status = 200, body = Vec<EventKind>)))]
async fn list_webhook_events(_: Staff<perm::WebhookEdit>) -> Json<Vec<EventKind>> {
    Json(CATALOG.to_vec())
}

/// Add a webhook endpoint.
///
/// Permission `webhook.edit`. The answer is the only time the secret is shown.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", security(("staff" = [])), request_body = WebhookInput, responses(
    (status = 200, body = WebhookSecret),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `url`, `note` or `kinds`"),
    (status = 409, body = ProblemBody, description = "`webhook.too_many`, `webhook.not_configured`")))]
async fn create_webhook(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Json(input): Json<WebhookInput>,
) -> Answer<Json<WebhookSecret>> {
    let input = checked(&app, input)?;
    let sealing = app.clone();
    let made = staff
        .write(&app, "webhook.create", move |tx, ctx| {
            if endpoint::all(tx, ctx.mall_id)?.len() >= MOST_ENDPOINTS {
                return Err(Error::conflict("webhook.too_many", "地址太多了，请先删除不用的"));
            }
            let (id, secret) = endpoint::add(tx, ctx, &sealing.sealer, &input.url, &input.note, &input.kinds)?;
            if !input.enabled {
                endpoint::set_status(tx, ctx, id, "paused")?;
            }
            let webhook = webhook(tx, ctx.mall_id, id, ctx.now)?;
            Ok((
                WebhookSecret { secret, webhook },
                Note::new("webhook", id, format!("添加 Webhook {}", host_of(&input.url))),
            ))
        })
        .await?;
    Ok(Json(made))
}

/// The host only: paths may carry tokens.
fn host_of(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

/// Replace a webhook endpoint's address, kinds and state.
///
/// Permission `webhook.edit`. Enabling one that was switched off sends what waited.
#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = WebhookInput, responses((status = 200, body = Webhook),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `url`, `note` or `kinds`"),
    (status = 404, body = ProblemBody, description = "`webhook.not_found`")))]
async fn update_webhook(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
    Json(input): Json<WebhookInput>,
) -> Answer<Json<Webhook>> {
    let input = checked(&app, input)?;
    let changed = staff
        .write(&app, "webhook.update", move |tx, ctx| {
            endpoint::change(tx, ctx, id, &input.url, &input.note, &input.kinds, input.enabled)?;
            let state = if input.enabled { "启用" } else { "暂停" };
            let note = format!("修改 Webhook {}：{} 种事件，{state}", host_of(&input.url), input.kinds.len());
            Ok((webhook(tx, ctx.mall_id, id, ctx.now)?, Note::new("webhook", id, note)))
        })
        .await?;
    Ok(Json(changed))
}

/// Remove a webhook endpoint with its log.
///
/// Permission `webhook.edit`.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)), responses(
    (status = 204, description = "Removed"), (status = 404, body = ProblemBody, description = "`webhook.not_found`")))]
async fn delete_webhook(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    staff
        .write(&app, "webhook.delete", move |tx, ctx| {
            let gone = endpoint::find(tx, ctx.mall_id, id)?;
            endpoint::remove(tx, ctx.mall_id, id)?;
            Ok(((), Note::new("webhook", id, format!("删除 Webhook {}", host_of(&gone.url)))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook endpoint a new secret.
///
/// Permission `webhook.edit`. Shown this once. For 24 hours messages are signed with both, the new one first.
#[utoipa::path(post, path = "/webhooks/{id}/rotate", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)), responses(
    (status = 200, body = WebhookSecret), (status = 404, body = ProblemBody, description = "`webhook.not_found`")))]
async fn rotate_webhook_secret(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<WebhookSecret>> {
    let sealing = app.clone();
    let made = staff
        .write(&app, "webhook.rotate", move |tx, ctx| {
            let before = endpoint::find(tx, ctx.mall_id, id)?;
            let secret = endpoint::rotate(tx, ctx, &sealing.sealer, id)?;
            let webhook = webhook(tx, ctx.mall_id, id, ctx.now)?;
            let note = Note::new("webhook", id, format!("更换 Webhook {} 的密钥", host_of(&before.url)));
            Ok((WebhookSecret { secret, webhook }, note))
        })
        .await?;
    Ok(Json(made))
}

/// Send a test message now.
///
/// Permission `webhook.edit`. Answers how the one try went; a failure is not repeated.
#[utoipa::path(post, path = "/webhooks/{id}/ping", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)), responses(
    (status = 200, body = DeliveryDetail), (status = 404, body = ProblemBody, description = "`webhook.not_found`")))]
async fn ping_webhook(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryDetail>> {
    let ctx = staff.ctx.clone();
    let (endpoint, one) = staff
        .write(&app, "webhook.ping", move |tx, ctx| {
            let endpoint = endpoint::find(tx, ctx.mall_id, id)?;
            let data = serde_json::to_value(super::Ping { endpoint_id: id, text: "这是一条测试消息".into() });
            let delivery_id = delivery::add_ping(tx, ctx, id, &data.map_err(Error::internal)?)?;
            let (row, body) = delivery::find(tx, ctx.mall_id, delivery_id)?;
            let one = send::Claimed { id: delivery_id, event_id: row.event_id, kind: row.kind, body, attempts: 0 };
            let note = Note::new("webhook", id, format!("向 {} 发送测试消息", host_of(&endpoint.url)));
            Ok(((endpoint, one), note))
        })
        .await?;
    let posted = send::post(&app, &ctx, &endpoint, &one).await?;
    let (delivery_id, mall_id) = (one.id, ctx.mall_id);
    app.db.write(move |tx| send::record(tx, &ctx, &endpoint, &one, &posted)).await?;
    let detail = app.db.read(move |tx| delivery_admin::detail(tx, mall_id, delivery_id)).await?;
    Ok(Json(detail))
}
