//! Keeps days that are over. Each goes in with the mark that says so, in one transaction, one after another, because what
//! is owed at the end of a day is what was owed the day before and the day's postings.

use super::count::{Entry, count};
use super::measure;
use crate::report::{mark, set_mark};
use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, Result, days, hours};
use people::ledger::Account;
use platform::App;
use std::collections::BTreeMap;

/// After this time nothing of a day comes late: a channel repeats its notices for 24 hours.
const REST: i64 = hours(26);
const NAME: &str = "finance";
/// Days per transaction, and transactions per round when it catches up.
const STRIDE: i64 = 14;
const STRIDES: usize = 60;

/// The first day that is not kept yet; `None` while nothing is.
pub(super) fn first_open(tx: &mut Tx<'_>, mall_id: MallId, offset: i64) -> Result<Option<i64>> {
    Ok(mark(tx, mall_id, NAME)?.map(|at| at.day_at_offset(offset)))
}

/// The sweep.
pub async fn seal_days(app: App) -> Result<()> {
    let now = app.clock.now();
    for mall in app.malls.all() {
        let (mall_id, offset) = (mall.id, mall.utc_offset_ms);
        let end = Instant(now.0 - REST).day_at_offset(offset);
        for _ in 0..STRIDES {
            let kept = app.db.read(move |tx| first_open(tx, mall_id, offset)).await?;
            if kept.is_some_and(|day| day >= end) || app.db.write(move |tx| stride(tx, mall_id, offset, end)).await? {
                break;
            }
        }
    }
    Ok(())
}

/// The day on which anything happened for the first time.
fn beginning(tx: &mut Tx<'_>, mall_id: MallId, offset: i64) -> Result<i64> {
    let mut first: Instant = tx.one::<(Instant,)>("select created_at from mall where id = $1", &args![mall_id])?.0;
    let earliest = [
        "select min(paid_at) from trade_order where mall_id = $1 and paid_at is not null",
        "select min(paid_at) from payment where mall_id = $1 and paid_at is not null",
    ];
    for sql in earliest {
        first = tx.one::<(Option<Instant>,)>(sql, &args![mall_id])?.0.map_or(first, |at| at.min(first));
    }
    let (posted,): (Option<Instant>,) = tx.one(
        "select min(at) from ledger_posting where mall_id = $1 and account = any($2)",
        &args![mall_id, Account::ALL.map(Account::as_str).to_vec()],
    )?;
    Ok(posted.map_or(first, |at| at.min(first)).day_at_offset(offset))
}

/// Keeps some days; true when there is nothing left to keep.
fn stride(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, end: i64) -> Result<bool> {
    let from = match first_open(tx, mall_id, offset)? {
        Some(day) => day,
        None => beginning(tx, mall_id, offset)?.min(end),
    };
    let to = end.min(from + STRIDE);
    let start = |day: i64| Instant(day * days(1) - offset);
    let mut entries = count(tx, mall_id, offset, start(from), start(to))?;
    let mut owed = owed_on(tx, mall_id, from - 1)?;
    for day in from..to {
        for entry in entries.iter().filter(|entry| entry.day == day && entry.measure == measure::POSTED) {
            *owed.entry(entry.channel.clone()).or_default() += entry.amount;
        }
        let ends = owed.iter().map(|(account, amount)| owed_entry(day, account, *amount));
        entries.extend(ends.collect::<Vec<Entry>>());
    }
    keep(tx, mall_id, &entries)?;
    set_mark(tx, mall_id, NAME, start(to))?;
    Ok(to == end)
}

fn owed_entry(day: i64, account: &str, amount: i64) -> Entry {
    let (measure, channel) = (measure::OWED.to_owned(), account.to_owned());
    Entry { day, measure, shop_id: Id(0), store_id: Id(0), channel, part: String::new(), count: 0, amount }
}

/// What was owed at the end of a day that is kept, by account; nothing before the first.
pub(super) fn owed_on(tx: &mut Tx<'_>, mall_id: MallId, day: i64) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = tx.all(
        "select channel, amount_fen from finance_day where mall_id = $1 and day = $2 and measure = $3",
        &args![mall_id, day, measure::OWED],
    )?;
    Ok(rows.into_iter().collect())
}

fn keep(tx: &mut Tx<'_>, mall_id: MallId, entries: &[Entry]) -> Result<()> {
    let rows: Vec<Vec<Arg>> = entries
        .iter()
        .map(|e| {
            args![mall_id, e.day, &e.measure, e.shop_id, e.store_id, &e.channel, &e.part, e.count, e.amount].to_vec()
        })
        .collect();
    tx.insert_many(
        "insert into finance_day (mall_id, day, measure, shop_id, store_id, channel, part, count, amount_fen) values",
        "",
        &rows,
    )?;
    Ok(())
}

/// Counts a day again that is kept already: a payment of it was found later than anybody expects. Postings are by the
/// moment they were posted and never come late.
pub fn recount(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, day: i64) -> Result<()> {
    if first_open(tx, mall_id, offset)?.is_none_or(|open| day >= open) {
        return Ok(());
    }
    tx.exec(
        "delete from finance_day where mall_id = $1 and day = $2 and measure <> $3 and measure <> $4",
        &args![mall_id, day, measure::POSTED, measure::OWED],
    )?;
    let start = Instant(day * days(1) - offset);
    let mut entries = count(tx, mall_id, offset, start, start + days(1))?;
    entries.retain(|entry| entry.measure != measure::POSTED);
    keep(tx, mall_id, &entries)
}
