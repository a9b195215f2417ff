//! Members of a clerk who left, or of a store, are moved together: first told how many they are, then moved by a task in small
//! batches. Each of them is moved once, as one would be alone; who has another home by then stays there.

use super::invite::require_clerk;
use super::mine::{HomeMember, shown};
use super::{clerk_name, clerks_of, within};
use crate::flows::detail::required_text;
use axum::extract::State;
use db::Tx;
use goods::import::StartedTask;
use goods::store;
use kernel::{Error, Id, MallId, Page, Result};
use people::home::{self, Batch, Held, Whose};
use people::staff;
use platform::audit::Note;
use platform::permission::{Permission, perm};
use platform::problem::ProblemBody;
use platform::task::{self, Ended, NewTask, Run, Step};
use platform::{Answer, App, Json, Query, Staff};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(preview_home_move))
        .routes(routes!(move_home_members))
        .routes(routes!(list_home_holders))
        .routes(routes!(list_left_homes))
}

/// Name of the task.
pub const MOVE_MEMBERS: &str = "move_members";

/// Members moved in one transaction.
const CHUNK: i64 = 200;
/// Members shown before.
const SAMPLE: i64 = 5;

/// Whose members go where.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HomeMove {
    /// Absent: of every store, when a clerk is named.
    pub from_store_id: Option<Id>,
    /// Also somebody who left; absent: all members of the store.
    pub from_clerk_id: Option<Id>,
    pub to_store_id: Id,
    /// Somebody bound to the store; absent: to the store alone.
    pub to_clerk_id: Option<Id>,
}

/// Whose members go where, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveHomeMembers {
    /// Absent: of every store, when a clerk is named.
    pub from_store_id: Option<Id>,
    /// Also somebody who left; absent: all members of the store.
    pub from_clerk_id: Option<Id>,
    pub to_store_id: Id,
    /// Somebody bound to the store; absent: to the store alone.
    pub to_clerk_id: Option<Id>,
    /// Why; only staff see it.
    #[schema(min_length = 1, max_length = 100)]
    pub reason: String,
}

/// Who would be moved.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeMovePreview {
    /// Whoever belongs there already is not among them.
    pub members: i64,
    #[schema(example = "湖滨店 · 小周")]
    pub from: String,
    #[schema(example = "湖滨店 · 小林")]
    pub to: String,
    /// The latest of them, names masked.
    pub sample: Vec<HomeMember>,
}

/// A move that makes sense, with its names.
struct Plan {
    from: Held,
    to: Whose,
    from_words: String,
    to_words: String,
}

/// `store.not_found`, `home.no_such_clerk` (404), `home.same` (409), 400 at `from_store_id`.
fn plan(tx: &mut Tx<'_>, mall_id: MallId, asked: &HomeMove) -> Result<Plan> {
    let from = Held { store_id: asked.from_store_id, clerk_id: asked.from_clerk_id };
    let to = Whose { store_id: asked.to_store_id, clerk_id: asked.to_clerk_id };
    if from.store_id.is_none() && from.clerk_id.is_none() {
        return Err(Error::field("from_store_id", "请选择转出的门店或导购"));
    }
    if from.store_id == Some(to.store_id) && from.clerk_id.is_some() && from.clerk_id == to.clerk_id {
        return Err(Error::conflict("home.same", "转出和转入是同一位导购"));
    }
    let store = match from.store_id {
        Some(id) => Some(store::find_store(tx, mall_id, id)?.name),
        None => None,
    };
    let clerk = match from.clerk_id {
        Some(id) => Some(clerk_name(tx, mall_id, Some(id))?.ok_or_else(no_such_clerk)?),
        None => None,
    };
    let here = store::find_store(tx, mall_id, to.store_id)?;
    let taker = to.clerk_id.map(|id| require_clerk(tx, mall_id, here.id, id)).transpose()?;
    let words = |names: [Option<String>; 2]| names.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Ok(Plan { from, to, from_words: words([store, clerk]), to_words: words([Some(here.name), taker]) })
}

fn no_such_clerk() -> Error {
    Error::not_found("home.no_such_clerk", "没有找到这位导购")
}

/// See who would be moved together.
///
/// Needs `member.adjust`. A clerk bound to a store moves members of that store within it.
#[utoipa::path(post, path = "/homes/moves/preview", tag = "home", security(("staff" = [])), request_body = HomeMove,
    responses((status = 200, body = HomeMovePreview),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `from_store_id`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`, `home.no_such_clerk`"),
    (status = 409, body = ProblemBody, description = "`home.same`")))]
async fn preview_home_move(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Json(mut asked): Json<HomeMove>,
) -> Answer<Json<HomeMovePreview>> {
    asked.from_store_id = within(&staff.grants, asked.from_store_id)?;
    within(&staff.grants, Some(asked.to_store_id))?;
    let (reader, mall_id) = (app.clone(), staff.mall.id);
    let told = app.db.read(move |tx| {
        let plan = plan(tx, mall_id, &asked)?;
        let batch = Batch { from: plan.from, to: plan.to, upto: Id(i64::MAX) };
        let members = home::count_to_move(tx, mall_id, &batch)?;
        let some = Page { items: home::sample_to_move(tx, mall_id, &batch, SAMPLE)?, next_cursor: None };
        let sample = shown(&reader, tx, mall_id, some)?.items;
        Ok(HomeMovePreview { members, from: plan.from_words, to: plan.to_words, sample })
    });
    Ok(Json(told.await?))
}

/// What the task keeps of the request.
#[derive(Serialize, Deserialize)]
struct Asked {
    ends: HomeMove,
    reason: String,
    by: Id,
    /// In words, for the sentence at the end.
    to: String,
}

/// Move members together to another store or clerk.
///
/// Needs `member.adjust`. A task moves those who belong there at this moment; whoever is moved or won elsewhere before their
/// turn stays there. Sales up to now stay where they were counted. A clerk bound to a store moves members of that store
/// within it.
#[utoipa::path(post, path = "/homes/moves", tag = "home", security(("staff" = [])), request_body = MoveHomeMembers,
    responses((status = 200, body = StartedTask),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `reason` or `from_store_id`"),
    (status = 403, body = ProblemBody, description = "`home.other_store`"),
    (status = 404, body = ProblemBody, description = "`store.not_found`, `home.no_such_clerk`"),
    (status = 409, body = ProblemBody, description = "`home.same`, `home.nothing_to_move`")))]
async fn move_home_members(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Json(request): Json<MoveHomeMembers>,
) -> Answer<Json<StartedTask>> {
    let reason = required_text("reason", request.reason, 100)?;
    let ends = HomeMove {
        from_store_id: within(&staff.grants, request.from_store_id)?,
        from_clerk_id: request.from_clerk_id,
        to_store_id: request.to_store_id,
        to_clerk_id: request.to_clerk_id,
    };
    within(&staff.grants, Some(ends.to_store_id))?;
    let by = staff.id;
    let task_id = staff
        .write(&app, "home.move_members", move |tx, ctx| {
            let plan = plan(tx, ctx.mall_id, &ends)?;
            let batch = Batch { from: plan.from, to: plan.to, upto: Id(i64::MAX) };
            if home::next_to_move(tx, ctx.mall_id, &batch, Id(0), 1)?.is_empty() {
                return Err(Error::conflict("home.nothing_to_move", "没有要转移的会员"));
            }
            let asked = Asked { ends, reason: reason.clone(), by, to: plan.to_words.clone() };
            let title = format!("转移会员 {} → {}", plan.from_words, plan.to_words);
            let id = task::start(tx, ctx, NewTask::new(MOVE_MEMBERS, &title, perm::MemberAdjust::CODE, &asked)?)?;
            Ok((id, Note::new("task", id, format!("{title}：{reason}"))))
        })
        .await?;
    Ok(Json(StartedTask { task_id }))
}

/// How far a move is.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Place {
    after: Id,
    moved: i64,
}

/// The task.
pub async fn run(run: Run) -> Result<Ended> {
    let asked: Asked = run.params()?;
    let (mall_id, ends) = (run.ctx.mall_id, asked.ends);
    let to = Whose { store_id: ends.to_store_id, clerk_id: ends.to_clerk_id };
    let from = Held { store_id: ends.from_store_id, clerk_id: ends.from_clerk_id };
    // Ids grow with time: what began after the task did is somebody's newer decision.
    let batch = Batch { from, to, upto: run.task_id };
    let total = match run.total {
        Some(total) => total,
        None => {
            let total = run.app.db.read(move |tx| home::count_to_move(tx, mall_id, &batch)).await?;
            run.set_total(total).await?;
            total
        }
    };
    let mut place: Place = run.checkpoint()?.unwrap_or_default();
    loop {
        let after = place.after;
        let homes = run.app.db.read(move |tx| home::next_to_move(tx, mall_id, &batch, after, CHUNK)).await?;
        let Some(last) = homes.last().copied() else { break };
        let (reason, by, before) = (asked.reason.clone(), asked.by, place.moved);
        let moved = Arc::new(AtomicI64::new(0));
        let told = moved.clone();
        run.write(move |tx, ctx| {
            if let Some(clerk_id) = to.clerk_id {
                // The one who takes over may leave meanwhile: the task stops, and goes on when somebody said what then.
                require_clerk(tx, ctx.mall_id, to.store_id, clerk_id)?;
            }
            let count = home::move_all(tx, ctx, &homes, to, &reason, by)?;
            told.store(count, Ordering::Relaxed);
            let behind = i64::try_from(homes.len()).unwrap_or(CHUNK);
            let step = Step { done: behind, ok: count, ..Step::default() };
            Ok(step.at(&Place { after: last, moved: before + count }))
        })
        .await?;
        place = Place { after: last, moved: before + moved.load(Ordering::Relaxed) };
        if run.is_due_to_rest() {
            return Ok(run.rest());
        }
    }
    let stayed = total - place.moved;
    let summary = format!("{} 位会员已转到{}", place.moved, asked.to);
    Ok(run.finish(if stayed > 0 { format!("{summary}，{stayed} 位期间另有变动，没有改") } else { summary }))
}

/// Whose members a store has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HomeHolder {
    /// Absent for the members of no clerk in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clerk_name: Option<String>,
    pub members: i64,
    /// Bound to the store, with an account in use.
    pub works_here: bool,
}

/// Whose holders.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HomeHoldersQuery {
    store_id: Id,
}

/// List whose members a store has, those who left included.
///
/// Needs `member.adjust`.
#[utoipa::path(get, path = "/homes/holders", tag = "home", security(("staff" = [])), params(HomeHoldersQuery),
    responses((status = 200, body = Vec<HomeHolder>), (status = 403, body = ProblemBody, description = "`home.other_store`")))]
async fn list_home_holders(
    State(app): State<App>,
    staff: Staff<perm::MemberAdjust>,
    Query(query): Query<HomeHoldersQuery>,
) -> Answer<Json<Vec<HomeHolder>>> {
    within(&staff.grants, Some(query.store_id))?;
    let mall_id = staff.mall.id;
    let found = app.db.read(move |tx| {
        let held = home::members_in_force(tx, mall_id, query.store_id)?;
        let here = clerks_of(tx, mall_id, query.store_id)?;
        let ids: Vec<Id> = held.keys().filter_map(|id| *id).collect();
        let names = staff::names(tx, mall_id, &ids)?;
        let holder = |(clerk_id, members): (Option<Id>, i64)| HomeHolder {
            clerk_id,
            clerk_name: clerk_id.and_then(|id| names.get(&id).cloned()),
            members,
            works_here: here.iter().any(|(id, _)| Some(*id) == clerk_id),
        };
        Ok(held.into_iter().map(holder).collect())
    });
    Ok(Json(found.await?))
}

/// Members of somebody who does not work at their store any more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LeftHomes {
    pub clerk_id: Id,
    pub clerk_name: String,
    /// The account is in use, at another store.
    pub is_active: bool,
    pub store_id: Id,
    pub store_name: String,
    pub members: i64,
}

/// List members whose clerk left their store.
///
/// Needs `home.view`. By clerk and store: the account is disabled, or bound to another store. A clerk bound to a store sees
/// that store only.
#[utoipa::path(get, path = "/homes/left", tag = "home", security(("staff" = [])),
    responses((status = 200, body = Vec<LeftHomes>)))]
async fn list_left_homes(State(app): State<App>, staff: Staff<perm::HomeView>) -> Answer<Json<Vec<LeftHomes>>> {
    let (mall_id, store_id) = (staff.mall.id, staff.grants.store_id);
    let found = app.db.read(move |tx| {
        let left = home::left_behind(tx, mall_id, store_id)?;
        let ids: Vec<Id> = left.iter().map(|one| one.store_id).collect();
        let names: HashMap<Id, String> =
            store::stores_by_id(tx, mall_id, &ids)?.into_iter().map(|store| (store.id, store.name)).collect();
        let shown = |one: home::Left| LeftHomes {
            store_name: names.get(&one.store_id).cloned().unwrap_or_default(),
            clerk_id: one.clerk_id,
            clerk_name: one.clerk_name,
            is_active: one.is_active,
            store_id: one.store_id,
            members: one.members,
        };
        Ok(left.into_iter().map(shown).collect())
    });
    Ok(Json(found.await?))
}
