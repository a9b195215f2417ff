//! Rows of orders and the one guarded update that moves them.

use super::model::{DeliveryKind, Move, Source, Status, not_allowed, rule};
use super::place::Receiver;
use crate::offers::Sale;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::seal::Sealer;
use platform::{Ctx, outbox};
use serde::Serialize;
use std::collections::HashMap;

/// An order's row.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: Id,
    pub shop_id: Id,
    pub member_id: Id,
    pub group_id: Id,
    pub status: Status,
    pub delivery: DeliveryKind,
    pub location_id: Id,
    pub store_id: Option<Id>,
    /// The store whose clerks it concerns: the one that hands it out, or from whose shelf its parcels leave.
    pub desk_store_id: Option<Id>,
    pub goods: Fen,
    pub discount: Fen,
    pub freight: Fen,
    pub total: Fen,
    pub paid: Fen,
    pub refunded: Fen,
    pub quantity: i64,
    receiver: Option<String>,
    pub explanation: String,
    pub remark: Option<String>,
    pub staff_remark: Option<String>,
    pub closed_reason: Option<String>,
    pub created_at: Instant,
    pub expires_at: Option<Instant>,
    pub paid_at: Option<Instant>,
    pub shipped_at: Option<Instant>,
    pub completed_at: Option<Instant>,
    pub source: Source,
    /// Its line is a service that was booked: nothing of it lies on a shelf (ADR 110).
    pub is_service: bool,
}

const COLUMNS: &str =
    "id, shop_id, member_id, group_id, status, delivery_kind, location_id, store_id, desk_store_id, goods_fen,
    discount_fen, freight_fen, total_fen, paid_fen, refunded_fen, quantity, receiver, explanation, remark, staff_remark,
    closed_reason, created_at, expires_at, paid_at, shipped_at, completed_at, source,
    is_service";

impl FromRow for Order {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Order {
            id: row.next()?,
            shop_id: row.next()?,
            member_id: row.next()?,
            group_id: row.next()?,
            status: Status::parse(&row.next::<String>()?)?,
            delivery: DeliveryKind::parse(&row.next::<String>()?),
            location_id: row.next()?,
            store_id: row.next()?,
            desk_store_id: row.next()?,
            goods: row.next()?,
            discount: row.next()?,
            freight: row.next()?,
            total: row.next()?,
            paid: row.next()?,
            refunded: row.next()?,
            quantity: row.next()?,
            receiver: row.next()?,
            explanation: row.next()?,
            remark: row.next()?,
            staff_remark: row.next()?,
            closed_reason: row.next()?,
            created_at: row.next()?,
            expires_at: row.next()?,
            paid_at: row.next()?,
            shipped_at: row.next()?,
            completed_at: row.next()?,
            source: Source::parse(&row.next::<String>()?),
            is_service: row.next()?,
        })
    }
}

impl Order {
    /// Whom the goods are for; `None` for pickup and the counter.
    pub fn receiver(&self, sealer: &Sealer) -> Result<Option<Receiver>> {
        self.receiver.as_deref().map(|sealed| Receiver::open(sealer, sealed)).transpose()
    }
}

impl Order {
    /// Sold at a store's counter.
    pub fn is_of_counter(&self) -> bool {
        self.source == Source::Counter
    }

    /// What a member may pay for. `order.not_allowed` (409): a sale of the counter is paid there.
    pub fn require_online(&self) -> Result<()> {
        match self.source {
            Source::Online => Ok(()),
            Source::Counter => Err(Error::conflict("order.not_allowed", "这笔订单请在门店柜台付款")),
        }
    }

    /// The order as the offers know it.
    pub fn sale(&self) -> Sale {
        Sale {
            order_id: self.id,
            group_id: self.group_id,
            shop_id: self.shop_id,
            member_id: self.member_id,
            total: self.total,
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone)]
pub struct Line {
    pub order_id: Id,
    pub id: Id,
    pub product_id: Id,
    pub sku_id: Id,
    pub name: String,
    pub option_text: String,
    pub picture_key: Option<String>,
    pub quantity: i64,
    pub unit_price: Fen,
    pub payable: Fen,
    pub shipped_quantity: i64,
    /// Pieces whose money went back; those of them that were never sent; those in an open after-sale, and of them not sent.
    pub refunded_quantity: i64,
    pub unsent_quantity: i64,
    pub claimed_quantity: i64,
    pub withheld_quantity: i64,
    pub reviewed_at: Option<Instant>,
    /// Came with the order for nothing.
    pub gift: bool,
}

db::row!(Line {
    order_id,
    id,
    product_id,
    sku_id,
    name,
    option_text,
    picture_key,
    quantity,
    unit_price,
    payable,
    shipped_quantity,
    refunded_quantity,
    unsent_quantity,
    claimed_quantity,
    withheld_quantity,
    reviewed_at,
    gift
});

impl Line {
    /// Paid for, neither refunded nor in an open after-sale.
    pub fn has_free_pieces(&self) -> bool {
        !self.gift && self.refunded_quantity + self.claimed_quantity < self.quantity
    }

    /// Pieces that can still be sent now: not those refunded before, nor those whose refund is asked for.
    pub fn to_ship(&self) -> i64 {
        self.quantity - self.shipped_quantity - self.unsent_quantity - self.withheld_quantity
    }
}

const LINE_COLUMNS: &str = "order_id, id, product_id, sku_id, name, option_text, picture_key, quantity, unit_price_fen,
    payable_fen, shipped_quantity, refunded_quantity, unsent_quantity, claimed_quantity, withheld_quantity, reviewed_at,
    gift";

fn missing() -> Error {
    Error::not_found("order.not_found", "没有找到这个订单")
}

/// One order of a mall.
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Order> {
    tx.opt(&format!("select {COLUMNS} from trade_order where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(missing)
}

/// One order, locked until the transaction ends: before its lines are touched, so that shipping and after-sale take turns.
pub fn lock(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Order> {
    tx.opt(
        &format!("select {COLUMNS} from trade_order where mall_id = $1 and id = $2 for update"),
        &args![mall_id, id],
    )?
    .ok_or_else(missing)
}

/// Several orders of a mall; unknown ids are absent.
pub fn by_ids(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, Order>> {
    let sql = format!("select {COLUMNS} from trade_order where mall_id = $1 and id = any($2)");
    let orders: Vec<Order> = tx.all(&sql, &args![mall_id, ids])?;
    Ok(orders.into_iter().map(|order| (order.id, order)).collect())
}

/// One order of a member; another member's order does not exist for them.
pub fn find_of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, id: Id) -> Result<Order> {
    let order = find(tx, mall_id, id)?;
    if order.member_id == member_id { Ok(order) } else { Err(missing()) }
}

/// The orders that are paid together, locked until the transaction ends.
pub fn by_group(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, group_id: Id) -> Result<Vec<Order>> {
    tx.all(
        &format!(
            "select {COLUMNS} from trade_order
             where mall_id = $1 and member_id = $2 and id >= $3 and group_id = $3
             order by id
             for update"
        ),
        &args![mall_id, member_id, group_id],
    )
}

/// Ids of the orders that are paid together, without locking them.
pub fn group_ids(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, group_id: Id) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from trade_order
         where mall_id = $1 and member_id = $2 and id >= $3 and group_id = $3
         order by id",
        &args![mall_id, member_id, group_id],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Lines of one order.
pub fn lines(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<Line>> {
    tx.all(
        &format!("select {LINE_COLUMNS} from order_line where mall_id = $1 and order_id = $2 order by id"),
        &args![mall_id, order_id],
    )
}

/// Lines of several orders.
pub fn lines_of(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Vec<Line>>> {
    let rows: Vec<Line> = tx.all(
        &format!(
            "select {LINE_COLUMNS} from order_line where mall_id = $1 and order_id = any($2) order by order_id, id"
        ),
        &args![mall_id, order_ids],
    )?;
    let mut lines: HashMap<Id, Vec<Line>> = HashMap::new();
    for row in rows {
        lines.entry(row.order_id).or_default().push(row);
    }
    Ok(lines)
}

#[derive(Serialize)]
struct Moved<'a> {
    order_id: Id,
    member_id: Id,
    from: &'a str,
    to: &'a str,
}

/// Makes a move: the guarded update, the order event, the outbox event. `order.not_allowed` (409) when the order is
/// not where the move starts — also when somebody else moved it since it was read.
pub fn advance(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, step: Move, note: Option<&str>) -> Result<Status> {
    let to = step.apply(order.status, order.delivery)?;
    let rule = rule(step);
    let moved = tx.exec(
        "update trade_order
         set status = $4,
             paid_at = case when $5 = 'paid' then $6 else paid_at end,
             paid_fen = case when $5 = 'paid' then total_fen else paid_fen end,
             shipped_at = case when $5 = 'shipped' then $6 else shipped_at end,
             completed_at = case when $4 = 'completed' then $6 when $5 = 'taken_back' then null else completed_at end,
             closed_at = case when $4 = 'closed' then $6 else closed_at end,
             closed_reason = case when $4 = 'closed' then $7 else closed_reason end,
             expires_at = case when status = 'unpaid' then null else expires_at end
         where mall_id = $1 and id = $2 and status = $3",
        &args![
            ctx.mall_id,
            order.id,
            order.status.as_str(),
            to.as_str(),
            rule.event,
            ctx.now,
            note.unwrap_or(rule.text)
        ],
    )?;
    if moved == 0 {
        let now = find(tx, ctx.mall_id, order.id)?;
        return Err(not_allowed(now.status));
    }
    let text = note.map_or_else(|| rule.text.to_owned(), |note| format!("{}：{note}", rule.text));
    add_event(tx, ctx, order.id, rule.event, &text)?;
    let payload =
        Moved { order_id: order.id, member_id: order.member_id, from: order.status.as_str(), to: to.as_str() };
    outbox::emit(tx, ctx, rule.emits, &payload)?;
    Ok(to)
}

/// Appends to the order's timeline.
pub fn add_event(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, kind: &str, text: &str) -> Result<()> {
    tx.exec(
        "insert into order_event (mall_id, order_id, id, kind, actor_kind, actor_id, text, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![ctx.mall_id, order_id, ctx.id(), kind, ctx.actor.kind(), ctx.actor.id(), text, ctx.now],
    )?;
    Ok(())
}

/// Unpaid orders whose time is over, oldest first.
pub fn expired_unpaid(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<Order>> {
    tx.all(
        &format!(
            "select {COLUMNS} from trade_order
             where mall_id = $1 and status = 'unpaid' and expires_at <= $2
             order by expires_at
             limit $3"
        ),
        &args![mall_id, now, limit],
    )
}

/// Shipped orders that were sent before `instant` and were not confirmed. One with an open after-sale waits for its end.
pub fn shipped_before(tx: &mut Tx<'_>, mall_id: MallId, instant: Instant, limit: i64) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from trade_order
         where mall_id = $1 and status = 'shipped' and shipped_at <= $2
           and not exists (select 1 from order_line l
             where l.mall_id = $1 and l.order_id = trade_order.id and l.claimed_quantity > 0)
         order by shipped_at
         limit $3",
        &args![mall_id, instant, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Marks a line as reviewed, once. `review.already_written` (409) the second time.
pub fn mark_reviewed(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, line_id: Id) -> Result<()> {
    let marked = tx.exec(
        "update order_line set reviewed_at = $4
         where mall_id = $1 and order_id = $2 and id = $3 and reviewed_at is null",
        &args![ctx.mall_id, order_id, line_id, ctx.now],
    )?;
    if marked == 1 { Ok(()) } else { Err(Error::conflict("review.already_written", "这件商品已经评价过了")) }
}
