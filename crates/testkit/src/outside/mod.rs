//! The outside world in memory: a payment channel and a mini program for each mall, one inbox of text messages, one
//! carrier, one file store. Each has levers for what goes wrong outside; none opens a socket.

mod bill;
mod channel;
mod code;
mod combined;
mod courier;
mod express;
mod instruction;
mod issuer;
mod mini_program;
mod notice;
mod objects;
mod sms;
mod transfers;
mod webhooks;

pub use channel::{Call, LocalChannel, Trouble};
pub use courier::LocalCourier;
pub use express::LocalExpress;
pub use issuer::{IssuerMood, LocalIssuer};
pub use mini_program::LocalMiniProgram;
pub use notice::LocalNotice;
pub use objects::LocalObjects;
pub use sms::{LocalSms, Message};
pub use transfers::LocalTransfers;
pub use webhooks::{LocalWebhooks, Posted};

use kernel::ports::{
    CourierService, ExpressTracker, InvoiceIssuer, MiniProgram, ObjectStore, PaymentChannel, SmsSender, WebhookSender,
};
use kernel::{Clock, Error, MallId, Result};
use platform::Outside;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Everything outside of one test's world.
pub struct LocalOutside {
    accounts: RwLock<HashMap<MallId, Accounts>>,
    pub sms: Arc<LocalSms>,
    pub express: Arc<LocalExpress>,
    pub objects: Arc<LocalObjects>,
    pub webhooks: Arc<LocalWebhooks>,
    clock: Arc<dyn Clock>,
}

/// What one mall has outside.
#[derive(Clone)]
pub struct Accounts {
    pub wechat: Arc<LocalChannel>,
    pub alipay: Arc<LocalChannel>,
    pub unionpay: Arc<LocalChannel>,
    pub mini_program: Arc<LocalMiniProgram>,
    pub issuer: Arc<LocalIssuer>,
    pub courier: Arc<LocalCourier>,
}

impl LocalOutside {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        LocalOutside {
            accounts: RwLock::default(),
            sms: Arc::default(),
            express: Arc::default(),
            objects: Arc::default(),
            webhooks: Arc::default(),
            clock,
        }
    }

    /// Opens a merchant account and registers a mini program for a new mall.
    pub fn open_accounts(&self, mall_id: MallId) -> Accounts {
        let app_id = format!("wx{mall_id}");
        let made = Accounts {
            wechat: Arc::new(LocalChannel::new("wechat", &app_id, &format!("mch{mall_id}"), self.clock.clone())),
            alipay: Arc::new(LocalChannel::new("alipay", &app_id, &format!("pid{mall_id}"), self.clock.clone())),
            unionpay: Arc::new(LocalChannel::new("unionpay", &app_id, &format!("mer{mall_id}"), self.clock.clone())),
            mini_program: Arc::new(LocalMiniProgram::new(&app_id)),
            issuer: Arc::new(LocalIssuer::new(self.clock.clone())),
            courier: Arc::default(),
        };
        self.accounts.write().unwrap_or_else(PoisonError::into_inner).insert(mall_id, made.clone());
        made
    }

    fn of(&self, mall_id: MallId) -> Option<Accounts> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(&mall_id).cloned()
    }
}

impl Outside for LocalOutside {
    fn mini_program(&self, mall_id: MallId) -> Result<Arc<dyn MiniProgram>> {
        let missing = || Error::conflict("wechat.not_configured", "没有小程序");
        Ok(self.of(mall_id).ok_or_else(missing)?.mini_program)
    }

    fn payment_channel(&self, mall_id: MallId, channel: &str) -> Result<Arc<dyn PaymentChannel>> {
        let missing = || Error::conflict("payment.channel_unavailable", "没有这种支付方式");
        let accounts = self.of(mall_id).ok_or_else(missing)?;
        match channel {
            "wechat" => Ok(accounts.wechat),
            "alipay" => Ok(accounts.alipay),
            "unionpay" => Ok(accounts.unionpay),
            _ => Err(missing()),
        }
    }

    fn invoices(&self, mall_id: MallId) -> Result<Arc<dyn InvoiceIssuer>> {
        let missing = || Error::conflict("invoice.not_configured", "没有开通电子发票");
        Ok(self.of(mall_id).ok_or_else(missing)?.issuer)
    }

    fn courier(&self, mall_id: MallId) -> Result<Arc<dyn CourierService>> {
        let missing = || Error::conflict("courier.not_configured", "没有配送平台");
        Ok(self.of(mall_id).ok_or_else(missing)?.courier)
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
}

/// A failed test must not hide its reason behind a poisoned lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
