//! Clients made of accounts that staff entered. A client is kept while its account stays the same, with its access token
//! and its certificates; a changed account gets a new one at once. Addresses are those of the configuration, or official.

use crate::outside::OutsideConfig;
use gateways::alipay::{Alipay, AlipayConfig};
use gateways::express::{Kuaidi100, Kuaidi100Config};
use gateways::fapiao::{Fapiao, FapiaoConfig};
use gateways::sms::{AliyunSms, AliyunSmsConfig};
use gateways::unionpay::{UnionPay, UnionPayConfig};
use gateways::wechat::{
    IntracityConfig, MiniProgramConfig, WechatIntracity, WechatMiniProgram, WechatPay, WechatPayConfig,
};
use kernel::ports::{CourierService, ExpressTracker, InvoiceIssuer, MiniProgram, PaymentChannel, SmsSender};
use kernel::{Clock, Error, MallId, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

/// Values of an account by field name.
pub type Fields = BTreeMap<String, String>;

/// The clients of one mall's entered accounts.
#[derive(Default)]
pub struct MallClients {
    accounts: HashMap<String, Fields>,
    pub mini_program: Option<Arc<dyn MiniProgram>>,
    /// By service.
    pub merchants: BTreeMap<&'static str, Arc<dyn PaymentChannel>>,
    pub sms: Option<Arc<dyn SmsSender>>,
    pub express: Option<Arc<dyn ExpressTracker>>,
    pub issuer: Option<Arc<dyn InvoiceIssuer>>,
    pub courier: Option<Arc<dyn CourierService>>,
}

/// Where the services answer; empty for their official addresses.
struct Addresses {
    mini_program: Option<String>,
    pay: Option<String>,
    alipay: Option<String>,
    unionpay: Option<UnionPayPlace>,
    sms: Option<String>,
    express: Option<String>,
    /// The bridge to a provider has no official address: the deployment names it.
    fapiao: Option<String>,
}

/// UnionPay's two addresses, and whose certificate signs there.
struct UnionPayPlace {
    base_url: String,
    file_url: String,
    signer: String,
}

/// All malls' entered accounts.
pub struct Entered {
    addresses: Addresses,
    clock: Arc<dyn Clock>,
    malls: RwLock<HashMap<MallId, Arc<MallClients>>>,
}

impl Entered {
    pub fn new(outside: &OutsideConfig, clock: Arc<dyn Clock>) -> Self {
        let of_malls = || outside.mall.values();
        let addresses = Addresses {
            mini_program: of_malls().find_map(|mall| Some(mall.wechat_mini_program.as_ref()?.base_url.clone())),
            pay: of_malls().find_map(|mall| Some(mall.wechat_pay.as_ref()?.base_url.clone())),
            alipay: of_malls().find_map(|mall| Some(mall.alipay.as_ref()?.base_url.clone())),
            unionpay: of_malls().find_map(|mall| mall.unionpay.as_ref()).map(|account| UnionPayPlace {
                base_url: account.base_url.clone(),
                file_url: account.file_url.clone(),
                signer: account.signer.clone(),
            }),
            sms: outside.sms.as_ref().map(|account| account.base_url.clone()),
            express: outside.express.as_ref().map(|account| account.base_url.clone()),
            fapiao: (outside.fapiao_address.clone())
                .or_else(|| of_malls().find_map(|mall| Some(mall.fapiao.as_ref()?.base_url.clone()))),
        };
        Entered { addresses, clock, malls: RwLock::default() }
    }

    /// Whether accounts of invoices can be used: `account.no_address` (409) before the deployment named the bridge.
    pub fn can_issue(&self) -> Result<()> {
        let missing = || Error::conflict("account.no_address", "这个部署还没有配置开票服务的地址，请联系部署的人");
        self.addresses.fapiao.as_ref().map(drop).ok_or_else(missing)
    }

    /// The mall's clients; none of them when nothing was entered.
    pub fn of(&self, mall_id: MallId) -> Arc<MallClients> {
        let malls = self.malls.read().unwrap_or_else(PoisonError::into_inner);
        malls.get(&mall_id).cloned().unwrap_or_default()
    }

    /// Uses these accounts of a mall from now on.
    pub fn take(&self, mall_id: MallId, accounts: HashMap<String, Fields>) -> Result<()> {
        let before = self.of(mall_id);
        if before.accounts == accounts {
            return Ok(());
        }
        let mut made = self.make(&accounts)?;
        let same = |service: &str| before.accounts.get(service) == made.accounts.get(service);
        let (mini, sms, express) = (same("wechat_mini_program"), same("sms"), same("express"));
        if same("wechat_delivery") {
            made.courier.clone_from(&before.courier);
        }
        if same("fapiao") {
            made.issuer.clone_from(&before.issuer);
        }
        for (service, client) in before.merchants.iter().filter(|(service, _)| same(service)) {
            made.merchants.insert(service, client.clone());
        }
        if mini {
            made.mini_program.clone_from(&before.mini_program);
        }
        if sms {
            made.sms.clone_from(&before.sms);
        }
        if express {
            made.express.clone_from(&before.express);
        }
        self.malls.write().unwrap_or_else(PoisonError::into_inner).insert(mall_id, Arc::new(made));
        Ok(())
    }

    /// Clients of these accounts; keys that cannot be read are refused by name.
    pub fn make(&self, accounts: &HashMap<String, Fields>) -> Result<MallClients> {
        let mut made = MallClients { accounts: accounts.clone(), ..MallClients::default() };
        if let Some(fields) = accounts.get("wechat_mini_program") {
            let config: MiniProgramConfig = parsed(plain(fields), self.addresses.mini_program.as_ref())?;
            made.mini_program = Some(Arc::new(WechatMiniProgram::new(config, self.clock.clone())?));
        }
        if let Some(fields) = accounts.get("wechat_pay") {
            let config: WechatPayConfig = parsed(merchant(fields)?, self.addresses.pay.as_ref())?;
            made.merchants.insert("wechat_pay", Arc::new(WechatPay::new(config, self.clock.clone())?));
        }
        if let Some(fields) = accounts.get("alipay") {
            let config: AlipayConfig = parsed(alipay(fields)?, self.addresses.alipay.as_ref())?;
            made.merchants.insert("alipay", Arc::new(Alipay::new(config, self.clock.clone())?));
        }
        if let Some(fields) = accounts.get("unionpay") {
            let mut value = plain(fields);
            if let Some(place) = &self.addresses.unionpay {
                value["file_url"] = place.file_url.as_str().into();
                value["signer"] = place.signer.as_str().into();
            }
            let place = self.addresses.unionpay.as_ref().map(|place| &place.base_url);
            let config: UnionPayConfig = parsed(value, place)?;
            made.merchants.insert("unionpay", Arc::new(UnionPay::new(config, self.clock.clone())?));
        }
        if let Some(fields) = accounts.get("sms") {
            let mut value = plain(fields);
            let code = fields.get("template_sign_in_code").cloned().unwrap_or_default();
            value.as_object_mut().map(|map| map.remove("template_sign_in_code"));
            value["templates"] = json!({ "sign_in_code": code });
            let config: AliyunSmsConfig = parsed(value, self.addresses.sms.as_ref())?;
            made.sms = Some(Arc::new(AliyunSms::new(config, self.clock.clone())?));
        }
        if let Some(fields) = accounts.get("express") {
            let config: Kuaidi100Config = parsed(plain(fields), self.addresses.express.as_ref())?;
            made.express = Some(Arc::new(Kuaidi100::new(config)?));
        }
        if let Some(fields) = accounts.get("wechat_delivery") {
            let config: IntracityConfig = parsed(plain(fields), self.addresses.mini_program.as_ref())?;
            made.courier = Some(Arc::new(WechatIntracity::new(config, self.clock.clone())?));
        }
        // Without an address the account waits, and the others work.
        if let (Some(fields), Some(address)) = (accounts.get("fapiao"), self.addresses.fapiao.as_ref()) {
            let config: FapiaoConfig = parsed(issuer(fields)?, Some(address))?;
            made.issuer = Some(Arc::new(Fapiao::new(config, self.clock.clone())?));
        }
        Ok(made)
    }
}

fn plain(fields: &Fields) -> Value {
    fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}

/// The merchant's fields in the form of the configuration: both parts of the public key, or neither.
fn merchant(fields: &Fields) -> Result<Value> {
    let mut value = plain(fields);
    let (id, pem) = (fields.get("public_key_id"), fields.get("public_key"));
    if let Some(map) = value.as_object_mut() {
        map.remove("public_key_id");
        map.remove("public_key");
    }
    value["combined"] = Value::from(fields.get("combined").is_none_or(|choice| choice != "off"));
    value["trust"] = match (id, pem) {
        (Some(id), Some(pem)) => json!({ "mode": "public_key", "id": id, "pem": pem, "accept_certificates": true }),
        (None, None) => json!({ "mode": "platform_certificates" }),
        (None, Some(_)) => return Err(Error::field("public_key_id", "请填写微信支付公钥 ID，它以 PUB_KEY_ID_ 开头")),
        (Some(_), None) => return Err(Error::field("public_key", "请填写微信支付公钥的内容")),
    };
    Ok(value)
}

/// The Alipay account in the form of the configuration: a public key, or all three certificates.
fn alipay(fields: &Fields) -> Result<Value> {
    const CERTIFICATES: [(&str, &str, &str); 3] = [
        ("app_certificate", "app", "应用公钥证书"),
        ("alipay_certificate", "alipay", "支付宝公钥证书"),
        ("root_certificate", "root", "支付宝根证书"),
    ];
    let mut value = plain(fields);
    if let Some(map) = value.as_object_mut() {
        map.remove("alipay_public_key");
        for (name, ..) in CERTIFICATES {
            map.remove(name);
        }
    }
    if CERTIFICATES.iter().all(|(name, ..)| !fields.contains_key(*name)) {
        let key = fields.get("alipay_public_key");
        let key = key.ok_or_else(|| Error::field("alipay_public_key", "请填写支付宝公钥，或三份证书"))?;
        value["trust"] = json!({ "mode": "public_key", "key": key });
        return Ok(value);
    }
    value["trust"] = json!({ "mode": "certificates" });
    for (name, short, label) in CERTIFICATES {
        let pem = fields.get(name).ok_or_else(|| Error::field(name, format!("证书模式还要填写{label}")))?;
        value["trust"][short] = pem.as_str().into();
    }
    Ok(value)
}

/// The issuer's account in the form of the configuration: the rate is a number there.
fn issuer(fields: &Fields) -> Result<Value> {
    let mut value = plain(fields);
    if let Some(rate) = fields.get("tax_rate_percent") {
        let rate: u32 = rate
            .parse()
            .ok()
            .filter(|rate| *rate <= 13)
            .ok_or_else(|| Error::field("tax_rate_percent", "税率是 0 到 13 的整数"))?;
        value["tax_rate_percent"] = json!(rate);
    }
    let number = fields.get("seller_tax_number").map_or("", String::as_str);
    if !(15..=20).contains(&number.len()) || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::field("seller_tax_number", "统一社会信用代码是 18 位字母和数字"));
    }
    Ok(value)
}

fn parsed<T: DeserializeOwned>(mut value: Value, address: Option<&String>) -> Result<T> {
    if let Some(address) = address {
        value["base_url"] = address.as_str().into();
    }
    serde_json::from_value(value).map_err(|_| Error::invalid("account.incomplete", "这个账号还没有填完整"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combined_payment_is_on_unless_it_was_switched_off() {
        let combined = |choice: Option<&str>| {
            let fields = choice.map(|choice| ("combined".to_owned(), choice.to_owned())).into_iter().collect();
            merchant(&fields).unwrap()["combined"].clone()
        };
        assert_eq!([combined(None), combined(Some("on")), combined(Some("off"))], [true, true, false]);
    }
}
