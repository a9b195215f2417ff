//! One thread and its connection, taking closures from the shared queue. A closure that lost against another
//! transaction, or its connection before the commit, runs again; a connection lost during the commit is told as such.

use super::{Server, Session};
use crate::Tx;
use crate::fault::{Effect, Fault};
use crate::job::{Hook, Job, run_hooks};
use crate::queue::{Queue, Taken};
use crate::stats::Counters;
use crate::tx;
use crate::violation::Meanings;
use kernel::{Error, Result};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a closure runs before its caller is told to come back later.
const ATTEMPTS: u32 = 8;
/// How often a connection is tried for one closure.
const CONNECTS: u32 = 3;

pub(crate) struct Worker {
    pub(crate) server: Server,
    pub(crate) meanings: Arc<Meanings>,
    pub(crate) queue: Arc<Queue<Job>>,
    pub(crate) counters: Arc<Counters>,
    /// Connected already: for whoever needs one first.
    pub(crate) first: Arc<Mutex<Option<Session>>>,
    pub(crate) session: Option<Session>,
}

impl Worker {
    /// Serves closures until the queue is closed and empty.
    pub(crate) fn serve(mut self) {
        let mut taken = Vec::with_capacity(1);
        while self.queue.take(&mut taken, 1, None) != Taken::Closed {
            for job in taken.drain(..) {
                self.answer(job);
            }
        }
    }

    fn answer(&mut self, mut job: Job) {
        match self.attempts(&mut job) {
            Ok(hooks) => {
                run_hooks(hooks);
                job.answer(Ok(()));
            }
            Err(error) => job.answer(Err(error)),
        }
    }

    fn attempts(&mut self, job: &mut Job) -> Result<Vec<Hook>> {
        let mut attempt = 1;
        loop {
            let fault = match self.attempt(job) {
                Ok(hooks) => return Ok(hooks),
                Err(fault) => fault,
            };
            if fault.effect == Effect::Broken {
                self.session = None;
            }
            let again = matches!(fault.effect, Effect::Again | Effect::Broken);
            if !again {
                return Err(fault.error);
            }
            if attempt == ATTEMPTS {
                return Err(
                    crate::violation::busy().because(format_args!("{ATTEMPTS} attempts, at last {}", fault.error))
                );
            }
            tracing::debug!(attempt, error = %fault.error, "a closure runs again");
            self.counters.retries.fetch_add(1, Relaxed);
            pause(attempt);
            attempt += 1;
        }
    }

    /// Begin, run, commit, once.
    fn attempt(&mut self, job: &mut Job) -> Result<Vec<Hook>, Fault> {
        let session = self.connected()?;
        session.script(if job.write { "begin" } else { "begin isolation level repeatable read read only" })?;
        let mut tx = Tx::new(tx::Session::Postgres(session));
        let outcome = job.run(&mut tx);
        let outcome = tx.finish(outcome);
        match outcome {
            Ok(hooks) => {
                let started = Instant::now();
                session.script("commit").map_err(commit_fault)?;
                if job.write {
                    self.counters.committed(1, started.elapsed());
                } else {
                    self.counters.reads.fetch_add(1, Relaxed);
                }
                Ok(hooks)
            }
            Err(fault) => {
                if fault.effect != Effect::Broken && session.script("rollback").is_err() {
                    self.session = None;
                }
                Err(fault)
            }
        }
    }

    fn connected(&mut self) -> Result<&mut Session> {
        if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
            self.session = None;
            let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(first) = first.filter(|first| !first.client.is_closed()) {
                return Ok(self.session.insert(first));
            }
            let mut attempt = 1;
            let session = loop {
                match Session::connect(&self.server, self.meanings.clone()) {
                    Ok(session) => break session,
                    Err(error) if attempt == CONNECTS => return Err(error),
                    Err(error) => tracing::warn!(%error, attempt, "the database does not answer"),
                }
                pause(attempt + 4);
                attempt += 1;
            };
            return Ok(self.session.insert(session));
        }
        self.session.as_mut().ok_or_else(|| Error::internal("a connection went away between two looks"))
    }
}

/// After a commit was sent, a lost connection leaves its outcome open: the closure must not run again by itself.
fn commit_fault(fault: Fault) -> Fault {
    match fault.effect {
        Effect::Broken => {
            let unknown = Error::unavailable("db.commit_unknown", "没有收到保存结果，请刷新后查看");
            Fault::new(Effect::None, unknown.because(fault.error))
        }
        _ => fault,
    }
}

/// Waits 2, 4, 8 … ms (at most 250), with a random half so that rivals part.
fn pause(attempt: u32) {
    let most = (1_u64 << attempt.min(8)).min(250) * 1000;
    let random = RandomState::new().hash_one(attempt);
    std::thread::sleep(Duration::from_micros(most / 2 + random % (most / 2 + 1)));
}
