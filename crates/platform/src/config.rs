//! Configuration: `config/default.toml` (embedded, the commented reference of every setting), then a file, then the
//! environment (`HEFANG_SERVER__PORT=8080`). Unknown keys are errors, so a typo never passes silently.
//! Secrets print as `***`.

use kernel::{Error, Result};
use serde::Deserialize;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The commented reference, embedded.
pub const DEFAULT: &str = include_str!("../../../config/default.toml");

/// Text that must not reach a log.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(empty)" } else { "***" })
    }
}

/// All settings; meaning and units stand in `config/default.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub data: Data,
    pub database: Database,
    pub security: Security,
    pub rate_limit: RateLimit,
    pub api_keys: RateLimit,
    pub cache: Cache,
    pub jobs: Jobs,
    pub uploads: Uploads,
    pub privacy: Privacy,
    pub insight: Insight,
    pub log: Log,
    /// Clients of the outside world; parsed by `server::wiring` with the types of `gateways`.
    pub outside: Table,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub bind: IpAddr,
    pub port: u16,
    pub public_url: String,
    pub trusted_proxies: Vec<IpAddr>,
    pub cors_origins: Vec<String>,
    pub body_limit_kib: usize,
    pub request_timeout_s: u64,
    pub shutdown_grace_s: u64,
    pub node: u8,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Secret,
    pub tls_root: std::path::PathBuf,
    pub readers: usize,
    pub connections: usize,
    pub queue: usize,
    pub batch: usize,
    pub synchronous_full: bool,
    pub cache_kib: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    pub secret_key: Secret,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    pub requests_per_second: f64,
    pub burst: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    pub mib: u64,
    pub lifetime_ms: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    pub workers: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uploads {
    pub picture_zip_mib: usize,
    pub video_mib: usize,
    pub timeout_s: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    pub record_hold_days: i64,
    pub export_days: i64,
}

impl Privacy {
    /// For how long the records of a member who left are held; never less than the three years of 电商法 31.
    pub fn hold_days(&self) -> i64 {
        self.record_hold_days.max(1_096)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insight {
    pub keep_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub json: bool,
    pub access: bool,
}

impl Config {
    /// Defaults, then `file` if given, then `HEFANG_*` variables.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table = parse(DEFAULT, "config/default.toml")?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|e| invalid(format!("配置文件 {} 读不出来：{e}", path.display())))?;
            merge(&mut table, parse(&text, &path.display().to_string())?);
        }
        for (name, text) in environment {
            if let Some(path) = name.strip_prefix("HEFANG_") {
                let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
                set(&mut table, &keys, &text).map_err(|_| invalid(format!("环境变量 {name} 不是一个设置项")))?;
            }
        }
        Value::Table(table).try_into().map_err(|e: toml::de::Error| invalid(e.message().to_owned()))
    }

    /// `database.url`, or the embedded engine's file in the data folder.
    pub fn database_url(&self) -> String {
        match self.database.url.expose() {
            "" => format!("sqlite:{}", self.data.dir.join("hefang.db").display()),
            url => url.to_owned(),
        }
    }
}

fn invalid(text: String) -> Error {
    Error::invalid("config.invalid", format!("配置不正确：{text}"))
}

fn parse(text: &str, name: &str) -> Result<Table> {
    text.parse().map_err(|e: toml::de::Error| invalid(format!("{name}: {}", e.message())))
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

/// Sets a value by path; its type follows the default's (a number stays a number, a list is comma-separated).
fn set(table: &mut Table, keys: &[String], text: &str) -> Result<(), ()> {
    let (first, rest) = keys.split_first().ok_or(())?;
    if rest.is_empty() {
        let value = match table.get(first) {
            Some(Value::Integer(_)) => Value::Integer(text.parse().map_err(drop)?),
            Some(Value::Float(_)) => Value::Float(text.parse().map_err(drop)?),
            Some(Value::Boolean(_)) => Value::Boolean(text.parse().map_err(drop)?),
            Some(Value::Array(_)) => Value::Array(
                text.split(',').filter(|t| !t.is_empty()).map(|t| Value::String(t.trim().into())).collect(),
            ),
            _ => Value::String(text.to_owned()),
        };
        table.insert(first.clone(), value);
        return Ok(());
    }
    match table.get_mut(first) {
        Some(Value::Table(inner)) => set(inner, rest, text),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Config> {
        Config::load(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn environment_overrides_the_defaults() {
        let config = load(&[("HEFANG_SERVER__PORT", "9000"), ("OTHER", "x")]).unwrap();
        assert_eq!(config.server.port, 9000);
        assert!(config.database_url().starts_with("sqlite:"));
    }

    #[test]
    fn unknown_and_mistyped_settings_are_errors() {
        assert!(load(&[("HEFANG_SERVER__PROT", "9000")]).is_err());
        assert!(load(&[("HEFANG_NOTHING__AT_ALL", "1")]).is_err());
        assert!(load(&[("HEFANG_SERVER__PORT", "http")]).is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        let config = load(&[("HEFANG_SECURITY__SECRET_KEY", "hunter2hunter2")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
