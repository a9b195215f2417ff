//! Who asks. Permission is an extractor: a handler without `Member` or `Staff<perm::X>` in its
//! signature cannot get the id it would need. What requests carry is parsed in [`crate::input`].

use crate::app::App;
use crate::audit::{self, Note};
use crate::ctx::Ctx;
use crate::edge::RequestId;
use crate::idempotency::{Claim, once};
use crate::mall::Mall;
use crate::permission::{Grants, KeyGrant, Permission};
use crate::problem::Problem;
use crate::ratelimit::Limit;
use crate::session::{Session, Subject};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use db::Tx;
use kernel::{Actor, Error, Id, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

pub use crate::input::{IdempotencyKey, Json, Path, Query, parse_json};

/// How the text of an API key begins; sessions' tokens never do.
pub const KEY_PREFIX: &str = "hfk_";

/// Anyone: the mall is known, a session perhaps.
#[derive(Clone)]
pub struct Visitor {
    pub ctx: Ctx,
    pub mall: Arc<Mall>,
    pub session: Option<Session>,
    /// The API key that asks instead of a person.
    pub key: Option<Arc<KeyGrant>>,
    pub ip: IpAddr,
    pub user_agent: String,
    pub token: Option<String>,
    pub request_id: RequestId,
}

impl Visitor {
    /// The guest's or member's id, if a shopper is signed in.
    pub fn shopper_id(&self) -> Option<Id> {
        match self.session?.subject {
            Subject::Guest(id) | Subject::Member(id) => Some(id),
            Subject::Staff(_) => None,
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let now = app.clock.now();
        if app.malls.is_stale(now) {
            app.malls.load(&app.db, now).await?;
        }
        let token = bearer(&parts.headers).map(str::to_owned);
        let ip = client_ip(parts, &app.config.server.trusted_proxies);
        let key = match &token {
            Some(token) if token.starts_with(KEY_PREFIX) => {
                app.grants.key(&app.db, token, ip, now).await?.map(Arc::new)
            }
            _ => None,
        };
        let session = match &token {
            Some(token) if key.is_none() => app
                .sessions
                .find(&app.db, token, now)
                .await
                .map(Some)
                .or_else(|e| if e.is("session.ended") { Ok(None) } else { Err(e) })?,
            _ => None,
        };
        let mall = match (&session, &key) {
            (Some(session), _) => app.malls.get(session.mall_id)?,
            (None, Some(key)) => app.malls.get(key.mall_id)?,
            (None, None) => app.malls.resolve(text(&parts.headers, "x-mall"), text(&parts.headers, "host"))?,
        };
        let actor = match session.map(|s| s.subject) {
            Some(Subject::Guest(id) | Subject::Member(id)) => Actor::Member(id),
            Some(Subject::Staff(id)) => Actor::Staff(id),
            None => key.as_ref().map_or(Actor::System, |key| Actor::Staff(key.grants.staff_id)),
        };
        let ctx = app.ctx(mall.id, actor);
        Ok(Visitor {
            ctx,
            mall,
            session,
            key,
            ip,
            user_agent: text(&parts.headers, "user-agent").unwrap_or_default().to_owned(),
            token,
            request_id: parts.extensions.get().copied().unwrap_or_default(),
        })
    }
}

/// A guest or a member.
#[derive(Clone)]
pub struct Shopper {
    pub id: Id,
    pub is_guest: bool,
    pub ctx: Ctx,
    pub mall: Arc<Mall>,
    pub visitor: Visitor,
}

impl FromRequestParts<App> for Shopper {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let (id, is_guest) = match visitor.session.map(|s| s.subject) {
            Some(Subject::Guest(id)) => (id, true),
            Some(Subject::Member(id)) => (id, false),
            Some(Subject::Staff(_)) => return Err(Error::forbidden("session.wrong_kind", "请用会员身份登录").into()),
            None => return Err(sign_in_first().into()),
        };
        Ok(Shopper { id, is_guest, ctx: visitor.ctx.clone(), mall: visitor.mall.clone(), visitor })
    }
}

/// A member that has signed in.
#[derive(Clone)]
pub struct Member {
    pub id: Id,
    pub ctx: Ctx,
    pub mall: Arc<Mall>,
    pub visitor: Visitor,
}

impl FromRequestParts<App> for Member {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let shopper = Shopper::from_request_parts(parts, app).await?;
        if shopper.is_guest {
            return Err(Error::unauthenticated("session.member_required", "请先登录，再继续").into());
        }
        Ok(Member { id: shopper.id, ctx: shopper.ctx, mall: shopper.mall, visitor: shopper.visitor })
    }
}

/// Staff holding permission `P`.
pub struct Staff<P: Permission> {
    pub id: Id,
    pub grants: Arc<Grants>,
    pub ctx: Ctx,
    pub mall: Arc<Mall>,
    pub visitor: Visitor,
    permission: PhantomData<fn() -> P>,
}

impl<P: Permission> FromRequestParts<App> for Staff<P> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let grants = match (&visitor.key, visitor.session.map(|s| s.subject)) {
            (Some(_), _) if P::PERSON_ONLY => {
                return Err(Error::forbidden("api_key.not_a_person", "API 密钥不能做这件事，请用员工账号登录").into());
            }
            (Some(key), _) => {
                check_key_rate(app, key, visitor.ctx.now)?;
                key.grants.clone()
            }
            (None, Some(Subject::Staff(id))) => {
                let grants = app.grants.load(&app.db, visitor.mall.id, id).await?;
                grants.ok_or_else(|| Error::unauthenticated("session.ended", "账号已停用，请联系店主"))?
            }
            _ => return Err(sign_in_first().into()),
        };
        let id = grants.staff_id;
        if !grants.allow::<P>() {
            return Err(Error::forbidden("staff.not_allowed", "你的角色没有这项权限，请联系店主")
                .because(P::CODE)
                .into());
        }
        let (ctx, mall) = (visitor.ctx.clone(), visitor.mall.clone());
        Ok(Staff { id, grants: Arc::new(grants), ctx, mall, visitor, permission: PhantomData })
    }
}

impl<P: Permission> Staff<P> {
    /// Runs a write and its audit row in one transaction. `action` is `noun.verb`; the closure returns what it made
    /// and a [`Note`] of what it did to what.
    pub async fn write<T, F>(&self, app: &App, action: &'static str, mut verb: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>, &Ctx) -> Result<(T, Note)> + Send + 'static,
        T: Send + 'static,
    {
        let (ctx, staff_id) = (self.ctx.clone(), self.id);
        let (ip, request_id) = (self.visitor.ip.to_string(), self.visitor.request_id.to_string());
        app.db
            .write(move |tx| {
                let (made, note) = verb(tx, &ctx)?;
                audit::record(tx, &ctx, staff_id, action, &note, &ip, &request_id)?;
                Ok(made)
            })
            .await
    }
}

/// Each key has a pace of its own, whatever address it comes from.
fn check_key_rate(app: &App, key: &KeyGrant, now: kernel::Instant) -> Result<()> {
    let pace = &app.config.api_keys;
    if pace.requests_per_second <= 0.0 {
        return Ok(());
    }
    let limit = Limit { name: "api_key", burst: pace.burst, interval_ms: 1_000.0 / pace.requests_per_second };
    app.rate_limit.check(limit, key.grants.staff_id, now)
}

impl<P: Permission> Staff<P> {
    /// Like [`Staff::write`], once per claim: a replay answers what the first time made and leaves no second audit row.
    pub async fn write_once<T, F>(&self, app: &App, action: &'static str, claim: Claim, mut verb: F) -> Result<T>
    where
        F: FnMut(&mut Tx<'_>, &Ctx) -> Result<(T, Note)> + Send + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (ctx, staff_id) = (self.ctx.clone(), self.id);
        let (ip, request_id) = (self.visitor.ip.to_string(), self.visitor.request_id.to_string());
        app.db
            .write(move |tx| {
                once(tx, &ctx, &claim, |tx| {
                    let (made, note) = verb(tx, &ctx)?;
                    audit::record(tx, &ctx, staff_id, action, &note, &ip, &request_id)?;
                    Ok(made)
                })
            })
            .await
    }
}

fn sign_in_first() -> Error {
    Error::unauthenticated("session.required", "请先登录")
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = text(headers, "authorization")?;
    let token = value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer "))?.trim();
    (!token.is_empty() && token.len() <= 128).then_some(token)
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// Address of the client: the peer, or the last untrusted hop of `X-Forwarded-For` when the peer is a trusted proxy.
pub fn client_ip(parts: &Parts, trusted: &[IpAddr]) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.0.ip());
    if !trusted.contains(&peer) {
        return peer;
    }
    let hops = text(&parts.headers, "x-forwarded-for").unwrap_or_default();
    let mut untrusted = hops.rsplit(',').filter_map(|hop| hop.trim().parse().ok()).filter(|ip| !trusted.contains(ip));
    untrusted.next().unwrap_or(peer)
}
