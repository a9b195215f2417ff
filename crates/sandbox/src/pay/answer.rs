//! How handlers answer: a JSON value or nothing (204), or an error with WeChat Pay's code and sentence.
//! An answer about a payment carries that payment's faults, so that `guard` can spoil it on the way out.

use crate::switches::Faults;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A successful answer.
pub(super) struct Answer {
    pub(super) body: Option<Value>,
    pub(super) faults: Faults,
}

impl Answer {
    pub(super) fn json(body: Value, faults: &Faults) -> Self {
        Answer { body: Some(body), faults: faults.clone() }
    }

    /// 204.
    pub(super) fn empty(faults: &Faults) -> Self {
        Answer { body: None, faults: faults.clone() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => json_response(StatusCode::OK, &body),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        response.extensions_mut().insert(self.faults);
        response
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PayError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<&'static str>,
}

impl PayError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).expect("statuses are written in this crate");
        PayError { status, code, message: message.into(), field: None }
    }

    /// 400 PARAM_ERROR at a field of the body or query.
    pub(super) fn param(field: &'static str, message: impl Into<String>) -> Self {
        PayError { field: Some(field), ..Self::new(400, "PARAM_ERROR", message) }
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, "INVALID_REQUEST", message)
    }

    pub(super) fn sign(message: &str) -> Self {
        Self::new(401, "SIGN_ERROR", message)
    }
}

impl IntoResponse for PayError {
    fn into_response(self) -> Response {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(field) = self.field {
            body["detail"] = json!({"field": field, "location": "body", "issue": self.message});
        }
        json_response(self.status, &body)
    }
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

pub(super) type PayResult = Result<Answer, PayError>;

/// Reads a JSON body; the error names what is wrong with it.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, PayError> {
    serde_json::from_slice(body).map_err(|e| PayError::param("body", format!("请求体不是正确的 JSON：{e}")))
}

/// What any other path under `/v3` answers.
pub(super) async fn no_such_api() -> PayError {
    PayError::new(404, "RESOURCE_NOT_EXISTS", "请求的接口不存在")
}
