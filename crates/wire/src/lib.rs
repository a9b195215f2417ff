//! Signing and encryption of the outside protocols, both sides of each: what our clients send is built here, and what the
//! local stand-ins receive is verified here. Pure functions: no network, no files, no clock; time and nonces are arguments.
//! Keys never show in `Debug`; signatures are compared in constant time. Every module is held to published vectors
//! (`tests/vectors.json`), so a mistake on both sides cannot cancel itself out.

mod digest;
mod error;
mod gcm;
mod rsa;

pub mod alipay;
pub mod aliyun_acs3;
pub mod certificate;
pub mod fapiao;
pub mod kuaidi100;
pub mod random;
pub mod standard_webhooks;
pub mod tencent_map;
pub mod tencent_tc3;
pub mod unionpay;
pub mod wechat_api_security;
pub mod wechat_intracity;
pub mod wechat_open_data;
pub mod wechat_pay;
pub mod wechat_push;

pub use certificate::Certificate;
pub use digest::{same, sha1_hex, sha256_hex};
pub use error::{Result, WireError};
pub use rsa::{PrivateKey, PublicKey};
