//! Numbers of a database since it was opened, for metrics. Counters only grow; the queue is the length now.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A snapshot of the counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Closures waiting now (writes and reads).
    pub queued: u64,
    /// Commits made for writes. On SQLite one commit carries many jobs.
    pub batches: u64,
    /// Write closures answered after a commit.
    pub jobs: u64,
    /// Read closures answered.
    pub reads: u64,
    /// Most closures that shared one commit.
    pub largest_batch: u64,
    /// Closures refused because the queue was full.
    pub rejected: u64,
    /// Microseconds spent in commits.
    pub commit_micros: u64,
    /// Closures run again after a serialization failure, a deadlock or a lost connection.
    pub retries: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) batches: AtomicU64,
    pub(crate) jobs: AtomicU64,
    pub(crate) reads: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) commit_micros: AtomicU64,
    pub(crate) retries: AtomicU64,
}

impl Counters {
    /// Notes one commit that carried `jobs` closures.
    pub(crate) fn committed(&self, jobs: usize, took: std::time::Duration) {
        let jobs = jobs as u64;
        self.batches.fetch_add(1, Relaxed);
        self.jobs.fetch_add(jobs, Relaxed);
        self.largest_batch.fetch_max(jobs, Relaxed);
        self.commit_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn snapshot(&self, queued: usize) -> Stats {
        Stats {
            queued: queued as u64,
            batches: self.batches.load(Relaxed),
            jobs: self.jobs.load(Relaxed),
            reads: self.reads.load(Relaxed),
            largest_batch: self.largest_batch.load(Relaxed),
            rejected: self.rejected.load(Relaxed),
            commit_micros: self.commit_micros.load(Relaxed),
            retries: self.retries.load(Relaxed),
        }
    }
}
