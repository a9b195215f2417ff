//! Clients of the outside world, one folder per vendor, each behind a port of `kernel::ports`.
//! Every client takes a config struct with its base URL and timeouts, and a clock; errors come back as `kernel::Error` with a
//! stable code, a Chinese sentence for people and the vendor's code and request id as cause for the log.
//! Secrets are [`Secret`]s: they never show in `Debug`, in errors or in logs. Request URLs, which may carry tokens, are
//! taken out of every transport error.

mod http;
mod secret;
mod statement;

pub mod alipay;
pub mod express;
pub mod fapiao;
pub mod objectstore;
pub mod sms;
pub mod unionpay;
pub mod webhook;
pub mod wechat;

pub use http::Timeouts;
pub use secret::Secret;
