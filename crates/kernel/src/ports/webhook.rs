//! Posting signed messages to addresses that integrators chose.

use super::Pending;
use crate::Result;

/// How one delivery to an integrator's address went. A refusal is an answer, not an error of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none, in words for the log: `dns`, `connect`, `timeout`, `address_refused` … and what happened.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub excerpt: String,
    pub duration_ms: i64,
}

impl WebhookAnswer {
    /// Only 2xx says that the message was taken.
    pub fn is_taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Posts signed messages to addresses that integrators chose.
pub trait WebhookSender: Send + Sync {
    /// Whether we would deliver to this address at all; an error at field `url` otherwise.
    fn check(&self, url: &str) -> Result<()>;
    /// One try: no redirects are followed, private addresses are refused also after name resolution.
    fn post<'a>(&'a self, url: &'a str, headers: &'a [(&'a str, String)], body: &'a str) -> Pending<'a, WebhookAnswer>;
}
