//! Everything the stand-ins know: settings, keys, switches and the state of each service behind one lock.
//! The lock is held for memory work only; network calls and sleeps happen outside it.

use crate::config::{Pace, SandboxConfig};
use crate::credentials::Credentials;
use crate::keyring::{Keyring, Signer};
use crate::switches::{Fault, Faults};
use crate::{alipay, express, fapiao, mini, pay, sms, snapshot, unionpay};
use kernel::{Clock, Error, Instant, Result};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many notices may be on their way at the same time.
const POSTMEN: usize = 64;
/// How long a receiver of notices has to answer.
const NOTICE_TIMEOUT: Duration = Duration::from_secs(5);

/// State of every service.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) switches: Faults,
    pub(crate) mini: mini::MiniState,
    pub(crate) pay: pay::PayState,
    pub(crate) alipay: alipay::AlipayState,
    pub(crate) unionpay: unionpay::UnionState,
    pub(crate) sms: sms::SmsState,
    pub(crate) express: express::ExpressState,
    pub(crate) fapiao: fapiao::FapiaoState,
    pub(crate) couriers: mini::Couriers,
}

pub(crate) struct World {
    folder: PathBuf,
    pub(crate) public_url: String,
    pub(crate) payee: String,
    clock: Arc<dyn Clock>,
    pub(crate) pace: Pace,
    keyring: RwLock<Keyring>,
    state: Mutex<State>,
    pub(crate) http: reqwest::Client,
    pub(crate) postmen: Semaphore,
    pub(crate) notices_sent: AtomicU64,
    pub(crate) unsaved: AtomicBool,
}

impl World {
    pub(crate) fn open(config: SandboxConfig) -> Result<Self> {
        let keyring = Keyring::open(&config.folder, config.clock.now())?;
        let http = reqwest::Client::builder()
            .timeout(NOTICE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("Mozilla/4.0")
            .build()
            .map_err(Error::internal)?;
        let mut state = State::default();
        if let Some(saved) = snapshot::load(&config.folder)? {
            state.pay = saved.pay;
            state.alipay = saved.alipay;
            state.unionpay = saved.unionpay;
            state.couriers = saved.couriers;
        }
        let world = World {
            folder: config.folder,
            public_url: config.public_url,
            payee: config.payee,
            clock: config.clock,
            pace: config.pace,
            keyring: RwLock::new(keyring),
            state: Mutex::new(state),
            http,
            postmen: Semaphore::new(POSTMEN),
            notices_sent: AtomicU64::new(0),
            unsaved: AtomicBool::new(false),
        };
        world.write_credentials()?;
        Ok(world)
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A panic while the lock was held leaves plain data behind, so the lock is taken over.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads from the key ring.
    pub(crate) fn keys<T>(&self, read: impl FnOnce(&Keyring) -> T) -> T {
        read(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that answers a request: the fixed one if the client asked for it by id, else the current certificate's.
    pub(crate) fn signer(&self, by_public_key: bool) -> Arc<Signer> {
        self.keys(|k| if by_public_key { k.fixed.clone() } else { k.current() })
    }

    pub(crate) fn rotate_certificate(&self) -> Result<()> {
        let now = self.now();
        self.keyring.write().unwrap_or_else(PoisonError::into_inner).rotate(&self.folder, now)?;
        self.write_credentials()
    }

    pub(crate) fn switched(&self, fault: Fault) -> bool {
        self.state().switches.has(fault)
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.keys(|k| k.credentials(&self.public_url)).expect("keys that were read can be written")
    }

    pub(crate) fn credentials_path(&self) -> PathBuf {
        self.folder.join("credentials.json")
    }

    fn write_credentials(&self) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(&self.credentials()).map_err(Error::internal)?;
        crate::keyring::write_private(&self.credentials_path(), &bytes)
    }

    /// A real duration at the pace of notices.
    pub(crate) fn notice_ms(&self, real_ms: i64) -> i64 {
        (real_ms as f64 * self.pace.notice_factor) as i64
    }

    /// Notes that payments changed; they are written to the folder soon, off the request's path.
    pub(crate) fn payments_changed(self: &Arc<Self>) {
        if self.unsaved.swap(true, Ordering::SeqCst) {
            return;
        }
        let world = self.clone();
        tokio::spawn(async move {
            sleep_ms(500).await;
            let saved = tokio::task::spawn_blocking(move || world.save_payments()).await;
            if let Ok(Err(error)) = saved {
                eprintln!("sandbox: payments could not be saved: {error}");
            }
        });
    }

    fn save_payments(&self) -> Result<()> {
        if !self.unsaved.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let bytes = snapshot::bytes(&self.state())?;
        snapshot::save(&self.folder, &bytes)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Err(error) = self.save_payments() {
            eprintln!("sandbox: payments could not be saved: {error}");
        }
    }
}

/// Sleeps real milliseconds.
pub(crate) async fn sleep_ms(ms: i64) {
    tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
}
