//! The decisions of the after-sale desk. What was taken to the operator needs the right to decide disputes on top of the
//! right to handle after-sales.

use super::decide::{Inspected, approve, end, escalate, receive, refund_instead, reship};
use super::desk::{AdminAfterSaleView, compose, within_store};
use super::{desk, settings, track};
use crate::flows::detail::{required_text, short_text};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Fen, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::after_sale::{self, AfterSale, Kind, ReturnAddress, Status, Step};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(approve_after_sale))
        .routes(routes!(decline_after_sale))
        .routes(routes!(receive_after_sale))
        .routes(routes!(reship_after_sale))
        .routes(routes!(refund_after_sale_instead))
        .routes(routes!(hand_after_sale_to_operator))
        .routes(routes!(note_after_sale))
        .merge(desk::routes())
        .merge(track::admin_routes())
        .merge(settings::routes())
}

/// One decision, audited. `say` makes the audit's line from what came of it.
async fn decide(
    app: &App,
    staff: &Staff<perm::AfterSaleEdit>,
    id: Id,
    action: &'static str,
    mut verb: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<AfterSale> + Send + 'static,
    say: impl Fn(&AfterSale) -> String + Send + 'static,
) -> Answer<Json<AdminAfterSaleView>> {
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let view = staff
        .write(app, action, move |tx, ctx| {
            let before = after_sale::find(tx, mall_id, id)?;
            within_store(&grants, &before)?;
            if before.status == Status::Escalated && !grants.allow::<perm::AfterSaleArbitrate>() {
                return Err(Error::forbidden("after_sale.needs_operator", "这个售后由平台处理，你没有裁决的权限"));
            }
            let after = verb(tx, ctx)?;
            let view = compose(&reader, tx, mall_id, &after)?;
            Ok((view, Note::new("after_sale", id, say(&after))))
        })
        .await?;
    Ok(Json(view))
}

/// Where to send the goods; absent for the address of the rules.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveAfterSale {
    pub return_address: Option<ReturnAddress>,
}

/// Approve an after-sale.
///
/// Needs `after_sale.edit`. A refund only is given back at once; for the others the goods come back first.
#[utoipa::path(post, path = "/after-sales/{id}/approve", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = ApproveAfterSale, responses((status = 200, body = AdminAfterSaleView),
    (status = 403, body = ProblemBody, description = "`after_sale.needs_operator`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`, `after_sale.no_address`, `inventory.sold_out`, `refund.not_paid`")))]
async fn approve_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<ApproveAfterSale>,
) -> Answer<Json<AdminAfterSaleView>> {
    let address = request.return_address.map(|address| address.checked("return_address")).transpose()?;
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| approve(tx, ctx, id, Step::Approve, address.clone());
    let say = |after: &AfterSale| match after.kind {
        Kind::RefundOnly => format!("同意退款 ¥{}", Fen(after.goods.0 + after.freight.0)),
        kind => format!("同意{}", kind.label()),
    };
    decide(&app, &staff, id, "after_sale.approve", verb, say).await
}

/// What the member reads.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineAfterSale {
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Decline an after-sale.
///
/// Needs `after_sale.edit`. The member reads the reason and may turn to the operator.
#[utoipa::path(post, path = "/after-sales/{id}/decline", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = DeclineAfterSale, responses((status = 200, body = AdminAfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`after_sale.needs_operator`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`")))]
async fn decline_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<DeclineAfterSale>,
) -> Answer<Json<AdminAfterSaleView>> {
    let reason = required_text("reason", request.reason, 200)?;
    let said = reason.clone();
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| end(tx, ctx, id, Step::Decline, Some(&reason));
    decide(&app, &staff, id, "after_sale.decline", verb, move |_| format!("拒绝售后：{said}")).await
}

/// What was found of a line; pieces in neither number go back to the member.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedLine {
    pub line_id: Id,
    /// Accepted, and back on the shelf.
    #[schema(minimum = 0)]
    pub sellable_quantity: i64,
    /// Accepted, but not to be sold again.
    #[schema(minimum = 0)]
    pub damaged_quantity: i64,
}

/// Goods that came back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveAfterSale {
    /// Every line of the after-sale once.
    pub lines: Vec<InspectedLine>,
    /// The member reads it; needed when pieces are not accepted.
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Receive and inspect the goods of an after-sale.
///
/// Needs `after_sale.edit`. What is accepted is refunded, or waits for its replacement; with nothing accepted it is rejected.
#[utoipa::path(post, path = "/after-sales/{id}/receive", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = ReceiveAfterSale, responses((status = 200, body = AdminAfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `lines`, `note`"),
    (status = 403, body = ProblemBody, description = "`after_sale.needs_operator`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`, `inventory.sold_out`, `refund.not_paid`")))]
async fn receive_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<ReceiveAfterSale>,
) -> Answer<Json<AdminAfterSaleView>> {
    let note = short_text("note", request.note, 200)?;
    let inspected: Vec<Inspected> = request
        .lines
        .iter()
        .map(|line| Inspected {
            line_id: line.line_id,
            sellable: line.sellable_quantity,
            damaged: line.damaged_quantity,
        })
        .collect();
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| receive(tx, ctx, id, &inspected, note.as_deref());
    let say = |after: &AfterSale| match after.status {
        Status::Rejected => "验货没有通过".to_owned(),
        Status::Received => "验货通过，待发换货".to_owned(),
        _ => format!("验货通过，退款 ¥{}", Fen(after.goods.0 + after.freight.0)),
    };
    decide(&app, &staff, id, "after_sale.receive", verb, say).await
}

/// The parcel with the replacement.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReshipAfterSale {
    pub carrier_code: String,
    #[schema(min_length = 6, max_length = 40)]
    pub tracking_number: String,
}

/// Send the replacement of an exchange.
///
/// Needs `after_sale.edit`. Its stock is taken.
#[utoipa::path(post, path = "/after-sales/{id}/reship", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = ReshipAfterSale, responses((status = 200, body = AdminAfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `carrier_code`, `tracking_number`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`")))]
async fn reship_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<ReshipAfterSale>,
) -> Answer<Json<AdminAfterSaleView>> {
    let said = format!("换货发出 {}", request.tracking_number.trim());
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| reship(tx, ctx, id, &request.carrier_code, &request.tracking_number);
    decide(&app, &staff, id, "after_sale.reship", verb, move |_| said.clone()).await
}

/// A word for the member.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundInstead {
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Give the money back where there is nothing to exchange with.
///
/// Needs `after_sale.edit`. The goods of the exchange came back before; what it kept in stock is free again.
#[utoipa::path(post, path = "/after-sales/{id}/refund-instead", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = RefundInstead, responses((status = 200, body = AdminAfterSaleView),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`, `refund.not_paid`")))]
async fn refund_after_sale_instead(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<RefundInstead>,
) -> Answer<Json<AdminAfterSaleView>> {
    let note = short_text("note", request.note, 200)?;
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| refund_instead(tx, ctx, id, note.as_deref());
    decide(&app, &staff, id, "after_sale.refund_instead", verb, |after| format!("换货改为退款 ¥{}", after.goods)).await
}

/// Why the operator is to decide.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateAfterSale {
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Hand an after-sale to the operator of the mall.
///
/// Needs `after_sale.edit`. Who may decide disputes decides it then.
#[utoipa::path(post, path = "/after-sales/{id}/escalate", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = EscalateAfterSale, responses((status = 200, body = AdminAfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`")))]
async fn hand_after_sale_to_operator(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<EscalateAfterSale>,
) -> Answer<Json<AdminAfterSaleView>> {
    let reason = required_text("reason", request.reason, 200)?;
    let said = reason.clone();
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| {
        let after = after_sale::find(tx, ctx.mall_id, id)?;
        if after.status == Status::Rejected {
            return Err(after_sale::not_allowed(after.status));
        }
        escalate(tx, ctx, id, &reason)
    };
    decide(&app, &staff, id, "after_sale.escalate", verb, move |_| format!("交平台处理：{said}")).await
}

/// A note that only staff see.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterSaleNote {
    #[schema(max_length = 200)]
    pub text: String,
}

/// Note something about an after-sale.
///
/// Needs `after_sale.edit`. The member does not see it.
#[utoipa::path(post, path = "/after-sales/{id}/note", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = Id, Path)), request_body = AfterSaleNote, responses((status = 200, body = AdminAfterSaleView),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`")))]
async fn note_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleEdit>,
    Path(id): Path<Id>,
    Json(request): Json<AfterSaleNote>,
) -> Answer<Json<AdminAfterSaleView>> {
    let text = short_text("text", Some(request.text), 200)?;
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| {
        after_sale::write_note(tx, ctx, id, text.as_deref())?;
        after_sale::find(tx, ctx.mall_id, id)
    };
    decide(&app, &staff, id, "after_sale.note", verb, |_| "备注售后".to_owned()).await
}
