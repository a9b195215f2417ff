//! A task at work: the worker's handle, and the job that takes a task, lets it work and writes down how it ended.

use super::row::{self, Begun, End, Progress};
use super::{Problem, Start, enqueue};
use crate::app::App;
use crate::audit::{self, Note};
use crate::ctx::Ctx;
use crate::job::Job;
use crate::seal::random_token;
use db::{Tx, args};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Actor, Error, Id, Kind, MallId, Result, minutes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Stopwatch};

/// A job ends after five minutes, so a task rests before and is taken up again by the next job.
const LONGEST_TURN: Duration = Duration::from_secs(150);
/// Failures that may pass by themselves are tried again so often, with the queue's pauses.
const TRIES: i64 = 5;
/// Problems kept per task; further ones are only counted.
const MOST_PROBLEMS: i64 = 10_000;

/// One step of a task: what it added, and where to go on after it.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Units of the total that are behind us.
    pub done: i64,
    pub ok: i64,
    pub failed: i64,
    pub problems: Vec<Problem>,
    /// JSON text that the next turn starts from; `None` keeps the last one.
    pub checkpoint: Option<String>,
}

impl Step {
    /// `ok` units that went well and `failed` that did not.
    pub fn new(ok: i64, failed: i64) -> Self {
        Step { done: ok + failed, ok, failed, ..Step::default() }
    }
    #[must_use]
    pub fn problems(self, problems: Vec<Problem>) -> Self {
        Step { problems, ..self }
    }
    #[must_use]
    pub fn at(self, checkpoint: &impl Serialize) -> Self {
        let text = serde_json::to_string(checkpoint).expect("checkpoints are plain data");
        Step { checkpoint: Some(text), ..self }
    }
}

/// How a turn ended; made by [`Run::finish`], [`Run::finish_with_file`] and [`Run::rest`].
#[derive(Debug)]
pub struct Ended(Turn);

#[derive(Debug)]
enum Turn {
    Done { summary: String, file: Option<(String, String)> },
    Rest,
}

/// A task in the hands of its worker. Clones are the same worker.
#[derive(Clone)]
pub struct Run {
    pub app: App,
    /// Acts as the staff member who started the task.
    pub ctx: Ctx,
    pub task_id: Id,
    /// Units done in earlier turns.
    pub done_before: i64,
    pub total: Option<i64>,
    lease: Arc<str>,
    params: Arc<str>,
    checkpoint: Option<Arc<str>>,
    since: Stopwatch,
    told: Arc<AtomicI64>,
}

impl Run {
    /// What was asked.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.params).map_err(|e| Error::internal(format_args!("params of {}: {e}", self.task_id)))
    }

    /// Where the last turn stopped; `None` at the first.
    pub fn checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let read = |text: &Arc<str>| serde_json::from_str(text).map_err(Error::internal);
        self.checkpoint.as_ref().map(read).transpose()
    }

    /// True when it is time to [`rest`](Run::rest): the turn has lasted long.
    pub fn is_due_to_rest(&self) -> bool {
        self.since.elapsed() > LONGEST_TURN
    }

    /// Gives the worker free; the task goes on from its checkpoint soon.
    pub fn rest(&self) -> Ended {
        Ended(Turn::Rest)
    }

    /// The task is done. `summary` is one sentence.
    pub fn finish(&self, summary: impl Into<String>) -> Ended {
        Ended(Turn::Done { summary: summary.into(), file: None })
    }

    /// The task is done and made a file, which those with the task's permission may fetch under `name`.
    pub async fn finish_with_file(
        &self,
        summary: impl Into<String>,
        name: &str,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<Ended> {
        let extension = name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
        let key = private_key(self.ctx.mall_id, self.task_id, extension);
        self.app.outside.objects().put(&key, content_type, bytes).await?;
        Ok(Ended(Turn::Done { summary: summary.into(), file: Some((key, name.to_owned())) }))
    }

    /// Says how much there is to do, as soon as that is known.
    pub async fn set_total(&self, total: i64) -> Result<()> {
        let (run, step) = (self.clone(), Step::default());
        self.app.db.write(move |tx| run.advance(tx, &step, Some(total))).await
    }

    /// Does one step: what `verb` writes and how far the task is are one transaction.
    ///
    /// # Errors
    /// `task.stopped` when staff stopped the task or another worker has it: nothing was written, pass it on with `?`.
    pub async fn write<F>(&self, mut verb: F) -> Result<()>
    where
        F: FnMut(&mut Tx<'_>, &Ctx) -> Result<Step> + Send + 'static,
    {
        let run = self.clone();
        // A long task lives through many moments; each step has its own.
        let ctx = self.ctx.at(self.app.clock.now());
        self.app
            .db
            .write(move |tx| {
                let step = verb(tx, &ctx)?;
                run.advance(tx, &step, None)
            })
            .await
    }

    fn advance(&self, tx: &mut Tx<'_>, step: &Step, total: Option<i64>) -> Result<()> {
        let progress = Progress {
            done: step.done,
            ok: step.ok,
            failed: step.failed,
            checkpoint: step.checkpoint.as_deref(),
            total,
        };
        row::advance(tx, &self.ctx.at(self.app.clock.now()), self.task_id, &self.lease, &progress)?;
        let room = (MOST_PROBLEMS - self.told.load(Ordering::Relaxed)).clamp(0, step.problems.len() as i64);
        row::add_problems(tx, &self.ctx, self.task_id, &step.problems[..usize::try_from(room).unwrap_or(0)])?;
        self.told.fetch_add(room, Ordering::Relaxed);
        Ok(())
    }
}

/// Key of a file that is fetched through its task only: no end of it is ever served by address, and none can be guessed.
pub fn private_key(mall_id: MallId, task_id: Id, extension: &str) -> String {
    let chance: String = random_token().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("m{mall_id}/task/{task_id}-{chance}.{extension}.private")
}

/// Makes a worker into the handler of a job kind.
pub fn work<F, Fut>(perform: F) -> impl Fn(App, Job) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static
where
    F: Fn(Run) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Ended>> + Send + 'static,
{
    let perform = Arc::new(perform);
    move |app: App, job: Job| {
        let perform = perform.clone();
        Box::pin(async move {
            let start: Start = job.read()?;
            let lease = format!("{}.{}", start.run, job.attempts);
            turn(&app, job.mall_id, start.task_id, Some(start.run), lease, job.attempts, &*perform).await.map(drop)
        })
    }
}

/// Does a task in this process from where it stands until it ends, turn after turn; for the command line.
/// Answers its final state.
pub async fn run_here<F, Fut>(app: &App, mall_id: MallId, task_id: Id, perform: F) -> Result<String>
where
    F: Fn(Run) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Ended>> + Send,
{
    loop {
        let lease = format!("here.{}", random_token());
        if !turn(app, mall_id, task_id, None, lease, TRIES, &perform).await? {
            break;
        }
    }
    app.db
        .read(move |tx| tx.one("select state from task where mall_id = $1 and id = $2", &args![mall_id, task_id]))
        .await
}

/// One turn; answers whether it only rests.
async fn turn<F, Fut>(
    app: &App,
    mall_id: MallId,
    id: Id,
    number: Option<i64>,
    lease: String,
    attempt: i64,
    perform: &F,
) -> Result<bool>
where
    F: Fn(Run) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Ended>> + Send,
{
    let (ctx, held) = (app.system(mall_id), lease.clone());
    let begun = app
        .db
        .write(move |tx| {
            let Some(begun) = row::begin(tx, &ctx, id, number, &held)? else { return Ok(None) };
            let told: i64 =
                tx.one("select count(*) from task_problem where mall_id = $1 and task_id = $2", &args![mall_id, id])?;
            Ok(Some((begun, told)))
        })
        .await?;
    let Some((begun, told)) = begun else { return Ok(false) };
    let Begun { kind, params, checkpoint, staff_id, done, total } = begun;
    let actor = staff_id.map_or(Actor::System, Actor::Staff);
    let run = Run {
        app: app.clone(),
        ctx: app.ctx(mall_id, actor),
        task_id: id,
        done_before: done,
        total,
        lease: lease.into(),
        params: params.into(),
        checkpoint: checkpoint.map(Into::into),
        since: now(),
        told: Arc::new(AtomicI64::new(told)),
    };
    let outcome = AssertUnwindSafe(perform(run.clone())).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_panic| Err(Error::internal("the worker of a task panicked")));
    settle(run, kind, number.is_some(), staff_id, attempt, outcome).await
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long a turn lasts is a matter of this machine, not of the mall's time"
)]
fn now() -> Stopwatch {
    Stopwatch::now()
}

async fn settle(
    run: Run,
    kind: String,
    queued: bool,
    staff_id: Option<Id>,
    attempt: i64,
    outcome: Result<Ended>,
) -> Result<bool> {
    let (app, id) = (run.app.clone(), run.task_id);
    match outcome {
        Ok(Ended(Turn::Done { summary, file })) => {
            app.db
                .write(move |tx| {
                    let file = file.as_ref().map(|(key, name)| (key.as_str(), name.as_str()));
                    let ended = row::end(
                        tx,
                        &at_end(&run),
                        id,
                        &run.lease,
                        &End { state: "done", summary: &summary, error: None, file },
                    )?;
                    if let (true, Some(staff_id)) = (ended, staff_id) {
                        let note = Note::new("task", id, &summary);
                        audit::record(tx, &at_end(&run), staff_id, "task.done", &note, "", &format!("task:{id}"))?;
                    }
                    if !ended {
                        row::end(tx, &at_end(&run), id, &run.lease, &cancelled())?;
                    }
                    Ok(false)
                })
                .await
        }
        Ok(Ended(Turn::Rest)) => {
            app.db
                .write(move |tx| {
                    let next: Option<i64> = tx.opt(
                        "update task
                         set state = 'waiting', run = run + 1, updated_at = $4
                         where mall_id = $1 and id = $2 and lease = $3 and state = 'running'
                         returning run",
                        &args![run.ctx.mall_id, id, &*run.lease, run.app.clock.now()],
                    )?;
                    match next {
                        Some(next) if queued => enqueue(tx, &at_end(&run), kind.clone().into(), id, next)?,
                        Some(_) => {}
                        None => drop(row::end(tx, &at_end(&run), id, &run.lease, &cancelled())?),
                    }
                    Ok(next.is_some())
                })
                .await
        }
        Err(error) if error.is("task.stopped") => {
            app.db.write(move |tx| row::end(tx, &at_end(&run), id, &run.lease, &cancelled())).await?;
            Ok(false)
        }
        Err(error) if matches!(error.kind(), Kind::Unavailable | Kind::Gateway) && attempt < TRIES => Err(error),
        Err(error) => {
            tracing::warn!(task = %id, kind, %error, "a task failed");
            app.db
                .write(move |tx| {
                    let end =
                        End { state: "failed", summary: "", error: Some((error.code(), error.message())), file: None };
                    if !row::end(tx, &at_end(&run), id, &run.lease, &end)? {
                        row::end(tx, &at_end(&run), id, &run.lease, &cancelled())?;
                    }
                    Ok(false)
                })
                .await
        }
    }
}

fn at_end(run: &Run) -> Ctx {
    run.ctx.at(run.app.clock.now())
}

fn cancelled() -> End<'static> {
    End { state: "cancelled", summary: "", error: None, file: None }
}

/// The sweep of tasks that nobody does any more (their job died, their command line was killed): they become `failed`
/// and can be resumed. A worker gives a sign of life with every step.
pub async fn mend(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let mall_id = mall.id;
        let silent = move |tx: &mut Tx<'_>| -> Result<Vec<Id>> {
            tx.all(
                "select t.id
                 from task t
                 where t.mall_id = $1 and t.state in ('waiting', 'running', 'stopping') and t.updated_at < $2
                   and not exists (
                     select 1
                     from job j
                     where j.mall_id = t.mall_id and j.kind = t.kind and j.state in ('ready', 'running')
                       and j.unique_key = cast(t.id as text) || ':' || cast(t.run as text)
                   )
                 limit 100",
                &args![mall_id, now - minutes(10)],
            )
        };
        if app.db.read(silent).await?.is_empty() {
            continue;
        }
        app.db
            .write(move |tx| {
                let ids = silent(tx)?;
                tx.exec(
                    "update task
                     set state = case state when 'stopping' then 'cancelled' else 'failed' end, lease = '',
                       error_code = 'task.lost', error_text = '处理中断了，可以从停下的地方继续', ended_at = $3, updated_at = $3
                     where mall_id = $1 and id = any($2) and state in ('waiting', 'running', 'stopping')",
                    &args![mall_id, ids, now],
                )
            })
            .await?;
    }
    Ok(())
}
