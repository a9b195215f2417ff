//! The one way out: a pooled HTTP client with timeouts, a bounded answer, no redirects, and errors without addresses
//! (addresses may carry tokens). Repeats a request only where the caller says a repeat is harmless.

use bytes::{Bytes, BytesMut};
use kernel::{Error, Result};
use reqwest::{Client, RequestBuilder, Url, header::HeaderMap};
use serde::Deserialize;
use std::error::Error as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// Most bytes read of an answer of an API; a longer one is a [`Fault`].
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];
const USER_AGENT: &str = concat!("hefang/", env!("CARGO_PKG_VERSION"));

/// How long a vendor may take, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// Until the connection stands. Default 2000.
    pub connect_ms: u64,
    /// Until the whole answer is here, per try. Default 5000. No further try starts after this time either.
    pub total_ms: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { connect_ms: 2_000, total_ms: 5_000 }
    }
}

/// Whether a request may be sent again when its fate is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Asking twice changes nothing: try again after time-outs, 429 and 5xx.
    Harmless,
    /// Only if the connection could not even be made.
    OnlyUnsent,
}

/// No answer that can be read.
#[derive(Debug)]
pub(crate) struct Fault {
    /// True if the request certainly did not reach the vendor.
    pub unsent: bool,
    pub text: String,
}

/// Status, headers and whole body of an answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header's value by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
    fn asks_for_repeat(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
    }
}

/// A client bound to one base URL.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    base: String,
    budget: Duration,
    max_answer_bytes: usize,
}

/// Parses an address of the configuration; `name` says which in the error.
pub(crate) fn parse_url(name: &str, text: &str) -> Result<Url> {
    let wrong = |cause: String| {
        Error::invalid("config.url", format!("配置 {name} 不是可用的网址，应像 https://api.example.com")).because(cause)
    };
    let url = Url::parse(text).map_err(|e| wrong(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("not http(s) with a host".to_owned()));
    }
    Ok(url)
}

impl Http {
    /// A client for `base_url`. Addresses on this machine never go through a proxy.
    pub fn new(base_url: &str, timeouts: Timeouts) -> Result<Self> {
        let url = parse_url("base_url", base_url)?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(timeouts.connect_ms))
            .timeout(Duration::from_millis(timeouts.total_ms));
        let host = url.host_str().unwrap_or_default();
        if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            builder = builder.no_proxy();
        } else if host.ends_with(".localhost") {
            // RFC 6761: such names mean this machine, but not every resolver knows.
            builder = builder.no_proxy().resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        let client = builder.build().map_err(|e| Error::internal(chain(e)))?;
        let budget = Duration::from_millis(timeouts.total_ms);
        let base = base_url.trim_end_matches('/').to_owned();
        Ok(Http { client, base, budget, max_answer_bytes: MAX_ANSWER_BYTES })
    }

    /// The same client for answers of up to `bytes`.
    pub fn reading_up_to(self, bytes: usize) -> Self {
        Http { max_answer_bytes: bytes, ..self }
    }

    /// A GET or POST of a path (with query) below the base URL.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }
    /// A request to a full, signed address.
    pub fn to(&self, method: reqwest::Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends once.
    pub async fn once(&self, request: RequestBuilder) -> Result<Answer, Fault> {
        let fault = |e: reqwest::Error| Fault { unsent: e.is_connect() || e.is_builder(), text: chain(e) };
        let mut response = request.send().await.map_err(fault)?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| Fault { unsent: false, text: chain(e) })? {
            if body.len() + chunk.len() > self.max_answer_bytes {
                let text = format!("answer of more than {} bytes", self.max_answer_bytes);
                return Err(Fault { unsent: false, text });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }

    /// Sends what `build` makes (anew for each try, so that nonces and times are fresh) and repeats as `repeat` allows.
    pub async fn send(&self, repeat: Repeat, build: impl Fn() -> RequestBuilder) -> Result<Answer, Fault> {
        let started = Instant::now();
        for pause in PAUSES {
            let answer = self.once(build()).await;
            let again = match &answer {
                Ok(answer) => repeat == Repeat::Harmless && answer.asks_for_repeat(),
                Err(fault) => fault.unsent || repeat == Repeat::Harmless,
            };
            if !again || started.elapsed() + pause >= self.budget {
                return answer;
            }
            tokio::time::sleep(pause).await;
        }
        self.once(build()).await
    }
}

/// The whole chain of causes in one line, without the address.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// At most `limit` bytes of a text, cut between characters. Vendors count in bytes or characters; bytes satisfy both.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_keeps_whole_characters() {
        assert_eq!(cut("龙井茶", 7), "龙井");
        assert_eq!(cut("tea", 7), "tea");
    }

    #[test]
    fn base_url_must_be_http() {
        for bad in ["", "api.example.com", "ftp://example.com", "file:///etc/passwd"] {
            assert!(Http::new(bad, Timeouts::default()).unwrap_err().is("config.url"), "{bad}");
        }
    }

    #[tokio::test]
    async fn refused_connection_is_unsent_and_hides_the_address() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let http = Http::new(&format!("http://{free}"), Timeouts::default()).unwrap();
        let fault = http.once(http.get("/x?access_token=hidden")).await.unwrap_err();
        assert!(fault.unsent);
        assert!(!fault.text.contains("hidden"), "{}", fault.text);
    }
}
