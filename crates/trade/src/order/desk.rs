//! The order desk: the back office's list with its filters and counts. Three queries a page: what the words mean, the
//! orders, the lines of all. Times are ranges of ids, because ids are ordered by time.

use super::action::{Action, staff_actions};
use super::model::{DeliveryKind, Source, Status};
use super::seek;
use super::store::{Line, Order, lines_of};
use super::view::{CARD_COLUMNS, OrderLineView, OrderMember, StateFilter, line_views, mask_phone, standing};
use db::{Arg, Tx, args};
use kernel::{Cursor, Error, Id, Ids, Instant, MallId, Page, Result};
use people::identity::MemberBrief;
use platform::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An order in the back office's list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminOrderRow {
    pub id: Id,
    pub number: String,
    pub status: Status,
    pub member: OrderMember,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_masked: Option<String>,
    pub total_fen: i64,
    pub quantity: i64,
    pub delivery_kind: DeliveryKind,
    pub source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    pub shop_name: String,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Instant>,
    /// What the member wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_remark: Option<String>,
    /// At most three.
    pub lines: Vec<OrderLineView>,
    pub allowed_actions: Vec<Action>,
}

/// What staff look for.
#[derive(Debug, Clone, Default)]
pub struct DeskFilter {
    pub state: StateFilter,
    /// Any words of an order: number, phone, name, product, SKU code, tracking number, pickup code.
    pub q: Option<String>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    /// Paid at or after, paid before.
    pub paid_from: Option<Instant>,
    pub paid_to: Option<Instant>,
    pub delivery: Option<DeliveryKind>,
    pub store_id: Option<Id>,
    pub shop_id: Option<Id>,
    pub member_id: Option<Id>,
    pub min_fen: Option<i64>,
    pub max_fen: Option<i64>,
    /// Only orders with a remark of the member or of staff.
    pub remarked: bool,
    /// The store a clerk is bound to.
    pub bound_store: Option<Id>,
}

/// A condition with its values, numbered on from those already there.
pub(super) struct Conditions {
    pub sql: String,
    pub values: Vec<Arg>,
}

impl Conditions {
    pub(super) fn and(&mut self, text: &str, value: impl Into<Arg>) {
        self.values.push(value.into());
        self.sql.push_str(&text.replace("$?", &format!("${}", self.values.len())));
    }
}

impl DeskFilter {
    /// The conditions on `trade_order o`, after `$1` (the mall) and `$2` (ids below).
    fn conditions(&self, app: &App, tx: &mut Tx<'_>, mall_id: MallId, before: i64) -> Result<Conditions> {
        let mut where_ = Conditions { sql: String::new(), values: args![mall_id, before].to_vec() };
        if let Some(status) = self.state.status() {
            where_.and(" and o.status = $?", status.as_str());
        }
        if self.state == StateFilter::ToReview {
            where_.sql.push_str(
                " and exists (select 1 from order_line l
                   where l.mall_id = o.mall_id and l.order_id = o.id and l.reviewed_at is null)",
            );
        }
        if let Some(from) = self.from {
            where_.and(" and o.id >= $?", Ids::first_at(from));
        }
        if let Some(to) = self.to {
            where_.and(" and o.id < $?", Ids::first_at(to));
        }
        if let Some(from) = self.paid_from {
            where_.and(" and o.paid_at >= $?", from);
        }
        if let Some(to) = self.paid_to {
            where_.and(" and o.paid_at < $?", to);
        }
        if let Some(delivery) = self.delivery {
            where_.and(" and o.delivery_kind = $?", delivery.as_str());
            if delivery != DeliveryKind::Express {
                // In words, for the index of those few.
                where_.sql.push_str(" and o.delivery_kind <> 'express'");
            }
        }
        for store_id in [self.store_id, self.bound_store].into_iter().flatten() {
            where_.and(" and o.desk_store_id = $?", store_id);
        }
        if let Some(shop_id) = self.shop_id {
            where_.and(" and o.shop_id = $?", shop_id);
        }
        if let Some(member_id) = self.member_id {
            where_.and(" and o.member_id = $?", member_id);
        }
        if let Some(min_fen) = self.min_fen {
            where_.and(" and o.total_fen >= $?", min_fen);
        }
        if let Some(max_fen) = self.max_fen {
            where_.and(" and o.total_fen <= $?", max_fen);
        }
        if self.remarked {
            where_.sql.push_str(" and (o.remark is not null or o.staff_remark is not null)");
        }
        if let Some(q) = self.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            seek::conditions(app, tx, mall_id, q, &mut where_)?;
        }
        Ok(where_)
    }
}

struct AdminRow {
    order: Order,
    store_name: Option<String>,
    shop_name: String,
    ready_at: Option<Instant>,
}

impl db::FromRow for AdminRow {
    fn from_row(row: &mut db::Row<'_>) -> Result<Self> {
        Ok(AdminRow {
            order: Order::from_row(row)?,
            store_name: row.next()?,
            shop_name: row.next()?,
            ready_at: row.next()?,
        })
    }
}

/// Orders as staff look for them, newest first.
pub fn admin_rows(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &DeskFilter,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<AdminOrderRow>> {
    let mut found = filter.conditions(app, tx, mall_id, cursor.map_or(i64::MAX, |c| c.id))?;
    found.and(" order by o.id desc limit $?", limit + 1);
    // Joined from the left, so that the walk is along the orders in their order.
    let sql = format!(
        "select {CARD_COLUMNS}, s.name, h.name, p.ready_at
         from trade_order o
         left join shop h on h.mall_id = o.mall_id and h.id = o.shop_id
         left join store s on s.mall_id = o.mall_id and s.id = o.store_id
         left join pickup p on p.mall_id = o.mall_id and p.order_id = o.id
         where o.mall_id = $1 and o.id < $2{}",
        found.sql
    );
    let rows: Vec<AdminRow> = tx.all(&sql, &found.values)?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.order.id.0 });
    let ids: Vec<Id> = page.items.iter().map(|row| row.order.id).collect();
    let buyers: Vec<Id> = page.items.iter().map(|row| row.order.member_id).collect();
    let mut lines = lines_of(tx, mall_id, &ids)?;
    let buyers = people::identity::briefs(tx, &app.sealer, mall_id, &buyers)?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let lines = lines.remove(&row.order.id).unwrap_or_default();
        let buyer = buyers.get(&row.order.member_id);
        let buyer = buyer.ok_or_else(|| Error::internal("an order without its member"))?;
        items.push(admin_row(app, row, buyer, &lines)?);
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn admin_row(app: &App, row: AdminRow, buyer: &MemberBrief, lines: &[Line]) -> Result<AdminOrderRow> {
    let AdminRow { order, store_name, shop_name, ready_at } = row;
    let receiver = order.receiver(&app.sealer)?;
    Ok(AdminOrderRow {
        id: order.id,
        number: order.id.to_string(),
        status: order.status,
        member: OrderMember {
            id: order.member_id,
            nickname: buyer.nickname.clone(),
            phone_masked: buyer.phone_masked.clone(),
        },
        phone_masked: receiver.as_ref().map(|r| mask_phone(&r.phone)),
        receiver_name: receiver.map(|r| r.name),
        total_fen: order.total.0,
        quantity: order.quantity,
        delivery_kind: order.delivery,
        source: order.source,
        store_name,
        shop_name,
        created_at: order.created_at,
        paid_at: order.paid_at,
        allowed_actions: staff_actions(standing(&order, lines, ready_at.is_some())),
        remark: order.remark,
        staff_remark: order.staff_remark,
        lines: line_views(app, &lines[..lines.len().min(3)]),
    })
}

/// Ids of the orders a filter finds, newest first, at most `limit`: for exports and batches.
pub fn found_ids(
    app: &App,
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &DeskFilter,
    before: i64,
    limit: i64,
) -> Result<Vec<Id>> {
    let mut found = filter.conditions(app, tx, mall_id, before)?;
    found.and(" order by o.id desc limit $?", limit);
    tx.all(&format!("select o.id from trade_order o where o.mall_id = $1 and o.id < $2{}", found.sql), &found.values)
}

/// Counting stops here: more is shown as `999+`.
pub const MOST_COUNTED: i64 = 1_000;

/// Orders in the states that wait for somebody; each count stops at [`MOST_COUNTED`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct OrderCounts {
    pub unpaid: i64,
    pub to_ship: i64,
    pub to_pick_up: i64,
    pub shipped: i64,
}

/// The numbers on the tabs, of all orders or of one store's.
pub fn counts(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<OrderCounts> {
    let states = [Status::Unpaid, Status::ToShip, Status::ToPickUp, Status::Shipped];
    let one = |status: &Status| {
        let status = status.as_str();
        format!(
            "select '{status}', count(*)
             from (select 1 from trade_order
                   where mall_id = $1 and status = '{status}' and (cast($2 as bigint) = 0 or desk_store_id = $2) limit $3) {status}"
        )
    };
    let sql = states.iter().map(one).collect::<Vec<_>>().join(" union all ");
    let rows: Vec<(String, i64)> = tx.all(&sql, &args![mall_id, store_id.unwrap_or_default(), MOST_COUNTED])?;
    let of = |status: Status| rows.iter().find(|row| row.0 == status.as_str()).map_or(0, |row| row.1);
    Ok(OrderCounts {
        unpaid: of(Status::Unpaid),
        to_ship: of(Status::ToShip),
        to_pick_up: of(Status::ToPickUp),
        shipped: of(Status::Shipped),
    })
}
