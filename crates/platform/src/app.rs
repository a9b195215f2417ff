//! What every handler and job can reach: the database, the clock, sessions, caches, files and the outside world.
//! Built once in `server::wiring` (and by the test kit with other parts).

use crate::attached::Attached;
use crate::cache::Cache;
use crate::config::Config;
use crate::ctx::Ctx;
use crate::job::Jobs;
use crate::mall::Malls;
use crate::metrics::Metrics;
use crate::permission::GrantSource;
use crate::ratelimit::RateLimit;
use crate::seal::Sealer;
use crate::session::Sessions;
use db::Db;
use kernel::ports::{
    CourierService, ExpressTracker, InvoiceIssuer, MiniProgram, ObjectStore, PaymentChannel, SmsSender, WebhookSender,
};
use kernel::{Actor, Clock, Error, Ids, MallId, Result};
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

/// Clients of the outside world, by mall where accounts differ.
pub trait Outside: Send + Sync {
    /// The mall's mini program; `wechat.not_configured` (409) when its keys are missing.
    fn mini_program(&self, mall_id: MallId) -> Result<Arc<dyn MiniProgram>>;
    /// The mall's account at a payment channel; `payment.channel_unavailable` (409) when it is not set up.
    fn payment_channel(&self, mall_id: MallId, channel: &str) -> Result<Arc<dyn PaymentChannel>>;
    fn sms(&self) -> Arc<dyn SmsSender>;
    fn express(&self) -> Arc<dyn ExpressTracker>;
    fn objects(&self) -> Arc<dyn ObjectStore>;
    /// Posts to integrators' addresses; `webhook.not_configured` (409) where nothing may leave.
    fn webhooks(&self) -> Result<Arc<dyn WebhookSender>> {
        Err(Error::conflict("webhook.not_configured", "这里不能向外发送 Webhook"))
    }

    /// Who issues the mall's invoices; `invoice.not_configured` (409) where nobody does.
    fn invoices(&self, _mall_id: MallId) -> Result<Arc<dyn InvoiceIssuer>> {
        Err(Error::conflict("invoice.not_configured", "这家商城还没有开通电子发票，请联系客服"))
    }

    /// Who calls couriers for the mall; `courier.not_configured` (409) where nobody does.
    fn courier(&self, _mall_id: MallId) -> Result<Arc<dyn CourierService>> {
        Err(Error::conflict("courier.not_configured", "这家商城还没有开通配送平台"))
    }

    /// The mall's own SMS account, else the deployment's.
    fn sms_of(&self, _mall_id: MallId) -> Arc<dyn SmsSender> {
        self.sms()
    }
    /// The mall's own express account, else the deployment's.
    fn express_of(&self, _mall_id: MallId) -> Arc<dyn ExpressTracker> {
        self.express()
    }
    /// Whether the configuration names an account at `service` for this mall.
    fn has_account(&self, _mall_id: MallId, _service: &str) -> bool {
        false
    }
    /// Makes a client of what staff typed and throws it away: keys that cannot be read are refused before they are kept.
    fn try_account(&self, _mall_id: MallId, _service: &str, _fields: &BTreeMap<String, String>) -> Result<()> {
        Ok(())
    }
    /// Uses these accounts of a mall, by service, from now on, and the configuration's for services not among them.
    fn use_accounts(&self, _mall_id: MallId, _accounts: HashMap<String, BTreeMap<String, String>>) -> Result<()> {
        Ok(())
    }
}

/// The parts of the program; see [`App`].
pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<Ids>,
    pub outside: Arc<dyn Outside>,
    pub grants: Arc<dyn GrantSource>,
    pub malls: Malls,
    pub sessions: Sessions,
    pub sealer: Sealer,
    pub cache: Cache,
    pub rate_limit: RateLimit,
    pub metrics: Metrics,
    pub jobs: Jobs,
    /// What higher floors hang on.
    pub attached: Attached,
}

/// Shared handle to the [`Parts`]; the state of every route.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl App {
    pub fn new(parts: Parts) -> Self {
        App(Arc::new(parts))
    }

    /// Context for `actor` in a mall, at this moment.
    pub fn ctx(&self, mall_id: MallId, actor: Actor) -> Ctx {
        Ctx::new(mall_id, actor, self.clock.clone(), self.ids.clone())
            .with_cache(self.cache.clone())
            .with_jobs(self.jobs.clone())
            .with_attached(self.attached.clone())
    }

    /// Context of jobs and notices.
    pub fn system(&self, mall_id: MallId) -> Ctx {
        self.ctx(mall_id, Actor::System)
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
