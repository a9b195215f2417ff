//! Holds some numbers of a channel against each other and brings the queue in line: new differences open, those that agree
//! now are settled by that, those a person settled stay as they are.

use super::funds::{self, account_of};
use super::model::{Ours, Problem, Theirs, judge, kind_of, kind_word, state_of, state_word};
use crate::payment::{Refund, part_number, part_of_number, refund_number};
use db::{Arg, FromRow, Row, Tx, args};
use kernel::ports::BillKind;
use kernel::{Fen, Id, Instant, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// A kind and a number at the channel.
pub(super) type Key = (BillKind, String);

struct Known {
    id: Id,
    problem: Problem,
    is_open: bool,
    by_staff: bool,
    ours_fen: Option<i64>,
    theirs_fen: Option<i64>,
}

/// Compares what these numbers name; answers how many of them disagree.
pub(super) fn compare(tx: &mut Tx<'_>, ctx: &Ctx, channel: &str, day: i64, keys: &[Key]) -> Result<usize> {
    if keys.is_empty() {
        return Ok(0);
    }
    let ours = ours_of(tx, ctx.mall_id, channel, keys)?;
    let theirs = theirs_of(tx, ctx.mall_id, channel, keys)?;
    let known = known(tx, ctx.mall_id, channel, keys)?;
    let (mut found, mut settled, mut wrong) = (Vec::new(), Vec::new(), 0);
    for key in keys {
        let (mine, other, before) = (ours.get(key), theirs.get(key), known.get(key));
        let Some(problem) = judge(mine, other) else {
            settled.extend(before.filter(|before| before.is_open).map(|before| before.id));
            continue;
        };
        if before.is_some_and(|before| !before.is_open && before.by_staff) {
            continue;
        }
        wrong += 1;
        let (ours_fen, theirs_fen) = (mine.map(|mine| mine.amount.0), other.map(|other| other.amount.0));
        let same = |before: &Known| {
            before.is_open
                && before.problem == problem
                && (before.ours_fen, before.theirs_fen) == (ours_fen, theirs_fen)
        };
        if before.is_some_and(same) {
            continue;
        }
        found.push(
            args![
                ctx.id(),
                ctx.mall_id,
                channel,
                day,
                kind_word(key.0),
                &key.1,
                problem.as_str(),
                ours_fen,
                theirs_fen,
                mine.map(|mine| mine.status.clone()),
                other.map(|other| state_word(other.state)),
                other.map(|other| other.channel_number.clone()),
                mine.and_then(|mine| mine.payment_id),
                mine.and_then(|mine| mine.refund_id),
                mine.and_then(|mine| mine.order_id),
                ctx.now
            ]
            .to_vec(),
        );
    }
    write(tx, ctx, &found, &settled)?;
    Ok(wrong)
}

fn write(tx: &mut Tx<'_>, ctx: &Ctx, found: &[Vec<Arg>], settled: &[Id]) -> Result<()> {
    if !found.is_empty() {
        tx.insert_many(
            "insert into bill_difference
               (id, mall_id, channel, day, kind, number, problem, ours_fen, theirs_fen, ours_state, theirs_state,
                channel_number, payment_id, refund_id, order_id, found_at) values",
            "on conflict (mall_id, channel, kind, number) do update
             set problem = excluded.problem, ours_fen = excluded.ours_fen, theirs_fen = excluded.theirs_fen,
                 ours_state = excluded.ours_state, theirs_state = excluded.theirs_state,
                 channel_number = excluded.channel_number, payment_id = excluded.payment_id,
                 refund_id = excluded.refund_id, order_id = excluded.order_id,
                 status = 'open', settled_by = null, settled_at = null",
            found,
        )?;
    }
    if !settled.is_empty() {
        tx.exec(
            "update bill_difference set status = 'settled', settled_by = 'match', settled_at = $3
             where mall_id = $1 and id = any($2) and status = 'open'",
            &args![ctx.mall_id, settled, ctx.now],
        )?;
    }
    Ok(())
}

const KINDS: [&str; 5] = ["payment", "refund", "transfer", "fee", "other"];

fn numbers(keys: &[Key]) -> Vec<&str> {
    keys.iter().map(|key| key.1.as_str()).collect()
}

impl FromRow for Theirs {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (channel_number, amount) = (row.next()?, row.next()?);
        Ok(Theirs { channel_number, amount, state: state_of(&row.next::<String>()?)? })
    }
}

fn theirs_of(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, keys: &[Key]) -> Result<HashMap<Key, Theirs>> {
    let rows: Vec<(String, String, Theirs)> = tx.all(
        "select kind, number, channel_number, amount_fen, state
         from bill_line
         where mall_id = $1 and channel = $2 and kind = any($3) and number = any($4)",
        &args![mall_id, channel, KINDS.to_vec(), numbers(keys)],
    )?;
    rows.into_iter().map(|(kind, number, line)| Ok(((kind_of(&kind)?, number), line))).collect()
}

fn known(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, keys: &[Key]) -> Result<HashMap<Key, Known>> {
    type Found = (Id, String, String, String, bool, bool, Option<i64>, Option<i64>);
    let rows: Vec<Found> = tx.all(
        "select id, kind, number, problem, status = 'open', coalesce(settled_by, '') = 'staff', ours_fen, theirs_fen
         from bill_difference
         where mall_id = $1 and channel = $2 and kind = any($3) and number = any($4)",
        &args![mall_id, channel, KINDS.to_vec(), numbers(keys)],
    )?;
    let one = |(id, kind, number, problem, is_open, by_staff, ours_fen, theirs_fen): Found| {
        let known = Known { id, problem: Problem::parse(&problem)?, is_open, by_staff, ours_fen, theirs_fen };
        Ok(((kind_of(&kind)?, number), known))
    };
    rows.into_iter().map(one).collect()
}

/// What of ours the numbers name in this book.
fn ours_of(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, keys: &[Key]) -> Result<HashMap<Key, Ours>> {
    let account = account_of(channel);
    let payment_of = |number: &str| number.parse().ok().or_else(|| part_of_number(number).map(|(payment, _)| payment));
    // A fee goes by the number of its payment or refund.
    let named = |kind| keys.iter().filter(move |key| key.0 == kind || key.0 == BillKind::Fee).map(|key| key.1.as_str());
    let payments: Vec<Id> = named(BillKind::Payment).filter_map(payment_of).collect();
    let refunds: Vec<Id> = named(BillKind::Refund).filter_map(Refund::id_of).collect();
    let mut found = HashMap::new();
    if !payments.is_empty() {
        let rows: Vec<PaymentRow> = tx.all(
            &format!("{PAYMENTS} where p.mall_id = $1 and p.id = any($2) and p.channel = $3"),
            &args![mall_id, payments, account],
        )?;
        found.extend(rows.into_iter().map(|row| (row.0.kind, row.0.number.clone(), row.0)).map(keyed));
    }
    if !refunds.is_empty() {
        let rows: Vec<RefundRow> = tx.all(
            &format!("{REFUNDS} where r.mall_id = $1 and r.id = any($2) and p.channel = $3"),
            &args![mall_id, refunds, account],
        )?;
        found.extend(rows.into_iter().map(|row| (row.0.kind, row.0.number.clone(), row.0)).map(keyed));
    }
    if funds::is_funds(channel) {
        funds::fees(tx, mall_id, channel, keys, &mut found)?;
        funds::strangers(tx, mall_id, channel, keys, &mut found)?;
        funds::transfers(tx, mall_id, channel, keys, &mut found)?;
    }
    Ok(found)
}

fn keyed((kind, number, ours): (BillKind, String, Ours)) -> (Key, Ours) {
    ((kind, number), ours)
}

pub(super) struct PaymentRow(pub Ours);
pub(super) struct RefundRow(pub Ours);

/// A combined payment is as many lines as it has sub-orders.
pub(super) const PAYMENTS: &str = "select p.id, coalesce(t.amount_fen, p.amount_fen), p.status, p.paid_at,
    case when p.payable_kind = 'order_group' then coalesce(t.order_id, p.payable_id) end, t.position
    from payment p
    left join payment_part t on t.mall_id = p.mall_id and t.payment_id = p.id and p.sub_orders > 0";
pub(super) const REFUNDS: &str =
    "select r.id, r.generation, r.amount_fen, r.status, r.finished_at, r.payment_id, r.order_id,
    s.refund_id is not null
    from refund r
    join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
    left join refund_settlement s on s.mall_id = r.mall_id and s.refund_id = r.id";

impl FromRow for PaymentRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (payment_id, amount): (Id, Fen) = (row.next()?, row.next()?);
        let (status, at, order_id) = (row.next()?, row.next()?, row.next()?);
        let position: Option<i64> = row.next()?;
        let number = position.map_or_else(|| payment_id.to_string(), |position| part_number(payment_id, position));
        let (kind, payment_id, refund_id, by_hand) = (BillKind::Payment, Some(payment_id), None, false);
        Ok(PaymentRow(Ours { kind, number, amount, status, at, payment_id, refund_id, order_id, by_hand }))
    }
}

impl FromRow for RefundRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (id, generation): (Id, i64) = (row.next()?, row.next()?);
        let (amount, status, at): (Fen, String, Option<Instant>) = (row.next()?, row.next()?, row.next()?);
        let (payment_id, order_id, by_hand) = (row.next()?, row.next()?, row.next()?);
        let number = refund_number(id, generation);
        let refund_id = Some(id);
        Ok(RefundRow(Ours {
            kind: BillKind::Refund,
            number,
            amount,
            status,
            payment_id,
            refund_id,
            order_id,
            by_hand,
            at,
        }))
    }
}
