//! What a shopper sees and changes of itself.

use super::merge::unite;
use super::model::{Me, MemberKind};
use super::store;
use crate::hooks::Hooks;
use crate::phone::Phone;
use db::{OnConstraint, Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::seal::Sealer;
use platform::storage::picture;
use platform::{App, Ctx};

/// What to change; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// 1 to 20 characters.
    pub nickname: Option<String>,
    /// Key of an uploaded picture; an empty text takes the picture away.
    pub avatar_key: Option<String>,
}

/// The shopper with the numbers of its "me" page. `member.not_found` (404), `member.blocked` (403).
pub fn me(tx: &mut Tx<'_>, app: &App, hooks: &Hooks, mall_id: MallId, shopper_id: Id) -> Result<Me> {
    let row = store::member(tx, mall_id, shopper_id)?;
    row.require_active()?;
    let phone_masked = row.phone(&app.sealer)?.map(|phone| phone.masked());
    let badges = hooks.badges.badges(tx, mall_id, shopper_id)?;
    Ok(Me {
        id: row.id,
        kind: row.kind,
        avatar_url: row.avatar_key.map(|key| picture(app, &key, "").small_url),
        nickname: row.nickname,
        phone_masked,
        created_at: row.created_at,
        consent_due: crate::consent::is_due(tx, mall_id, shopper_id)?,
        badges,
    })
}

/// Changes nickname and avatar. 400 at the field that does not fit.
pub fn change_profile(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, change: &ProfileChange) -> Result<()> {
    let nickname = change.nickname.as_deref().map(checked_nickname).transpose()?;
    let avatar = change.avatar_key.as_deref();
    if let Some(key) = avatar.filter(|key| !key.is_empty()) {
        require_own_file(tx, ctx, member_id, key)?;
    }
    tx.exec(
        "update member
         set nickname = coalesce($3, nickname),
             avatar_key = case when $4 then nullif($5, '') else avatar_key end,
             updated_at = $6
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, member_id, nickname, avatar.is_some(), avatar, ctx.now],
    )?;
    Ok(())
}

/// Ties a proven phone number to a member and answers who the member is now: when an older member has the number, the
/// two become one if they can ([`unite`]), and the caller hands the sessions over.
/// `member.phone_taken` (409) if they cannot.
pub fn bind_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    sealer: &Sealer,
    hooks: &Hooks,
    member_id: Id,
    phone: &Phone,
) -> Result<Id> {
    let member = store::member_locked(tx, ctx.mall_id, member_id)?;
    let member = member.filter(|row| row.kind == MemberKind::Member);
    let member = member.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))?;
    member.require_active()?;
    let kept = phone.seal(sealer);
    match store::member_by_phone(tx, ctx.mall_id, &kept.hash)? {
        Some(owner) if owner.id != member.id => {
            if unite(tx, ctx, hooks, &member, &owner)? {
                Ok(owner.id)
            } else {
                Err(phone_taken())
            }
        }
        _ => {
            store::set_phone(tx, ctx, member_id, &kept).on_constraint("member_phone_taken", |_| phone_taken())?;
            Ok(member_id)
        }
    }
}

fn phone_taken() -> Error {
    Error::conflict("member.phone_taken", "这个手机号已经属于另一个账号，请用手机号登录")
}

fn checked_nickname(text: &str) -> Result<String> {
    let nickname = text.trim();
    let fits = (1..=20).contains(&nickname.chars().count()) && !nickname.chars().any(char::is_control);
    if fits { Ok(nickname.to_owned()) } else { Err(Error::field("nickname", "昵称请用 1 到 20 个字")) }
}

/// Only a picture the member uploaded itself may become its face.
fn require_own_file(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, key: &str) -> Result<()> {
    let found: Option<(i64,)> = tx.opt(
        "select bytes from file where mall_id = $1 and key = $2 and owner_kind = 'member' and owner_id = $3",
        &args![ctx.mall_id, key, member_id],
    )?;
    match found {
        Some(_) => Ok(()),
        None => Err(Error::field("avatar_key", "没有找到这张图片，请重新上传")),
    }
}
