//! Sends what is due. A round claims a handful per endpoint by lease (so nothing is sent by two nodes, and what a node
//! left behind when it died is sent again), posts beside each other, and writes down how it went. Endpoints that fail
//! get one try at a time, so they hold up neither others nor us.

use super::delivery::webhook_id;
use super::endpoint::{self, Endpoint};
use db::{Tx, args};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use kernel::ports::WebhookAnswer;
use kernel::{Error, Id, Instant, MallId, Result, days, hours, minutes, seconds};
use platform::{App, Ctx, outbox};
use serde::Serialize;
use std::time::Duration;

/// Pauses after each failed try; about 27 hours together. After the last one a delivery has failed.
const PAUSES: &[i64] = &[seconds(5), minutes(5), minutes(30), hours(2), hours(5), hours(9), hours(10)];
/// An endpoint that took nothing for so long is switched off.
pub const GIVE_UP_AFTER: i64 = days(5);
/// A claimed delivery belongs to its node for so long.
const LEASE: i64 = seconds(60);
/// Claimed per endpoint and round, and how many of them are posted at once.
const HANDFUL: i64 = 20;
const AT_ONCE: usize = 5;
/// Endpoints served per round.
const ENDPOINTS: i64 = 100;
/// A round does not wait longer for slow endpoints; they finish beside the next one.
const PATIENCE: Duration = Duration::from_secs(2);

/// One round; a sweep calls it every second.
pub async fn send_due(app: App) -> Result<()> {
    let Ok(_) = app.outside.webhooks() else { return Ok(()) };
    let now = app.clock.now();
    let due: Vec<(MallId, Id)> = app
        .db
        .read(move |tx| {
            tx.all(
                "select distinct mall_id, endpoint_id
                 from (select mall_id, endpoint_id from webhook_delivery
                       where next_attempt_at is not null and next_attempt_at <= $1
                       order by next_attempt_at
                       limit 2000) due
                 limit $2",
                &args![now, ENDPOINTS],
            )
        })
        .await?;
    let rounds = due.into_iter().map(|(mall_id, endpoint_id)| {
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = serve(&app, mall_id, endpoint_id).await {
                tracing::warn!(%endpoint_id, %error, "webhooks of an endpoint wait for the next round");
            }
        })
    });
    let _slow_ones_go_on = tokio::time::timeout(PATIENCE, join_all(rounds)).await;
    Ok(())
}

/// What is needed to post one delivery.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub id: Id,
    pub event_id: Id,
    pub kind: String,
    pub body: String,
    pub attempts: i64,
}
db::row!(Claimed { id, event_id, kind, body, attempts });

async fn serve(app: &App, mall_id: MallId, endpoint_id: Id) -> Result<()> {
    let ctx = app.system(mall_id);
    let claimer = ctx.clone();
    let (endpoint, claimed) = app.db.write(move |tx| claim(tx, &claimer, endpoint_id)).await?;
    let sent = stream::iter(claimed)
        .map(|one| {
            let (app, ctx, endpoint) = (app.clone(), ctx.clone(), endpoint.clone());
            async move {
                let posted = post(&app, &ctx, &endpoint, &one).await?;
                app.db.write(move |tx| record(tx, &ctx, &endpoint, &one, &posted)).await
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<Result<()>>>()
        .await;
    sent.into_iter().collect()
}

fn claim(tx: &mut Tx<'_>, ctx: &Ctx, endpoint_id: Id) -> Result<(Endpoint, Vec<Claimed>)> {
    let endpoint = endpoint::find(tx, ctx.mall_id, endpoint_id)?;
    if !endpoint.is_enabled() {
        endpoint::rest(tx, ctx, endpoint_id)?;
        return Ok((endpoint, Vec::new()));
    }
    let limit = if endpoint.failing_since.is_some() { 1 } else { HANDFUL };
    let due: Vec<Id> = tx.all(
        "select id from webhook_delivery
         where mall_id = $1 and endpoint_id = $2 and next_attempt_at is not null and next_attempt_at <= $3
         order by next_attempt_at
         limit $4
         for update skip locked",
        &args![ctx.mall_id, endpoint_id, ctx.now, limit],
    )?;
    if due.is_empty() {
        return Ok((endpoint, Vec::new()));
    }
    let claimed = tx.all(
        "update webhook_delivery
         set next_attempt_at = $3
         where mall_id = $1 and id = any($2)
         returning id, event_id, kind, body, attempts",
        &args![ctx.mall_id, due, ctx.now + LEASE],
    )?;
    Ok((endpoint, claimed))
}

/// What was sent and what came back.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    head: String,
    pub answer: WebhookAnswer,
}

/// Signs with every living secret and posts.
pub(super) async fn post(app: &App, ctx: &Ctx, endpoint: &Endpoint, one: &Claimed) -> Result<Posted> {
    let now = app.clock.now();
    let (id, seconds) = (webhook_id(one.event_id), now.unix_seconds());
    let sign =
        |secret: String| wire::standard_webhooks::sign(&secret, &id, seconds, &one.body).map_err(Error::internal);
    let signatures = endpoint.secrets(&app.sealer, now)?.into_iter().map(sign).collect::<Result<Vec<_>>>()?.join(" ");
    let shown: Vec<String> =
        signatures.split(' ').map(|s| format!("{}…", s.chars().take(11).collect::<String>())).collect();
    let head = format!("webhook-id: {id}\nwebhook-timestamp: {seconds}\nwebhook-signature: {}", shown.join(" "));
    let headers =
        [("webhook-id", id.clone()), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signatures)];
    let answer = app.outside.webhooks()?.post(&endpoint.url, &headers, &one.body).await?;
    tracing::debug!(mall = %ctx.mall_id, kind = one.kind, status = answer.status, "sent a webhook");
    Ok(Posted { head, answer })
}

#[derive(Serialize)]
struct Disabled {
    endpoint_id: Id,
}

/// Writes down a try: taken, to be tried again, or failed for good; keeps the endpoint's health.
pub(super) fn record(tx: &mut Tx<'_>, ctx: &Ctx, endpoint: &Endpoint, one: &Claimed, posted: &Posted) -> Result<()> {
    let (answer, mall_id) = (&posted.answer, ctx.mall_id);
    let status = answer.status.map(i64::from);
    let next = next_state(one, answer, ctx.now);
    let kept = tx.exec(
        "update webhook_delivery
         set attempts = attempts + 1, last_status = $3, last_error = $4, state = $5, next_attempt_at = $6, delivered_at = $7
         where mall_id = $1 and id = $2",
        &args![
            mall_id, one.id, status, answer.error.as_deref(), next.state, next.at,
            (next.state == "delivered").then_some(ctx.now)
        ],
    )?;
    // Nobody asks any more when the endpoint was removed meanwhile.
    if kept == 0 {
        return Ok(());
    }
    tx.exec(
        "insert into webhook_attempt (mall_id, delivery_id, id, at, duration_ms, status, error, signature_head, response_excerpt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            mall_id, one.id, ctx.id(), ctx.now, answer.duration_ms, status, answer.error.as_deref(), &posted.head,
            &answer.excerpt
        ],
    )?;
    if one.kind == "ping" {
        return Ok(());
    }
    if answer.is_taken() {
        tx.exec(
            "update webhook_endpoint set failing_since = null
             where mall_id = $1 and id = $2 and failing_since is not null",
            &args![mall_id, endpoint.id],
        )?;
        return Ok(());
    }
    let since: Option<Instant> = tx.opt(
        "update webhook_endpoint set failing_since = coalesce(failing_since, $3)
         where mall_id = $1 and id = $2 and status = 'enabled'
         returning failing_since",
        &args![mall_id, endpoint.id, ctx.now],
    )?;
    if since.is_some_and(|since| ctx.now - since >= GIVE_UP_AFTER) {
        endpoint::set_status(tx, ctx, endpoint.id, "disabled")?;
        tracing::warn!(endpoint = %endpoint.id, "a webhook endpoint took nothing for days and was switched off");
        outbox::emit(tx, ctx, "webhook.disabled", &Disabled { endpoint_id: endpoint.id })?;
    }
    Ok(())
}

struct Next {
    state: &'static str,
    at: Option<Instant>,
}

fn next_state(one: &Claimed, answer: &WebhookAnswer, now: Instant) -> Next {
    if answer.is_taken() {
        return Next { state: "delivered", at: None };
    }
    let pause = usize::try_from(one.attempts).ok().and_then(|tried| PAUSES.get(tried));
    match pause {
        // A quarter is spread by message, so that a crowd that failed together does not return together.
        Some(pause) if one.kind != "ping" => {
            let spread = one.id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed()).rem_euclid(1_000);
            Next { state: "waiting", at: Some(now + (pause - pause / 4 * spread / 1_000)) }
        }
        _ => Next { state: "failed", at: None },
    }
}
