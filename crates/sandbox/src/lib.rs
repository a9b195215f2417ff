//! Local stand-ins for the outside world of a mini-program shop: the WeChat mini-program API, WeChat Pay v3, Alipay, UnionPay,
//! Alibaba Cloud SMS, 快递100 and an issuer of 数电票. They speak the real protocols (signatures both ways, expiring tokens, single-use codes, error codes, the
//! retry schedule of notices), so a client that works here sends what it would send outside; outside SDKs check that too.
//! A person meets them as pages: a cashier, an inbox of text messages, and a console with failure switches.
//! State lives in memory and is bounded; keys and payments are kept in a folder so a restart does not lose them.
//!
//! Where it differs on purpose: `notify_url` may be plain HTTP on this machine, `code_url` and `h5_url` open our cashier,
//! and a request may be signed for its path with or without the prefix the stand-ins are mounted under.

mod alipay;
mod archive;
mod bounded;
mod cashier;
mod china;
mod config;
mod console;
mod control;
mod credentials;
mod express;
mod fapiao;
mod form_notice;
mod keyring;
mod mini;
mod page;
mod pay;
mod sms;
mod snapshot;
mod switches;
mod unionpay;
mod world;

pub use config::{Pace, SandboxConfig};
pub use control::{Control, Message};
pub use credentials::{
    AlipayMerchant, AliyunSms, Credentials, Fapiao, Intracity, Kuaidi100, Merchant, MiniApp, PlatformCertificate,
    UnionMerchant,
};
pub use switches::Fault;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use std::path::PathBuf;
use std::sync::Arc;

/// The running stand-ins.
pub struct Sandbox {
    /// Routes from the root: `/v3/…`, `/gateway.do`, `/gateway/api/…`, `/cgi-bin/…`, `/sns/…`, `/wxa/…`, `/poll/query.do`, `/` (SMS API and console), `/cashier/…`.
    pub router: Router,
    /// What a merchant would have been given, also written to [`Sandbox::credentials_path`].
    pub credentials: Credentials,
    /// JSON file with [`Credentials`], for outside SDKs.
    pub credentials_path: PathBuf,
    /// Levers for tests and demos: codes, payments, faults.
    pub control: Control,
    world: Arc<world::World>,
}

impl Sandbox {
    /// The same routes under a prefix such as `/sandbox`, with and without a slash at the end.
    pub fn mounted_at(&self, prefix: &str) -> Router {
        let prefix = prefix.trim_end_matches('/').to_owned();
        let slash = format!("{prefix}/");
        let to_console = {
            let home = prefix.clone();
            move || async move { Redirect::permanent(&home) }
        };
        // Nesting leaves out the bare slash, where the SMS API is called.
        let bare = Router::new().route(&slash, get(to_console).post(sms::call)).with_state(self.world.clone());
        Router::new().nest(&prefix, self.router.clone()).merge(bare)
    }
}

/// Builds the stand-ins. Creates keys in `config.folder` on the first start (eight RSA keys, about a second).
/// Errors name the file that cannot be read or written.
pub fn router(config: SandboxConfig) -> kernel::Result<Sandbox> {
    let world = Arc::new(world::World::open(config)?);
    let router = Router::new()
        .merge(mini::routes())
        .merge(pay::routes(&world))
        .merge(alipay::routes())
        .merge(unionpay::routes())
        .merge(express::routes())
        .merge(fapiao::routes())
        .merge(cashier::routes())
        .merge(sms::routes())
        .merge(console::routes())
        .with_state(world.clone());
    Ok(Sandbox {
        router,
        credentials: world.credentials(),
        credentials_path: world.credentials_path(),
        control: Control::new(world.clone()),
        world,
    })
}
