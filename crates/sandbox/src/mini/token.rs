//! Access tokens. `token` replaces the one before it, which lives five minutes longer; `stable_token` hands out the same one
//! with its remaining seconds, renews five minutes before the end, and can be forced twenty times a day, 30 s apart.
//! The two kinds do not disturb each other. A token that is not in this table answers 40001, an expired one 42001.

use super::{MiniError, MiniResult, Query, body, not_busy};
use crate::world::World;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use kernel::{Instant, days, minutes, seconds};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

const LIFE_MS: i64 = seconds(7_200);
const OVERLAP_MS: i64 = minutes(5);
const FORCED_A_DAY: usize = 20;
const FORCED_APART_MS: i64 = seconds(30);

#[derive(Clone)]
struct Token {
    text: String,
    expires_at: Instant,
}

#[derive(Default)]
struct Line {
    current: Option<Token>,
    before: Option<Token>,
}

/// Both kinds of tokens.
#[derive(Default)]
pub(crate) struct Tokens {
    plain: Line,
    stable: Line,
    forced_at: Vec<Instant>,
}

impl Token {
    fn new(now: Instant) -> Self {
        let text: String = std::iter::repeat_with(wire::random::nonce).take(4).collect();
        Token { text: format!("99_{text}"), expires_at: now + LIFE_MS }
    }

    fn remaining_s(&self, now: Instant) -> i64 {
        (self.expires_at - now).div_euclid(1_000)
    }
}

impl Line {
    /// A new token; the one before it stays valid for `overlap_ms` at most.
    fn renew(&mut self, now: Instant, overlap_ms: i64) -> Token {
        let fresh = Token::new(now);
        self.before = self
            .current
            .replace(fresh.clone())
            .map(|old| Token { expires_at: old.expires_at.min(now + overlap_ms), ..old });
        fresh
    }

    fn find(&self, text: &str) -> Option<&Token> {
        [&self.current, &self.before].into_iter().flatten().find(|t| t.text == text)
    }
}

fn check_app(world: &World, app_id: &str, secret: &str) -> Result<(), MiniError> {
    if secret.is_empty() {
        return Err(MiniError::new(41004, "appsecret missing"));
    }
    world.keys(|k| {
        if app_id != k.app_id() {
            Err(MiniError::new(40013, "invalid appid"))
        } else if secret != k.app_secret() {
            Err(MiniError::new(40125, "invalid appsecret"))
        } else {
            Ok(())
        }
    })
}

/// `GET /cgi-bin/token`.
pub(super) async fn token(State(world): State<Arc<World>>, query: Query) -> MiniResult {
    not_busy(&world)?;
    let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if of("grant_type") != "client_credential" {
        return Err(MiniError::new(40002, "invalid grant_type"));
    }
    check_app(&world, of("appid"), of("secret"))?;
    let now = world.now();
    let fresh = world.state().mini.tokens.plain.renew(now, OVERLAP_MS);
    Ok(Json(json!({"access_token": fresh.text, "expires_in": fresh.remaining_s(now)})))
}

#[derive(Deserialize)]
struct StableRequest {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

/// `POST /cgi-bin/stable_token`.
pub(super) async fn stable_token(State(world): State<Arc<World>>, bytes: Bytes) -> MiniResult {
    not_busy(&world)?;
    let request: StableRequest = body(&bytes)?;
    if request.grant_type != "client_credential" {
        return Err(MiniError::new(40002, "invalid grant_type"));
    }
    check_app(&world, &request.appid, &request.secret)?;
    let now = world.now();
    let tokens = &mut world.state().mini.tokens;
    let token = if request.force_refresh {
        tokens.forced_at.retain(|at| now - *at < days(1));
        if tokens.forced_at.len() >= FORCED_A_DAY {
            return Err(MiniError::new(45009, "reach max api daily quota limit"));
        }
        if tokens.forced_at.last().is_some_and(|at| now - *at < FORCED_APART_MS) {
            return Err(MiniError::new(45011, "api minute-quota reach limit, must slower, retry next minute"));
        }
        tokens.forced_at.push(now);
        tokens.stable.renew(now, 0)
    } else {
        match &tokens.stable.current {
            Some(token) if token.expires_at - now > OVERLAP_MS => token.clone(),
            _ => tokens.stable.renew(now, OVERLAP_MS),
        }
    };
    Ok(Json(json!({"access_token": token.text, "expires_in": token.remaining_s(now)})))
}

/// Refuses a token that is missing, unknown or expired.
pub(super) fn check(world: &World, given: &str) -> Result<(), MiniError> {
    if given.is_empty() {
        return Err(MiniError::new(41001, "access_token missing"));
    }
    let now = world.now();
    let state = world.state();
    let tokens = &state.mini.tokens;
    match tokens.plain.find(given).or_else(|| tokens.stable.find(given)) {
        None => Err(MiniError::new(40001, "invalid credential, access_token is invalid or not latest")),
        Some(token) if token.expires_at <= now => Err(MiniError::new(42001, "access_token expired")),
        Some(_) => Ok(()),
    }
}

/// Every token handed out so far becomes unknown, as after a secret was reset.
pub(crate) fn expire_tokens(world: &World) {
    let tokens = &mut world.state().mini.tokens;
    tokens.plain = Line::default();
    tokens.stable = Line::default();
}
