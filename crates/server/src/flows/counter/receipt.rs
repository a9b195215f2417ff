//! What was sold and how it was paid: the digital receipt in the member's order, and a sale as the clerk's page shows and
//! prints it.

use super::at_store;
use crate::flows::detail::{self, AdminOrderDetail};
use axum::extract::State;
use db::Tx;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use people::ledger::{self, Account};
use people::staff;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use trade::counter::{self, Tender, TenderKind};
use trade::order::{self, Order, Status};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_counter_sales))
}

/// One way in which a sale was paid.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterTender {
    pub kind: TenderKind,
    pub payment_id: Id,
    pub amount_fen: i64,
    /// What the customer gave, and got back of it.
    pub tendered_fen: i64,
    pub change_fen: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<Tender> for CounterTender {
    fn from(tender: Tender) -> Self {
        CounterTender {
            kind: tender.kind,
            payment_id: tender.payment_id,
            amount_fen: tender.amount.0,
            tendered_fen: tender.tendered.0,
            change_fen: tender.tendered.0 - tender.amount.0,
            note: tender.note,
        }
    }
}

/// How an order was sold at a counter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterReceipt {
    pub shift_id: Id,
    pub clerk_name: String,
    /// The buyer did not say who they are.
    pub is_walk_in: bool,
    /// Rung up without a network, at `rung_at`.
    pub is_offline: bool,
    pub rung_at: Instant,
    pub tenders: Vec<CounterTender>,
    pub change_fen: i64,
}

/// The receipt of an order, if it was sold at a counter.
pub fn receipt_of(tx: &mut Tx<'_>, mall_id: MallId, order: &Order) -> Result<Option<CounterReceipt>> {
    if !order.is_of_counter() {
        return Ok(None);
    }
    let Some(sale) = counter::of_order(tx, mall_id, order.id)? else { return Ok(None) };
    let clerk_name = staff::names(tx, mall_id, &[sale.clerk_id])?.remove(&sale.clerk_id).unwrap_or_default();
    let tenders = counter::tenders_of(tx, mall_id, &[order.id])?.remove(&order.id).unwrap_or_default();
    let tenders: Vec<CounterTender> = tenders.into_iter().map(CounterTender::from).collect();
    Ok(Some(CounterReceipt {
        shift_id: sale.shift_id,
        clerk_name,
        is_walk_in: sale.is_walk_in,
        is_offline: sale.is_offline,
        rung_at: sale.rung_at,
        change_fen: tenders.iter().map(|tender| tender.change_fen).sum(),
        tenders,
    }))
}

/// Where a sale stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CounterSaleState {
    /// The customer confirms on the phone, or the channel did not answer: ask again, or cancel.
    Waiting,
    Paid,
    Cancelled,
}

impl CounterSaleState {
    fn of(order: &Order) -> Self {
        match (order.status, order.paid_at) {
            (Status::Unpaid, _) => CounterSaleState::Waiting,
            (_, Some(_)) => CounterSaleState::Paid,
            (_, None) => CounterSaleState::Cancelled,
        }
    }
}

/// A sale as the clerk's page shows and prints it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterSaleView {
    pub state: CounterSaleState,
    /// Why the customer's payment code was not taken; another may be scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    pub mall_name: String,
    /// The member's points before those this sale brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    pub order: AdminOrderDetail,
}

/// A sale with everything about it.
pub(super) async fn sale_view(app: &App, mall_id: MallId, id: Id, refused: Option<String>) -> Result<CounterSaleView> {
    let detail = detail::admin_detail(app, mall_id, id).await?;
    let (state, points) = app
        .db
        .read(move |tx| {
            let order = order::find(tx, mall_id, id)?;
            let sale = counter::of_order(tx, mall_id, id)?.ok_or_else(no_sale)?;
            let points = match sale.is_walk_in {
                true => None,
                false => Some(ledger::balance(tx, mall_id, order.member_id, Account::Points)?),
            };
            Ok((CounterSaleState::of(&order), points))
        })
        .await?;
    let mall_name = app.malls.get(mall_id)?.settings.name.clone();
    Ok(CounterSaleView { state, refused, mall_name, points, order: detail })
}

pub(super) fn no_sale() -> Error {
    Error::not_found("counter.no_such_sale", "没有找到这笔柜台销售")
}

/// A sale in a shift's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CounterSaleRow {
    pub order_id: Id,
    pub number: String,
    pub state: CounterSaleState,
    pub quantity: i64,
    pub total_fen: i64,
    pub refunded_fen: i64,
    pub kinds: Vec<TenderKind>,
    pub is_walk_in: bool,
    pub is_offline: bool,
    pub rung_at: Instant,
}

/// Of which shift.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SalesQuery {
    cursor: Option<String>,
}

/// List the sales of a shift, newest first.
///
/// Needs `counter.sell`.
#[utoipa::path(get, path = "/counter/shifts/{id}/sales", tag = "counter", security(("staff" = [])),
    params(("id" = Id, Path), SalesQuery), responses((status = 200, body = Page<CounterSaleRow>),
    (status = 403, body = ProblemBody, description = "`counter.other_store`"),
    (status = 404, body = ProblemBody, description = "`counter.no_such_shift`")))]
async fn list_counter_sales(
    State(app): State<App>,
    staff: Staff<perm::CounterSell>,
    Path(id): Path<Id>,
    Query(query): Query<SalesQuery>,
) -> Answer<Json<Page<CounterSaleRow>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (mall_id, grants) = (staff.mall.id, staff.grants.clone());
    let page = app
        .db
        .read(move |tx| {
            at_store(&grants, counter::find_shift(tx, mall_id, id)?.store_id)?;
            let page = counter::sales(tx, mall_id, id, cursor, 30)?;
            let ids: Vec<Id> = page.items.iter().map(|sale| sale.order_id).collect();
            let orders = order::by_ids(tx, mall_id, &ids)?;
            let tenders = counter::tenders_of(tx, mall_id, &ids)?;
            let row = |sale: counter::CounterSale| {
                let order = orders.get(&sale.order_id)?;
                let paid = tenders.get(&sale.order_id).map_or(&[][..], |tenders| &tenders[..]);
                Some(CounterSaleRow {
                    order_id: order.id,
                    number: order.id.to_string(),
                    state: CounterSaleState::of(order),
                    quantity: order.quantity,
                    total_fen: order.total.0,
                    refunded_fen: order.refunded.0,
                    kinds: paid.iter().map(|tender| tender.kind).collect(),
                    is_walk_in: sale.is_walk_in,
                    is_offline: sale.is_offline,
                    rung_at: sale.rung_at,
                })
            };
            Ok(Page { items: page.items.into_iter().filter_map(row).collect(), next_cursor: page.next_cursor })
        })
        .await?;
    Ok(Json(page))
}
