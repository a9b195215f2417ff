//! The access token of one app, from `stable_token`: kept until shortly before it expires, fetched by one caller at a time.
//! When WeChat calls a token bad, it is fetched again; if WeChat hands out the same one, it is forced anew, at most once a
//! minute (WeChat allows 20 forced ones a day). The token never leaves this crate.

use super::mini_program::vendor_error;
use crate::Secret;
use crate::http::{Answer, Fault, Http, Repeat};
use kernel::{Clock, Error, Instant, Result, seconds};
use serde::Deserialize;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Kept this long at least, and given up this long before its end.
const MARGIN_S: i64 = 60;
const FORCE_EVERY_MS: i64 = seconds(60);

struct Token {
    value: Arc<str>,
    until: Instant,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    forced_at: Option<Instant>,
}

pub(super) struct AccessToken {
    app_id: String,
    secret: Secret,
    clock: Arc<dyn Clock>,
    /// Held across the fetch: whoever comes meanwhile waits for the same token.
    state: Mutex<State>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({})", self.app_id)
    }
}

#[derive(Deserialize)]
struct Fetched {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    expires_in: i64,
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl AccessToken {
    pub fn new(app_id: &str, secret: Secret, clock: Arc<dyn Clock>) -> Self {
        AccessToken { app_id: app_id.to_owned(), secret, clock, state: Mutex::default() }
    }

    /// The token to use now.
    pub async fn get(&self, http: &Http) -> Result<Arc<str>> {
        let mut state = self.state.lock().await;
        match &state.token {
            Some(token) if self.clock.now() < token.until => Ok(token.value.clone()),
            _ => self.fetch(http, &mut state, false).await,
        }
    }

    /// Another token than `bad`, which WeChat has just refused.
    pub async fn instead_of(&self, bad: &str, http: &Http) -> Result<Arc<str>> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && *token.value != *bad
        {
            return Ok(token.value.clone());
        }
        let fetched = self.fetch(http, &mut state, false).await?;
        if *fetched != *bad {
            return Ok(fetched);
        }
        let now = self.clock.now();
        if state.forced_at.is_some_and(|at| now - at < FORCE_EVERY_MS) {
            return Err(Error::gateway("wechat.token_refused", "微信暂时不可用，请稍后再试")
                .because("token refused again within a minute of forcing a new one"));
        }
        state.forced_at = Some(now);
        self.fetch(http, &mut state, true).await
    }

    async fn fetch(&self, http: &Http, state: &mut State, force: bool) -> Result<Arc<str>> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": self.secret.expose(),
            "force_refresh": force,
        });
        let asked_at = self.clock.now();
        let answer = http.send(Repeat::Harmless, || http.post("/cgi-bin/stable_token").json(&body)).await;
        let fetched: Fetched = read(answer)?;
        if fetched.errcode != 0 || fetched.access_token.is_empty() {
            state.token = None;
            return Err(vendor_error(fetched.errcode, &fetched.errmsg));
        }
        let value: Arc<str> = fetched.access_token.into();
        let kept_s = (fetched.expires_in - MARGIN_S).max(MARGIN_S);
        state.token = Some(Token { value: value.clone(), until: asked_at + seconds(kept_s) });
        Ok(value)
    }
}

/// The JSON of an answer of api.weixin.qq.com.
pub(super) fn read<T: serde::de::DeserializeOwned>(answer: Result<Answer, Fault>) -> Result<T> {
    let unavailable = |cause: String| Error::gateway("wechat.unavailable", "微信暂时不可用，请稍后再试").because(cause);
    let answer = answer.map_err(|fault| unavailable(fault.text))?;
    if !answer.is_success() {
        return Err(unavailable(format!("http {}", answer.status)));
    }
    serde_json::from_slice(&answer.body).map_err(|e| unavailable(format!("answer of unknown form: {e}")))
}
