//! The same creating request twice does its work once. The key, the caller and a hash of the body are stored with the
//! answer in the transaction that made it: a replay gets the first answer, another body under the same key a 422.

use crate::ctx::Ctx;
use crate::extract::IdempotencyKey;
use crate::seal::sha256_hex;
use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result, days};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long answers are kept.
pub const KEPT: i64 = days(7);

/// One caller's key for one request.
#[derive(Debug, Clone)]
pub struct Claim {
    caller: String,
    key: String,
    body_hash: String,
}

impl Claim {
    /// `operation` keeps keys of different routes apart; `body` is the parsed request.
    pub fn new(ctx: &Ctx, operation: &str, key: &IdempotencyKey, body: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(body).map_err(Error::internal)?;
        let id = ctx.actor.id().map_or(0, |id| id.0);
        let caller = format!("{}:{id}", ctx.actor.kind());
        let body_hash = sha256_hex(&[operation.as_bytes(), b"\n", &bytes].concat());
        Ok(Claim { caller, key: key.0.clone(), body_hash })
    }
}

/// Runs `work` once per claim; a replay returns the stored answer without running it.
/// `idempotency.mismatch` (422) when the key was used with another body.
pub fn once<T: Serialize + DeserializeOwned>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    claim: &Claim,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    // A second request in flight waits here for the first one's commit (PostgreSQL) or comes after it (SQLite).
    let claimed = tx.exec(
        "insert into idempotency (mall_id, caller, key, body_hash, response, created_at)
         values ($1, $2, $3, $4, '', $5)
         on conflict do nothing",
        &args![ctx.mall_id, &claim.caller, &claim.key, &claim.body_hash, ctx.now],
    )?;
    if claimed == 0 {
        let (body_hash, response): (String, String) = tx.one(
            "select body_hash, response from idempotency where mall_id = $1 and caller = $2 and key = $3",
            &args![ctx.mall_id, &claim.caller, &claim.key],
        )?;
        if body_hash != claim.body_hash {
            return Err(Error::unprocessable("idempotency.mismatch", "同一个请求编号用于了不同的内容，请刷新后重试"));
        }
        return serde_json::from_str(&response).map_err(Error::internal);
    }
    let made = work(tx)?;
    tx.exec(
        "update idempotency set response = $4 where mall_id = $1 and caller = $2 and key = $3",
        &args![ctx.mall_id, &claim.caller, &claim.key, serde_json::to_string(&made).map_err(Error::internal)?],
    )?;
    Ok(made)
}

/// Forgets answers older than [`KEPT`].
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
    tx.exec("delete from idempotency where mall_id = $1 and created_at < $2", &args![mall_id, now - KEPT])
}
