//! What the stand-ins are told at start: where to keep keys, under which address a browser finds them, and how fast
//! their clocks run compared with the real services.

use kernel::{Clock, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

/// Settings of the stand-ins.
pub struct SandboxConfig {
    /// Folder for `keys.json`, `credentials.json` and `payments.json`; created if absent.
    pub folder: PathBuf,
    /// Address under which browsers and clients reach the routes, without a slash at the end:
    /// `http://127.0.0.1:8080/sandbox`. Cashier links start with it.
    pub public_url: String,
    /// Who the cashier says is paid.
    pub payee: String,
    pub clock: Arc<dyn Clock>,
    pub pace: Pace,
}

impl SandboxConfig {
    /// Real time and the system's clock.
    pub fn new(folder: impl Into<PathBuf>, public_url: impl Into<String>) -> Self {
        SandboxConfig {
            folder: folder.into(),
            public_url: public_url.into().trim_end_matches('/').to_owned(),
            payee: "河坊生活".to_owned(),
            clock: Arc::new(SystemClock),
            pace: Pace::default(),
        }
    }
}

/// How fast things happen, as factors of the real durations, and how strict the limits are.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Notice retries (15 s, 15 s, 30 s … 6 h) and refunds (3 s) take this part of the real time.
    pub notice_factor: f64,
    /// A parcel's journey (about two days) takes this part of the real time.
    pub journey_factor: f64,
    /// How long an answer hangs under the fault `timeout_after_success`, in milliseconds.
    pub hang_ms: i64,
    /// Every n-th notice is preceded by a signature probe that a receiver must refuse; 0 sends none.
    pub probe_every: u64,
    /// Alibaba Cloud's limits per number: 1 a minute, 5 an hour, 10 a day.
    pub sms_limits: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { notice_factor: 1.0, journey_factor: 1.0, hang_ms: 15_000, probe_every: 10, sms_limits: true }
    }
}

impl Pace {
    /// For a person who tries the shop: a parcel arrives within the hour, and nobody is locked out of the SMS inbox.
    pub fn demo() -> Self {
        Pace { journey_factor: 1.0 / 60.0, sms_limits: false, ..Pace::default() }
    }

    /// For tests: a day of retries passes in under ten seconds.
    pub fn quick() -> Self {
        Pace { notice_factor: 0.000_1, journey_factor: 1.0, hang_ms: 300, probe_every: 0, sms_limits: false }
    }
}
