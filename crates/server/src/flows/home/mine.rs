//! A clerk's own page: the invite to show, the members won, what they bought this month. Names are masked: the page lies open
//! on a counter.

use super::invite::HomeInvite;
use axum::extract::State;
use db::Tx;
use goods::store;
use kernel::{Cursor, Id, Instant, MallId, Page, Result, days};
use people::home::{self, Figures, Home, How, Whose};
use people::{identity, staff};
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_my_homes)).routes(routes!(list_my_home_members))
}

const PAGE: i64 = 20;

/// What a clerk won.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MyHomes {
    pub clerk_name: String,
    /// The store one is bound to; without one there is no invite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_name: Option<String>,
    /// Absent until it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite: Option<HomeInvite>,
    /// Members one has now at this store.
    pub members: i64,
    /// The first day of the month that `month` is about.
    #[schema(example = "2026-11-01")]
    pub month_from: String,
    /// This month, to this moment.
    pub month: Figures,
}

/// Show what I won.
///
/// Any person: one's own invite, members and sales.
#[utoipa::path(get, path = "/homes/mine", tag = "home", security(("staff" = [])), responses((status = 200, body = MyHomes)))]
async fn show_my_homes(State(app): State<App>, staff: Staff<perm::Person>) -> Answer<Json<MyHomes>> {
    let (reader, mall_id, offset, now) = (app.clone(), staff.mall.id, staff.mall.utc_offset_ms, staff.ctx.now);
    let (id, store_id, clerk_name) = (staff.id, staff.grants.store_id, staff.grants.name.clone());
    let mine = app
        .db
        .read(move |tx| {
            let month_from = format!("{}-01", &now.date_at_offset(offset)[..7]);
            let first = crate::flows::reconcile::day_number("month", &month_from)?;
            let from = Instant(days(first) - offset);
            let month = home::of_clerk(tx, mall_id, id, from, Instant(now.0 + 1))?;
            let mut mine = MyHomes {
                clerk_name: clerk_name.clone(),
                store_id,
                store_name: None,
                invite: None,
                members: 0,
                month_from,
                month,
            };
            if let Some(store_id) = store_id {
                mine.store_name = Some(store::find_store(tx, mall_id, store_id)?.name);
                let code = home::invite_of(tx, mall_id, Whose { store_id, clerk_id: Some(id) })?;
                mine.invite = code.map(|code| HomeInvite::of(&reader, code));
                mine.members = home::members_in_force(tx, mall_id, store_id)?.get(&Some(id)).copied().unwrap_or(0);
            }
            Ok(mine)
        })
        .await?;
    Ok(Json(mine))
}

/// A member with a home, with the name masked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeMember {
    pub id: Id,
    #[schema(example = "沈**")]
    pub name_masked: String,
    pub how: How,
    pub since: Instant,
    /// Bought something since.
    pub has_bought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_name: Option<String>,
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MyMembersQuery {
    cursor: Option<String>,
}

/// List the members I won.
///
/// Any person: those one has now, the latest first, names masked.
#[utoipa::path(get, path = "/homes/mine/members", tag = "home", security(("staff" = [])), params(MyMembersQuery),
    responses((status = 200, body = Page<HomeMember>), (status = 400, body = ProblemBody, description = "`request.invalid` at `cursor`")))]
async fn list_my_home_members(
    State(app): State<App>,
    staff: Staff<perm::Person>,
    Query(query): Query<MyMembersQuery>,
) -> Answer<Json<Page<HomeMember>>> {
    let cursor = query.cursor.as_deref().map(Cursor::decode).transpose()?;
    let (reader, mall_id, id) = (app.clone(), staff.mall.id, staff.id);
    let page = app
        .db
        .read(move |tx| {
            let page = home::members_of(tx, mall_id, None, Some(id), cursor, PAGE)?;
            shown(&reader, tx, mall_id, page)
        })
        .await?;
    Ok(Json(page))
}

/// Homes as the lists of the back office show them.
pub(super) fn shown(app: &App, tx: &mut Tx<'_>, mall_id: MallId, page: Page<Home>) -> Result<Page<HomeMember>> {
    let members: Vec<Id> = page.items.iter().filter_map(|home| home.member_id).collect();
    let clerks: Vec<Id> = page.items.iter().filter_map(|home| home.whose.clerk_id).collect();
    let briefs = identity::briefs(tx, &app.sealer, mall_id, &members)?;
    let names: HashMap<Id, String> = staff::names(tx, mall_id, &clerks)?;
    Ok(page.map(|home| {
        let id = home.member_id.unwrap_or_default();
        let nickname = briefs.get(&id).map(|brief| brief.nickname.as_str()).unwrap_or_default();
        HomeMember {
            id,
            name_masked: masked(nickname),
            how: home.how,
            since: home.since,
            has_bought: home.bought_at.is_some(),
            clerk_id: home.whose.clerk_id,
            clerk_name: home.whose.clerk_id.and_then(|id| names.get(&id).cloned()),
        }
    }))
}

/// The first sign of a name; of a name we gave ourselves, its last two digits.
fn masked(nickname: &str) -> String {
    match nickname.strip_prefix("会员 ") {
        Some(digits) if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("会员 ****{}", &digits[4..])
        }
        _ => nickname.chars().take(1).chain("**".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_shows_its_first_sign() {
        assert_eq!(super::masked("沈知白"), "沈**");
        assert_eq!(super::masked("会员 482913"), "会员 ****13");
        assert_eq!(super::masked("会员 一二三四五六"), "会**");
        assert_eq!(super::masked(""), "**");
    }
}
