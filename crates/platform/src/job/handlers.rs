//! Who does what: job kinds, subscribers of events, observers and sweeps, registered once in `server::wiring`.
//! A name registered twice is a mistake of the programmer and panics at start-up.

use super::Job;
use crate::app::App;
use crate::outbox::Event;
use db::Tx;
use futures_util::future::BoxFuture;
use kernel::{MallId, Result};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::Arc;

type Perform = Arc<dyn Fn(App, Job) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type Observe = Box<dyn Fn(&Event) + Send + Sync>;
type Sweep = Arc<dyn Fn(App) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Names of the subscribers of each kind of event.
pub(crate) type Subscriptions = HashMap<&'static str, Vec<&'static str>>;

/// Which kinds of events somebody in which mall waits for.
pub type Wanted = HashSet<(MallId, String)>;

/// A subscriber of many kinds that most malls have no use for: it is asked, once per batch of events and in the
/// dispatcher's transaction, for whom a job is worth its cost.
#[derive(Clone, Copy)]
pub(crate) struct Relay {
    pub name: &'static str,
    pub kinds: &'static [&'static str],
    pub wanted: fn(&mut Tx<'_>, &[Event]) -> Result<Wanted>,
}

/// A task that repeats on every node.
pub(super) struct Periodic {
    pub name: &'static str,
    pub period_ms: i64,
    pub sweep: Sweep,
}

/// The registry of one process.
#[derive(Default)]
pub struct Handlers {
    performers: HashMap<&'static str, Perform>,
    subscriptions: Arc<Subscriptions>,
    relays: Vec<Relay>,
    observers: Vec<Observe>,
    periodic: Vec<Periodic>,
}

impl Handlers {
    pub fn new() -> Self {
        Handlers::default()
    }

    /// Jobs of `kind` are done by `handler`.
    pub fn on<F, Fut>(&mut self, kind: &'static str, handler: F) -> &mut Self
    where
        F: Fn(App, Job) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let perform: Perform = Arc::new(move |app, job| Box::pin(handler(app, job)));
        assert!(self.performers.insert(kind, perform).is_none(), "the job kind {kind} has two handlers");
        self
    }

    /// After commit, every event of `event_kind` becomes a job named `subscriber`: at least once, in no promised order,
    /// retried on its own. The handler is idempotent by `event.id`.
    pub fn subscribe<F, Fut>(&mut self, event_kind: &'static str, subscriber: &'static str, handler: F) -> &mut Self
    where
        F: Fn(App, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.on(subscriber, move |app, job: Job| {
            let handler = handler.clone();
            async move {
                let event = job.read::<Event>()?;
                handler(app, event).await
            }
        });
        Arc::make_mut(&mut self.subscriptions).entry(event_kind).or_default().push(subscriber);
        self
    }

    /// Like [`Handlers::subscribe`] for many kinds at once, but only for events that `wanted` names.
    pub fn relay<F, Fut>(
        &mut self,
        kinds: &'static [&'static str],
        name: &'static str,
        wanted: fn(&mut Tx<'_>, &[Event]) -> Result<Wanted>,
        handler: F,
    ) -> &mut Self
    where
        F: Fn(App, Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.on(name, move |app, job: Job| {
            let handler = handler.clone();
            async move {
                let event = job.read::<Event>()?;
                handler(app, event).await
            }
        });
        self.relays.push(Relay { name, kinds, wanted });
        self
    }

    /// Sees every event after commit, on the node that dispatched it, in id order per batch, quickly and without
    /// failing: for stale caches. Not told again after a crash, when the caches are gone too; other nodes rely on
    /// the short life of their entries.
    pub fn observe<F: Fn(&Event) + Send + Sync + 'static>(&mut self, observer: F) -> &mut Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// `sweep` runs every `period_ms` of the app's clock, on every node, never twice at once on one of them. An error
    /// is logged and the next round comes as usual.
    pub fn every<F, Fut>(&mut self, name: &'static str, period_ms: i64, sweep: F) -> &mut Self
    where
        F: Fn(App) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        assert!(period_ms > 0, "the sweep {name} needs a period");
        assert!(self.periodic.iter().all(|p| p.name != name), "the sweep {name} is registered twice");
        self.periodic.push(Periodic { name, period_ms, sweep: Arc::new(move |app| Box::pin(sweep(app))) });
        self
    }

    /// Kinds this process can do; others are left for nodes that know them.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.performers.keys().copied().collect()
    }

    pub(super) fn performer(&self, kind: &str) -> Option<&Perform> {
        self.performers.get(kind)
    }

    pub(super) fn periodic(&self) -> &[Periodic] {
        &self.periodic
    }

    pub(crate) fn subscriptions(&self) -> Arc<Subscriptions> {
        self.subscriptions.clone()
    }

    pub(crate) fn relays(&self) -> Vec<Relay> {
        self.relays.clone()
    }

    pub(crate) fn observers(&self) -> &[Observe] {
        &self.observers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "two handlers")]
    fn one_kind_has_one_handler() {
        let mut handlers = Handlers::new();
        handlers.on("close", |_, _| async { Ok(()) });
        handlers.subscribe("order.paid", "close", |_, _| async { Ok(()) });
    }
}
