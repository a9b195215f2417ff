//! Decorated pages. Owns `page`: a list of blocks that name their *sources* ("the newest six", "this category"), so
//! that a page written in spring shows what is sold in autumn. Served pages are resolved with one query per kind of
//! source, whatever the number of blocks.

mod block;
mod resolve;
mod shop;

pub use block::{BannerSource, BlockSource, Link, LinkKind, ProductSource, read, save};
pub use shop::{BannerItem, Block, HomePage, home, shop_routes};

/// The page a mall opens with.
pub const HOME: &str = "home";
