//! SQL of staff and roles.

use super::model::{Rights, RoleRecord, StaffRecord};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use std::collections::HashMap;

pub(super) fn staff_by_username(tx: &mut Tx<'_>, mall_id: MallId, username: &str) -> Result<Option<StaffRecord>> {
    tx.opt(
        "select id, username, name, password_hash, role_id, store_id, status, totp_sealed, totp_confirmed_at,
                totp_last_step, failed_attempts, locked_until, last_sign_in_at
         from staff
         where mall_id = $1 and username = $2",
        &args![mall_id, username],
    )
}

/// `staff.not_found` (404).
pub(super) fn staff(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<StaffRecord> {
    let row = tx.opt(
        "select id, username, name, password_hash, role_id, store_id, status, totp_sealed, totp_confirmed_at,
                totp_last_step, failed_attempts, locked_until, last_sign_in_at
         from staff
         where mall_id = $1 and id = $2",
        &args![mall_id, id],
    )?;
    row.ok_or_else(|| Error::not_found("staff.not_found", "没有找到这位员工"))
}

/// The same with the row locked until the end of the transaction.
pub(super) fn staff_locked(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<StaffRecord> {
    let row = tx.opt(
        "select id, username, name, password_hash, role_id, store_id, status, totp_sealed, totp_confirmed_at,
                totp_last_step, failed_attempts, locked_until, last_sign_in_at
         from staff
         where mall_id = $1 and id = $2
         for update",
        &args![mall_id, id],
    )?;
    row.ok_or_else(|| Error::not_found("staff.not_found", "没有找到这位员工"))
}

pub(super) fn all_staff(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Vec<StaffRecord>> {
    tx.all(
        "select id, username, name, password_hash, role_id, store_id, status, totp_sealed, totp_confirmed_at,
                totp_last_step, failed_attempts, locked_until, last_sign_in_at
         from staff
         where mall_id = $1 and (cast($2 as bigint) is null or store_id = $2)
         order by id",
        &args![mall_id, store_id],
    )
}

/// `role.not_found` (404).
pub(super) fn role(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<RoleRecord> {
    let row =
        tx.opt("select id, name, permissions, is_owner from role where mall_id = $1 and id = $2", &args![mall_id, id])?;
    row.ok_or_else(|| Error::not_found("role.not_found", "没有找到这个角色"))
}

pub(super) fn all_roles(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Vec<RoleRecord>> {
    tx.all(
        "select id, name, permissions, is_owner from role where mall_id = $1 order by is_owner desc, id",
        &args![mall_id],
    )
}

/// The owner role with its row locked: whoever changes owners waits here.
pub(super) fn owner_role_locked(tx: &mut Tx<'_>, mall_id: MallId) -> Result<Option<RoleRecord>> {
    tx.opt(
        "select id, name, permissions, is_owner
         from role
         where mall_id = $1 and is_owner
         order by id
         limit 1
         for update",
        &args![mall_id],
    )
}

/// What the acting staff holds now, read in the transaction that uses it. 401 when the account was just disabled.
pub(super) fn rights(tx: &mut Tx<'_>, mall_id: MallId, staff_id: Id) -> Result<Rights> {
    let row: Option<(Id, Option<Id>, String)> = tx
        .opt("select role_id, store_id, status from staff where mall_id = $1 and id = $2", &args![mall_id, staff_id])?;
    let active = row.filter(|(_, _, status)| status == "active");
    let (role_id, store_id, _) =
        active.ok_or_else(|| Error::unauthenticated("session.ended", "账号已停用，请联系店主"))?;
    Ok(Rights::new(&role(tx, mall_id, role_id)?, store_id))
}

/// Names of staff by id, for the audit log; API keys act too, and ids are unique over both.
pub fn names(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(Id, String)> = tx.all(
        "select id, name from staff where mall_id = $1 and id = any($2)
         union all
         select id, 'API · ' || name from api_key where mall_id = $1 and id = any($2)",
        &args![mall_id, ids],
    )?;
    Ok(rows.into_iter().collect())
}
