//! What the outside services would have handed to a merchant: ids, secrets, the merchant's own key and certificate, and the
//! platform's public material. Written as one JSON file so that any SDK can be pointed at the stand-ins.

use serde::Serialize;

/// Everything a client needs.
#[derive(Clone, Serialize)]
pub struct Credentials {
    /// Base address of every service.
    pub base_url: String,
    pub wechat: MiniApp,
    pub wechat_pay: Merchant,
    pub alipay: AlipayMerchant,
    pub unionpay: UnionMerchant,
    pub aliyun_sms: AliyunSms,
    pub kuaidi100: Kuaidi100,
    pub fapiao: Fapiao,
    pub wechat_delivery: Intracity,
}

/// The mini program.
#[derive(Clone, Serialize)]
pub struct MiniApp {
    pub app_id: String,
    pub app_secret: String,
}

/// The merchant account at WeChat Pay.
#[derive(Clone, Serialize)]
pub struct Merchant {
    pub merchant_id: String,
    /// Serial of the merchant's certificate.
    pub merchant_serial: String,
    /// PKCS#8 PEM.
    pub merchant_private_key: String,
    /// 32 characters.
    pub api_v3_key: String,
    /// `PUB_KEY_ID_…`, for the trust mode with a fixed public key.
    pub public_key_id: String,
    /// SPKI PEM.
    pub public_key: String,
    /// What `GET /v3/certificates` would hand out at start, newest last.
    pub platform_certificates: Vec<PlatformCertificate>,
}

/// One platform certificate.
#[derive(Clone, Serialize)]
pub struct PlatformCertificate {
    pub serial: String,
    /// PEM.
    pub certificate: String,
}

/// The merchant account at Alipay, for both trust modes.
#[derive(Clone, Serialize)]
pub struct AlipayMerchant {
    pub app_id: String,
    /// `2088…`.
    pub seller_id: String,
    /// PKCS#8 PEM.
    pub app_private_key: String,
    /// SPKI PEM.
    pub alipay_public_key: String,
    /// PEM, as are the next two.
    pub app_certificate: String,
    pub alipay_certificate: String,
    pub root_certificate: String,
}

/// The merchant account at UnionPay; everything as PEM.
#[derive(Clone, Serialize)]
pub struct UnionMerchant {
    /// Where files are fetched from.
    pub file_url: String,
    pub merchant_id: String,
    pub certificate: String,
    pub private_key: String,
    pub middle_certificate: String,
    pub root_certificate: String,
    /// Whose certificate signs answers.
    pub signer: String,
}

/// The SMS account.
#[derive(Clone, Serialize)]
pub struct AliyunSms {
    pub access_key_id: String,
    pub access_key_secret: String,
    /// An approved signature; any other that is not empty is taken too.
    pub sign_name: String,
    /// An approved template with the parameter `code`; any other `SMS_…` is taken too.
    pub template_code: String,
}

/// The 快递100 account.
#[derive(Clone, Serialize)]
pub struct Kuaidi100 {
    pub customer: String,
    pub key: String,
}

/// API security of the mini program, with its store at the couriers' service.
#[derive(Clone, Serialize)]
pub struct Intracity {
    pub symmetric_serial: String,
    /// Base64.
    pub symmetric_key: String,
    /// PKCS#8 PEM.
    pub app_private_key: String,
    pub platform_serial: String,
    /// SPKI PEM.
    pub platform_public_key: String,
    /// Of the message push; signs callbacks.
    pub token: String,
    /// `wx_store_id` of a store.
    pub store_id: String,
}

/// The account at the issuer of invoices.
#[derive(Clone, Serialize)]
pub struct Fapiao {
    pub key: String,
    pub secret: String,
    /// 统一社会信用代码 of the seller.
    pub seller_tax_number: String,
}
