//! Codes: a batch of texts, each good for one coupon, once. Made here or brought along (import).

use super::grant::{Gift, grant};
use super::model::CouponSource;
use db::{Arg, Tx, args};
use kernel::{Error, Id, Result};
use platform::{Ctx, seal};
use std::collections::HashSet;

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Length of a code made here: 32^12 of them, not to be guessed.
const LENGTH: usize = 12;

/// A code as people type it: without spaces and dashes, in capitals.
pub fn normal(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect()
}

/// New codes, all different.
pub fn make(count: usize) -> Vec<String> {
    let mut made = HashSet::with_capacity(count);
    while made.len() < count {
        let bytes: [u8; LENGTH] = seal::random_bytes();
        made.insert(bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect::<String>());
    }
    made.into_iter().collect()
}

/// Writes a batch; answers its id. `coupon.code_taken` (409) when a code is there already.
pub fn insert_batch(tx: &mut Tx<'_>, ctx: &Ctx, template_id: Id, name: &str, codes: &[String]) -> Result<Id> {
    let id = ctx.id();
    let count = i64::try_from(codes.len()).map_err(Error::internal)?;
    tx.exec(
        "insert into coupon_batch (id, mall_id, template_id, name, count, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![id, ctx.mall_id, template_id, name, count, ctx.actor.id(), ctx.now],
    )?;
    let rows: Vec<Vec<Arg>> =
        codes.iter().zip(1i64..).map(|(code, n)| Vec::from(args![ctx.mall_id, code, id, n])).collect();
    let made = tx.insert_many(
        "insert into coupon_code (mall_id, code, batch_id, position) values",
        "on conflict (mall_id, code) do nothing",
        &rows,
    )?;
    if made != rows.len() as u64 {
        return Err(Error::conflict("coupon.code_taken", "有兑换码已经存在，请换一批"));
    }
    Ok(id)
}

/// Turns a code into a coupon.
///
/// # Errors
/// `coupon.code_wrong` (404), `coupon.code_used` (409) and the refusals of [`grant`].
pub fn redeem_code(tx: &mut Tx<'_>, ctx: &Ctx, day: i64, member_id: Id, code: &str) -> Result<Id> {
    let code = normal(code);
    let found: Option<(Id, String)> = tx.opt(
        "select b.template_id, c.status
         from coupon_code c join coupon_batch b on b.mall_id = c.mall_id and b.id = c.batch_id
         where c.mall_id = $1 and c.code = $2",
        &args![ctx.mall_id, &code],
    )?;
    let Some((template_id, _)) = found else {
        return Err(Error::not_found("coupon.code_wrong", "兑换码不正确"));
    };
    let taken = tx.exec(
        "update coupon_code set status = 'redeemed', member_id = $3, redeemed_at = $4
         where mall_id = $1 and code = $2 and status = 'new'",
        &args![ctx.mall_id, &code, member_id, ctx.now],
    )?;
    if taken == 0 {
        return Err(Error::conflict("coupon.code_used", "兑换码已经用过或作废"));
    }
    grant(tx, ctx, day, template_id, member_id, &Gift::of(CouponSource::Code).once(format!("code:{code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_people_type_them() {
        let codes = make(1_000);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 1_000);
        assert!(codes.iter().all(|code| code.len() == LENGTH && *code == normal(code)));
        assert_eq!(normal(" abcd-2345 efgh "), "ABCD2345EFGH");
    }
}
