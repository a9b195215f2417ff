//! What waits at the counter: the list a clerk prepares from, what the member is told, and what was not fetched in time.

use super::Pickup;
use db::{Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result, minutes};
use platform::Ctx;

/// A pickup that waits, with its place in time.
#[derive(Debug, Clone)]
pub struct WaitingPickup {
    pub order_id: Id,
    pub store_id: Id,
    pub ready_at: Option<Instant>,
    pub called_at: Option<Instant>,
    pub handed: i64,
    pub wanted_at: Instant,
    pub slot_starts_at: Option<Instant>,
    pub slot_ends_at: Option<Instant>,
}

db::row!(WaitingPickup { order_id, store_id, ready_at, called_at, handed, wanted_at, slot_starts_at, slot_ends_at });

const COLUMNS: &str = "p.order_id, p.store_id, p.ready_at, p.called_at, p.handed_quantity, p.wanted_at,
    b.starts_at, b.ends_at";

/// What waits at a store, or at all, the first wanted first. `ready`: only what is laid out, or only what is not.
pub fn waiting(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    ready: Option<bool>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<WaitingPickup>> {
    let after = cursor.unwrap_or(Cursor { key: -1, id: 0 });
    let of_store = if store_id.is_some() { "and p.store_id = $5" } else { "and cast($5 as bigint) is null" };
    let laid_out = match ready {
        None => "",
        Some(true) => "and p.ready_at is not null",
        Some(false) => "and p.ready_at is null",
    };
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from pickup p
             left join pickup_booking b on b.mall_id = p.mall_id and b.order_id = p.order_id and b.released_at is null
             where p.mall_id = $1 and p.redeemed_at is null and p.closed_at is null
               and (p.wanted_at, p.order_id) > ($2, $3) {of_store} {laid_out}
               and not exists (select 1 from booking x where x.mall_id = p.mall_id and x.order_id = p.order_id)
             order by p.wanted_at, p.order_id
             limit $4"
        ),
        &args![mall_id, after.key, after.id, limit + 1, store_id],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &WaitingPickup| Cursor { key: row.wanted_at.0, id: row.order_id.0 }))
}

/// Nothing waits any more: the order was closed, or paid back. Its place in time is free again.
pub fn close(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    tx.exec(
        "update pickup set closed_at = $3
         where mall_id = $1 and order_id = $2 and redeemed_at is null and closed_at is null",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    super::slot::release(tx, ctx, order_id)
}

/// Between two calls to the same member.
const CALL_PAUSE: i64 = minutes(2);

/// Notes that the member was called to the counter. `pickup.not_ready`, `pickup.called_just_now` (409).
pub fn call(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let called = tx.exec(
        "update pickup set called_at = $3
         where mall_id = $1 and order_id = $2 and ready_at is not null and redeemed_at is null and closed_at is null
           and (called_at is null or called_at <= $4)",
        &args![ctx.mall_id, order_id, ctx.now, ctx.now - CALL_PAUSE],
    )?;
    if called == 1 {
        return Ok(());
    }
    let waits = super::of_order(tx, ctx.mall_id, order_id)?.is_some_and(|p: Pickup| p.ready_at.is_some());
    Err(if waits {
        Error::conflict("pickup.called_just_now", "刚刚叫过了，两分钟后可以再叫")
    } else {
        Error::conflict("pickup.not_ready", "备好货以后才能叫顾客来取")
    })
}

/// Laid out before `instant` and not fetched, not reminded of yet: `(order, laid out at)`.
pub fn to_remind(tx: &mut Tx<'_>, mall_id: MallId, instant: Instant, limit: i64) -> Result<Vec<(Id, Instant)>> {
    tx.all(
        "select order_id, ready_at from pickup
         where mall_id = $1 and redeemed_at is null and closed_at is null and ready_at is not null and ready_at <= $2
           and reminded_at is null
         order by ready_at
         limit $3",
        &args![mall_id, instant, limit],
    )
}

/// Marks as reminded, once; false when somebody else did.
pub fn mark_reminded(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<bool> {
    let marked = tx.exec(
        "update pickup set reminded_at = $3
         where mall_id = $1 and order_id = $2 and reminded_at is null and redeemed_at is null and closed_at is null",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    Ok(marked == 1)
}

/// Laid out before `instant` and nothing of it fetched, though its member was reminded before `reminded`.
pub fn uncollected(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    instant: Instant,
    reminded: Instant,
    limit: i64,
) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select p.order_id from pickup p
         where p.mall_id = $1 and p.redeemed_at is null and p.closed_at is null and p.ready_at is not null
           and p.ready_at <= $2 and p.handed_quantity = 0 and p.reminded_at <= $3
           and not exists (select 1 from order_line l
             where l.mall_id = p.mall_id and l.order_id = p.order_id and l.claimed_quantity > 0)
         order by p.ready_at
         limit $4",
        &args![mall_id, instant, reminded, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
