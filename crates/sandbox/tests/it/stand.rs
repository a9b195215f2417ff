//! The harness: stand-ins on a free port, a merchant that signs and verifies, and an address that receives notices.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use kernel::{Clock, FrozenClock, Instant};
use reqwest::{Client, Method};
use sandbox::{Control, Credentials, Fault, Pace, SandboxConfig};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use wire::wechat_pay::{ApiV3Key, Authorization, NoticeEnvelope, SignatureHeaders, open_certificates};
use wire::{Certificate, PrivateKey, PublicKey, WireError};

pub const NOON: Instant = Instant(1_795_435_200_000);
pub const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

/// An empty folder of its own; removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("hefang-sandbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Folder(std::env::temp_dir().join(name))
    }

    /// With keys that one test of this process made, because making RSA keys is most of a test's time.
    pub fn with_known_keys() -> Self {
        static KEYS: OnceLock<Vec<u8>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let first = Folder::new();
            let mut config = SandboxConfig::new(&first.0, "http://127.0.0.1");
            config.clock = Arc::new(FrozenClock::at(NOON));
            sandbox::router(config).unwrap();
            std::fs::read(first.0.join("keys.json")).unwrap()
        });
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.0.join("keys.json"), keys).unwrap();
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// An answer whose signature was good.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub serial: String,
    pub request_id: String,
}

impl Reply {
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

pub struct Stand {
    pub address: String,
    pub control: Control,
    pub credentials: Credentials,
    pub clock: Arc<FrozenClock>,
    pub http: Client,
    server: tokio::task::JoinHandle<()>,
    _folder: Option<Folder>,
}

impl Stand {
    pub async fn new() -> Self {
        Self::with(Pace::quick()).await
    }

    pub async fn with(pace: Pace) -> Self {
        let folder = Folder::with_known_keys();
        let mut stand = Self::open(&folder, NOON, pace).await;
        stand._folder = Some(folder);
        stand
    }

    /// On a folder that outlives it.
    pub async fn open(folder: &Folder, now: Instant, pace: Pace) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(FrozenClock::at(now));
        let mut config = SandboxConfig::new(&folder.0, &address);
        config.clock = clock.clone();
        config.pace = pace;
        let made = sandbox::router(config).unwrap();
        let routes = made.mounted_at("/sandbox").merge(made.router.clone());
        Stand {
            address,
            control: made.control.clone(),
            credentials: made.credentials.clone(),
            clock,
            http: Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            server: tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() }),
            _folder: None,
        }
    }

    /// Ends the server and waits until nothing of it is left.
    pub async fn stop(self) {
        self.server.abort();
        self.server.await.ok();
    }

    pub fn merchant(&self) -> Merchant<'_> {
        let own = &self.credentials.wechat_pay;
        Merchant {
            stand: self,
            key: PrivateKey::parse(&own.merchant_private_key).unwrap(),
            prefix: "",
            by_public_key: false,
            headers: Vec::new(),
        }
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.address)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.address)).json(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> (u16, Option<String>, String) {
        let answer = self.http.post(format!("{}{path}", self.address)).form(form).send().await.unwrap();
        let location = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location, answer.text().await.unwrap())
    }
}

/// A merchant with its own key; the fields are there to be spoiled.
pub struct Merchant<'a> {
    pub stand: &'a Stand,
    pub key: PrivateKey,
    pub prefix: &'static str,
    pub by_public_key: bool,
    pub headers: Vec<(&'static str, String)>,
}

impl Merchant<'_> {
    pub fn by_public_key(mut self) -> Self {
        self.by_public_key = true;
        self
    }

    pub fn fault(mut self, fault: Fault) -> Self {
        self.headers.push(("X-Sandbox-Fault", fault.name().to_owned()));
        self
    }

    /// A valid JSAPI order; tests change single fields.
    pub fn order(&self, number: &str, notify_url: &str) -> Value {
        let own = &self.stand.credentials;
        json!({
            "appid": own.wechat.app_id,
            "mchid": own.wechat_pay.merchant_id,
            "description": "咖啡椅 等 2 件",
            "out_trade_no": number,
            "notify_url": notify_url,
            "amount": {"total": 1200, "currency": "CNY"},
            "payer": {"openid": OPENID}
        })
    }

    pub async fn jsapi(&self, number: &str, notify_url: &str) -> Reply {
        self.post("/v3/pay/transactions/jsapi", &self.order(number, notify_url)).await
    }

    pub async fn query(&self, number: &str) -> Reply {
        let mchid = &self.stand.credentials.wechat_pay.merchant_id;
        self.get(&format!("/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}")).await
    }

    pub async fn close(&self, number: &str) -> Reply {
        let body = json!({"mchid": self.stand.credentials.wechat_pay.merchant_id});
        self.post(&format!("/v3/pay/transactions/out-trade-no/{number}/close"), &body).await
    }

    pub async fn refund(&self, number: &str, refund_number: &str, fen: i64, notify_url: Option<&str>) -> Reply {
        let body = json!({
            "out_trade_no": number,
            "out_refund_no": refund_number,
            "notify_url": notify_url,
            "amount": {"refund": fen, "total": 1200, "currency": "CNY"}
        });
        self.post("/v3/refund/domestic/refunds", &body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.read(self.call(Method::GET, path, Vec::new()).await).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.read(self.call(Method::POST, path, body.to_string().into_bytes()).await).await.unwrap()
    }

    /// Like [`Self::get`], but hands out the verdict on the signature.
    pub async fn try_get(&self, path: &str) -> Result<Reply, WireError> {
        self.read(self.call(Method::GET, path, Vec::new()).await).await
    }

    pub fn authorization(&self, method: &Method, path: &str, body: &[u8]) -> Authorization {
        let own = &self.stand.credentials.wechat_pay;
        let (now_s, nonce) = (self.stand.clock.now().unix_seconds(), wire::random::nonce());
        Authorization::sign(
            &self.key,
            &own.merchant_id,
            &own.merchant_serial,
            method.as_str(),
            path,
            now_s,
            &nonce,
            body,
        )
    }

    async fn call(&self, method: Method, path: &str, body: Vec<u8>) -> reqwest::Response {
        let authorization = self.authorization(&method, path, &body).to_string();
        let url = format!("{}{}{path}", self.stand.address, self.prefix);
        let mut request = self
            .stand
            .http
            .request(method, url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .header("User-Agent", "hefang-tests")
            .header("Authorization", authorization);
        if self.by_public_key {
            request = request.header("Wechatpay-Serial", &self.stand.credentials.wechat_pay.public_key_id);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(body).send().await.unwrap()
    }

    async fn read(&self, answer: reqwest::Response) -> Result<Reply, WireError> {
        read(self.stand, answer).await
    }
}

/// The key that a serial names, as a merchant would find it.
pub async fn key_of(stand: &Stand, serial: &str) -> PublicKey {
    let own = &stand.credentials.wechat_pay;
    if serial == own.public_key_id {
        return PublicKey::parse(&own.public_key).unwrap();
    }
    let merchant = stand.merchant();
    let body = merchant.call(Method::GET, "/v3/certificates", Vec::new()).await.bytes().await.unwrap();
    let key = ApiV3Key::parse(&own.api_v3_key).unwrap();
    let list: Vec<Certificate> = open_certificates(&key, &body).unwrap();
    list.iter().find(|c| c.serial() == serial).expect("the signing certificate is in the list").public_key().clone()
}

/// Verifies an answer and takes it apart.
pub async fn read(stand: &Stand, answer: reqwest::Response) -> Result<Reply, WireError> {
    let status = answer.status().as_u16();
    let headers = answer.headers().clone();
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let signature = SignatureHeaders::read(text).unwrap();
    let bytes = answer.bytes().await.unwrap();
    let key = key_of(stand, &signature.serial).await;
    signature.verify(&key, &bytes, stand.clock.now().unix_seconds())?;
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    let request_id = text("request-id").unwrap_or_default().to_owned();
    Ok(Reply { status, body, serial: signature.serial.clone(), request_id })
}

/// A notice as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub signature: SignatureHeaders,
    pub body: Bytes,
}

impl Arrived {
    /// Verifies and opens it like a merchant.
    pub async fn open(&self, stand: &Stand) -> Result<(NoticeEnvelope, Value), WireError> {
        let key = key_of(stand, &self.signature.serial).await;
        self.signature.verify(&key, &self.body, stand.clock.now().unix_seconds())?;
        let envelope = NoticeEnvelope::parse(&self.body)?;
        let key = ApiV3Key::parse(&stand.credentials.wechat_pay.api_v3_key)?;
        let content = serde_json::from_slice(&envelope.resource.open(&key)?).unwrap();
        Ok((envelope, content))
    }
}

type Inbox = Arc<Mutex<(Vec<u16>, Vec<Arrived>)>>;

/// A merchant's notice address. Answers the given statuses in turn, then 204.
pub struct Receiver {
    pub url: String,
    inbox: Inbox,
}

impl Receiver {
    pub async fn new(statuses: &[u16]) -> Self {
        let inbox: Inbox = Arc::new(Mutex::new((statuses.to_vec(), Vec::new())));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/notify", listener.local_addr().unwrap());
        let routes = Router::new().route("/notify", post(receive)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Receiver { url, inbox }
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.inbox.lock().unwrap().1.clone()
    }

    /// Waits until `count` notices arrived, ten seconds at most.
    pub async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..1_000 {
            let arrived = self.arrived();
            if arrived.len() >= count {
                return arrived;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} notices arrived", self.arrived().len());
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = SignatureHeaders::read(|name| headers.get(name).and_then(|v| v.to_str().ok())).unwrap();
    let mut inbox = inbox.lock().unwrap();
    inbox.1.push(Arrived { signature, body });
    let status = if inbox.0.is_empty() { 204 } else { inbox.0.remove(0) };
    StatusCode::from_u16(status).unwrap()
}
