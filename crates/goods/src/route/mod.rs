//! Every route of the goods floor, without the prefix of its side.

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;

use crate::{catalog, freight, import, inventory, media, page, review, shelf, store};
use platform::App;
use utoipa_axum::router::OpenApiRouter;

/// What shoppers reach, below `/api/v1`.
pub fn shop_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(page::shop_routes())
        .merge(catalog::shop_routes())
        .merge(inventory::shop_routes())
        .merge(review::shop_routes())
        .merge(shelf::shop_routes())
        .merge(store::shop_routes())
}

/// What staff reach, below `/admin/v1`.
pub fn admin_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(catalog::admin_routes())
        .merge(import::admin_routes())
        .merge(inventory::admin_routes())
        .merge(freight::admin_routes())
        .merge(review::admin_routes())
        .merge(store::admin_routes())
        .merge(page::admin_routes())
        .merge(media::admin_routes())
}
