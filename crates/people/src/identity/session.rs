//! Opening and ending a shopper's session: as a guest, by phone, by WeChat.

use super::code::{CodeCheck, check_code, forget_unsent, issue_code};
use super::{Me, Signed, WechatIdentity, create_guest, me, sign_in_by_phone, sign_in_by_wechat};
use crate::hooks::Hooks;
use crate::phone::Phone;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use db::Tx;
use kernel::{Actor, Error, Id, Instant, Result};
use platform::problem::ProblemBody;
use platform::ratelimit::Limit;
use platform::seal::random_digits;
use platform::session::Subject;
use platform::{Answer, App, Ctx, Json, Shopper, Visitor};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start_guest_session))
        .routes(routes!(send_sms_code))
        .routes(routes!(sign_in_with_phone))
        .routes(routes!(sign_in_with_wechat))
        .routes(routes!(sign_out))
}

/// A session just opened. The token is shown once; send it as `Authorization: Bearer`.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionGranted {
    pub token: String,
    pub expires_at: Instant,
    pub me: Me,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SmsCodeRequest {
    /// Mainland mobile number; spaces, dashes and +86 are fine.
    #[schema(example = "138 0000 0000", max_length = 64)]
    phone: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct PhoneSignIn {
    #[schema(example = "13800000000", max_length = 64)]
    phone: String,
    /// The six digits of the text message.
    #[schema(pattern = "^[0-9]{6}$", example = "482913")]
    code: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct WechatSignIn {
    /// What `wx.login` gave to the page; good for one use.
    #[schema(max_length = 256)]
    code: String,
}

const GUESTS: Limit = Limit { name: "guest", burst: 60, interval_ms: 1_000.0 };

/// Start a guest session.
///
/// A guest has a cart, favourites and a history, and keeps them when signing in later.
#[utoipa::path(
    post,
    path = "/session/guest",
    tag = "identity",
    responses((status = 200, body = SessionGranted))
)]
async fn start_guest_session(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    visitor: Visitor,
) -> Answer<Json<SessionGranted>> {
    if app.config.rate_limit.requests_per_second > 0.0 {
        app.rate_limit.check(GUESTS, visitor.ip, visitor.ctx.now)?;
    }
    let (app_in, ctx, agent) = (app.clone(), visitor.ctx, visitor.user_agent);
    let granted = app
        .db
        .write(move |tx| {
            let guest = create_guest(tx, &ctx)?;
            open_session(tx, &app_in, &hooks, &ctx, Subject::Guest(guest), &agent)
        })
        .await?;
    Ok(Json(granted))
}

/// Send a sign-in code by text message.
///
/// At most one a minute, five an hour and ten a day to a phone, twenty an hour from an address.
#[utoipa::path(
    post,
    path = "/session/sms-code",
    tag = "identity",
    request_body = SmsCodeRequest,
    responses(
        (status = 204, description = "The message is on its way; the code lives five minutes"),
        (status = 400, body = ProblemBody, description = "`session.phone_invalid`"),
        (status = 429, body = ProblemBody, description = "`sms.too_often`: wait `Retry-After` seconds"),
        (status = 502, body = ProblemBody, description = "`sms.failed`: the carrier refused; try again at once"),
    )
)]
async fn send_sms_code(
    State(app): State<App>,
    visitor: Visitor,
    Json(input): Json<SmsCodeRequest>,
) -> Answer<StatusCode> {
    let phone = Phone::parse(&input.phone)?;
    send_code(&app, &visitor.ctx, &phone, visitor.ip).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a code, commits it, sends it; one that could not be sent is forgotten.
pub(crate) async fn send_code(app: &App, ctx: &Ctx, phone: &Phone, ip: IpAddr) -> Result<()> {
    let code = random_digits(6);
    let (app_in, ctx_in, phone_in, code_in) = (app.clone(), ctx.clone(), phone.clone(), code.clone());
    app.db.write(move |tx| issue_code(tx, &ctx_in, &app_in.sealer, &phone_in, ip, &code_in)).await?;
    let sent = app.outside.sms_of(ctx.mall_id).send(phone.national(), "sign_in_code", &[("code", &code)]).await;
    if let Err(error) = sent {
        let (app_in, ctx_in, phone) = (app.clone(), ctx.clone(), phone.clone());
        app.db.write(move |tx| forget_unsent(tx, &ctx_in, &app_in.sealer, &phone, &code)).await?;
        return Err(error);
    }
    Ok(())
}

/// Sign in with a phone number and its code.
///
/// A new number becomes a new member. Sent with a guest's token, the guest becomes the member and keeps cart,
/// favourites and history.
#[utoipa::path(
    post,
    path = "/session/phone",
    tag = "identity",
    request_body = PhoneSignIn,
    responses(
        (status = 200, body = SessionGranted),
        (status = 400, body = ProblemBody, description = "`session.phone_invalid`, `session.code_wrong`, `session.code_expired`"),
        (status = 403, body = ProblemBody, description = "`member.blocked`"),
        (status = 429, body = ProblemBody, description = "`session.code_locked`: five wrong tries, ask for a new code"),
    )
)]
async fn sign_in_with_phone(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    visitor: Visitor,
    Json(input): Json<PhoneSignIn>,
) -> Answer<Json<SessionGranted>> {
    let phone = Phone::parse(&input.phone)?;
    let code = checked_code(&input.code)?;
    let guest = guest_of(&visitor);
    let (app_in, ctx, agent) = (app.clone(), visitor.ctx, visitor.user_agent);
    let granted: Result<SessionGranted, CodeCheck> = app
        .db
        .write(move |tx| {
            let check = check_code(tx, &ctx, &app_in.sealer, &phone, &code)?;
            if check != CodeCheck::Right {
                return Ok(Err(check));
            }
            let signed = sign_in_by_phone(tx, &ctx, &app_in.sealer, &hooks, &phone, guest)?;
            member_session(tx, &app_in, &hooks, &ctx, signed, &agent).map(Ok)
        })
        .await?;
    match granted {
        Ok(granted) => Ok(Json(granted)),
        Err(check) => {
            Err(check.into_result().err().unwrap_or_else(|| Error::internal("a right code was refused")).into())
        }
    }
}

/// Sign in with WeChat.
///
/// A new identity becomes a new member. Sent with a guest's token, the guest becomes the member; sent with the token of
/// a member without a WeChat identity, the identity is tied to that member.
#[utoipa::path(
    post,
    path = "/session/wechat",
    tag = "identity",
    request_body = WechatSignIn,
    responses(
        (status = 200, body = SessionGranted),
        (status = 400, body = ProblemBody, description = "`wechat.code_invalid`: used, unknown or too old"),
        (status = 403, body = ProblemBody, description = "`member.blocked`"),
        (status = 409, body = ProblemBody, description = "`wechat.not_configured`"),
        (status = 502, body = ProblemBody, description = "WeChat did not answer"),
    )
)]
async fn sign_in_with_wechat(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    visitor: Visitor,
    Json(input): Json<WechatSignIn>,
) -> Answer<Json<SessionGranted>> {
    let code = checked_wechat_code(&input.code)?;
    let mini_program = app.outside.mini_program(visitor.mall.id)?;
    let session = mini_program.session(code).await?;
    let identity = WechatIdentity {
        app_id: mini_program.app_id().to_owned(),
        openid: session.openid,
        union_id: session.unionid,
        session_key: session.session_key,
    };
    let (guest, current) = (guest_of(&visitor), member_of(&visitor));
    let (app_in, ctx, agent) = (app.clone(), visitor.ctx, visitor.user_agent);
    let granted = app
        .db
        .write(move |tx| {
            let signed = sign_in_by_wechat(tx, &ctx, &app_in.sealer, &hooks, &identity, guest, current)?;
            member_session(tx, &app_in, &hooks, &ctx, signed, &agent)
        })
        .await?;
    Ok(Json(granted))
}

/// Sign out.
///
/// Ends this session only; the token is worthless from now on.
#[utoipa::path(
    delete,
    path = "/session",
    tag = "identity",
    responses((status = 204, description = "Signed out")),
    security(("member" = []))
)]
async fn sign_out(State(app): State<App>, shopper: Shopper) -> Answer<StatusCode> {
    let (app_in, mall_id, token) = (app.clone(), shopper.mall.id, shopper.visitor.token);
    app.db
        .write(move |tx| match &token {
            Some(token) => app_in.sessions.close(tx, mall_id, token),
            None => Ok(()),
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn guest_of(visitor: &Visitor) -> Option<Id> {
    match visitor.session.map(|session| session.subject) {
        Some(Subject::Guest(id)) => Some(id),
        _ => None,
    }
}

fn member_of(visitor: &Visitor) -> Option<Id> {
    match visitor.session.map(|session| session.subject) {
        Some(Subject::Member(id)) => Some(id),
        _ => None,
    }
}

fn checked_code(text: &str) -> Result<String> {
    let code = text.trim();
    if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(code.to_owned());
    }
    Err(Error::invalid("session.code_wrong", "验证码是短信里的 6 位数字").at("code"))
}

pub(super) fn checked_wechat_code(text: &str) -> Result<&str> {
    let fits = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(text)
    } else {
        Err(Error::invalid("wechat.code_invalid", "微信登录已过期，请重新进入").at("code"))
    }
}

/// Ends the sessions of the guest that is no more, then opens the member's.
fn member_session(
    tx: &mut Tx<'_>,
    app: &App,
    hooks: &Hooks,
    ctx: &Ctx,
    signed: Signed,
    agent: &str,
) -> Result<SessionGranted> {
    if let Some(guest) = signed.former_guest {
        app.sessions.close_all(tx, ctx.mall_id, Subject::Guest(guest))?;
    }
    open_session(tx, app, hooks, ctx, Subject::Member(signed.member_id), agent)
}

fn open_session(
    tx: &mut Tx<'_>,
    app: &App,
    hooks: &Hooks,
    ctx: &Ctx,
    subject: Subject,
    agent: &str,
) -> Result<SessionGranted> {
    let ctx = ctx.acting_as(Actor::Member(subject.id()));
    let session = app.sessions.open(tx, &ctx, subject, agent)?;
    let me = me(tx, app, hooks, ctx.mall_id, subject.id())?;
    Ok(SessionGranted { token: session.token, expires_at: session.expires_at, me })
}
