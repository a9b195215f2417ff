//! A mall for these tests: a fresh database, a clock that stands still, files in memory, nobody outside.

use db::testing::Scratch;
use db::{Engine, args};
use kernel::ports::{ExpressTracker, MiniProgram, ObjectStore, PaymentChannel, Pending, SmsSender};
use kernel::{Clock, Error, FrozenClock, Id, Ids, Instant, MallId, Result};
use platform::app::Parts;
use platform::cache::Cache;
use platform::config::Config;
use platform::job::{self, Handlers, Jobs};
use platform::mall::Malls;
use platform::metrics::Metrics;
use platform::permission::{GrantSource, Grants};
use platform::ratelimit::RateLimit;
use platform::seal::Sealer;
use platform::session::Sessions;
use platform::{App, Ctx, Outside};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

pub const MALL: MallId = Id(1);
pub const OTHER_MALL: MallId = Id(2);

pub struct TestMall {
    pub app: App,
    pub clock: Arc<FrozenClock>,
    pub files: Arc<Files>,
    // Dropped last: the database is closed first.
    _scratch: Scratch,
}

impl Drop for TestMall {
    fn drop(&mut self) {
        self.app.db.close();
    }
}

/// One mall per engine.
pub async fn malls() -> Vec<TestMall> {
    vec![TestMall::on(Engine::Sqlite).await, TestMall::on(Engine::Postgres).await]
}

impl TestMall {
    pub async fn on(engine: Engine) -> Self {
        let scratch = Scratch::from_template(engine, db::migrations());
        let db = scratch.open();
        let clock = Arc::new(FrozenClock::at(Instant::parse("2026-11-23T09:00:00Z").unwrap()));
        let settings = [
            ("HEFANG_SECURITY__SECRET_KEY", "0123456789abcdef0123456789abcdef"),
            ("HEFANG_SERVER__SHUTDOWN_GRACE_S", "0"),
        ];
        let config = Config::load(None, settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter()).unwrap();
        let now = clock.now();
        db.write(move |tx| {
            platform::mall::create(tx, MALL, "one", "一号店", now)?;
            platform::mall::create(tx, OTHER_MALL, "two", "二号店", now)
        })
        .await
        .unwrap();
        let malls = Malls::default();
        malls.load(&db, now).await.unwrap();
        let files = Arc::new(Files::default());
        let app = App::new(Parts {
            sealer: Sealer::new(config.security.secret_key.expose()).unwrap(),
            cache: Cache::new(1 << 20, 2_000),
            clock: clock.clone(),
            ids: Arc::new(Ids::new(1)),
            outside: Arc::new(Nobody { files: files.clone() }),
            grants: Arc::new(EveryStaff),
            sessions: Sessions::default(),
            rate_limit: RateLimit::default(),
            metrics: Metrics::default(),
            jobs: Jobs::new(),
            attached: Default::default(),
            malls,
            config,
            db,
        });
        TestMall { app, clock, files, _scratch: scratch }
    }

    /// How many nodes may work on the database at once: the embedded engine belongs to one process.
    pub fn nodes(&self) -> usize {
        match self.app.db.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => 3,
        }
    }

    pub fn ctx(&self) -> Ctx {
        self.app.system(MALL)
    }

    pub async fn write<T: Send + 'static>(
        &self,
        mut verb: impl FnMut(&mut db::Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ctx = self.ctx();
        self.app.db.write(move |tx| verb(tx, &ctx)).await
    }

    pub async fn run_due(&self, handlers: &Handlers) -> usize {
        job::run_due(&self.app, handlers).await.unwrap()
    }

    pub async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("select cast(count(*) as bigint) from {table}");
        self.app.db.read(move |tx| tx.one(&sql, &args![])).await.unwrap()
    }
}

/// Files in memory.
#[derive(Default)]
pub struct Files {
    pub kept: Mutex<HashMap<String, (Vec<u8>, String)>>,
}

impl Files {
    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

impl ObjectStore for Files {
    fn put<'a>(&'a self, key: &'a str, content_type: &'a str, bytes: Vec<u8>) -> Pending<'a, ()> {
        self.kept.lock().unwrap().insert(key.to_owned(), (bytes, content_type.to_owned()));
        Box::pin(async { Ok(()) })
    }
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        let found = self.kept.lock().unwrap().get(key).cloned();
        Box::pin(async { Ok(found) })
    }
    fn delete<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        self.kept.lock().unwrap().remove(key);
        Box::pin(async { Ok(()) })
    }
    fn url(&self, key: &str) -> String {
        format!("/files/{key}")
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

struct Nobody {
    files: Arc<Files>,
}

impl Outside for Nobody {
    fn mini_program(&self, _: MallId) -> Result<Arc<dyn MiniProgram>> {
        Err(Error::conflict("wechat.not_configured", "未配置"))
    }
    fn payment_channel(&self, _: MallId, _: &str) -> Result<Arc<dyn PaymentChannel>> {
        Err(Error::conflict("payment.channel_unavailable", "未配置"))
    }
    fn sms(&self) -> Arc<dyn SmsSender> {
        unreachable!("no test of the platform sends a message")
    }
    fn express(&self) -> Arc<dyn ExpressTracker> {
        unreachable!("no test of the platform tracks a parcel")
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        self.files.clone()
    }
}

struct EveryStaff;

impl GrantSource for EveryStaff {
    fn load<'a>(&'a self, _: &'a db::Db, _: MallId, staff_id: Id) -> Pending<'a, Option<Grants>> {
        Box::pin(async move { Ok(Some(Grants::new(staff_id, "店员".into(), None, []))) })
    }
}
