//! Colleagues in the back office: list, add, change, new password. Also joins the routes of this domain.

use super::account::{self, IdName};
use super::model::{NewStaff, StaffChange};
use super::{add_staff, audit, authenticator, change_staff, password, role_admin, set_password, store};
use crate::hooks::AdminHooks;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Error, Id, Instant, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::session::Subject;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(account::routes())
        .merge(authenticator::routes())
        .routes(routes!(list_staff, create_staff))
        .routes(routes!(update_staff))
        .routes(routes!(reset_staff_password))
        .merge(role_admin::routes())
        .merge(audit::routes())
        .merge(super::saved_view::routes())
        .merge(super::preference::routes())
}

/// A colleague in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffRow {
    pub id: Id,
    pub username: String,
    pub name: String,
    pub role: IdName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<IdName>,
    /// `active` or `disabled`.
    pub status: String,
    pub totp_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sign_in_at: Option<Instant>,
}

#[derive(Deserialize, ToSchema)]
pub struct StaffInput {
    /// 3 to 32 of `[a-z0-9._-]`; cannot be changed later.
    #[schema(pattern = "^[a-z0-9._-]{3,32}$")]
    username: String,
    #[schema(min_length = 1, max_length = 20)]
    name: String,
    role_id: Id,
    /// Binds a clerk to a store.
    store_id: Option<Id>,
    #[schema(min_length = 10, max_length = 128, format = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
pub struct StaffPassword {
    #[schema(min_length = 10, max_length = 128, format = Password)]
    password: String,
    /// Also takes the authenticator app away, for somebody who lost the phone.
    #[serde(default)]
    reset_totp: bool,
}

/// List colleagues.
///
/// Permission `staff.view`. A clerk bound to a store sees that store's people.
#[utoipa::path(
    get,
    path = "/staff",
    tag = "staff",
    responses((status = 200, body = Vec<StaffRow>)),
    security(("staff" = []))
)]
async fn list_staff(
    State(app): State<App>,
    Extension(hooks): Extension<AdminHooks>,
    staff: Staff<perm::StaffView>,
) -> Answer<Json<Vec<StaffRow>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let rows = app.db.read(move |tx| staff_rows(tx, &hooks, mall_id, store_id, None)).await?;
    Ok(Json(rows))
}

/// Add a colleague.
///
/// Permission `staff.edit`. Nobody gives rights they do not hold.
#[utoipa::path(
    post,
    path = "/staff",
    tag = "staff",
    request_body = StaffInput,
    responses(
        (status = 200, body = StaffRow),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `username`, `name`, `password`, `store_id`"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 404, body = ProblemBody, description = "`role.not_found`"),
        (status = 409, body = ProblemBody, description = "`staff.username_taken`"),
    ),
    security(("staff" = []))
)]
async fn create_staff(
    State(app): State<App>,
    Extension(hooks): Extension<AdminHooks>,
    staff: Staff<perm::StaffEdit>,
    Json(input): Json<StaffInput>,
) -> Answer<Json<StaffRow>> {
    let new = NewStaff {
        password: password::hash(input.password).await?,
        username: input.username,
        name: input.name,
        role_id: input.role_id,
        store_id: input.store_id,
    };
    let by = staff.id;
    let row = staff
        .write(&app, "staff.create", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            check_store(tx, &hooks, ctx.mall_id, new.store_id)?;
            let id = add_staff(tx, ctx, &rights, &new)?;
            let row = staff_row(tx, &hooks, ctx.mall_id, id)?;
            let note = Note::new("staff", id, format!("添加员工 {}（{}）", row.username, row.role.name));
            Ok((row, note))
        })
        .await?;
    Ok(Json(row))
}

/// Change a colleague.
///
/// Permission `staff.edit`. Disabling ends the colleague's sessions at once.
#[utoipa::path(
    put,
    path = "/staff/{id}",
    tag = "staff",
    params(("id" = Id, Path)),
    request_body = StaffChange,
    responses(
        (status = 200, body = StaffRow),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `name`, `status`, `store_id`"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 404, body = ProblemBody, description = "`staff.not_found`, `role.not_found`"),
        (status = 409, body = ProblemBody, description = "`staff.not_yourself`, `staff.last_owner`"),
    ),
    security(("staff" = []))
)]
async fn update_staff(
    State(app): State<App>,
    Extension(hooks): Extension<AdminHooks>,
    staff: Staff<perm::StaffEdit>,
    Path(id): Path<Id>,
    Json(change): Json<StaffChange>,
) -> Answer<Json<StaffRow>> {
    let (app_in, by) = (app.clone(), staff.id);
    let row = staff
        .write(&app, "staff.update", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            check_store(tx, &hooks, ctx.mall_id, change.store_id)?;
            if change_staff(tx, ctx, &rights, Some(by), id, &change)? {
                app_in.sessions.close_all(tx, ctx.mall_id, Subject::Staff(id))?;
            }
            forget_grants(tx, &app_in, ctx.mall_id);
            let row = staff_row(tx, &hooks, ctx.mall_id, id)?;
            let state = if row.status == "active" { "启用" } else { "停用" };
            let note = Note::new("staff", id, format!("修改员工 {}：{}，{state}", row.username, row.role.name));
            Ok((row, note))
        })
        .await?;
    Ok(Json(row))
}

/// Give a colleague a new password.
///
/// Permission `staff.edit`. Unlocks the account and ends its sessions.
#[utoipa::path(
    post,
    path = "/staff/{id}/password",
    tag = "staff",
    params(("id" = Id, Path)),
    request_body = StaffPassword,
    responses(
        (status = 204, description = "Changed; sessions ended"),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `password`"),
        (status = 403, body = ProblemBody, description = "`staff.beyond_own_rights`"),
        (status = 404, body = ProblemBody, description = "`staff.not_found`"),
    ),
    security(("staff" = []))
)]
async fn reset_staff_password(
    State(app): State<App>,
    staff: Staff<perm::StaffEdit>,
    Path(id): Path<Id>,
    Json(input): Json<StaffPassword>,
) -> Answer<StatusCode> {
    let hashed = password::hash(input.password).await?;
    let (app_in, by, reset_totp) = (app.clone(), staff.id, input.reset_totp);
    staff
        .write(&app, "staff.password", move |tx, ctx| {
            let rights = store::rights(tx, ctx.mall_id, by)?;
            set_password(tx, ctx, &rights, id, &hashed, reset_totp)?;
            app_in.sessions.close_all(tx, ctx.mall_id, Subject::Staff(id))?;
            let what = if reset_totp { "重置了密码和动态验证码" } else { "重置了密码" };
            Ok(((), Note::new("staff", id, what)))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// After the commit the next request asks the database for rights again.
pub(super) fn forget_grants(tx: &mut Tx<'_>, app: &App, mall_id: MallId) {
    let grants = app.grants.clone();
    tx.after_commit(move || grants.forget(mall_id));
}

fn check_store(tx: &mut Tx<'_>, hooks: &AdminHooks, mall_id: MallId, store_id: Option<Id>) -> Result<()> {
    let Some(id) = store_id else { return Ok(()) };
    let known = hooks.store_names(tx, mall_id, &[id])?.contains_key(&id);
    if known { Ok(()) } else { Err(Error::field("store_id", "没有找到这家门店")) }
}

fn staff_row(tx: &mut Tx<'_>, hooks: &AdminHooks, mall_id: MallId, id: Id) -> Result<StaffRow> {
    let row = staff_rows(tx, hooks, mall_id, None, Some(id))?.pop();
    row.ok_or_else(|| Error::not_found("staff.not_found", "没有找到这位员工"))
}

fn staff_rows(
    tx: &mut Tx<'_>,
    hooks: &AdminHooks,
    mall_id: MallId,
    store_id: Option<Id>,
    only: Option<Id>,
) -> Result<Vec<StaffRow>> {
    let staff = match only {
        Some(id) => vec![store::staff(tx, mall_id, id)?],
        None => store::all_staff(tx, mall_id, store_id)?,
    };
    let roles: HashMap<Id, String> =
        store::all_roles(tx, mall_id)?.into_iter().map(|role| (role.id, role.name)).collect();
    let mut store_ids: Vec<Id> = staff.iter().filter_map(|row| row.store_id).collect();
    store_ids.sort_unstable();
    store_ids.dedup();
    let stores = hooks.store_names(tx, mall_id, &store_ids)?;
    let named = |names: &HashMap<Id, String>, id: Id| IdName { id, name: names.get(&id).cloned().unwrap_or_default() };
    Ok(staff
        .into_iter()
        .map(|row| StaffRow {
            id: row.id,
            totp_enabled: row.totp_enabled(),
            role: named(&roles, row.role_id),
            store: row.store_id.map(|id| named(&stores, id)),
            username: row.username,
            name: row.name,
            status: row.status,
            last_sign_in_at: row.last_sign_in_at,
        })
        .collect())
}
