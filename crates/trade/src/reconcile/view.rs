//! Days and differences as staff see them, and settling one by hand.

use super::advice::advice;
use super::model::Problem;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Id, Instant, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many and how much.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BillCounts)]
pub struct Counts {
    pub payments: i64,
    pub paid_fen: i64,
    pub refunds: i64,
    pub refunded_fen: i64,
}

/// What only the flow of funds of an account tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FundCounts {
    /// Our transfers to members that arrived on the day, and those of the account.
    pub ours_transfers: i64,
    pub ours_transferred_fen: i64,
    pub theirs_transfers: i64,
    pub theirs_transferred_fen: i64,
    /// Fees as the bill of trades told them; `fee_fen` is what the account was charged.
    pub ours_fee_fen: i64,
    /// Movements the mall has no part in, as withdrawals: how many, and what came in less what went out.
    pub others: i64,
    pub other_fen: i64,
}

/// One day of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BillDayView {
    pub id: Id,
    /// `wechat`, `alipay` …, `balance`, `offline`; `wechat_funds` for the flow of funds on WeChat Pay's account.
    pub channel: String,
    /// The channel's calendar day.
    #[schema(example = "2026-11-25")]
    pub day: String,
    /// `waiting`, `done` or `failed`.
    pub state: String,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    pub ours: Counts,
    pub theirs: Counts,
    /// What the channel kept for its service.
    pub fee_fen: i64,
    /// Of a flow of funds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funds: Option<FundCounts>,
    /// Differences of this day that are open.
    pub open: i64,
    /// Those that were settled.
    pub settled: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Instant>,
}

impl FromRow for BillDayView {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, channel): (Id, String) = (row.next()?, row.next()?);
        let is_funds = super::is_funds(&channel);
        Ok(BillDayView {
            id,
            channel,
            day: date(row.next()?),
            state: row.next()?,
            last_error: row.next()?,
            ours: counts(row)?,
            theirs: counts(row)?,
            fee_fen: row.next()?,
            checked_at: row.next()?,
            open: row.next()?,
            settled: row.next()?,
            funds: Some(fund_counts(row)?).filter(|_| is_funds),
        })
    }
}

fn fund_counts(row: &mut Row<'_>) -> Result<FundCounts> {
    Ok(FundCounts {
        ours_transfers: row.next()?,
        ours_transferred_fen: row.next()?,
        theirs_transfers: row.next()?,
        theirs_transferred_fen: row.next()?,
        ours_fee_fen: row.next()?,
        others: row.next()?,
        other_fen: row.next()?,
    })
}

fn counts(row: &mut Row<'_>) -> Result<Counts> {
    Ok(Counts { payments: row.next()?, paid_fen: row.next()?, refunds: row.next()?, refunded_fen: row.next()? })
}

fn date(day: i64) -> String {
    Instant(day.saturating_mul(kernel::days(1))).datetime().date().to_string()
}

const DAY: &str =
    "select d.id, d.channel, d.day, d.state, d.last_error, d.ours_payments, d.ours_paid_fen, d.ours_refunds,
      d.ours_refunded_fen, d.theirs_payments, d.theirs_paid_fen, d.theirs_refunds, d.theirs_refunded_fen, d.fee_fen,
      d.checked_at,
      (select count(*) from bill_difference x
        where x.mall_id = d.mall_id and x.channel = d.channel and x.day = d.day and x.status = 'open'),
      (select count(*) from bill_difference x
        where x.mall_id = d.mall_id and x.channel = d.channel and x.day = d.day and x.status = 'settled'),
      d.ours_transfers, d.ours_transferred_fen, d.theirs_transfers, d.theirs_transferred_fen, d.ours_fee_fen, d.others,
      d.other_fen
    from bill_day d";

struct DayRow(i64, BillDayView);

impl FromRow for DayRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(DayRow(row.next()?, row.next()?))
    }
}

/// Days of a mall, newest first; of one channel when it is given.
pub fn days(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    channel: Option<&str>,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<BillDayView>> {
    let (day, id) = before.map_or((i64::MAX, i64::MAX), |cursor| (cursor.key, cursor.id));
    let mut values: Vec<Arg> = args![mall_id, day, id, limit + 1].to_vec();
    let mut sql = DAY.replacen("select ", "select d.day, ", 1);
    sql.push_str(" where d.mall_id = $1 and (d.day, d.id) < ($2, $3)");
    if let Some(channel) = channel {
        values.push(channel.into());
        sql.push_str(" and d.channel = $5");
    }
    sql.push_str(" order by d.day desc, d.id desc limit $4");
    let rows: Vec<DayRow> = tx.all(&sql, &values)?;
    let page = Page::from_rows(rows, limit, |row| Cursor { key: row.0, id: row.1.id.0 });
    Ok(page.map(|row| row.1))
}

/// One day, with its number on the channel's calendar.
pub fn day(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<(i64, BillDayView)> {
    let sql = DAY.replacen("select ", "select d.day, ", 1);
    let found: Option<DayRow> = tx.opt(&format!("{sql} where d.mall_id = $1 and d.id = $2"), &args![mall_id, id])?;
    found
        .map(|row| (row.0, row.1))
        .ok_or_else(|| Error::not_found("reconciliation.no_such_day", "没有找到这一天的对账"))
}

/// Which differences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceStatus {
    #[default]
    Open,
    Settled,
    All,
}

/// Something that did not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = BillDifference)]
pub struct Difference {
    pub id: Id,
    pub channel: String,
    /// The channel's calendar day on which it was found.
    #[schema(example = "2026-11-25")]
    pub day: String,
    /// `payment` or `refund`; in a flow of funds also `transfer` and `fee`.
    pub kind: String,
    /// Our number of it at the channel.
    pub number: String,
    pub problem: Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours_fen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs_fen: Option<i64>,
    /// Status of our payment or refund when it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ours_state: Option<String>,
    /// `done`, `processing` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<Id>,
    /// `open` or `settled`.
    pub status: String,
    /// `match` when it agreed later, `staff` when somebody settled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub found_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Instant>,
    /// What to do about it, in words.
    pub advice: String,
}

impl Difference {
    /// The day as a number.
    pub fn day_number(&self) -> i64 {
        Instant::parse(&format!("{}T00:00:00Z", self.day)).map_or(0, |at| at.day_at_offset(0))
    }
}

const COLUMNS: &str =
    "id, channel, day, kind, number, problem, ours_fen, theirs_fen, ours_state, theirs_state, channel_number,
    payment_id, refund_id, order_id, status, settled_by, staff_id, note, found_at, settled_at";

impl FromRow for Difference {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let mut found = Difference {
            id: row.next()?,
            channel: row.next()?,
            day: date(row.next()?),
            kind: row.next()?,
            number: row.next()?,
            problem: Problem::parse(&row.next::<String>()?)?,
            ours_fen: row.next()?,
            theirs_fen: row.next()?,
            ours_state: row.next()?,
            theirs_state: row.next()?,
            channel_number: row.next::<Option<String>>()?.filter(|number| !number.is_empty()),
            payment_id: row.next()?,
            refund_id: row.next()?,
            order_id: row.next()?,
            status: row.next()?,
            settled_by: row.next()?,
            staff_id: row.next()?,
            note: row.next()?,
            found_at: row.next()?,
            settled_at: row.next()?,
            advice: String::new(),
        };
        found.advice = advice(&found).to_owned();
        Ok(found)
    }
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: DifferenceStatus,
    pub channel: Option<String>,
    /// On the channel's calendar.
    pub day: Option<i64>,
}

/// Differences, newest first.
pub fn differences(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    filter: &Filter,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<Difference>> {
    let statuses: &[&str] = match filter.status {
        DifferenceStatus::Open => &["open"],
        DifferenceStatus::Settled => &["settled"],
        DifferenceStatus::All => &["open", "settled"],
    };
    let mut values: Vec<Arg> =
        args![mall_id, before.map_or(i64::MAX, |cursor| cursor.id), statuses.to_vec(), limit + 1].to_vec();
    let mut sql = format!("select {COLUMNS} from bill_difference where mall_id = $1 and id < $2 and status = any($3)");
    if let Some(channel) = &filter.channel {
        values.push(channel.as_str().into());
        sql.push_str(&format!(" and channel = ${}", values.len()));
    }
    if let Some(day) = filter.day {
        values.push(day.into());
        sql.push_str(&format!(" and day = ${}", values.len()));
    }
    sql.push_str(" order by id desc limit $4");
    let rows: Vec<Difference> = tx.all(&sql, &values)?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.id.0 }))
}

/// One difference.
pub fn difference(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Difference> {
    tx.opt(&format!("select {COLUMNS} from bill_difference where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(|| Error::not_found("reconciliation.no_such_difference", "没有找到这条差异"))
}

/// How many are open; counting stops at 1000.
pub fn open_count(tx: &mut Tx<'_>, mall_id: MallId) -> Result<i64> {
    let (count,): (i64,) = tx.one(
        "select count(*) from (
           select 1 as one from bill_difference where mall_id = $1 and status = 'open' limit 1000) found",
        &args![mall_id],
    )?;
    Ok(count)
}

/// Settles an open difference with a reason. `reconciliation.settled_already` (409) unless it is open.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, staff_id: Id, note: &str) -> Result<()> {
    let changed = tx.exec(
        "update bill_difference
         set status = 'settled', settled_by = 'staff', staff_id = $3, note = $4, settled_at = $5
         where mall_id = $1 and id = $2 and status = 'open'",
        &args![ctx.mall_id, id, staff_id, note, ctx.now],
    )?;
    if changed == 1 {
        return Ok(());
    }
    difference(tx, ctx.mall_id, id)?;
    Err(Error::conflict("reconciliation.settled_already", "这条差异已经处理过了"))
}
