//! SQL of API keys.

use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};

pub(super) struct KeyRecord {
    pub id: Id,
    pub name: String,
    pub prefix: String,
    pub permissions: String,
    pub allowed_ips: String,
    pub expires_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub created_by: Id,
    pub created_at: Instant,
}
db::row!(KeyRecord {
    id,
    name,
    prefix,
    permissions,
    allowed_ips,
    expires_at,
    last_used_at,
    revoked_at,
    created_by,
    created_at
});

pub(super) fn all(tx: &mut Tx<'_>, mall_id: MallId, limit: i64) -> Result<Vec<KeyRecord>> {
    tx.all(
        "select id, name, prefix, permissions, allowed_ips, expires_at, last_used_at, revoked_at, created_by, created_at
         from api_key
         where mall_id = $1
         order by id desc
         limit $2",
        &args![mall_id, limit],
    )
}

/// `api_key.not_found` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<KeyRecord> {
    let row = tx.opt(
        "select id, name, prefix, permissions, allowed_ips, expires_at, last_used_at, revoked_at, created_by, created_at
         from api_key
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    row.ok_or_else(|| Error::not_found("api_key.not_found", "没有找到这个密钥"))
}

pub(super) fn find_by_hash(tx: &mut Tx<'_>, mall_id: MallId, hash: &str) -> Result<Option<KeyRecord>> {
    tx.opt(
        "select id, name, prefix, permissions, allowed_ips, expires_at, last_used_at, revoked_at, created_by, created_at
         from api_key
         where mall_id = $1 and key_hash = $2",
        &args![mall_id, hash],
    )
}

pub(super) fn count_live(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    tx.one::<(i64,)>("select count(*) from api_key where mall_id = $1 and revoked_at is null", &args![mall_id])
        .map(|row| row.0)
}

/// Once a minute is enough to say when a key was used.
pub(super) fn mark_used(tx: &mut Tx<'_>, mall_id: MallId, id: Id, now: Instant) -> Result<()> {
    tx.exec("update api_key set last_used_at = $3 where mall_id = $1 and id = $2", &args![mall_id, id, now])?;
    Ok(())
}
