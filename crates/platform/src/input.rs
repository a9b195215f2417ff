//! What requests carry: bodies, queries, paths and the idempotency key. They are parsed here, so that every malformed
//! input becomes the same kind of 400.

use crate::app::App;
use crate::extract::text;
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kernel::{Error, Result};
use serde::de::DeserializeOwned;

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
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            // A struct whose fields all have defaults would take an empty list.
            return Err(Error::invalid("request.invalid", "请求内容需要是一个对象").into());
        }
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
