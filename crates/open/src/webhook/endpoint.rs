//! Endpoints: where messages go, which kinds, and with which secrets they are signed.

use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, hours};
use platform::Ctx;
use platform::seal::{Sealer, random_bytes};

/// How long a replaced secret still signs.
pub(super) const OLD_SECRET_LIVES: i64 = hours(24);
const COLUMN: &str = "webhook_endpoint.secret";

#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub id: Id,
    pub url: String,
    pub note: String,
    secret_sealed: String,
    old_secret_sealed: Option<String>,
    pub old_secret_until: Option<Instant>,
    pub status: String,
    pub failing_since: Option<Instant>,
    pub disabled_at: Option<Instant>,
    pub created_at: Instant,
}
db::row!(Endpoint {
    id,
    url,
    note,
    secret_sealed,
    old_secret_sealed,
    old_secret_until,
    status,
    failing_since,
    disabled_at,
    created_at
});

impl Endpoint {
    pub fn is_enabled(&self) -> bool {
        self.status == "enabled"
    }

    /// The secrets that sign now, the newest first.
    pub fn secrets(&self, sealer: &Sealer, now: Instant) -> Result<Vec<String>> {
        let old = self.old_secret_sealed.as_ref().filter(|_| self.old_secret_until.is_some_and(|until| until > now));
        [Some(&self.secret_sealed), old].into_iter().flatten().map(|sealed| sealer.open(COLUMN, sealed)).collect()
    }
}

/// A fresh secret and its sealed form.
fn new_secret(sealer: &Sealer) -> (String, String) {
    let secret = wire::standard_webhooks::secret_text(&random_bytes::<32>());
    let sealed = sealer.seal(COLUMN, &secret);
    (secret, sealed)
}

pub(super) fn all(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<Endpoint>> {
    tx.all(
        "select id, url, note, secret_sealed, old_secret_sealed, old_secret_until, status, failing_since, disabled_at, created_at
         from webhook_endpoint
         where mall_id = $1
         order by id",
        &args![mall_id],
    )
}

/// `webhook.not_found` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Endpoint> {
    let row = tx.opt(
        "select id, url, note, secret_sealed, old_secret_sealed, old_secret_until, status, failing_since, disabled_at, created_at
         from webhook_endpoint
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    row.ok_or_else(|| Error::not_found("webhook.not_found", "没有找到这个 Webhook 地址"))
}

/// Kinds by endpoint.
pub(super) fn subscriptions(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<(Id, String)>> {
    tx.all(
        "select endpoint_id, kind from webhook_subscription where mall_id = $1 order by endpoint_id, kind",
        &args![mall_id],
    )
}

/// Adds an endpoint; answers its id and the secret, which is readable this once.
pub(super) fn add(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    url: &str,
    note: &str,
    kinds: &[String],
) -> Result<(Id, String)> {
    let (id, (secret, sealed)) = (ctx.id(), new_secret(sealer));
    tx.exec(
        "insert into webhook_endpoint (id, mall_id, url, note, secret_sealed, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)",
        &args![id, ctx.mall_id, url, note, sealed, ctx.now],
    )?;
    subscribe(tx, ctx, id, kinds)?;
    Ok((id, secret))
}

/// Replaces address, note, kinds and whether it rests.
pub(super) fn change(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    url: &str,
    note: &str,
    kinds: &[String],
    enabled: bool,
) -> Result<()> {
    let before = find(tx, ctx.mall_id, id)?;
    tx.exec(
        "update webhook_endpoint set url = $3, note = $4, updated_at = $5 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, url, note, ctx.now],
    )?;
    tx.exec("delete from webhook_subscription where mall_id = $1 and endpoint_id = $2", &args![ctx.mall_id, id])?;
    subscribe(tx, ctx, id, kinds)?;
    match (before.is_enabled(), enabled) {
        (false, true) => set_status(tx, ctx, id, "enabled"),
        (true, false) => set_status(tx, ctx, id, "paused"),
        _ => Ok(()),
    }
}

fn subscribe(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, kinds: &[String]) -> Result<()> {
    let rows: Vec<Vec<db::Arg>> = kinds.iter().map(|kind| args![ctx.mall_id, kind, id].to_vec()).collect();
    tx.insert_many("insert into webhook_subscription (mall_id, kind, endpoint_id) values", "", &rows)?;
    Ok(())
}

/// Switches an endpoint; what waits for it rests while it is not enabled, and is due at once when it is again.
pub(super) fn set_status(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, status: &str) -> Result<()> {
    let enabled = status == "enabled";
    tx.exec(
        "update webhook_endpoint
         set status = $3, updated_at = $4, failing_since = null, disabled_at = $5
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, status, ctx.now, (status == "disabled").then_some(ctx.now)],
    )?;
    tx.exec(
        "update webhook_delivery set next_attempt_at = $3
         where mall_id = $1 and endpoint_id = $2 and state = 'waiting'",
        &args![ctx.mall_id, id, enabled.then_some(ctx.now)],
    )?;
    Ok(())
}

/// What came in between while the endpoint was switched: it waits without being due.
pub(super) fn rest(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec(
        "update webhook_delivery set next_attempt_at = null
         where mall_id = $1 and endpoint_id = $2 and next_attempt_at is not null",
        &args![ctx.mall_id, id],
    )?;
    Ok(())
}

/// A new secret; the one before goes on signing beside it for a day.
pub(super) fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, id: Id) -> Result<String> {
    let (secret, sealed) = new_secret(sealer);
    tx.exec(
        "update webhook_endpoint
         set old_secret_sealed = secret_sealed, old_secret_until = $3, secret_sealed = $4, updated_at = $5
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, ctx.now + OLD_SECRET_LIVES, sealed, ctx.now],
    )?;
    Ok(secret)
}

/// Removes an endpoint with its log.
pub(super) fn remove(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<()> {
    tx.exec(
        "delete from webhook_attempt
         where mall_id = $1
           and delivery_id in (select id from webhook_delivery where mall_id = $1 and endpoint_id = $2)",
        &args![mall_id, id],
    )?;
    tx.exec("delete from webhook_delivery where mall_id = $1 and endpoint_id = $2", &args![mall_id, id])?;
    tx.exec("delete from webhook_subscription where mall_id = $1 and endpoint_id = $2", &args![mall_id, id])?;
    tx.exec("delete from webhook_endpoint where mall_id = $1 and id = $2", &args![mall_id, id])?;
    Ok(())
}

/// Endpoints that were switched off because they only failed; for the overview.
pub fn count_disabled(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    let (count,): (i64,) =
        tx.one("select count(*) from webhook_endpoint where mall_id = $1 and status = 'disabled'", &args![mall_id])?;
    Ok(count)
}
