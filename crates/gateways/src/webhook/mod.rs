//! Delivers webhooks. [`WebhookClient`] posts to addresses that integrators typed in, so it trusts none of them: names are
//! resolved by us and only public addresses are connected to (what was checked is what is connected, so a name that
//! changes its mind cannot slip through), redirects are not followed, no proxy is used, time and answer are bounded.

mod public;

pub use public::is_public;

use kernel::ports::{Pending, WebhookAnswer, WebhookSender};
use kernel::{Error, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};
use serde::Deserialize;
use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Most bytes kept of an answer.
const EXCERPT_BYTES: usize = 1_000;
const REFUSED: &str = "address_refused";

/// How webhooks are sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// Lets addresses of this machine and of private networks, and plain http, be used: for trials and tests only.
    pub allow_private: bool,
    /// Until the connection stands. Default 3000.
    pub connect_ms: u64,
    /// Until the answer is here. Default 10000.
    pub total_ms: u64,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        WebhookConfig { allow_private: false, connect_ms: 3_000, total_ms: 10_000 }
    }
}

/// The one [`WebhookSender`] that opens sockets.
pub struct WebhookClient {
    client: Client,
    allow_private: bool,
}

impl WebhookClient {
    pub fn new(config: &WebhookConfig) -> Result<Self> {
        let mut builder = Client::builder()
            .user_agent(concat!("hefang-webhook/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_millis(config.connect_ms))
            .timeout(Duration::from_millis(config.total_ms));
        if !config.allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build().map_err(Error::internal)?;
        Ok(WebhookClient { client, allow_private: config.allow_private })
    }
}

/// Resolves names and leaves out what is not public.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{REFUSED}: {} leads to no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The address of a host that is written as one; such hosts never reach the resolver.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn parse(url: &str, allow_private: bool) -> Result<Url> {
    let wrong = |text: &'static str| Error::field("url", text);
    let parsed = Url::parse(url).map_err(|_| wrong("这不是一个完整的网址，应像 https://erp.example.com/hefang"))?;
    let schemes: &[&str] = if allow_private { &["https", "http"] } else { &["https"] };
    if !schemes.contains(&parsed.scheme()) {
        return Err(wrong("网址要以 https:// 开头，这样内容在路上不会被看到"));
    }
    if parsed.host_str().is_none_or(str::is_empty) {
        return Err(wrong("网址里没有主机名"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(wrong("网址里不能带用户名或密码"));
    }
    let host = parsed.host_str().unwrap_or_default().trim_end_matches('.');
    let is_local_name = host == "localhost" || host.ends_with(".localhost") || host.ends_with(".internal");
    let is_neighbour = literal(&parsed).map_or(is_local_name, |ip| !is_public(ip));
    if !allow_private && is_neighbour {
        return Err(wrong("不能用本机或内网地址，请填写公网可以访问的网址"));
    }
    Ok(parsed)
}

impl WebhookSender for WebhookClient {
    fn check(&self, url: &str) -> Result<()> {
        parse(url, self.allow_private).map(drop)
    }

    fn post<'a>(&'a self, url: &'a str, headers: &'a [(&'a str, String)], body: &'a str) -> Pending<'a, WebhookAnswer> {
        Box::pin(async move {
            let started = Instant::now();
            let mut answer = match parse(url, self.allow_private) {
                Ok(url) => self.send(url, headers, body).await,
                Err(error) => {
                    WebhookAnswer { error: Some(format!("{REFUSED}: {}", error.message())), ..Default::default() }
                }
            };
            answer.duration_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
            Ok(answer)
        })
    }
}

impl WebhookClient {
    async fn send(&self, url: Url, headers: &[(&str, String)], body: &str) -> WebhookAnswer {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return WebhookAnswer { error: Some(why(&error)), ..Default::default() },
        };
        let status = Some(response.status().as_u16());
        let mut bytes = Vec::new();
        // The status decides; an answer that breaks off or never ends is only cut short.
        while let Ok(Some(chunk)) = response.chunk().await {
            bytes.extend_from_slice(&chunk[..chunk.len().min(EXCERPT_BYTES - bytes.len())]);
            if bytes.len() >= EXCERPT_BYTES {
                break;
            }
        }
        let excerpt = String::from_utf8_lossy(&bytes).replace('\0', "");
        WebhookAnswer { status, excerpt, ..Default::default() }
    }
}

/// A word for the kind of failure and the deepest cause, which names no address but what the integrator typed.
fn why(error: &reqwest::Error) -> String {
    let mut deepest = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        deepest = inner.to_string();
        if deepest.starts_with(REFUSED) {
            return deepest;
        }
        cause = inner.source();
    }
    let word = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "broken"
    };
    format!("{word}: {}", deepest.chars().take(200).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict() -> WebhookClient {
        WebhookClient::new(&WebhookConfig::default()).unwrap()
    }

    #[test]
    fn only_public_https_addresses_are_taken() {
        let (strict, lax) =
            (strict(), WebhookClient::new(&WebhookConfig { allow_private: true, ..Default::default() }).unwrap());
        for url in [
            "",
            "erp.example.com",
            "ftp://erp.example.com",
            "http://erp.example.com/",
            "https://user:pw@erp.example.com",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://localhost./",
            "https://metadata.google.internal/",
            "https://192.168.0.1:8443/x",
        ] {
            assert_eq!(strict.check(url).unwrap_err().field_name(), Some("url"), "{url}");
        }
        strict.check("https://erp.example.com:8443/hefang?x=1").unwrap();
        lax.check("http://127.0.0.1:9000/hook").unwrap();
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_after_it_was_resolved() {
        // `localhost.` variants are caught by name; this asks the resolver itself.
        let refused = PublicOnly.resolve("localhost".parse().unwrap()).await;
        assert!(refused.err().unwrap().to_string().starts_with(REFUSED));
        let answer = strict().post("https://127.0.0.1:9/", &[], "{}").await.unwrap();
        assert!(answer.status.is_none() && answer.error.unwrap().starts_with(REFUSED));
    }
}
