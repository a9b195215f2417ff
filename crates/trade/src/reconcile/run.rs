//! One comparison of one day, in steps that each fit a transaction: begin, take the bill's lines, look through ours, drop
//! lines that are not in the bill any more, look at what was open, finish with the sums. A step done twice does no harm.

use super::compare::{Key, PAYMENTS, PaymentRow, REFUNDS, RefundRow, compare};
use super::funds::{self, account_of};
use super::model::{Ours, kind_of, kind_word, state_word};
use db::{Arg, Tx, args};
use kernel::ports::{BillKind, BillLine};
use kernel::{Error, Fen, Id, Instant, MallId, Result};
use platform::Ctx;

/// Rows per step.
const CHUNK: i64 = 400;
/// Open differences of other days that are looked at again.
const OPEN: i64 = 2_000;

/// The span of a day on its channel's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub day: i64,
    pub from: Instant,
    pub to: Instant,
}

impl Window {
    /// A day of 24 hours on a calendar that is `offset_ms` ahead of UTC.
    pub fn of(day: i64, offset_ms: i64) -> Self {
        let from = Instant(day.saturating_mul(kernel::days(1)) - offset_ms);
        Window { day, from, to: from + kernel::days(1) }
    }
}

/// Which days of a channel are to be compared, oldest first: those after the last that was, up to `last`, at most a week.
pub fn due(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, last: i64) -> Result<Vec<i64>> {
    let rows: Vec<(i64, String)> = tx.all(
        "select day, state from bill_day where mall_id = $1 and channel = $2 and day > $3 and day <= $4 order by day",
        &args![mall_id, channel, last - 7, last],
    )?;
    if rows.is_empty() {
        return Ok(vec![last]);
    }
    let done = |day: &i64| rows.iter().any(|row| row.0 == *day && row.1 == "done");
    let first = rows.iter().map(|row| row.0).min().unwrap_or(last);
    Ok((first..=last).filter(|day| !done(day)).collect())
}

/// Of these days, those of which a channel's bill was compared.
pub fn done_of(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, days: &[i64]) -> Result<Vec<i64>> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    let rows: Vec<(i64,)> = tx.all(
        "select day from bill_day where mall_id = $1 and channel = $2 and day >= $3 and day <= $4 and state = 'done'",
        &args![mall_id, channel, *first, *last],
    )?;
    Ok(days.iter().copied().filter(|day| rows.contains(&(*day,))).collect())
}

/// Begins; answers the number of this comparison.
pub fn begin(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64) -> Result<Id> {
    let run = ctx.id();
    tx.exec(
        "insert into bill_day (id, mall_id, channel, day, state, run, attempts, created_at)
         values ($1, $2, $3, $4, 'waiting', $1, 1, $5)
         on conflict (mall_id, channel, day) do update
         set state = 'waiting', run = excluded.run, attempts = bill_day.attempts + 1",
        &args![run, ctx.mall_id, channel, day, ctx.now],
    )?;
    Ok(run)
}

/// Says that a day could not be compared, and why.
pub fn failed(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64, error: &Error) -> Result<()> {
    let reason = format!("{}（{}）", error.message(), error.code());
    tx.exec(
        "update bill_day set state = 'failed', last_error = $4 where mall_id = $1 and channel = $2 and day = $3",
        &args![ctx.mall_id, channel, day, reason],
    )?;
    Ok(())
}

/// Keeps some lines of the bill and compares them.
pub fn take_lines(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64, run: Id, lines: &[BillLine]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<Arg>> = lines
        .iter()
        .map(|line| {
            args![
                ctx.mall_id,
                channel,
                kind_word(line.kind),
                &line.number,
                day,
                run,
                &line.channel_number,
                line.amount,
                state_word(line.state),
                line.at,
                line.fee
            ]
            .to_vec()
        })
        .collect();
    tx.insert_many(
        "insert into bill_line
           (mall_id, channel, kind, number, day, run, channel_number, amount_fen, state, at, fee_fen) values",
        "on conflict (mall_id, channel, kind, number) do update
         set day = excluded.day, run = excluded.run, channel_number = excluded.channel_number,
             amount_fen = excluded.amount_fen, state = excluded.state, at = excluded.at, fee_fen = excluded.fee_fen",
        &rows,
    )?;
    let compared = lines.iter().filter(|line| line.kind != BillKind::Other);
    let keys: Vec<Key> = compared.map(|line| (line.kind, line.number.clone())).collect();
    compare(tx, ctx, channel, day, &keys).map(drop)
}

/// Looks through our payments, refunds or transfers of the day, from an id on; answers where to go on.
pub fn check_ours(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    channel: &str,
    window: Window,
    kind: BillKind,
    after: Id,
) -> Result<Option<Id>> {
    let values = args![ctx.mall_id, account_of(channel), window.from, window.to, after, CHUNK];
    let ours: Vec<Ours> = match kind {
        BillKind::Payment => {
            let rows: Vec<PaymentRow> = tx.all(
                &format!(
                    "{PAYMENTS}
                     where p.mall_id = $1 and p.channel = $2 and p.paid_at >= $3 and p.paid_at < $4
                       and p.paid_at is not null and p.amount_fen > 0 and p.id > $5
                     order by p.id, t.position
                     limit $6"
                ),
                &values,
            )?;
            rows.into_iter().map(|row| row.0).collect()
        }
        BillKind::Refund => {
            let rows: Vec<RefundRow> = tx.all(
                &format!(
                    "{REFUNDS}
                     where r.mall_id = $1 and p.channel = $2 and r.finished_at >= $3 and r.finished_at < $4
                       and r.finished_at is not null and r.id > $5
                     order by r.id
                     limit $6"
                ),
                &values,
            )?;
            rows.into_iter().map(|row| row.0).collect()
        }
        BillKind::Transfer => return funds::check_transfers(tx, ctx, channel, window, after),
        BillKind::Fee | BillKind::Other => Vec::new(),
    };
    let keys: Vec<Key> = ours.iter().map(|one| (one.kind, one.number.clone())).collect();
    compare(tx, ctx, channel, window.day, &keys)?;
    let full = i64::try_from(ours.len()).unwrap_or(0) == CHUNK;
    // The last payment's sub-orders may go on: it is looked at once more, with the next.
    let next = |last: &Ours| last.refund_id.or(last.payment_id.map(|id| Id(id.0 - 1)));
    Ok(ours.last().filter(|_| full).and_then(next))
}

/// Drops lines of the day that are not in the bill any more and compares their numbers once more.
pub fn drop_stale(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64, run: Id) -> Result<()> {
    let rows: Vec<(String, String)> = tx.all(
        "delete from bill_line
         where mall_id = $1 and channel = $2 and day = $3 and run <> $4
         returning kind, number",
        &args![ctx.mall_id, channel, day, run],
    )?;
    let compared = rows.into_iter().filter(|(kind, _)| kind != "other");
    let keys: Result<Vec<Key>> = compared.map(|(kind, number)| Ok((kind_of(&kind)?, number))).collect();
    for some in keys?.chunks(usize::try_from(CHUNK).unwrap_or(1)) {
        compare(tx, ctx, channel, day, some)?;
    }
    Ok(())
}

/// Compares everything of a channel that is open; a late match settles it.
pub fn recheck_open(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str) -> Result<()> {
    let rows: Vec<(String, String, i64)> = tx.all(
        "select kind, number, day from bill_difference
         where mall_id = $1 and status = 'open' and channel = $2
         order by id
         limit $3",
        &args![ctx.mall_id, channel, OPEN],
    )?;
    let keys: Result<Vec<Key>> = rows.into_iter().map(|(kind, number, _)| Ok((kind_of(&kind)?, number))).collect();
    let today = ctx.now.day_at_offset(0);
    for some in keys?.chunks(usize::try_from(CHUNK).unwrap_or(1)) {
        compare(tx, ctx, channel, today, some)?;
    }
    Ok(())
}

/// Compares one number of a difference again.
pub fn recheck(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64, kind: &str, number: &str) -> Result<()> {
    compare(tx, ctx, channel, day, &[(kind_of(kind)?, number.to_owned())]).map(drop)
}

/// Writes the sums of the day and that it was compared.
pub fn finish(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, window: Window, fee: Fen) -> Result<()> {
    let (day, mall_id, account) = (window.day, ctx.mall_id, account_of(channel));
    let theirs: (i64, i64, i64, i64) = tx.one(
        "select cast(count(*) filter (where kind = 'payment') as bigint),
                cast(coalesce(sum(amount_fen) filter (where kind = 'payment'), 0) as bigint),
                cast(count(*) filter (where kind = 'refund') as bigint),
                cast(coalesce(sum(amount_fen) filter (where kind = 'refund'), 0) as bigint)
         from bill_line
         where mall_id = $1 and channel = $2 and day = $3 and state <> 'failed'",
        &args![mall_id, channel, day],
    )?;
    let (payments, paid): (i64, i64) = tx.one(
        "select cast(coalesce(sum(case when sub_orders > 0 then sub_orders else 1 end), 0) as bigint),
           cast(coalesce(sum(amount_fen), 0) as bigint)
         from payment
         where mall_id = $1 and channel = $2 and paid_at >= $3 and paid_at < $4 and paid_at is not null
           and amount_fen > 0 and status in ('paid', 'refunding', 'refunded')",
        &args![mall_id, account, window.from, window.to],
    )?;
    let (refunds, refunded): (i64, i64) = tx.one(
        "select count(*), cast(coalesce(sum(r.amount_fen), 0) as bigint)
         from refund r
         join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
         where r.mall_id = $1 and p.channel = $2 and r.finished_at >= $3 and r.finished_at < $4
           and r.finished_at is not null and r.status = 'done'
           and not exists (select 1 from refund_settlement s where s.mall_id = r.mall_id and s.refund_id = r.id)",
        &args![mall_id, account, window.from, window.to],
    )?;
    tx.exec(
        "update bill_day
         set state = 'done', last_error = null, ours_payments = $4, ours_paid_fen = $5, ours_refunds = $6,
             ours_refunded_fen = $7, theirs_payments = $8, theirs_paid_fen = $9, theirs_refunds = $10,
             theirs_refunded_fen = $11, fee_fen = $12, checked_at = $13
         where mall_id = $1 and channel = $2 and day = $3",
        &args![
            mall_id, channel, day, payments, paid, refunds, refunded, theirs.0, theirs.1, theirs.2, theirs.3, fee,
            ctx.now
        ],
    )?;
    if funds::is_funds(channel) { funds::finish(tx, ctx, channel, window) } else { Ok(()) }
}
