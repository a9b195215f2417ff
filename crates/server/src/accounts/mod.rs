//! Accounts of a mall at outside services, entered by its staff: WeChat Pay, Alipay, UnionPay, the mini program, SMS,
//! 快递100, 数电票.
//! Promise: keys lie sealed, are never answered again (only their last characters), replace those of the configuration
//! file, and are used from the moment they are saved. A live check asks the service something harmless and is remembered.

mod check;
mod routes;
mod spec;
mod store;

pub use routes::admin_routes;
pub use spec::{SERVICES, Service};
pub use store::{entered, load, reload};
