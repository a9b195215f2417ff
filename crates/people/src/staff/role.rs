//! Verbs of roles. The owner role is made with the first owner and cannot be changed.

use super::model::{Rights, RoleInput, checked_name, checked_permissions};
use super::store;
use db::{OnConstraint, Tx, args};
use kernel::{Error, Id, Result};
use platform::Ctx;

/// Adds a role. 400 at `name` or `permissions`, `staff.beyond_own_rights` (403), `role.name_taken` (409).
pub fn add_role(tx: &mut Tx<'_>, ctx: &Ctx, by: &Rights, input: &RoleInput) -> Result<Id> {
    let (name, permissions) = (checked_name(&input.name)?, checked_permissions(&input.permissions)?);
    by.require_permissions(&permissions)?;
    insert(tx, ctx, &name, &permissions, false)
}

/// Replaces name and permissions. `role.not_found` (404), `role.owner` (409) and what [`add_role`] refuses.
pub fn change_role(tx: &mut Tx<'_>, ctx: &Ctx, by: &Rights, id: Id, input: &RoleInput) -> Result<()> {
    let (name, permissions) = (checked_name(&input.name)?, checked_permissions(&input.permissions)?);
    let role = store::role(tx, ctx.mall_id, id)?;
    if role.is_owner {
        return Err(owner_stays());
    }
    by.require_role(&role)?;
    by.require_permissions(&permissions)?;
    tx.exec(
        "update role set name = $3, permissions = $4 where mall_id = $1 and id = $2 and not is_owner",
        &args![ctx.mall_id, id, &name, serde_json::to_string(&permissions).map_err(Error::internal)?],
    )
    .on_constraint("role_name_taken", |_| name_taken())?;
    Ok(())
}

/// Removes a role nobody has. `role.in_use` (409), `role.owner` (409), `staff.beyond_own_rights` (403). Answers its name.
pub fn remove_role(tx: &mut Tx<'_>, ctx: &Ctx, by: &Rights, id: Id) -> Result<String> {
    let role = store::role(tx, ctx.mall_id, id)?;
    if role.is_owner {
        return Err(owner_stays());
    }
    by.require_role(&role)?;
    let removed = tx
        .exec(
            "delete from role
             where mall_id = $1 and id = $2
               and not exists (select 1 from staff where mall_id = $1 and role_id = $2)",
            &args![ctx.mall_id, id],
        )
        .on_constraint("foreign_key", |_| in_use())?;
    if removed == 1 { Ok(role.name) } else { Err(in_use()) }
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    name: &str,
    permissions: &[&'static str],
    is_owner: bool,
) -> Result<Id> {
    let id = ctx.id();
    tx.exec(
        "insert into role (id, mall_id, name, permissions, is_owner, created_at) values ($1, $2, $3, $4, $5, $6)",
        &args![id, ctx.mall_id, name, serde_json::to_string(permissions).map_err(Error::internal)?, is_owner, ctx.now],
    )
    .on_constraint("role_name_taken", |_| name_taken())?;
    Ok(id)
}

fn name_taken() -> Error {
    Error::conflict("role.name_taken", "已经有同名的角色").at("name")
}

fn in_use() -> Error {
    Error::conflict("role.in_use", "还有员工在用这个角色，请先给他们换一个")
}

fn owner_stays() -> Error {
    Error::conflict("role.owner", "店主角色不能改动")
}
