//! Ready bytes for the read paths that the whole crowd hits (home, lists, detail). An entry names the topics it was made
//! from; touching a topic makes every entry of it stale at once. Entries also end by themselves after a few seconds,
//! which bounds how long another node may show yesterday's stock.

use crate::packed::{Asked, Ready};
use crate::problem::Problem;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kernel::{Id, Instant, MallId, Result};
use quick_cache::Weighter;
use quick_cache::sync::Cache as Entries;
use serde::Serialize;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a cached answer was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Lists, categories, brands and the home page of a mall.
    Catalog(MallId),
    /// One product's detail.
    Product(MallId, Id),
    /// The stores of a mall.
    Stores(MallId),
}

const GENERATIONS: usize = 8_192;

struct Entry {
    ready: Arc<Ready>,
    topics: Vec<(usize, u64)>,
    fresh_until: Instant,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<u128, Arc<Entry>> for ByBytes {
    fn weight(&self, _: &u128, entry: &Arc<Entry>) -> u64 {
        // The packed copy, made when it is first asked for, is rarely more than a third.
        let bytes = entry.ready.bytes().len() as u64;
        bytes + bytes / 3 + 256
    }
}

/// The cache of one node; clones share it.
#[derive(Clone)]
pub struct Cache(Arc<Shared>);

struct Shared {
    entries: Entries<u128, Arc<Entry>, ByBytes>,
    generations: Vec<AtomicU64>,
    hashers: [RandomState; 2],
    lifetime_ms: i64,
}

impl Cache {
    /// At most `bytes` of bodies, each for at most `lifetime_ms`; zero switches it off.
    pub fn new(bytes: u64, lifetime_ms: i64) -> Self {
        let generations = (0..GENERATIONS).map(|_| AtomicU64::new(0)).collect();
        let entries = Entries::with_weighter(4_096, bytes.max(1), ByBytes);
        Cache(Arc::new(Shared { entries, generations, hashers: [RandomState::new(), RandomState::new()], lifetime_ms }))
    }

    /// The ready answer to a GET, if it is fresh; a 304 if the client has it already, packed if the client unpacks.
    pub fn answer(&self, mall_id: MallId, path_and_query: &str, asked: Asked<'_>, now: Instant) -> Option<Response> {
        Some(self.ready(mall_id, path_and_query, now)?.respond(asked))
    }

    /// The same, for who puts it into something larger.
    pub fn ready(&self, mall_id: MallId, path_and_query: &str, now: Instant) -> Option<Arc<Ready>> {
        let entry = self.0.entries.get(&self.key(mall_id, path_and_query))?;
        let current = |(slot, made): &(usize, u64)| self.0.generations[*slot].load(Ordering::Acquire) == *made;
        if entry.fresh_until <= now || !entry.topics.iter().all(current) {
            return None;
        }
        Some(entry.ready.clone())
    }

    /// Keeps an answer; `fill.stamps` were taken before its data was read.
    pub fn keep(&self, mall_id: MallId, path_and_query: &str, fill: &Fill, now: Instant) {
        if self.0.lifetime_ms == 0 {
            return;
        }
        let entry =
            Entry { ready: fill.ready.clone(), topics: fill.stamps.clone(), fresh_until: now + self.0.lifetime_ms };
        self.0.entries.insert(self.key(mall_id, path_and_query), Arc::new(entry));
    }

    /// Makes everything made from `topic` stale.
    pub fn touch(&self, topic: Topic) {
        self.0.generations[self.slot(topic)].fetch_add(1, Ordering::AcqRel);
    }

    /// Generations of the topics now; take it before reading the data, so that a change in between is not missed.
    pub fn stamp(&self, topics: &[Topic]) -> Stamp {
        Stamp(
            topics
                .iter()
                .map(|t| {
                    let slot = self.slot(*t);
                    (slot, self.0.generations[slot].load(Ordering::Acquire))
                })
                .collect(),
        )
    }

    fn slot(&self, topic: Topic) -> usize {
        usize::try_from(self.0.hashers[0].hash_one(topic) % GENERATIONS as u64).expect("a slot fits")
    }

    fn key(&self, mall_id: MallId, path_and_query: &str) -> u128 {
        let [a, b] = &self.0.hashers;
        u128::from(a.hash_one((mall_id, path_and_query))) << 64 | u128::from(b.hash_one((mall_id, path_and_query)))
    }
}

/// Generations taken before a read.
pub struct Stamp(Vec<(usize, u64)>);

/// A cacheable answer, carried from the handler to the edge.
#[derive(Clone)]
pub struct Fill {
    ready: Arc<Ready>,
    stamps: Vec<(usize, u64)>,
}

/// What a handler of a crowded read path returns: JSON with an `ETag`, kept by the edge.
pub struct Cached<T> {
    value: T,
    stamp: Stamp,
}

impl<T> Cached<T> {
    pub fn new(value: T, stamp: Stamp) -> Self {
        Cached { value, stamp }
    }
}

impl<T: Serialize> Cached<T> {
    /// As bytes, to be kept.
    pub fn fill(self) -> Result<Fill> {
        let bytes = serde_json::to_vec(&self.value).map_err(kernel::Error::internal)?;
        Ok(Fill::new(Bytes::from(bytes), self.stamp))
    }
}

impl<T: Serialize> IntoResponse for Cached<T> {
    fn into_response(self) -> Response {
        let fill = match self.fill() {
            Ok(fill) => fill,
            Err(error) => return Problem(error).into_response(),
        };
        let mut response = fill.respond(Asked::default());
        response.extensions_mut().insert(fill);
        response
    }
}

impl Fill {
    pub fn new(bytes: Bytes, stamp: Stamp) -> Self {
        Fill { ready: Arc::new(Ready::new(bytes)), stamps: stamp.0 }
    }

    pub fn ready(&self) -> &Arc<Ready> {
        &self.ready
    }

    /// The 200 or 304 of this answer.
    pub fn respond(&self, asked: Asked<'_>) -> Response {
        self.ready.respond(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn a_touched_topic_is_stale_and_a_known_etag_is_304() {
        let (cache, mall, now) = (Cache::new(1 << 20, 5_000), Id(1), Instant(1_000));
        let topics = [Topic::Catalog(mall), Topic::Product(mall, Id(9))];
        let response = Cached::new(serde_json::json!({"a": 1}), cache.stamp(&topics)).into_response();
        let fill = response.extensions().get::<Fill>().unwrap().clone();
        cache.keep(mall, "/x?y=1", &fill, now);
        let hit = cache.answer(mall, "/x?y=1", Asked::default(), now).unwrap();
        assert_eq!(hit.status(), 200);
        let etag = hit.headers()[header::ETAG].clone();
        assert_eq!(cache.answer(mall, "/x?y=1", Asked::knowing(&etag), now).unwrap().status(), 304);
        assert!(cache.answer(Id(2), "/x?y=1", Asked::default(), now).is_none(), "another mall");
        assert!(cache.answer(mall, "/x?y=1", Asked::default(), now + 5_000).is_none(), "too old");
        cache.touch(Topic::Product(mall, Id(9)));
        assert!(cache.answer(mall, "/x?y=1", Asked::default(), now).is_none(), "touched");
    }

    #[test]
    fn a_change_between_stamp_and_keep_is_not_missed() {
        let (cache, mall) = (Cache::new(1 << 20, 5_000), Id(1));
        let stamp = cache.stamp(&[Topic::Catalog(mall)]);
        cache.touch(Topic::Catalog(mall));
        let response = Cached::new(1, stamp).into_response();
        cache.keep(mall, "/", response.extensions().get::<Fill>().unwrap(), Instant(0));
        assert!(cache.answer(mall, "/", Asked::default(), Instant(1)).is_none());
    }
}
