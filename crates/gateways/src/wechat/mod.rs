//! WeChat: the mini-program server API of one app ([`WechatMiniProgram`]) and WeChat Pay v3 of one merchant ([`WechatPay`]).
//! The two share nothing but the vendor: keys, hosts and error forms differ.

mod access_token;
mod intracity;
mod mini_code;
mod mini_program;
mod pay;

pub use intracity::{IntracityConfig, WechatIntracity};
pub use mini_program::{MiniProgramConfig, WechatMiniProgram};
pub use pay::{PayTrust, WechatPay, WechatPayConfig};
