//! The log of deliveries in the back office, and sending again.

use super::delivery::{self, Attempt, Delivery, Filter};
use super::endpoint;
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Error, Id, MallId, Page, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_webhook_deliveries))
        .routes(routes!(show_webhook_delivery))
        .routes(routes!(redeliver_webhook))
        .routes(routes!(redeliver_failed_webhooks))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// `waiting`, `delivered` or `failed`.
    state: Option<String>,
    cursor: Option<String>,
}

/// A delivery with what was sent and what came back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryDetail)]
pub struct DeliveryDetail {
    pub delivery: Delivery,
    /// The body as it is sent.
    pub body: String,
    /// Newest first.
    pub tries: Vec<Attempt>,
}

/// How many will be sent again.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhooksRedelivered)]
pub struct Redelivered {
    pub count: u64,
}

pub(super) fn detail(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<DeliveryDetail> {
    let (row, body) = delivery::find(tx, mall_id, id)?;
    Ok(DeliveryDetail { delivery: row.into(), body, tries: delivery::attempts(tx, mall_id, id)? })
}

/// List what was sent to an endpoint.
///
/// Newest first, of the last 30 days. Permission `webhook.edit`.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks", security(("staff" = [])),
    params(("id" = Id, Path), DeliveryQuery), responses((status = 200, body = Page<Delivery>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `state` or `cursor`"),
    (status = 404, body = ProblemBody, description = "`webhook.not_found`")))]
async fn list_webhook_deliveries(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
    Query(query): Query<DeliveryQuery>,
) -> Answer<Json<Page<Delivery>>> {
    let before = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let state = query.state.filter(|state| !state.is_empty());
    if state.as_deref().is_some_and(|state| !["waiting", "delivered", "failed"].contains(&state)) {
        return Err(Error::field("state", "没有这种状态").into());
    }
    let (mall_id, filter) = (staff.mall.id, Filter { endpoint_id: id, state, before });
    let page = app
        .db
        .read(move |tx| {
            endpoint::find(tx, mall_id, id)?;
            delivery::page(tx, mall_id, &filter)
        })
        .await?;
    Ok(Json(page))
}

/// Show a delivery with its tries.
///
/// Permission `webhook.edit`.
#[utoipa::path(get, path = "/webhook-deliveries/{id}", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryDetail),
    (status = 404, body = ProblemBody, description = "`webhook.no_such_delivery`")))]
async fn show_webhook_delivery(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryDetail>> {
    let mall_id = staff.mall.id;
    Ok(Json(app.db.read(move |tx| detail(tx, mall_id, id)).await?))
}

/// Send one delivery again.
///
/// Permission `webhook.edit`. It goes out within seconds, with the same `webhook-id`; also one that was taken.
#[utoipa::path(post, path = "/webhook-deliveries/{id}/redeliver", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = DeliveryDetail),
    (status = 404, body = ProblemBody, description = "`webhook.no_such_delivery`"),
    (status = 409, body = ProblemBody, description = "`webhook.at_rest`: enable the endpoint first")))]
async fn redeliver_webhook(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<DeliveryDetail>> {
    let shown = staff
        .write(&app, "webhook.redeliver", move |tx, ctx| {
            let (row, _) = delivery::find(tx, ctx.mall_id, id)?;
            awake(tx, ctx.mall_id, row.endpoint_id)?;
            delivery::redeliver(tx, ctx, id)?;
            let note =
                Note::new("webhook", row.endpoint_id, format!("重新投递 {}", delivery::webhook_id(row.event_id)));
            Ok((detail(tx, ctx.mall_id, id)?, note))
        })
        .await?;
    Ok(Json(shown))
}

/// Send everything again that an endpoint never took.
///
/// Permission `webhook.edit`.
#[utoipa::path(post, path = "/webhooks/{id}/redeliver-failed", tag = "webhooks", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = Redelivered),
    (status = 404, body = ProblemBody, description = "`webhook.not_found`"),
    (status = 409, body = ProblemBody, description = "`webhook.at_rest`: enable the endpoint first")))]
async fn redeliver_failed_webhooks(
    State(app): State<App>,
    staff: Staff<perm::WebhookEdit>,
    Path(id): Path<Id>,
) -> Answer<Json<Redelivered>> {
    let count = staff
        .write(&app, "webhook.redeliver", move |tx, ctx| {
            awake(tx, ctx.mall_id, id)?;
            let count = delivery::redeliver_failed(tx, ctx, id)?;
            Ok((count, Note::new("webhook", id, format!("重新投递 {count} 条失败的消息"))))
        })
        .await?;
    Ok(Json(Redelivered { count }))
}

fn awake(tx: &mut Tx<'_>, mall_id: MallId, endpoint_id: Id) -> Result<()> {
    if endpoint::find(tx, mall_id, endpoint_id)?.is_enabled() {
        return Ok(());
    }
    Err(Error::conflict("webhook.at_rest", "这个地址没有启用，请先启用再投递"))
}
