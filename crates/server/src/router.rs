//! All routes: `/api/v1` for shoppers, `/admin/v1` for staff, `/notify` for channels, health, metrics, documents, and
//! the two front ends. The same list makes the OpenAPI document, so a route without a description does not exist.

use crate::{accounts, flows, template, web, wiring};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use kernel::Error;
use platform::problem::Problem;
use platform::{App, edge, openapi, storage};
use serde_json::Value;
use std::sync::{LazyLock, OnceLock};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The routes, made once: a process with several applications (tests) shares them.
static ROUTES: LazyLock<Router<App>> = LazyLock::new(|| described().0);

/// Routes with their descriptions, before they have a state.
fn described() -> (Router<App>, OpenApi) {
    let shop = people::shop_routes(wiring::people_hooks())
        .merge(goods::shop_routes())
        .merge(trade::cart::shop_routes())
        .merge(trade::quote::shop_routes())
        .merge(trade::invoice::shop_routes())
        .merge(insight::shop_routes())
        .merge(campaign::shop_routes())
        .merge(flows::shop_routes());
    let admin = people::admin_routes(wiring::admin_hooks())
        .merge(open::admin_routes())
        .merge(goods::admin_routes())
        .merge(campaign::admin_routes())
        .merge(flows::admin_routes())
        .merge(accounts::admin_routes())
        .merge(template::admin_routes())
        .merge(platform::task::admin_routes());
    let (router, mut doc) = OpenApiRouter::with_openapi(openapi::base())
        .nest("/api/v1", shop)
        .nest("/admin/v1", admin)
        .nest("/notify", flows::notify::routes().merge(flows::delivery::notice_routes()))
        .merge(storage::routes())
        .split_for_parts();
    openapi::complete(&mut doc);
    (router, doc)
}

/// The OpenAPI 3.1 document.
pub fn document() -> Value {
    let mut doc = described().1;
    let (schemas, webhooks) = open::webhook::document();
    doc.merge(schemas);
    // utoipa has no place for `webhooks`, which OpenAPI 3.1 knows.
    let mut doc = serde_json::to_value(&doc).expect("the document is plain data");
    doc["webhooks"] = webhooks;
    doc
}

/// The document as it is answered: made when somebody first asks, because most malls are never asked.
async fn openapi_json() -> Response {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    let made = || Bytes::from(serde_json::to_vec(&document()).expect("the document is plain data"));
    match tokio::task::spawn_blocking(move || TEXT.get_or_init(made).clone()).await {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => Problem(Error::internal(error)).into_response(),
    }
}

/// The whole application as a router; the edge goes around it.
pub fn router(app: App) -> Router {
    let body_limit = DefaultBodyLimit::max(app.config.server.body_limit_kib * 1024);
    let cors = cors(&app);
    ROUTES
        .clone()
        .layer(body_limit)
        .route("/openapi.json", get(openapi_json))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/notify/return", get(flows::channel::come_back).post(flows::channel::come_back))
        .merge(web::routes())
        .fallback(web::fallback)
        .method_not_allowed_fallback(wrong_method)
        .layer(cors)
        .with_state(app)
}

async fn wrong_method() -> Problem {
    Problem(Error::not_found("request.no_such_route", "没有这个地址"))
}

/// Ready when the database answers.
async fn ready(State(app): State<App>) -> Response {
    match app.db.read(|tx| tx.one::<(i64,)>("select cast(1 as bigint)", &db::args![])).await {
        Ok(_) => "ready".into_response(),
        Err(error) => {
            Problem(Error::unavailable("server.not_ready", "数据库暂时不可用").because(error)).into_response()
        }
    }
}

/// Figures for Prometheus; only for the machine itself and private networks.
async fn metrics(State(app): State<App>, visitor: axum::extract::ConnectInfo<std::net::SocketAddr>) -> Response {
    let near = match visitor.0.ip() {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !near {
        return edge::no_such_route(axum::extract::Request::default()).await.into_response();
    }
    let text = app.metrics.render(&app.db);
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

fn cors(app: &App) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        app.config.server.cors_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("x-mall"),
        ])
        .max_age(std::time::Duration::from_secs(3_600))
}
