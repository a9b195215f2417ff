//! The log of consents: who agreed to which version in which scope, and who took it back.

use super::policy;
use db::{FromRow, Row, Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is agreed to. Each stands for itself: buying never asks for marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    /// The privacy policy: what buying here needs.
    Base,
    /// News and offers.
    Marketing,
}

impl ConsentScope {
    const fn as_str(self) -> &'static str {
        match self {
            ConsentScope::Base => "base",
            ConsentScope::Marketing => "marketing",
        }
    }
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Consent {
    pub scope: ConsentScope,
    /// Version of the policy that was shown.
    pub version: i64,
    /// False when it was taken back.
    pub granted: bool,
    pub at: Instant,
}

impl FromRow for Consent {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let scope = match row.next::<String>()?.as_str() {
            "marketing" => ConsentScope::Marketing,
            _ => ConsentScope::Base,
        };
        Ok(Consent { scope, version: row.next()?, granted: row.next()?, at: row.next()? })
    }
}

/// Adds to the log. `privacy.version_outdated` (409) when a newer version was published since the page was opened;
/// taking back is always possible.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, shopper: Id, scope: ConsentScope, version: i64, granted: bool) -> Result<()> {
    let newest = policy::newest(tx, ctx.mall_id)?;
    if granted && newest != Some(version) {
        return Err(Error::conflict("privacy.version_outdated", "隐私政策刚刚更新了，请看过新版本再确认"));
    }
    let version = if granted { version } else { newest.unwrap_or(0) };
    tx.exec(
        "insert into consent (mall_id, member_id, id, scope, version, granted, at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &args![ctx.mall_id, shopper, ctx.id(), scope.as_str(), version, granted, ctx.now],
    )?;
    Ok(())
}

/// How one scope stands; `None` when it was never asked.
pub(super) fn standing(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id, scope: ConsentScope) -> Result<Option<Consent>> {
    tx.opt(
        "select scope, version, granted, at
         from consent
         where mall_id = $1 and member_id = $2 and scope = $3
         order by id desc
         limit 1",
        &args![mall_id, shopper, scope.as_str()],
    )
}

/// True when the member agreed to news and offers, and did not take it back.
pub fn agrees_to_marketing(tx: &mut Tx<'_>, mall_id: MallId, member: Id) -> Result<bool> {
    Ok(standing(tx, mall_id, member, ConsentScope::Marketing)?.is_some_and(|one| one.granted))
}

/// True when the shopper has not agreed to the newest policy. A mall without one asks nobody.
pub fn is_due(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id) -> Result<bool> {
    let Some(newest) = policy::newest(tx, mall_id)? else { return Ok(false) };
    let base = standing(tx, mall_id, shopper, ConsentScope::Base)?;
    Ok(!base.is_some_and(|base| base.granted && base.version == newest))
}

/// The log of one shopper, newest first.
pub fn of_member(tx: &mut Tx<'_>, mall_id: MallId, shopper: Id, limit: i64) -> Result<Vec<Consent>> {
    tx.all(
        "select scope, version, granted, at
         from consent
         where mall_id = $1 and member_id = $2
         order by id desc
         limit $3",
        &args![mall_id, shopper, limit],
    )
}

/// A guest turned out to be a member: what was agreed as a guest belongs to the member's log.
pub fn move_log(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    tx.exec(
        "update consent
         set member_id = $3
         where mall_id = $1 and member_id = $2",
        &args![ctx.mall_id, from, to],
    )?;
    Ok(())
}

/// How many members and guests have said yes to a version, whatever came later.
pub(super) fn agreed(tx: &mut Tx<'_>, mall_id: MallId, version: i64) -> Result<i64> {
    tx.one(
        "select count(distinct member_id)
         from consent
         where mall_id = $1 and version = $2 and scope = 'base' and granted",
        &args![mall_id, version],
    )
}
