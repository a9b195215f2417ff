//! Any S3-compatible store: requests signed by `rusty-s3` (SigV4 in the query), sent by our HTTP client.
//! Both address styles: `path` for MinIO and most local servers, `virtual_host` for AWS, OSS and COS.

use super::{key, local::try_out};
use crate::http::{Answer, Fault, Http, Repeat, cut, parse_url};
use crate::{Secret, Timeouts};
use jiff::Timestamp;
use kernel::ports::{ObjectStore, Pending};
use kernel::{Clock, Error, Result};
use reqwest::{Method, Url};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a signed address may be used.
const SIGNED_FOR: Duration = Duration::from_secs(300);
/// Largest object that can be read back.
const MAX_OBJECT_BYTES: usize = 256 << 20;

/// Settings of one bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3StoreConfig {
    /// Endpoint without the bucket: `https://s3.oss-cn-hangzhou.aliyuncs.com`, `https://cos.ap-shanghai.myqcloud.com`.
    pub endpoint: String,
    /// Region as the vendor names it: `oss-cn-hangzhou`, `ap-shanghai`, `us-east-1`.
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub access_key_secret: Secret,
    #[serde(default)]
    pub style: S3Style,
    /// What stands before a key in addresses (a CDN, or a public bucket). Default: the bucket's own address.
    #[serde(default)]
    pub public_base: Option<String>,
    /// Default 2 s to connect and 60 s in total, because files are large.
    #[serde(default = "patient")]
    pub timeouts: Timeouts,
}

fn patient() -> Timeouts {
    Timeouts { total_ms: 60_000, ..Timeouts::default() }
}

/// Where the bucket's name stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum S3Style {
    /// `https://bucket.endpoint/key`.
    #[default]
    VirtualHost,
    /// `https://endpoint/bucket/key`.
    Path,
}

/// Client of one bucket.
pub struct S3Store {
    http: Http,
    bucket: Bucket,
    credentials: Credentials,
    public_base: String,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Store({})", self.bucket.base_url())
    }
}

fn unavailable() -> Error {
    Error::unavailable("storage.unavailable", "文件暂时存取不了，请稍后再试")
}

/// The `<Code>` of an S3 error document, with the request id.
fn refused(answer: &Answer) -> Error {
    let text = String::from_utf8_lossy(&answer.body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("-", |(code, _)| code);
    let request = answer.header("x-amz-request-id").unwrap_or("-");
    unavailable().because(format!("http {} {} (request {request})", answer.status, cut(code, 100)))
}

impl S3Store {
    pub fn new(config: S3StoreConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        let style = match config.style {
            S3Style::VirtualHost => UrlStyle::VirtualHost,
            S3Style::Path => UrlStyle::Path,
        };
        let endpoint = parse_url("storage.endpoint", &config.endpoint)?;
        let bucket = Bucket::new(endpoint, style, config.bucket, config.region).map_err(|e| {
            Error::invalid("config.bucket", "配置 storage.bucket 不是可用的桶名").because(format!("{e:?}"))
        })?;
        let http = Http::new(bucket.base_url().as_str(), config.timeouts)?.reading_up_to(MAX_OBJECT_BYTES);
        let public_base = config.public_base.unwrap_or_else(|| bucket.base_url().to_string());
        Ok(S3Store {
            http,
            bucket,
            credentials: Credentials::new(config.access_key_id, config.access_key_secret.expose()),
            public_base: public_base.trim_end_matches('/').to_owned(),
            clock,
        })
    }

    /// Signs for the clock's instant.
    fn signed<'a>(&self, action: &impl S3Action<'a>) -> Result<Url> {
        let now = Timestamp::from_millisecond(self.clock.now().0).map_err(Error::internal)?;
        Ok(action.sign_with_time(SIGNED_FOR, &now))
    }

    /// Reads and writes of a whole object are the same when repeated.
    async fn send(&self, request: impl Fn() -> reqwest::RequestBuilder) -> Result<Answer> {
        self.http.send(Repeat::Harmless, request).await.map_err(|fault: Fault| unavailable().because(fault.text))
    }

    async fn write(&self, key: &str, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        key::check(key)?;
        let mut action = self.bucket.put_object(Some(&self.credentials), key);
        action.headers_mut().insert("content-type", content_type.to_owned());
        let (url, bytes) = (self.signed(&action)?, bytes::Bytes::from(bytes));
        let request =
            || self.http.to(Method::PUT, url.clone()).header("content-type", content_type).body(bytes.clone());
        let answer = self.send(request).await?;
        if answer.is_success() { Ok(()) } else { Err(refused(&answer)) }
    }

    async fn load(&self, key: &str) -> Result<Option<(Vec<u8>, String)>> {
        key::check(key)?;
        let url = self.signed(&self.bucket.get_object(Some(&self.credentials), key))?;
        let answer = self.send(|| self.http.to(Method::GET, url.clone())).await?;
        if answer.status == 404 && !String::from_utf8_lossy(&answer.body).contains("<Code>NoSuchBucket</Code>") {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(refused(&answer));
        }
        let content_type = answer.header("content-type").unwrap_or("application/octet-stream").to_owned();
        Ok(Some((answer.body.to_vec(), content_type)))
    }

    async fn erase(&self, key: &str) -> Result<()> {
        key::check(key)?;
        let url = self.signed(&self.bucket.delete_object(Some(&self.credentials), key))?;
        let answer = self.send(|| self.http.to(Method::DELETE, url.clone())).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(refused(&answer)) }
    }
}

impl ObjectStore for S3Store {
    fn put<'a>(&'a self, key: &'a str, content_type: &'a str, bytes: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(self.write(key, content_type, bytes))
    }
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        Box::pin(self.load(key))
    }
    fn delete<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        Box::pin(self.erase(key))
    }
    fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.public_base)
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(try_out(self))
    }
}
