//! The payment password: six digits, kept as a slow hash. Five wrong tries lock it for fifteen minutes, in the database,
//! so the lock holds across restarts and nodes.

use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result, minutes};
use platform::Ctx;

const TRIES: i64 = 5;
const LOCK: i64 = minutes(15);

/// Six digits that are not all the same or a plain row; 400 at `password` otherwise.
pub(super) fn check_form(password: &str) -> Result<()> {
    let digits = password.len() == 6 && password.bytes().all(|b| b.is_ascii_digit());
    let steps: Vec<i16> = password.as_bytes().windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
    let plain = [0, 1, -1].iter().any(|step| steps.iter().all(|s| s == step));
    if !digits {
        return Err(Error::field("password", "支付密码是 6 位数字"));
    }
    if plain {
        return Err(Error::field("password", "请不要用相同或连续的数字"));
    }
    Ok(())
}

pub(super) fn has(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<bool> {
    let found: Option<Id> =
        tx.opt("select member_id from pay_password where mall_id = $1 and member_id = $2", &args![mall_id, member_id])?;
    Ok(found.is_some())
}

pub(super) fn save(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, hash: &str) -> Result<()> {
    tx.exec(
        "insert into pay_password (mall_id, member_id, password_hash, updated_at) values ($1, $2, $3, $4)
         on conflict (mall_id, member_id) do update
         set password_hash = excluded.password_hash, failed_attempts = 0, locked_until = 0,
             updated_at = excluded.updated_at",
        &args![ctx.mall_id, member_id, hash, ctx.now],
    )?;
    Ok(())
}

/// Counts a try before it is made and answers the hash to compare with, so that many at once cannot try more often.
/// `pay_password.not_set` (409), `pay_password.locked` (429).
pub(super) fn begin_try(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<String> {
    let tried: Option<(String,)> = tx.opt(
        "update pay_password
         set failed_attempts = case when locked_until > 0 and locked_until <= $3 then 1 else failed_attempts + 1 end,
             locked_until = case
               when locked_until > 0 and locked_until <= $3 then 0
               when failed_attempts + 1 >= $4 then $5
               else locked_until end
         where mall_id = $1 and member_id = $2 and locked_until <= $3
         returning password_hash",
        &args![ctx.mall_id, member_id, ctx.now, TRIES, ctx.now + LOCK],
    )?;
    if let Some((hash,)) = tried {
        return Ok(hash);
    }
    let locked: Option<(Instant,)> = tx.opt(
        "select locked_until from pay_password where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id],
    )?;
    match locked {
        Some((until,)) => {
            let wait = u32::try_from((until - ctx.now).max(1_000) / 1_000).unwrap_or(u32::MAX);
            Err(Error::too_many("pay_password.locked", "支付密码输错太多次，请稍后再试或用短信验证").retry_after(wait))
        }
        None => Err(Error::conflict("pay_password.not_set", "还没有设置支付密码")),
    }
}

/// The try was right: the count begins anew.
pub(super) fn end_try(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id) -> Result<()> {
    tx.exec(
        "update pay_password set failed_attempts = 0, locked_until = 0 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member_id],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_form;

    #[test]
    fn plain_rows_of_digits_are_refused() {
        for good in ["135792", "100200", "120789"] {
            assert!(check_form(good).is_ok(), "{good}");
        }
        for bad in ["111111", "123456", "654321", "12345", "1234567", "12a456", ""] {
            assert_eq!(check_form(bad).unwrap_err().field_name(), Some("password"), "{bad}");
        }
    }
}
