//! Rows of deliveries and the lists made of them.

use super::rule::CarriedBy;
use db::{FromRow, Row, Tx, args};
use kernel::ports::CourierStage;
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use platform::seal::Sealer;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Where a delivery stands.
///
/// ```text
/// waiting ─claim─▶ accepted ─fetch─▶ fetched ─deliver─▶ delivered
///    ▲  ◀─give up──┘                  │  ▲
///    └── cancelled ◀─ order closed   fail again
///                                     ▼  │
///                                    failed ─bring back─▶ returned
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// For a rider.
    Waiting,
    /// A rider will come for it.
    Accepted,
    /// On its way.
    Fetched,
    /// Nobody took it at the door; it is with the rider.
    Failed,
    Delivered,
    /// Brought back to the store.
    Returned,
    Cancelled,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 7] = [
        DeliveryState::Waiting,
        DeliveryState::Accepted,
        DeliveryState::Fetched,
        DeliveryState::Failed,
        DeliveryState::Delivered,
        DeliveryState::Returned,
        DeliveryState::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Accepted => "accepted",
            DeliveryState::Fetched => "fetched",
            DeliveryState::Failed => "failed",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Returned => "returned",
            DeliveryState::Cancelled => "cancelled",
        }
    }

    /// As people read it.
    pub const fn label(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "待接单",
            DeliveryState::Accepted => "待取货",
            DeliveryState::Fetched => "配送中",
            DeliveryState::Failed => "没有送到",
            DeliveryState::Delivered => "已送达",
            DeliveryState::Returned => "已带回门店",
            DeliveryState::Cancelled => "已取消",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let found = DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown state of a delivery {text}")))
    }
}

/// A delivery's row.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: Id,
    pub order_id: Id,
    pub store_id: Id,
    pub carried_by: CarriedBy,
    pub courier_store: Option<String>,
    pub state: DeliveryState,
    pub wanted_at: Instant,
    pub rider_id: Option<Id>,
    pub rider_name: Option<String>,
    rider_phone: Option<String>,
    pub accepted_at: Option<Instant>,
    pub fetched_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub proof: Option<String>,
    pub note: Option<String>,
    pub wrong_codes: i64,
    pub courier_number: Option<String>,
    pub courier_service: Option<String>,
    pub courier_stage: i64,
    pub courier_at: Instant,
    pub last_error: Option<String>,
}

pub(super) const COLUMNS: &str =
    "id, order_id, store_id, carried_by, courier_store, state, wanted_at, rider_id, rider_name,
    rider_phone_sealed, accepted_at, fetched_at, ended_at, proof, note, wrong_codes, courier_number, courier_service,
    courier_stage, courier_at, last_error";

pub(super) const RIDER_PHONE: &str = "delivery.rider_phone";

impl FromRow for Delivery {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Delivery {
            id: row.next()?,
            order_id: row.next()?,
            store_id: row.next()?,
            carried_by: CarriedBy::parse(&row.next::<String>()?),
            courier_store: row.next()?,
            state: DeliveryState::parse(&row.next::<String>()?)?,
            wanted_at: row.next()?,
            rider_id: row.next()?,
            rider_name: row.next()?,
            rider_phone: row.next()?,
            accepted_at: row.next()?,
            fetched_at: row.next()?,
            ended_at: row.next()?,
            proof: row.next()?,
            note: row.next()?,
            wrong_codes: row.next()?,
            courier_number: row.next()?,
            courier_service: row.next()?,
            courier_stage: row.next()?,
            courier_at: row.next()?,
            last_error: row.next()?,
        })
    }
}

impl Delivery {
    /// The number a courier service knows it by.
    pub fn number(&self) -> String {
        self.id.to_string()
    }

    /// The rider's phone, opened.
    pub fn rider_phone(&self, sealer: &Sealer) -> Result<Option<String>> {
        self.rider_phone.as_deref().map(|sealed| sealer.open(RIDER_PHONE, sealed)).transpose()
    }

    /// The last thing a courier service said: when, and what.
    pub fn heard(&self) -> (Instant, i64) {
        (self.courier_at, self.courier_stage)
    }

    /// Whether a courier service's report is news. Reports come in any order and more than once.
    pub fn is_news(&self, at: Instant, stage: CourierStage) -> bool {
        (at, stage.rank()) > self.heard()
    }
}

/// One delivery; `delivery.not_found` (404).
pub fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Delivery> {
    let found =
        tx.opt(&format!("select {COLUMNS} from delivery where mall_id = $1 and id = $2"), &args![mall_id, id])?;
    found.ok_or_else(|| Error::not_found("delivery.not_found", "没有找到这次配送"))
}

/// The delivery of an order that is not over.
pub fn unfinished_of(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Delivery>> {
    tx.opt(
        &format!("select {COLUMNS} from delivery where mall_id = $1 and order_id = $2 and ended_at is null"),
        &args![mall_id, order_id],
    )
}

/// The last delivery of an order.
pub fn latest_of(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Delivery>> {
    tx.opt(
        &format!("select {COLUMNS} from delivery where mall_id = $1 and order_id = $2 order by id desc limit 1"),
        &args![mall_id, order_id],
    )
}

/// All deliveries of some orders, oldest first.
pub fn of_orders(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Vec<Delivery>>> {
    let rows: Vec<Delivery> = tx.all(
        &format!("select {COLUMNS} from delivery where mall_id = $1 and order_id = any($2) order by order_id, id"),
        &args![mall_id, order_ids],
    )?;
    let mut found: HashMap<Id, Vec<Delivery>> = HashMap::new();
    for row in rows {
        found.entry(row.order_id).or_default().push(row);
    }
    Ok(found)
}

/// Which deliveries to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryListState)]
pub enum ListState {
    /// Everything that is not over.
    #[default]
    Open,
    Waiting,
    Accepted,
    /// On its way, and what nobody took.
    Fetched,
    /// Delivered, brought back, cancelled; the latest first.
    Ended,
}

/// What is not over, the first wanted first; of a store, of a rider.
pub fn list(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    state: ListState,
    store_id: Option<Id>,
    rider_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Delivery>> {
    let after = cursor.unwrap_or(Cursor { key: -1, id: 0 });
    let of_store = if store_id.is_some() { "and store_id = $5" } else { "and cast($5 as bigint) is null" };
    let of_rider = if rider_id.is_some() { "and rider_id = $6" } else { "and cast($6 as bigint) is null" };
    let in_state = match state {
        ListState::Waiting => "and state = 'waiting'",
        ListState::Accepted => "and state = 'accepted'",
        ListState::Fetched => "and state in ('fetched', 'failed')",
        ListState::Open | ListState::Ended => "",
    };
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from delivery
             where mall_id = $1 and ended_at is null and (wanted_at, id) > ($2, $3) {of_store} {of_rider} {in_state}
             order by wanted_at, id
             limit $4"
        ),
        &args![mall_id, after.key, after.id, limit + 1, store_id, rider_id],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Delivery| Cursor { key: row.wanted_at.0, id: row.id.0 }))
}

/// What is over, the latest first.
pub fn list_ended(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    rider_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Delivery>> {
    let before = cursor.unwrap_or(Cursor { key: i64::MAX, id: i64::MAX });
    let of_store = if store_id.is_some() { "and store_id = $5" } else { "and cast($5 as bigint) is null" };
    let of_rider = if rider_id.is_some() { "and rider_id = $6" } else { "and cast($6 as bigint) is null" };
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from delivery
             where mall_id = $1 and ended_at is not null and (ended_at, id) < ($2, $3) {of_store} {of_rider}
             order by ended_at desc, id desc
             limit $4"
        ),
        &args![mall_id, before.key, before.id, limit + 1, store_id, rider_id],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Delivery| Cursor { key: row.ended_at.unwrap_or_default().0, id: row.id.0 }))
}

/// Deliveries with a courier service that was not asked since `instant`.
pub fn to_ask(tx: &mut Tx<'_>, mall_id: MallId, instant: Instant, limit: i64) -> Result<Vec<Id>> {
    tx.all(
        "select id from delivery
         where mall_id = $1 and ended_at is null and courier_number is not null and courier_asked_at <= $2
         order by courier_asked_at
         limit $3",
        &args![mall_id, instant, limit],
    )
}

/// Notes that the courier service was asked.
pub fn asked_courier(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec(
        "update delivery set courier_asked_at = $3 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(())
}
