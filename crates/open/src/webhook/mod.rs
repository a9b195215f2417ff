//! Webhooks by the Standard Webhooks rules. Owns `webhook_endpoint`, `webhook_subscription`, `webhook_delivery`,
//! `webhook_attempt`.
//!
//! Promises: every event that an endpoint chose becomes one delivery after the commit that made it true, and is sent at
//! least once until taken or until a day of tries is over; each try leaves a row. `webhook-id` names the event and stays
//! the same over all tries. An endpoint that only fails for [`GIVE_UP_AFTER`] is switched off. Secrets lie sealed.
//! A slow endpoint keeps nobody waiting: deliveries are claimed by lease and sent beside each other, outside of jobs.

mod admin;
mod catalog;
mod delivery;
mod delivery_admin;
mod endpoint;
mod send;

pub use catalog::{
    AfterSaleData, AfterSaleLineData, KINDS, OrderData, OrderLineData, Ping, ProductData, RefundData, ReviewData,
    StockLowData, document,
};
pub use delivery::{accept, sweep, wanted};
pub use endpoint::count_disabled;
pub use send::{GIVE_UP_AFTER, send_due};

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(admin::routes()).merge(delivery_admin::routes())
}
