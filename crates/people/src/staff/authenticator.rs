//! One's own authenticator app: start, confirm, stop. A code is good once, here as at sign-in.

use super::model::StaffRecord;
use super::signin::fresh_step;
use super::{account, store, totp};
use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Id, Instant, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::seal::random_bytes;
use platform::{Answer, App, Ctx, Json, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(start_totp, stop_totp)).routes(routes!(confirm_totp))
}

/// What an authenticator app needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotpStart {
    /// Base32, for typing.
    pub secret: String,
    /// For a QR code.
    pub otpauth_url: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct TotpCode {
    #[schema(pattern = "^[0-9]{6}$")]
    code: String,
}

/// Start using an authenticator app.
///
/// Answers a new secret; it counts once a code of it is confirmed.
#[utoipa::path(
    post,
    path = "/me/totp",
    tag = "staff",
    responses(
        (status = 200, body = TotpStart),
        (status = 409, body = ProblemBody, description = "`staff.totp_enabled`: switch it off first"),
    ),
    security(("staff" = []))
)]
async fn start_totp(State(app): State<App>, staff: Staff<perm::Person>) -> Answer<Json<TotpStart>> {
    let secret = totp::new_secret(random_bytes::<20>());
    let sealed = app.sealer.seal(totp::COLUMN, &secret);
    let id = staff.id;
    let username = staff
        .write(&app, "totp.start", move |tx, ctx| {
            let row = store::staff_locked(tx, ctx.mall_id, id)?;
            if row.totp_enabled() {
                return Err(Error::conflict("staff.totp_enabled", "动态验证码已经开启，要更换请先关闭"));
            }
            set_totp(tx, ctx, id, Some(&sealed), None, row.totp_last_step)?;
            Ok((row.username, Note::new("staff", id, "开始设置动态验证码")))
        })
        .await?;
    let otpauth_url = totp::otpauth_url(&secret, &staff.mall.settings.name, &username)?;
    Ok(Json(TotpStart { secret, otpauth_url }))
}

/// Confirm the authenticator app with a first code.
#[utoipa::path(
    post,
    path = "/me/totp/confirm",
    tag = "staff",
    request_body = TotpCode,
    responses(
        (status = 204, description = "On from now"),
        (status = 400, body = ProblemBody, description = "`staff.totp_wrong`"),
        (status = 409, body = ProblemBody, description = "`staff.totp_not_started`, `staff.totp_enabled`"),
    ),
    security(("staff" = []))
)]
async fn confirm_totp(
    State(app): State<App>,
    staff: Staff<perm::Person>,
    Json(input): Json<TotpCode>,
) -> Answer<StatusCode> {
    account::slow_guesses(&app, "totp", staff.id, staff.ctx.now)?;
    let (app_in, id) = (app.clone(), staff.id);
    staff
        .write(&app, "totp.confirm", move |tx, ctx| {
            let row = store::staff_locked(tx, ctx.mall_id, id)?;
            if row.totp_enabled() {
                return Err(Error::conflict("staff.totp_enabled", "动态验证码已经开启"));
            }
            if row.totp_sealed.is_none() {
                return Err(Error::conflict("staff.totp_not_started", "请先获取动态验证码的密钥"));
            }
            let step = right_step(&app_in, &row, &input.code, ctx.now)?;
            set_totp(tx, ctx, id, row.totp_sealed.as_deref(), Some(ctx.now), step)?;
            Ok(((), Note::new("staff", id, "开启了动态验证码")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stop using the authenticator app.
#[utoipa::path(
    delete,
    path = "/me/totp",
    tag = "staff",
    request_body = TotpCode,
    responses(
        (status = 204, description = "Off from now"),
        (status = 400, body = ProblemBody, description = "`staff.totp_wrong`"),
        (status = 409, body = ProblemBody, description = "`staff.totp_not_started`"),
    ),
    security(("staff" = []))
)]
async fn stop_totp(
    State(app): State<App>,
    staff: Staff<perm::Person>,
    Json(input): Json<TotpCode>,
) -> Answer<StatusCode> {
    account::slow_guesses(&app, "totp", staff.id, staff.ctx.now)?;
    let (app_in, id) = (app.clone(), staff.id);
    staff
        .write(&app, "totp.stop", move |tx, ctx| {
            let row = store::staff_locked(tx, ctx.mall_id, id)?;
            if !row.totp_enabled() {
                return Err(Error::conflict("staff.totp_not_started", "动态验证码没有开启"));
            }
            let step = right_step(&app_in, &row, &input.code, ctx.now)?;
            set_totp(tx, ctx, id, None, None, step)?;
            Ok(((), Note::new("staff", id, "关闭了动态验证码")))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn right_step(app: &App, row: &StaffRecord, code: &str, now: Instant) -> Result<i64> {
    let step = fresh_step(&app.sealer, row, code, now)?;
    step.ok_or_else(|| Error::invalid("staff.totp_wrong", "动态验证码不正确，请等下一个").at("code"))
}

fn set_totp(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: Id,
    sealed: Option<&str>,
    confirmed_at: Option<Instant>,
    step: i64,
) -> Result<()> {
    tx.exec(
        "update staff
         set totp_sealed = $3, totp_confirmed_at = $4, totp_last_step = $5
         where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, sealed, confirmed_at, step],
    )?;
    Ok(())
}
