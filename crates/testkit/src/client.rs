//! Calls the application the way the network would: through the edge, with headers, a body and a peer address.

use crate::reply::Reply;
use crate::world::World;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::SocketAddr;
use tower::Service;

/// Somebody who calls, with a token or without.
#[derive(Clone)]
pub struct Client {
    pub world: World,
    /// `X-Mall`; the session's mall goes before it.
    pub mall_code: Option<String>,
    pub token: Option<String>,
    /// Peer address of the connection.
    pub peer: SocketAddr,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Client {
    /// Nobody in particular, at a mall.
    pub fn anonymous(world: &World, mall_code: Option<&str>) -> Self {
        Client {
            world: world.clone(),
            mall_code: mall_code.map(str::to_owned),
            token: None,
            peer: SocketAddr::from(([127, 0, 0, 1], 40_000)),
            headers: Vec::new(),
        }
    }

    /// The same caller with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Client { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at a deployment that was restarted.
    #[must_use]
    pub fn in_world(&self, world: &World) -> Self {
        Client { world: world.clone(), ..self.clone() }
    }

    /// The same caller naming another mall in `X-Mall`, or none.
    #[must_use]
    pub fn naming_mall(&self, mall_code: Option<&str>) -> Self {
        Client { mall_code: mall_code.map(str::to_owned), ..self.clone() }
    }

    /// The same caller with one more header on every request.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut more = self.clone();
        let value = HeaderValue::from_str(value).expect("a test's header is valid");
        more.headers.push((HeaderName::from_static(name), value));
        more
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, Some(body)).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    /// A `POST` that creates, under this idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        self.with_header("idempotency-key", key).post(path, body).await
    }

    /// One file as the field `field` of a form.
    pub async fn upload(&self, path: &str, field: &str, bytes: &[u8]) -> Reply {
        let edge = "hefang-test-boundary";
        let mut body = format!(
            "--{edge}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"a.png\"\r\n\
             content-type: image/png\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{edge}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={edge}");
        self.send(Method::POST, path, Some((&kind, body))).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let body = body.map(|value| ("application/json", value.to_string().into_bytes()));
        self.send(method, path, body).await
    }

    /// Any method, any content type, any bytes. Creating requests without a key of their own get a fresh one.
    pub async fn send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Reply {
        let asked = format!("{method} {path}");
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(code) = &self.mall_code {
            request = request.header("x-mall", code);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let has_key = self.headers.iter().any(|(name, _)| name == "idempotency-key");
        if method == Method::POST && !has_key {
            request = request.header("idempotency-key", self.world.fresh_word("key"));
        }
        let bytes = match body {
            Some((kind, bytes)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                bytes
            }
            None => Vec::new(),
        };
        request = request.extension(ConnectInfo(self.peer));
        let request = request.body(Body::from(bytes)).unwrap_or_else(|e| panic!("{asked} is no request: {e}"));
        self.raw(asked, request).await
    }

    /// A request exactly as it is.
    pub async fn raw(&self, asked: String, request: Request<Body>) -> Reply {
        let response = match self.world.edge().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory is complete").to_bytes();
        Reply::new(asked, parts.status, parts.headers, body)
    }
}
