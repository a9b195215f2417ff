//! `hefang demo`: the mall 河坊生活 with its goods, photographs, stores and reviews, served together with local stand-ins
//! for WeChat, WeChat Pay, Alipay, UnionPay, SMS and carriers. The stand-ins are mounted here and nowhere else.

mod after_sales;
mod booking;
mod brand;
mod brought;
mod campaigns;
mod catalog;
mod club;
mod counter;
mod deliveries;
mod finance;
mod fittings;
mod home;
mod orders;
mod seed;
mod stock;

pub(crate) use brought::{Brought, fill};
pub use catalog::Catalog;
pub(crate) use seed::save_photos;

use crate::cli::say;
use crate::outside::{Clients, MallAccounts, OutsideConfig};
use crate::{accounts as entered, flows, router, serve, wiring};
use gateways::Timeouts;
use gateways::alipay::{AlipayConfig, AlipayTrust};
use gateways::express::Kuaidi100Config;
use gateways::fapiao::FapiaoConfig;
use gateways::sms::AliyunSmsConfig;
use gateways::unionpay::UnionPayConfig;
use gateways::webhook::WebhookConfig;
use gateways::wechat::{IntracityConfig, MiniProgramConfig, PayTrust, WechatPayConfig};
use kernel::{Clock, Error, Result, SystemClock};
use platform::Outside;
use platform::config::Config;
use platform::mall::Malls;
use sandbox::{Pace, Sandbox, SandboxConfig};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Password of the demo's staff.
pub const PASSWORD: &str = "hefang-demo";

/// Seeds the demo mall if it is not there, and serves it until stopped.
///
/// What seeds does not serve: the program starts itself anew in the same process, so that the memory and the parts of
/// the program that seeding needed (a quarter of all it held) are not kept for as long as the mall is open.
pub async fn run(config: Config) -> Result<()> {
    let listener = serve::listen(&config).await?;
    let (prepared, seeded) = prepare_seeded(config).await?;
    if seeded {
        prepared.app.db.close();
        return Err(start_anew());
    }
    announce(&flows::hooks::public_url(&prepared.app));
    serve::run(prepared, listener).await
}

/// Puts this program with the same arguments in the place of this process; returns only where that failed. The listener
/// closes with it: who has knocked meanwhile knocks again.
fn start_anew() -> Error {
    use std::os::unix::process::CommandExt;
    let failed = |e: std::io::Error| {
        Error::invalid("demo.start_anew", format!("演示商城建好了，但程序没能重新启动：{e}。请再运行一次同样的命令"))
    };
    match std::env::current_exe() {
        Ok(program) => failed(std::process::Command::new(program).args(std::env::args_os().skip(1)).exec()),
        Err(e) => failed(e),
    }
}

/// The demo's application, seeded, with the stand-ins mounted at `/sandbox`.
pub async fn prepare(config: Config) -> Result<serve::Prepared> {
    Ok(prepare_seeded(config).await?.0)
}

/// The same, and whether the mall was made just now.
async fn prepare_seeded(config: Config) -> Result<(serve::Prepared, bool)> {
    let config = serve::with_secret(config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = serve::open_migrated(&config, &*clock)?;
    let malls = Malls::default();
    malls.load(&db, clock.now()).await?;
    let mut stand_ins =
        SandboxConfig::new(config.data.dir.join("sandbox"), format!("{}/sandbox", own_address(&config)));
    stand_ins.pace = Pace::demo();
    let sandbox = sandbox::router(stand_ins)?;
    let clients = Clients::new(accounts(&sandbox), &config, malls.clone(), clock.clone())?;
    let outside: Arc<dyn Outside> = Arc::new(clients);
    let app = wiring::build(config, db, clock, malls, outside)?;
    let missing = app.malls.resolve(Some(seed::CODE), None).is_err();
    if missing {
        seed::seed(&app).await?;
        app.malls.load(&app.db, app.clock.now()).await?;
        deliveries::seed(&app, seed::CODE).await?;
    }
    entered::reload(app.clone()).await?;
    let router = sandbox.mounted_at("/sandbox").merge(router::router(app.clone()));
    Ok((serve::Prepared { app, router }, missing))
}

fn own_address(config: &Config) -> String {
    match config.server.public_url.trim_end_matches('/') {
        "" => format!("http://{}:{}", config.server.bind, config.server.port),
        url => url.to_owned(),
    }
}

/// Accounts at the stand-ins, as if vendors had handed them out.
fn accounts(sandbox: &Sandbox) -> OutsideConfig {
    let given = &sandbox.credentials;
    let base_url = given.base_url.clone();
    let mini_program = MiniProgramConfig {
        base_url: base_url.clone(),
        app_id: given.wechat.app_id.clone(),
        app_secret: given.wechat.app_secret.as_str().into(),
        timeouts: Timeouts::default(),
    };
    let pay = &given.wechat_pay;
    let merchant = WechatPayConfig {
        base_url: base_url.clone(),
        merchant_id: pay.merchant_id.clone(),
        app_id: given.wechat.app_id.clone(),
        certificate_serial: pay.merchant_serial.clone(),
        private_key: pay.merchant_private_key.as_str().into(),
        api_v3_key: pay.api_v3_key.as_str().into(),
        trust: PayTrust::PublicKey {
            id: pay.public_key_id.clone(),
            pem: pay.public_key.as_str().into(),
            accept_certificates: true,
        },
        combined: true,
        timeouts: Timeouts::default(),
    };
    let alipay = AlipayConfig {
        base_url: base_url.clone(),
        app_id: given.alipay.app_id.clone(),
        seller_id: given.alipay.seller_id.clone(),
        private_key: given.alipay.app_private_key.as_str().into(),
        trust: AlipayTrust::PublicKey { key: given.alipay.alipay_public_key.as_str().into() },
        timeouts: Timeouts::default(),
    };
    let unionpay = UnionPayConfig {
        base_url: base_url.clone(),
        file_url: given.unionpay.file_url.clone(),
        merchant_id: given.unionpay.merchant_id.clone(),
        certificate: given.unionpay.certificate.as_str().into(),
        private_key: given.unionpay.private_key.as_str().into(),
        middle_certificate: given.unionpay.middle_certificate.as_str().into(),
        root_certificate: given.unionpay.root_certificate.as_str().into(),
        signer: given.unionpay.signer.clone(),
        timeouts: Timeouts::default(),
    };
    let fapiao = FapiaoConfig {
        base_url: base_url.clone(),
        key: given.fapiao.key.clone(),
        secret: given.fapiao.secret.as_str().into(),
        seller_tax_number: given.fapiao.seller_tax_number.clone(),
        tax_rate_percent: 13,
        tax_code: String::new(),
        timeouts: Timeouts::default(),
    };
    let api = &given.wechat_delivery;
    let delivery = IntracityConfig {
        base_url: base_url.clone(),
        app_id: given.wechat.app_id.clone(),
        app_secret: given.wechat.app_secret.as_str().into(),
        symmetric_serial: api.symmetric_serial.clone(),
        symmetric_key: api.symmetric_key.as_str().into(),
        private_key: api.app_private_key.as_str().into(),
        platform_serial: api.platform_serial.clone(),
        platform_key: api.platform_public_key.clone(),
        token: api.token.as_str().into(),
        trial: true,
        timeouts: Timeouts::default(),
    };
    let accounts = MallAccounts {
        wechat_mini_program: Some(mini_program),
        wechat_pay: Some(merchant),
        alipay: Some(alipay),
        unionpay: Some(unionpay),
        fapiao: Some(fapiao),
        wechat_delivery: Some(delivery),
    };
    OutsideConfig {
        objects: None,
        sms: Some(AliyunSmsConfig {
            base_url: base_url.clone(),
            access_key_id: given.aliyun_sms.access_key_id.clone(),
            access_key_secret: given.aliyun_sms.access_key_secret.as_str().into(),
            sign_name: given.aliyun_sms.sign_name.clone(),
            templates: BTreeMap::from([("sign_in_code".to_owned(), given.aliyun_sms.template_code.clone())]),
            timeouts: Timeouts::default(),
        }),
        express: Some(Kuaidi100Config {
            base_url,
            customer: given.kuaidi100.customer.clone(),
            key: given.kuaidi100.key.as_str().into(),
            timeouts: Timeouts::default(),
        }),
        fapiao_address: None,
        webhooks: WebhookConfig { allow_private: true, ..WebhookConfig::default() },
        mall: HashMap::from([(seed::CODE.to_owned(), accounts)]),
    }
}

fn announce(base: &str) {
    say("");
    say("河坊生活 已经开门");
    say(&format!("  商城      {base}/"));
    say(&format!("  后台      {base}/admin/      店主 admin / {PASSWORD}，店员 clerk / {PASSWORD}"));
    say(&format!("  接口文档  {base}/docs/"));
    say(&format!("  短信收件  {base}/sandbox/sms  用任意手机号登录，验证码在这里看"));
    say(&format!("  配送骑手  {base}/sandbox/couriers  替配送平台的骑手走一步"));
    say(&format!("  支付模拟  {base}/sandbox      收银台、故障开关"));
    say("  按 Ctrl-C 停止，数据会保留");
    say("");
}
