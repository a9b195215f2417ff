//! WeChat Pay v3 of one merchant, as a [`PaymentChannel`].
//! Every request is signed, and nothing is believed without proof: a 2xx whose signature does not verify counts as no answer,
//! a notice that does not verify is rejected. Numbers are never changed on retry, so repeating is harmless.
//! An error answer (4xx) is checked when it is signed; the gateway in front of WeChat Pay does not sign all of them.

mod bill;
mod call;
mod code;
mod combined;
mod funds;
mod notices;
mod payments;
mod refunds;
mod sheet;
mod transfers;
mod trust;

use crate::http::Http;
use crate::{Secret, Timeouts};
use kernel::ports::{
    Bill, ChannelPayment, ChannelRefund, CloseOutcome, CodeChannel, CombinedChannel, Notice, PayInstruction,
    PaymentChannel, PaymentIntent, Pending, RawNotice, RefundRequest, TransferChannel,
};
use kernel::{Clock, Error, Result};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use trust::Trust;
use wire::wechat_pay::ApiV3Key;
use wire::{PrivateKey, WireError};

/// Settings of one merchant account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WechatPayConfig {
    /// `https://api.mch.weixin.qq.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    /// Merchant id (商户号, ten digits).
    pub merchant_id: String,
    /// App id bound to the merchant; payments are made for it.
    pub app_id: String,
    /// Serial of the merchant's API certificate (hex, 商户平台 · API 安全).
    pub certificate_serial: String,
    /// The merchant's private key, `apiclient_key.pem`: PEM text or `file:` and a path.
    pub private_key: Secret,
    /// APIv3 key, exactly 32 characters.
    pub api_v3_key: Secret,
    /// How answers and notices are proven to be WeChat's.
    #[serde(default)]
    pub trust: PayTrust,
    /// Carts of several shops are collected shop by shop (合单支付), which the merchant has to have signed for. Switched off,
    /// one transaction pays for all of them.
    #[serde(default = "yes")]
    pub combined: bool,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn yes() -> bool {
    true
}

fn official() -> String {
    "https://api.mch.weixin.qq.com".to_owned()
}

/// What WeChat Pay's signatures are checked with.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum PayTrust {
    /// Platform certificates, downloaded when first needed, renewed at least every 12 hours, chosen by serial.
    #[default]
    PlatformCertificates,
    /// 微信支付公钥; the only mode of merchants that joined since the end of 2024.
    PublicKey {
        /// `PUB_KEY_ID_…`.
        id: String,
        /// PEM text (`pub_key.pem`) or `file:` and a path.
        pem: Secret,
        /// True while moving from certificates to the public key: messages may carry either serial.
        #[serde(default)]
        accept_certificates: bool,
    },
}

/// Client of one merchant account. Cheap to share behind an `Arc`.
pub struct WechatPay {
    http: Http,
    clock: Arc<dyn Clock>,
    merchant_id: String,
    app_id: String,
    serial: String,
    private_key: PrivateKey,
    api_v3_key: ApiV3Key,
    trust: Trust,
    combines: bool,
}

impl fmt::Debug for WechatPay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WechatPay({} {})", self.merchant_id, self.app_id)
    }
}

impl WechatPay {
    /// Reads the keys; a key that cannot be read is `wechat.pay_config` and says which.
    pub fn new(config: WechatPayConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let unreadable = |name: &'static str| {
            move |cause: WireError| {
                Error::invalid("wechat.pay_config", format!("微信支付配置 {name} 无法读取，请检查格式")).because(cause)
            }
        };
        Ok(WechatPay {
            http: Http::new(&config.base_url, config.timeouts)?,
            clock,
            merchant_id: config.merchant_id,
            app_id: config.app_id,
            serial: config.certificate_serial,
            private_key: PrivateKey::parse(config.private_key.expose()).map_err(unreadable("private_key"))?,
            api_v3_key: ApiV3Key::parse(config.api_v3_key.expose()).map_err(unreadable("api_v3_key"))?,
            trust: Trust::new(&config.trust).map_err(unreadable("trust"))?,
            combines: config.combined,
        })
    }

    /// Asks for a payment that cannot exist, to see whether ids, keys and trust fit together; for `doctor`.
    pub async fn check(&self) -> Result<()> {
        self.query_payment("hefang-doctor-check").await.map(drop)
    }
}

impl PaymentChannel for WechatPay {
    fn name(&self) -> &'static str {
        "wechat"
    }
    fn app_id(&self) -> &str {
        &self.app_id
    }
    fn merchant_id(&self) -> &str {
        &self.merchant_id
    }
    fn create<'a>(&'a self, intent: &'a PaymentIntent) -> Pending<'a, PayInstruction> {
        Box::pin(self.create_payment(intent))
    }
    fn query<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelPayment>> {
        Box::pin(self.query_payment(number))
    }
    fn close<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome> {
        Box::pin(self.close_payment(number))
    }
    fn refund<'a>(&'a self, request: &'a RefundRequest) -> Pending<'a, ChannelRefund> {
        Box::pin(self.start_refund(request))
    }
    fn query_refund<'a>(&'a self, _: &'a str, refund_number: &'a str) -> Pending<'a, Option<ChannelRefund>> {
        Box::pin(self.find_refund(refund_number))
    }
    fn combined(&self) -> Option<&dyn CombinedChannel> {
        Some(self)
    }
    fn combines(&self) -> bool {
        self.combines
    }
    fn codes(&self) -> Option<&dyn CodeChannel> {
        Some(self)
    }
    fn transfers(&self) -> Option<&dyn TransferChannel> {
        Some(self)
    }
    fn read_notice<'a>(&'a self, raw: &'a RawNotice<'a>) -> Pending<'a, Notice> {
        Box::pin(self.open_notice(raw))
    }
    fn bill(&self, day: i64) -> Pending<'_, Bill> {
        Box::pin(self.download_bill(day))
    }
    fn fund_flow(&self, day: i64) -> Pending<'_, Bill> {
        Box::pin(self.download_funds(day))
    }
}
