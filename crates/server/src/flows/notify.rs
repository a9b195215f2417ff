//! Callbacks of payment channels. The signature is verified and the content decrypted outside; then one transaction
//! stores the notice and acts on it; only after its commit it is acknowledged. A duplicate is a no-op, a forgery a 401.

use super::{refund, settle, transfer};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kernel::ports::{Notice, RawNotice};
use kernel::{Error, Id, Result};
use platform::problem::{Problem, ProblemBody};
use platform::{App, Path};
use trade::payment::{self, Refund};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/notify`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(wechat_pay_notice))
        .routes(routes!(alipay_notice))
        .routes(routes!(unionpay_notice))
}

/// Receive a notice of WeChat Pay.
///
/// Called by WeChat Pay only; the signature in the headers is the credential.
#[utoipa::path(post, path = "/wechat-pay/{mall_id}", tag = "notify", params(("mall_id" = Id, Path)), request_body = Vec<u8>,
    responses((status = 204, description = "taken"), (status = 401, body = ProblemBody, description = "`payment.notice_rejected`"),
    (status = 404, body = ProblemBody, description = "`mall.unknown`"),
    (status = 409, body = ProblemBody, description = "`payment.notice_contradicts`: stored, not acted upon")))]
async fn wechat_pay_notice(
    State(app): State<App>,
    Path(mall_id): Path<Id>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match take(&app, mall_id, "wechat", &headers, &body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

/// Receive a notice of Alipay.
///
/// Called by Alipay only; the signature among the form's parameters is the credential. `success` is what Alipay waits for.
#[utoipa::path(post, path = "/alipay/{mall_id}", tag = "notify", params(("mall_id" = Id, Path)), request_body = Vec<u8>,
    responses((status = 200, body = String, description = "`success`: taken"),
    (status = 401, body = ProblemBody, description = "`payment.notice_rejected`"),
    (status = 404, body = ProblemBody, description = "`mall.unknown`"),
    (status = 409, body = ProblemBody, description = "`payment.notice_contradicts`: stored, not acted upon")))]
async fn alipay_notice(State(app): State<App>, Path(mall_id): Path<Id>, headers: HeaderMap, body: Bytes) -> Response {
    match take(&app, mall_id, "alipay", &headers, &body).await {
        Ok(()) => "success".into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

/// Receive a back notice of UnionPay.
///
/// Called by UnionPay only; the certificate and the signature among the form's fields are the credential. UnionPay waits for 200.
#[utoipa::path(post, path = "/unionpay/{mall_id}", tag = "notify", params(("mall_id" = Id, Path)), request_body = Vec<u8>,
    responses((status = 200, body = String, description = "taken"),
    (status = 401, body = ProblemBody, description = "`payment.notice_rejected`"),
    (status = 404, body = ProblemBody, description = "`mall.unknown`"),
    (status = 409, body = ProblemBody, description = "`payment.notice_contradicts`: stored, not acted upon")))]
async fn unionpay_notice(State(app): State<App>, Path(mall_id): Path<Id>, headers: HeaderMap, body: Bytes) -> Response {
    match take(&app, mall_id, "unionpay", &headers, &body).await {
        Ok(()) => "ok".into_response(),
        Err(error) => Problem(error).into_response(),
    }
}

async fn take(app: &App, mall_id: Id, channel: &str, headers: &HeaderMap, body: &[u8]) -> Result<()> {
    app.malls.get(mall_id)?;
    let account = app.outside.payment_channel(mall_id, channel)?;
    let headers: Vec<(String, String)> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let ctx = app.system(mall_id);
    let raw = RawNotice { headers: &headers, body, received_at: ctx.now };
    let notice = account.read_notice(&raw).await?;
    let kept = String::from_utf8_lossy(body).into_owned();
    let contradiction = app
        .db
        .write(move |tx| match &notice {
            Notice::Payment { notice_id, payment: theirs } => {
                let outcome = settle::settle(tx, &ctx, &*account, theirs)?;
                payment::remember_notice(tx, &ctx, account.name(), notice_id, &outcome.as_text(), &kept)?;
                Ok(matches!(outcome, settle::Outcome::Contradicts(_) | settle::Outcome::Unknown))
            }
            Notice::Combined { notice_id, payment: theirs } => {
                let outcome = settle::settle_combined(tx, &ctx, &*account, theirs)?;
                payment::remember_notice(tx, &ctx, account.name(), notice_id, &outcome.as_text(), &kept)?;
                Ok(matches!(outcome, settle::Outcome::Contradicts(_) | settle::Outcome::Unknown))
            }
            Notice::Refund { notice_id, refund: theirs } => {
                let fresh = payment::remember_notice(tx, &ctx, account.name(), notice_id, "refund", &kept)?;
                match Refund::id_of(&theirs.refund_number) {
                    Some(id) if fresh => refund::record(tx, &ctx, id, theirs, false).map(|()| false),
                    Some(_) => Ok(false),
                    None => Ok(true),
                }
            }
            Notice::Transfer { notice_id, transfer: theirs } => {
                let known = transfer::settle(tx, &ctx, account.name(), theirs)?;
                payment::remember_notice(tx, &ctx, account.name(), notice_id, "transfer", &kept)?;
                Ok(!known)
            }
            Notice::Other { notice_id, event } => {
                payment::remember_notice(tx, &ctx, account.name(), notice_id, event, &kept)?;
                Ok(false)
            }
        })
        .await?;
    if contradiction {
        return Err(Error::conflict("payment.notice_contradicts", "通知内容和订单不一致"));
    }
    Ok(())
}
