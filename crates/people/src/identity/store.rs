//! SQL of members and their identities.

use super::model::{MemberBrief, MemberRecord};
use crate::phone::{Phone, SealedPhone};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use platform::seal::Sealer;
use std::collections::HashMap;

/// The member, or `member.not_found` (404).
pub(super) fn member(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<MemberRecord> {
    let row = tx.opt(
        "select id, kind, nickname, avatar_key, phone_sealed, status, created_at
         from member
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    row.ok_or_else(|| Error::not_found("member.not_found", "没有找到这位会员"))
}

/// The member with its row locked until the end of the transaction.
pub(super) fn member_locked(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Option<MemberRecord>> {
    tx.opt(
        "select id, kind, nickname, avatar_key, phone_sealed, status, created_at
         from member
         where mall_id = $1 and id = $2
         for update",
        &args![mall_id, id],
    )
}

pub(super) fn member_by_phone(tx: &mut Tx<'_>, mall_id: MallId, phone_hash: &str) -> Result<Option<MemberRecord>> {
    tx.opt(
        "select id, kind, nickname, avatar_key, phone_sealed, status, created_at
         from member
         where mall_id = $1 and phone_hash = $2",
        &args![mall_id, phone_hash],
    )
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    kind: &str,
    nickname: &str,
    phone: Option<&SealedPhone>,
) -> Result<()> {
    tx.exec(
        "insert into member (id, mall_id, kind, nickname, phone_sealed, phone_hash, phone_tail, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        &args![
            id,
            ctx.mall_id,
            kind,
            nickname,
            phone.map(|p| &*p.sealed),
            phone.map(|p| &*p.hash),
            phone.map(|p| &*p.tail),
            ctx.now
        ],
    )?;
    Ok(())
}

/// A guest becomes a member; the answer tells if it still was a guest.
pub(super) fn promote(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    guest: Id,
    nickname: &str,
    phone: Option<&SealedPhone>,
) -> Result<bool> {
    let changed = tx.exec(
        "update member
         set kind = 'member', nickname = $3, phone_sealed = $4, phone_hash = $5, phone_tail = $6,
             created_at = $7, updated_at = $7
         where mall_id = $1 and id = $2 and kind = 'guest' and status = 'active'",
        &args![
            ctx.mall_id,
            guest,
            nickname,
            phone.map(|p| &*p.sealed),
            phone.map(|p| &*p.hash),
            phone.map(|p| &*p.tail),
            ctx.now
        ],
    )?;
    Ok(changed == 1)
}

pub(super) fn set_phone(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, phone: &SealedPhone) -> Result<()> {
    tx.exec(
        "update member
         set phone_sealed = $3, phone_hash = $4, phone_tail = $5, updated_at = $6
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, member_id, &phone.sealed, &phone.hash, &phone.tail, ctx.now],
    )?;
    Ok(())
}

/// Member of an identity.
pub(super) fn member_of(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    provider: &str,
    app_id: &str,
    subject: &str,
) -> Result<Option<MemberRecord>> {
    tx.opt(
        "select m.id, m.kind, m.nickname, m.avatar_key, m.phone_sealed, m.status, m.created_at
         from member_identity i
         join member m on m.mall_id = i.mall_id and m.id = i.member_id
         where i.mall_id = $1 and i.provider = $2 and i.app_id = $3 and i.subject = $4",
        &args![mall_id, provider, app_id, subject],
    )
}

/// The openid of a member in one WeChat app, for payment and shipping notices; `None` if the member never came from there.
pub fn openid(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, app_id: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = tx.opt(
        "select subject
         from member_identity
         where mall_id = $1 and member_id = $2 and provider = 'wechat' and app_id = $3
         order by created_at desc
         limit 1",
        &args![mall_id, member_id, app_id],
    )?;
    Ok(row.map(|(subject,)| subject))
}

/// The phone of an active member; `None` also for who has left.
pub fn phone_of(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, member_id: Id) -> Result<Option<Phone>> {
    let row: Option<(Option<String>,)> = tx.opt(
        "select phone_sealed from member where mall_id = $1 and id = $2 and status = 'active'",
        &args![mall_id, member_id],
    )?;
    row.and_then(|(sealed,)| sealed).map(|sealed| Phone::open(sealer, &sealed)).transpose()
}

/// The member with this phone number, in any spelling; `None` also for text that is no phone number.
pub fn find_by_phone(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, phone: &str) -> Result<Option<Id>> {
    let Ok(phone) = Phone::parse(phone) else { return Ok(None) };
    Ok(member_by_phone(tx, mall_id, &phone.hash(sealer))?.map(|row| row.id))
}

/// Members whose phone ends in these four digits, newest first.
pub fn by_phone_tail(tx: &mut Tx<'_>, mall_id: MallId, tail: &str, limit: i64) -> Result<Vec<Id>> {
    tx.all(
        "select id from member
         where mall_id = $1 and phone_tail is not null and phone_tail = $2
         order by id desc
         limit $3",
        &args![mall_id, tail, limit],
    )
}

/// Members of exactly this nickname, newest first.
pub fn by_nickname(tx: &mut Tx<'_>, mall_id: MallId, nickname: &str, limit: i64) -> Result<Vec<Id>> {
    tx.all(
        "select id from member where mall_id = $1 and nickname = $2 order by id desc limit $3",
        &args![mall_id, nickname, limit],
    )
}

/// Name, avatar and masked phone of several members; unknown ids are absent.
pub fn briefs(tx: &mut Tx<'_>, sealer: &Sealer, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, MemberBrief>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<MemberRecord> = tx.all(
        "select id, kind, nickname, avatar_key, phone_sealed, status, created_at
         from member
         where mall_id = $1 and id = any($2)",
        &args![mall_id, ids],
    )?;
    rows.into_iter()
        .map(|row| {
            let phone_masked = row.phone(sealer)?.map(|phone| phone.masked());
            Ok((row.id, MemberBrief { id: row.id, nickname: row.nickname, avatar_key: row.avatar_key, phone_masked }))
        })
        .collect()
}

/// A pattern for `like … escape '!'` that finds text inside another, in lower case.
pub(super) fn contains(text: &str) -> String {
    let escaped: String = text.to_lowercase().chars().flat_map(|c| escape(c).into_iter().flatten()).collect();
    format!("%{escaped}%")
}

fn escape(c: char) -> [Option<char>; 2] {
    match c {
        '%' | '_' | '!' => [Some('!'), Some(c)],
        _ => [Some(c), None],
    }
}
