//! Opening hours: per weekday a span of the mall's local time. A day without a span is closed; a span may pass midnight.
//! A special day has spans of its own, or none, whatever its weekday says.

use super::row::StoreRow;
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

/// A date with other hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    /// Of the mall's calendar: `2027-02-06`.
    #[schema(example = "2027-02-06")]
    pub date: String,
    /// Why: `春节`.
    #[serde(default)]
    #[schema(max_length = 20)]
    pub note: String,
    /// At most three; none when the store stays closed.
    pub spans: Vec<DaySpan>,
}

/// A span of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DaySpan {
    /// `10:00`
    pub open: String,
    /// `21:30`; at or before `open` it is in the next morning.
    pub close: String,
}

/// More than a year of them.
const MOST_SPECIAL: usize = 60;

/// Checks the special days that staff typed, puts them in order and drops those that are over.
pub fn check_special(special: &[SpecialDay], today: i64) -> Result<Vec<SpecialDay>> {
    if special.len() > MOST_SPECIAL {
        return Err(Error::field("special_days", "特殊日期最多 60 天"));
    }
    let mut days = Vec::with_capacity(special.len());
    for (at, day) in special.iter().enumerate() {
        let field = |part: &str| format!("special_days[{at}].{part}");
        let number = day_number(&day.date).ok_or_else(|| Error::field(field("date"), "日期请写成 2027-02-06"))?;
        let well_formed = |span: &DaySpan| minute(&span.open).is_some() && minute(&span.close).is_some();
        if day.spans.len() > 3 || !day.spans.iter().all(well_formed) {
            return Err(Error::field(field("spans"), "营业时间请写成 10:00 这样的格式，每天最多三段"));
        }
        if day.note.chars().count() > 20 {
            return Err(Error::field(field("note"), "说明最长 20 个字"));
        }
        if number >= today {
            days.push((number, day.clone()));
        }
    }
    days.sort_by_key(|(number, _)| *number);
    if days.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Error::field("special_days", "同一天写了两次"));
    }
    Ok(days.into_iter().map(|(_, day)| day).collect())
}

/// Those that are not over; yesterday's night may still go on.
pub(super) fn still_to_come(special: &[SpecialDay], today: i64) -> Vec<SpecialDay> {
    special.iter().filter(|day| day_number(&day.date).is_some_and(|number| number >= today)).cloned().collect()
}

/// `2027-02-06` as days since 1970-01-01.
fn day_number(date: &str) -> Option<i64> {
    if date.len() != 10 {
        return None;
    }
    Instant::parse(&format!("{date}T00:00:00Z")).map(|midnight| midnight.day_at_offset(0))
}

/// Checks spans that staff typed.
pub fn check(hours: &[OpeningHours]) -> Result<()> {
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
pub(super) fn is_open(hours: &[OpeningHours], special: &[SpecialDay], now: Instant, utc_offset_ms: i64) -> bool {
    let today = now.day_at_offset(utc_offset_ms);
    let minute_of_day = (now.0 + utc_offset_ms).rem_euclid(days(1)) / minutes(1);
    let goes_on = |(open, close): (i64, i64)| close <= open && minute_of_day < close;
    let has_begun = |(open, close): (i64, i64)| {
        if open < close { (open..close).contains(&minute_of_day) } else { minute_of_day >= open }
    };
    spans_of(hours, special, today).into_iter().any(has_begun)
        || spans_of(hours, special, today - 1).into_iter().any(goes_on)
}

/// The spans of a day of the mall's calendar, in minutes since midnight; one that ends at or before its beginning ends on
/// the next day.
pub fn spans_on(store: &StoreRow, day: i64) -> Vec<(i64, i64)> {
    spans_of(&store.hours, &store.special_days, day)
}

/// The spans of a day, in minutes, of anything that keeps hours.
pub fn spans_of(hours: &[OpeningHours], special: &[SpecialDay], day: i64) -> Vec<(i64, i64)> {
    let both = |open: &str, close: &str| Some((minute(open)?, minute(close)?));
    if let Some(special) = special.iter().find(|special| day_number(&special.date) == Some(day)) {
        return special.spans.iter().filter_map(|span| both(&span.open, &span.close)).collect();
    }
    // 1970-01-01 was a Thursday, the fourth day of the week.
    let weekday = (day + 3).rem_euclid(7) + 1;
    let of_day = hours.iter().filter(|span| i64::from(span.weekday) == weekday);
    of_day.filter_map(|span| both(&span.open, &span.close)).collect()
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
