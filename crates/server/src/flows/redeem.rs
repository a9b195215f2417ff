//! Redeem a pickup code at the counter: look first, then hand over. A clerk only serves the store they stand in.

use super::detail;
use axum::extract::State;
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, Move, Order, OrderLineView, Status};
use trade::pickup::{self, Pickup};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(preview_redeem)).routes(routes!(redeem_code))
}

/// A code as typed or scanned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemCode {
    #[schema(min_length = 12, max_length = 20)]
    pub code: String,
}

/// What would be handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RedeemPreview {
    pub order_id: Id,
    pub number: String,
    pub member_nickname: String,
    pub store_name: String,
    pub lines: Vec<OrderLineView>,
    pub status: Status,
    /// Why it cannot be handed over here and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

const OPEN: &str = "有商品正在申请退款，请先处理售后申请";

fn problem_of(grants: &Grants, order: &Order, pickup: &Pickup, in_dispute: bool) -> Option<String> {
    if grants.store_id.is_some_and(|store| store != pickup.store_id) {
        return Some("这是另一家门店的自提订单".into());
    }
    if pickup.redeemed_at.is_some() {
        return Some("这个取货码已经核销过了".into());
    }
    if in_dispute {
        return Some(OPEN.into());
    }
    Move::Redeem.apply(order.status, order.delivery).err().map(|error| error.message().to_owned())
}

/// Look at what a pickup code stands for.
///
/// Needs `order.redeem`. Changes nothing.
#[utoipa::path(post, path = "/redeem/preview", tag = "orders", security(("staff" = [])), request_body = RedeemCode,
    responses((status = 200, body = RedeemPreview), (status = 404, body = ProblemBody, description = "`pickup.code_unknown`")))]
async fn preview_redeem(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Json(request): Json<RedeemCode>,
) -> Answer<Json<RedeemPreview>> {
    let (mall_id, reader) = (staff.mall.id, app.clone());
    let preview = app
        .db
        .read(move |tx| {
            let pickup = pickup::by_code(tx, mall_id, &request.code)?;
            let order = order::find(tx, mall_id, pickup.order_id)?;
            let lines = order::lines(tx, mall_id, order.id)?;
            let (store, _) = goods::store::location_of_store(tx, mall_id, pickup.store_id)?;
            let buyer = detail::buyer(&reader, tx, mall_id, order.member_id)?;
            Ok(RedeemPreview {
                order_id: order.id,
                number: order.id.to_string(),
                member_nickname: buyer.nickname,
                store_name: store.name,
                lines: order::line_views(&reader, &lines),
                status: order.status,
                problem: problem_of(&staff.grants, &order, &pickup, lines.iter().any(|line| line.claimed_quantity > 0)),
            })
        })
        .await?;
    Ok(Json(preview))
}

/// Hand over the goods of a pickup code.
///
/// Needs `order.redeem`. A code is used once, even when two clerks press at the same instant.
#[utoipa::path(post, path = "/redeem", tag = "orders", security(("staff" = [])), request_body = RedeemCode,
    responses((status = 200, body = detail::AdminOrderDetail),
    (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`pickup.code_unknown`"),
    (status = 409, body = ProblemBody, description = "`pickup.already_redeemed`, `order.not_allowed`, `order.after_sale_open`")))]
async fn redeem_code(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Json(request): Json<RedeemCode>,
) -> Answer<Json<detail::AdminOrderDetail>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let order_id: Id = staff
        .write(&app, "order.redeem", move |tx, ctx| {
            let pickup = pickup::by_code(tx, mall_id, &request.code)?;
            let order = order::lock(tx, mall_id, pickup.order_id)?;
            detail::within_store(&grants, &order)?;
            hand_over(tx, ctx, &order)?;
            Ok((order.id, Note::new("order", order.id, "核销自提")))
        })
        .await?;
    detail::admin_detail(&app, mall_id, order_id).await.map(Json).map_err(Into::into)
}

fn hand_over(tx: &mut db::Tx<'_>, ctx: &platform::Ctx, order: &Order) -> Result<()> {
    if trade::after_sale::is_open(tx, ctx.mall_id, order.id)? {
        return Err(Error::conflict("order.after_sale_open", OPEN));
    }
    pickup::redeem(tx, ctx, order.id)?;
    order::advance(tx, ctx, order, Move::Redeem, None)?;
    Ok(())
}
