//! A guest turns out to be a member we know, or a new WeChat member proves a phone number that an older member has.
//! What was gathered moves over, then the one that gathered it is closed as `merged`.

use super::model::MemberRecord;
use super::store;
use crate::hooks::Hooks;
use crate::{address, consent, home, message};
use db::{Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;

/// The guest of the request if it still is one, with its row locked: of two sign-ins with the same guest token the second
/// finds it gone.
pub(super) fn guest_in_hand(tx: &mut Tx<'_>, ctx: &Ctx, guest: Option<Id>) -> Result<Option<Id>> {
    let Some(id) = guest else { return Ok(None) };
    let row = store::member_locked(tx, ctx.mall_id, id)?;
    Ok(row.filter(|row| row.is_active_guest()).map(|row| row.id))
}

/// Moves everything of a locked guest to the member.
pub(super) fn absorb(tx: &mut Tx<'_>, ctx: &Ctx, hooks: &Hooks, guest: Id, member: Id) -> Result<()> {
    hooks.merge.merge(tx, ctx, guest, member)?;
    consent::move_log(tx, ctx, guest, member)?;
    home::join(tx, ctx, guest, member)?;
    message::forget(tx, ctx.mall_id, guest)?;
    let closed = tx.exec(
        "update member
         set status = 'merged', updated_at = $3
         where mall_id = $1 and id = $2 and kind = 'guest' and status = 'active'",
        &args![ctx.mall_id, guest, ctx.now],
    )?;
    if closed == 1 { Ok(()) } else { Err(Error::internal("a locked guest stopped being one")) }
}

/// Merges a member that has proven the phone number of `owner`: its WeChat identities, its addresses and what it gathered
/// move. False, and nothing moved, when they cannot be one: it has a phone of its own, or orders, or the owner has
/// another identity in the same app.
pub(super) fn unite(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    hooks: &Hooks,
    member: &MemberRecord,
    owner: &MemberRecord,
) -> Result<bool> {
    let (rivals,): (i64,) = tx.one(
        "select count(*)
         from member_identity mine
         join member_identity theirs
           on theirs.mall_id = mine.mall_id and theirs.provider = mine.provider and theirs.app_id = mine.app_id
         where mine.mall_id = $1 and mine.member_id = $2 and theirs.member_id = $3",
        &args![ctx.mall_id, member.id, owner.id],
    )?;
    let apart = member.phone_sealed.is_some()
        || owner.status != "active"
        || rivals > 0
        || hooks.merge.is_anchored(tx, ctx.mall_id, member.id)?;
    if apart {
        return Ok(false);
    }
    tx.exec(
        "update member_identity set member_id = $3 where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, member.id, owner.id],
    )?;
    address::move_book(tx, ctx, member.id, owner.id)?;
    consent::move_log(tx, ctx, member.id, owner.id)?;
    home::merge(tx, ctx, member.id, owner.id)?;
    message::erase(tx, ctx.mall_id, member.id)?;
    message::forget(tx, ctx.mall_id, member.id)?;
    hooks.merge.merge(tx, ctx, member.id, owner.id)?;
    tx.exec(
        "update member set status = 'merged', updated_at = $3 where mall_id = $1 and id = $2 and status = 'active'",
        &args![ctx.mall_id, member.id, ctx.now],
    )?;
    Ok(true)
}
