//! `hefang doctor`: tries everything the server will need and says of each what it found and what to do.

use crate::cli::say;
use crate::outside::Clients;
use crate::serve;
use kernel::{Clock, Error, Result, SystemClock};
use platform::Outside;
use platform::config::Config;
use platform::mall::Malls;
use std::sync::Arc;

struct Findings {
    problems: usize,
}

impl Findings {
    fn note(&mut self, what: &str, outcome: Result<String>, advice: &str) {
        match outcome {
            Ok(found) => say(&format!("✓ {what}：{found}")),
            Err(error) => {
                self.problems += 1;
                say(&format!("✗ {what}：{}", error.message()));
                if let Some(cause) = error.cause() {
                    say(&format!("    {cause}"));
                }
                say(&format!("    → {advice}"));
            }
        }
    }
}

/// Runs every check; fails if one of them did.
pub async fn run(config: Config) -> Result<()> {
    let mut findings = Findings { problems: 0 };
    let config = match serve::with_secret(config.clone()) {
        Ok(config) => {
            let length = config.security.secret_key.expose().len();
            let ok =
                if length >= 32 { Ok(format!("{length} 个字符")) } else { Err(Error::invalid("", "密钥太短")) };
            findings.note("密钥", ok, "在 security.secret_key 设置至少 32 个字符的随机文本");
            config
        }
        Err(error) => {
            findings.note("密钥", Err(error), "设置 security.secret_key 或环境变量 HEFANG_SECURITY__SECRET_KEY");
            config
        }
    };
    findings.note("时钟", clock(), "校准系统时间（NTP）；支付签名只接受 5 分钟以内的误差");
    findings.note("地址", address(&config), "在 server.public_url 写浏览器和支付平台能访问到的 https 地址");
    let database = serve::open_migrated(&config, &SystemClock).and_then(|db| db.check().map(|text| (db, text)));
    match database {
        Ok((db, text)) => {
            findings.note("数据库", Ok(text), "");
            let malls = Malls::default();
            let loaded = malls.load(&db, SystemClock.now()).await;
            let count = loaded.map(|()| format!("{} 座", malls.all().len()));
            findings.note("商城", count, "运行 hefang mall create --code 代号 --name 名称");
            outside(&config, &db, malls, &mut findings).await;
        }
        Err(error) => findings.note("数据库", Err(error), "检查 database.url、目录权限和磁盘空间"),
    }
    match findings.problems {
        0 => {
            say("一切正常");
            Ok(())
        }
        n => Err(Error::invalid("doctor.problems", format!("有 {n} 处需要处理"))),
    }
}

fn clock() -> Result<String> {
    let now = SystemClock.now();
    let built = kernel::Instant::parse("2026-01-01T00:00:00Z").unwrap_or_default();
    if now < built {
        Err(Error::invalid("", format!("系统时间是 {now}，明显不对")))
    } else {
        Ok(now.to_string())
    }
}

fn address(config: &Config) -> Result<String> {
    let url = &config.server.public_url;
    if url.is_empty() {
        return Ok(format!("http://{}:{}（只在本机可用）", config.server.bind, config.server.port));
    }
    if url.starts_with("https://") || url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost") {
        return Ok(url.clone());
    }
    Err(Error::invalid("", format!("{url} 不是 https 地址，微信不会回调它")))
}

async fn outside(config: &Config, db: &db::Db, malls: Malls, findings: &mut Findings) {
    let clients = match Clients::from_config(config, malls.clone(), Arc::new(SystemClock)) {
        Ok(clients) => clients,
        Err(error) => {
            findings.note("外部服务", Err(error), "检查配置文件的 [outside] 部分");
            return;
        }
    };
    let stored = clients.objects().check().await.map(|()| "可写可读".to_owned());
    findings.note("文件存储", stored, "检查 [outside.objects] 的地址、密钥和桶权限，或数据目录的权限");
    for mall in malls.all() {
        let name = &mall.settings.name;
        if let Err(error) = use_entered(config, db, &clients, mall.id).await {
            findings.note(name, Err(error), "后台保存的账号读不出来：检查 security.secret_key 是否换过");
            continue;
        }
        let advice = "在后台“设置 · 外部账号”里核对，改好后点检测";
        match clients.mini_program(mall.id) {
            Ok(program) => {
                let checked = program.check().await.map(|()| format!("{} 可用", program.app_id()));
                findings.note(&format!("{name} 微信小程序"), checked, advice);
            }
            Err(_) => findings.note(&format!("{name} 微信小程序"), Ok("未配置".to_owned()), ""),
        }
        for (channel, label) in [("wechat", "微信支付"), ("alipay", "支付宝"), ("unionpay", "银联")] {
            let what = format!("{name} {label}");
            match clients.payment_channel(mall.id, channel) {
                Ok(channel) => {
                    let checked = channel.query(&nobodys_number()).await;
                    let checked = checked.map(|_| format!("商户号 {} 可用", channel.merchant_id()));
                    findings.note(&what, checked, advice);
                }
                Err(_) => findings.note(&what, Ok("未配置".to_owned()), ""),
            }
        }
    }
}

/// A number that no payment has; every channel answers that it never heard of it.
fn nobodys_number() -> String {
    kernel::Ids::new(u8::MAX).next(&SystemClock).to_string()
}

/// Hands the clients what staff of a mall entered.
async fn use_entered(config: &Config, db: &db::Db, clients: &Clients, mall_id: kernel::MallId) -> Result<()> {
    let sealer = platform::seal::Sealer::new(config.security.secret_key.expose())?;
    let accounts = db.read(move |tx| crate::accounts::entered(tx, &sealer, mall_id)).await?;
    clients.use_accounts(mall_id, accounts)
}
