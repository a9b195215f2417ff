//! Rows of bookings and the guarded updates that move them.

use super::grid::{self, Held, Place};
use super::model::{Booking, COLUMNS, NoShow, State, not_allowed};
use db::{Tx, args};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result, minutes};
use platform::Ctx;
use std::collections::HashMap;

/// A booking about to be written; its place is taken.
#[derive(Debug, Clone)]
pub struct NewBooking<'a> {
    pub id: Id,
    pub order_id: Id,
    pub service: &'a super::Service,
    pub store_id: Id,
    pub member_id: Id,
    pub place: Place,
    pub people: i64,
    pub price: Fen,
    pub state: State,
    pub wants_resource: bool,
    pub by_store: bool,
    /// Sealed.
    pub contact: Option<String>,
    pub remark: Option<&'a str>,
}

/// Writes a booking.
pub fn insert(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewBooking<'_>) -> Result<()> {
    let Held { resource_id, starts_at, busy_until, weight } = new.place.held;
    tx.exec(
        "insert into booking (id, mall_id, order_id, service_id, store_id, resource_id, member_id, service_name, state,
           starts_at, ends_at, busy_until, people, weight, price_fen, free_hours, no_show_at, no_show, wants_resource,
           by_store, contact, remark, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        &args![
            new.id,
            ctx.mall_id,
            new.order_id,
            new.service.id,
            new.store_id,
            resource_id,
            new.member_id,
            &new.service.name,
            new.state.as_str(),
            starts_at,
            new.place.ends_at,
            busy_until,
            new.people,
            weight,
            new.price,
            new.service.free_hours,
            starts_at + minutes(new.service.grace_minutes),
            new.service.no_show.as_str(),
            new.wants_resource,
            new.by_store,
            &new.contact,
            new.remark,
            ctx.now
        ],
    )?;
    Ok(())
}

fn missing() -> Error {
    Error::not_found("booking.not_found", "没有找到这个预约")
}

/// A booking; `booking.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Booking> {
    let sql = format!("select {COLUMNS} from booking where mall_id = $1 and id = $2");
    tx.opt(&sql, &args![mall_id, id])?.ok_or_else(missing)
}

/// A booking, locked until the transaction ends.
pub fn lock(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Booking> {
    let sql = format!("select {COLUMNS} from booking where mall_id = $1 and id = $2 for update");
    tx.opt(&sql, &args![mall_id, id])?.ok_or_else(missing)
}

/// The booking of a deposit's order.
pub fn by_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Booking>> {
    let sql = format!("select {COLUMNS} from booking where mall_id = $1 and order_id = $2");
    tx.opt(&sql, &args![mall_id, order_id])
}

/// The same, locked.
pub fn lock_by_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Booking>> {
    let sql = format!("select {COLUMNS} from booking where mall_id = $1 and order_id = $2 for update");
    tx.opt(&sql, &args![mall_id, order_id])
}

/// The bookings of some deposits' orders, by order.
pub fn by_orders(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Booking>> {
    let sql = format!("select {COLUMNS} from booking where mall_id = $1 and order_id = any($2)");
    let rows: Vec<Booking> = tx.all(&sql, &args![mall_id, order_ids])?;
    Ok(rows.into_iter().map(|booking| (booking.order_id, booking)).collect())
}

/// A member's bookings, newest first; those to come or those that are over.
pub fn of_member(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    open: Option<bool>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Booking>> {
    let before = cursor.map_or(i64::MAX, |cursor| cursor.id);
    let state = match open {
        None => "",
        Some(true) => "and state in ('held', 'booked', 'arrived', 'started')",
        Some(false) => "and state in ('finished', 'no_show', 'cancelled', 'lapsed')",
    };
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from booking
             where mall_id = $1 and member_id = $2 and id < $3 {state}
             order by id desc
             limit $4"
        ),
        &args![mall_id, member_id, before, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Booking| Cursor { key: 0, id: row.id.0 }))
}

/// How many bookings of a member are still to come.
pub fn standing_of_member(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<i64> {
    tx.one(
        "select count(*) from booking where mall_id = $1 and member_id = $2 and state in ('held', 'booked')",
        &args![mall_id, member_id],
    )
}

/// What begins at a store in a span of time, in order; without what ended before it came to anything.
pub fn at_store(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    from: Instant,
    to: Instant,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Booking>> {
    let after = cursor.unwrap_or(Cursor { key: i64::MIN, id: 0 });
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from booking
             where mall_id = $1 and store_id = $2 and starts_at >= $3 and starts_at < $4 and (starts_at, id) > ($5, $6)
               and state <> 'lapsed'
             order by starts_at, id
             limit $7"
        ),
        &args![mall_id, store_id, from, to, after.key, after.id, limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Booking| Cursor { key: row.starts_at.0, id: row.id.0 }))
}

/// Moves a booking from where it stands; what no longer stands gives its quarters back. `booking.not_allowed` (409).
pub fn move_to(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    booking: &Booking,
    from: &[State],
    to: State,
    reason: Option<&str>,
) -> Result<()> {
    let moved = match from.contains(&booking.state) {
        false => 0,
        true => tx.exec(
            "update booking
             set state = $4,
               arrived_at = case when $4 = 'arrived' then $5 when $4 = 'booked' then null else arrived_at end,
               started_at = case when $4 = 'started' then $5 else started_at end,
               ended_at = case when $4 in ('finished', 'no_show', 'cancelled', 'lapsed') then $5 else null end,
               ended_reason = $6
             where mall_id = $1 and id = $2 and state = $3",
            &args![ctx.mall_id, booking.id, booking.state.as_str(), to.as_str(), ctx.now, reason],
        )?,
    };
    if moved == 0 {
        return Err(not_allowed(booking.state));
    }
    if booking.state.stands() && !to.stands() {
        grid::release(tx, ctx, &held(booking))?;
    }
    Ok(())
}

fn held(booking: &Booking) -> Held {
    Held {
        resource_id: booking.resource_id,
        starts_at: booking.starts_at,
        busy_until: booking.busy_until,
        weight: booking.weight,
    }
}

impl Booking {
    /// The quarters it holds.
    pub fn held(&self) -> Held {
        held(self)
    }
}

/// Moves a booking to another time: its quarters go back and the new ones are taken, or neither. Locked by the caller.
/// `booking.time_gone`, `booking.time_full`, `booking.not_allowed` (409).
pub fn reschedule(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    booking: &Booking,
    wanted: &super::Wanted<'_>,
    wants_resource: bool,
) -> Result<Place> {
    if booking.state != State::Booked {
        return Err(not_allowed(booking.state));
    }
    grid::release(tx, ctx, &held(booking))?;
    let place = grid::take(tx, ctx, wanted)?;
    let grace = booking.no_show_at - booking.starts_at;
    let Held { resource_id, starts_at, busy_until, weight } = place.held;
    let moved = tx.exec(
        "update booking
         set resource_id = $3, starts_at = $4, ends_at = $5, busy_until = $6, weight = $7, no_show_at = $8,
           wants_resource = $9, reminded_at = null
         where mall_id = $1 and id = $2 and state = 'booked' and starts_at = $10",
        &args![
            ctx.mall_id,
            booking.id,
            resource_id,
            starts_at,
            place.ends_at,
            busy_until,
            weight,
            starts_at + grace,
            wants_resource,
            booking.starts_at
        ],
    )?;
    if moved == 1 { Ok(place) } else { Err(not_allowed(booking.state)) }
}

/// Names the sale that takes the rest; the one before it must be what the caller saw. `booking.rest_moved` (409).
pub fn set_rest(tx: &mut Tx<'_>, ctx: &Ctx, booking: &Booking, order_id: Id) -> Result<()> {
    let named = tx.exec(
        "update booking set rest_order_id = $3
         where mall_id = $1 and id = $2 and rest_order_id is not distinct from $4",
        &args![ctx.mall_id, booking.id, order_id, booking.rest_order_id],
    )?;
    match named {
        1 => Ok(()),
        _ => Err(Error::conflict("booking.rest_moved", "尾款刚刚在另一个柜台收了，请刷新再看")),
    }
}

/// Bookings that begin within a day and were made before that, not reminded of yet.
pub fn to_remind(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    from: Instant,
    to: Instant,
    day: i64,
    limit: i64,
) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from booking
         where mall_id = $1 and state = 'booked' and reminded_at is null and starts_at > $2 and starts_at <= $3
           and created_at < starts_at - $4
         order by starts_at
         limit $5",
        &args![mall_id, from, to, day, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Marks as reminded, once; false when somebody else did.
pub fn mark_reminded(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<bool> {
    let marked = tx.exec(
        "update booking set reminded_at = $3 where mall_id = $1 and id = $2 and reminded_at is null and state = 'booked'",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(marked == 1)
}

/// Bookings nobody is waited for any more.
pub fn due_no_show(tx: &mut Tx<'_>, mall_id: MallId, now: Instant, limit: i64) -> Result<Vec<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from booking
         where mall_id = $1 and state = 'booked' and no_show_at <= $2
         order by no_show_at
         limit $3",
        &args![mall_id, now, limit],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

impl Booking {
    /// Whether the deposit stays with the store when nobody comes.
    pub fn keeps_deposit(&self) -> bool {
        self.no_show == NoShow::Kept
    }
}
