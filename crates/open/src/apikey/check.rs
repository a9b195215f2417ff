//! Whose key is it: asked on every request that carries one. Answers are kept for ten seconds and forgotten at once when
//! a key changes on this node.

use super::ip_range::IpRange;
use super::store::{self, KeyRecord};
use db::Db;
use kernel::ports::Pending;
use kernel::{Error, Id, Instant, MallId, Result, minutes};
use platform::extract::KEY_PREFIX;
use platform::permission::{GrantSource, Grants, KeyGrant, NOT_FOR_KEYS};
use platform::seal;
use quick_cache::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};

/// How long another node may go on with an old answer. Measured by a stopwatch: no rule of the mall hangs on it.
const TRUSTED: Duration = Duration::from_secs(10);

/// The program's [`GrantSource`]: people's grants from `staff`, keys from here.
pub struct ApiKeys {
    staff: Arc<dyn GrantSource>,
    kept: Cache<String, Kept>,
}

#[derive(Clone)]
struct Kept {
    key: Arc<Key>,
    since: Stopwatch,
    marked_at: Instant,
}

struct Key {
    grant: KeyGrant,
    allowed: Vec<IpRange>,
    expires_at: Option<Instant>,
}

impl ApiKeys {
    pub fn beside(staff: Arc<dyn GrantSource>) -> Self {
        ApiKeys { staff, kept: Cache::new(2_000) }
    }

    async fn find(&self, db: &Db, token: &str, now: Instant) -> Result<Arc<Key>> {
        let mall_id = mall_of(token).ok_or_else(unknown)?;
        let hash = seal::sha256_hex(token.as_bytes());
        let kept = self.kept.get(&hash).filter(|kept| kept.since.elapsed() < TRUSTED);
        if let Some(kept) = &kept
            && now - kept.marked_at < minutes(1)
        {
            return Ok(kept.key.clone());
        }
        let wanted = hash.clone();
        let row = db.read(move |tx| store::find_by_hash(tx, mall_id, &wanted)).await?;
        let row = row.filter(|row| row.revoked_at.is_none()).ok_or_else(unknown)?;
        let (id, used) = (row.id, row.last_used_at.unwrap_or_default());
        let mut marked_at = used;
        if now - used >= minutes(1) {
            db.write(move |tx| store::mark_used(tx, mall_id, id, now)).await?;
            marked_at = now;
        }
        let key = Arc::new(key_of(mall_id, row)?);
        self.kept.insert(hash, Kept { key: key.clone(), since: Stopwatch::now(), marked_at });
        Ok(key)
    }
}

fn key_of(mall_id: MallId, row: KeyRecord) -> Result<Key> {
    let codes: Vec<String> = serde_json::from_str(&row.permissions).map_err(Error::internal)?;
    let codes = codes.iter().map(String::as_str).filter(|code| !NOT_FOR_KEYS.contains(code));
    let allowed: Vec<String> = serde_json::from_str(&row.allowed_ips).map_err(Error::internal)?;
    Ok(Key {
        grant: KeyGrant { mall_id, grants: Grants::new(row.id, row.name, None, codes) },
        allowed: allowed.iter().map(|text| IpRange::parse(text)).collect::<Result<_>>()?,
        expires_at: row.expires_at,
    })
}

impl GrantSource for ApiKeys {
    fn load<'a>(&'a self, db: &'a Db, mall_id: MallId, staff_id: Id) -> Pending<'a, Option<Grants>> {
        self.staff.load(db, mall_id, staff_id)
    }

    fn key<'a>(&'a self, db: &'a Db, token: &'a str, ip: IpAddr, now: Instant) -> Pending<'a, Option<KeyGrant>> {
        Box::pin(async move {
            let key = self.find(db, token, now).await?;
            if key.expires_at.is_some_and(|end| end <= now) {
                return Err(Error::unauthenticated("api_key.expired", "这个 API 密钥已经过期"));
            }
            if !key.allowed.is_empty() && !key.allowed.iter().any(|range| range.contains(ip)) {
                return Err(Error::forbidden("api_key.address_refused", "这个 API 密钥不能从这个地址使用"));
            }
            Ok(Some(key.grant.clone()))
        })
    }

    fn forget(&self, mall_id: MallId) {
        self.kept.clear();
        self.staff.forget(mall_id);
    }
}

fn unknown() -> Error {
    Error::unauthenticated("api_key.unknown", "API 密钥不存在或已被吊销")
}

/// `hfk_` + the mall's id in base 36 + `_` + 43 random characters.
pub(super) fn new_key(mall_id: MallId) -> String {
    format!("{KEY_PREFIX}{}_{}", base36(mall_id.0), seal::random_token())
}

/// What is shown of a key later: enough to tell it from others.
pub(super) fn shown_prefix(key: &str) -> String {
    let secret_at = key.len().saturating_sub(43);
    format!("{KEY_PREFIX}…{}", &key[secret_at..secret_at + 6])
}

fn mall_of(token: &str) -> Option<MallId> {
    let (mall, secret) = token.strip_prefix(KEY_PREFIX)?.split_once('_')?;
    (secret.len() == 43 && mall.len() <= 13).then_some(())?;
    i64::from_str_radix(mall, 36).ok().filter(|id| *id > 0).map(Id)
}

fn base36(mut n: i64) -> String {
    let mut digits = Vec::new();
    while n > 0 {
        digits.push(char::from_digit(u32::try_from(n % 36).unwrap_or(0), 36).unwrap_or('0'));
        n /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_mall_and_shows_little_of_itself() {
        let key = new_key(Id(123_456_789_012));
        assert_eq!(mall_of(&key), Some(Id(123_456_789_012)));
        assert_eq!(shown_prefix(&key).chars().count(), 11);
        for broken in ["", "hfk_", "hfk_1_short", "zz.0123456789012345678901234567890123456789012"] {
            assert_eq!(mall_of(broken), None, "{broken}");
        }
    }
}
