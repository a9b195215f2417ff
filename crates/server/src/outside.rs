//! Clients of the outside world as configured: one object store, one SMS account and one express account for the
//! deployment; a mini program and a merchant account for each mall. What is not configured refuses with a clear code.

use crate::entered::{Entered, Fields};
use gateways::alipay::{Alipay, AlipayConfig};
use gateways::express::{Kuaidi100, Kuaidi100Config};
use gateways::fapiao::{Fapiao, FapiaoConfig};
use gateways::objectstore::{LocalStore, LocalStoreConfig, S3Store, S3StoreConfig};
use gateways::sms::{AliyunSms, AliyunSmsConfig};
use gateways::unionpay::{UnionPay, UnionPayConfig};
use gateways::webhook::{WebhookClient, WebhookConfig};
use gateways::wechat::{
    IntracityConfig, MiniProgramConfig, WechatIntracity, WechatMiniProgram, WechatPay, WechatPayConfig,
};
use kernel::ports::{
    CourierService, ExpressTracker, InvoiceIssuer, MiniProgram, ObjectStore, PaymentChannel, Pending, SmsSender, Track,
    WebhookSender,
};
use kernel::{Clock, Error, MallId, Result};
use platform::Outside;
use platform::config::Config;
use platform::mall::Malls;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// The `[outside]` part of the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutsideConfig {
    pub objects: Option<ObjectsConfig>,
    pub sms: Option<AliyunSmsConfig>,
    pub express: Option<Kuaidi100Config>,
    /// Where the bridge to a provider of 数电票 answers, for accounts that staff enter.
    pub fapiao_address: Option<String>,
    pub webhooks: WebhookConfig,
    /// By mall code.
    pub mall: HashMap<String, MallAccounts>,
}

/// Where uploaded files lie.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ObjectsConfig {
    Local(LocalStoreConfig),
    S3(S3StoreConfig),
}

/// Accounts of one mall.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MallAccounts {
    pub wechat_mini_program: Option<MiniProgramConfig>,
    pub wechat_pay: Option<WechatPayConfig>,
    pub alipay: Option<AlipayConfig>,
    pub unionpay: Option<UnionPayConfig>,
    pub fapiao: Option<FapiaoConfig>,
    pub wechat_delivery: Option<IntracityConfig>,
}

/// The clients, made once at start-up; a broken key is found then, not at the first payment.
pub struct Clients {
    entered: Entered,
    has_sms: bool,
    has_express: bool,
    malls: Malls,
    objects: Arc<dyn ObjectStore>,
    sms: Arc<dyn SmsSender>,
    express: Arc<dyn ExpressTracker>,
    webhooks: Arc<dyn WebhookSender>,
    mini_programs: HashMap<String, Arc<dyn MiniProgram>>,
    merchants: HashMap<String, Vec<Arc<dyn PaymentChannel>>>,
    issuers: HashMap<String, Arc<dyn InvoiceIssuer>>,
    couriers: HashMap<String, Arc<dyn CourierService>>,
}

impl Clients {
    /// From `[outside]` of the configuration.
    pub fn from_config(config: &Config, malls: Malls, clock: Arc<dyn Clock>) -> Result<Self> {
        let table = toml::Value::Table(config.outside.clone());
        let outside: OutsideConfig = table.try_into().map_err(|e: toml::de::Error| {
            Error::invalid("config.invalid", format!("配置 [outside] 不正确：{}", e.message()))
        })?;
        Self::new(outside, config, malls, clock)
    }

    /// From parsed settings.
    pub fn new(outside: OutsideConfig, config: &Config, malls: Malls, clock: Arc<dyn Clock>) -> Result<Self> {
        let entered = Entered::new(&outside, clock.clone());
        let (has_sms, has_express) = (outside.sms.is_some(), outside.express.is_some());
        let objects: Arc<dyn ObjectStore> = match outside.objects {
            Some(ObjectsConfig::S3(s3)) => Arc::new(S3Store::new(s3, clock.clone())?),
            Some(ObjectsConfig::Local(local)) => Arc::new(LocalStore::new(local)?),
            None => Arc::new(LocalStore::new(LocalStoreConfig {
                root: config.data.dir.join("files"),
                public_base: "/files".into(),
            })?),
        };
        let sms: Arc<dyn SmsSender> = match outside.sms {
            Some(aliyun) => Arc::new(AliyunSms::new(aliyun, clock.clone())?),
            None => Arc::new(NotConfigured),
        };
        let express: Arc<dyn ExpressTracker> = match outside.express {
            Some(account) => Arc::new(Kuaidi100::new(account)?),
            None => Arc::new(NotConfigured),
        };
        let webhooks = Arc::new(WebhookClient::new(&outside.webhooks)?);
        let mut clients = Clients {
            entered,
            has_sms,
            has_express,
            malls,
            objects,
            sms,
            express,
            webhooks,
            mini_programs: HashMap::new(),
            merchants: HashMap::new(),
            issuers: HashMap::new(),
            couriers: HashMap::new(),
        };
        for (code, accounts) in outside.mall {
            clients.add_mall(&code, accounts, clock.clone())?;
        }
        Ok(clients)
    }

    fn add_mall(&mut self, code: &str, accounts: MallAccounts, clock: Arc<dyn Clock>) -> Result<()> {
        if let Some(program) = accounts.wechat_mini_program {
            self.mini_programs.insert(code.to_owned(), Arc::new(WechatMiniProgram::new(program, clock.clone())?));
        }
        if let Some(delivery) = accounts.wechat_delivery {
            self.couriers.insert(code.to_owned(), Arc::new(WechatIntracity::new(delivery, clock.clone())?));
        }
        let mut merchants: Vec<Arc<dyn PaymentChannel>> = Vec::new();
        if let Some(issuer) = accounts.fapiao {
            self.issuers.insert(code.to_owned(), Arc::new(Fapiao::new(issuer, clock.clone())?));
        }
        if let Some(merchant) = accounts.wechat_pay {
            merchants.push(Arc::new(WechatPay::new(merchant, clock.clone())?));
        }
        if let Some(merchant) = accounts.alipay {
            merchants.push(Arc::new(Alipay::new(merchant, clock.clone())?));
        }
        if let Some(merchant) = accounts.unionpay {
            merchants.push(Arc::new(UnionPay::new(merchant, clock)?));
        }
        self.merchants.insert(code.to_owned(), merchants);
        Ok(())
    }
}

impl Outside for Clients {
    fn mini_program(&self, mall_id: MallId) -> Result<Arc<dyn MiniProgram>> {
        if let Some(program) = self.entered.of(mall_id).mini_program.clone() {
            return Ok(program);
        }
        let mall = self.malls.get(mall_id)?;
        self.mini_programs
            .get(&mall.code)
            .cloned()
            .ok_or_else(|| Error::conflict("wechat.not_configured", "这家商城还没有配置微信小程序"))
    }

    fn payment_channel(&self, mall_id: MallId, channel: &str) -> Result<Arc<dyn PaymentChannel>> {
        let mall = self.malls.get(mall_id)?;
        let entered = self.entered.of(mall_id);
        let configured = self.merchants.get(&mall.code).into_iter().flatten();
        entered
            .merchants
            .values()
            .chain(configured)
            .find(|account| account.name() == channel)
            .cloned()
            .ok_or_else(|| Error::conflict("payment.channel_unavailable", "这种支付方式暂时不可用"))
    }

    fn invoices(&self, mall_id: MallId) -> Result<Arc<dyn InvoiceIssuer>> {
        let mall = self.malls.get(mall_id)?;
        let entered = self.entered.of(mall_id).issuer.clone();
        let found = entered.or_else(|| self.issuers.get(&mall.code).cloned());
        found.ok_or_else(|| Error::conflict("invoice.not_configured", "这家商城还没有开通电子发票，请联系客服"))
    }

    fn courier(&self, mall_id: MallId) -> Result<Arc<dyn CourierService>> {
        let mall = self.malls.get(mall_id)?;
        let entered = self.entered.of(mall_id).courier.clone();
        let found = entered.or_else(|| self.couriers.get(&mall.code).cloned());
        found.ok_or_else(|| {
            Error::conflict("courier.not_configured", "还没有填配送平台的账号，请先到“外部账号”填微信同城配送")
        })
    }

    fn sms(&self) -> Arc<dyn SmsSender> {
        self.sms.clone()
    }
    fn express(&self) -> Arc<dyn ExpressTracker> {
        self.express.clone()
    }
    fn objects(&self) -> Arc<dyn ObjectStore> {
        self.objects.clone()
    }
    fn webhooks(&self) -> Result<Arc<dyn WebhookSender>> {
        Ok(self.webhooks.clone())
    }
    fn sms_of(&self, mall_id: MallId) -> Arc<dyn SmsSender> {
        self.entered.of(mall_id).sms.clone().unwrap_or_else(|| self.sms.clone())
    }
    fn express_of(&self, mall_id: MallId) -> Arc<dyn ExpressTracker> {
        self.entered.of(mall_id).express.clone().unwrap_or_else(|| self.express.clone())
    }
    fn has_account(&self, mall_id: MallId, service: &str) -> bool {
        let code = self.malls.get(mall_id).map(|mall| mall.code.clone()).unwrap_or_default();
        let pays_by = |channel: &str| self.merchants.get(&code).into_iter().flatten().any(|m| m.name() == channel);
        match service {
            "wechat_pay" => pays_by("wechat"),
            "alipay" | "unionpay" => pays_by(service),
            "wechat_mini_program" => self.mini_programs.contains_key(&code),
            "sms" => self.has_sms,
            "express" => self.has_express,
            "fapiao" => self.issuers.contains_key(&code),
            "wechat_delivery" => self.couriers.contains_key(&code),
            _ => true,
        }
    }
    fn try_account(&self, _: MallId, service: &str, fields: &Fields) -> Result<()> {
        if service == "fapiao" {
            self.entered.can_issue()?;
        }
        self.entered.make(&HashMap::from([(service.to_owned(), fields.clone())])).map(drop)
    }
    fn use_accounts(&self, mall_id: MallId, accounts: HashMap<String, Fields>) -> Result<()> {
        self.entered.take(mall_id, accounts)
    }
}

/// Stands where nothing was configured, and says so.
struct NotConfigured;

impl SmsSender for NotConfigured {
    fn send<'a>(&'a self, _: &'a str, _: &'a str, _: &'a [(&'a str, &'a str)]) -> Pending<'a, ()> {
        Box::pin(async { Err(Error::conflict("sms.not_configured", "短信服务还没有配置，请联系商家")) })
    }
}

impl ExpressTracker for NotConfigured {
    fn track<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Pending<'a, Option<Track>> {
        Box::pin(async { Ok(None) })
    }
}
