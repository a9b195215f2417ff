//! What the shop learns of itself: what shoppers did, and the figures of sales and traffic. Everything here is read by
//! staff and nothing depends on it; a figure can be made again from the rows it came from.

pub mod event;

pub mod report;

pub mod finance;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// Routes of the shop, to be nested under `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    event::shop_routes()
}
