//! Paid orders by hour and product. A minute's work of a sweep adds what was paid since its mark, in the transaction that
//! moves the mark, so nothing is counted twice or left out. It stays [`LAG`] behind, because an order paid at an instant
//! may be committed a little later; readers add that rest themselves.

use super::{mark, set_mark};
use db::{Arg, Tx, args};
use kernel::{Id, Instant, MallId, Result, days, hours, seconds};
use platform::App;

/// Longer than any request may take to commit.
const LAG: i64 = seconds(60);
const NAME: &str = "sales";
/// How much is added per transaction, and how many transactions a round makes when it catches up.
const STRIDE: i64 = hours(6);
const STRIDES: usize = 200;

/// The sweep.
pub async fn roll_up_sales(app: App) -> Result<()> {
    let until = Instant(app.clock.now().0 - LAG);
    for mall in app.malls.all() {
        let (mall_id, offset) = (mall.id, mall.utc_offset_ms);
        for _ in 0..STRIDES {
            let is_there = app.db.read(move |tx| is_up_to_date(tx, mall_id, until)).await?;
            if is_there || app.db.write(move |tx| stride(tx, mall_id, offset, until)).await? {
                break;
            }
        }
    }
    Ok(())
}

fn first_paid_after(tx: &mut Tx<'_>, mall_id: MallId, after: Instant) -> Result<Option<Instant>> {
    tx.opt(
        "select paid_at from trade_order
         where mall_id = $1 and paid_at > $2 and paid_at is not null
         order by paid_at
         limit 1",
        &args![mall_id, after],
    )
}

/// True when nothing was paid between the mark and `until`.
fn is_up_to_date(tx: &mut Tx<'_>, mall_id: MallId, until: Instant) -> Result<bool> {
    let from = mark(tx, mall_id, NAME)?.unwrap_or_default();
    Ok(first_paid_after(tx, mall_id, from)?.is_none_or(|paid_at| paid_at > until))
}

/// Adds one stretch; true when it reached `until`.
fn stride(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, until: Instant) -> Result<bool> {
    let from = mark(tx, mall_id, NAME)?.unwrap_or_default();
    let Some(first) = first_paid_after(tx, mall_id, from)?.filter(|at| *at <= until) else { return Ok(true) };
    let to = until.min(first + STRIDE);
    let by_hour: Vec<(i64, i64, i64)> = tx.all(
        "select (paid_at + $4) / $5, count(*), cast(sum(paid_fen) as bigint)
         from trade_order
         where mall_id = $1 and paid_at > $2 and paid_at <= $3 and paid_at is not null
         group by 1",
        &args![mall_id, from, to, offset, hours(1)],
    )?;
    let rows: Vec<Vec<Arg>> = by_hour.iter().map(|(h, n, fen)| args![mall_id, h, n, fen].to_vec()).collect();
    tx.insert_many(
        "insert into sales_hour (mall_id, hour, orders_paid, paid_fen) values",
        "on conflict (mall_id, hour) do update
         set orders_paid = sales_hour.orders_paid + excluded.orders_paid, paid_fen = sales_hour.paid_fen + excluded.paid_fen",
        &rows,
    )?;
    let by_product: Vec<(i64, Id, i64, i64)> = tx.all(
        "select (o.paid_at + $4) / $5, l.product_id, cast(sum(l.quantity) as bigint), cast(sum(l.payable_fen) as bigint)
         from trade_order o
         join order_line l on l.mall_id = o.mall_id and l.order_id = o.id
         where o.mall_id = $1 and o.paid_at > $2 and o.paid_at <= $3 and o.paid_at is not null
         group by 1, 2",
        &args![mall_id, from, to, offset, days(1)],
    )?;
    let rows: Vec<Vec<Arg>> = by_product.iter().map(|(d, p, n, fen)| args![mall_id, d, p, n, fen].to_vec()).collect();
    tx.insert_many(
        "insert into product_sales_day (mall_id, day, product_id, quantity, amount_fen) values",
        "on conflict (mall_id, day, product_id) do update
         set quantity = product_sales_day.quantity + excluded.quantity,
             amount_fen = product_sales_day.amount_fen + excluded.amount_fen",
        &rows,
    )?;
    set_mark(tx, mall_id, NAME, to)?;
    Ok(to == until)
}

/// Orders paid and their money between two instants (the later one excluded), exact to the moment.
pub fn between(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<(i64, i64)> {
    let marked = mark(tx, mall_id, NAME)?.unwrap_or_default();
    let hour = |at: Instant| (at.0 + offset).div_euclid(hours(1));
    // Whole hours that lie in the span and before the mark are ready; what is left over is read from the index.
    let (first, end) = (hour(Instant(from.0 + hours(1) - 1)), hour(to.min(marked)));
    let start_of = |hour: i64| Instant(hour * hours(1) - offset);
    if first >= end {
        return live(tx, mall_id, from, to);
    }
    let ready: (i64, i64) = tx.one(
        "select cast(coalesce(sum(orders_paid), 0) as bigint), cast(coalesce(sum(paid_fen), 0) as bigint)
         from sales_hour
         where mall_id = $1 and hour >= $2 and hour < $3",
        &args![mall_id, first, end],
    )?;
    let (before, after) = (live(tx, mall_id, from, start_of(first))?, live(tx, mall_id, start_of(end), to)?);
    Ok((ready.0 + before.0 + after.0, ready.1 + before.1 + after.1))
}

fn live(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<(i64, i64)> {
    if from >= to {
        return Ok((0, 0));
    }
    tx.one(
        "select count(*), cast(coalesce(sum(paid_fen), 0) as bigint)
         from trade_order
         where mall_id = $1 and paid_at >= $2 and paid_at < $3 and paid_at is not null",
        &args![mall_id, from, to],
    )
}

/// One hour, or one day, of sales.
#[derive(Debug, Clone, Copy)]
pub struct HourOf {
    /// Hours or days since 1970 on the mall's clock.
    pub at: i64,
    pub orders_paid: i64,
    pub paid_fen: i64,
}
db::row!(HourOf { at, orders_paid, paid_fen });

/// Hours from one instant on, those without sales left out.
pub fn by_hour(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant) -> Result<Vec<HourOf>> {
    grouped(tx, mall_id, offset, from, 1)
}

/// Days from one instant on, those without sales left out.
pub fn by_day(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant) -> Result<Vec<HourOf>> {
    grouped(tx, mall_id, offset, from, 24)
}

fn grouped(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, span: i64) -> Result<Vec<HourOf>> {
    let marked = mark(tx, mall_id, NAME)?.unwrap_or_default();
    tx.all(
        "select at, cast(sum(orders_paid) as bigint), cast(sum(paid_fen) as bigint)
         from (
           select hour / $4 as at, orders_paid, paid_fen
           from sales_hour
           where mall_id = $1 and hour >= $2
           union all
           select (paid_at + $5) / ($4 * 3600000), 1, paid_fen
           from trade_order
           where mall_id = $1 and paid_at > $3 and paid_at >= $6 and paid_at is not null
         ) parts
         group by at
         order by at",
        &args![mall_id, (from.0 + offset).div_euclid(hours(1)), marked, span, offset, from],
    )
}

/// A best seller of a day.
#[derive(Debug, Clone)]
pub struct Best {
    pub product_id: Id,
    pub quantity: i64,
    pub amount_fen: i64,
}
db::row!(Best { product_id, quantity, amount_fen });

/// Products of a day by money, as of about two minutes ago.
pub fn best_products(tx: &mut Tx<'_>, mall_id: MallId, day: i64, limit: i64) -> Result<Vec<Best>> {
    tx.all(
        "select product_id, quantity, amount_fen
         from product_sales_day
         where mall_id = $1 and day = $2
         order by amount_fen desc
         limit $3",
        &args![mall_id, day, limit],
    )
}
