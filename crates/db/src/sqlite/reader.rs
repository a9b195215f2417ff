//! Reads: each closure gets one snapshot, on a connection that cannot write.

use super::Session;
use crate::Tx;
use crate::fault::Fault;
use crate::job::{Job, run_hooks};
use crate::queue::{Queue, Taken};
use crate::stats::Counters;
use crate::tx;
use std::sync::atomic::Ordering::Relaxed;

/// Serves reads until the queue is closed and empty.
pub(crate) fn serve(mut session: Session, queue: &Queue<Job>, counters: &Counters) {
    let mut taken = Vec::with_capacity(1);
    while queue.take(&mut taken, 1, None) != Taken::Closed {
        for mut job in taken.drain(..) {
            let outcome = match session.control("begin") {
                Err(fault) => Err(fault),
                Ok(()) => {
                    let mut tx = Tx::new(tx::Session::Sqlite(&mut session));
                    let outcome = job.run(&mut tx);
                    let outcome = tx.finish(outcome);
                    end(&mut session);
                    outcome
                }
            };
            counters.reads.fetch_add(1, Relaxed);
            match outcome {
                Ok(hooks) => {
                    job.answer(Ok(()));
                    run_hooks(hooks);
                }
                Err(Fault { error, .. }) => job.answer(Err(error)),
            }
        }
    }
}

fn end(session: &mut Session) {
    if session.in_transaction()
        && let Err(fault) = session.control("rollback")
    {
        tracing::error!(error = %fault.error, "a read transaction does not end");
    }
}
