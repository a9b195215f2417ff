//! What members do with an after-sale: follow it, cancel it, send the goods back, turn to the operator.

use super::decide::{end, escalate, send_back};
use crate::flows::detail::required_text;
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Id, Page, Result};
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Query};
use serde::{Deserialize, Serialize};
use trade::after_sale::{self, AfterSale, AfterSaleCard, AfterSaleView, Step};
use trade::shipping::{CARRIERS, Carrier};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_after_sales))
        .routes(routes!(get_after_sale))
        .routes(routes!(cancel_after_sale))
        .routes(routes!(send_after_sale_back))
        .routes(routes!(take_after_sale_to_operator))
        .routes(routes!(list_carriers_for_members))
}

/// Which of the member's after-sales to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AfterSaleQuery {
    pub order_id: Option<Id>,
    pub cursor: Option<String>,
}

const PAGE: i64 = 20;

/// List my after-sales, newest first.
#[utoipa::path(get, path = "/after-sales", tag = "after_sale", security(("member" = [])), params(AfterSaleQuery),
    responses((status = 200, body = Page<AfterSaleCard>)))]
async fn list_after_sales(
    State(app): State<App>,
    member: Member,
    Query(query): Query<AfterSaleQuery>,
) -> Answer<Json<Page<AfterSaleCard>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let page =
        app.db.read(move |tx| after_sale::cards(&reader, tx, mall_id, member_id, query.order_id, cursor, PAGE)).await?;
    Ok(Json(page))
}

/// Show one of my after-sales.
#[utoipa::path(get, path = "/after-sales/{id}", tag = "after_sale", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AfterSaleView), (status = 404, body = ProblemBody, description = "`after_sale.not_found`")))]
async fn get_after_sale(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<AfterSaleView>> {
    let (reader, mall_id, member_id) = (app.clone(), member.mall.id, member.id);
    let view = app
        .db
        .read(move |tx| {
            let after = after_sale::find_of_member(tx, mall_id, member_id, id)?;
            after_sale::view(&reader, tx, mall_id, &after)
        })
        .await?;
    Ok(Json(view))
}

/// One verb on the member's own after-sale, and what it looks like then.
async fn act(
    app: &App,
    member: &Member,
    id: Id,
    mut verb: impl FnMut(&mut Tx<'_>, &Ctx) -> Result<AfterSale> + Send + 'static,
) -> Answer<Json<AfterSaleView>> {
    let (reader, mall_id, member_id, ctx) = (app.clone(), member.mall.id, member.id, member.ctx.clone());
    let view = app
        .db
        .write(move |tx| {
            after_sale::find_of_member(tx, mall_id, member_id, id)?;
            let after = verb(tx, &ctx)?;
            after_sale::view(&reader, tx, mall_id, &after)
        })
        .await?;
    Ok(Json(view))
}

/// Cancel an after-sale whose goods were not sent back yet.
#[utoipa::path(post, path = "/after-sales/{id}/cancel", tag = "after_sale", security(("member" = [])),
    params(("id" = Id, Path)), responses((status = 200, body = AfterSaleView),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`")))]
async fn cancel_after_sale(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<AfterSaleView>> {
    act(&app, &member, id, move |tx, ctx| end(tx, ctx, id, Step::Cancel, None)).await
}

/// The parcel with the goods.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnParcel {
    /// A code of `GET /carriers`.
    pub carrier_code: String,
    #[schema(min_length = 6, max_length = 40)]
    pub tracking_number: String,
}

/// Tell with which parcel the goods come back.
#[utoipa::path(post, path = "/after-sales/{id}/send-back", tag = "after_sale", security(("member" = [])),
    params(("id" = Id, Path)), request_body = ReturnParcel, responses((status = 200, body = AfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `carrier_code`, `tracking_number`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`")))]
async fn send_after_sale_back(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(parcel): Json<ReturnParcel>,
) -> Answer<Json<AfterSaleView>> {
    let verb = move |tx: &mut Tx<'_>, ctx: &Ctx| send_back(tx, ctx, id, &parcel.carrier_code, &parcel.tracking_number);
    act(&app, &member, id, verb).await
}

/// Why the operator is to look at it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterSaleDispute {
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Take a refusal to the operator of the mall.
#[utoipa::path(post, path = "/after-sales/{id}/escalate", tag = "after_sale", security(("member" = [])),
    params(("id" = Id, Path)), request_body = AfterSaleDispute, responses((status = 200, body = AfterSaleView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`"),
    (status = 409, body = ProblemBody, description = "`after_sale.not_allowed`, `after_sale.too_late`, `after_sale.final`, `after_sale.too_many`: the pieces are in another after-sale now")))]
async fn take_after_sale_to_operator(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
    Json(dispute): Json<AfterSaleDispute>,
) -> Answer<Json<AfterSaleView>> {
    let reason = required_text("reason", dispute.reason, 200)?;
    act(&app, &member, id, move |tx, ctx| {
        let after = after_sale::find(tx, ctx.mall_id, id)?;
        if after.status != after_sale::Status::Rejected {
            return Err(after_sale::not_allowed(after.status));
        }
        escalate(tx, ctx, id, &reason)
    })
    .await
}

/// List the carriers a return can be sent with.
#[utoipa::path(get, path = "/carriers", tag = "after_sale", security(("member" = [])),
    responses((status = 200, body = Vec<Carrier>)))]
async fn list_carriers_for_members(_member: Member) -> Json<Vec<Carrier>> {
    Json(CARRIERS.iter().map(|c| Carrier { code: c.code.into(), name: c.name.into() }).collect())
}
