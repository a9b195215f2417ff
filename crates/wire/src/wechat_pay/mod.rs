//! WeChat Pay v3, both sides: request authorization, signed responses and notices, sealed resources, platform
//! certificates and the front-end signature. Sources: pay.weixin.qq.com/doc/v3/merchant 4012365334–4012365870.
//! A message that is not provably from the other side is an error, never a warning.

mod authorization;
mod front_end;
mod platform_certificates;
mod resource;
mod signed_message;
pub mod v2;

pub use authorization::{Authorization, SCHEMA};
pub use front_end::{front_end_message, front_end_sign};
pub use platform_certificates::{open_certificates, seal_certificates};
pub use resource::{ApiV3Key, NoticeEnvelope, Resource};
pub use signed_message::{PROBE_PREFIX, SignatureHeaders};

/// How far a timestamp may lie from now, in seconds, in either direction.
pub const MAX_CLOCK_SKEW_S: i64 = 300;
