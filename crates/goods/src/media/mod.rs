//! The media library of the back office. Owns `media_folder`, and the name and folder of a `file`; the bytes are the
//! platform's. Promise: a file that is shown anywhere is not deleted; where it is shown is looked up when asked,
//! in the tables of this floor and in the mall's settings.

mod admin;
mod folder;
#[cfg(test)]
mod tests;
mod uses;

pub use admin::forget_unused;
use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub fn admin_routes() -> OpenApiRouter<App> {
    admin::routes().merge(folder::routes())
}
