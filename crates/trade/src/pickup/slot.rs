//! Time slots: cut from a store's hours and special days, taken one place at a time. A slot is never over its capacity,
//! whoever asks at the same instant: the place is taken by a guarded upsert under the table's check.

use db::{Tx, args};
use goods::store::{StoreRow, spans_on};
use kernel::{Error, Id, Instant, MallId, Result, days, minutes};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// How a store deals out its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PickupRule {
    #[schema(minimum = 15, maximum = 480)]
    pub slot_minutes: i64,
    /// Orders a slot.
    #[schema(minimum = 1, maximum = 10000)]
    pub capacity: i64,
    /// Days that can be chosen, today included.
    #[schema(minimum = 1, maximum = 30)]
    pub days_ahead: i64,
    /// A slot can be chosen until so long before it begins.
    #[schema(minimum = 0, maximum = 10080)]
    pub lead_minutes: i64,
}

db::row!(PickupRule { slot_minutes, capacity, days_ahead, lead_minutes });

impl PickupRule {
    /// 400 at the first value that does not fit.
    pub fn check(&self) -> Result<()> {
        let fits = |field: &'static str, value: i64, from: i64, to: i64| match value {
            value if (from..=to).contains(&value) => Ok(()),
            _ => Err(Error::field(field, format!("请填写 {from} 到 {to} 之间的数"))),
        };
        fits("slot_minutes", self.slot_minutes, 15, 480)?;
        fits("capacity", self.capacity, 1, 10_000)?;
        fits("days_ahead", self.days_ahead, 1, 30)?;
        fits("lead_minutes", self.lead_minutes, 0, 10_080)
    }
}

/// A slot that can be chosen, or that is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PickupSlot {
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Places that are free.
    pub left: i64,
}

/// The place an order holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    pub starts_at: Instant,
    pub ends_at: Instant,
}

db::row!(Booking { starts_at, ends_at });

/// A store's rule, if it deals out time.
pub fn rule(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id) -> Result<Option<PickupRule>> {
    tx.opt(
        "select slot_minutes, capacity, days_ahead, lead_minutes from pickup_rule
         where mall_id = $1 and store_id = $2",
        &args![mall_id, store_id],
    )
}

/// Saves a store's rule; `None` lets members come whenever it is open.
pub fn save_rule(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, rule: Option<&PickupRule>) -> Result<()> {
    let Some(rule) = rule else {
        tx.exec("delete from pickup_rule where mall_id = $1 and store_id = $2", &args![ctx.mall_id, store_id])?;
        return Ok(());
    };
    tx.exec(
        "insert into pickup_rule (mall_id, store_id, slot_minutes, capacity, days_ahead, lead_minutes, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, store_id) do update
         set slot_minutes = excluded.slot_minutes, capacity = excluded.capacity, days_ahead = excluded.days_ahead,
             lead_minutes = excluded.lead_minutes, updated_at = excluded.updated_at",
        &args![ctx.mall_id, store_id, rule.slot_minutes, rule.capacity, rule.days_ahead, rule.lead_minutes, ctx.now],
    )?;
    Ok(())
}

/// The slots of a rule that lie ahead, in order: each span of a day cut from its beginning, a rest too short left out.
pub fn cut(store: &StoreRow, rule: &PickupRule, now: Instant, utc_offset_ms: i64) -> Vec<Booking> {
    let (today, length) = (now.day_at_offset(utc_offset_ms), rule.slot_minutes);
    let earliest = now + minutes(rule.lead_minutes);
    let mut slots = Vec::new();
    // Yesterday too: a span that passes midnight is not over.
    for day in today - 1..today + rule.days_ahead {
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

/// The slots of a store with the places that are free; `None` when it deals out no time.
pub fn slots(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store: &StoreRow,
    now: Instant,
    utc_offset_ms: i64,
) -> Result<Option<(PickupRule, Vec<PickupSlot>)>> {
    let Some(rule) = rule(tx, mall_id, store.id)? else { return Ok(None) };
    let cut = cut(store, &rule, now, utc_offset_ms);
    let Some((first, last)) = cut.first().zip(cut.last()) else { return Ok(Some((rule, Vec::new()))) };
    let rows: Vec<(Instant, i64)> = tx.all(
        "select starts_at, taken from pickup_slot
         where mall_id = $1 and store_id = $2 and starts_at between $3 and $4",
        &args![mall_id, store.id, first.starts_at, last.starts_at],
    )?;
    let taken: HashMap<Instant, i64> = rows.into_iter().collect();
    let free = |slot: &Booking| PickupSlot {
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        left: (rule.capacity - taken.get(&slot.starts_at).copied().unwrap_or(0)).max(0),
    };
    Ok(Some((rule, cut.iter().map(free).collect())))
}

/// Takes a place for an order. `pickup.slot_required`, `pickup.slot_gone`, `pickup.slot_full` (409).
pub fn book(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    store: &StoreRow,
    order_id: Id,
    starts_at: Option<Instant>,
    utc_offset_ms: i64,
) -> Result<()> {
    let Some(rule) = rule(tx, ctx.mall_id, store.id)? else {
        return match starts_at {
            None => Ok(()),
            Some(_) => Err(gone()),
        };
    };
    let starts_at =
        starts_at.ok_or_else(|| Error::conflict("pickup.slot_required", "请选择取货的时间").at("delivery.slot_at"))?;
    let slot = take_place(tx, ctx, store, &rule, starts_at, utc_offset_ms)?;
    tx.exec(
        "insert into pickup_booking (mall_id, order_id, store_id, starts_at, ends_at) values ($1, $2, $3, $4, $5)",
        &args![ctx.mall_id, order_id, store.id, slot.starts_at, slot.ends_at],
    )?;
    Ok(())
}

/// Moves an order to another time: its place there is taken before the old one is given back. `pickup.slot_gone`,
/// `pickup.slot_full`, `pickup.no_booking` (409).
pub fn rebook(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    store: &StoreRow,
    order_id: Id,
    starts_at: Instant,
    utc_offset_ms: i64,
) -> Result<Booking> {
    let held = booking(tx, ctx.mall_id, order_id)?.ok_or_else(no_booking)?;
    if held.starts_at == starts_at {
        return Ok(held);
    }
    let rule = rule(tx, ctx.mall_id, store.id)?.ok_or_else(gone)?;
    let slot = take_place(tx, ctx, store, &rule, starts_at, utc_offset_ms)?;
    let moved = tx.exec(
        "update pickup_booking set starts_at = $3, ends_at = $4
         where mall_id = $1 and order_id = $2 and starts_at = $5 and released_at is null",
        &args![ctx.mall_id, order_id, slot.starts_at, slot.ends_at, held.starts_at],
    )?;
    if moved == 0 {
        return Err(no_booking());
    }
    give_place_back(tx, ctx, store.id, held.starts_at)?;
    tx.exec(
        "update pickup set wanted_at = $3
         where mall_id = $1 and order_id = $2 and redeemed_at is null and closed_at is null",
        &args![ctx.mall_id, order_id, slot.starts_at],
    )?;
    Ok(slot)
}

/// The refusal when an order holds no place.
pub fn no_booking() -> Error {
    Error::conflict("pickup.no_booking", "这个订单没有可以改的取货时间，请刷新再看")
}

fn take_place(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    store: &StoreRow,
    rule: &PickupRule,
    starts_at: Instant,
    utc_offset_ms: i64,
) -> Result<Booking> {
    let slot = cut(store, rule, ctx.now, utc_offset_ms).into_iter().find(|slot| slot.starts_at == starts_at);
    let slot = slot.ok_or_else(gone)?;
    let taken = tx.exec(
        "insert into pickup_slot (mall_id, store_id, starts_at, taken, capacity)
         values ($1, $2, $3, 1, $4)
         on conflict (mall_id, store_id, starts_at) do update
         set taken = pickup_slot.taken + 1, capacity = excluded.capacity
         where pickup_slot.taken < excluded.capacity",
        &args![ctx.mall_id, store.id, starts_at, rule.capacity],
    )?;
    if taken == 0 {
        return Err(Error::conflict("pickup.slot_full", "这个时段刚刚约满了，请换一个").at("delivery.slot_at"));
    }
    Ok(slot)
}

fn gone() -> Error {
    Error::conflict("pickup.slot_gone", "这个时段不能选了，请换一个").at("delivery.slot_at")
}

/// The place an order holds.
pub fn booking(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Booking>> {
    tx.opt(
        "select starts_at, ends_at from pickup_booking where mall_id = $1 and order_id = $2 and released_at is null",
        &args![mall_id, order_id],
    )
}

/// Gives an order's place back, once.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let held: Option<(Id, Instant)> = tx.opt(
        "update pickup_booking set released_at = $3
         where mall_id = $1 and order_id = $2 and released_at is null
         returning store_id, starts_at",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    held.map_or(Ok(()), |(store_id, starts_at)| give_place_back(tx, ctx, store_id, starts_at))
}

fn give_place_back(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, starts_at: Instant) -> Result<()> {
    let back = tx.exec(
        "update pickup_slot set taken = taken - 1 where mall_id = $1 and store_id = $2 and starts_at = $3 and taken > 0",
        &args![ctx.mall_id, store_id, starts_at],
    )?;
    if back == 1 { Ok(()) } else { Err(Error::internal("a booking holds a place its slot does not know")) }
}
