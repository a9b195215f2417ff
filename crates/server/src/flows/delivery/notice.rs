//! Callbacks of a courier service. The signature is verified first; then one transaction acts on the report; only after
//! its commit it is acknowledged. A duplicate, or a report older than what is known, changes nothing; a forgery is a 401.

use super::courier;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Error, Id, Result};
use platform::problem::{Problem, ProblemBody};
use platform::{App, Path};
use serde::{Deserialize, Serialize};
use trade::delivery;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/notify`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(wechat_delivery_notice))
}

/// What WeChat waits for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryNoticeTaken {
    pub return_code: i64,
    pub return_msg: String,
}

/// Receive a report of WeChat's same-city delivery.
///
/// Called by WeChat only; `sign` in the body is the credential. `return_code` 0 is what WeChat waits for.
#[utoipa::path(post, path = "/wechat-delivery/{mall_id}", tag = "notify", params(("mall_id" = Id, Path)), request_body = Vec<u8>,
    responses((status = 200, body = DeliveryNoticeTaken),
    (status = 401, body = ProblemBody, description = "`courier.notice_rejected`"),
    (status = 404, body = ProblemBody, description = "`mall.unknown`, `delivery.not_found`"),
    (status = 409, body = ProblemBody, description = "`courier.not_configured`, `courier.notice_contradicts`, `delivery.after_sale_open`: told again later")))]
async fn wechat_delivery_notice(State(app): State<App>, Path(mall_id): Path<Id>, body: Bytes) -> Response {
    match take(&app, mall_id, &body).await {
        Ok(()) => platform::Json(DeliveryNoticeTaken { return_code: 0, return_msg: "OK".into() }).into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

async fn take(app: &App, mall_id: Id, body: &[u8]) -> Result<()> {
    app.malls.get(mall_id)?;
    let report = app.outside.courier(mall_id)?.read_notice(body)?;
    let unknown = || Error::not_found("delivery.not_found", "没有这次配送");
    let id: Id = report.number.parse().map_err(|_| unknown())?;
    let (writer, ctx) = (app.clone(), app.system(mall_id));
    app.db
        .write(move |tx| {
            let known = delivery::find(tx, mall_id, id)?;
            let same_store = known.courier_store.as_deref() == Some(report.store.as_str());
            let same_number = known.courier_number.as_ref().is_none_or(|number| *number == report.courier_number);
            if !same_store || !same_number {
                return Err(Error::conflict("courier.notice_contradicts", "通知内容和配送单不一致"));
            }
            courier::take(&writer, tx, &ctx, id, &report, false)
        })
        .await
}
