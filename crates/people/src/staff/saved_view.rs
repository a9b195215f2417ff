//! Views of lists that a staff member keeps: a name and the filters behind it. Everyone sees only their own.

use axum::extract::State;
use axum::http::StatusCode;
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::audit::Note;
use platform::permission::perm;
use platform::problem::ProblemBody;
use platform::{Answer, App, Ctx, Json, Path, Query, Staff};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_saved_views, save_view)).routes(routes!(delete_saved_view))
}

/// How many views one list may have.
const MOST: i64 = 20;

/// A filtered list under a name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SavedView {
    pub id: Id,
    pub name: String,
    /// The filters as they stand in the page's address: `state=to_ship&delivery=express`.
    pub query: String,
}

db::row!(SavedView { id, name, query });

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ViewQuery {
    /// Which list: `orders`, `members` …
    #[param(max_length = 30)]
    list: String,
}

/// List my saved views of a list.
///
/// Any signed-in staff.
#[utoipa::path(get, path = "/saved-views", tag = "staff", params(ViewQuery),
    responses((status = 200, body = Vec<SavedView>), (status = 400, body = ProblemBody, description = "`request.invalid` at `list`")),
    security(("staff" = [])))]
async fn list_saved_views(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Query(query): Query<ViewQuery>,
) -> Answer<Json<Vec<SavedView>>> {
    let list = checked_list(&query.list)?.to_owned();
    let (mall_id, staff_id) = (staff.mall.id, staff.id);
    let views = app.db.read(move |tx| views(tx, mall_id, staff_id, &list)).await?;
    Ok(Json(views))
}

/// A view to keep; the same name takes the place of the view kept before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SavedViewInput {
    #[schema(max_length = 30)]
    list: String,
    #[schema(min_length = 1, max_length = 20)]
    name: String,
    #[schema(max_length = 500)]
    query: String,
}

/// Keep a view of a list.
///
/// Any signed-in staff; at most twenty a list.
#[utoipa::path(post, path = "/saved-views", tag = "staff", request_body = SavedViewInput,
    responses((status = 200, body = Vec<SavedView>),
    (status = 400, body = ProblemBody, description = "`request.invalid` at `list`, `name`, `query`"),
    (status = 409, body = ProblemBody, description = "`staff.too_many_views`")),
    security(("staff" = [])))]
async fn save_view(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Json(input): Json<SavedViewInput>,
) -> Answer<Json<Vec<SavedView>>> {
    checked_list(&input.list)?;
    let name = input.name.trim().to_owned();
    if !(1..=20).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::field("name", "名称请用 1 到 20 个字").into());
    }
    if input.query.chars().count() > 500 {
        return Err(Error::field("query", "筛选条件太长了").into());
    }
    let staff_id = staff.id;
    let kept = staff
        .write(&app, "saved_view.keep", move |tx, ctx| {
            keep(tx, ctx, staff_id, &input.list, &name, &input.query)?;
            let kept = views(tx, ctx.mall_id, staff_id, &input.list)?;
            Ok((kept, Note::new("saved_view", &input.list, format!("保存筛选“{name}”"))))
        })
        .await?;
    Ok(Json(kept))
}

/// Forget one of my saved views.
///
/// Any signed-in staff.
#[utoipa::path(delete, path = "/saved-views/{id}", tag = "staff", params(("id" = Id, Path)),
    responses((status = 204, description = "Gone"), (status = 404, body = ProblemBody, description = "`staff.no_such_view`")),
    security(("staff" = [])))]
async fn delete_saved_view(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
) -> Answer<StatusCode> {
    let staff_id = staff.id;
    staff
        .write(&app, "saved_view.forget", move |tx, ctx| {
            let name: Option<(String,)> = tx.opt(
                "delete from saved_view where mall_id = $1 and staff_id = $2 and id = $3 returning name",
                &args![ctx.mall_id, staff_id, id],
            )?;
            let (name,) = name.ok_or_else(|| Error::not_found("staff.no_such_view", "没有找到这个筛选"))?;
            Ok(((), Note::new("saved_view", id, format!("删除筛选“{name}”"))))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked_list(list: &str) -> Result<&str> {
    let fits = (1..=30).contains(&list.len()) && list.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if fits { Ok(list) } else { Err(Error::field("list", "没有这个列表")) }
}

fn views(tx: &mut Tx<'_>, mall_id: MallId, staff_id: Id, list: &str) -> Result<Vec<SavedView>> {
    tx.all(
        "select id, name, query from saved_view where mall_id = $1 and staff_id = $2 and list = $3 order by id",
        &args![mall_id, staff_id, list],
    )
}

fn keep(tx: &mut Tx<'_>, ctx: &Ctx, staff_id: Id, list: &str, name: &str, query: &str) -> Result<()> {
    tx.exec(
        "insert into saved_view (id, mall_id, staff_id, list, name, query, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, staff_id, list, name) do update set query = excluded.query",
        &args![ctx.id(), ctx.mall_id, staff_id, list, name, query, ctx.now],
    )?;
    let (count,): (i64,) = tx.one(
        "select count(*) from saved_view where mall_id = $1 and staff_id = $2 and list = $3",
        &args![ctx.mall_id, staff_id, list],
    )?;
    if count > MOST {
        return Err(Error::conflict("staff.too_many_views", "一个列表最多保存 20 个筛选，先删掉不用的"));
    }
    Ok(())
}
