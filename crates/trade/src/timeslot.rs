//! Time that a store deals out: spans cut from its hours and special days, of which only taken places are counted. A span
//! is never over its capacity, whoever asks at the same instant: a place is taken by a guarded upsert under the table's
//! check. Pickup and delivery each count their own places.

use db::{Tx, args};
use goods::store::{StoreRow, spans_on};
use kernel::{Error, Id, Instant, MallId, Result, days, minutes};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A span of time at a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    pub starts_at: Instant,
    pub ends_at: Instant,
}

db::row!(Booking { starts_at, ends_at });

/// A span that can be chosen, or that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeSlot {
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Places that are free.
    pub left: i64,
}

/// How spans are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub slot_minutes: i64,
    pub days_ahead: i64,
    /// A span can be chosen until so long before it begins.
    pub lead_minutes: i64,
}

/// Whose places are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    Pickup,
    Delivery,
}

impl Places {
    const fn table(self) -> &'static str {
        match self {
            Places::Pickup => "pickup_slot",
            Places::Delivery => "delivery_slot",
        }
    }
}

impl Cut {
    /// The spans that lie ahead, in order: each span of a day cut from its beginning, a rest too short left out.
    pub(crate) fn spans(&self, store: &StoreRow, now: Instant, utc_offset_ms: i64) -> Vec<Booking> {
        let (today, length) = (now.day_at_offset(utc_offset_ms), self.slot_minutes);
        let earliest = now + minutes(self.lead_minutes);
        let mut slots = Vec::new();
        // Yesterday too: a span that passes midnight is not over.
        for day in today - 1..today + self.days_ahead {
            let midnight = Instant(day * days(1) - utc_offset_ms);
            for (open, close) in spans_on(store, day) {
                let close = if close <= open { close + 24 * 60 } else { close };
                let mut start = open;
                while start + length <= close {
                    let starts_at = midnight + minutes(start);
                    if starts_at >= earliest {
                        slots.push(Booking { starts_at, ends_at: starts_at + minutes(length) });
                    }
                    start += length;
                }
            }
        }
        slots.sort_by_key(|slot| slot.starts_at);
        slots.dedup_by_key(|slot| slot.starts_at);
        slots
    }
}

/// Places that are taken in these spans.
pub(crate) fn taken(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    places: Places,
    store_id: Id,
    spans: &[Booking],
) -> Result<HashMap<Instant, i64>> {
    let Some((first, last)) = spans.first().zip(spans.last()) else { return Ok(HashMap::new()) };
    let rows: Vec<(Instant, i64)> = tx.all(
        &format!(
            "select starts_at, taken from {}
             where mall_id = $1 and store_id = $2 and starts_at between $3 and $4",
            places.table()
        ),
        &args![mall_id, store_id, first.starts_at, last.starts_at],
    )?;
    Ok(rows.into_iter().collect())
}

/// Takes a place; false when the span is full.
pub(crate) fn take(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    places: Places,
    store_id: Id,
    starts_at: Instant,
    capacity: i64,
) -> Result<bool> {
    let table = places.table();
    let taken = tx.exec(
        &format!(
            "insert into {table} (mall_id, store_id, starts_at, taken, capacity)
             values ($1, $2, $3, 1, $4)
             on conflict (mall_id, store_id, starts_at) do update
             set taken = {table}.taken + 1, capacity = excluded.capacity
             where {table}.taken < excluded.capacity"
        ),
        &args![ctx.mall_id, store_id, starts_at, capacity],
    )?;
    Ok(taken == 1)
}

/// Gives a place back.
pub(crate) fn give_back(tx: &mut Tx<'_>, ctx: &Ctx, places: Places, store_id: Id, starts_at: Instant) -> Result<()> {
    let back = tx.exec(
        &format!(
            "update {} set taken = taken - 1 where mall_id = $1 and store_id = $2 and starts_at = $3 and taken > 0",
            places.table()
        ),
        &args![ctx.mall_id, store_id, starts_at],
    )?;
    if back == 1 { Ok(()) } else { Err(Error::internal("a booking holds a place its slot does not know")) }
}
