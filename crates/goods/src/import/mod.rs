//! Products from a table and back: a CSV or XLSX file with one row per SKU, rows of one product sharing its code, with
//! pictures named by their path in a zip or in a folder of the server.
//!
//! Promise: a file is first tried out (`check_products` writes nothing but a report, row by row), then brought in
//! (`import_products`). Products are known by their code: what is there is changed, what is not is made, so the same file
//! twice, or a run that was stopped and resumed, leaves no double. A product with a mistake is left out whole and told;
//! the others go on.

mod apply;
mod columns;
mod export;
mod known;
mod lookup;
mod parse;
mod pictures;
mod routes;
mod run;
#[cfg(test)]
mod tests;

pub use export::export;
pub use platform::task::StartedTask;
pub use routes::admin_routes;
pub use run::{Params, check, import};

/// Job kinds; their handlers are registered in `server::wiring`.
pub const CHECK: &str = "check_products";
pub const IMPORT: &str = "import_products";
pub const EXPORT: &str = "export_products";

/// The right that all of them need.
pub const PERMISSION: &str = "product.edit";
