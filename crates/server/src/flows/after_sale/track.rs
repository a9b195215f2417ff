//! Where the parcels of an after-sale are: the goods on their way back, and the replacement. The carrier is asked at most
//! every ten minutes; when it cannot be asked, the last answer stands.

use super::desk::within_store;
use axum::extract::State;
use kernel::{MallId, Result, minutes};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Member, Path, Staff};
use trade::after_sale::{self, AfterSale, Tracked, Way};
use trade::order;
use trade::shipping::TrackView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(track_after_sale_parcel))
}

pub(super) fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(track_any_after_sale_parcel))
}

/// Follow a parcel of one of my after-sales.
///
/// `way` is `return` for the goods going back and `reship` for the replacement.
#[utoipa::path(get, path = "/after-sales/{id}/parcels/{way}/track", tag = "after_sale", security(("member" = [])),
    params(("id" = kernel::Id, Path), ("way" = String, Path)), responses((status = 200, body = TrackView),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`, `shipping.no_such_parcel`")))]
async fn track_after_sale_parcel(
    State(app): State<App>,
    member: Member,
    Path((id, way)): Path<(kernel::Id, String)>,
) -> Answer<Json<TrackView>> {
    let (mall_id, member_id) = (member.mall.id, member.id);
    let after = app.db.read(move |tx| after_sale::find_of_member(tx, mall_id, member_id, id)).await?;
    Ok(Json(follow(&app, &member.ctx, after, Way::parse(&way)?).await?))
}

/// Follow a parcel of an after-sale.
///
/// Needs `after_sale.view`. `way` is `return` or `reship`.
#[utoipa::path(get, path = "/after-sales/{id}/parcels/{way}/track", tag = "after_sale_desk", security(("staff" = [])),
    params(("id" = kernel::Id, Path), ("way" = String, Path)), responses((status = 200, body = TrackView),
    (status = 403, body = ProblemBody, description = "`order.other_store`"),
    (status = 404, body = ProblemBody, description = "`after_sale.not_found`, `shipping.no_such_parcel`")))]
async fn track_any_after_sale_parcel(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleView>,
    Path((id, way)): Path<(kernel::Id, String)>,
) -> Answer<Json<TrackView>> {
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let after = app
        .db
        .read(move |tx| {
            let after = after_sale::find(tx, mall_id, id)?;
            within_store(&grants, &after)?;
            Ok(after)
        })
        .await?;
    Ok(Json(follow(&app, &staff.ctx, after, Way::parse(&way)?).await?))
}

async fn follow(app: &App, ctx: &Ctx, after: AfterSale, way: Way) -> Result<TrackView> {
    let (mall_id, known) = (ctx.mall_id, after.clone());
    let parcel = app.db.read(move |tx| after_sale::tracked(tx, mall_id, &known, way)).await?;
    if ctx.now - parcel.tracked_at < minutes(10) {
        return parcel.view();
    }
    let asked = ask_carrier(app, mall_id, &after, way, &parcel).await;
    let (ctx, number) = (ctx.clone(), parcel.number.clone());
    match asked {
        Ok(track) => {
            let kept = app.db.write(move |tx| {
                after_sale::save_way(tx, &ctx, &after, way, &number, track.as_ref())?;
                after_sale::tracked(tx, mall_id, &after, way)
            });
            kept.await?.view()
        }
        Err(error) => {
            tracing::warn!(after_sale = %after.id, %error, "the carrier could not be asked");
            parcel.view()
        }
    }
}

/// Some carriers want the receiver's phone: the shop's for what comes back, the member's for what goes out.
async fn ask_carrier(
    app: &App,
    mall_id: MallId,
    after: &AfterSale,
    way: Way,
    parcel: &Tracked,
) -> Result<Option<kernel::ports::Track>> {
    let phone = match way {
        Way::Return => after.return_address()?.map(|address| address.phone).unwrap_or_default(),
        Way::Reship => {
            let order_id = after.order_id;
            let order = app.db.read(move |tx| order::find(tx, mall_id, order_id)).await?;
            order.receiver(&app.sealer)?.map(|receiver| receiver.phone).unwrap_or_default()
        }
    };
    let carrier = parcel.carrier.map_or("", |carrier| carrier.kuaidi100);
    app.outside.express_of(mall_id).track(carrier, &parcel.number, &phone).await
}
