//! Parcels of an order and their tracks.

use super::carriers::{CarrierCodes, carrier};
use db::{FromRow, Row, Tx, args};
use kernel::ports::Track;
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// How many of a line are in a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParcelLine {
    pub line_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
}

/// A parcel's row.
#[derive(Debug, Clone)]
pub struct ParcelRow {
    pub id: Id,
    pub carrier_code: String,
    pub tracking_number: String,
    lines: String,
    pub state: Option<String>,
    track: Option<String>,
    pub tracked_at: Instant,
    pub shipped_at: Instant,
}

db::row!(ParcelRow { id, carrier_code, tracking_number, lines, state, track, tracked_at, shipped_at });

const COLUMNS: &str = "id, carrier_code, tracking_number, lines, state, track, tracked_at, shipped_at";

/// A parcel as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ParcelView {
    pub id: Id,
    pub carrier_code: String,
    pub carrier_name: String,
    pub tracking_number: String,
    pub shipped_at: Instant,
    /// `collected`, `in_transit`, `delivering`, `signed`, `trouble`, `returning`, `returned`, `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    pub lines: Vec<ParcelLine>,
}

/// One step of a parcel's journey.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TrackEventView {
    pub at: Instant,
    pub text: String,
}

/// A parcel's journey, newest step first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TrackView {
    pub carrier_name: String,
    pub tracking_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    pub events: Vec<TrackEventView>,
}

impl ParcelRow {
    pub fn carrier_name(&self) -> String {
        carrier(&self.carrier_code).map_or_else(|| self.carrier_code.clone(), |c| c.name.to_owned())
    }
    pub fn lines(&self) -> Result<Vec<ParcelLine>> {
        serde_json::from_str(&self.lines).map_err(Error::internal)
    }
    pub fn view(&self) -> Result<ParcelView> {
        Ok(ParcelView {
            id: self.id,
            carrier_code: self.carrier_code.clone(),
            carrier_name: self.carrier_name(),
            tracking_number: self.tracking_number.clone(),
            shipped_at: self.shipped_at,
            state: self.state.clone(),
            lines: self.lines()?,
        })
    }
}

/// The journey kept with a parcel.
pub fn track_view(parcel: &ParcelRow) -> Result<TrackView> {
    let events = parcel.track.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
    Ok(TrackView {
        carrier_name: parcel.carrier_name(),
        tracking_number: parcel.tracking_number.clone(),
        state: parcel.state.clone(),
        events: events.unwrap_or_default(),
    })
}

/// Parcels of an order, oldest first.
pub fn parcels(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<ParcelRow>> {
    tx.all(
        &format!("select {COLUMNS} from parcel where mall_id = $1 and order_id = $2 order by id"),
        &args![mall_id, order_id],
    )
}

/// Parcels of several orders, oldest first.
pub fn parcels_of(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Vec<ParcelRow>>> {
    let rows: Vec<OfOrder> = tx.all(
        &format!("select order_id, {COLUMNS} from parcel where mall_id = $1 and order_id = any($2) order by id"),
        &args![mall_id, order_ids],
    )?;
    let mut parcels: HashMap<Id, Vec<ParcelRow>> = HashMap::new();
    for row in rows {
        parcels.entry(row.order_id).or_default().push(row.parcel);
    }
    Ok(parcels)
}

struct OfOrder {
    order_id: Id,
    parcel: ParcelRow,
}

impl FromRow for OfOrder {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(OfOrder { order_id: row.next()?, parcel: ParcelRow::from_row(row)? })
    }
}

/// One parcel of an order.
pub fn find_parcel(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id, id: Id) -> Result<ParcelRow> {
    tx.opt(
        &format!("select {COLUMNS} from parcel where mall_id = $1 and order_id = $2 and id = $3"),
        &args![mall_id, order_id, id],
    )?
    .ok_or_else(|| Error::not_found("shipping.no_such_parcel", "没有找到这个包裹"))
}

/// What of an order can be sent now: not what was refunded before, nor what an open after-sale withholds.
pub fn unshipped(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Vec<ParcelLine>> {
    let rows: Vec<(Id, i64)> = tx.all(
        "select id, quantity - shipped_quantity - unsent_quantity - withheld_quantity from order_line
         where mall_id = $1 and order_id = $2 and shipped_quantity + unsent_quantity + withheld_quantity < quantity
         order by id",
        &args![mall_id, order_id],
    )?;
    Ok(rows.into_iter().map(|(line_id, quantity)| ParcelLine { line_id, quantity }).collect())
}

/// True when nothing of an order waits to be sent, also nothing that an open after-sale withholds.
pub fn is_all_sent(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<bool> {
    let (left,): (i64,) = tx.one(
        "select cast(sum(quantity - shipped_quantity - unsent_quantity) as bigint) from order_line
         where mall_id = $1 and order_id = $2",
        &args![mall_id, order_id],
    )?;
    Ok(left == 0)
}

/// Refuses what no carrier prints.
pub fn check_tracking_number(number: &str) -> Result<()> {
    let fits = (6..=40).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(()) } else { Err(Error::field("tracking_number", "运单号应为 6 到 40 位字母或数字")) }
}

/// Writes a parcel and counts its goods as shipped. `order.shipped_too_much` (409) past what was ordered.
pub fn record_parcel(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order_id: Id,
    by: &CarrierCodes,
    tracking_number: &str,
    lines: &[ParcelLine],
) -> Result<Id> {
    let number: String = tracking_number.chars().filter(|c| !c.is_whitespace()).collect();
    check_tracking_number(&number)?;
    if lines.is_empty() || lines.iter().any(|line| line.quantity <= 0) {
        return Err(Error::field("lines", "请填写要发出的商品和数量"));
    }
    for line in lines {
        let counted = tx.exec(
            "update order_line
             set shipped_quantity = shipped_quantity + $4
             where mall_id = $1 and order_id = $2 and id = $3 
               and shipped_quantity + $4 + unsent_quantity + withheld_quantity <= quantity",
            &args![ctx.mall_id, order_id, line.line_id, line.quantity],
        )?;
        if counted == 0 {
            return Err(Error::conflict("order.shipped_too_much", "发货数量超过了订单里还没发的数量"));
        }
    }
    let id = ctx.id();
    tx.exec(
        "insert into parcel (id, mall_id, order_id, carrier_code, tracking_number, lines, shipped_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![
            id,
            ctx.mall_id,
            order_id,
            by.code,
            &number,
            serde_json::to_string(lines).map_err(Error::internal)?,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// Keeps what the carrier told; an unknown number only remembers that it was asked.
pub fn save_track(tx: &mut Tx<'_>, ctx: &Ctx, parcel_id: Id, track: Option<&Track>) -> Result<()> {
    let Some(track) = track else {
        tx.exec(
            "update parcel set tracked_at = $3 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, parcel_id, ctx.now],
        )?;
        return Ok(());
    };
    let events: Vec<TrackEventView> =
        track.events.iter().map(|e| TrackEventView { at: e.at, text: e.text.clone() }).collect();
    tx.exec(
        "update parcel set state = $3, track = $4, tracked_at = $5 where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            parcel_id,
            track.state.as_str(),
            serde_json::to_string(&events).map_err(Error::internal)?,
            ctx.now
        ],
    )?;
    Ok(())
}
