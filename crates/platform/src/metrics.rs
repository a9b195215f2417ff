//! Numbers for Prometheus at `/metrics`: requests by route group and class, their time, the database's queue, jobs.
//! Labels come from a fixed set, so that nobody can grow them by asking for odd paths.

use db::Db;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt::Write;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    area: &'static str,
    class: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    outcome: &'static str,
}

/// Counters of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    cache_hits: Counter,
    jobs: Family<JobLabels, Counter>,
    errors: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hefang");
        let requests = Family::default();
        registry.register("requests", "HTTP requests by area and status class", requests.clone());
        let request_seconds = Histogram::new([0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0]);
        registry.register("request_seconds", "Time to answer, without cache hits", request_seconds.clone());
        let cache_hits = Counter::default();
        registry.register("cache_hits", "Requests answered from ready bytes", cache_hits.clone());
        let jobs = Family::default();
        registry.register("jobs", "Finished jobs by kind and outcome", jobs.clone());
        let errors = Counter::default();
        registry.register("internal_errors", "Answers with a 500", errors.clone());
        Metrics { registry, requests, request_seconds, cache_hits, jobs, errors }
    }
}

impl Metrics {
    /// One answered request.
    pub fn request(&self, path: &str, status: u16, seconds: f64) {
        self.requests.get_or_create(&RequestLabels { area: area_of(path), class: class_of(status) }).inc();
        self.request_seconds.observe(seconds);
        if status == 500 {
            self.errors.inc();
        }
    }

    pub fn cache_hit(&self) {
        self.cache_hits.inc();
    }

    /// One finished job; outcome is `done`, `retry` or `dead`.
    pub fn job(&self, kind: &str, outcome: &'static str) {
        self.jobs.get_or_create(&JobLabels { kind: kind.to_owned(), outcome }).inc();
    }

    /// The exposition text, with the database's figures read now.
    pub fn render(&self, db: &Db) -> String {
        let mut out = String::new();
        if text::encode(&mut out, &self.registry).is_err() {
            out.clear();
        }
        let end = out.strip_suffix("# EOF\n").map(str::len);
        out.truncate(end.unwrap_or(out.len()));
        let db = db.stats();
        let figures = [
            ("queued", db.queued),
            ("batches", db.batches),
            ("writes", db.jobs),
            ("reads", db.reads),
            ("largest_batch", db.largest_batch),
            ("rejected", db.rejected),
            ("commit_micros", db.commit_micros),
            ("retries", db.retries),
        ];
        for (name, value) in figures {
            let _ = writeln!(out, "# TYPE hefang_db_{name} gauge\nhefang_db_{name} {value}");
        }
        out.push_str("# EOF\n");
        out
    }
}

fn class_of(status: u16) -> &'static str {
    match status / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

fn area_of(path: &str) -> &'static str {
    const AREAS: [&str; 16] = [
        "/api/v1/products",
        "/api/v1/cart",
        "/api/v1/orders",
        "/api/v1/quote",
        "/api/v1/payments",
        "/api/v1/session",
        "/api/v1/home",
        "/api/v1/search",
        "/api/v1/",
        "/admin/v1/orders",
        "/admin/v1/products",
        "/admin/v1/",
        "/notify/",
        "/files/",
        "/sandbox",
        "/admin",
    ];
    AREAS.into_iter().find(|area| path.starts_with(area)).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_share_one_label() {
        assert_eq!(area_of("/api/v1/products/1"), "/api/v1/products");
        assert_eq!(area_of("/wp-login.php"), "other");
    }
}
