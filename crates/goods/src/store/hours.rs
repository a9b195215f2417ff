//! Opening hours: per weekday a span of the mall's local time. A day without a span is closed; a span may pass midnight.

use kernel::{Error, Instant, Result, days, minutes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One span; several of one weekday are allowed (a break at noon).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpeningHours {
    /// 1 is Monday, 7 is Sunday.
    #[schema(minimum = 1, maximum = 7)]
    pub weekday: u8,
    /// `10:00`
    pub open: String,
    /// `21:30`; at or before `open` it is in the next morning.
    pub close: String,
}

/// Checks spans that staff typed.
pub(super) fn check(hours: &[OpeningHours]) -> Result<()> {
    if hours.len() > 21 {
        return Err(Error::field("hours", "每天最多三段营业时间"));
    }
    let well_formed = |span: &OpeningHours| {
        (1..=7).contains(&span.weekday) && minute(&span.open).is_some() && minute(&span.close).is_some()
    };
    if hours.iter().all(well_formed) {
        Ok(())
    } else {
        Err(Error::field("hours", "营业时间请写成 10:00 这样的格式"))
    }
}

/// Whether a store with these hours is open at an instant.
pub(super) fn is_open(hours: &[OpeningHours], now: Instant, utc_offset_ms: i64) -> bool {
    let day = now.day_at_offset(utc_offset_ms);
    let minute_of_day = (now.0 + utc_offset_ms).rem_euclid(days(1)) / minutes(1);
    // 1970-01-01 was a Thursday, the fourth day of the week.
    let today = (day + 3).rem_euclid(7) + 1;
    let yesterday = (day + 2).rem_euclid(7) + 1;
    hours.iter().any(|span| {
        let (Some(open), Some(close)) = (minute(&span.open), minute(&span.close)) else { return false };
        let weekday = i64::from(span.weekday);
        if open < close {
            weekday == today && (open..close).contains(&minute_of_day)
        } else {
            (weekday == today && minute_of_day >= open) || (weekday == yesterday && minute_of_day < close)
        }
    })
}

/// `21:30` as minutes since midnight; `24:00` is the end of the day.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) || (hour, minute) == (24, 0);
    fits.then_some(hour * 60 + minute)
}
