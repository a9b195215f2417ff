//! The shopper's own page, and the routes of this domain.

use super::session::{self, checked_wechat_code};
use super::{Me, ProfileChange, bind_phone, change_profile, me};
use crate::hooks::Hooks;
use crate::phone::Phone;
use axum::Extension;
use axum::extract::State;
use platform::problem::ProblemBody;
use platform::session::Subject;
use platform::{Answer, App, Json, Member, Shopper};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<App> {
    session::routes().routes(routes!(show_me, change_me)).routes(routes!(bind_wechat_phone))
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct WechatPhone {
    /// What the `getPhoneNumber` button gave to the page; good for one use.
    #[schema(max_length = 256)]
    code: String,
}

/// Absent fields stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MeInput {
    #[schema(min_length = 1, max_length = 20)]
    nickname: Option<String>,
    /// Key of a picture uploaded before; an empty text takes the picture away.
    avatar_key: Option<String>,
}

/// Show the shopper that is signed in.
#[utoipa::path(
    get,
    path = "/me",
    tag = "identity",
    responses((status = 200, body = Me), (status = 403, body = ProblemBody, description = "`member.blocked`")),
    security(("member" = []))
)]
async fn show_me(State(app): State<App>, Extension(hooks): Extension<Hooks>, shopper: Shopper) -> Answer<Json<Me>> {
    let app_in = app.clone();
    let shown = app.db.read(move |tx| me(tx, &app_in, &hooks, shopper.mall.id, shopper.id)).await?;
    Ok(Json(shown))
}

/// Change nickname or picture.
#[utoipa::path(
    patch,
    path = "/me",
    tag = "identity",
    request_body = MeInput,
    responses(
        (status = 200, body = Me),
        (status = 400, body = ProblemBody, description = "`request.invalid` at `nickname` or `avatar_key`"),
        (status = 401, body = ProblemBody, description = "`session.member_required`: guests sign in first"),
    ),
    security(("member" = []))
)]
async fn change_me(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    member: Member,
    Json(input): Json<MeInput>,
) -> Answer<Json<Me>> {
    let change = ProfileChange { nickname: input.nickname, avatar_key: input.avatar_key };
    let app_in = app.clone();
    let changed = app
        .db
        .write(move |tx| {
            change_profile(tx, &member.ctx, member.id, &change)?;
            me(tx, &app_in, &hooks, member.mall.id, member.id)
        })
        .await?;
    Ok(Json(changed))
}

/// Tie the phone number WeChat vouches for to the member.
///
/// When another member without this WeChat has the number (signed in on H5 before), the two become one: the answer is the
/// older member, and the token stays good for it. A member with orders of its own stays apart.
#[utoipa::path(
    post,
    path = "/me/phone/wechat",
    tag = "identity",
    request_body = WechatPhone,
    responses(
        (status = 200, body = Me),
        (status = 400, body = ProblemBody, description = "`wechat.code_invalid`, `session.phone_invalid`"),
        (status = 401, body = ProblemBody, description = "`session.member_required`: guests sign in first"),
        (status = 409, body = ProblemBody, description = "`member.phone_taken`: another member has the number and the two cannot become one; `wechat.not_configured`"),
        (status = 502, body = ProblemBody, description = "WeChat did not answer"),
    ),
    security(("member" = []))
)]
async fn bind_wechat_phone(
    State(app): State<App>,
    Extension(hooks): Extension<Hooks>,
    member: Member,
    Json(input): Json<WechatPhone>,
) -> Answer<Json<Me>> {
    let code = checked_wechat_code(&input.code)?;
    let number = app.outside.mini_program(member.mall.id)?.phone_number(code).await?;
    let phone = Phone::parse(&number)?;
    let app_in = app.clone();
    let changed = app
        .db
        .write(move |tx| {
            let id = bind_phone(tx, &member.ctx, &app_in.sealer, &hooks, member.id, &phone)?;
            if id != member.id {
                let (from, to) = (Subject::Member(member.id), Subject::Member(id));
                app_in.sessions.hand_over(tx, member.mall.id, from, to)?;
            }
            me(tx, &app_in, &hooks, member.mall.id, id)
        })
        .await?;
    Ok(Json(changed))
}
