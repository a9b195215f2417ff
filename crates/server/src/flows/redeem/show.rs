//! The member's side: the code they show, signed anew every minute.

use axum::extract::State;
use kernel::{Error, Id, Instant, minutes};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path};
use serde::{Deserialize, Serialize};
use trade::order::{self, Status};
use trade::pickup;
use trade::redemption::{self, Kind, LIFE_MS, Pass};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_pickup_pass))
}

/// What a member shows at the counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PickupPass {
    /// Text for the QR picture.
    pub pass: String,
    /// Twelve digits to be typed instead.
    pub code: String,
    pub expires_at: Instant,
    /// When to ask for the next one; it comes before this one ends.
    pub renew_in_ms: i64,
    pub quantity: i64,
    /// Pieces that were handed over already.
    pub handed_quantity: i64,
}

/// Show the code for fetching an order.
///
/// Signed for two minutes; ask again after `renew_in_ms`.
#[utoipa::path(get, path = "/orders/{id}/pickup-pass", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = PickupPass), (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`: nothing waits to be fetched")))]
async fn show_pickup_pass(State(app): State<App>, member: Member, Path(id): Path<Id>) -> Answer<Json<PickupPass>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let (order, pickup) = app
        .db
        .read(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            if order.status != Status::ToPickUp {
                return Err(order::not_allowed(order.status));
            }
            let pickup = pickup::of_order(tx, mall_id, id)?;
            Ok((order, pickup.ok_or_else(|| Error::internal("an order to pick up has no pickup"))?))
        })
        .await?;
    let expires_at = member.ctx.now + LIFE_MS;
    let pass = Pass { kind: Kind::Pickup, subject_id: id, store_id: pickup.store_id, expires_at };
    let signer = redemption::signer(&app.sealer, mall_id)?;
    Ok(Json(PickupPass {
        pass: pass.signed(&signer)?,
        code: pickup.code,
        expires_at,
        renew_in_ms: minutes(1),
        quantity: order.quantity,
        handed_quantity: pickup.handed,
    }))
}
