//! Looking: what a code stands for, what was handed over, and what the clerk's page needs to go on without a network.

use super::{RedeemCode, RedemptionView, find_pickup, page_of, views, window_of};
use crate::flows::{booking, detail};
use axum::extract::State;
use kernel::{Cursor, Id, Page};
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, Move, Order, OrderLineView, Status};
use trade::pickup::Pickup;
use trade::redemption::{self, Kind, PassKey};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview_redeem))
        .routes(routes!(list_redemptions))
        .routes(routes!(show_redeem_key))
}

/// What would be handed over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RedeemPreview {
    pub order_id: Id,
    pub number: String,
    pub member_nickname: String,
    pub store_name: String,
    /// `to_ship_quantity` of a line is what can be handed over now, `shipped_quantity` what was.
    pub lines: Vec<OrderLineView>,
    pub status: Status,
    /// Pieces that are with the member; send it back as `seen`.
    pub handed_quantity: i64,
    /// Hand-overs before this one, oldest first.
    pub redemptions: Vec<RedemptionView>,
    /// The booking, when the code is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking: Option<booking::BookingBrief>,
    /// Why it cannot be handed over here and now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

fn problem_of(grants: &Grants, order: &Order, pickup: &Pickup, in_dispute: bool) -> Option<String> {
    if grants.store_id.is_some_and(|store| store != pickup.store_id) {
        return Some("这是另一家门店的自提订单".into());
    }
    if pickup.redeemed_at.is_some() {
        return Some("这个取货码已经核销过了".into());
    }
    if in_dispute {
        return Some(super::hand::OPEN.into());
    }
    Move::Redeem.apply(order.status, order.delivery).err().map(|error| error.message().to_owned())
}

/// Look at what a pickup code stands for.
///
/// Needs `order.redeem`. Changes nothing.
#[utoipa::path(post, path = "/redeem/preview", tag = "orders", security(("staff" = [])), request_body = RedeemCode,
    responses((status = 200, body = RedeemPreview), (status = 404, body = ProblemBody, description = "`pickup.code_unknown`"),
    (status = 409, body = ProblemBody, description = "`redemption.pass_forged`, `redemption.pass_expired`")))]
async fn preview_redeem(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Json(request): Json<RedeemCode>,
) -> Answer<Json<RedeemPreview>> {
    let (mall_id, reader, window) = (staff.mall.id, app.clone(), window_of(&staff.mall));
    let preview = app
        .db
        .read(move |tx| {
            let (pickup, _) = find_pickup(&reader, tx, mall_id, &request.code, staff.ctx.now, None)?;
            let order = order::find(tx, mall_id, pickup.order_id)?;
            let lines = order::lines(tx, mall_id, order.id)?;
            let (store, _) = goods::store::location_of_store(tx, mall_id, pickup.store_id)?;
            let buyer = detail::buyer(&reader, tx, mall_id, order.member_id)?;
            let before = redemption::of_subject(tx, mall_id, Kind::of(order.is_service), order.id)?;
            let booking = match order.is_service {
                true => booking::brief(&reader, tx, mall_id, order.id)?,
                false => None,
            };
            let too_early = booking.as_ref().and_then(|booking| booking::problem(booking, staff.ctx.now));
            Ok(RedeemPreview {
                order_id: order.id,
                number: order.id.to_string(),
                member_nickname: buyer.nickname,
                store_name: store.name,
                lines: order::line_views(&reader, &lines),
                status: order.status,
                handed_quantity: pickup.handed,
                redemptions: views(tx, mall_id, before, window)?,
                problem: problem_of(&staff.grants, &order, &pickup, lines.iter().any(|line| line.claimed_quantity > 0))
                    .or(too_early),
                booking,
            })
        })
        .await?;
    Ok(Json(preview))
}

/// Which hand-overs to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct RedemptionQuery {
    /// Of one store; a clerk bound to a store sees its own in any case.
    store_id: Option<Id>,
    cursor: Option<String>,
}

/// List hand-overs, newest first.
///
/// Needs `order.redeem`.
#[utoipa::path(get, path = "/redemptions", tag = "orders", security(("staff" = [])), params(RedemptionQuery),
    responses((status = 200, body = Page<RedemptionView>)))]
async fn list_redemptions(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Query(query): Query<RedemptionQuery>,
) -> Answer<Json<Page<RedemptionView>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let store_id = staff.grants.store_id.or(query.store_id);
    let (mall_id, window) = (staff.mall.id, window_of(&staff.mall));
    let page = app.db.read(move |tx| {
        let page = redemption::list(tx, mall_id, store_id, cursor, 20)?;
        page_of(tx, mall_id, page, window)
    });
    Ok(Json(page.await?))
}

/// Show the key that signed codes are checked with.
///
/// Needs `order.redeem`. With it a clerk's page checks a code without a network; it cannot make one.
#[utoipa::path(get, path = "/redeem/key", tag = "orders", security(("staff" = [])), responses((status = 200, body = PassKey)))]
async fn show_redeem_key(State(app): State<App>, staff: Staff<perm::OrderRedeem>) -> Answer<Json<PassKey>> {
    let signer = redemption::signer(&app.sealer, staff.mall.id)?;
    Ok(Json(PassKey::of(&signer, staff.ctx.now)))
}
