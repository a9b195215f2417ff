//! Closing a day of a store's counter: the sums of that moment are kept, no shift of that day is open, and none is opened on it
//! any more. What changes afterwards (a refund that arrives late) is seen against the kept sums, and does not change them.

use db::{Tx, args, row};
use kernel::{Cursor, Error, Fen, Id, Instant, MallId, Page, Result};
use platform::Ctx;

/// The sums of a day as they were when it was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySums {
    pub sales: i64,
    pub sold: Fen,
    pub returned: Fen,
    pub open_returns: Fen,
    /// Cash counted by the shifts that ended on the day, and how much more or less than expected that was.
    pub counted: Fen,
    pub difference: Fen,
}

/// A day that was closed.
#[derive(Debug, Clone)]
pub struct ClosedDay {
    pub store_id: Id,
    /// Days since 1970 in the mall's calendar.
    pub day: i64,
    pub closed_at: Instant,
    pub closed_by: Id,
    pub sales: i64,
    pub sold: Fen,
    pub returned: Fen,
    pub open_returns: Fen,
    pub counted: Fen,
    pub difference: Fen,
    /// Of the counted cash, what was taken to the bank; the rest stays for the next day.
    pub banked: Fen,
    pub note: Option<String>,
}
row!(ClosedDay {
    store_id,
    day,
    closed_at,
    closed_by,
    sales,
    sold,
    returned,
    open_returns,
    counted,
    difference,
    banked,
    note
});

const COLUMNS: &str =
    "store_id, day, closed_at, closed_by, sales, sold_fen, returned_fen, open_returns_fen, counted_fen,
    difference_fen, banked_fen, note";

/// Takes the day's row, made where it is missing, and holds it until the transaction ends. `counter.day_closed` (409).
pub fn hold_open_day(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, day: i64) -> Result<()> {
    tx.exec(
        "insert into counter_day (mall_id, store_id, day) values ($1, $2, $3) on conflict do nothing",
        &args![mall_id, store_id, day],
    )?;
    let (closed_at,): (Option<Instant>,) = tx.one(
        "select closed_at from counter_day where mall_id = $1 and store_id = $2 and day = $3 for update",
        &args![mall_id, store_id, day],
    )?;
    match closed_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict("counter.day_closed", "这一天已经日结，需要时请先撤销日结")),
    }
}

/// Closes a day that is held. `until`: its end. `counter.shift_open` (409) while a shift that began before then is open.
#[allow(clippy::too_many_arguments, reason = "which day, its sums, and what was done with the cash")]
pub fn close_day(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    store_id: Id,
    day: i64,
    until: Instant,
    sums: &DaySums,
    banked: Fen,
    note: Option<&str>,
) -> Result<()> {
    let open: Option<Id> = tx.opt(
        "select id from counter_shift
         where mall_id = $1 and store_id = $2 and closed_at is null and opened_at < $3
         limit 1",
        &args![ctx.mall_id, store_id, until],
    )?;
    if open.is_some() {
        return Err(Error::conflict("counter.shift_open", "还有班次没有交班，请先交班再日结"));
    }
    tx.exec(
        "update counter_day
         set closed_at = $4, closed_by = $5, sales = $6, sold_fen = $7, returned_fen = $8, open_returns_fen = $9,
             counted_fen = $10, difference_fen = $11, banked_fen = $12, note = $13
         where mall_id = $1 and store_id = $2 and day = $3 and closed_at is null",
        &args![
            ctx.mall_id,
            store_id,
            day,
            ctx.now,
            ctx.actor.id(),
            sums.sales,
            sums.sold,
            sums.returned,
            sums.open_returns,
            sums.counted,
            sums.difference,
            banked,
            note
        ],
    )?;
    Ok(())
}

/// Opens a closed day again. `counter.day_open` (409) when it is not closed.
pub fn reopen_day(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, day: i64) -> Result<()> {
    let opened = tx.exec(
        "update counter_day
         set closed_at = null, closed_by = null, sales = null, sold_fen = null, returned_fen = null,
             open_returns_fen = null, counted_fen = null, difference_fen = null, banked_fen = null, note = null
         where mall_id = $1 and store_id = $2 and day = $3 and closed_at is not null",
        &args![mall_id, store_id, day],
    )?;
    if opened == 0 {
        return Err(Error::conflict("counter.day_open", "这一天还没有日结"));
    }
    Ok(())
}

/// How a day was closed, if it was.
pub fn closed_day(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, day: i64) -> Result<Option<ClosedDay>> {
    let sql = format!(
        "select {COLUMNS} from counter_day where mall_id = $1 and store_id = $2 and day = $3 and closed_at is not null"
    );
    tx.opt(&sql, &args![mall_id, store_id, day])
}

/// Closed days of a store, newest first.
pub fn closed_days(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<ClosedDay>> {
    let sql = format!(
        "select {COLUMNS} from counter_day
         where mall_id = $1 and store_id = $2 and day < $3 and closed_at is not null
         order by day desc
         limit $4"
    );
    let before = cursor.map_or(i64::MAX, |cursor| cursor.key);
    let rows = tx.all(&sql, &args![mall_id, store_id, before, limit + 1])?;
    Ok(Page::from_rows(rows, limit, |one: &ClosedDay| Cursor { key: one.day, id: 0 }))
}
