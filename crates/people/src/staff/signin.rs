//! Staff sign-in, the part inside the transaction. The password was compared before; here its result is settled against
//! the row as it is now, so many guesses at once count one by one and a locked account stays locked.

use super::model::StaffRecord;
use super::{store, totp};
use db::{Tx, args};
use kernel::{Error, Id, Instant, Result, minutes};
use platform::Ctx;
use platform::seal::Sealer;

const TRIES: i64 = 5;
/// How long an account stays locked after five wrong tries, in milliseconds.
pub(super) const LOCKED_FOR: i64 = minutes(15);

/// One try to sign in, after the password was compared.
pub struct Attempt {
    pub staff_id: Id,
    /// The hash it was compared with; a password changed meanwhile makes the try wrong.
    pub compared_with: String,
    pub matches: bool,
    /// Six digits, when the person gave them.
    pub totp: Option<String>,
}

/// How it went. Every outcome commits: wrong tries must be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    SignedIn,
    Wrong,
    Locked { until: Instant },
    TotpRequired,
    TotpWrong,
}

impl Outcome {
    /// `staff.credentials_wrong`, `staff.totp_required`, `staff.totp_wrong` (401) or `staff.locked` (429) unless signed in.
    pub fn into_result(self, now: Instant) -> Result<()> {
        Err(match self {
            Outcome::SignedIn => return Ok(()),
            Outcome::Wrong => Error::unauthenticated("staff.credentials_wrong", "用户名或密码不正确"),
            Outcome::TotpRequired => Error::unauthenticated("staff.totp_required", "请输入动态验证码").at("totp"),
            Outcome::TotpWrong => Error::unauthenticated("staff.totp_wrong", "动态验证码不正确，请等下一个").at("totp"),
            Outcome::Locked { until } => locked(until - now),
        })
    }
}

pub(super) fn locked(wait_ms: i64) -> Error {
    let seconds = u32::try_from((wait_ms.max(1) + 999) / 1_000).unwrap_or(u32::MAX);
    Error::too_many("staff.locked", format!("输错次数太多，账号已暂时锁定，请 {} 分钟后再试", seconds.div_ceil(60)))
        .retry_after(seconds)
}

/// Counts, locks or lets in.
pub fn settle_sign_in(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, attempt: &Attempt) -> Result<Outcome> {
    let staff = store::staff_locked(tx, ctx.mall_id, attempt.staff_id)?;
    if staff.locked_until > ctx.now {
        return Ok(Outcome::Locked { until: staff.locked_until });
    }
    if !attempt.matches || staff.password_hash != attempt.compared_with || !staff.is_active() {
        count_failure(tx, ctx, &staff)?;
        return Ok(Outcome::Wrong);
    }
    let mut step = staff.totp_last_step;
    if staff.totp_enabled() {
        let Some(code) = attempt.totp.as_deref().filter(|code| !code.trim().is_empty()) else {
            return Ok(Outcome::TotpRequired);
        };
        match fresh_step(sealer, &staff, code, ctx.now)? {
            Some(fresh) => step = fresh,
            None => {
                count_failure(tx, ctx, &staff)?;
                return Ok(Outcome::TotpWrong);
            }
        }
    }
    tx.exec(
        "update staff
         set failed_attempts = 0, locked_until = 0, totp_last_step = $3, last_sign_in_at = $4
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, staff.id, step, ctx.now],
    )?;
    Ok(Outcome::SignedIn)
}

/// The step of a right code that was not used before.
pub(super) fn fresh_step(sealer: &Sealer, staff: &StaffRecord, code: &str, now: Instant) -> Result<Option<i64>> {
    let Some(sealed) = &staff.totp_sealed else { return Ok(None) };
    let step = totp::step_of(&sealer.open(totp::COLUMN, sealed)?, code, now)?;
    Ok(step.filter(|step| *step > staff.totp_last_step))
}

fn count_failure(tx: &mut Tx<'_>, ctx: &Ctx, staff: &StaffRecord) -> Result<()> {
    let attempts = staff.failed_attempts + 1;
    let (attempts, locked_until) =
        if attempts >= TRIES { (0, ctx.now + LOCKED_FOR) } else { (attempts, staff.locked_until) };
    tx.exec(
        "update staff set failed_attempts = $3, locked_until = $4 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, staff.id, attempts, locked_until],
    )?;
    Ok(())
}
