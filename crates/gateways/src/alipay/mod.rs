//! Alipay of one merchant, as a [`PaymentChannel`]: page pay, mobile web pay, the mini program's trades and payment codes.
//! Every request is signed (RSA2), and nothing is believed whose signature does not verify over the raw text of the answer.
//! A page or mobile payment needs no call: the address itself is signed, and the trade exists only once the payer opened it.
//! Amounts travel as yuan with two decimals and are read exactly or not at all.

mod bill;
mod call;
mod code;
mod notices;
mod payments;
mod refunds;

use crate::http::Http;
use crate::{Secret, Timeouts};
use kernel::ports::{
    Bill, ChannelPayment, ChannelRefund, CloseOutcome, CodeChannel, Notice, PayInstruction, PaymentChannel,
    PaymentIntent, Pending, RawNotice, RefundRequest,
};
use kernel::{Clock, Error, Result};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use wire::{Certificate, PrivateKey, PublicKey, WireError, alipay};

/// Settings of one merchant account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlipayConfig {
    /// `https://openapi.alipay.com`, or the address of a stand-in; requests go to `/gateway.do` below it.
    #[serde(default = "official")]
    pub base_url: String,
    /// App id of the web or mobile app, or of the mini program.
    pub app_id: String,
    /// Partner id of the merchant (PID, 16 digits beginning with 2088).
    pub seller_id: String,
    /// The app's private key: PEM, bare base64, or `file:` and a path.
    pub private_key: Secret,
    /// How requests name our key and answers are proven to be Alipay's.
    pub trust: AlipayTrust,
    #[serde(default)]
    pub timeouts: Timeouts,
}

fn official() -> String {
    "https://openapi.alipay.com".to_owned()
}

/// 接口加签方式: public keys, or certificates.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum AlipayTrust {
    /// 公钥模式.
    PublicKey {
        /// 支付宝公钥 (not the app's own): PEM, bare base64, or `file:` and a path.
        key: Secret,
    },
    /// 证书模式: three certificates, each as PEM or `file:` and a path.
    Certificates {
        /// `appCertPublicKey_….crt`.
        app: Secret,
        /// `alipayCertPublicKey_RSA2.crt`.
        alipay: Secret,
        /// `alipayRootCert.crt`.
        root: Secret,
    },
}

/// What each request says of the certificates in use.
#[derive(Debug)]
struct CertificateNames {
    app: String,
    root: String,
    /// Answers name the certificate they were signed with.
    alipay: String,
}

/// Client of one merchant account. Cheap to share behind an `Arc`.
pub struct Alipay {
    http: Http,
    gateway: String,
    clock: Arc<dyn Clock>,
    app_id: String,
    seller_id: String,
    private_key: PrivateKey,
    alipay_key: PublicKey,
    certificates: Option<CertificateNames>,
}

impl fmt::Debug for Alipay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alipay({} {})", self.seller_id, self.app_id)
    }
}

impl Alipay {
    /// Reads the keys; a key that cannot be read is `alipay.config` and says which.
    pub fn new(config: AlipayConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let unreadable = |name: &'static str| {
            move |cause: WireError| {
                Error::invalid("alipay.config", format!("支付宝配置 {name} 无法读取，请检查格式")).because(cause)
            }
        };
        let private_key = PrivateKey::parse(config.private_key.expose()).map_err(unreadable("private_key"))?;
        let (alipay_key, certificates) = match &config.trust {
            AlipayTrust::PublicKey { key } => {
                (PublicKey::parse(key.expose()).map_err(unreadable("alipay_public_key"))?, None)
            }
            AlipayTrust::Certificates { app, alipay, root } => {
                let own = Certificate::parse(app.expose()).map_err(unreadable("app_certificate"))?;
                let proof = "an own certificate belongs to the own key";
                if own.public_key().verify(proof, &private_key.sign(proof)).is_err() {
                    return Err(Error::invalid("alipay.config", "应用公钥证书和应用私钥不是一对"));
                }
                let theirs = Certificate::parse(alipay.expose()).map_err(unreadable("alipay_certificate"))?;
                let names = CertificateNames {
                    app: alipay::certificate_sn(app.expose()).map_err(unreadable("app_certificate"))?,
                    root: alipay::root_certificate_sn(root.expose()).map_err(unreadable("root_certificate"))?,
                    alipay: alipay::certificate_sn(alipay.expose()).map_err(unreadable("alipay_certificate"))?,
                };
                (theirs.public_key().clone(), Some(names))
            }
        };
        let base = config.base_url.trim_end_matches('/');
        Ok(Alipay {
            http: Http::new(base, config.timeouts)?,
            gateway: format!("{base}/gateway.do"),
            clock,
            app_id: config.app_id,
            seller_id: config.seller_id,
            private_key,
            alipay_key,
            certificates,
        })
    }
}

impl PaymentChannel for Alipay {
    fn name(&self) -> &'static str {
        "alipay"
    }
    fn app_id(&self) -> &str {
        &self.app_id
    }
    fn merchant_id(&self) -> &str {
        &self.seller_id
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
    fn query_refund<'a>(
        &'a self,
        payment_number: &'a str,
        refund_number: &'a str,
    ) -> Pending<'a, Option<ChannelRefund>> {
        Box::pin(self.find_refund(payment_number, refund_number))
    }
    fn payer<'a>(&'a self, code: &'a str) -> Pending<'a, String> {
        Box::pin(self.payer_of(code))
    }
    fn read_notice<'a>(&'a self, raw: &'a RawNotice<'a>) -> Pending<'a, Notice> {
        Box::pin(self.open_notice(raw))
    }
    fn codes(&self) -> Option<&dyn CodeChannel> {
        Some(self)
    }
    fn bill(&self, day: i64) -> Pending<'_, Bill> {
        Box::pin(self.download_bill(day))
    }
}
