//! One deployment: a database of its own, the application around it, the outside in memory. It may hold several malls.

use crate::invariant;
use crate::mall::TestMall;
use crate::outside::LocalOutside;
use db::testing::Scratch;
use kernel::{Clock, FrozenClock, Instant};
use platform::config::{Config, Secret};
use platform::edge::Edge;
use platform::job::{self, Handlers};
use platform::mall::Malls;
use platform::{App, Outside};
use server::{router, wiring};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub use db::Engine;

/// Monday morning in China, 10:00.
const MORNING: &str = "2026-11-23T10:00:00+08:00";

/// Shared by everything of one test.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    app: App,
    edge: Edge,
    clock: Arc<FrozenClock>,
    outside: Arc<LocalOutside>,
    handlers: Handlers,
    next: AtomicU64,
    dead_jobs_expected: AtomicI64,
    /// Last: the database is closed before it is removed.
    scratch: Arc<Scratch>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.app.db.close();
    }
}

impl World {
    /// A deployment without malls.
    pub async fn new(engine: Engine, change: impl FnOnce(&mut Config)) -> World {
        let clock = Arc::new(FrozenClock::at(Instant::parse(MORNING).expect("a valid instant")));
        let outside = Arc::new(LocalOutside::new(clock.clone()));
        let (port, world_outside) = (outside.clone(), outside);
        Self::assemble(engine, change, clock, world_outside, move |_, _| port).await
    }

    /// A deployment whose outside world is made from its configuration and its malls, instead of the one in memory.
    pub async fn assemble(
        engine: Engine,
        change: impl FnOnce(&mut Config),
        clock: Arc<FrozenClock>,
        local: Arc<LocalOutside>,
        outside: impl FnOnce(&Config, &Malls) -> Arc<dyn Outside>,
    ) -> World {
        let scratch = Scratch::from_template(engine, db::migrations());
        let mut config = Config::load(None, std::iter::empty()).expect("the defaults are valid");
        config.database.url = Secret::new(scratch.url.clone());
        config.database.connections = 8;
        config.security.secret_key = Secret::new("0123456789abcdef0123456789abcdef");
        config.rate_limit.requests_per_second = 0.0;
        change(&mut config);
        let db = wiring::open_db(&config).expect("a scratch database opens");
        let malls = Malls::default();
        let port = outside(&config, &malls);
        let time: Arc<dyn Clock> = clock.clone();
        let app = wiring::build(config, db, time, malls, port).expect("the parts fit together");
        let edge = Edge::new(app.clone(), router::router(app.clone()));
        World(Arc::new(Inner {
            app,
            edge,
            clock,
            outside: local,
            handlers: wiring::handlers(),
            next: AtomicU64::new(1),
            dead_jobs_expected: AtomicI64::new(0),
            scratch: Arc::new(scratch),
        }))
    }

    /// The same deployment after its process died: the database as it was left, nothing else remembered, a moment later.
    pub async fn restarted(&self) -> World {
        let old = &self.0;
        old.app.db.close();
        old.clock.advance(kernel::seconds(1));
        let config = old.app.config.clone();
        let db = wiring::open_db(&config).expect("the database opens again");
        let time: Arc<dyn Clock> = old.clock.clone();
        let app =
            wiring::build(config, db, time, Malls::default(), old.outside.clone()).expect("the parts fit together");
        app.malls.load(&app.db, app.clock.now()).await.expect("malls can be listed");
        let edge = Edge::new(app.clone(), router::router(app.clone()));
        World(Arc::new(Inner {
            app,
            edge,
            clock: old.clock.clone(),
            outside: old.outside.clone(),
            handlers: wiring::handlers(),
            next: AtomicU64::new(old.next.load(Ordering::Relaxed)),
            dead_jobs_expected: AtomicI64::new(0),
            scratch: old.scratch.clone(),
        }))
    }

    /// One more node on the same database, with connections, caches and ids of its own. SQLite is one process: there it is
    /// this one.
    pub async fn beside(&self) -> World {
        let own = &self.0;
        if self.engine() == Engine::Sqlite {
            return self.clone();
        }
        let mut config = own.app.config.clone();
        config.server.node += 1;
        let db = wiring::open_db(&config).expect("the database opens once more");
        let time: Arc<dyn Clock> = own.clock.clone();
        let app =
            wiring::build(config, db, time, Malls::default(), own.outside.clone()).expect("the parts fit together");
        app.malls.load(&app.db, app.clock.now()).await.expect("malls can be listed");
        let edge = Edge::new(app.clone(), router::router(app.clone()));
        World(Arc::new(Inner {
            app,
            edge,
            clock: own.clock.clone(),
            outside: own.outside.clone(),
            handlers: wiring::handlers(),
            next: AtomicU64::new(own.next.load(Ordering::Relaxed) + 1_000_000),
            dead_jobs_expected: AtomicI64::new(0),
            scratch: own.scratch.clone(),
        }))
    }

    /// Does some work unless the process dies meanwhile.
    pub async fn until_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let death = self.0.app.db.death().clone();
        tokio::select! {
            biased;
            () = death.happened() => None,
            done = work => Some(done),
        }
    }

    pub fn app(&self) -> &App {
        &self.0.app
    }
    pub fn clock(&self) -> &Arc<FrozenClock> {
        &self.0.clock
    }
    pub fn outside(&self) -> &LocalOutside {
        &self.0.outside
    }
    pub fn engine(&self) -> Engine {
        self.0.app.db.engine()
    }
    /// The whole application as a service, for tests that let it listen.
    pub fn edge(&self) -> Edge {
        self.0.edge.clone()
    }

    /// A word no one else in this world has.
    pub fn fresh_word(&self, beginning: &str) -> String {
        format!("{beginning}-{}", self.fresh_number())
    }
    pub(crate) fn fresh_number(&self) -> u64 {
        self.0.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Founds another mall in the same database.
    pub async fn found(&self, code: &str) -> TestMall {
        TestMall::found(self, code).await
    }

    /// Runs the sweeps, then events and jobs until nothing is due; answers how many jobs ran.
    pub async fn run_jobs(&self) -> usize {
        job::run_due(&self.0.app, &self.0.handlers).await.expect("sweeps do not fail")
    }

    /// This story leaves so many dead jobs behind, on purpose.
    pub fn expect_dead_jobs(&self, count: i64) {
        self.0.dead_jobs_expected.store(count, Ordering::Relaxed);
    }

    /// Every promise the database breaks now, by name.
    pub async fn broken_promises(&self) -> Vec<String> {
        let expected = self.0.dead_jobs_expected.load(Ordering::Relaxed);
        let read = self.0.app.db.read(move |tx| invariant::broken(tx, expected));
        read.await.expect("the books can be read")
    }

    /// Runs what is due and checks the books of every mall.
    ///
    /// # Panics
    /// With every broken promise by name.
    pub async fn finish(&self) {
        self.run_jobs().await;
        let broken = self.broken_promises().await;
        assert!(broken.is_empty(), "broken promises on {}:\n{}", self.engine().name(), broken.join("\n"));
    }
}

/// Tells a story of one mall on SQLite and on PostgreSQL.
pub fn on_both_engines(story: impl AsyncFn(TestMall)) {
    on_both_engines_with(|_| {}, story);
}

/// The same with another configuration.
pub fn on_both_engines_with(change: impl Fn(&mut Config), story: impl AsyncFn(TestMall)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_engine(engine, &change, &story);
    }
}

/// Tells a story on one engine and checks the books after it.
#[allow(clippy::print_stderr, reason = "shown with a failing test, which names no engine otherwise")]
pub fn on_engine(engine: Engine, change: impl Fn(&mut Config), story: impl AsyncFn(TestMall)) {
    eprintln!("on {}", engine.name());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let world = World::new(engine, change).await;
        let mall = world.found("first").await;
        story(mall).await;
        world.finish().await;
    });
}
