//! Long work with a page: an import, an export, a change of thousands of rows. A task is started in a transaction, done
//! by the job queue in steps, and may be stopped, closed over, restarted and resumed.
//! Promise: what a step did and how far the task is are written in one transaction ([`Run::write`]), by the one worker
//! that holds the task; so a task that goes on after a stop or a crash does nothing twice and leaves nothing out.
//!
//! ```text
//! task::start(tx, ctx, NewTask::new("export_orders", "导出订单", "order.view", &params)?)?    // in a handler
//! handlers.on("export_orders", task::work(export::run));                                    // in server::wiring
//! async fn run(run: Run) -> Result<Ended> { … run.write(|tx, ctx| …).await? … run.finish("…") }
//! ```
//! States: `waiting` → `running` → `done` or `failed`; `running` → `stopping` → `cancelled` when staff stop it. What
//! failed or was cancelled can be resumed.

mod routes;
mod row;
mod run;

pub use routes::{TaskView, admin_routes};
pub use run::{Ended, Run, Step, mend, private_key, run_here, work};

use crate::ctx::Ctx;
use crate::job::{self, NewJob};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work about to be started.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Names the job that does it: `import_products`.
    pub kind: &'static str,
    /// As the list shows it: `导入商品 春茶.xlsx`.
    pub title: String,
    /// The right to see it, fetch its file, stop and resume it.
    pub permission: &'static str,
    /// JSON text of what was asked.
    pub params: String,
}

impl NewTask {
    pub fn new(
        kind: &'static str,
        title: impl Into<String>,
        permission: &'static str,
        params: &impl Serialize,
    ) -> Result<Self> {
        let params = serde_json::to_string(params).map_err(Error::internal)?;
        let title: String = title.into();
        Ok(NewTask { kind, title: title.chars().take(80).collect(), permission, params })
    }
}

/// Something wrong with one line of what was worked on; the task goes on with the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TaskProblem)]
pub struct Problem {
    /// Line of the file, 0 when there is none.
    pub line: i64,
    /// Name of the column or of the thing.
    pub field: String,
    /// A sentence for people.
    pub message: String,
}

impl Problem {
    pub fn new(line: i64, field: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { line, field: field.into(), message: message.into() }
    }
}

/// A task that was started; read it at `/admin/v1/tasks/{task_id}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StartedTask {
    pub task_id: Id,
}

/// Payload of the job behind a task.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Start {
    task_id: Id,
    run: i64,
}

/// Starts a task for the acting staff in the caller's transaction; answers its id. It never runs if that rolls back.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, task: NewTask) -> Result<Id> {
    let id = row::insert(tx, ctx, &task, "waiting", "")?;
    enqueue(tx, ctx, task.kind.into(), id, 1)?;
    Ok(id)
}

/// Starts a task that this process does itself ([`run_here`]); the queue does not know it.
pub fn start_here(tx: &mut Tx<'_>, ctx: &Ctx, task: NewTask) -> Result<Id> {
    row::insert(tx, ctx, &task, "waiting", "")
}

fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, kind: std::borrow::Cow<'static, str>, task_id: Id, run: i64) -> Result<()> {
    job::enqueue(tx, ctx, NewJob::new(kind, &Start { task_id, run }).once(format!("{task_id}:{run}")))
}

/// Asks a task to stop. One that waits is cancelled at once, one that runs after its present step.
///
/// # Errors
/// `task.not_found` (404), `task.ended` (409) when there is nothing left to stop.
pub fn cancel(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let moved = tx.exec(
        "update task
         set state = case state when 'waiting' then 'cancelled' else 'stopping' end,
           ended_at = case state when 'waiting' then $3 else ended_at end, updated_at = $3
         where mall_id = $1 and id = $2 and state in ('waiting', 'running', 'stopping')",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    if moved == 0 {
        return Err(Error::conflict("task.ended", "这个任务已经结束了"));
    }
    Ok(())
}

/// Goes on with a task that failed or was cancelled, from where it stopped.
///
/// # Errors
/// `task.not_found` (404), `task.not_resumable` (409) while it runs or when it is done.
pub fn resume(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    let (kind, run) = reopen(tx, ctx, id)?;
    enqueue(tx, ctx, kind.into(), id, run)
}

/// The part of [`resume`] before a worker is found.
pub fn reopen(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<(String, i64)> {
    let moved: Option<(String, i64)> = tx.opt(
        "update task
         set state = 'waiting', run = run + 1, lease = '', error_code = null, error_text = null, ended_at = null,
           updated_at = $3
         where mall_id = $1 and id = $2 and state in ('failed', 'cancelled')
         returning kind, run",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    moved.ok_or_else(|| Error::conflict("task.not_resumable", "这个任务正在进行或已经完成，不需要继续"))
}

/// A task of this kind with these very params that is not done, newest first; for commands that go on where they stopped.
pub fn unfinished(tx: &mut Tx<'_>, mall_id: MallId, kind: &str, params: &str) -> Result<Option<(Id, String)>> {
    tx.opt(
        "select id, state
         from task
         where mall_id = $1 and kind = $2 and params = $3 and state <> 'done'
         order by id desc
         limit 1",
        &args![mall_id, kind, params],
    )
}

/// What a task of this kind was asked, and its state; `task.not_found` (404).
pub fn params_of<T: serde::de::DeserializeOwned>(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    id: Id,
    kind: &str,
) -> Result<(T, String)> {
    let found: Option<(String, String)> = tx.opt(
        "select params, state from task where mall_id = $1 and id = $2 and kind = $3",
        &args![mall_id, id, kind],
    )?;
    let (params, state) = found.ok_or_else(|| Error::not_found("task.not_found", "没有找到这个任务"))?;
    Ok((serde_json::from_str(&params).map_err(Error::internal)?, state))
}
