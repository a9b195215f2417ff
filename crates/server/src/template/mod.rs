//! Templates: what a new mall can be opened with — categories, goods with pictures, freight, a home page and a colour.
//! Promise: a template goes into an empty mall only, all of it in one transaction; what it brought is written down by id
//! and can be taken out in one go, except for what people have ordered, which goes to the recycle bin.

mod apply;
mod content;
mod remove;
mod routes;

pub use apply::{APPLY, apply, run};
pub use content::{brief, names};
pub use routes::admin_routes;
