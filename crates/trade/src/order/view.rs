//! Orders as the member's lists show them. Two queries a page: the orders, then the lines of all.

use super::action::{Action, Standing, member_actions};
use super::model::{DeliveryKind, Source, Status};
use super::store::{Line, Order, lines_of};
use super::together::{OrderShop, TogetherSum, sums};
use db::{Arg, Tx, args};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use platform::App;
use platform::storage::{self, Picture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderLineView {
    pub id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture: Picture,
    pub quantity: i64,
    pub unit_price_fen: i64,
    pub payable_fen: i64,
    pub shipped_quantity: i64,
    /// Pieces that can still be sent now.
    pub to_ship_quantity: i64,
    /// Pieces whose money went back.
    pub refunded_quantity: i64,
    /// Pieces in an open after-sale.
    pub claimed_quantity: i64,
    pub reviewed: bool,
    /// Came with the order for nothing.
    pub gift: bool,
}

/// One entry of the timeline.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderEventView {
    pub at: Instant,
    pub kind: String,
    pub text: String,
}

/// An order in the member's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderCard {
    pub id: Id,
    pub number: String,
    pub shop: OrderShop,
    pub status: Status,
    pub delivery_kind: DeliveryKind,
    pub source: Source,
    /// Its line is a service that was booked.
    pub is_service: bool,
    pub total_fen: i64,
    /// While it is unpaid and others are paid together with it: what all of them cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<TogetherSum>,
    pub quantity: i64,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// At most four.
    pub lines: Vec<OrderLineView>,
    pub allowed_actions: Vec<Action>,
}

/// The buyer, as staff see them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderMember {
    pub id: Id,
    pub nickname: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
}

/// Tabs of the member's list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateFilter {
    #[default]
    All,
    Unpaid,
    ToShip,
    ToPickUp,
    Shipped,
    ToReview,
    Completed,
    Closed,
}

impl StateFilter {
    pub(super) fn status(self) -> Option<Status> {
        match self {
            StateFilter::All => None,
            StateFilter::Unpaid => Some(Status::Unpaid),
            StateFilter::ToShip => Some(Status::ToShip),
            StateFilter::ToPickUp => Some(Status::ToPickUp),
            StateFilter::Shipped => Some(Status::Shipped),
            StateFilter::ToReview | StateFilter::Completed => Some(Status::Completed),
            StateFilter::Closed => Some(Status::Closed),
        }
    }
}

/// Turns stored lines into shown ones.
pub fn line_views(app: &App, lines: &[Line]) -> Vec<OrderLineView> {
    let view = |line: &Line| OrderLineView {
        id: line.id,
        product_id: line.product_id,
        sku_id: line.sku_id,
        name: line.name.clone(),
        option_text: line.option_text.clone(),
        picture: storage::picture(app, line.picture_key.as_deref().unwrap_or_default(), &line.name),
        quantity: line.quantity,
        unit_price_fen: line.unit_price.0,
        payable_fen: line.payable.0,
        shipped_quantity: line.shipped_quantity,
        to_ship_quantity: line.to_ship(),
        refunded_quantity: line.refunded_quantity,
        claimed_quantity: line.claimed_quantity,
        reviewed: line.reviewed_at.is_some(),
        gift: line.gift,
    };
    lines.iter().map(view).collect()
}

/// The timeline, newest first.
pub fn events(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<OrderEventView>> {
    let rows: Vec<(Instant, String, String)> = tx.all(
        "select at, kind, text from order_event where mall_id = $1 and order_id = $2 order by id desc",
        &args![mall_id, order_id],
    )?;
    Ok(rows.into_iter().map(|(at, kind, text)| OrderEventView { at, kind, text }).collect())
}

pub(super) const CARD_COLUMNS: &str = "o.id, o.shop_id, o.member_id, o.group_id, o.status, o.delivery_kind, o.location_id, o.store_id, o.desk_store_id,
    o.goods_fen, o.discount_fen, o.freight_fen, o.total_fen, o.paid_fen, o.refunded_fen, o.quantity, o.receiver, o.explanation,
    o.remark, o.staff_remark, o.closed_reason, o.created_at, o.expires_at, o.paid_at, o.shipped_at, o.completed_at, o.source,
    o.is_service";

pub(super) fn standing(order: &Order, lines: &[Line], pickup_ready: bool) -> Standing {
    Standing {
        status: order.status,
        delivery: order.delivery,
        source: order.source,
        is_service: order.is_service,
        has_parcels: order.delivery == DeliveryKind::Express && lines.iter().any(|line| line.shipped_quantity > 0),
        has_unreviewed_lines: lines.iter().any(|line| line.reviewed_at.is_none()),
        has_free_pieces: lines.iter().any(Line::has_free_pieces),
        pickup_ready,
    }
}

/// The member's orders, newest first.
pub fn cards(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    state: StateFilter,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<OrderCard>> {
    let before = cursor.map_or(i64::MAX, |c| c.id);
    let mut sql =
        format!("select {CARD_COLUMNS} from trade_order o where o.mall_id = $1 and o.member_id = $2 and o.id < $3");
    let mut values: Vec<Arg> = args![mall_id, member_id, before].to_vec();
    if let Some(status) = state.status() {
        values.push(status.as_str().into());
        sql.push_str(&format!(" and o.status = ${}", values.len()));
    }
    if state == StateFilter::ToReview {
        sql.push_str(
            " and exists (select 1 from order_line l
               where l.mall_id = o.mall_id and l.order_id = o.id and l.reviewed_at is null)",
        );
    }
    values.push((limit + 1).into());
    sql.push_str(&format!(" order by o.id desc limit ${}", values.len()));
    let orders: Vec<Order> = tx.all(&sql, &values)?;
    let page = Page::from_rows(orders, limit, |order| Cursor { key: 0, id: order.id.0 });
    let ids: Vec<Id> = page.items.iter().map(|order| order.id).collect();
    let mut lines = lines_of(tx, mall_id, &ids)?;
    let sums = sums(tx, mall_id, member_id, &page.items)?;
    let shop_ids: Vec<Id> = page.items.iter().map(|order| order.shop_id).collect();
    let names = goods::store::shop_names(tx, mall_id, &shop_ids)?;
    Ok(page.map(|order| {
        let name = names.get(&order.shop_id).cloned().unwrap_or_default();
        let lines = lines.remove(&order.id).unwrap_or_default();
        OrderCard {
            id: order.id,
            number: order.id.to_string(),
            shop: OrderShop { id: order.shop_id, name },
            together: sums.get(&order.group_id).filter(|_| order.status == Status::Unpaid).cloned(),
            status: order.status,
            delivery_kind: order.delivery,
            source: order.source,
            is_service: order.is_service,
            total_fen: order.total.0,
            quantity: order.quantity,
            created_at: order.created_at,
            expires_at: order.expires_at.filter(|_| order.status == Status::Unpaid),
            allowed_actions: member_actions(standing(&order, &lines, false)),
            lines: line_views(app, &lines[..lines.len().min(4)]),
        }
    }))
}

/// `138****0000`.
pub fn mask_phone(phone: &str) -> String {
    match (phone.get(..3), phone.len().checked_sub(4).and_then(|at| phone.get(at..))) {
        (Some(head), Some(tail)) if phone.len() >= 8 => format!("{head}****{tail}"),
        _ => "****".to_owned(),
    }
}

/// Orders waiting for the member, for the badges: unpaid, to ship, to pick up, shipped, to review.
pub fn badges(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<[i64; 5]> {
    let rows: Vec<(String, i64)> = tx.all(
        "select status, count(*) from trade_order
         where mall_id = $1 and member_id = $2 and status in ('unpaid', 'to_ship', 'to_pick_up', 'shipped')
         group by status",
        &args![mall_id, member_id],
    )?;
    let of = |status: Status| rows.iter().find(|row| row.0 == status.as_str()).map_or(0, |row| row.1);
    let (to_review,): (i64,) = tx.one(
        "select count(*) from trade_order o
         where o.mall_id = $1 and o.member_id = $2 and o.status = 'completed'
           and exists (select 1 from order_line l
             where l.mall_id = o.mall_id and l.order_id = o.id and l.reviewed_at is null)",
        &args![mall_id, member_id],
    )?;
    Ok([of(Status::Unpaid), of(Status::ToShip), of(Status::ToPickUp), of(Status::Shipped), to_review])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_masked() {
        assert_eq!(mask_phone("13812345678"), "138****5678");
        assert_eq!(mask_phone("123"), "****");
    }
}
