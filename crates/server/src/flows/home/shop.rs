//! A shopper opens an invite; a member looks at the store they belong to.

use super::clerk_name;
use axum::extract::State;
use goods::store::{self, StoreView};
use kernel::{Id, Instant};
use people::home;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Member, Shopper};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open_home_invite)).routes(routes!(show_my_home))
}

/// The code of a link or a poster.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenHomeInvite {
    #[schema(min_length = 1, max_length = 16, example = "K7M2PQ9X")]
    pub code: String,
}

/// Who invited.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenedHomeInvite {
    pub store_id: Id,
    pub store_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_name: Option<String>,
}

/// Open the invite of a store or a clerk.
///
/// A member who belongs to no store belongs to this one now. A guest's first invite is kept, and counts when the guest becomes
/// a member within thirty days. Whoever has a home keeps it: the answer is the same.
#[utoipa::path(post, path = "/home-invites/open", tag = "member", security(("member" = [])), request_body = OpenHomeInvite,
    responses((status = 200, body = OpenedHomeInvite),
    (status = 404, body = ProblemBody, description = "`home.no_such_invite`")))]
async fn open_home_invite(
    State(app): State<App>,
    shopper: Shopper,
    Json(request): Json<OpenHomeInvite>,
) -> Answer<Json<OpenedHomeInvite>> {
    let opened = app
        .db
        .write(move |tx| {
            let ctx = &shopper.ctx;
            let invite = home::invite_of_code(tx, ctx.mall_id, &request.code)?;
            home::opened_by(tx, ctx, shopper.id, !shopper.is_guest, invite.whose)?;
            let here = store::find_store(tx, ctx.mall_id, invite.whose.store_id)?;
            let clerk_name = clerk_name(tx, ctx.mall_id, invite.whose.clerk_id)?;
            Ok(OpenedHomeInvite { store_id: here.id, store_name: here.name, clerk_name })
        })
        .await?;
    Ok(Json(opened))
}

/// The store a member belongs to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MyHome {
    /// Absent without one, and while the store is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Instant>,
}

/// Show the store I belong to.
#[utoipa::path(get, path = "/me/home", tag = "member", security(("member" = [])),
    responses((status = 200, body = MyHome)))]
async fn show_my_home(State(app): State<App>, member: Member) -> Answer<Json<MyHome>> {
    let reader = app.clone();
    let mine = app
        .db
        .read(move |tx| {
            let mall_id = member.mall.id;
            let nobody = MyHome { store: None, clerk_name: None, since: None };
            let Some(home) = home::home_of(tx, mall_id, member.id)? else { return Ok(nobody) };
            if !store::find_store(tx, mall_id, home.whose.store_id)?.is_open() {
                return Ok(nobody);
            }
            let store = store::store_view(&reader, tx, mall_id, home.whose.store_id)?;
            let clerk_name = clerk_name(tx, mall_id, home.whose.clerk_id)?;
            Ok(MyHome { store: Some(store), clerk_name, since: Some(home.since) })
        })
        .await?;
    Ok(Json(mine))
}
