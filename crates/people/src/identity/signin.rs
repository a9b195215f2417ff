//! Becoming somebody: a guest on the first visit, a member by phone or by WeChat. A guest that signs in becomes the new
//! member, or is merged into the member it already was. Verbs answer who is signed in; the handler opens the session.

use super::merge::{absorb, guest_in_hand};
use super::model::MemberRecord;
use super::store;
use crate::home;
use crate::hooks::Hooks;
use crate::phone::{Phone, SealedPhone};
use db::{Tx, args, violated};
use kernel::{Error, Id, Result};
use platform::Ctx;
use platform::seal::Sealer;

/// Who is signed in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    pub member_id: Id,
    /// The guest that became this member or was merged into it; its sessions end.
    pub former_guest: Option<Id>,
    /// True when the member did not exist before.
    pub is_new: bool,
}

/// What WeChat vouches for. The session key is sealed before it is stored.
#[derive(Clone)]
pub struct WechatIdentity {
    pub app_id: String,
    pub openid: String,
    pub union_id: Option<String>,
    pub session_key: String,
}

const WECHAT: &str = "wechat";

/// A new guest.
pub fn create_guest(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Id> {
    let id = ctx.id();
    store::insert(tx, ctx, id, "guest", "访客", None)?;
    Ok(id)
}

/// A new member with a phone, for demo data and staff. `member.phone_taken` (409) if the number is known.
pub fn create_member(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, phone: &Phone, nickname: &str) -> Result<Id> {
    let id = ctx.id();
    store::insert(tx, ctx, id, "member", nickname, Some(&phone.seal(sealer)))?;
    Ok(id)
}

/// Signs in the owner of a phone number whose code was right; a new number makes a new member.
/// `member.blocked` (403).
pub fn sign_in_by_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    hooks: &Hooks,
    phone: &Phone,
    guest: Option<Id>,
) -> Result<Signed> {
    let kept = phone.seal(sealer);
    let guest = guest_in_hand(tx, ctx, guest)?;
    if let Some(member) = store::member_by_phone(tx, ctx.mall_id, &kept.hash)? {
        return known(tx, ctx, hooks, member, guest);
    }
    let made = tx.savepoint(|tx| become_member(tx, ctx, guest, Some(&kept)));
    match made {
        Err(error) if violated(&error) == Some("member_phone_taken") => {
            // Somebody signed in with this number between our look and our insert.
            let member = store::member_by_phone(tx, ctx.mall_id, &kept.hash)?;
            known(tx, ctx, hooks, member.ok_or(error)?, guest)
        }
        made => Ok(Signed { member_id: made?, former_guest: guest, is_new: true }),
    }
}

/// Signs in the owner of a WeChat identity. An unknown one is tied to `current` (a member signed in by other means
/// that has no WeChat identity in this app yet), or makes a new member. `member.blocked` (403).
pub fn sign_in_by_wechat(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    hooks: &Hooks,
    identity: &WechatIdentity,
    guest: Option<Id>,
    current: Option<Id>,
) -> Result<Signed> {
    let guest = guest_in_hand(tx, ctx, guest)?;
    if let Some(member) = wechat_member(tx, ctx, identity)? {
        renew_session_key(tx, ctx, sealer, identity)?;
        return known(tx, ctx, hooks, member, guest);
    }
    let current = match current {
        Some(id) => store::member_locked(tx, ctx.mall_id, id)?.filter(|row| row.status == "active"),
        None => None,
    };
    let made = tx.savepoint(|tx| {
        let member_id = match current {
            Some(member) if store::openid(tx, ctx.mall_id, member.id, &identity.app_id)?.is_none() => {
                insert_identity(tx, ctx, sealer, identity, member.id)?;
                return Ok(Signed { member_id: member.id, former_guest: None, is_new: false });
            }
            _ => become_member(tx, ctx, guest, None)?,
        };
        insert_identity(tx, ctx, sealer, identity, member_id)?;
        Ok(Signed { member_id, former_guest: guest, is_new: true })
    });
    match made {
        Err(error) if violated(&error) == Some("member_identity_taken") => {
            let member = wechat_member(tx, ctx, identity)?;
            known(tx, ctx, hooks, member.ok_or(error)?, guest)
        }
        made => made,
    }
}

fn known(tx: &mut Tx<'_>, ctx: &Ctx, hooks: &Hooks, member: MemberRecord, guest: Option<Id>) -> Result<Signed> {
    member.require_active()?;
    let former_guest = guest.filter(|guest| *guest != member.id);
    if let Some(guest) = former_guest {
        absorb(tx, ctx, hooks, guest, member.id)?;
    }
    Ok(Signed { member_id: member.id, former_guest, is_new: false })
}

fn become_member(tx: &mut Tx<'_>, ctx: &Ctx, guest: Option<Id>, phone: Option<&SealedPhone>) -> Result<Id> {
    let Some(guest) = guest else {
        let id = ctx.id();
        store::insert(tx, ctx, id, "member", &default_nickname(id), phone)?;
        return Ok(id);
    };
    if !store::promote(tx, ctx, guest, &default_nickname(guest), phone)? {
        return Err(Error::internal("a locked guest stopped being one"));
    }
    home::join(tx, ctx, guest, guest)?;
    Ok(guest)
}

/// A name to begin with; says nothing about the person.
fn default_nickname(id: Id) -> String {
    // Ids of neighbours differ in their low digits; the multiplication scatters them.
    let scattered = id.0.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    format!("会员 {:06}", scattered % 1_000_000)
}

fn wechat_member(tx: &mut Tx<'_>, ctx: &Ctx, identity: &WechatIdentity) -> Result<Option<MemberRecord>> {
    store::member_of(tx, ctx.mall_id, WECHAT, &identity.app_id, &identity.openid)
}

fn insert_identity(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    identity: &WechatIdentity,
    member_id: Id,
) -> Result<()> {
    tx.exec(
        "insert into member_identity
           (mall_id, provider, app_id, subject, member_id, union_id, session_key_sealed, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            ctx.mall_id,
            WECHAT,
            &identity.app_id,
            &identity.openid,
            member_id,
            &identity.union_id,
            sealer.seal("member_identity.session_key", &identity.session_key),
            ctx.now
        ],
    )?;
    Ok(())
}

fn renew_session_key(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, identity: &WechatIdentity) -> Result<()> {
    tx.exec(
        "update member_identity
         set session_key_sealed = $5, union_id = coalesce($6, union_id)
         where mall_id = $1 and provider = $2 and app_id = $3 and subject = $4",
        &args![
            ctx.mall_id,
            WECHAT,
            &identity.app_id,
            &identity.openid,
            sealer.seal("member_identity.session_key", &identity.session_key),
            &identity.union_id
        ],
    )?;
    Ok(())
}
