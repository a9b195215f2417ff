//! Group commit. The one writer drains what is queued into one SQLite transaction, each closure in its own savepoint,
//! commits once, and only then answers them all. No timer: a batch is whatever arrived during the commit before.
//! An error or panic undoes its own closure alone; a failed commit answers everybody with an error.

use super::Session;
use crate::Tx;
use crate::fault::{Effect, Fault};
use crate::job::{Hook, Job, run_hooks};
use crate::queue::{Queue, Taken};
use crate::stats::Counters;
use crate::tx;
use crate::violation::violated;
use kernel::{Error, Result};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Quiet time after which the log is written back into the file.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) struct Writer {
    pub(crate) session: Session,
    pub(crate) queue: Arc<Queue<Job>>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) batch: usize,
    /// Ended before the last checkpoint, which they would block.
    pub(crate) readers: Vec<JoinHandle<()>>,
}

/// A closure that ran inside the open transaction.
struct Ran {
    job: Job,
    outcome: Result<Vec<Hook>>,
}

impl Writer {
    /// Serves writes until the queue is closed and empty, then leaves a checkpointed file.
    pub(crate) fn serve(mut self) {
        let mut taken = Vec::new();
        let mut written = true;
        loop {
            match self.queue.take(&mut taken, self.batch, written.then_some(IDLE)) {
                Taken::Some => {
                    self.commit_together(std::mem::take(&mut taken));
                    written = true;
                }
                Taken::Idle => written = !self.checkpoint(),
                Taken::Closed => break,
            }
        }
        for reader in self.readers.drain(..) {
            if reader.join().is_err() {
                tracing::error!("a reader thread had panicked");
            }
        }
        self.checkpoint();
    }

    fn commit_together(&mut self, jobs: Vec<Job>) {
        let mut ran: Vec<Ran> = Vec::with_capacity(jobs.len());
        let alone = jobs.len() == 1;
        let mut shut: Option<Error> = None;
        for mut job in jobs {
            if let Some(error) = &shut {
                ran.push(Ran { job, outcome: Err(error.clone()) });
                continue;
            }
            if !self.session.in_transaction() {
                // At the start, and after SQLite gave up a transaction by itself (disk full): what ran before is lost.
                let lost = Error::unavailable("db.rolled_back", "刚才没有保存成功，请再试一次").retry_after(1);
                for earlier in &mut ran {
                    if earlier.outcome.is_ok() {
                        earlier.outcome = Err(lost.clone());
                    }
                }
                if let Err(fault) = self.session.control("begin immediate") {
                    shut = Some(fault.error.clone());
                    ran.push(Ran { job, outcome: Err(fault.error) });
                    continue;
                }
            }
            let outcome = self.run_one(&mut job, alone);
            ran.push(Ran { job, outcome });
        }
        self.commit(ran);
    }

    /// Runs a closure in a savepoint of its own (alone, the transaction is its savepoint).
    fn run_one(&mut self, job: &mut Job, alone: bool) -> Result<Vec<Hook>> {
        let guard = |session: &mut Session, text| if alone { Ok(()) } else { session.control(text) };
        guard(&mut self.session, "savepoint closure").map_err(|fault| fault.error)?;
        let mut tx = Tx::new(tx::Session::Sqlite(&mut self.session));
        let outcome = job.run(&mut tx);
        let outcome = tx.finish(outcome);
        match outcome {
            Ok(hooks) => guard(&mut self.session, "release closure").map(|()| hooks).map_err(|fault| fault.error),
            Err(Fault { error, .. }) => {
                if self.session.in_transaction() {
                    let undone = guard(&mut self.session, "rollback to closure")
                        .and_then(|()| guard(&mut self.session, "release closure"));
                    if let Err(fault) = undone {
                        tracing::error!(error = %fault.error, "a closure cannot be undone alone, the batch is");
                        self.rollback();
                    }
                }
                Err(error)
            }
        }
    }

    fn commit(&mut self, ran: Vec<Ran>) {
        if !self.session.in_transaction() {
            return answer(
                ran,
                Some(&Error::unavailable("db.rolled_back", "刚才没有保存成功，请再试一次").retry_after(1)),
            );
        }
        let good = ran.iter().filter(|one| one.outcome.is_ok()).count();
        if good == 0 {
            self.rollback();
            return answer(ran, None);
        }
        let started = Instant::now();
        match self.session.control("commit") {
            Ok(()) => {
                self.counters.committed(good, started.elapsed());
                answer(ran, None);
            }
            Err(fault) => {
                self.rollback();
                let deferred = fault.effect == Effect::Statement && violated(&fault.error).is_some();
                if deferred && ran.len() > 1 {
                    // A constraint checked at commit: find the one that breaks it by committing each alone.
                    for one in ran {
                        self.commit_together(vec![one.job]);
                    }
                    return;
                }
                tracing::error!(error = %fault.error, jobs = good, "commit failed");
                answer(ran, Some(&fault.error));
            }
        }
    }

    fn rollback(&mut self) {
        if self.session.in_transaction()
            && let Err(fault) = self.session.control("rollback")
        {
            tracing::error!(error = %fault.error, "rollback failed");
        }
    }

    /// Moves the log into the file and truncates it; false when a reader was in the way.
    fn checkpoint(&mut self) -> bool {
        let connection = &self.session.connection;
        let patience = connection.busy_timeout(Duration::ZERO);
        let blocked = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
        let restored = connection.busy_timeout(super::BUSY);
        match (patience, blocked, restored) {
            (Ok(()), Ok(blocked), Ok(())) => blocked == 0,
            (patience, blocked, restored) => {
                tracing::warn!(?patience, ?blocked, ?restored, "checkpoint failed");
                false
            }
        }
    }
}

/// Runs the hooks of what was committed, then answers everybody: who has an answer sees what the hooks did (a revoked
/// session is revoked). `failed` overrules every success.
fn answer(mut ran: Vec<Ran>, failed: Option<&Error>) {
    if failed.is_none() {
        for one in &mut ran {
            if let Ok(hooks) = &mut one.outcome {
                run_hooks(std::mem::take(hooks));
            }
        }
    }
    for Ran { job, outcome } in ran {
        match (outcome, failed) {
            (Ok(_), Some(error)) => job.answer(Err(error.clone())),
            (outcome, _) => job.answer(outcome.map(drop)),
        }
    }
}
