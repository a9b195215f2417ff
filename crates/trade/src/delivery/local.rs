//! What an order was promised when it was placed: by which store, how far, for how much, and when. And the times a store
//! deals out for it.

use super::row;
use super::rule::{CarriedBy, DeliveryRule};
use super::{AboutDelivery, CANCEL_COURIER};
use crate::timeslot::{self, Places, TimeSlot};
use db::{FromRow, Row, Tx, args};
use goods::store::{Point, StoreRow};
use kernel::{Error, Id, Instant, MallId, Result, minutes};
use platform::Ctx;
use platform::job::{self, NewJob};
use platform::seal::{Sealer, random_digits};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

const PLACE: &str = "local_order.place";
/// Digits of the code the member tells at the door; a rider may be wrong five times.
const CODE_DIGITS: usize = 4;

/// When the member wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// As soon as the store can.
    Asap,
    /// In the slot that begins then.
    At(Instant),
}

/// The times a store deals out for delivery.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliverySlots {
    /// "As soon as you can" may be chosen now.
    pub asap: bool,
    /// Until the goods are packed.
    pub prepare_minutes: i64,
    /// In order; those without places are full.
    pub slots: Vec<TimeSlot>,
}

/// A promise about to be made.
#[derive(Debug, Clone)]
pub struct NewLocalOrder<'a> {
    pub order_id: Id,
    pub store: &'a StoreRow,
    pub rule: &'a DeliveryRule,
    pub distance_m: i64,
    pub weight_g: i64,
    pub fee_fen: i64,
    pub place: Point,
    pub wanted: Option<Wanted>,
}

/// What an order was promised.
#[derive(Debug, Clone)]
pub struct LocalOrder {
    pub order_id: Id,
    pub store_id: Id,
    pub carried_by: CarriedBy,
    pub courier_store: Option<String>,
    pub distance_m: i64,
    pub weight_g: i64,
    pub fee_fen: i64,
    place: Option<String>,
    /// What the member tells at the door.
    pub code: String,
    pub wanted_from: Instant,
    /// `None`: as soon as the store can.
    pub wanted_until: Option<Instant>,
    pub released_at: Option<Instant>,
}

const COLUMNS: &str =
    "order_id, store_id, carried_by, courier_store, distance_m, weight_g, fee_fen, place_sealed, code,
    wanted_from, wanted_until, released_at";

impl FromRow for LocalOrder {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(LocalOrder {
            order_id: row.next()?,
            store_id: row.next()?,
            carried_by: CarriedBy::parse(&row.next::<String>()?),
            courier_store: row.next()?,
            distance_m: row.next()?,
            weight_g: row.next()?,
            fee_fen: row.next()?,
            place: row.next()?,
            code: row.next()?,
            wanted_from: row.next()?,
            wanted_until: row.next()?,
            released_at: row.next()?,
        })
    }
}

impl LocalOrder {
    /// Where the door is; `None` once the person was taken out of the order.
    pub fn place(&self, sealer: &Sealer) -> Result<Option<Point>> {
        let Some(sealed) = &self.place else { return Ok(None) };
        let (lat, lng): (f64, f64) = serde_json::from_str(&sealer.open(PLACE, sealed)?).map_err(Error::internal)?;
        Ok(Some(Point { lat, lng }))
    }
}

/// The times a store that delivers by `rule` deals out.
pub fn slots(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store: &StoreRow,
    rule: &DeliveryRule,
    now: Instant,
    utc_offset_ms: i64,
) -> Result<DeliverySlots> {
    let spans = rule.cut().spans(store, now, utc_offset_ms);
    let taken = timeslot::taken(tx, mall_id, Places::Delivery, store.id, &spans)?;
    let left = |at: &Instant| (rule.capacity - taken.get(at).copied().unwrap_or(0)).max(0);
    let slots = spans
        .iter()
        .map(|span| TimeSlot { starts_at: span.starts_at, ends_at: span.ends_at, left: left(&span.starts_at) })
        .collect();
    let asap = rule.asap && store.is_open_at(now, utc_offset_ms);
    Ok(DeliverySlots { asap, prepare_minutes: rule.prepare_minutes, slots })
}

/// Takes the place in time and writes down what was promised. `delivery.slot_required`, `delivery.slot_gone`,
/// `delivery.slot_full`, `delivery.asap_closed` (409).
pub fn promise(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, new: &NewLocalOrder<'_>, utc_offset_ms: i64) -> Result<()> {
    let (store, rule) = (new.store, new.rule);
    let refuse = |code: &'static str, text: &'static str, field: &'static str| Error::conflict(code, text).at(field);
    let (from, until) = match new.wanted {
        None => return Err(refuse("delivery.slot_required", "请选择送达的时间", "delivery.slot_at")),
        Some(Wanted::Asap) if !rule.asap || !store.is_open_at(ctx.now, utc_offset_ms) => {
            let text = "门店现在不营业，不能尽快送达，请选一个时段";
            return Err(refuse("delivery.asap_closed", text, "delivery.asap"));
        }
        Some(Wanted::Asap) => (ctx.now + minutes(rule.prepare_minutes), None),
        Some(Wanted::At(starts_at)) => {
            let spans = rule.cut().spans(store, ctx.now, utc_offset_ms);
            let span = spans.into_iter().find(|span| span.starts_at == starts_at);
            let gone = || refuse("delivery.slot_gone", "这个时段不能选了，请换一个", "delivery.slot_at");
            let span = span.ok_or_else(gone)?;
            if !timeslot::take(tx, ctx, Places::Delivery, store.id, starts_at, rule.capacity)? {
                return Err(refuse("delivery.slot_full", "这个时段刚刚约满了，请换一个", "delivery.slot_at"));
            }
            (span.starts_at, Some(span.ends_at))
        }
    };
    let place = serde_json::to_string(&(new.place.lat, new.place.lng)).map_err(Error::internal)?;
    tx.exec(
        &format!(
            "insert into local_order (mall_id, {COLUMNS})
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, null)"
        ),
        &args![
            ctx.mall_id,
            new.order_id,
            store.id,
            rule.carried_by.as_str(),
            rule.courier_store(),
            new.distance_m,
            new.weight_g,
            new.fee_fen,
            sealer.seal(PLACE, &place),
            random_digits(CODE_DIGITS),
            from,
            until
        ],
    )?;
    Ok(())
}

/// What an order was promised; `None` when it is not delivered by a store.
pub fn local_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<LocalOrder>> {
    tx.opt(
        &format!("select {COLUMNS} from local_order where mall_id = $1 and order_id = $2"),
        &args![mall_id, order_id],
    )
}

/// What some orders were promised.
pub fn local_orders(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, LocalOrder>> {
    let rows: Vec<LocalOrder> = tx.all(
        &format!("select {COLUMNS} from local_order where mall_id = $1 and order_id = any($2)"),
        &args![mall_id, order_ids],
    )?;
    Ok(rows.into_iter().map(|row| (row.order_id, row)).collect())
}

/// The order was closed: what was not fetched is not carried any more, and its place in time is free again. What is on
/// its way stays, until it is brought back.
pub fn order_closed(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let unfinished = row::unfinished_of(tx, ctx.mall_id, order_id)?;
    if unfinished.as_ref().is_some_and(|delivery| delivery.fetched_at.is_some()) {
        return Ok(());
    }
    if let Some(delivery) = unfinished {
        super::life::cancel(tx, ctx, &delivery, "订单已关闭")?;
        if delivery.courier_number.is_some() {
            let about = AboutDelivery { delivery_id: delivery.id };
            job::enqueue(tx, ctx, NewJob::new(CANCEL_COURIER, &about).once(delivery.id))?;
        }
    }
    let held: Option<(Id, Instant, Option<Instant>)> = tx.opt(
        "update local_order set released_at = $3
         where mall_id = $1 and order_id = $2 and released_at is null
         returning store_id, wanted_from, wanted_until",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    match held {
        Some((store_id, from, Some(_))) => timeslot::give_back(tx, ctx, Places::Delivery, store_id, from),
        _ => Ok(()),
    }
}

/// A code is equal, whatever stands between its digits.
pub(super) fn is_code(kept: &str, typed: &str) -> bool {
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    kept == digits
}
