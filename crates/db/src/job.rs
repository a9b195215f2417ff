//! A closure on its way through a database thread: run there (perhaps more than once), answered to whoever waits.
//! Answering never blocks; a caller that went away changes nothing.

use crate::Tx;
use kernel::{Error, Result};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Runs once after the commit.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// A closure with its type hidden.
pub(crate) trait Work: Send {
    /// Runs the closure and keeps its value.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Sends the kept value, or the error.
    fn answer(self: Box<Self>, outcome: Result<()>);
}

/// A queued closure.
pub(crate) struct Job {
    pub(crate) write: bool,
    work: Box<dyn Work>,
}

enum Reply<T> {
    Task(oneshot::Sender<Result<T>>),
    Thread(mpsc::SyncSender<Result<T>>),
}

struct Call<T, F> {
    closure: F,
    value: Option<T>,
    reply: Reply<T>,
}

impl<T, F> Work for Call<T, F>
where
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.value = None;
        self.value = Some((self.closure)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let value = self.value;
        let outcome =
            outcome.and_then(|()| value.ok_or_else(|| Error::internal("a closure was answered before it ran")));
        match self.reply {
            Reply::Task(reply) => drop(reply.send(outcome)),
            Reply::Thread(reply) => drop(reply.try_send(outcome)),
        }
    }
}

impl Job {
    /// A job answered to an asynchronous task.
    pub(crate) fn for_task<T, F>(write: bool, closure: F) -> (Job, oneshot::Receiver<Result<T>>)
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        (Job { write, work: Box::new(Call { closure, value: None, reply: Reply::Task(reply) }) }, answer)
    }

    /// A job answered to a waiting thread.
    pub(crate) fn for_thread<T, F>(write: bool, closure: F) -> (Job, mpsc::Receiver<Result<T>>)
    where
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = mpsc::sync_channel(1);
        (Job { write, work: Box::new(Call { closure, value: None, reply: Reply::Thread(reply) }) }, answer)
    }

    /// Runs the closure; a panic becomes an error, a slow one is logged.
    pub(crate) fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let started = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| self.work.run(tx)))
            .unwrap_or_else(|payload| Err(Error::internal(format_args!("a closure panicked: {}", words(&*payload)))));
        let took = started.elapsed();
        if took > SLOW && !tx.is_patient() {
            tracing::warn!(ms = took.as_millis(), write = self.write, "slow database closure");
        }
        outcome
    }

    pub(crate) fn answer(self, outcome: Result<()>) {
        guarded("answering a closure", || self.work.answer(outcome));
    }
}

const SLOW: Duration = Duration::from_millis(50);

/// Runs the hooks of a committed closure, each on its own risk.
pub(crate) fn run_hooks(hooks: Vec<Hook>) {
    for hook in hooks {
        guarded("an after-commit hook", hook);
    }
}

fn guarded(what: &str, f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        tracing::error!(panic = words(&*payload), "{what} panicked");
    }
}

fn words(payload: &(dyn Any + Send)) -> &str {
    match payload.downcast_ref::<&str>() {
        Some(text) => text,
        None => payload.downcast_ref::<String>().map_or("?", String::as_str),
    }
}

thread_local! {
    static ON_DATABASE_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as one that serves closures.
pub(crate) fn enter_database_thread() {
    ON_DATABASE_THREAD.set(true);
}

/// True inside a closure or hook, where waiting for another closure would wait forever.
pub(crate) fn on_database_thread() -> bool {
    ON_DATABASE_THREAD.get()
}
