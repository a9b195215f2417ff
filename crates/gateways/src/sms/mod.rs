//! Text messages: [`AliyunSms`] sends through Alibaba Cloud's SendSms.

mod aliyun;

pub use aliyun::{AliyunSms, AliyunSmsConfig};
