//! Facts told after commit: table `outbox`, written in the transaction that made them true.
//! Promise: every event reaches each of its subscribers at least once. The dispatcher turns events into one job per
//! subscriber and deletes them in the same transaction, so nothing is lost between the two; observers are told after it.
//! Events of one batch are handled in id order; between batches and among subscribers no order is promised.

use crate::app::App;
use crate::ctx::Ctx;
use crate::job::{Handlers, Jobs, Relay, stopped};
use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, NewEvent, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Events handled per transaction.
const BATCH: i64 = 500;
/// Lets a crowd of commits gather, so that dispatching costs a share of a transaction each.
const GATHER: Duration = Duration::from_millis(10);
/// Polling when nothing rings: events of a node that stopped before dispatching.
const POLL: Duration = Duration::from_secs(1);

/// A fact as its subscribers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: Id,
    pub mall_id: MallId,
    /// `order.paid`
    pub kind: String,
    /// JSON text.
    pub payload: String,
    /// When it became true.
    pub created_at: Instant,
}

db::row!(Event { id, mall_id, kind, payload, created_at });

impl Event {
    /// The payload; internal error when it is not a `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload)
            .map_err(|e| kernel::Error::internal(format_args!("payload of event {} ({}): {e}", self.id, self.kind)))
    }
}

/// Writes a fact in the caller's transaction. `kind` is past tense and dotted, the payload plain ids and numbers.
pub fn emit(tx: &mut Tx<'_>, ctx: &Ctx, kind: &'static str, payload: &impl Serialize) -> Result<()> {
    let event = NewEvent::new(ctx.mall_id, kind, payload);
    tx.exec(
        "insert into outbox (id, mall_id, kind, payload, created_at)
         values ($1, $2, $3, $4, $5)",
        &args![ctx.id(), event.mall_id, event.kind, event.payload, ctx.now],
    )?;
    ctx.ring_after(tx, Jobs::ring_outbox);
    Ok(())
}

/// Dispatches until shutdown.
pub(crate) async fn run(app: &App, handlers: &Arc<Handlers>, mut shutdown: watch::Receiver<bool>) {
    loop {
        match has_events(app).await {
            Ok(true) => loop {
                match dispatch(app, handlers).await {
                    Ok(told) if i64::try_from(told).is_ok_and(|told| told < BATCH) => break,
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "events wait in the outbox; trying again in a second");
                        break;
                    }
                }
            },
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the outbox cannot be read; trying again in a second"),
        }
        tokio::select! {
            () = stopped(&mut shutdown) => return,
            () = app.jobs.outbox_rung() => sleep(GATHER).await,
            () = sleep(POLL) => {}
        }
    }
}

async fn has_events(app: &App) -> Result<bool> {
    app.db.read(|tx| tx.opt::<i64>("select id from outbox limit 1", &args![])).await.map(|found| found.is_some())
}

/// Handles one batch; answers how many events it held.
pub(crate) async fn dispatch(app: &App, handlers: &Handlers) -> Result<usize> {
    let ids = {
        let app = app.clone();
        move || app.ids.next(&*app.clock)
    };
    let (subscribers, relays) = (handlers.subscriptions(), handlers.relays());
    let now = app.clock.now();
    let (events, jobs_made) = app.db.write(move |tx| drain(tx, &subscribers, &relays, &ids, now)).await?;
    if jobs_made {
        app.jobs.ring();
    }
    for event in &events {
        for observer in handlers.observers() {
            if std::panic::catch_unwind(AssertUnwindSafe(|| observer(event))).is_err() {
                tracing::error!(event = %event.id, kind = event.kind, "an observer panicked");
            }
        }
    }
    Ok(events.len())
}

fn drain(
    tx: &mut Tx<'_>,
    subscribers: &crate::job::Subscriptions,
    relays: &[Relay],
    new_id: &dyn Fn() -> Id,
    now: Instant,
) -> Result<(Vec<Event>, bool)> {
    let events: Vec<Event> = tx.all(
        "select id, mall_id, kind, payload, created_at
         from outbox
         order by id
         limit $1
         for update skip locked",
        &args![BATCH],
    )?;
    if events.is_empty() {
        return Ok((events, false));
    }
    let wanted = relays.iter().map(|relay| (relay.wanted)(tx, &events)).collect::<Result<Vec<_>>>()?;
    let mut jobs: Vec<Vec<Arg>> = Vec::new();
    for event in &events {
        let always = subscribers.get(event.kind.as_str()).map_or(&[][..], Vec::as_slice).iter().copied();
        let relayed = relays.iter().zip(&wanted).filter(|(relay, wanted)| {
            relay.kinds.contains(&event.kind.as_str()) && wanted.contains(&(event.mall_id, event.kind.clone()))
        });
        let names: Vec<&'static str> = always.chain(relayed.map(|(relay, _)| relay.name)).collect();
        if names.is_empty() {
            continue;
        }
        let payload = serde_json::to_string(event).expect("an event is plain data");
        for name in names {
            let key = event.id.to_string();
            jobs.push(args![new_id(), event.mall_id, name, &payload, now, key, now].to_vec());
        }
    }
    if !jobs.is_empty() {
        tx.insert_many(
            "insert into job (id, mall_id, kind, payload, run_at, unique_key, created_at) values",
            "on conflict (mall_id, kind, unique_key) do nothing",
            &jobs,
        )?;
    }
    let (ids, malls): (Vec<Id>, Vec<MallId>) = events.iter().map(|event| (event.id, event.mall_id)).unzip();
    tx.exec(
        "delete from outbox
         where mall_id = any($1)
           and id = any($2)",
        &args![malls, ids],
    )?;
    Ok((events, !jobs.is_empty()))
}
