//! One's own account in the back office: sign in and out, who am I, password.

use super::model::normal_username;
use super::signin::{LOCKED_FOR, locked};
use super::{Attempt, Outcome, password, settle_sign_in, store};
use crate::hooks::AdminHooks;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Actor, Error, Id, Instant, Result, minutes};
use platform::audit::Note;
use platform::mall::{Mall, MallBrief};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::ratelimit::Limit;
use platform::session::Subject;
use platform::{Answer, App, Json, Staff, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in_staff, sign_out_staff))
        .routes(routes!(show_staff_me))
        .routes(routes!(change_own_password))
}

#[derive(Deserialize, ToSchema)]
pub struct StaffSignIn {
    #[schema(example = "admin", max_length = 64)]
    username: String,
    #[schema(max_length = 128, format = Password)]
    password: String,
    /// Six digits of the authenticator app, for accounts that use one.
    totp: Option<String>,
}

/// A session of twelve hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffSession {
    pub token: String,
    pub expires_at: Instant,
    pub me: StaffMe,
}

/// The signed-in colleague.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffMe {
    pub id: Id,
    pub username: String,
    pub name: String,
    pub role_name: String,
    /// Codes of `GET /permissions`.
    pub permissions: Vec<&'static str>,
    /// The store a clerk is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<IdName>,
    pub totp_enabled: bool,
    pub mall: MallBrief,
}

/// Something by id, with its name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IdName {
    pub id: Id,
    pub name: String,
}

#[derive(Deserialize, ToSchema)]
pub struct PasswordChange {
    #[schema(format = Password)]
    old: String,
    #[schema(min_length = 10, max_length = 128, format = Password)]
    new: String,
}

const SIGN_INS: Limit = Limit { name: "staff_sign_in", burst: 20, interval_ms: 1_000.0 };
const UNKNOWN: Limit = Limit { name: "staff_unknown", burst: 5, interval_ms: LOCKED_FOR as f64 };
const GUESSES: Limit = Limit { name: "staff_guess", burst: 5, interval_ms: minutes(1) as f64 };

/// Sign in to the back office.
///
/// Five wrong tries lock the account for fifteen minutes. An unknown name is refused in the same words and time.
#[utoipa::path(
    post,
    path = "/session",
    tag = "staff",
    request_body = StaffSignIn,
    responses(
        (status = 200, body = StaffSession),
        (status = 401, body = ProblemBody, description = "`staff.credentials_wrong`, `staff.totp_required`, `staff.totp_wrong`"),
        (status = 429, body = ProblemBody, description = "`staff.locked`: wait `Retry-After` seconds"),
    )
)]
async fn sign_in_staff(
    State(app): State<App>,
    Extension(hooks): Extension<AdminHooks>,
    visitor: Visitor,
    Json(input): Json<StaffSignIn>,
) -> Answer<Json<StaffSession>> {
    if app.config.rate_limit.requests_per_second > 0.0 {
        app.rate_limit.check(SIGN_INS, visitor.ip, visitor.ctx.now)?;
    }
    let (mall, ctx, agent) = (visitor.mall, visitor.ctx, visitor.user_agent);
    let username = normal_username(&input.username);
    let (mall_id, name) = (mall.id, username.clone());
    let known = app.db.read(move |tx| store::staff_by_username(tx, mall_id, &name)).await?;
    match &known {
        Some(staff) if staff.locked_until > ctx.now => return Err(locked(staff.locked_until - ctx.now).into()),
        Some(_) => (),
        // An unknown name seems to lock as a known one does; this count lives in memory.
        None => app.rate_limit.check(UNKNOWN, (mall_id, &username), ctx.now).map_err(|_| locked(LOCKED_FOR))?,
    }
    let stored = known.as_ref().map(|staff| staff.password_hash.clone());
    let matches = password::verify(input.password, stored).await?;
    let Some(staff) = known else {
        return Err(Outcome::Wrong.into_result(ctx.now).err().unwrap_or_else(not_signed_in).into());
    };
    let attempt = Attempt { staff_id: staff.id, compared_with: staff.password_hash, matches, totp: input.totp };
    let (app_in, now) = (app.clone(), ctx.now);
    let (outcome, session) = app
        .db
        .write(move |tx| {
            let outcome = settle_sign_in(tx, &ctx, &app_in.sealer, &attempt)?;
            if outcome != Outcome::SignedIn {
                return Ok((outcome, None));
            }
            let ctx = ctx.acting_as(Actor::Staff(attempt.staff_id));
            let session = app_in.sessions.open(tx, &ctx, Subject::Staff(attempt.staff_id), &agent)?;
            let me = staff_me(tx, &app_in, &hooks, &mall, attempt.staff_id)?;
            Ok((outcome, Some(StaffSession { token: session.token, expires_at: session.expires_at, me })))
        })
        .await?;
    outcome.into_result(now)?;
    Ok(Json(session.ok_or_else(not_signed_in)?))
}

fn not_signed_in() -> Error {
    Error::internal("a sign-in ended without a session or a reason")
}

/// Sign out of the back office.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "staff",
    responses((status = 204, description = "Signed out")),
    security(("staff" = []))
)]
async fn sign_out_staff(State(app): State<App>, staff: Staff<perm::Person>) -> Answer<StatusCode> {
    let (app_in, mall_id, token) = (app.clone(), staff.mall.id, staff.visitor.token);
    app.db
        .write(move |tx| match &token {
            Some(token) => app_in.sessions.close(tx, mall_id, token),
            None => Ok(()),
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show the signed-in colleague with permissions and mall.
#[utoipa::path(
    get,
    path = "/me",
    tag = "staff",
    responses((status = 200, body = StaffMe)),
    security(("staff" = []))
)]
async fn show_staff_me(
    State(app): State<App>,
    Extension(hooks): Extension<AdminHooks>,
    staff: Staff<perm::Person>,
) -> Answer<Json<StaffMe>> {
    let app_in = app.clone();
    let me = app.db.read(move |tx| staff_me(tx, &app_in, &hooks, &staff.mall, staff.id)).await?;
    Ok(Json(me))
}

fn staff_me(tx: &mut Tx<'_>, app: &App, hooks: &AdminHooks, mall: &Mall, id: Id) -> Result<StaffMe> {
    let staff = store::staff(tx, mall.id, id)?;
    let role = store::role(tx, mall.id, staff.role_id)?;
    let store = match staff.store_id {
        Some(store_id) => {
            let name = hooks.store_names(tx, mall.id, &[store_id])?.remove(&store_id);
            Some(IdName { id: store_id, name: name.unwrap_or_default() })
        }
        None => None,
    };
    Ok(StaffMe {
        id: staff.id,
        totp_enabled: staff.totp_enabled(),
        username: staff.username,
        name: staff.name,
        permissions: role.permissions(),
        role_name: role.name,
        store,
        mall: mall.brief(&*app.outside.objects()),
    })
}

/// Change the own password.
///
/// Every other session of the account ends.
#[utoipa::path(
    post,
    path = "/me/password",
    tag = "staff",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed; other sessions ended"),
        (status = 400, body = ProblemBody, description = "`staff.password_wrong` at `old`, `request.invalid` at `new`"),
    ),
    security(("staff" = []))
)]
async fn change_own_password(
    State(app): State<App>,
    staff: Staff<perm::Person>,
    Json(input): Json<PasswordChange>,
) -> Answer<StatusCode> {
    slow_guesses(&app, "password", staff.id, staff.ctx.now)?;
    let (mall_id, id) = (staff.mall.id, staff.id);
    let before = app.db.read(move |tx| store::staff(tx, mall_id, id)).await?.password_hash;
    if !password::verify(input.old, Some(before.clone())).await? {
        return Err(Error::invalid("staff.password_wrong", "原密码不正确").at("old").into());
    }
    let hashed = password::hash(input.new).await.map_err(|e| if e.field_name().is_some() { e.at("new") } else { e })?;
    let (app_in, token) = (app.clone(), staff.visitor.token.clone().unwrap_or_default());
    staff
        .write(&app, "password.change", move |tx, ctx| {
            let changed = tx.exec(
                "update staff set password_hash = $3 where mall_id = $1 and id = $2 and password_hash = $4",
                &args![mall_id, id, hashed.as_str(), &before],
            )?;
            if changed == 0 {
                return Err(Error::conflict("staff.changed", "密码刚刚被改过，请重新登录"));
            }
            app_in.sessions.close_others(tx, ctx.mall_id, Subject::Staff(id), &token)?;
            Ok(((), Note::new("staff", id, "修改了自己的密码")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Five tries at once, then one a minute: a borrowed session must not find out a password or a code.
pub(super) fn slow_guesses(app: &App, what: &'static str, staff_id: Id, now: Instant) -> Result<()> {
    app.rate_limit.check(GUESSES, (what, staff_id), now)
}
