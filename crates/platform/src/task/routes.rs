//! Tasks in the back office: one's own and those one may do oneself, with their progress, problems and files.

use super::row::{self, TaskRow};
use super::{Problem, cancel, resume};
use crate::audit::Note;
use crate::extract::{Json, Path, Query, Staff};
use crate::permission::{Grants, perm};
use crate::problem::{Answer, ProblemBody};
use crate::sheet::{self, Cell, Format};
use crate::{App, Ctx};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kernel::{Cursor, Error, Id, Instant, Page, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Waiting,
    Running,
    /// Asked to stop; the present step ends first.
    Stopping,
    Done,
    Failed,
    Cancelled,
}

/// What may be done with a task now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskAction {
    Cancel,
    Resume,
}

/// Long work: an import, an export, a change of many rows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TaskView {
    pub id: Id,
    /// `import_products`, …
    pub kind: String,
    pub title: String,
    pub state: TaskState,
    /// Units behind us; of `total`, once that is known.
    pub done: i64,
    pub total: Option<i64>,
    pub ok_count: i64,
    pub failed_count: i64,
    /// One sentence, when it is done.
    pub summary: String,
    /// Why it failed.
    pub error: Option<String>,
    pub error_code: Option<String>,
    /// Name of the file it made; fetch it at `/tasks/{id}/file`.
    pub file_name: Option<String>,
    pub is_mine: bool,
    pub staff_name: Option<String>,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub updated_at: Instant,
    pub ended_at: Option<Instant>,
    pub allowed_actions: Vec<TaskAction>,
    /// What was asked, for pages that know this kind.
    #[schema(value_type = Object)]
    pub params: serde_json::Value,
}

impl TaskView {
    fn new(row: TaskRow, me: Id) -> Result<Self> {
        let state: TaskState =
            serde_json::from_value(row.state.clone().into()).map_err(|e| Error::internal(format_args!("task: {e}")))?;
        let allowed_actions = match state {
            TaskState::Waiting | TaskState::Running => vec![TaskAction::Cancel],
            TaskState::Failed | TaskState::Cancelled => vec![TaskAction::Resume],
            TaskState::Stopping | TaskState::Done => Vec::new(),
        };
        Ok(TaskView {
            id: row.id,
            kind: row.kind,
            title: row.title,
            state,
            done: row.done,
            total: row.total,
            ok_count: row.ok_count,
            failed_count: row.failed_count,
            summary: row.summary,
            error: row.error_text,
            error_code: row.error_code,
            file_name: row.file_name,
            is_mine: row.staff_id == Some(me),
            staff_name: row.staff_name,
            created_at: row.created_at,
            started_at: row.started_at,
            updated_at: row.updated_at,
            ended_at: row.ended_at,
            allowed_actions,
            params: serde_json::from_str(&row.params).map_err(Error::internal)?,
        })
    }
}

/// Routes under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks))
        .routes(routes!(read_task))
        .routes(routes!(cancel_task))
        .routes(routes!(resume_task))
        .routes(routes!(list_task_problems))
        .routes(routes!(download_task_problems))
        .routes(routes!(download_task_file))
}

async fn find(app: &App, ctx: &Ctx, grants: &Grants, id: Id) -> Result<TaskRow> {
    let (mall_id, staff_id, held) = (ctx.mall_id, grants.staff_id, grants.codes());
    app.db.read(move |tx| row::find(tx, mall_id, id, staff_id, &held)).await
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TaskFilter {
    /// Only those one started oneself.
    mine: Option<bool>,
    cursor: Option<String>,
    /// 1–100, 30 if absent.
    limit: Option<i64>,
}

/// List tasks, newest first.
///
/// Any signed-in staff: one's own, and those whose permission one holds.
#[utoipa::path(get, path = "/tasks", tag = "task", security(("staff" = [])), params(TaskFilter),
    responses((status = 200, body = Page<TaskView>)))]
async fn list_tasks(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Query(filter): Query<TaskFilter>,
) -> Answer<Json<Page<TaskView>>> {
    let limit = filter.limit.unwrap_or(30).clamp(1, 100);
    let before = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(i64::MAX, |cursor| cursor.id);
    let (mall_id, me) = (staff.mall.id, staff.id);
    let held = if filter.mine == Some(true) { None } else { Some(staff.grants.codes()) };
    let rows = app.db.read(move |tx| row::list(tx, mall_id, me, held.as_deref(), before, limit)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 });
    let items = page.items.into_iter().map(|row| TaskView::new(row, me)).collect::<Result<Vec<_>>>()?;
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// Read a task and its progress.
///
/// Any signed-in staff: one's own, and those whose permission one holds.
#[utoipa::path(get, path = "/tasks/{id}", tag = "task", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = TaskView),
        (status = 404, body = ProblemBody, description = "`task.not_found`")))]
async fn read_task(State(app): State<App>, staff: Staff<perm::SignedIn>, Path(id): Path<Id>) -> Answer<Json<TaskView>> {
    Ok(Json(TaskView::new(find(&app, &staff.ctx, &staff.grants, id).await?, staff.id)?))
}

/// Stop a task after its present step. What it did stays.
///
/// Any signed-in staff: one's own, and those whose permission one holds.
#[utoipa::path(post, path = "/tasks/{id}/cancel", tag = "task", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = TaskView),
        (status = 404, body = ProblemBody, description = "`task.not_found`"),
        (status = 409, body = ProblemBody, description = "`task.ended`")))]
async fn cancel_task(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
) -> Answer<Json<TaskView>> {
    let title = find(&app, &staff.ctx, &staff.grants, id).await?.title;
    staff
        .write(&app, "task.cancel", move |tx, ctx| {
            cancel(tx, ctx, id)?;
            Ok(((), Note::new("task", id, format!("停止任务 {title}"))))
        })
        .await?;
    Ok(Json(TaskView::new(find(&app, &staff.ctx, &staff.grants, id).await?, staff.id)?))
}

/// Go on with a task that failed or was stopped, from where it was.
///
/// Any signed-in staff who holds the permission of the task.
#[utoipa::path(post, path = "/tasks/{id}/resume", tag = "task", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = TaskView),
        (status = 403, body = ProblemBody, description = "`staff.not_allowed`"),
        (status = 404, body = ProblemBody, description = "`task.not_found`"),
        (status = 409, body = ProblemBody, description = "`task.not_resumable`: it runs or is done")))]
async fn resume_task(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
) -> Answer<Json<TaskView>> {
    let task = find(&app, &staff.ctx, &staff.grants, id).await?;
    must_hold(&staff.grants, &task)?;
    staff
        .write(&app, "task.resume", move |tx, ctx| {
            resume(tx, ctx, id)?;
            Ok(((), Note::new("task", id, format!("继续任务 {}", task.title))))
        })
        .await?;
    Ok(Json(TaskView::new(find(&app, &staff.ctx, &staff.grants, id).await?, staff.id)?))
}

/// Somebody who lost a right since starting a task may look at it, but not go on or take its file.
fn must_hold(grants: &Grants, task: &TaskRow) -> Result<()> {
    if grants.codes().contains(&task.permission.as_str()) {
        return Ok(());
    }
    Err(Error::forbidden("staff.not_allowed", "你的角色没有这项权限，请联系店主").because(&task.permission))
}

#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProblemFilter {
    cursor: Option<String>,
    /// 1–200, 50 if absent.
    limit: Option<i64>,
}

/// List what was wrong, line by line.
///
/// Any signed-in staff: of one's own tasks, and of those whose permission one holds.
#[utoipa::path(get, path = "/tasks/{id}/problems", tag = "task", security(("staff" = [])),
    params(("id" = Id, Path), ProblemFilter),
    responses((status = 200, body = Page<Problem>),
        (status = 404, body = ProblemBody, description = "`task.not_found`")))]
async fn list_task_problems(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
    Query(filter): Query<ProblemFilter>,
) -> Answer<Json<Page<Problem>>> {
    find(&app, &staff.ctx, &staff.grants, id).await?;
    let limit = filter.limit.unwrap_or(50).clamp(1, 200);
    let after = filter.cursor.as_deref().map(Cursor::decode).transpose()?.map_or(0, |cursor| cursor.id);
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| row::problems(tx, mall_id, id, after, limit)).await?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.1, id: row.0.0 });
    Ok(Json(page.map(|(_, line, field, message)| Problem { line, field, message })))
}

/// Fetch what was wrong as a CSV file.
///
/// Any signed-in staff: of one's own tasks, and of those whose permission one holds.
#[utoipa::path(get, path = "/tasks/{id}/problems.csv", tag = "task", security(("staff" = [])),
    params(("id" = Id, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "text/csv"),
        (status = 404, body = ProblemBody, description = "`task.not_found`")))]
async fn download_task_problems(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
) -> Answer<Response> {
    let task = find(&app, &staff.ctx, &staff.grants, id).await?;
    let mall_id = staff.mall.id;
    let rows = app.db.read(move |tx| row::problems(tx, mall_id, id, 0, 20_000)).await?;
    let mut report = sheet::Writer::new(Format::Csv, &["行", "列", "问题"])?;
    for (_, line, field, message) in &rows {
        report.row(&[Cell::Int(*line), Cell::text(field), Cell::text(message)])?;
    }
    Ok(sheet::download(&format!("{} 问题清单.csv", task.title), Format::Csv, report.finish()?)?)
}

/// Fetch the file a task made.
///
/// Any signed-in staff who holds the permission of the task.
#[utoipa::path(get, path = "/tasks/{id}/file", tag = "task", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 403, body = ProblemBody, description = "`staff.not_allowed`"),
        (status = 404, body = ProblemBody, description = "`task.not_found`, `task.no_file`")))]
async fn download_task_file(
    State(app): State<App>,
    staff: Staff<perm::SignedIn>,
    Path(id): Path<Id>,
) -> Answer<Response> {
    let task = find(&app, &staff.ctx, &staff.grants, id).await?;
    must_hold(&staff.grants, &task)?;
    let none = || Error::not_found("task.no_file", "这个任务没有可以下载的文件");
    let (key, name) = task.file_key.zip(task.file_name).ok_or_else(none)?;
    let (bytes, content_type) = app.outside.objects().get(&key).await?.ok_or_else(none)?;
    let content_type = HeaderValue::from_str(&content_type).map_err(Error::internal)?;
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, sheet::disposition(&name)?)];
    Ok((headers, bytes).into_response())
}
