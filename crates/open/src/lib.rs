//! The mall as a product for integrators: webhooks tell them what happened, API keys let them ask and act.
//! It knows malls and staff's permissions, but neither orders nor goods: what an event says is composed by the flows.

pub mod apikey;

pub mod webhook;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// Routes of the back office, to be nested under `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(webhook::routes()).merge(apikey::routes())
}
