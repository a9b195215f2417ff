//! Roles and the permissions they are made of, in the back office.

use super::admin::forget_grants;
use super::model::{RoleInput, RoleRecord};
use super::{add_role, change_role, remove_role, store};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Id;
use platform::audit::Note;
use platform::permission::{ALL, perm};
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_roles, create_role))
        .routes(routes!(update_role, delete_role))
        .routes(routes!(list_permissions))
}

/// A role with what it allows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Role {
    pub id: Id,
    pub name: String,
    /// Codes of `GET /permissions`.
    pub permissions: Vec<&'static str>,
    /// Holds every permission and cannot be changed.
    pub is_owner: bool,
}

impl From<RoleRecord> for Role {
    fn from(row: RoleRecord) -> Self {
        Role { id: row.id, permissions: row.permissions(), name: row.name, is_owner: row.is_owner }
    }
}

/// Permissions that belong together.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionGroup {
    pub group: &'static str,
    pub label: &'static str,
    pub permissions: Vec<PermissionLabel>,
}

/// One permission for the role editor.
#[derive(Debug, Serialize, ToSchema)]
pub struct PermissionLabel {
    #[schema(example = "order.refund")]
    pub code: &'static str,
    pub label: &'static str,
}

/// List roles.
///
/// Permission `staff.view`.
#[utoipa::path(
    get,
    path = "/roles",
    tag = "staff",
    responses((status = 200, body = Vec<Role>)),
    security(("staff" = []))
)]
async fn list_roles(State(app): State<App>, staff: Staff<perm::StaffView>) -> Answer<Json<Vec<Role>>> {
    let mall_id = staff.mall.id;
    let roles = app.db.read(move |tx| store::all_roles(tx, mall_id)).await?;
    Ok(Json(roles.into_iter().map(Role::from).collect()))
}

/// Add a role.
///
/// Permission `staff.edit`. It may hold what you hold.
#[utoipa::path(
    post,
    path = "/roles",
    tag = "staff",
    request_body = RoleInput,
    responses(
        (status = 200, body = Role),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `name` or `permissions`"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 409, body = ProblemBody, description = "`role.name_taken`"),
    ),
    security(("staff" = []))
)]
async fn create_role(
    State(app): State<App>,
    staff: Staff<perm::StaffEdit>,
    Json(input): Json<RoleInput>,
) -> Answer<Json<Role>> {
    let by = staff.id;
    let role = staff
        .write(&app, "role.create", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            let id = add_role(tx, ctx, &rights, &input)?;
            let role = store::role(tx, ctx.mall_id, id)?;
            let note = Note::new("role", id, format!("添加角色 {}", role.name));
            Ok((role, note))
        })
        .await?;
    Ok(Json(role.into()))
}

/// Replace a role's name and permissions.
///
/// Permission `staff.edit`. Felt by everyone who has the role from the next request on.
#[utoipa::path(
    put,
    path = "/roles/{id}",
    tag = "staff",
    params(("id" = Id, Path)),
    request_body = RoleInput,
    responses(
        (status = 200, body = Role),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `name` or `permissions`"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 404, body = ProblemBody, description = "`role.not_found`"),
        (status = 409, body = ProblemBody, description = "`role.name_taken`, `role.owner`"),
    ),
    security(("staff" = []))
)]
async fn update_role(
    State(app): State<App>,
    staff: Staff<perm::StaffEdit>,
    Path(id): Path<Id>,
    Json(input): Json<RoleInput>,
) -> Answer<Json<Role>> {
    let (app_in, by) = (app.clone(), staff.id);
    let role = staff
        .write(&app, "role.update", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            change_role(tx, ctx, &rights, id, &input)?;
            forget_grants(tx, &app_in, ctx.mall_id);
            let role = store::role(tx, ctx.mall_id, id)?;
            let note = Note::new("role", id, format!("修改角色 {}：{} 项权限", role.name, role.permissions().len()));
            Ok((role, note))
        })
        .await?;
    Ok(Json(role.into()))
}

/// Remove a role nobody has.
///
/// Permission `staff.edit`.
#[utoipa::path(
    delete,
    path = "/roles/{id}",
    tag = "staff",
    params(("id" = Id, Path)),
    responses(
        (status = 204, description = "Removed"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 404, body = ProblemBody, description = "`role.not_found`"),
        (status = 409, body = ProblemBody, description = "`role.in_use`, `role.owner`"),
    ),
    security(("staff" = []))
)]
async fn delete_role(State(app): State<App>, staff: Staff<perm::StaffEdit>, Path(id): Path<Id>) -> Answer<StatusCode> {
    let by = staff.id;
    staff
        .write(&app, "role.delete", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            let name = remove_role(tx, ctx, &rights, id)?;
            Ok(((), Note::new("role", id, format!("删除角色 {name}"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List every permission there is, in groups.
///
/// Permission `staff.view`.
#[utoipa::path(
    get,
    path = "/permissions",
    tag = "staff",
    responses((status = 200, body = Vec<PermissionGroup>)),
    security(("staff" = []))
)]
async fn list_permissions(_: Staff<perm::StaffView>) -> Json<Vec<PermissionGroup>> {
    let mut groups: Vec<PermissionGroup> = Vec::new();
    for info in ALL {
        let one = PermissionLabel { code: info.code, label: info.label };
        match groups.iter_mut().find(|group| group.label == info.group) {
            Some(group) => group.permissions.push(one),
            None => {
                let group = info.code.split('.').next().unwrap_or_default();
                groups.push(PermissionGroup { group, label: info.group, permissions: vec![one] });
            }
        }
    }
    Json(groups)
}
