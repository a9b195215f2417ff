//! The SQL of tables `task` and `task_problem`. Every move of a running task is guarded by its lease, so a worker that
//! was overtaken, or a task that was asked to stop, writes nothing.

use super::{NewTask, Problem};
use crate::ctx::Ctx;
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};

/// A task as stored.
#[derive(Debug, Clone)]
pub(super) struct TaskRow {
    pub id: Id,
    pub kind: String,
    pub title: String,
    pub permission: String,
    pub staff_id: Option<Id>,
    pub staff_name: Option<String>,
    pub state: String,
    pub done: i64,
    pub total: Option<i64>,
    pub ok_count: i64,
    pub failed_count: i64,
    pub summary: String,
    pub error_code: Option<String>,
    pub error_text: Option<String>,
    pub file_key: Option<String>,
    pub file_name: Option<String>,
    pub created_at: Instant,
    pub started_at: Option<Instant>,
    pub updated_at: Instant,
    pub ended_at: Option<Instant>,
    pub params: String,
}
row!(TaskRow {
    id,
    kind,
    title,
    permission,
    staff_id,
    staff_name,
    state,
    done,
    total,
    ok_count,
    failed_count,
    summary,
    error_code,
    error_text,
    file_key,
    file_name,
    created_at,
    started_at,
    updated_at,
    ended_at,
    params
});

const SELECT: &str =
    "select t.id, t.kind, t.title, t.permission, t.staff_id, s.name, t.state, t.done, t.total, t.ok_count,
   t.failed_count, t.summary, t.error_code, t.error_text, t.file_key, t.file_name, t.created_at, t.started_at,
   t.updated_at, t.ended_at, t.params
 from task t
 left join staff s on s.mall_id = t.mall_id and s.id = t.staff_id";

pub(super) fn insert(tx: &mut Tx<'_>, ctx: &Ctx, task: &NewTask, state: &str, lease: &str) -> Result<Id> {
    let id = ctx.id();
    let staff_id = match ctx.actor {
        kernel::Actor::Staff(id) => Some(id),
        _ => None,
    };
    tx.exec(
        "insert into task (id, mall_id, kind, title, params, permission, staff_id, state, lease, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        &args![
            id,
            ctx.mall_id,
            task.kind,
            &task.title,
            &task.params,
            task.permission,
            staff_id,
            state,
            lease,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// A task that `staff_id` started or may see by one of `permissions`; `task.not_found` (404).
pub(super) fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id, staff_id: Id, permissions: &[&str]) -> Result<TaskRow> {
    let found = tx.opt(
        &format!("{SELECT} where t.mall_id = $1 and t.id = $2 and (t.staff_id = $3 or t.permission = any($4))"),
        &args![mall_id, id, staff_id, permissions],
    )?;
    found.ok_or_else(|| Error::not_found("task.not_found", "没有找到这个任务"))
}

/// Newest first; one row more than the page holds.
pub(super) fn list(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    staff_id: Id,
    permissions: Option<&[&str]>,
    before: i64,
    limit: i64,
) -> Result<Vec<TaskRow>> {
    let visible = match permissions {
        None => "t.staff_id = $3",
        Some(_) => "(t.staff_id = $3 or t.permission = any($4))",
    };
    let mut args = args![mall_id, before, staff_id].to_vec();
    args.extend(permissions.map(Arg::from));
    args.push((limit + 1).into());
    tx.all(
        &format!("{SELECT} where t.mall_id = $1 and t.id < $2 and {visible} order by t.id desc limit ${}", args.len()),
        &args,
    )
}

/// What a worker needs to begin.
pub(super) struct Begun {
    pub kind: String,
    pub params: String,
    pub checkpoint: Option<String>,
    pub staff_id: Option<Id>,
    pub done: i64,
    pub total: Option<i64>,
}
row!(Begun { kind, params, checkpoint, staff_id, done, total });

/// Takes a task; `None` when it was stopped, ended or taken up again under a later number.
pub(super) fn begin(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, run: Option<i64>, lease: &str) -> Result<Option<Begun>> {
    let begun = tx.opt(
        "update task
         set state = 'running', lease = $4, started_at = coalesce(started_at, $5), updated_at = $5
         where mall_id = $1 and id = $2 and run = coalesce($3, run) and state in ('waiting', 'running')
         returning kind, params, checkpoint, staff_id, done, total",
        &args![ctx.mall_id, id, run, lease, ctx.now],
    )?;
    if begun.is_none() {
        // Asked to stop while no worker was there to hear it.
        tx.exec(
            "update task
             set state = 'cancelled', ended_at = $4, updated_at = $4
             where mall_id = $1 and id = $2 and run = coalesce($3, run) and state = 'stopping'",
            &args![ctx.mall_id, id, run, ctx.now],
        )?;
    }
    Ok(begun)
}

/// What a step changed of its task.
pub(super) struct Progress<'a> {
    pub done: i64,
    pub ok: i64,
    pub failed: i64,
    pub checkpoint: Option<&'a str>,
    pub total: Option<i64>,
}

/// Adds a step to a running task; `task.stopped` when it is no longer this worker's.
pub(super) fn advance(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, lease: &str, step: &Progress<'_>) -> Result<()> {
    let moved = tx.exec(
        "update task
         set done = done + $4, ok_count = ok_count + $5, failed_count = failed_count + $6,
           checkpoint = coalesce($7, checkpoint), total = coalesce($8, total), updated_at = $9
         where mall_id = $1 and id = $2 and lease = $3 and state = 'running'",
        &args![ctx.mall_id, id, lease, step.done, step.ok, step.failed, step.checkpoint, step.total, ctx.now],
    )?;
    if moved == 1 { Ok(()) } else { Err(stopped()) }
}

pub(super) fn stopped() -> Error {
    Error::conflict("task.stopped", "任务已被停止")
}

pub(super) fn add_problems(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, problems: &[Problem]) -> Result<()> {
    let rows: Vec<Vec<Arg>> =
        problems.iter().map(|p| Vec::from(args![ctx.mall_id, id, ctx.id(), p.line, &p.field, &p.message])).collect();
    tx.insert_many("insert into task_problem (mall_id, task_id, id, line, field, message) values", "", &rows)?;
    Ok(())
}

/// Problems in the order in which they were met; one row more than the page holds.
pub(super) fn problems(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    task_id: Id,
    after: i64,
    limit: i64,
) -> Result<Vec<(Id, i64, String, String)>> {
    tx.all(
        "select id, line, field, message
         from task_problem
         where mall_id = $1 and task_id = $2 and id > $3
         order by id
         limit $4",
        &args![mall_id, task_id, after, limit + 1],
    )
}

/// How a task of this worker ends.
pub(super) struct End<'a> {
    pub state: &'static str,
    pub summary: &'a str,
    pub error: Option<(&'a str, &'a str)>,
    pub file: Option<(&'a str, &'a str)>,
}

/// Ends a task; `false` when it is no longer this worker's.
pub(super) fn end(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, lease: &str, end: &End<'_>) -> Result<bool> {
    let from = if end.state == "cancelled" { "state = 'stopping'" } else { "state = 'running'" };
    let ended = tx.exec(
        &format!(
            "update task
             set state = $4, summary = $5, error_code = $6, error_text = $7, file_key = $8, file_name = $9,
               ended_at = $10, updated_at = $10
             where mall_id = $1 and id = $2 and lease = $3 and {from}"
        ),
        &args![
            ctx.mall_id,
            id,
            lease,
            end.state,
            end.summary,
            end.error.map(|e| e.0),
            end.error.map(|e| e.1),
            end.file.map(|f| f.0),
            end.file.map(|f| f.1),
            ctx.now
        ],
    )?;
    Ok(ended == 1)
}
