//! What a shopper prefers: kinds of messages switched off, and whether lists may be made for them in person.

use super::MessageKind;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a shopper prefers; without a row, everything is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preference {
    /// Kinds of messages the member does not want.
    pub muted: Vec<MessageKind>,
    /// False: recommendations are the same as for anybody.
    pub personalised: bool,
}

/// Absent fields stay as they are.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferenceChange {
    pub muted: Option<Vec<MessageKind>>,
    pub personalised: Option<bool>,
}

/// What a shopper prefers.
pub fn of_shopper(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<Preference> {
    let row: Option<(String, bool)> = tx.opt(
        "select muted, personalised
         from member_preference
         where mall_id = $1 and member_id = $2",
        &args![mall_id, shopper],
    )?;
    let Some((muted, personalised)) = row else {
        return Ok(Preference { muted: Vec::new(), personalised: true });
    };
    // Words of a newer release are left out.
    let words: Vec<String> = serde_json::from_str(&muted).map_err(Error::internal)?;
    let muted = words.iter().filter_map(|word| MessageKind::parse(word)).collect();
    Ok(Preference { muted, personalised })
}

/// Those of some members who do not want a kind of message.
pub fn muting(tx: &mut Tx<'_>, mall_id: MallId, member_ids: &[Id], kind: MessageKind) -> Result<Vec<Id>> {
    let rows: Vec<(Id, String)> = tx.all(
        "select member_id, muted
         from member_preference
         where mall_id = $1 and member_id = any($2)",
        &args![mall_id, member_ids],
    )?;
    let mut found = Vec::new();
    for (id, muted) in rows {
        let words: Vec<String> = serde_json::from_str(&muted).map_err(Error::internal)?;
        if words.iter().any(|word| word == kind.as_str()) {
            found.push(id);
        }
    }
    Ok(found)
}

/// True when lists may be made for this shopper in person.
pub fn is_personalised(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<bool> {
    Ok(of_shopper(tx, mall_id, shopper)?.personalised)
}

/// Changes what a shopper prefers; answers how it is now.
pub fn set(tx: &mut Tx<'_>, ctx: &Ctx, shopper: Id, change: &PreferenceChange) -> Result<Preference> {
    let now = of_shopper(tx, ctx.mall_id, shopper)?;
    let wanted = change.muted.clone().unwrap_or(now.muted);
    let muted: Vec<MessageKind> = MessageKind::ALL.into_iter().filter(|kind| wanted.contains(kind)).collect();
    let kept = Preference { muted, personalised: change.personalised.unwrap_or(now.personalised) };
    tx.exec(
        "insert into member_preference (mall_id, member_id, muted, personalised, updated_at)
         values ($1, $2, $3, $4, $5)
         on conflict (mall_id, member_id) do update
         set muted = excluded.muted, personalised = excluded.personalised, updated_at = excluded.updated_at",
        &args![
            ctx.mall_id,
            shopper,
            serde_json::to_string(&kept.muted).map_err(Error::internal)?,
            kept.personalised,
            ctx.now
        ],
    )?;
    Ok(kept)
}

/// Forgets them.
pub fn forget(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<()> {
    tx.exec("delete from member_preference where mall_id = $1 and member_id = $2", &args![mall_id, shopper])?;
    Ok(())
}
