//! Who asks, and what they send. Permission is an extractor: a handler without `Member` or `Staff<perm::X>` in its
//! signature cannot get the id it would need. Request bodies, queries and paths are parsed here, so that every
//! malformed input becomes the same kind of 400.

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
use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use db::Tx;
use kernel::{Actor, Error, Id, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

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

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
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

/// `Idempotency-Key` of a creating request; required where it appears.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub String);

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let key = text(&parts.headers, "idempotency-key").unwrap_or_default();
        let fits =
            (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !fits {
            return Err(Error::invalid("idempotency.key_required", "请求缺少 Idempotency-Key，请刷新后重试")
                .at("Idempotency-Key")
                .into());
        }
        Ok(IdempotencyKey(key.to_owned()))
    }
}

/// JSON in and out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let is_json = text(request.headers(), "content-type").is_some_and(|t| t.starts_with("application/json"));
        if !is_json {
            return Err(Error::invalid("request.not_json", "请求内容需要是 JSON").into());
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|e| {
            if e.status().as_u16() == 413 {
                Error::too_large("request.too_large", "内容太大了")
            } else {
                Error::invalid("request.unreadable", "请求内容没有完整送达")
            }
        })?;
        parse_json(&bytes).map(Json).map_err(Problem)
    }
}

/// Parses JSON; the error names the field, never our types.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.windows(6).any(|six| six == b"\\u0000") {
        return Err(unstorable());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let path = field_of(e.path().to_string(), e.inner());
        if e.inner().is_data() && path != "." {
            Error::field(path, "这一项缺少或内容不正确").because(e.inner())
        } else if e.inner().is_data() {
            Error::invalid("request.invalid", "请求缺少内容或内容不正确").because(e.inner())
        } else {
            Error::invalid("request.invalid_json", "请求不是正确的 JSON").because(e.inner())
        }
    })?;
    reader.end().map_err(|e| Error::invalid("request.invalid_json", "请求不是正确的 JSON").because(e))?;
    Ok(value)
}

/// The field an error stands at; for a missing one the parser names it only in its text.
fn field_of(path: String, error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(name) if path == "." => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path,
    }
}

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
            }
            Err(e) => Problem(Error::internal(e)).into_response(),
        }
    }
}

/// PostgreSQL keeps no NUL in a text, so nobody sends one.
fn unstorable() -> Error {
    Error::invalid("request.invalid", "内容里有不能保存的字符")
}

/// Query string; a name given several times fills a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("%00") {
            return Err(unstorable().into());
        }
        let pairs = serde_html_form::Deserializer::new(form_pairs(query));
        serde_path_to_error::deserialize(pairs).map(Query).map_err(|e| {
            let field = field_of(e.path().to_string(), e.inner());
            Error::field(field, "查询条件缺少或不正确").because(e.inner()).into()
        })
    }
}

fn form_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

/// Path parameters: one value or a tuple.
#[derive(Debug, Clone, Copy, Default)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, app).await {
            Ok(path) => Ok(Path(path.0)),
            Err(_) => {
                let names = RawPathParams::from_request_parts(parts, app).await.ok();
                let name = names.and_then(|n| n.iter().next().map(|(k, _)| k.to_owned())).unwrap_or_default();
                Err(Error::not_found("request.no_such_thing", "没有找到").at(name).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Order {
        #[allow(dead_code, reason = "only its parsing is of interest")]
        lines: Vec<Line>,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Line {
        #[allow(dead_code, reason = "only its parsing is of interest")]
        quantity: u8,
    }

    fn field_of_text(text: &str) -> Option<String> {
        parse_json::<Order>(text.as_bytes()).unwrap_err().field_name().map(str::to_owned)
    }

    #[test]
    fn an_error_names_the_field_it_stands_at() {
        assert_eq!(field_of_text("{}").as_deref(), Some("lines"));
        assert_eq!(field_of_text(r#"{"lines":[{}]}"#).as_deref(), Some("lines[0].quantity"));
        assert_eq!(field_of_text(r#"{"lines":[{"quantity":300}]}"#).as_deref(), Some("lines[0].quantity"));
        assert_eq!(field_of_text("{").as_deref(), None);
    }
}
