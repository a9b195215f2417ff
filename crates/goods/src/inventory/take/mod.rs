//! A stock-take: the goods of one place are listed with what should lie there, counted on foot, looked at, and the
//! difference is written down in one go. Owns `stock_take` and `stock_take_line`.
//!
//! Promise: a difference is counted minus what was expected when the sheet was opened, so what was sold meanwhile stays
//! sold. A line whose stock moved since then is told; nobody writes it down without having decided what to do with it.
//!
//! ```text
//! draft ── finish ──▶ counted ── post ──▶ posted
//!   ▲  └── cancel ─▶ cancelled   │
//!   └───────── reopen ───────────┘ (or cancel)
//! ```

mod admin;
mod file;
mod line;
mod post;
#[cfg(test)]
mod tests;

pub(super) use admin::routes;
pub use post::{Uneven, post};

use super::{MOST, scope};
use crate::store;
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result, hours};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lines of one sheet; more is counted in several.
const MOST_LINES: i64 = 5_000;

/// How far a stock-take is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeState {
    /// Being counted.
    Draft,
    /// Counted, to be looked at.
    Counted,
    /// The differences are in the stock.
    Posted,
    Cancelled,
}

impl TakeState {
    const fn as_str(self) -> &'static str {
        match self {
            TakeState::Draft => "draft",
            TakeState::Counted => "counted",
            TakeState::Posted => "posted",
            TakeState::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [TakeState::Draft, TakeState::Counted, TakeState::Posted, TakeState::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Error::internal(format_args!("unknown state of a stock-take: {text}")))
    }

    const fn words(self) -> &'static str {
        match self {
            TakeState::Draft => "还在清点",
            TakeState::Counted => "已经点完",
            TakeState::Posted => "已经过账",
            TakeState::Cancelled => "已经作废",
        }
    }
}

/// What goes onto a new sheet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewStockTake {
    pub location_id: Id,
    /// Only this category and what is below it.
    pub category_id: Option<Id>,
    /// At most 40 characters; absent for the day and the place.
    pub title: Option<String>,
}

/// What was counted of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    pub sku_id: Id,
    /// Pieces; absent takes the count back, and what is expected is read anew.
    #[schema(minimum = 0)]
    pub counted: Option<i64>,
}

/// A sheet as stored.
#[derive(Debug, Clone)]
pub(super) struct TakeRow {
    id: Id,
    location_id: Id,
    location_name: String,
    title: String,
    state: String,
    line_count: i64,
    counted_count: i64,
    differing_count: i64,
    surplus: i64,
    missing: i64,
    staff_name: Option<String>,
    created_at: Instant,
    ended_at: Option<Instant>,
}
row!(TakeRow {
    id,
    location_id,
    location_name,
    title,
    state,
    line_count,
    counted_count,
    differing_count,
    surplus,
    missing,
    staff_name,
    created_at,
    ended_at
});

const TAKE: &str = "select t.id, t.location_id, l.name, t.title, t.state, t.line_count, t.counted_count,
   t.differing_count, t.surplus, t.missing, s.name, t.created_at, t.ended_at
 from stock_take t
 join location l on l.mall_id = t.mall_id and l.id = t.location_id
 left join staff s on s.mall_id = t.mall_id and s.id = t.staff_id";

fn not_found() -> Error {
    Error::not_found("stock_take.not_found", "没有找到这张盘点单")
}

/// A sheet; `stock_take.not_found` (404).
fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<TakeRow> {
    tx.opt(&format!("{TAKE} where t.mall_id = $1 and t.id = $2"), &args![mall_id, id])?.ok_or_else(not_found)
}

/// A sheet of a place where the caller may be; `inventory.other_store` (403) for a clerk of another store.
fn find_within(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>, id: Id) -> Result<TakeRow> {
    let row = find(tx, mall_id, id)?;
    scope::within(tx, mall_id, store_id, row.location_id)?;
    Ok(row)
}

/// The place and title of a sheet that is in one of these states, locked.
///
/// # Errors
/// `stock_take.not_found` (404), `stock_take.wrong_state` (409).
fn lock(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, allowed: &[TakeState]) -> Result<(Id, String)> {
    let found: Option<(Id, String, String)> = tx.opt(
        "select location_id, title, state from stock_take where mall_id = $1 and id = $2 for update",
        &args![ctx.mall_id, id],
    )?;
    let (location_id, title, state) = found.ok_or_else(not_found)?;
    let state = TakeState::parse(&state)?;
    if allowed.contains(&state) {
        return Ok((location_id, title));
    }
    Err(Error::conflict("stock_take.wrong_state", format!("这张盘点单{}，请刷新后再操作", state.words())))
}

/// Opens a sheet with every SKU that has, or had, stock at the place; answers its id.
///
/// # Errors
/// `location.not_found` (404), `stock_take.nothing_there`, `stock_take.too_long` (409).
pub fn open(tx: &mut Tx<'_>, ctx: &Ctx, new: &NewStockTake) -> Result<Id> {
    let location = store::find_location(tx, ctx.mall_id, new.location_id)?;
    let title = new.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().count() > 40) {
        return Err(Error::field("title", "名称最长 40 个字"));
    }
    let title = title.map_or_else(|| format!("{} {}", ctx.now.date_at_offset(hours(8)), location.name), str::to_owned);
    let title: String = title.chars().take(40).collect();
    let id = ctx.id();
    tx.exec(
        "insert into stock_take (id, mall_id, location_id, title, state, line_count, staff_id, created_at)
         values ($1, $2, $3, $4, 'draft', 0, $5, $6)",
        &args![id, ctx.mall_id, location.id, title, ctx.actor.id(), ctx.now],
    )?;
    let lines = tx.exec(
        "insert into stock_take_line (mall_id, stock_take_id, sku_id, expected)
         select t.mall_id, cast($3 as bigint), t.sku_id, t.on_hand
         from stock t
         join sku k on k.mall_id = t.mall_id and k.id = t.sku_id
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where t.mall_id = $1 and t.location_id = $2 and k.deleted_at is null and p.deleted_at is null
           and (cast($4 as bigint) is null or p.category_id in (
             select d.id
             from category d
             join category root on root.mall_id = d.mall_id
             where d.mall_id = $1 and root.id = $4 and d.path like root.path || '%'
           ))
         order by t.sku_id
         limit $5",
        &args![ctx.mall_id, location.id, id, new.category_id, MOST_LINES + 1],
    )?;
    let lines = i64::try_from(lines).map_err(Error::internal)?;
    if lines == 0 {
        return Err(Error::conflict("stock_take.nothing_there", "这里没有可以盘点的商品"));
    }
    if lines > MOST_LINES {
        let message = format!("这里超过 {MOST_LINES} 个规格，请按分类分开盘点");
        return Err(Error::conflict("stock_take.too_long", message));
    }
    tx.exec("update stock_take set line_count = $3 where mall_id = $1 and id = $2", &args![ctx.mall_id, id, lines])?;
    Ok(id)
}

/// Writes down counts; answers how many lines of the sheet they met. SKUs that are not on the sheet are left out.
///
/// # Errors
/// `stock_take.wrong_state` (409) once counting has ended, 400 for a number out of range.
pub fn set_counts(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, counts: &[Count]) -> Result<i64> {
    if counts.iter().any(|count| count.counted.is_some_and(|counted| !(0..=MOST).contains(&counted))) {
        return Err(Error::field("counts", "实盘数量要在 0 以上"));
    }
    let (location_id, _) = lock(tx, ctx, id, &[TakeState::Draft])?;
    let sku_ids: Vec<Id> = counts.iter().map(|count| count.sku_id).collect();
    let known: Vec<(Id, i64)> = tx.all(
        "select sku_id, expected
         from stock_take_line
         where mall_id = $1 and stock_take_id = $2 and sku_id = any($3)",
        &args![ctx.mall_id, id, &sku_ids],
    )?;
    let mut rows: Vec<Vec<Arg>> = Vec::with_capacity(known.len());
    let mut again: Vec<Id> = Vec::new();
    for (sku_id, expected) in known {
        // The last of several counts of a SKU is meant.
        let Some(count) = counts.iter().rfind(|count| count.sku_id == sku_id) else { continue };
        if count.counted.is_none() {
            again.push(sku_id);
        }
        rows.push(Vec::from(args![ctx.mall_id, id, sku_id, expected, count.counted]));
    }
    tx.insert_many(
        "insert into stock_take_line (mall_id, stock_take_id, sku_id, expected, counted) values",
        "on conflict (mall_id, stock_take_id, sku_id) do update set counted = excluded.counted",
        &rows,
    )?;
    expect_anew(tx, ctx, id, location_id, &again)?;
    refresh(tx, ctx, id)?;
    i64::try_from(rows.len()).map_err(Error::internal)
}

/// Takes the counts of moved lines back and reads what is expected there now; answers how many they were.
pub fn recount_moved(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<i64> {
    let (location_id, _) = lock(tx, ctx, id, &[TakeState::Draft, TakeState::Counted])?;
    let moved: Vec<Id> = tx.all(
        "select n.sku_id
         from stock_take_line n
         join stock t on t.mall_id = n.mall_id and t.sku_id = n.sku_id and t.location_id = $3
         where n.mall_id = $1 and n.stock_take_id = $2 and n.counted is not null and t.on_hand <> n.expected",
        &args![ctx.mall_id, id, location_id],
    )?;
    tx.exec(
        "update stock_take_line set counted = null where mall_id = $1 and stock_take_id = $2 and sku_id = any($3)",
        &args![ctx.mall_id, id, &moved],
    )?;
    expect_anew(tx, ctx, id, location_id, &moved)?;
    set_state(tx, ctx, id, TakeState::Draft)?;
    refresh(tx, ctx, id)?;
    i64::try_from(moved.len()).map_err(Error::internal)
}

/// Counting has ended; lines without a count are left as they are.
///
/// # Errors
/// `stock_take.nothing_counted` (409).
pub fn finish(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    lock(tx, ctx, id, &[TakeState::Draft])?;
    let (counted,): (i64,) =
        tx.one("select counted_count from stock_take where mall_id = $1 and id = $2", &args![ctx.mall_id, id])?;
    if counted == 0 {
        return Err(Error::conflict("stock_take.nothing_counted", "还没有填任何实盘数量"));
    }
    set_state(tx, ctx, id, TakeState::Counted)
}

/// Back to counting.
pub fn reopen(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    lock(tx, ctx, id, &[TakeState::Counted])?;
    set_state(tx, ctx, id, TakeState::Draft)
}

/// Gives a sheet up; the stock stays as it is.
pub fn cancel(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    lock(tx, ctx, id, &[TakeState::Draft, TakeState::Counted])?;
    set_state(tx, ctx, id, TakeState::Cancelled)
}

fn set_state(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, state: TakeState) -> Result<()> {
    let ended = matches!(state, TakeState::Posted | TakeState::Cancelled).then_some(ctx.now);
    tx.exec(
        "update stock_take set state = $3, ended_at = $4 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, state.as_str(), ended],
    )?;
    Ok(())
}

/// What is expected of these SKUs is what lies there now.
fn expect_anew(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, location_id: Id, sku_ids: &[Id]) -> Result<()> {
    if sku_ids.is_empty() {
        return Ok(());
    }
    tx.exec(
        "update stock_take_line
         set expected = stock.on_hand
         from stock
         where stock_take_line.mall_id = $1 and stock_take_line.stock_take_id = $2
           and stock_take_line.sku_id = any($4) and stock.mall_id = $1 and stock.location_id = $3
           and stock.sku_id = stock_take_line.sku_id",
        &args![ctx.mall_id, id, location_id, sku_ids],
    )?;
    Ok(())
}

/// Brings the counts of a sheet in line with its lines.
fn refresh(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    tx.exec(
        "with truth as (
           select count(counted) as counted,
             cast(coalesce(sum(case when counted <> expected then 1 else 0 end), 0) as bigint) as differing,
             cast(coalesce(sum(case when counted > expected then counted - expected else 0 end), 0) as bigint) as more,
             cast(coalesce(sum(case when counted < expected then expected - counted else 0 end), 0) as bigint) as less
           from stock_take_line
           where mall_id = $1 and stock_take_id = $2
         )
         update stock_take
         set counted_count = truth.counted, differing_count = truth.differing, surplus = truth.more,
           missing = truth.less
         from truth
         where stock_take.mall_id = $1 and stock_take.id = $2",
        &args![ctx.mall_id, id],
    )?;
    Ok(())
}
