//! The home of a member on their page in the back office, and moving them, with a reason.

use super::invite::require_clerk;
use super::{clerks_of, other_store, within};
use crate::flows::detail::required_text;
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Error, Id, Instant, MallId, Result};
use people::home::{self, Home, How, Move, Whose};
use people::{identity, staff};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change_member_home)).routes(routes!(list_home_clerks))
}

/// The store a member belongs to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MemberHome {
    pub store_id: Id,
    pub store_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_name: Option<String>,
    pub how: How,
    pub since: Instant,
}

/// Names of the stores and of the people that homes speak of.
struct Named {
    stores: HashMap<Id, String>,
    people: HashMap<Id, String>,
}

impl Named {
    fn of(tx: &mut Tx<'_>, mall_id: MallId, homes: &[Home]) -> Result<Named> {
        let stores: Vec<Id> = homes.iter().map(|home| home.whose.store_id).collect();
        let people: Vec<Id> =
            homes.iter().flat_map(|home| [home.whose.clerk_id, home.set_by, home.ended_by]).flatten().collect();
        let stores = store::stores_by_id(tx, mall_id, &stores)?;
        Ok(Named {
            stores: stores.into_iter().map(|store| (store.id, store.name)).collect(),
            people: staff::names(tx, mall_id, &people)?,
        })
    }

    fn store(&self, id: Id) -> String {
        self.stores.get(&id).cloned().unwrap_or_default()
    }

    fn person(&self, id: Option<Id>) -> Option<String> {
        id.and_then(|id| self.people.get(&id).cloned())
    }

    /// `湖滨店 · 小满`.
    fn whose(&self, whose: Whose) -> String {
        let store = self.store(whose.store_id);
        self.person(whose.clerk_id).map_or_else(|| store.clone(), |clerk| format!("{store} · {clerk}"))
    }
}

/// The home in force with its names, for the member's page.
pub fn home_view(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Option<MemberHome>> {
    let Some(home) = home::home_of(tx, mall_id, member_id)? else { return Ok(None) };
    let named = Named::of(tx, mall_id, std::slice::from_ref(&home))?;
    Ok(Some(MemberHome {
        store_id: home.whose.store_id,
        store_name: named.store(home.whose.store_id),
        clerk_id: home.whose.clerk_id,
        clerk_name: named.person(home.whose.clerk_id),
        how: home.how,
        since: home.since,
    }))
}

/// How a member came to each home and how it ended, as sentences with their time.
pub fn home_events(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<Vec<(Instant, String)>> {
    let homes = home::history(tx, mall_id, member_id)?;
    let named = Named::of(tx, mall_id, &homes)?;
    let because = |reason: &Option<String>| reason.as_deref().map(|text| format!("：{text}")).unwrap_or_default();
    let mut events = Vec::new();
    for home in &homes {
        let whose = named.whose(home.whose);
        let began = match home.how {
            How::Invite => format!("归属{whose}（扫码或链接邀请）"),
            How::Counter => format!("归属{whose}（柜台首次消费）"),
            How::Staff => {
                let by = named.person(home.set_by).unwrap_or_default();
                format!("{by}把归属改为{whose}{}", because(&home.reason))
            }
        };
        events.push((home.since, began));
        let followed = homes.iter().any(|next| next.how == How::Staff && Some(next.since) == home.ended_at);
        if let Some(at) = home.ended_at.filter(|_| !followed) {
            let by = named.person(home.ended_by).unwrap_or_default();
            events.push((at, format!("{by}解除了归属{}", because(&home.ended_reason))));
        }
    }
    Ok(events)
}

/// Where a member belongs from now on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMemberHome {
    /// Absent: to no store.
    pub store_id: Option<Id>,
    /// Somebody bound to the store; absent: to the store alone.
    pub clerk_id: Option<Id>,
    /// Why; only staff see it.
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangedMemberHome {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<MemberHome>,
}

/// Move a member to another store or clerk, or to none.
///
/// Needs `member.adjust`. Sales up to now stay where they were counted. A clerk bound to a store moves members of that store
/// within it, and members without a store to it.
#[utoipa::path(put, path = "/members/{id}/home", tag = "member", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ChangeMemberHome, responses((status = 200, body = ChangedMemberHome),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason` or `clerk_id`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`member.not_found`, `store.not_found`, `home.no_such_clerk`"),
    (status = 409, body = ProblemBody, description = "`home.same`, `home.changed_meanwhile`")))]
async fn change_member_home(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Path(id): Path<Id>,
    Json(request): Json<ChangeMemberHome>,
) -> Answer<Json<ChangedMemberHome>> {
    let reason = required_text("reason", request.reason, 100)?;
    if request.store_id.is_none() && request.clerk_id.is_some() {
        return Err(Error::field("clerk_id", "请先选择门店").into());
    }
    let (bound, staff_id) = (staff.grants.store_id, staff.id);
    if let Some(store_id) = request.store_id {
        within(&staff.grants, Some(store_id))?;
    }
    let reader = app.clone();
    let home = staff
        .write(&app, "member.home", move |tx, ctx| {
            identity::row_of(tx, &reader.sealer, ctx.mall_id, id)?;
            let to = match request.store_id {
                Some(store_id) => {
                    let here = store::find_store(tx, ctx.mall_id, store_id)?;
                    if let Some(clerk_id) = request.clerk_id {
                        require_clerk(tx, ctx.mall_id, here.id, clerk_id)?;
                    }
                    Some(Whose { store_id: here.id, clerk_id: request.clerk_id })
                }
                None => None,
            };
            let before = home::change(tx, ctx, id, &Move { to, reason: reason.clone(), staff_id })?;
            if bound.is_some_and(|own| before.as_ref().is_some_and(|home| home.whose.store_id != own)) {
                return Err(other_store());
            }
            let home = home_view(tx, ctx.mall_id, id)?;
            let was = match &before {
                Some(home) => Named::of(tx, ctx.mall_id, std::slice::from_ref(home))?.whose(home.whose),
                None => "无".to_owned(),
            };
            let now = home.as_ref().map_or_else(
                || "无".to_owned(),
                |home| match &home.clerk_name {
                    Some(clerk) => format!("{} · {clerk}", home.store_name),
                    None => home.store_name.clone(),
                },
            );
            Ok((home, Note::new("member", id, format!("归属由{was}改为{now}：{reason}"))))
        })
        .await?;
    Ok(Json(ChangedMemberHome { home }))
}

/// Somebody who works at a store.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeClerk {
    pub id: Id,
    pub name: String,
}

/// Whose clerks.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HomeClerksQuery {
    store_id: Id,
}

/// List who may be a member's clerk at a store.
///
/// Needs `member.adjust`. The people bound to the store.
#[utoipa::path(get, path = "/homes/clerks", tag = "home", security(("staff" = [])), params(HomeClerksQuery),
    responses((status = 200, body = Vec<HomeClerk>), (status = 403, body = ProblemBody, description = "`home.other_store`")))]
async fn list_home_clerks(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Query(query): Query<HomeClerksQuery>,
) -> Answer<Json<Vec<HomeClerk>>> {
    within(&staff.grants, Some(query.store_id))?;
    let mall_id = staff.mall.id;
    let found = app.db.read(move |tx| clerks_of(tx, mall_id, query.store_id)).await?;
    Ok(Json(found.into_iter().map(|(id, name)| HomeClerk { id, name }).collect()))
}
