//! Shifts: opened with a float, closed with what was counted. The row is locked by whatever moves cash, so that nothing
//! arrives in a drawer that is being counted.

use super::day::hold_open_day;
use super::drawer::{self, DrawerKind};
use db::{Tx, args, row};
use kernel::{Cursor, Error, Fen, Id, Ids, Instant, MallId, Page, Result, days};
use platform::Ctx;
use std::collections::HashMap;

/// A clerk's turn at a counter.
#[derive(Debug, Clone)]
pub struct Shift {
    pub id: Id,
    pub store_id: Id,
    pub clerk_id: Id,
    pub opened_at: Instant,
    pub closed_at: Option<Instant>,
    pub closed_by: Option<Id>,
    pub expected: Option<Fen>,
    pub counted: Option<Fen>,
    pub note: Option<String>,
}
row!(Shift { id, store_id, clerk_id, opened_at, closed_at, closed_by, expected, counted, note });

const COLUMNS: &str = "id, store_id, clerk_id, opened_at, closed_at, closed_by, expected_fen, counted_fen, note";

impl Shift {
    /// `counter.shift_closed` (409) once it was counted.
    pub fn require_open(&self) -> Result<()> {
        match self.closed_at {
            None => Ok(()),
            Some(_) => Err(Error::conflict("counter.shift_closed", "这个班次已经交班，请重新开班")),
        }
    }
}

/// What a shift sold and what moved its drawer.
#[derive(Debug, Clone, Default)]
pub struct ShiftSums {
    pub sales: i64,
    pub sold: Fen,
    /// By kind of entry.
    pub drawer: HashMap<String, Fen>,
}

impl ShiftSums {
    /// What must lie in the drawer.
    pub fn expected(&self) -> Fen {
        Fen(self.drawer.values().map(|fen| fen.0).sum())
    }
}

/// Opens a shift on a day of the mall's calendar. `counter.shift_open` (409) while the clerk has one at this store,
/// `counter.day_closed` (409).
pub fn open_shift(tx: &mut Tx<'_>, ctx: &Ctx, store_id: Id, clerk_id: Id, float: Fen, day: i64) -> Result<Id> {
    hold_open_day(tx, ctx.mall_id, store_id, day)?;
    let id = ctx.id();
    tx.exec(
        "insert into counter_shift (id, mall_id, store_id, clerk_id, opened_at) values ($1, $2, $3, $4, $5)",
        &args![id, ctx.mall_id, store_id, clerk_id, ctx.now],
    )?;
    drawer::record(tx, ctx, id, DrawerKind::Float, id, float, None)?;
    Ok(id)
}

/// A shift; `counter.no_such_shift` (404).
pub fn find_shift(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Shift> {
    tx.opt(&format!("select {COLUMNS} from counter_shift where mall_id = $1 and id = $2"), &args![mall_id, id])?
        .ok_or_else(missing)
}

/// The same, locked until the transaction ends.
pub fn lock_shift(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Shift> {
    let sql = format!("select {COLUMNS} from counter_shift where mall_id = $1 and id = $2 for update");
    tx.opt(&sql, &args![mall_id, id])?.ok_or_else(missing)
}

fn missing() -> Error {
    Error::not_found("counter.no_such_shift", "没有找到这个班次")
}

/// The open shifts of a clerk; one a store.
pub fn my_open_shifts(tx: &mut Tx<'_>, mall_id: MallId, clerk_id: Id) -> Result<Vec<Shift>> {
    tx.all(
        &format!(
            "select {COLUMNS} from counter_shift
             where mall_id = $1 and clerk_id = $2 and closed_at is null
             order by id desc
             limit 20"
        ),
        &args![mall_id, clerk_id],
    )
}

/// Shifts of a store, or of all; of a clerk, or of all; newest first.
pub fn shifts(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    clerk_id: Option<Id>,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Shift>> {
    let mut values = args![mall_id, cursor.map_or(i64::MAX, |cursor| cursor.id), limit + 1].to_vec();
    let mut chosen = String::new();
    for (column, id) in [("store_id", store_id), ("clerk_id", clerk_id)] {
        if let Some(id) = id {
            values.push(id.into());
            chosen += &format!(" and {column} = ${}", values.len());
        }
    }
    let sql =
        format!("select {COLUMNS} from counter_shift where mall_id = $1 and id < $2{chosen} order by id desc limit $3");
    Ok(Page::from_rows(tx.all(&sql, &values)?, limit, |shift: &Shift| Cursor { key: 0, id: shift.id.0 }))
}

/// Shifts of a store that were open at some time of `from ≤ at < to`, newest first; one that was forgotten for more than a
/// week is not looked for.
pub fn shifts_between(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    from: Instant,
    to: Instant,
) -> Result<Vec<Shift>> {
    tx.all(
        &format!(
            "select {COLUMNS} from counter_shift
             where mall_id = $1 and store_id = $2 and id >= $3 and id < $4 and (closed_at is null or closed_at >= $5)
             order by id desc
             limit 200"
        ),
        &args![mall_id, store_id, Ids::first_at(from - days(7)), Ids::first_at(to), from],
    )
}

/// What moved the drawers of a store with `from ≤ at < to`, by kind.
pub fn drawers_of(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Id,
    from: Instant,
    to: Instant,
) -> Result<HashMap<String, Fen>> {
    let rows: Vec<(String, i64)> = tx.all(
        "select e.kind, cast(sum(e.amount_fen) as bigint)
         from drawer_entry e
         join counter_shift s on s.mall_id = e.mall_id and s.id = e.shift_id
         where e.mall_id = $1 and e.at >= $3 and e.at < $4 and s.store_id = $2
         group by e.kind",
        &args![mall_id, store_id, from, to],
    )?;
    Ok(rows.into_iter().map(|(kind, fen)| (kind, Fen(fen))).collect())
}

/// What each of some shifts sold and what moved its drawer: two queries for all of them.
pub fn sums_of(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, ShiftSums>> {
    let mut sums: HashMap<Id, ShiftSums> = ids.iter().map(|id| (*id, ShiftSums::default())).collect();
    let sold: Vec<(Id, i64, i64)> = tx.all(
        "select s.shift_id, count(*), cast(sum(o.total_fen) as bigint)
         from counter_sale s
         join trade_order o on o.mall_id = s.mall_id and o.id = s.order_id
         where s.mall_id = $1 and s.shift_id = any($2) and s.paid_at is not null
         group by s.shift_id",
        &args![mall_id, ids],
    )?;
    for (id, count, fen) in sold {
        let one = sums.entry(id).or_default();
        (one.sales, one.sold) = (count, Fen(fen));
    }
    let moved: Vec<(Id, String, i64)> = tx.all(
        "select shift_id, kind, cast(sum(amount_fen) as bigint) from drawer_entry
         where mall_id = $1 and shift_id = any($2)
         group by shift_id, kind",
        &args![mall_id, ids],
    )?;
    for (id, kind, fen) in moved {
        sums.entry(id).or_default().drawer.insert(kind, Fen(fen));
    }
    Ok(sums)
}

/// Closes a shift with what was counted; answers what must have lain there. `counter.shift_closed`, `counter.sale_waiting`
/// (409): a payment under way belongs to this drawer.
pub fn close_shift(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, counted: Fen, note: Option<&str>) -> Result<Fen> {
    lock_shift(tx, ctx.mall_id, id)?.require_open()?;
    let waiting: Option<Id> = tx.opt(
        "select s.order_id from counter_sale s
         join trade_order o on o.mall_id = s.mall_id and o.id = s.order_id
         where s.mall_id = $1 and s.shift_id = $2 and o.status = 'unpaid'
         limit 1",
        &args![ctx.mall_id, id],
    )?;
    if let Some(order_id) = waiting {
        let error = Error::conflict("counter.sale_waiting", "还有一笔付款没有结果，请先完成或取消它");
        return Err(error.with(serde_json::json!({ "order_id": order_id })));
    }
    let (expected,): (i64,) = tx.one(
        "select coalesce(cast(sum(amount_fen) as bigint), 0) from drawer_entry where mall_id = $1 and shift_id = $2",
        &args![ctx.mall_id, id],
    )?;
    tx.exec(
        "update counter_shift
         set closed_at = $3, closed_by = $4, expected_fen = $5, counted_fen = $6, note = $7
         where mall_id = $1 and id = $2 and closed_at is null",
        &args![ctx.mall_id, id, ctx.now, ctx.actor.id(), expected, counted, note],
    )?;
    Ok(Fen(expected))
}
