//! The routes of this crate behind the real edge, with files and grants of their own: requests go in as JSON and come out
//! as JSON, without a socket.

use super::TestMall;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use db::Db;
use http_body_util::BodyExt;
use kernel::ports::{ExpressTracker, MiniProgram, ObjectStore, PaymentChannel, Pending, SmsSender};
use kernel::{Actor, Clock, Error, Id, MallId, Result};
use platform::app::{App, Outside, Parts};
use platform::config::Config;
use platform::edge::Edge;
use platform::permission::{GrantSource, Grants};
use platform::seal::Sealer;
use platform::session::Subject;
use serde_json::Value;
use std::sync::Arc;
use tower::Service;

/// Addresses like the local store's; nothing is ever read or written here.
struct Addresses;

impl ObjectStore for Addresses {
    fn put<'a>(&'a self, _: &'a str, _: &'a str, _: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(async { Err(Error::internal("these tests write no files")) })
    }
    fn get<'a>(&'a self, _: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        Box::pin(async { Ok(None) })
    }
    fn delete<'a>(&'a self, _: &'a str) -> Pending<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn url(&self, key: &str) -> String {
        format!("/files/{key}")
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

struct FilesOnly;

impl Outside for FilesOnly {
    fn mini_program(&self, _: MallId) -> Result<Arc<dyn MiniProgram>> {
        Err(Error::internal("no mini program here"))
    }
    fn payment_channel(&self, _: MallId, _: &str) -> Result<Arc<dyn PaymentChannel>> {
        Err(Error::internal("no payment here"))
    }
    fn sms(&self) -> Arc<dyn SmsSender> {
        unreachable!("goods send no messages")
    }
    fn express(&self) -> Arc<dyn ExpressTracker> {
        unreachable!("goods track no parcels")
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(Addresses)
    }
}

/// Staff 9 may do everything, staff 8 may only look at products.
struct TwoColleagues;

impl GrantSource for TwoColleagues {
    fn load<'a>(&'a self, _: &'a Db, _: MallId, staff_id: Id) -> Pending<'a, Option<Grants>> {
        Box::pin(async move {
            Ok(match staff_id.0 {
                9 => Some(Grants::everything(staff_id, "店主".into(), None)),
                8 => Some(Grants::new(staff_id, "小林".into(), None, ["product.view"])),
                _ => None,
            })
        })
    }
}

/// Who sends a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Anyone,
    Member,
    Owner,
    Looker,
}

pub(crate) struct Web {
    pub app: App,
    edge: Edge,
    tokens: [String; 3],
    runtime: tokio::runtime::Runtime,
}

/// What came back.
pub(crate) struct Reply {
    pub status: u16,
    pub body: Value,
    pub headers: HeaderMap,
}

impl Reply {
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    pub fn refused(self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
    }
}

impl Web {
    pub fn new(mall: &TestMall) -> Web {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut config = Config::load(None, std::iter::empty()).unwrap();
        config.rate_limit.requests_per_second = 0.0;
        let app = App::new(Parts {
            cache: platform::cache::Cache::new(1 << 20, 60_000),
            config,
            db: mall.db.clone(),
            clock: mall.clock.clone() as Arc<dyn Clock>,
            ids: mall.ids.clone(),
            outside: Arc::new(FilesOnly),
            grants: Arc::new(TwoColleagues),
            malls: Default::default(),
            sessions: Default::default(),
            sealer: Sealer::new("0123456789abcdef0123456789abcdef").unwrap(),
            rate_limit: Default::default(),
            metrics: Default::default(),
            jobs: platform::job::Jobs::new(),
            attached: Default::default(),
        });
        let tokens = [Subject::Member(Id(7)), Subject::Staff(Id(9)), Subject::Staff(Id(8))].map(|subject| {
            let (app, mall_id) = (app.clone(), mall.mall_id);
            let opened = mall.db.write_blocking(move |tx| {
                app.sessions.open(tx, &app.ctx(mall_id, Actor::System), subject, "test").map(|session| session.token)
            });
            opened.unwrap()
        });
        let (router, _) = utoipa_axum::router::OpenApiRouter::new()
            .nest("/api/v1", crate::shop_routes())
            .nest("/admin/v1", crate::admin_routes())
            .split_for_parts();
        let edge = Edge::new(app.clone(), router.with_state(app.clone()));
        runtime.block_on(app.malls.load(&app.db, app.clock.now())).unwrap();
        Web { app, edge, tokens, runtime }
    }

    pub fn send(&self, who: As, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        let token = match who {
            As::Anyone => None,
            As::Member => Some(&self.tokens[0]),
            As::Owner => Some(&self.tokens[1]),
            As::Looker => Some(&self.tokens[2]),
        };
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header("content-type", "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        let request = request.body(body).unwrap();
        let mut edge = self.edge.clone();
        self.runtime.block_on(async move {
            let response = edge.call(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
            Reply { status: parts.status.as_u16(), body, headers: parts.headers }
        })
    }

    pub fn get(&self, who: As, path: &str) -> Reply {
        self.send(who, "GET", path, &[], None)
    }

    pub fn post(&self, who: As, path: &str, body: &Value) -> Reply {
        self.send(who, "POST", path, &[], Some(body))
    }

    pub fn put(&self, who: As, path: &str, body: &Value) -> Reply {
        self.send(who, "PUT", path, &[], Some(body))
    }

    pub fn delete(&self, who: As, path: &str) -> Reply {
        self.send(who, "DELETE", path, &[], None)
    }
}
