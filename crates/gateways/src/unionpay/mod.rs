//! UnionPay's gateway for bank cards (5.1.0, signMethod 01) of one merchant, as a [`PaymentChannel`].
//! A payment is a signed form that the browser posts; UnionPay hears of it then and not before. Nothing is believed whose
//! certificate UnionPay's authority did not issue. Amounts are integer fen on the wire.
//!
//! UnionPay knows a trade by our number and the second it was sent, and our numbers tell that second
//! ([`kernel::ports::sent_at`]). It has no way to close: a form dies with its `payTimeout`, so `close` asks for the state,
//! and money that comes after all finds a closed order and goes back by itself.
//! Source: open.unionpay.com, 在线网关支付 (API 257, 264, 757) and 对账文件下载 (791).

mod bill;
mod call;
mod notices;
mod payments;
mod refunds;

use crate::http::Http;
use crate::{Secret, Timeouts};
use kernel::ports::{
    Bill, ChannelPayment, ChannelRefund, CloseOutcome, Notice, PayInstruction, PaymentChannel, PaymentIntent, Pending,
    RawNotice, RefundRequest,
};
use kernel::{Clock, Error, Result, minutes};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use wire::unionpay::{PRODUCTION_SIGNER, Trust, certificate_in, private_key_in};
use wire::{Certificate, PrivateKey, WireError};

/// `txnTime` must be about now when a trade is sent.
const FRESH_FOR: i64 = minutes(15);
/// Most bytes of an answer with a file in it.
const MOST_BYTES: usize = 64 << 20;

/// Settings of one merchant account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnionPayConfig {
    /// `https://gateway.95516.com`, or the address of a stand-in.
    #[serde(default = "official")]
    pub base_url: String,
    /// Where files are fetched from: `https://filedownload.95516.com/`.
    #[serde(default = "official_files")]
    pub file_url: String,
    /// 商户代码, 15 characters.
    pub merchant_id: String,
    /// The merchant's signing certificate: PEM, or `file:` and a path; other blocks beside it are passed over.
    pub certificate: Secret,
    /// Its private key: PEM, or `file:` and a path.
    pub private_key: Secret,
    /// `acp_prod_middle.cer` and `acp_prod_root.cer`: PEM, or `file:` and a path.
    pub middle_certificate: Secret,
    pub root_certificate: Secret,
    /// Whose certificate signs answers; another one in UnionPay's test environment only.
    #[serde(default = "production_signer")]
    pub signer: String,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://gateway.95516.com".to_owned()
}

fn official_files() -> String {
    "https://filedownload.95516.com/".to_owned()
}

fn production_signer() -> String {
    PRODUCTION_SIGNER.to_owned()
}

/// Client of one merchant account. Cheap to share behind an `Arc`.
pub struct UnionPay {
    http: Http,
    files: Http,
    front: String,
    clock: Arc<dyn Clock>,
    merchant_id: String,
    certificate_id: String,
    private_key: PrivateKey,
    trust: Trust,
}

impl fmt::Debug for UnionPay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnionPay({})", self.merchant_id)
    }
}

impl UnionPay {
    /// Reads keys and certificates; one that cannot be read is `unionpay.config` and says which.
    pub fn new(config: UnionPayConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let unreadable = |name: &'static str| {
            move |cause: WireError| {
                Error::invalid("unionpay.config", format!("银联配置 {name} 无法读取，请检查格式")).because(cause)
            }
        };
        let private_key = private_key_in(config.private_key.expose()).map_err(unreadable("private_key"))?;
        let own = certificate_in(config.certificate.expose(), &private_key).map_err(|cause| match cause {
            WireError::Signature => Error::invalid("unionpay.config", "商户签名证书和商户私钥不是一对"),
            other => unreadable("certificate")(other),
        })?;
        let (middle, root) = (config.middle_certificate.expose(), config.root_certificate.expose());
        Certificate::parse(middle).map_err(unreadable("middle_certificate"))?;
        Certificate::parse(root).map_err(unreadable("root_certificate"))?;
        let trust = Trust::new(middle, root, &config.signer)
            .map_err(|e| Error::invalid("unionpay.config", "银联中级证书不是这份根证书签发的").because(e))?;
        let base = config.base_url.trim_end_matches('/');
        Ok(UnionPay {
            http: Http::new(base, config.timeouts)?,
            files: Http::new(&config.file_url, config.timeouts)?.reading_up_to(MOST_BYTES),
            front: format!("{base}/gateway/api/frontTransReq.do"),
            clock,
            merchant_id: config.merchant_id,
            certificate_id: own.decimal_serial().to_owned(),
            private_key,
            trust,
        })
    }
}

impl PaymentChannel for UnionPay {
    fn name(&self) -> &'static str {
        "unionpay"
    }
    /// UnionPay knows no apps; the merchant stands for itself.
    fn app_id(&self) -> &str {
        &self.merchant_id
    }
    fn merchant_id(&self) -> &str {
        &self.merchant_id
    }
    fn create<'a>(&'a self, intent: &'a PaymentIntent) -> Pending<'a, PayInstruction> {
        Box::pin(async move { self.payment_form(intent) })
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
    fn fresh_for(&self) -> Option<i64> {
        Some(FRESH_FOR)
    }
    fn query_refund<'a>(&'a self, _: &'a str, refund_number: &'a str) -> Pending<'a, Option<ChannelRefund>> {
        Box::pin(self.find_refund(refund_number))
    }
    fn read_notice<'a>(&'a self, raw: &'a RawNotice<'a>) -> Pending<'a, Notice> {
        Box::pin(async move { self.open_notice(raw) })
    }
    fn bill(&self, day: i64) -> Pending<'_, Bill> {
        Box::pin(self.download_bill(day))
    }
}
