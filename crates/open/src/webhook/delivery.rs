//! Deliveries: one event for one endpoint, and the log of its tries.

use db::{Arg, Tx, args};
use kernel::{Cursor, Error, Id, Ids, Instant, MallId, Page, Result, days};
use platform::Ctx;
use platform::job::Wanted;
use platform::outbox::Event;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use utoipa::ToSchema;

/// How long the log is kept.
const KEPT: i64 = days(30);
const PAGE: i64 = 50;
/// Rows of the log removed per transaction.
const SWEPT: i64 = 500;

/// How a delivery stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    pub id: Id,
    pub endpoint_id: Id,
    /// As sent in `webhook-id`.
    #[schema(example = "evt_123")]
    pub webhook_id: String,
    #[schema(example = "order.paid")]
    pub kind: String,
    /// `waiting`, `delivered` or `failed`.
    #[schema(example = "delivered")]
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Option<Instant>,
    /// HTTP status of the last try.
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    pub delivered_at: Option<Instant>,
    pub created_at: Instant,
}

pub(super) struct Record {
    pub id: Id,
    pub endpoint_id: Id,
    pub event_id: Id,
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Option<Instant>,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    pub delivered_at: Option<Instant>,
    pub created_at: Instant,
}
db::row!(Record {
    id,
    endpoint_id,
    event_id,
    kind,
    state,
    attempts,
    next_attempt_at,
    last_status,
    last_error,
    delivered_at,
    created_at
});

impl From<Record> for Delivery {
    fn from(row: Record) -> Self {
        Delivery {
            id: row.id,
            endpoint_id: row.endpoint_id,
            webhook_id: webhook_id(row.event_id),
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_status: row.last_status,
            last_error: row.last_error,
            delivered_at: row.delivered_at,
            created_at: row.created_at,
        }
    }
}

/// The header's text for an event.
pub(super) fn webhook_id(event_id: Id) -> String {
    format!("evt_{event_id}")
}

/// Which kinds somebody waits for, among the malls of these events.
pub fn wanted(tx: &mut Tx<'_>, events: &[Event]) -> Result<Wanted> {
    let mut malls: Vec<MallId> = events.iter().map(|event| event.mall_id).collect();
    malls.sort_unstable();
    malls.dedup();
    let rows: Vec<(MallId, String)> =
        tx.all("select distinct mall_id, kind from webhook_subscription where mall_id = any($1)", &args![malls])?;
    Ok(rows.into_iter().collect())
}

/// Turns an event into one delivery for each endpoint that chose its kind; the same event a second time changes nothing.
pub fn accept(tx: &mut Tx<'_>, ctx: &Ctx, event: &Event, data: &Value) -> Result<()> {
    let endpoints: Vec<Id> = tx.all(
        "select s.endpoint_id
         from webhook_subscription s
         join webhook_endpoint e on e.mall_id = s.mall_id and e.id = s.endpoint_id
         where s.mall_id = $1 and s.kind = $2 and e.status = 'enabled'",
        &args![ctx.mall_id, &event.kind],
    )?;
    let body = body_of(&event.kind, event.created_at, data);
    let rows: Vec<Vec<Arg>> = endpoints
        .iter()
        .map(|id| args![ctx.id(), ctx.mall_id, id, event.id, &event.kind, &body, ctx.now, ctx.now].to_vec())
        .collect();
    tx.insert_many(
        "insert into webhook_delivery (id, mall_id, endpoint_id, event_id, kind, body, next_attempt_at, created_at) values",
        "on conflict (mall_id, endpoint_id, event_id) do nothing",
        &rows,
    )?;
    Ok(())
}

fn body_of(kind: &str, at: Instant, data: &Value) -> String {
    json!({ "type": kind, "timestamp": at, "data": data }).to_string()
}

/// A message made by hand, sent by its caller; nothing is due.
pub(super) fn add_ping(tx: &mut Tx<'_>, ctx: &Ctx, endpoint_id: Id, data: &Value) -> Result<Id> {
    let (id, event_id) = (ctx.id(), ctx.id());
    tx.exec(
        "insert into webhook_delivery (id, mall_id, endpoint_id, event_id, kind, body, created_at)
         values ($1, $2, $3, $4, 'ping', $5, $6)",
        &args![id, ctx.mall_id, endpoint_id, event_id, body_of("ping", ctx.now, data), ctx.now],
    )?;
    Ok(id)
}

/// What the log is filtered by.
pub(super) struct Filter {
    pub endpoint_id: Id,
    pub state: Option<String>,
    pub before: Option<Cursor>,
}

pub(super) fn page(tx: &mut Tx<'_>, mall_id: MallId, filter: &Filter) -> Result<Page<Delivery>> {
    let before = filter.before.map_or(i64::MAX, |cursor| cursor.id);
    let rows: Vec<Record> = match &filter.state {
        Some(state) => tx.all(
            "select id, endpoint_id, event_id, kind, state, attempts, next_attempt_at, last_status, last_error, delivered_at, created_at
             from webhook_delivery
             where mall_id = $1 and endpoint_id = $2 and state = $3 and id < $4
             order by id desc
             limit $5",
            &args![mall_id, filter.endpoint_id, state, before, PAGE + 1],
        )?,
        None => tx.all(
            "select id, endpoint_id, event_id, kind, state, attempts, next_attempt_at, last_status, last_error, delivered_at, created_at
             from webhook_delivery
             where mall_id = $1 and endpoint_id = $2 and id < $3
             order by id desc
             limit $4",
            &args![mall_id, filter.endpoint_id, before, PAGE + 1],
        )?,
    };
    Ok(Page::from_rows(rows, PAGE, |row| Cursor { key: row.created_at.0, id: row.id.0 }).map(Delivery::from))
}

/// `webhook.no_such_delivery` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<(Record, String)> {
    let row: Option<Record> = tx.opt(
        "select id, endpoint_id, event_id, kind, state, attempts, next_attempt_at, last_status, last_error, delivered_at, created_at
         from webhook_delivery
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    let row = row.ok_or_else(|| Error::not_found("webhook.no_such_delivery", "没有找到这条投递记录"))?;
    let (body,) =
        tx.one::<(String,)>("select body from webhook_delivery where mall_id = $1 and id = $2", &args![mall_id, id])?;
    Ok((row, body))
}

/// One try.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct Attempt {
    pub at: Instant,
    pub duration_ms: i64,
    /// HTTP status, if there was an answer.
    pub status: Option<i64>,
    pub error: Option<String>,
    /// The headers that were sent, one a line; signatures are cut short.
    pub request_headers: String,
    /// The beginning of the answer.
    pub response_excerpt: String,
}
db::row!(Attempt { at, duration_ms, status, error, request_headers, response_excerpt });

/// The newest tries of a delivery.
pub(super) fn attempts(tx: &mut Tx<'_>, mall_id: MallId, delivery_id: Id) -> Result<Vec<Attempt>> {
    tx.all(
        "select at, duration_ms, status, error, signature_head, response_excerpt
         from webhook_attempt
         where mall_id = $1 and delivery_id = $2
         order by id desc
         limit 50",
        &args![mall_id, delivery_id],
    )
}

/// Makes a delivery due again with all its tries; also one that was taken.
pub(super) fn redeliver(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec(
        "update webhook_delivery
         set state = 'waiting', attempts = 0, next_attempt_at = $3, delivered_at = null
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(())
}

/// The same for everything an endpoint never took; answers how many.
pub(super) fn redeliver_failed(tx: &mut Tx<'_>, ctx: &Ctx, endpoint_id: Id) -> Result<u64> {
    tx.exec(
        "update webhook_delivery
         set state = 'waiting', attempts = 0, next_attempt_at = $3
         where mall_id = $1 and endpoint_id = $2 and state = 'failed'",
        &args![ctx.mall_id, endpoint_id, ctx.now],
    )
}

/// How many deliveries of each endpoint failed or wait.
pub(super) fn counts(tx: &mut Tx<'_>, mall_id: MallId) -> Result<HashMap<(Id, String), i64>> {
    let rows: Vec<(Id, String, i64)> = tx.all(
        "select endpoint_id, state, count(*)
         from webhook_delivery
         where mall_id = $1 and state <> 'delivered'
         group by endpoint_id, state",
        &args![mall_id],
    )?;
    Ok(rows.into_iter().map(|(id, state, count)| ((id, state), count)).collect())
}

/// Removes the log that is older than a month, some rows at a time.
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<()> {
    let old: Vec<Id> = tx.all(
        "select id from webhook_delivery
         where mall_id = $1 and id < $2 and next_attempt_at is null
         order by id
         limit $3",
        &args![mall_id, Ids::first_at(Instant(now.0 - KEPT)), SWEPT],
    )?;
    if old.is_empty() {
        return Ok(());
    }
    tx.exec("delete from webhook_attempt where mall_id = $1 and delivery_id = any($2)", &args![mall_id, &old])?;
    tx.exec("delete from webhook_delivery where mall_id = $1 and id = any($2)", &args![mall_id, &old])?;
    Ok(())
}
