//! Instants and spans: milliseconds since the Unix epoch, `bigint` in SQL, ISO 8601 UTC in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Add, Sub};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Instant(pub i64);

/// `n` seconds in milliseconds.
pub const fn seconds(n: i64) -> i64 {
    n * 1_000
}
/// `n` minutes in milliseconds.
pub const fn minutes(n: i64) -> i64 {
    seconds(n * 60)
}
/// `n` hours in milliseconds.
pub const fn hours(n: i64) -> i64 {
    minutes(n * 60)
}
/// `n` days of 24 hours in milliseconds.
pub const fn days(n: i64) -> i64 {
    hours(n * 24)
}

impl Instant {
    /// Parses RFC 3339 (`2026-11-23T21:00:00+08:00`).
    pub fn parse(text: &str) -> Option<Self> {
        let t = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(t.unix_timestamp_nanos() / 1_000_000).ok().map(Instant)
    }

    /// Seconds since the epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The calendar day at an offset from UTC (China: 8 h), as days since 1970-01-01.
    pub const fn day_at_offset(self, offset_ms: i64) -> i64 {
        (self.0 + offset_ms).div_euclid(days(1))
    }

    /// The calendar day at an offset from UTC as people write it: `2026-11-23`.
    pub fn date_at_offset(self, offset_ms: i64) -> String {
        let day = (self + offset_ms).datetime();
        format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
    }

    /// The date and time at UTC.
    pub fn datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        )
    }
}
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Add<i64> for Instant {
    type Output = Instant;
    fn add(self, ms: i64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }
}
impl Sub<i64> for Instant {
    type Output = Instant;
    fn sub(self, ms: i64) -> Instant {
        Instant(self.0.saturating_sub(ms))
    }
}
impl Sub for Instant {
    type Output = i64;
    fn sub(self, other: Instant) -> i64 {
        self.0.saturating_sub(other.0)
    }
}
impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Instant::parse(&text).ok_or_else(|| serde::de::Error::custom("an instant is RFC 3339 text"))
    }
}
impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}
impl utoipa::ToSchema for Instant {
    fn name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let t = Instant(1_795_000_000_123);
        assert_eq!(Instant::parse(&t.to_string()), Some(t));
        assert_eq!(Instant::parse("1970-01-01T08:00:00+08:00"), Some(Instant(0)));
        assert_eq!(Instant::parse("yesterday"), None);
    }

    #[test]
    fn days_turn_at_local_midnight() {
        let before = Instant::parse("2026-11-23T23:59:59+08:00").unwrap();
        assert_eq!(before.date_at_offset(hours(8)), "2026-11-23");
        assert_eq!(before.day_at_offset(hours(8)) + 1, (before + seconds(1)).day_at_offset(hours(8)));
    }
}
