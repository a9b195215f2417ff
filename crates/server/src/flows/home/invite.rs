//! The invites of a store and of its clerks: a short code, the link it stands in, and the mini-program code of it.

use super::{clerks_of, other_store, within};
use crate::flows::hooks::public_url;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use goods::store;
use kernel::ports::MiniCode;
use kernel::{Error, Id};
use people::home::{self, Whose};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Staff};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(make_my_home_invite))
        .routes(routes!(make_home_invite))
        .routes(routes!(draw_home_invite_code))
}

const HOME_PAGE: &str = "pages/home/index";

/// An invite to show.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeInvite {
    #[schema(example = "K7M2PQ9X")]
    pub code: String,
    /// Opens the storefront in a browser; text for a QR picture. In mini programs the scene is `home=<code>`.
    pub link: String,
}

impl HomeInvite {
    pub(super) fn of(app: &App, code: String) -> Self {
        let link = format!("{}/#/?home={code}", public_url(app));
        HomeInvite { code, link }
    }
}

/// Make my own invite.
///
/// Any person bound to a store. The same code every time.
#[utoipa::path(post, path = "/homes/mine/invite", tag = "home", security(("staff" = [])),
    responses((status = 200, body = HomeInvite), (status = 409, body = ProblemBody, description = "`home.no_store`: bound to no store")))]
async fn make_my_home_invite(State(app): State<App>, staff: Staff<perm::Person>) -> Answer<Json<HomeInvite>> {
    let store_id = staff.grants.store_id;
    let store_id =
        store_id.ok_or_else(|| Error::conflict("home.no_store", "你的账号没有绑定门店，请店主在员工里绑定"))?;
    let whose = Whose { store_id, clerk_id: Some(staff.id) };
    let code = staff
        .write(&app, "home.invite", move |tx, ctx| {
            let code = home::make_invite(tx, ctx, whose)?;
            Ok((code.clone(), Note::new("store", store_id, format!("取得自己的邀请码 {code}"))))
        })
        .await?;
    Ok(Json(HomeInvite::of(&app, code)))
}

/// Whose invite to make.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeHomeInvite {
    pub store_id: Id,
    /// Somebody bound to the store; absent for the store itself.
    pub clerk_id: Option<Id>,
}

/// Make the invite of a store, or of a clerk there.
///
/// Needs `home.view`. The same code every time.
#[utoipa::path(post, path = "/homes/invites", tag = "home", security(("staff" = [])), request_body = MakeHomeInvite,
    responses((status = 200, body = HomeInvite),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`, `home.no_such_clerk`")))]
async fn make_home_invite(
    State(app): State<App>,
    staff: Staff<perm::HomeView>,
    Json(request): Json<MakeHomeInvite>,
) -> Answer<Json<HomeInvite>> {
    within(&staff.grants, Some(request.store_id))?;
    let code = staff
        .write(&app, "home.invite", move |tx, ctx| {
            let here = store::find_store(tx, ctx.mall_id, request.store_id)?;
            let name = match request.clerk_id {
                Some(id) => require_clerk(tx, ctx.mall_id, here.id, id)?,
                None => "门店".to_owned(),
            };
            let whose = Whose { store_id: here.id, clerk_id: request.clerk_id };
            let code = home::make_invite(tx, ctx, whose)?;
            Ok((code.clone(), Note::new("store", here.id, format!("取得{}{name}的邀请码 {code}", here.name))))
        })
        .await?;
    Ok(Json(HomeInvite::of(&app, code)))
}

/// The name of somebody who works at a store. `home.no_such_clerk` (404).
pub(super) fn require_clerk(
    tx: &mut db::Tx<'_>,
    mall_id: kernel::MallId,
    store_id: Id,
    clerk_id: Id,
) -> kernel::Result<String> {
    let found = clerks_of(tx, mall_id, store_id)?.into_iter().find(|(id, _)| *id == clerk_id);
    let (_, name) =
        found.ok_or_else(|| Error::not_found("home.no_such_clerk", "这家门店没有这位导购，请先在员工里绑定门店"))?;
    Ok(name)
}

/// Draw the mini-program code of an invite.
///
/// One's own, or with `home.view` those of a store one may see. A PNG or JPEG; the page gets the scene `home=<code>`.
#[utoipa::path(get, path = "/homes/invites/{invite}/mini-code", tag = "home", security(("staff" = [])),
    params(("invite" = String, Path)),
    responses((status = 200, body = String, content_type = "image/png", description = "The picture"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`home.no_such_invite`"),
    (status = 409, body = ProblemBody, description = "`wechat.not_configured`: no mini program, show a QR code of the link; `wechat.code_refused`"),
    (status = 502, body = ProblemBody, description = "`wechat.unavailable`")))]
async fn draw_home_invite_code(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(code): Path<String>,
) -> Answer<Response> {
    let mall_id = staff.mall.id;
    let invite = app.db.read(move |tx| home::invite_of_code(tx, mall_id, &code)).await?;
    if invite.whose.clerk_id != Some(staff.id) {
        if !staff.grants.allow::<perm::HomeView>() {
            return Err(other_store().into());
        }
        within(&staff.grants, Some(invite.whose.store_id))?;
    }
    let mini_program = app.outside.mini_program(mall_id)?;
    let (objects, key) = (app.outside.objects(), format!("m{mall_id}/codes/h{}.png", invite.code));
    let picture = match objects.get(&key).await? {
        Some((kept, _)) => kept,
        None => {
            let code = MiniCode { page: HOME_PAGE.into(), scene: format!("home={}", invite.code), width: 430 };
            let drawn = mini_program.code(&code).await?;
            objects.put(&key, "image/png", drawn.clone()).await?;
            drawn
        }
    };
    let kind = if picture.starts_with(b"\xff\xd8") { "image/jpeg" } else { "image/png" };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=86400")], picture).into_response())
}
