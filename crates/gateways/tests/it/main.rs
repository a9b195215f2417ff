//! The clients against small servers of this process. The servers speak the protocols' other side with `wire` (which is
//! held to published vectors) or with an independent implementation, and answer what each test scripts.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod stand_in;

mod alipay;
mod alipay_notices;
mod express;
mod mini_program;
mod object_store;
mod pay_calls;
mod pay_merchant;
mod pay_notices;
mod pay_trust;
mod sms;
mod unionpay;
