//! One mall (and a second one beside it) on a fresh database of each engine, reached through the real router.

use crate::outside::{CountsSearches, MovesSearches, OneStore, PostBox};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use db::testing::{Scratch, migrated};
use db::{Db, Tx, args};
use http_body_util::BodyExt;
use kernel::{Actor, FrozenClock, Id, Ids, Instant, Result};
use people::identity::Hooks;
use people::staff::StaffGrants;
use people::{AdminHooks, CONSTRAINTS};
use platform::app::{App, Parts};
use platform::cache::Cache;
use platform::config::Config;
use platform::ctx::Ctx;
use platform::job::Jobs;
use platform::mall::{self, Malls};
use platform::metrics::Metrics;
use platform::openapi;
use platform::ratelimit::RateLimit;
use platform::seal::Sealer;
use platform::session::Sessions;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;

pub const MALL: Id = Id(11);
pub const OTHER_MALL: Id = Id(12);
pub const STORE: Id = Id(501);

/// A mall open for a test.
pub struct World {
    pub app: App,
    pub clock: Arc<FrozenClock>,
    pub post: Arc<PostBox>,
    router: Router,
    // Dropped last: the database must be closed before its files go.
    _scratch: Scratch,
}

/// An answer, read to the end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub body: Value,
}

/// Somebody with a token, or nobody yet.
#[derive(Clone)]
pub struct Caller<'a> {
    world: &'a World,
    mall: &'static str,
    token: Option<String>,
    ip: String,
}

/// Runs a test on SQLite and on PostgreSQL.
pub async fn on_both<F, R>(test: F)
where
    F: Fn(World) -> R,
    R: Future<Output = ()>,
{
    for scratch in migrated(db::migrations()) {
        test(World::open(scratch).await).await;
    }
}

impl World {
    async fn open(scratch: Scratch) -> World {
        let mut options = scratch.options();
        options.constraints = vec![CONSTRAINTS];
        let db = Db::open(options).unwrap();
        let clock = Arc::new(FrozenClock::at(Instant::parse("2026-11-23T21:00:00+08:00").unwrap()));
        let secret = ("HEFANG_SECURITY__SECRET_KEY".to_owned(), "people-tests-0123456789abcdef-0123".to_owned());
        let mut config = Config::load(None, [secret].into_iter()).unwrap();
        config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        let post = Arc::new(PostBox::default());
        let now = kernel::Clock::now(&*clock);
        db.write(move |tx| {
            mall::create(tx, MALL, "hefang", "河坊生活", now)?;
            mall::create(tx, OTHER_MALL, "other", "隔壁商城", now)
        })
        .await
        .unwrap();
        let malls = Malls::default();
        malls.load(&db, now).await.unwrap();
        let app = App::new(Parts {
            sealer: Sealer::new(config.security.secret_key.expose()).unwrap(),
            config,
            db,
            clock: clock.clone(),
            ids: Arc::new(Ids::new(1)),
            outside: post.clone(),
            grants: Arc::new(StaffGrants::default()),
            malls,
            sessions: Sessions::default(),
            cache: Cache::new(1 << 20, 2_000),
            rate_limit: RateLimit::default(),
            metrics: Metrics::default(),
            jobs: Jobs::new(),
            attached: Default::default(),
        });
        let router = api().split_for_parts().0.with_state(app.clone());
        World { app, clock, post, router, _scratch: scratch }
    }

    pub fn ctx(&self) -> Ctx {
        self.app.ctx(MALL, Actor::System)
    }

    /// Runs a closure in a write transaction.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.app.db.write(f).await
    }

    /// The first column of the only row of a query.
    pub async fn number(&self, sql: &'static str) -> i64 {
        self.app.db.read(move |tx| tx.one::<(i64,)>(sql, &args![])).await.unwrap().0
    }

    pub fn visitor(&self) -> Caller<'_> {
        Caller { world: self, mall: "hefang", token: None, ip: "203.0.113.7".into() }
    }

    pub async fn guest(&self) -> Caller<'_> {
        let granted = self.visitor().post("/api/v1/session/guest", json!({})).await.ok();
        self.visitor().with_token(&granted)
    }

    /// A member signed in by phone, through the front door.
    pub async fn member(&self, phone: &str) -> Caller<'_> {
        let granted = self.visitor().sign_in(phone).await.ok();
        self.visitor().with_token(&granted)
    }

    /// The owner `admin` with the demo password.
    pub async fn owner(&self) -> Caller<'_> {
        let ctx = self.ctx();
        let password = people::staff::hash_password("hefang-demo").unwrap();
        self.write(move |tx| people::staff::create_owner(tx, &ctx, "admin", &password)).await.unwrap();
        self.staff("admin", "hefang-demo").await
    }

    pub async fn staff(&self, username: &str, password: &str) -> Caller<'_> {
        let input = json!({"username": username, "password": password});
        let granted = self.visitor().post("/admin/v1/session", input).await.ok();
        self.visitor().with_token(&granted)
    }
}

/// Both sides, nested as the server nests them.
pub fn api() -> OpenApiRouter<App> {
    let hooks = Hooks { merge: Arc::new(MovesSearches), badges: Arc::new(CountsSearches), personal: Arc::new([]) };
    let admin = AdminHooks { stores: Arc::new(OneStore) };
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", people::shop_routes(hooks))
        .nest("/admin/v1", people::admin_routes(admin))
}

impl Caller<'_> {
    pub fn with_token(&self, granted: &Value) -> Self {
        Caller { token: Some(granted["token"].as_str().unwrap().to_owned()), ..self.clone() }
    }
    pub fn in_mall(&self, mall: &'static str) -> Self {
        Caller { mall, ..self.clone() }
    }
    pub fn at_ip(&self, ip: impl Into<String>) -> Self {
        Caller { ip: ip.into(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Asks for a code, reads it from the post box, signs in with it.
    pub async fn sign_in(&self, phone: &str) -> Reply {
        self.post("/api/v1/session/sms-code", json!({"phone": phone})).await.done();
        let code = self.world.post.last_code();
        self.post("/api/v1/session/phone", json!({"phone": phone, "code": code})).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&'static str, &str)],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("x-forwarded-for", &self.ip);
        request = request.header("x-mall", self.mall);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.world.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let etag = response.headers().get("etag").map(|v| v.to_str().unwrap().to_owned());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Reply { status, etag, body }
    }
}

impl Reply {
    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body
    }
    /// A 204.
    #[track_caller]
    pub fn done(self) {
        assert_eq!(self.status, StatusCode::NO_CONTENT, "{}", self.body);
    }
    /// A problem with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status.as_u16(), self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }
    /// A problem at this field.
    #[track_caller]
    pub fn refused_at(self, field: &str) {
        assert_eq!((self.status.as_u16(), self.body["field"].as_str()), (400, Some(field)), "{}", self.body);
    }
}
