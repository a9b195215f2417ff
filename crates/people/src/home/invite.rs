//! Codes that stand in links and on posters: one of a store, one of each clerk at a store, the same for good.

use super::model::Whose;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::seal::random_bytes;

/// Digits and letters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH: usize = 8;

/// An invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub code: String,
    pub whose: Whose,
}

/// The code of a store, or of a clerk there, if it was made.
pub fn invite_of(tx: &mut Tx<'_>, mall_id: MallId, whose: Whose) -> Result<Option<String>> {
    let found: Option<(String,)> = match whose.clerk_id {
        Some(clerk_id) => tx.opt(
            "select code from home_invite where mall_id = $1 and store_id = $2 and clerk_id = $3 and clerk_id is not null",
            &args![mall_id, whose.store_id, clerk_id],
        )?,
        None => tx.opt(
            "select code from home_invite where mall_id = $1 and store_id = $2 and clerk_id is null",
            &args![mall_id, whose.store_id],
        )?,
    };
    Ok(found.map(|(code,)| code))
}

/// The code of a store, or of a clerk there, made when there is none. Of two who make it at once both get the same.
pub fn make_invite(tx: &mut Tx<'_>, ctx: &Ctx, whose: Whose) -> Result<String> {
    for _ in 0..4 {
        if let Some(code) = invite_of(tx, ctx.mall_id, whose)? {
            return Ok(code);
        }
        let bytes: [u8; LENGTH] = random_bytes();
        let code: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        tx.exec(
            "insert into home_invite (mall_id, code, store_id, clerk_id, created_at)
             values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            &args![ctx.mall_id, code, whose.store_id, whose.clerk_id, ctx.now],
        )?;
    }
    invite_of(tx, ctx.mall_id, whose)?.ok_or_else(|| Error::internal("no code was free"))
}

/// Whose a code is, as typed or scanned. A clerk who left, or who works elsewhere now, wins nobody any more: it is the store's
/// alone. `home.no_such_invite` (404).
pub fn invite_of_code(tx: &mut Tx<'_>, mall_id: MallId, code: &str) -> Result<Invite> {
    let code = code.trim().to_ascii_uppercase();
    let none = || Error::not_found("home.no_such_invite", "这个邀请码不存在，请让店员再出示一次");
    if code.len() != LENGTH || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(none());
    }
    let found: Option<(Id, Option<Id>)> = tx.opt(
        "select i.store_id, s.id
         from home_invite i
         left join staff s
           on s.mall_id = i.mall_id and s.id = i.clerk_id and s.store_id = i.store_id and s.status = 'active'
         where i.mall_id = $1 and i.code = $2",
        &args![mall_id, &code],
    )?;
    let (store_id, clerk_id) = found.ok_or_else(none)?;
    Ok(Invite { code, whose: Whose { store_id, clerk_id } })
}
