//! The after-sale desk as staff read it: list, counts, and everything about one.

use crate::flows::detail::{self, short_text};
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::permission::{Grants, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::after_sale::{
    self, Action, AdminAfterSaleRow, AfterSale, AfterSaleCounts, AfterSaleView, DeskFilter, Kind, Tab,
};
use trade::order::{self, OrderMember};
use trade::payment::{self, RefundView};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_all_after_sales))
        .routes(routes!(count_after_sales))
        .routes(routes!(get_any_after_sale))
}

/// An after-sale as staff see it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAfterSaleView {
    #[serde(flatten)]
    pub after_sale: AfterSaleView,
    pub member: OrderMember,
    pub order_status: order::Status,
    pub order_paid_fen: i64,
    pub order_refunded_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_note: Option<String>,
    /// The money on its way back, one for each payment that gives a part of it.
    pub refunds: Vec<RefundView>,
    /// What staff may do now, instead of the member's.
    pub staff_actions: Vec<Action>,
}

pub(super) fn compose(app: &App, tx: &mut Tx<'_>, mall_id: MallId, after: &AfterSale) -> Result<AdminAfterSaleView> {
    let order = order::find(tx, mall_id, after.order_id)?;
    let ids: Vec<Id> = after_sale::refunds(tx, mall_id, after.id)?.into_iter().map(|(id, _)| id).collect();
    let settled = payment::settlements(tx, mall_id, &ids)?;
    let mut refunds = payment::refunds_of_order(tx, mall_id, order.id)?;
    refunds.retain(|refund| ids.contains(&refund.id));
    Ok(AdminAfterSaleView {
        after_sale: after_sale::view(app, tx, mall_id, after)?,
        member: detail::buyer(app, tx, mall_id, after.member_id)?,
        order_status: order.status,
        order_paid_fen: order.paid.0,
        order_refunded_fen: order.refunded.0,
        staff_note: after.staff_note.clone(),
        refunds: refunds.into_iter().map(|refund| RefundView::new(refund, &settled)).collect(),
        staff_actions: after_sale::staff_actions(after.standing()),
    })
}

/// Which after-sales to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct AfterSaleDeskQuery {
    #[param(inline)]
    pub tab: Tab,
    #[param(inline)]
    pub kind: Option<Kind>,
    /// Number of the after-sale or of its order, or the tracking number of the parcel that comes back.
    #[param(max_length = 60)]
    pub q: Option<String>,
    pub member_id: Option<Id>,
    pub order_id: Option<Id>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    pub cursor: Option<String>,
}

const PAGE: i64 = 30;

/// List after-sales, newest first.
///
/// Needs `after_sale.view`. A clerk bound to a store sees that store's.
#[utoipa::path(get, path = "/after-sales", tag = "after_sale_desk", security(("staff" = [])), params(AfterSaleDeskQuery),
    responses((status = 200, body = Page<AdminAfterSaleRow>)))]
async fn list_all_after_sales(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleView>,
    Query(query): Query<AfterSaleDeskQuery>,
) -> Answer<Json<Page<AdminAfterSaleRow>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let filter = DeskFilter {
        tab: query.tab,
        kind: query.kind,
        q: short_text("q", query.q, 60)?,
        member_id: query.member_id,
        order_id: query.order_id,
        from: query.from,
        to: query.to,
        bound_store: staff.grants.store_id,
    };
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| after_sale::admin_rows(&reader, tx, mall_id, &filter, cursor, PAGE)).await?;
    Ok(Json(page))
}

/// Count what waits at the after-sale desk.
///
/// Needs `after_sale.view`.
#[utoipa::path(get, path = "/after-sale-counts", tag = "after_sale_desk", security(("staff" = [])),
    responses((status = 200, body = AfterSaleCounts)))]
async fn count_after_sales(State(app): State<App>, staff: Staff<perm::AfterSaleView>) -> Answer<Json<AfterSaleCounts>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    Ok(Json(app.db.read(move |tx| after_sale::counts(tx, mall_id, store_id)).await?))
}

/// Show an after-sale.
///
/// Needs `after_sale.view`.
#[utoipa::path(get, path = "/after-sales/{id}", tag = "after_sale_desk", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = AdminAfterSaleView), (status = 404, body = ProblemBody, description = "`after_sale.not_found`")))]
async fn get_any_after_sale(
    State(app): State<App>,
    staff: Staff<perm::AfterSaleView>,
    Path(id): Path<Id>,
) -> Answer<Json<AdminAfterSaleView>> {
    let (reader, mall_id, grants) = (app.clone(), staff.mall.id, staff.grants.clone());
    let view = app
        .db
        .read(move |tx| {
            let after = after_sale::find(tx, mall_id, id)?;
            within_store(&grants, &after)?;
            compose(&reader, tx, mall_id, &after)
        })
        .await?;
    Ok(Json(view))
}

/// A clerk bound to a store touches only its after-sales. `order.other_store` (403).
pub(super) fn within_store(grants: &Grants, after: &AfterSale) -> Result<()> {
    match grants.store_id {
        Some(store_id) if after.store_id != Some(store_id) => {
            Err(Error::forbidden("order.other_store", "这不是你所在门店的订单"))
        }
        _ => Ok(()),
    }
}
