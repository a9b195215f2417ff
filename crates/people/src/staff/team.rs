//! Verbs of staff: add, change, set a password. A mall always keeps one active owner.

use super::model::{NewStaff, Rights, StaffChange, StaffRecord, checked_name, checked_username};
use super::password::Hashed;
use super::{role, store};
use db::{OnConstraint, Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;

/// An owner, with the owner role (made if it is missing); for the command line and demo data.
/// 400 at `username`, `staff.username_taken` (409).
pub fn create_owner(tx: &mut Tx<'_>, ctx: &Ctx, username: &str, password: &Hashed) -> Result<Id> {
    let role_id = match store::owner_role_locked(tx, ctx.mall_id)? {
        Some(role) => role.id,
        None => role::insert(tx, ctx, "店主", &[], true)?,
    };
    let password = password.clone();
    let new = NewStaff { username: username.into(), name: "店主".into(), role_id, store_id: None, password };
    add_staff(tx, ctx, &Rights::system(), &new)
}

/// Adds a colleague. 400 at `username` or `name`, `role.not_found` (404), `staff.username_taken` (409),
/// `staff.beyond_own_rights` (403). The store is checked by the caller.
pub fn add_staff(tx: &mut Tx<'_>, ctx: &Ctx, by: &Rights, new: &NewStaff) -> Result<Id> {
    let (username, name) = (checked_username(&new.username)?, checked_name(&new.name)?);
    by.require_role(&store::role(tx, ctx.mall_id, new.role_id)?)?;
    by.require_store(new.store_id)?;
    let id = ctx.id();
    tx.exec(
        "insert into staff (id, mall_id, username, name, password_hash, role_id, store_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![id, ctx.mall_id, &username, &name, new.password.as_str(), new.role_id, new.store_id, ctx.now],
    )
    .on_constraint("staff_username_taken", |_| {
        Error::conflict("staff.username_taken", "这个用户名已经有人用了").at("username")
    })?;
    Ok(id)
}

/// Changes name, role, store and status; answers true when the person was disabled and sessions must end.
/// `staff.not_found`, `role.not_found` (404), `staff.beyond_own_rights` (403), `staff.not_yourself`, `staff.last_owner` (409).
pub fn change_staff(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    by: &Rights,
    by_id: Option<Id>,
    id: Id,
    change: &StaffChange,
) -> Result<bool> {
    let name = checked_name(&change.name)?;
    if !matches!(change.status.as_str(), "active" | "disabled") {
        return Err(Error::field("status", "状态只能是启用或停用"));
    }
    // Before the person's own row: whoever changes owners takes the two in this order.
    let owner_role = store::owner_role_locked(tx, ctx.mall_id)?;
    let staff = touchable(tx, ctx.mall_id, by, id)?;
    let role = store::role(tx, ctx.mall_id, change.role_id)?;
    by.require_role(&role)?;
    by.require_store(change.store_id)?;
    let moved = staff.role_id != change.role_id || staff.status != change.status || staff.store_id != change.store_id;
    if by_id == Some(id) && moved {
        return Err(Error::conflict("staff.not_yourself", "不能改动自己的角色、门店或状态，请让同事来改"));
    }
    let owner_role = owner_role.filter(|owner| owner.id == staff.role_id);
    if owner_role.is_some() && staff.is_active() && (!role.is_owner || change.status != "active") {
        require_another_owner(tx, ctx.mall_id, staff.role_id, id)?;
    }
    tx.exec(
        "update staff set name = $3, role_id = $4, store_id = $5, status = $6 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, &name, change.role_id, change.store_id, &change.status],
    )?;
    Ok(staff.is_active() && change.status == "disabled")
}

/// Gives a colleague a new password, unlocks the account and, when asked, takes the authenticator away.
/// The caller ends the sessions. `staff.not_found` (404), `staff.beyond_own_rights` (403).
pub fn set_password(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    by: &Rights,
    id: Id,
    password: &Hashed,
    reset_totp: bool,
) -> Result<()> {
    touchable(tx, ctx.mall_id, by, id)?;
    tx.exec(
        "update staff
         set password_hash = $3, failed_attempts = 0, locked_until = 0,
             totp_sealed = case when $4 then null else totp_sealed end,
             totp_confirmed_at = case when $4 then null else totp_confirmed_at end
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, password.as_str(), reset_totp],
    )?;
    Ok(())
}

/// The colleague, locked, if the acting person holds at least the same rights.
fn touchable(tx: &mut Tx<'_>, mall_id: MallId, by: &Rights, id: Id) -> Result<StaffRecord> {
    let staff = store::staff_locked(tx, mall_id, id)?;
    by.require_role(&store::role(tx, mall_id, staff.role_id)?)?;
    by.require_store(staff.store_id)?;
    Ok(staff)
}

fn require_another_owner(tx: &mut Tx<'_>, mall_id: MallId, owner_role: Id, leaving: Id) -> Result<()> {
    let (others,): (i64,) = tx.one(
        "select count(*) from staff where mall_id = $1 and role_id = $2 and status = 'active' and id <> $3",
        &args![mall_id, owner_role, leaving],
    )?;
    if others > 0 {
        Ok(())
    } else {
        Err(Error::conflict("staff.last_owner", "至少要保留一位启用中的店主"))
    }
}
