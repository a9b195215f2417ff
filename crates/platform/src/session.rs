//! Opaque sessions: 256 random bits, only their SHA-256 at rest, revocable at once on this node and within
//! [`RECHECK`] on others. A token starts with its mall's id in base 36, so every look-up names its mall.

use crate::ctx::Ctx;
use crate::seal;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, days, seconds};
use quick_cache::sync::Cache;
use std::sync::Arc;

/// How long a cached session is trusted before the database is asked again.
pub const RECHECK: i64 = seconds(30);

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Guest(Id),
    Member(Id),
    Staff(Id),
}

impl Subject {
    const fn kind(self) -> &'static str {
        match self {
            Subject::Guest(_) => "guest",
            Subject::Member(_) => "member",
            Subject::Staff(_) => "staff",
        }
    }
    pub const fn id(self) -> Id {
        match self {
            Subject::Guest(id) | Subject::Member(id) | Subject::Staff(id) => id,
        }
    }
    const fn lifetime(self) -> i64 {
        match self {
            Subject::Guest(_) | Subject::Member(_) => days(90),
            Subject::Staff(_) => kernel::hours(12),
        }
    }
}

/// A live session.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    pub mall_id: MallId,
    pub subject: Subject,
    pub expires_at: Instant,
    seen_at: Instant,
}

/// A token just made; shown once.
pub struct NewSession {
    pub token: String,
    pub expires_at: Instant,
}

/// The cache of live sessions.
pub struct Sessions {
    live: Arc<Cache<String, Session>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions { live: Arc::new(Cache::new(50_000)) }
    }
}

impl Sessions {
    /// Opens a session for `subject` in the caller's transaction.
    pub fn open(&self, tx: &mut Tx<'_>, ctx: &Ctx, subject: Subject, user_agent: &str) -> Result<NewSession> {
        let token = format!("{}.{}", base36(ctx.mall_id.0), seal::random_token());
        let expires_at = ctx.now + subject.lifetime();
        let agent: String = user_agent.chars().take(200).collect();
        tx.exec(
            "insert into session (mall_id, token_hash, kind, subject_id, created_at, expires_at, user_agent)
             values ($1, $2, $3, $4, $5, $6, $7)",
            &args![
                ctx.mall_id,
                seal::sha256_hex(token.as_bytes()),
                subject.kind(),
                subject.id(),
                ctx.now,
                expires_at,
                agent
            ],
        )?;
        Ok(NewSession { token, expires_at })
    }

    /// The session of a token, from the cache or the database. `session.ended` (401) otherwise.
    pub async fn find(&self, db: &db::Db, token: &str, now: Instant) -> Result<Session> {
        let mall_id = mall_of(token).ok_or_else(ended)?;
        let hash = seal::sha256_hex(token.as_bytes());
        if let Some(session) = self.live.get(&hash) {
            if session.expires_at <= now {
                return Err(ended());
            }
            if now - session.seen_at < RECHECK {
                return Ok(session);
            }
        }
        let key = hash.clone();
        let row: Option<(String, Id, Instant)> = db
            .read(move |tx| {
                tx.opt(
                    "select kind, subject_id, expires_at from session where mall_id = $1 and token_hash = $2",
                    &args![mall_id, &key],
                )
            })
            .await?;
        let Some((kind, id, expires_at)) = row.filter(|r| r.2 > now) else {
            self.live.remove(&hash);
            return Err(ended());
        };
        let subject = match kind.as_str() {
            "guest" => Subject::Guest(id),
            "member" => Subject::Member(id),
            _ => Subject::Staff(id),
        };
        let session = Session { mall_id, subject, expires_at, seen_at: now };
        self.live.insert(hash, session);
        Ok(session)
    }

    /// Ends one session.
    pub fn close(&self, tx: &mut Tx<'_>, mall_id: MallId, token: &str) -> Result<()> {
        let hash = seal::sha256_hex(token.as_bytes());
        tx.exec("delete from session where mall_id = $1 and token_hash = $2", &args![mall_id, &hash])?;
        let live = self.live.clone();
        tx.after_commit(move || {
            live.remove(&hash);
        });
        Ok(())
    }

    /// Ends every session of a subject (password changed, disabled, merged).
    pub fn close_all(&self, tx: &mut Tx<'_>, mall_id: MallId, subject: Subject) -> Result<()> {
        let gone: Vec<(String,)> = tx.all(
            "delete from session where mall_id = $1 and kind = $2 and subject_id = $3 returning token_hash",
            &args![mall_id, subject.kind(), subject.id()],
        )?;
        let live = self.live.clone();
        tx.after_commit(move || gone.iter().for_each(|(hash,)| drop(live.remove(hash))));
        Ok(())
    }

    /// Ends every session of a subject but the one of `token` (its owner changed the password).
    pub fn close_others(&self, tx: &mut Tx<'_>, mall_id: MallId, subject: Subject, token: &str) -> Result<()> {
        let gone: Vec<(String,)> = tx.all(
            "delete from session
             where mall_id = $1 and kind = $2 and subject_id = $3 and token_hash <> $4
             returning token_hash",
            &args![mall_id, subject.kind(), subject.id(), seal::sha256_hex(token.as_bytes())],
        )?;
        let live = self.live.clone();
        tx.after_commit(move || gone.iter().for_each(|(hash,)| drop(live.remove(hash))));
        Ok(())
    }

    /// Makes every session of `from` a session of `to` (two accounts of one person became one).
    pub fn hand_over(&self, tx: &mut Tx<'_>, mall_id: MallId, from: Subject, to: Subject) -> Result<()> {
        let moved: Vec<(String,)> = tx.all(
            "update session
             set kind = $4, subject_id = $5
             where mall_id = $1 and kind = $2 and subject_id = $3
             returning token_hash",
            &args![mall_id, from.kind(), from.id(), to.kind(), to.id()],
        )?;
        let live = self.live.clone();
        tx.after_commit(move || moved.iter().for_each(|(hash,)| drop(live.remove(hash))));
        Ok(())
    }

    /// Deletes sessions that ended before `now`.
    pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
        tx.exec("delete from session where mall_id = $1 and expires_at < $2", &args![mall_id, now])
    }
}

fn ended() -> Error {
    Error::unauthenticated("session.ended", "登录已失效，请重新登录")
}

fn mall_of(token: &str) -> Option<MallId> {
    let (mall, secret) = token.split_once('.')?;
    (secret.len() == 43 && mall.len() <= 13).then_some(())?;
    i64::from_str_radix(mall, 36).ok().filter(|id| *id > 0).map(Id)
}

fn base36(mut n: i64) -> String {
    let mut digits = Vec::new();
    while n > 0 {
        let digit = u32::try_from(n % 36).expect("a digit is small");
        digits.push(char::from_digit(digit, 36).expect("a digit of base 36"));
        n /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_mall() {
        let token = format!("{}.{}", base36(123_456_789_012), seal::random_token());
        assert_eq!(mall_of(&token), Some(Id(123_456_789_012)));
        for broken in ["", ".", "abc", "zz.short", "-1.0123456789012345678901234567890123456789012"] {
            assert_eq!(mall_of(broken), None, "{broken}");
        }
    }
}
