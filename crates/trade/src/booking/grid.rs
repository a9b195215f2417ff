//! The grid of quarters of an hour: taken by one guarded upsert over all quarters of a booking, or not at all.

use super::offer::Service;
use super::resource::Resource;
use super::times::{is_ahead, starts};
use db::{Arg, Tx, args};
use goods::store::StoreRow;
use kernel::{Error, Id, Instant, MallId, Result, days, minutes};
use platform::Ctx;
use std::collections::HashMap;

/// A quarter of an hour.
pub(super) const TICK: i64 = minutes(15);

/// Quarters that are held of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub resource_id: Id,
    pub starts_at: Instant,
    pub busy_until: Instant,
    pub weight: i64,
}

impl Held {
    pub(super) fn ticks(&self) -> impl Iterator<Item = Instant> {
        let count = (self.busy_until - self.starts_at) / TICK;
        let from = self.starts_at;
        (0..count).map(move |turn| from + turn * TICK)
    }
}

/// A time that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub store: &'a StoreRow,
    pub service: &'a Service,
    /// In the order of their ids; one of them takes it.
    pub resources: &'a [Resource],
    pub people: i64,
    pub starts_at: Instant,
    pub utc_offset_ms: i64,
    /// Somebody at the store: the time may have begun, and need not be far enough ahead.
    pub by_store: bool,
}

/// The place that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub held: Held,
    pub ends_at: Instant,
}

/// Takes a time with the least busy of those who can. `booking.time_gone`, `booking.time_full` (409).
pub fn take(tx: &mut Tx<'_>, ctx: &Ctx, wanted: &Wanted<'_>) -> Result<Place> {
    let Wanted { store, service, people, starts_at, utc_offset_ms, .. } = *wanted;
    let day = starts_at.day_at_offset(utc_offset_ms);
    let length = minutes(service.duration_minutes);
    let earliest = match wanted.by_store {
        true => ctx.now - length,
        false => ctx.now + minutes(service.lead_minutes),
    };
    let is_offered = starts_at >= earliest && is_ahead(service, day, ctx.now, utc_offset_ms);
    let mut able: Vec<&Resource> = wanted
        .resources
        .iter()
        .filter(|resource| is_offered && starts(store, resource, service, day, utc_offset_ms).contains(&starts_at))
        .collect();
    if able.is_empty() {
        return Err(Error::conflict("booking.time_gone", "这个时间不能约了，请换一个").at("starts_at"));
    }
    if able.len() > 1 {
        let busy = busy_on(tx, ctx.mall_id, &able, Instant(day * days(1) - utc_offset_ms))?;
        able.sort_by_key(|resource| (busy.get(&resource.id).copied().unwrap_or(0), resource.id));
    }
    let busy_until = starts_at + length + minutes(service.pause_minutes);
    for resource in able {
        let held = Held { resource_id: resource.id, starts_at, busy_until, weight: resource.weight(people) };
        match tx.savepoint(|tx| take_of(tx, ctx, resource, &held)) {
            Ok(()) => return Ok(Place { held, ends_at: starts_at + length }),
            Err(error) if error.is(FULL) => {}
            Err(error) => return Err(error),
        }
    }
    Err(full())
}

const FULL: &str = "booking.time_full";

fn full() -> Error {
    Error::conflict(FULL, "这个时间刚刚约满了，请换一个").at("starts_at")
}

fn take_of(tx: &mut Tx<'_>, ctx: &Ctx, resource: &Resource, held: &Held) -> Result<()> {
    if held.weight > resource.capacity {
        return Err(full());
    }
    let rows: Vec<Vec<Arg>> =
        held.ticks().map(|at| args![ctx.mall_id, resource.id, at, held.weight, resource.capacity].to_vec()).collect();
    let taken = tx.insert_many(
        "insert into booking_tick (mall_id, resource_id, at, taken, capacity) values",
        "on conflict (mall_id, resource_id, at) do update
         set taken = booking_tick.taken + excluded.taken, capacity = excluded.capacity
         where booking_tick.taken + excluded.taken <= excluded.capacity",
        &rows,
    )?;
    if taken == rows.len() as u64 { Ok(()) } else { Err(full()) }
}

/// Gives quarters back; the caller ended or moved their booking in the same transaction, once.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, held: &Held) -> Result<()> {
    let back = tx.exec(
        "update booking_tick set taken = taken - $5
         where mall_id = $1 and resource_id = $2 and at >= $3 and at < $4 and taken >= $5",
        &args![ctx.mall_id, held.resource_id, held.starts_at, held.busy_until, held.weight],
    )?;
    // Quarters that are long over were swept.
    if back == held.ticks().count() as u64 || held.starts_at < ctx.now - KEPT {
        return Ok(());
    }
    Err(Error::internal("a booking holds quarters its grid does not know"))
}

/// What is taken of some resources, by quarter.
pub(super) fn taken_between(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    resource_ids: &[Id],
    from: Instant,
    to: Instant,
) -> Result<HashMap<(Id, Instant), i64>> {
    let rows: Vec<(Id, Instant, i64)> = tx.all(
        "select resource_id, at, taken from booking_tick
         where mall_id = $1 and resource_id = any($2) and at >= $3 and at < $4",
        &args![mall_id, resource_ids, from, to],
    )?;
    Ok(rows.into_iter().map(|(resource, at, taken)| ((resource, at), taken)).collect())
}

fn busy_on(tx: &mut Tx<'_>, mall_id: MallId, able: &[&Resource], midnight: Instant) -> Result<HashMap<Id, i64>> {
    let ids: Vec<Id> = able.iter().map(|resource| resource.id).collect();
    let rows: Vec<(Id, i64)> = tx.all(
        "select resource_id, cast(sum(taken) as bigint) from booking_tick
         where mall_id = $1 and resource_id = any($2) and at >= $3 and at < $4
         group by resource_id",
        &args![mall_id, ids, midnight, midnight + days(1)],
    )?;
    Ok(rows.into_iter().collect())
}

/// How long quarters are kept after they are over.
const KEPT: i64 = days(7);

/// Forgets quarters that are long over.
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
    tx.exec("delete from booking_tick where mall_id = $1 and at < $2", &args![mall_id, now - KEPT - days(1)])
}
