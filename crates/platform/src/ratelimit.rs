//! Rate limits in memory, one arrival time per key (GCRA): smooth, no timers, bounded memory.
//! Limits that must hold across restarts and nodes (SMS codes, sign-in attempts) are counted in the database instead.

use kernel::{Error, Instant, Result};
use quick_cache::sync::Cache;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// `burst` requests at once, then one every `interval_ms`.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub name: &'static str,
    pub burst: i64,
    pub interval_ms: f64,
}

/// Arrival times of recent keys.
pub struct RateLimit {
    arrivals: Cache<u64, Arc<AtomicI64>>,
    hasher: RandomState,
}

impl Default for RateLimit {
    fn default() -> Self {
        RateLimit { arrivals: Cache::new(100_000), hasher: RandomState::new() }
    }
}

impl RateLimit {
    /// Counts one request of `key`; `request.too_often` (429) with the seconds to wait when the limit is passed.
    pub fn check(&self, limit: Limit, key: impl Hash, now: Instant) -> Result<()> {
        let hash = self.hasher.hash_one((limit.name, key));
        let cell = match self.arrivals.get(&hash) {
            Some(cell) => cell,
            None => {
                let cell = Arc::new(AtomicI64::new(0));
                self.arrivals.insert(hash, cell.clone());
                cell
            }
        };
        // Microseconds, so that limits above 1,000 per second keep their meaning.
        #[allow(clippy::cast_possible_truncation, reason = "an interval is far below 2^53 microseconds")]
        let interval = (limit.interval_ms * 1_000.0) as i64;
        let now_us = now.0.saturating_mul(1_000);
        let tolerance = interval * (limit.burst - 1);
        let mut expected = cell.load(Ordering::Relaxed);
        loop {
            let base = expected.max(now_us);
            if base - now_us > tolerance {
                let wait_s = u32::try_from((base - now_us - tolerance) / 1_000_000 + 1).unwrap_or(u32::MAX);
                return Err(Error::too_many("request.too_often", "操作太频繁了，请稍等一会儿再试").retry_after(wait_s));
            }
            match cell.compare_exchange_weak(expected, base + interval, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(seen) => expected = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_then_pace() {
        let (limit, rate) = (Limit { name: "t", burst: 3, interval_ms: 1_000.0 }, RateLimit::default());
        let at = |ms: i64| Instant(1_800_000_000_000 + ms);
        for _ in 0..3 {
            rate.check(limit, "a", at(0)).unwrap();
        }
        let refused = rate.check(limit, "a", at(0)).unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_s()), ("request.too_often", Some(2)));
        rate.check(limit, "b", at(0)).unwrap();
        rate.check(limit, "a", at(1_000)).unwrap();
        assert!(rate.check(limit, "a", at(1_000)).is_err());
    }
}
