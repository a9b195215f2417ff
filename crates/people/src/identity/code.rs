//! Sign-in codes by text message. Six digits, kept only as a keyed hash, good once and for five minutes; the fifth wrong
//! try locks the code. The limits are counted in the database, so they hold across restarts and nodes: per phone one a
//! minute, five an hour, ten a day; per address twenty an hour.
//!
//! A transaction never sends: [`issue_code`] commits, then the handler sends, then [`forget_unsent`] if that failed.

use crate::phone::Phone;
use db::{Tx, args};
use kernel::{Error, Instant, MallId, Result, days, hours, minutes};
use platform::Ctx;
use platform::seal::Sealer;
use std::net::IpAddr;

/// How long a code can be used, in milliseconds.
pub const CODE_LIFETIME: i64 = minutes(5);
const TRIES: i64 = 5;
const PAUSE: i64 = minutes(1);
const PER_PHONE_HOUR: i64 = 5;
const PER_PHONE_DAY: i64 = 10;
const PER_ADDRESS_HOUR: i64 = 20;

/// What a code turned out to be. Wrong tries are counted by the transaction that asks, so it must commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// It was right and is used up now.
    Right,
    Wrong {
        tries_left: i64,
    },
    /// Never sent, used before, or too old.
    Expired,
    /// Too many wrong tries; only a new code helps.
    Locked,
}

impl CodeCheck {
    /// `session.code_wrong` (400), `session.code_expired` (400) or `session.code_locked` (429) unless it was right.
    pub fn into_result(self) -> Result<()> {
        Err(match self {
            CodeCheck::Right => return Ok(()),
            CodeCheck::Wrong { tries_left } => {
                Error::invalid("session.code_wrong", format!("验证码不对，还可以再试 {tries_left} 次")).at("code")
            }
            CodeCheck::Expired => Error::invalid("session.code_expired", "验证码已失效，请重新获取").at("code"),
            CodeCheck::Locked => {
                Error::too_many("session.code_locked", "验证码输错太多次，请重新获取").at("code").retry_after(60)
            }
        })
    }
}

/// Replaces the code of a phone and counts it. `sms.too_often` (429) with the seconds to wait when a limit is reached.
pub fn issue_code(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, phone: &Phone, ip: IpAddr, code: &str) -> Result<()> {
    let (phone_hash, ip) = (phone.hash(sealer), ip.to_string());
    // This row also makes a second request for the same phone wait, so that the counts below are exact.
    let replaced = tx.exec(
        "insert into sms_code (mall_id, phone_hash, code_hash, attempts, sent_at, expires_at)
         values ($1, $2, $3, 0, $4, $5)
         on conflict (mall_id, phone_hash) do update
         set code_hash = excluded.code_hash, attempts = 0, sent_at = excluded.sent_at,
             expires_at = excluded.expires_at, used_at = null
         where sms_code.sent_at <= $6",
        &args![
            ctx.mall_id,
            &phone_hash,
            code_hash(sealer, phone, code),
            ctx.now,
            ctx.now + CODE_LIFETIME,
            ctx.now - PAUSE
        ],
    )?;
    if replaced == 0 {
        let (sent_at,): (Instant,) = tx.one(
            "select sent_at from sms_code where mall_id = $1 and phone_hash = $2",
            &args![ctx.mall_id, &phone_hash],
        )?;
        return Err(too_often(sent_at + PAUSE - ctx.now));
    }
    let (in_day, oldest, in_hour, recent): (i64, Option<Instant>, i64, Option<Instant>) = tx.one(
        "select count(*), min(sent_at), count(*) filter (where sent_at > $4), min(sent_at) filter (where sent_at > $4)
         from sms_sent
         where mall_id = $1 and phone_hash = $2 and sent_at > $3",
        &args![ctx.mall_id, &phone_hash, ctx.now - days(1), ctx.now - hours(1)],
    )?;
    if in_day >= PER_PHONE_DAY {
        return Err(too_often(oldest.map_or(days(1), |at| at + days(1) - ctx.now)));
    }
    if in_hour >= PER_PHONE_HOUR {
        return Err(too_often(recent.map_or(hours(1), |at| at + hours(1) - ctx.now)));
    }
    check_address(tx, ctx, &ip)?;
    tx.exec(
        "insert into sms_sent (id, mall_id, phone_hash, ip, sent_at) values ($1, $2, $3, $4, $5)",
        &args![ctx.id(), ctx.mall_id, &phone_hash, &ip, ctx.now],
    )?;
    Ok(())
}

/// The oldest row of the hour is the gate: whoever counts next waits for the one before. Only the very first requests of
/// an address may pass side by side, and there are fewer database connections than the limit.
fn check_address(tx: &mut Tx<'_>, ctx: &Ctx, ip: &str) -> Result<()> {
    let since = ctx.now - hours(1);
    let gate: Option<(i64, Instant)> = tx.opt(
        "select id, sent_at
         from sms_sent
         where mall_id = $1 and ip = $2 and sent_at > $3
         order by sent_at, id
         limit 1
         for update",
        &args![ctx.mall_id, ip, since],
    )?;
    let Some((_, oldest)) = gate else { return Ok(()) };
    let (sent,): (i64,) = tx.one(
        "select count(*) from sms_sent where mall_id = $1 and ip = $2 and sent_at > $3",
        &args![ctx.mall_id, ip, since],
    )?;
    if sent >= PER_ADDRESS_HOUR {
        return Err(too_often(oldest + hours(1) - ctx.now));
    }
    Ok(())
}

/// The message could not be sent: the code dies, and the pause of a minute with it. It still counts for the hour.
pub fn forget_unsent(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, phone: &Phone, code: &str) -> Result<()> {
    tx.exec(
        "update sms_code
         set sent_at = 0, expires_at = 0
         where mall_id = $1 and phone_hash = $2 and code_hash = $3 and used_at is null",
        &args![ctx.mall_id, phone.hash(sealer), code_hash(sealer, phone, code)],
    )?;
    Ok(())
}

/// Tries a code. The row is locked by the first statement, so of many at once only one finds it right.
pub fn check_code(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, phone: &Phone, code: &str) -> Result<CodeCheck> {
    let phone_hash = phone.hash(sealer);
    let tried: Option<(String, i64)> = tx.opt(
        "update sms_code
         set attempts = attempts + 1
         where mall_id = $1 and phone_hash = $2 and used_at is null and expires_at > $3 and attempts < $4
         returning code_hash, attempts",
        &args![ctx.mall_id, &phone_hash, ctx.now, TRIES],
    )?;
    let Some((expected, attempts)) = tried else {
        let locked: Option<(i64,)> = tx.opt(
            "select attempts
             from sms_code
             where mall_id = $1 and phone_hash = $2 and used_at is null and expires_at > $3",
            &args![ctx.mall_id, &phone_hash, ctx.now],
        )?;
        return Ok(if locked.is_some() { CodeCheck::Locked } else { CodeCheck::Expired });
    };
    // Both sides are keyed hashes, so the time this comparison takes tells nothing.
    if expected != code_hash(sealer, phone, code) {
        let tries_left = TRIES - attempts;
        return Ok(if tries_left > 0 { CodeCheck::Wrong { tries_left } } else { CodeCheck::Locked });
    }
    tx.exec(
        "update sms_code set used_at = $3 where mall_id = $1 and phone_hash = $2",
        &args![ctx.mall_id, &phone_hash, ctx.now],
    )?;
    Ok(CodeCheck::Right)
}

/// Forgets counts and codes that no limit looks at any more; answers how many rows went.
pub fn sweep(tx: &mut Tx<'_>, mall_id: MallId, now: Instant) -> Result<u64> {
    let counted =
        tx.exec("delete from sms_sent where mall_id = $1 and sent_at < $2", &args![mall_id, now - days(2)])?;
    let codes =
        tx.exec("delete from sms_code where mall_id = $1 and expires_at < $2", &args![mall_id, now - days(1)])?;
    Ok(counted + codes)
}

fn code_hash(sealer: &Sealer, phone: &Phone, code: &str) -> String {
    sealer.hash("sms_code.code", &format!("{}:{code}", phone.e164()))
}

fn too_often(wait_ms: i64) -> Error {
    let seconds = u32::try_from((wait_ms.max(1) + 999) / 1_000).unwrap_or(u32::MAX);
    let wait = match seconds {
        0..=60 => format!("{seconds} 秒"),
        61..=3_600 => format!("{} 分钟", seconds.div_ceil(60)),
        _ => format!("{} 小时", seconds.div_ceil(3_600)),
    };
    Error::too_many("sms.too_often", format!("验证码发送太频繁，请 {wait}后再试")).retry_after(seconds)
}
