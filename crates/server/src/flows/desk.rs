//! The order desk of the back office: the list with its filters and counts, and the sheets that are printed to pick and to
//! pack. A clerk bound to a store sees that store's orders.

use super::detail::{self, ReceiverView};
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use trade::order::{self, AdminOrderRow, DeliveryKind, DeskFilter, OrderCounts, StateFilter, Status};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_all_orders))
        .routes(routes!(count_orders))
        .routes(routes!(list_order_sheets))
}

/// Which orders to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct OrderSearch {
    #[param(inline)]
    pub state: StateFilter,
    /// An order number, a phone or its last four digits, a name, words of a product, a SKU code, a tracking number or a
    /// pickup code.
    pub q: Option<String>,
    /// Placed at or after.
    pub from: Option<Instant>,
    /// Placed before.
    pub to: Option<Instant>,
    /// Paid at or after.
    pub paid_from: Option<Instant>,
    /// Paid before.
    pub paid_to: Option<Instant>,
    #[param(inline)]
    pub delivery: Option<DeliveryKind>,
    pub store_id: Option<Id>,
    /// Whose goods.
    pub shop_id: Option<Id>,
    pub member_id: Option<Id>,
    pub min_fen: Option<i64>,
    pub max_fen: Option<i64>,
    /// Only orders with a remark of the member or of staff.
    pub remarked: bool,
    pub cursor: Option<String>,
}

impl OrderSearch {
    /// As the domain looks for it; `bound_store` is the clerk's.
    pub fn filter(&self, bound_store: Option<Id>) -> DeskFilter {
        DeskFilter {
            state: self.state,
            q: self.q.clone().filter(|q| q.chars().count() <= 60),
            from: self.from,
            to: self.to,
            paid_from: self.paid_from,
            paid_to: self.paid_to,
            delivery: self.delivery,
            store_id: self.store_id,
            shop_id: self.shop_id,
            member_id: self.member_id,
            min_fen: self.min_fen,
            max_fen: self.max_fen,
            remarked: self.remarked,
            bound_store,
        }
    }
}

const PAGE: i64 = 20;

/// List orders, newest first.
///
/// Needs `order.view`. A clerk bound to a store sees that store's orders.
#[utoipa::path(get, path = "/orders", tag = "orders", security(("staff" = [])), params(OrderSearch),
    responses((status = 200, body = Page<AdminOrderRow>)))]
async fn list_all_orders(
    State(app): State<App>,
    staff: Staff<perm::OrderView>,
    Query(query): Query<OrderSearch>,
) -> Answer<Json<Page<AdminOrderRow>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let filter = query.filter(staff.grants.store_id);
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let page = app.db.read(move |tx| order::admin_rows(&reader, tx, mall_id, &filter, cursor, PAGE)).await?;
    Ok(Json(page))
}

/// Count the orders that wait for somebody.
///
/// Needs `order.view`. Each count stops at 1000.
#[utoipa::path(get, path = "/order-counts", tag = "orders", security(("staff" = [])), responses((status = 200, body = OrderCounts)))]
async fn count_orders(State(app): State<App>, staff: Staff<perm::OrderView>) -> Answer<Json<OrderCounts>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let counts = app.db.read(move |tx| order::counts(tx, mall_id, store_id)).await?;
    Ok(Json(counts))
}

/// A line to pick.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SheetLine {
    pub sku_id: Id,
    pub sku_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    pub name: String,
    pub option_text: String,
    pub quantity: i64,
    /// Pieces still to be sent.
    pub unshipped: i64,
}

/// What is printed of an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderSheet {
    pub id: Id,
    pub number: String,
    pub status: Status,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
    pub delivery_kind: DeliveryKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<ReceiverView>,
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_remark: Option<String>,
    pub lines: Vec<SheetLine>,
}

/// Which orders to print.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SheetQuery {
    /// Order ids with commas between, at most 50.
    pub ids: String,
}

/// Read what is printed to pick and pack orders.
///
/// Needs `order.ship`, because receivers stand on it in full. Orders of other stores are left out for a clerk.
#[utoipa::path(get, path = "/order-sheets", tag = "orders", security(("staff" = [])), params(SheetQuery),
    responses((status = 200, body = Vec<OrderSheet>), (status = 400, body = ProblemBody, description = "`request.invalid` at `ids`")))]
async fn list_order_sheets(
    State(app): State<App>,
    staff: Staff<perm::OrderShip>,
    Query(query): Query<SheetQuery>,
) -> Answer<Json<Vec<OrderSheet>>> {
    let ids: Vec<Id> = query
        .ids
        .split(',')
        .map(str::parse)
        .collect::<Result<_>>()
        .map_err(|_| Error::field("ids", "订单编号不正确"))?;
    if ids.is_empty() || ids.len() > 50 {
        return Err(Error::field("ids", "一次最多打印 50 个订单").into());
    }
    let (reader, mall_id, store_id) = (app.clone(), staff.mall.id, staff.grants.store_id);
    let sheets = app.db.read(move |tx| sheets(&reader, tx, mall_id, &ids, store_id)).await?;
    Ok(Json(sheets))
}

/// The sheets in the order asked for; unknown ids are absent.
fn sheets(app: &App, tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id], store_id: Option<Id>) -> Result<Vec<OrderSheet>> {
    let mut orders = order::by_ids(tx, mall_id, ids)?;
    orders.retain(|_, order| store_id.is_none() || order.desk_store_id == store_id);
    let mut lines = order::lines_of(tx, mall_id, ids)?;
    let skus: Vec<Id> = lines.values().flatten().map(|line| line.sku_id).collect();
    let codes = goods::catalog::sku_codes(tx, mall_id, &skus)?;
    let members: Vec<Id> = orders.values().map(|order| order.member_id).collect();
    let briefs = people::identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let stores: Vec<Id> = orders.values().filter_map(|order| order.store_id).collect();
    let stores: HashMap<Id, String> =
        goods::store::stores_by_id(tx, mall_id, &stores)?.into_iter().map(|store| (store.id, store.name)).collect();
    let mut made = Vec::with_capacity(orders.len());
    for id in ids {
        let Some(order) = orders.remove(id) else { continue };
        let sheet_line = |line: order::Line| SheetLine {
            sku_code: codes.get(&line.sku_id).map(|code| code.0.clone()).unwrap_or_default(),
            barcode: codes.get(&line.sku_id).and_then(|code| code.1.clone()),
            unshipped: line.to_ship(),
            sku_id: line.sku_id,
            name: line.name,
            option_text: line.option_text,
            quantity: line.quantity,
        };
        made.push(OrderSheet {
            id: order.id,
            number: order.id.to_string(),
            status: order.status,
            created_at: order.created_at,
            paid_at: order.paid_at,
            delivery_kind: order.delivery,
            store_name: order.store_id.and_then(|store| stores.get(&store).cloned()),
            receiver: order.receiver(&app.sealer)?.map(detail::receiver_view),
            nickname: briefs.get(&order.member_id).map(|brief| brief.nickname.clone()).unwrap_or_default(),
            lines: lines.remove(id).unwrap_or_default().into_iter().map(sheet_line).collect(),
            remark: order.remark,
            staff_remark: order.staff_remark,
        });
    }
    Ok(made)
}
