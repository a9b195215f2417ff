//! An integrator's server: keeps what was posted and answers as it is told.

use super::locked;
use kernel::ports::{Pending, WebhookAnswer, WebhookSender};
use kernel::{Error, Result};
use std::collections::HashMap;
use std::sync::Mutex;

/// One message as it arrived.
#[derive(Debug, Clone)]
pub struct Posted {
    pub url: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Posted {
    /// The body's `type`.
    pub fn kind(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("a body is JSON");
        body["type"].as_str().expect("a body has a type").to_owned()
    }
}

/// Every message of this world.
#[derive(Default)]
pub struct LocalWebhooks {
    received: Mutex<Vec<Posted>>,
    status: Mutex<Option<u16>>,
}

impl LocalWebhooks {
    /// All messages, oldest first.
    pub fn received(&self) -> Vec<Posted> {
        locked(&self.received).clone()
    }

    /// From now on answers this status; 204 to begin with.
    pub fn answer(&self, status: u16) {
        *locked(&self.status) = Some(status);
    }
}

impl WebhookSender for LocalWebhooks {
    fn check(&self, url: &str) -> Result<()> {
        if url.starts_with("https://") { Ok(()) } else { Err(Error::field("url", "网址要以 https:// 开头")) }
    }

    fn post<'a>(&'a self, url: &'a str, headers: &'a [(&'a str, String)], body: &'a str) -> Pending<'a, WebhookAnswer> {
        Box::pin(async move {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            locked(&self.received).push(Posted { url: url.to_owned(), headers, body: body.to_owned() });
            let status = locked(&self.status).unwrap_or(204);
            Ok(WebhookAnswer {
                status: Some(status),
                error: None,
                excerpt: format!("answered {status}"),
                duration_ms: 12,
            })
        })
    }
}
