//! The catalogue: categories, brands, products and their SKUs. Owns `category`, `brand`, `product`, `sku`,
//! `product_attribute` and `product_tag`.

mod sale;

pub use sale::{SkuForSale, add_sales, skus_for_sale};
pub(crate) use sale::{label, option_text, texts};
