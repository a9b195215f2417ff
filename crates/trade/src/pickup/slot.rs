//! The slots in which orders are fetched: a store's rule, the places that are free, and the place an order holds.

pub use crate::timeslot::Booking;
use crate::timeslot::{self, Cut, Places, TimeSlot};
use db::{Tx, args};
use goods::store::StoreRow;
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
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

impl PickupRule {
    fn cut(&self) -> Cut {
        let PickupRule { slot_minutes, days_ahead, lead_minutes, .. } = *self;
        Cut { slot_minutes, days_ahead, lead_minutes }
    }
}

/// The slots of a store with the places that are free; `None` when it deals out no time.
pub fn slots(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store: &StoreRow,
    now: Instant,
    utc_offset_ms: i64,
) -> Result<Option<(PickupRule, Vec<TimeSlot>)>> {
    let Some(rule) = rule(tx, mall_id, store.id)? else { return Ok(None) };
    let cut = rule.cut().spans(store, now, utc_offset_ms);
    let taken = timeslot::taken(tx, mall_id, Places::Pickup, store.id, &cut)?;
    let free = |slot: &Booking| TimeSlot {
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
    timeslot::give_back(tx, ctx, Places::Pickup, store.id, held.starts_at)?;
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
    let slot = rule.cut().spans(store, ctx.now, utc_offset_ms).into_iter().find(|slot| slot.starts_at == starts_at);
    let slot = slot.ok_or_else(gone)?;
    if !timeslot::take(tx, ctx, Places::Pickup, store.id, starts_at, rule.capacity)? {
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
    held.map_or(Ok(()), |(store_id, at)| timeslot::give_back(tx, ctx, Places::Pickup, store_id, at))
}
