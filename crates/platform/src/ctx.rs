//! The context of one verb: which mall, who acts, what time it is, and where new ids come from.
//! Verbs take it first, so that nothing in the domains reads a clock or invents an id.

use crate::attached::Attached;
use crate::cache::{Cache, Topic};
use crate::job::Jobs;
use db::Tx;
use kernel::{Actor, Caller, Clock, Id, Ids, Instant, MallId};
use std::sync::Arc;

/// Cheap to clone; `now` is fixed when the request began, so one request has one time.
#[derive(Clone)]
pub struct Ctx {
    pub mall_id: MallId,
    pub actor: Actor,
    pub now: Instant,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    cache: Option<Cache>,
    jobs: Option<Jobs>,
    attached: Attached,
}

impl Ctx {
    pub fn new(mall_id: MallId, actor: Actor, clock: Arc<dyn Clock>, ids: Arc<Ids>) -> Self {
        Ctx { mall_id, actor, now: clock.now(), clock, ids, cache: None, jobs: None, attached: Attached::default() }
    }

    /// The same context, whose changes make this node's cached answers stale.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Ctx { cache: Some(cache), ..self }
    }

    /// The same context, waking the runner of `jobs` when it leaves a job or an event behind.
    #[must_use]
    pub fn with_jobs(self, jobs: Jobs) -> Self {
        Ctx { jobs: Some(jobs), ..self }
    }

    /// The same context, reaching what is attached to the application.
    #[must_use]
    pub fn with_attached(self, attached: Attached) -> Self {
        Ctx { attached, ..self }
    }

    /// What is attached under a type.
    pub fn attached<T: std::any::Any>(&self) -> Option<&T> {
        self.attached.get()
    }

    /// Rings once the transaction is committed.
    pub(crate) fn ring_after(&self, tx: &mut Tx<'_>, bell: fn(&Jobs)) {
        if let Some(jobs) = self.jobs.clone() {
            tx.after_commit(move || bell(&jobs));
        }
    }

    /// Makes cached answers of a topic stale once the transaction is committed.
    pub fn touch(&self, tx: &mut Tx<'_>, topic: Topic) {
        if let Some(cache) = self.cache.clone() {
            tx.after_commit(move || cache.touch(topic));
        }
    }

    /// A fresh id.
    pub fn id(&self) -> Id {
        self.ids.next(&*self.clock)
    }

    /// The same context with another actor.
    pub fn acting_as(&self, actor: Actor) -> Self {
        Ctx { actor, ..self.clone() }
    }

    /// The same context at another instant; for content that was made before.
    pub fn at(&self, now: Instant) -> Self {
        Ctx { now, ..self.clone() }
    }

    pub fn caller(&self) -> Caller {
        Caller { mall_id: self.mall_id, actor: self.actor }
    }
}
