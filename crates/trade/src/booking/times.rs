//! Free times: cut from the store's hours and the resource's own, less what is taken. Nothing is stored ahead, so changed hours
//! are right at once. Pure but for one query of what is taken.

use super::grid::{Held, TICK, taken_between};
use super::offer::Service;
use super::resource::Resource;
use db::Tx;
use goods::store::{OpeningHours, SpecialDay, StoreRow, spans_of};
use kernel::{Id, Instant, MallId, Result, days, minutes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// A time that can be chosen, or that is full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BookingTime)]
pub struct FreeTime {
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// How many more such bookings fit.
    pub left: i64,
    /// With whom.
    pub resource_ids: Vec<Id>,
}

type Span = (Instant, Instant);

/// What is open around a day, with the night before, merged where spans touch.
fn open_around(hours: &[OpeningHours], special: &[SpecialDay], day: i64, utc_offset_ms: i64) -> Vec<Span> {
    let mut open: Vec<Span> = (day - 1..=day + 1)
        .flat_map(|day| {
            let midnight = Instant(day * days(1) - utc_offset_ms);
            spans_of(hours, special, day).into_iter().map(move |(open, close)| {
                let close = if close <= open { close + 24 * 60 } else { close };
                (midnight + minutes(open), midnight + minutes(close))
            })
        })
        .collect();
    open.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(open.len());
    for (from, to) in open {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// A week without a closed minute, for who keeps no hours of their own.
fn always() -> Vec<OpeningHours> {
    (1..=7).map(|weekday| OpeningHours { weekday, open: "00:00".into(), close: "24:00".into() }).collect()
}

/// The beginnings of a service with a resource on a day of the mall's calendar, in order, whatever is taken.
pub fn starts(store: &StoreRow, resource: &Resource, service: &Service, day: i64, utc_offset_ms: i64) -> Vec<Instant> {
    let always = always();
    let week = if resource.hours.is_empty() { &always } else { &resource.hours };
    let own = open_around(week, &resource.special_days, day, utc_offset_ms);
    let stores = open_around(&store.hours, &store.special_days, day, utc_offset_ms);
    let midnight = Instant(day * days(1) - utc_offset_ms);
    let (length, step) = (minutes(service.duration_minutes), minutes(service.step_minutes));
    let mut found = Vec::new();
    let mut at = midnight;
    while at < midnight + days(1) {
        let fits = |spans: &[Span]| spans.iter().any(|(from, to)| *from <= at && at + length <= *to);
        if fits(&stores) && fits(&own) {
            found.push(at);
        }
        at = at + step;
    }
    found
}

/// Whether a day can be chosen at all.
pub(super) fn is_ahead(service: &Service, day: i64, now: Instant, utc_offset_ms: i64) -> bool {
    let today = now.day_at_offset(utc_offset_ms);
    (today..today + service.days_ahead).contains(&day)
}

/// The times of a day for so many people with any of some resources. `earliest` is the first beginning that can be
/// chosen, `except` a booking about to be moved.
#[allow(clippy::too_many_arguments, reason = "a day is what it depends on")]
pub fn free_times(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store: &StoreRow,
    service: &Service,
    resources: &[Resource],
    people: i64,
    day: i64,
    (now, earliest): (Instant, Instant),
    utc_offset_ms: i64,
    except: Option<&Held>,
) -> Result<Vec<FreeTime>> {
    if !is_ahead(service, day, now, utc_offset_ms) {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = resources.iter().map(|resource| resource.id).collect();
    let midnight = Instant(day * days(1) - utc_offset_ms);
    let busy = minutes(service.duration_minutes + service.pause_minutes);
    let mut taken = taken_between(tx, mall_id, &ids, midnight, midnight + days(1) + busy)?;
    if let Some(held) = except {
        for at in held.ticks() {
            if let Some(there) = taken.get_mut(&(held.resource_id, at)) {
                *there -= held.weight;
            }
        }
    }
    let mut times: BTreeMap<Instant, FreeTime> = BTreeMap::new();
    for resource in resources {
        for starts_at in starts(store, resource, service, day, utc_offset_ms) {
            if starts_at < earliest {
                continue;
            }
            let ends_at = starts_at + minutes(service.duration_minutes);
            let time =
                times.entry(starts_at).or_insert(FreeTime { starts_at, ends_at, left: 0, resource_ids: Vec::new() });
            let left = left_of(resource, people, starts_at, starts_at + busy, &taken);
            if left > 0 {
                time.left += left;
                time.resource_ids.push(resource.id);
            }
        }
    }
    Ok(times.into_values().collect())
}

fn left_of(resource: &Resource, people: i64, from: Instant, to: Instant, taken: &HashMap<(Id, Instant), i64>) -> i64 {
    let mut most = 0;
    let mut at = from;
    while at < to {
        most = most.max(taken.get(&(resource.id, at)).copied().unwrap_or(0));
        at = at + TICK;
    }
    ((resource.capacity - most) / resource.weight(people).max(1)).max(0)
}
