//! Errors on the wire: RFC 9457 problem details with our stable `code`.
//! A cause goes to the log with the request id; the client sees the sentence and the code, nothing of our insides.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::{Error, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Body of every failure, `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`; the class is told by `code`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// Stable, `domain.reason`; listed in the API guide.
    pub code: String,
    /// A sentence for people, in Chinese.
    pub detail: String,
    /// The field of the request it stands at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Tell it to support.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What a program needs to go on, for some codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

/// An [`Error`] on its way out of a handler.
#[derive(Debug)]
pub struct Problem(pub Error);

/// What handlers return.
pub type Answer<T> = Result<T, Problem>;

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Problem(error.into())
    }
}

/// The error of a response, left for the edge to log and count.
#[derive(Clone)]
pub struct Failure(pub Error);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        render(&self.0, None)
    }
}

/// Renders an error; the edge passes the request id.
pub fn render(error: &Error, request_id: Option<&str>) -> Response {
    let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = ProblemBody {
        kind: "about:blank".into(),
        title: status.canonical_reason().unwrap_or("Error").into(),
        status: status.as_u16(),
        code: error.code().into(),
        detail: error.message().into(),
        field: error.field_name().map(Into::into),
        request_id: request_id.map(Into::into),
        details: error.details().cloned(),
    };
    let bytes = serde_json::to_vec(&body).expect("a problem is plain data");
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let wait = error.retry_after_s().or(match error.kind() {
        Kind::Unavailable | Kind::TooMany => Some(1),
        _ => None,
    });
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(Failure(error.clone()));
    response
}
