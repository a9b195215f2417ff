//! A guest turns out to be a member we know. What it gathered moves over, then the guest is closed as `merged`.

use super::store;
use crate::hooks::Hooks;
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
    let closed = tx.exec(
        "update member
         set status = 'merged', updated_at = $3
         where mall_id = $1 and id = $2 and kind = 'guest' and status = 'active'",
        &args![ctx.mall_id, guest, ctx.now],
    )?;
    if closed == 1 { Ok(()) } else { Err(Error::internal("a locked guest stopped being one")) }
}
