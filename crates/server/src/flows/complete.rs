//! The end of a sale: the member confirms, or the clock does after the mall's number of days.

use super::{delivery, detail};
use axum::extract::State;
use kernel::{Id, Result, days};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Path};
use trade::order::{self, Move, Status};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(confirm_order))
}

/// Confirm that the goods arrived.
#[utoipa::path(post, path = "/orders/{id}/confirm", tag = "order", security(("member" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = detail::OrderDetail), (status = 404, body = ProblemBody, description = "`order.not_found`"),
    (status = 409, body = ProblemBody, description = "`order.not_allowed`")))]
async fn confirm_order(
    State(app): State<App>,
    member: Member,
    Path(id): Path<Id>,
) -> Answer<Json<detail::OrderDetail>> {
    let (mall_id, member_id, ctx) = (member.mall.id, member.id, member.ctx.clone());
    app.db
        .write(move |tx| {
            let order = order::find_of_member(tx, mall_id, member_id, id)?;
            order::advance(tx, &ctx, &order, Move::Confirm, None)?;
            delivery::received(tx, &ctx, &order)
        })
        .await?;
    detail::member_detail(&app, mall_id, member_id, id).await.map(Json).map_err(Into::into)
}

/// The sweep over shipped orders nobody confirmed.
pub async fn confirm_overdue(app: App) -> Result<()> {
    for mall in app.malls.all() {
        let ctx = app.system(mall.id);
        let (mall_id, before) = (mall.id, ctx.now - days(mall.settings.auto_confirm_days));
        let due = app.db.read(move |tx| order::shipped_before(tx, mall_id, before, 500)).await?;
        if due.is_empty() {
            continue;
        }
        app.db
            .write(move |tx| {
                for id in &due {
                    let order = order::find(tx, mall_id, *id)?;
                    if order.status == Status::Shipped {
                        order::advance(tx, &ctx, &order, Move::AutoConfirm, None)?;
                        delivery::received(tx, &ctx, &order)?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}
