//! Taking back what was handed over by mistake: inside the mall's window, with a reason, and only what is still untouched.

use super::{RedemptionView, views, window_of};
use crate::flows::{booking, detail};
use axum::extract::State;
use db::Tx;
use kernel::{Error, Id, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use trade::order::{self, Move, Order, Status};
use trade::pickup;
use trade::redemption::{self, Redemption};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(undo_redemption))
}

/// Why it is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoRedemption {
    #[schema(min_length = 1, max_length = 80)]
    pub reason: String,
}

/// Take back a hand-over.
///
/// Needs `order.redeem`. A completed order waits to be fetched again; points it gave stay with it and are not given twice.
#[utoipa::path(post, path = "/redemptions/{id}/undo", tag = "orders", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = UndoRedemption, responses((status = 200, body = RedemptionView),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason`"),
    (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`redemption.not_found`"),
    (status = 409, body = ProblemBody, description = "`redemption.already_undone`, `redemption.undo_too_late`, `redemption.in_use`, `order.not_allowed`, `booking.not_allowed`")))]
async fn undo_redemption(
    State(app): State<App>,
    staff: Staff<perm::OrderRedeem>,
    Path(id): Path<Id>,
    Json(request): Json<UndoRedemption>,
) -> Answer<Json<RedemptionView>> {
    let reason = detail::required_text("reason", request.reason, 80)?;
    let (mall_id, grants, window) = (staff.mall.id, staff.grants.clone(), window_of(&staff.mall));
    let view = staff
        .write(&app, "redemption.undo", move |tx, ctx| {
            let redemption = redemption::find(tx, mall_id, id)?;
            let order = order::lock(tx, mall_id, redemption.subject_id)?;
            detail::within_store(&grants, &order)?;
            redemption::undo(tx, ctx, &redemption, &reason, window)?;
            take_back(tx, ctx, &order, &redemption, &reason)?;
            let undone = redemption::find(tx, mall_id, id)?;
            let view = views(tx, mall_id, vec![undone], window)?.pop();
            let view = view.ok_or_else(|| Error::internal("a redemption without its view"))?;
            let note = format!("撤销核销 {} 件：{reason}", redemption.quantity);
            Ok((view, Note::new("order", order.id, note)))
        })
        .await?;
    Ok(Json(view))
}

fn take_back(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, redemption: &Redemption, reason: &str) -> Result<()> {
    if !matches!(order.status, Status::ToPickUp | Status::Completed) {
        return Err(order::not_allowed(order.status));
    }
    if order.is_service {
        booking::not_arrived(tx, ctx, order.id)?;
    }
    pickup::take_back(tx, ctx, order.id, &redemption.pieces)?;
    if order.status == Status::Completed {
        order::advance(tx, ctx, order, Move::TakeBack, Some(reason))?;
    } else {
        let text = format!("撤销交付 {} 件：{reason}", redemption.quantity);
        order::add_event(tx, ctx, order.id, "taken_back", &text)?;
    }
    Ok(())
}
