//! For tests: the process dies before or after a commit, as seen by those who wait for it. Whoever waits on a dead database
//! waits forever; the test drops them, closes the database and opens it anew, as a restart does.

use kernel::{Error, Result};
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Which side of the commit is the last moment of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The transaction is lost.
    Before,
    /// It is durable, and nobody was told.
    After,
}

/// Counts commits that changed something, and ends the process at one of them when told to.
#[derive(Clone)]
pub struct Death(Arc<State>);

struct State {
    commits: AtomicU64,
    planned: Mutex<Option<(u64, Moment)>>,
    dying: AtomicBool,
    dead: watch::Sender<bool>,
}

impl Default for Death {
    fn default() -> Self {
        Death(Arc::new(State {
            commits: AtomicU64::new(0),
            planned: Mutex::default(),
            dying: AtomicBool::new(false),
            dead: watch::Sender::new(false),
        }))
    }
}

impl Death {
    /// How many commits changed something so far.
    pub fn commits(&self) -> u64 {
        self.0.commits.load(SeqCst)
    }

    /// Dies at the commit with this number, counted from 1 from now on.
    pub fn plan(&self, commit: u64, moment: Moment) {
        let at = self.commits() + commit;
        *self.0.planned.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, moment));
    }

    /// Completes when the process has died.
    pub async fn happened(&self) {
        let mut dead = self.0.dead.subscribe();
        if dead.wait_for(|dead| *dead).await.is_err() {
            pending::<()>().await;
        }
    }

    /// At the end of a closure that changed something.
    pub(crate) fn at_commit(&self) -> Result<()> {
        let number = self.0.commits.fetch_add(1, SeqCst) + 1;
        let planned = *self.0.planned.lock().unwrap_or_else(PoisonError::into_inner);
        match planned {
            Some((at, Moment::Before)) if at == number => {
                self.0.dead.send_replace(true);
                Err(Error::internal("the process died before this commit"))
            }
            Some((at, Moment::After)) if at == number => {
                self.0.dying.store(true, SeqCst);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Lets nobody pass who waits on a dead process.
    pub(crate) async fn pass(&self) {
        if self.0.dying.load(SeqCst) {
            self.0.dead.send_replace(true);
        }
        if *self.0.dead.borrow() {
            pending::<()>().await;
        }
    }
}
