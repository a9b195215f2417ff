//! Channels that have no bill because the money never left the house: the balance, and what staff received by hand. Their
//! bills are made of other books of ours, which must say the same: the ledger's postings, what the orders say was paid, and
//! at a counter the drawers and the receipts.

use db::{Tx, args};
use kernel::ports::{BillKind, BillLine, BillState};
use kernel::{Fen, Id, Instant, MallId, Result};

/// The balance.
pub const BALANCE: &str = "balance";
/// Money received by hand.
pub const OFFLINE: &str = "offline";
/// Cash in the drawers of counters.
pub const CASH: &str = crate::payment::CASH;

/// True for a channel without a bill outside.
pub fn is_own(channel: &str) -> bool {
    matches!(channel, BALANCE | OFFLINE | CASH)
}

/// What our other books say of `from ≤ at < to`.
pub fn own_lines(tx: &mut Tx<'_>, mall_id: MallId, channel: &str, from: Instant, to: Instant) -> Result<Vec<BillLine>> {
    match channel {
        BALANCE => ledger_lines(tx, mall_id, from, to),
        OFFLINE => {
            let mut lines = order_lines(tx, mall_id, from, to)?;
            lines.extend(receipt_lines(tx, mall_id, from, to)?);
            Ok(lines)
        }
        CASH => drawer_lines(tx, mall_id, from, to),
        _ => Ok(Vec::new()),
    }
}

fn line(kind: BillKind, number: String, amount: i64, at: Instant) -> BillLine {
    let channel_number = String::new();
    BillLine { kind, number, channel_number, amount: Fen(amount), fee: Fen::ZERO, state: BillState::Done, at: Some(at) }
}

/// Principal and gift together, by what caused the posting: a payment's id, a refund's id. A part that waits for the rest
/// of its order is under way, one that was given back as it was taken came to nothing.
fn ledger_lines(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<BillLine>> {
    let touched: Vec<(String, Id, i64, Instant)> = tx.all(
        "select kind, source_id, cast(sum(amount) as bigint), min(at)
         from ledger_posting
         where mall_id = $1 and account = any($2) and at >= $3 and at < $4
           and kind in ('balance_paid', 'balance_released', 'balance_refunded')
         group by kind, source_id",
        &args![mall_id, vec!["principal", "gift"], from, to],
    )?;
    let mut lines = Vec::new();
    let mut payments: Vec<Id> = Vec::new();
    for (kind, source, amount, at) in touched {
        match kind.as_str() {
            "balance_refunded" => lines.push(line(BillKind::Refund, format!("R{source}"), amount, at)),
            _ => payments.push(source),
        }
    }
    payments.sort_unstable();
    payments.dedup();
    let taken: Vec<(Id, i64, i64, Instant, bool)> = tx.all(
        "select l.source_id,
           cast(sum(case when l.kind = 'balance_paid' then -l.amount else 0 end) as bigint),
           cast(sum(case when l.kind = 'balance_released' then l.amount else 0 end) as bigint),
           min(l.at),
           exists (select 1 from payment p where p.mall_id = l.mall_id and p.id = l.source_id and p.status = 'pending')
         from ledger_posting l
         where l.mall_id = $1 and l.kind in ('balance_paid', 'balance_released') and l.source_id = any($2)
           and l.member_id <> 0
         group by l.mall_id, l.source_id",
        &args![mall_id, payments],
    )?;
    lines.extend(taken.into_iter().map(|(payment, taken, released, at, waits)| {
        let state = match (released >= taken, waits) {
            (true, _) => BillState::Failed,
            (false, true) => BillState::Processing,
            (false, false) => BillState::Done,
        };
        BillLine { state, ..line(BillKind::Payment, payment.to_string(), taken, at) }
    }));
    Ok(lines)
}

/// Orders that say they were paid although no other channel paid for them, by their payment; a group without any payment
/// is named `G…`. Refunds by hand, as far as their orders know of them.
fn order_lines(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<BillLine>> {
    let paid: Vec<(Id, Option<Id>, i64, Instant)> = tx.all(
        "select g.group_id, p.id, g.paid, g.at
         from (select o.group_id, cast(sum(o.paid_fen) as bigint) as paid, min(o.paid_at) as at
           from trade_order o
           where o.mall_id = $1 and o.paid_at >= $2 and o.paid_at < $3 and o.paid_at is not null and o.paid_fen > 0
             and o.source <> 'counter'
             and not exists (select 1 from payment q
               where q.mall_id = o.mall_id and q.payable_kind = 'order_group' and q.payable_id = o.group_id
                 and q.channel <> 'offline' and q.status in ('paid', 'refunding', 'refunded') and not q.sent_back)
           group by o.group_id) g
         left join payment p on p.mall_id = $1 and p.payable_kind = 'order_group' and p.payable_id = g.group_id
           and p.channel = 'offline'",
        &args![mall_id, from, to],
    )?;
    let refunds: Vec<(Id, i64, i64, i64, Instant)> = tx.all(
        "select r.id, r.amount_fen, o.refunded_fen,
           (select cast(sum(x.amount_fen) as bigint) from refund x
             join payment y on y.mall_id = x.mall_id and y.id = x.payment_id and not y.sent_back
             where x.mall_id = r.mall_id and x.order_id = r.order_id),
           r.finished_at
         from refund r
         join payment p on p.mall_id = r.mall_id and p.id = r.payment_id and p.channel = 'offline'
         join trade_order o on o.mall_id = r.mall_id and o.id = r.order_id
         where r.mall_id = $1 and r.finished_at >= $2 and r.finished_at < $3 and r.finished_at is not null
           and r.status = 'done'",
        &args![mall_id, from, to],
    )?;
    let mut lines: Vec<BillLine> = paid
        .into_iter()
        .map(|(group, payment, amount, at)| {
            let number = payment.map_or_else(|| format!("G{group}"), |id| id.to_string());
            line(BillKind::Payment, number, amount, at)
        })
        .collect();
    lines.extend(refunds.into_iter().map(|(id, amount, known, all, at)| {
        // What the order does not know of is missing in its line.
        let missing = (all - known).clamp(0, amount);
        line(BillKind::Refund, format!("R{id}"), amount - missing, at)
    }));
    Ok(lines)
}

/// What receipts of counters say was paid otherwise than in cash, by code or from the balance.
fn receipt_lines(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<BillLine>> {
    let paid: Vec<(Id, i64, Instant)> = tx.all(
        "select t.payment_id, t.amount_fen, o.paid_at
         from trade_order o
         join counter_tender t on t.mall_id = o.mall_id and t.order_id = o.id and t.kind = 'other'
         where o.mall_id = $1 and o.paid_at >= $2 and o.paid_at < $3 and o.paid_at is not null and o.source = 'counter'",
        &args![mall_id, from, to],
    )?;
    Ok(paid.into_iter().map(|(id, amount, at)| line(BillKind::Payment, id.to_string(), amount, at)).collect())
}

/// What drawers say: cash that came in with sales and went out with refunds.
fn drawer_lines(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<Vec<BillLine>> {
    let moved: Vec<(String, Id, i64, Instant)> = tx.all(
        "select kind, source_id, amount_fen, at from drawer_entry
         where mall_id = $1 and kind in ('sale', 'refund') and at >= $2 and at < $3",
        &args![mall_id, from, to],
    )?;
    let of = |(kind, source, amount, at): (String, Id, i64, Instant)| match kind.as_str() {
        "refund" => line(BillKind::Refund, format!("R{source}"), -amount, at),
        _ => line(BillKind::Payment, source.to_string(), amount, at),
    };
    Ok(moved.into_iter().map(of).collect())
}
