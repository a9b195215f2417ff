//! Decorated pages. Owns `page`, `page_version`, `page_draft`: lists of blocks that name their *sources* ("the newest
//! six", "this category"), so that a page written in spring shows what is sold in autumn. Served pages are resolved with
//! one query per kind of source, whatever the number of blocks. Shoppers see the published version only; a draft is seen
//! through a preview address that staff hand out.

mod admin;
mod admin_version;
mod block;
mod preview;
mod resolve;
mod resolved;
mod shop;
mod stored;
#[cfg(test)]
mod tests;
mod version;
mod words;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use block::{BlockSource, Link, LinkKind, PictureSource, PlacedBlock, ProductSource, ShelfLayout, Spot};
pub use resolved::{Block, PictureItem, SpotItem};
pub use shop::{HomePage, ShopPage, home, shop_routes};
pub use version::{forget_home, save};

/// The page a mall opens with.
pub const HOME: &str = "home";

pub fn admin_routes() -> OpenApiRouter<App> {
    admin::routes().merge(admin_version::routes())
}
