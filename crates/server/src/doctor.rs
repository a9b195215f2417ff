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
            outside(&config, malls, &mut findings).await;
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

async fn outside(config: &Config, malls: Malls, findings: &mut Findings) {
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
        let program = match clients.mini_program(mall.id) {
            Ok(_) => "微信小程序已配置",
            Err(_) => "微信小程序未配置",
        };
        let merchant = match clients.payment_channel(mall.id, "wechat") {
            Ok(_) => "微信支付已配置",
            Err(_) => "微信支付未配置",
        };
        findings.note(name, Ok(format!("{program}，{merchant}")), "");
    }
}
