//! Ids: time-ordered 64-bit integers, strings in JSON because they pass 2^53.
//! Layout: 42 bits of milliseconds since 2025-01-01, 8 bits of node, 13 bits of sequence; positive until the year 2164.

use crate::{Clock, Error, Instant};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// Identifier of any row. A decimal string in JSON and URLs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Id(pub i64);

/// Identifier of a mall (the tenant); first in every key.
pub type MallId = Id;

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl FromStr for Id {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self, Error> {
        match s.parse::<i64>() {
            Ok(n) if n > 0 => Ok(Id(n)),
            _ => Err(Error::invalid("request.invalid", "编号不正确")),
        }
    }
}
impl Serialize for Id {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(|_| serde::de::Error::custom("an id is a positive decimal string"))
    }
}
impl utoipa::PartialSchema for Id {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[1-9][0-9]{0,18}$"))
            .into()
    }
}
impl utoipa::ToSchema for Id {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

const EPOCH_MS: i64 = 1_735_689_600_000;
const SEQUENCE_BITS: u32 = 13;
const NODE_BITS: u32 = 8;

/// Makes ids: strictly increasing on one node, unique across nodes with different numbers.
#[derive(Debug)]
pub struct Ids {
    node: i64,
    last: AtomicI64,
}

impl Ids {
    /// `node` is 0–255 and differs between processes that share a database.
    pub fn new(node: u8) -> Self {
        Ids { node: i64::from(node) << SEQUENCE_BITS, last: AtomicI64::new(0) }
    }

    /// The next id at the clock's instant. When the clock stands still or a millisecond's 8,192 numbers are used up,
    /// it borrows from the following millisecond.
    pub fn next(&self, clock: &dyn Clock) -> Id {
        let ms = (clock.now().0 - EPOCH_MS).max(1);
        let floor = ms << SEQUENCE_BITS;
        let mut seen = self.last.load(Ordering::Relaxed);
        loop {
            let next = floor.max(seen + 1);
            match self.last.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    let (ms, sequence) = (next >> SEQUENCE_BITS, next & ((1 << SEQUENCE_BITS) - 1));
                    return Id((ms << (SEQUENCE_BITS + NODE_BITS)) | self.node | sequence);
                }
                Err(now) => seen = now,
            }
        }
    }

    /// The smallest id that any node can make at an instant: a bound for ranges over time.
    pub fn first_at(instant: Instant) -> Id {
        Id((instant.0 - EPOCH_MS).max(0) << (SEQUENCE_BITS + NODE_BITS))
    }

    /// The instant in which an id was made (to the millisecond).
    pub fn instant_of(id: Id) -> Instant {
        Instant((id.0 >> (SEQUENCE_BITS + NODE_BITS)) + EPOCH_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrozenClock;

    #[test]
    fn ids_increase_even_when_the_clock_stands_still() {
        let (ids, clock) = (Ids::new(7), FrozenClock::at(Instant(1_800_000_000_000)));
        let made: Vec<Id> = (0..20_000).map(|_| ids.next(&clock)).collect();
        assert!(made.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(Ids::instant_of(made[0]), clock.now());
        assert!(Ids::first_at(clock.now()) <= made[0] && made[0] < Ids::first_at(clock.now() + 1));
    }

    #[test]
    fn nodes_do_not_share_ids() {
        let clock = FrozenClock::at(Instant(1_800_000_000_000));
        assert_ne!(Ids::new(1).next(&clock), Ids::new(2).next(&clock));
    }

    #[test]
    fn json_is_a_string() {
        assert_eq!(serde_json::to_string(&Id(42)).unwrap(), "\"42\"");
        assert_eq!(serde_json::from_str::<Id>("\"42\"").unwrap(), Id(42));
        for bad in ["42", "\"-1\"", "\"0\"", "\"abc\"", "\"99999999999999999999\"", "null"] {
            assert!(serde_json::from_str::<Id>(bad).is_err(), "{bad}");
        }
    }
}
