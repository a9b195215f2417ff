//! An answer as a test looks at it. `.ok()` and `.refused("code")` also hold the API to its form: success is JSON or
//! empty, failure is a problem whose `status` and `code` agree with the response.

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::Value;
use std::marker::PhantomData;

/// What came back; `T` is what `.ok()` makes of the body.
pub struct Reply<T = Value> {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `POST /api/v1/orders`, for messages.
    pub asked: String,
    kind: PhantomData<fn() -> T>,
}

impl<T> Reply<T> {
    pub(crate) fn new(asked: String, status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Reply { status, headers, body, asked, kind: PhantomData }
    }

    /// The same answer, read as something else.
    pub fn reads_as<U>(self) -> Reply<U> {
        Reply::new(self.asked, self.status, self.headers, self.body)
    }

    /// The body as JSON; null when it is empty.
    pub fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?} is not JSON"))
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The code of a problem; empty for a success.
    pub fn code(&self) -> String {
        if self.status.is_success() || self.body.is_empty() {
            return String::new();
        }
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Requires a refusal with this code; answers the problem.
    #[track_caller]
    pub fn refused(&self, code: &str) -> Value {
        assert!(!self.status.is_success(), "expected {code}, but {self:?}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{self:?}");
        self.assert_problem();
        problem
    }

    /// Requires the form every failure has.
    #[track_caller]
    pub fn assert_problem(&self) {
        let problem = self.json();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(problem["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(problem["type"], "about:blank", "{self:?}");
        assert!(problem["detail"].as_str().is_some_and(|text| !text.is_empty()), "no sentence for people: {self:?}");
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{self:?}");
    }

    /// Requires a status.
    #[track_caller]
    pub fn status(&self, expected: u16) -> &Self {
        assert_eq!(self.status.as_u16(), expected, "{self:?}");
        self
    }
}

impl<T: From<Value>> Reply<T> {
    /// Requires success.
    #[track_caller]
    pub fn ok(&self) -> T {
        assert!(self.status.is_success(), "expected success, but {self:?}");
        T::from(self.json())
    }
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.body);
        let start: String = text.chars().take(1_200).collect();
        write!(f, "{} answered {} {start}", self.asked, self.status)
    }
}
