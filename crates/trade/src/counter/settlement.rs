//! The day of a counter: what its sales brought by channel, and what went back of them. Both are read from the same payments
//! and refunds as the finance reports, by the same moments, so the sums agree.

use db::{Tx, args};
use kernel::{Fen, Id, Instant, MallId, Result};
use std::collections::BTreeMap;

/// Money of one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelSum {
    pub received: Fen,
    pub returned: Fen,
}

/// What a store's counter did in a span of time.
#[derive(Debug, Clone, Default)]
pub struct DayTotals {
    /// Sales paid, and what they cost.
    pub sales: i64,
    pub pieces: i64,
    pub sold: Fen,
    pub channels: BTreeMap<String, ChannelSum>,
}

/// The sums of `from ≤ at < to`.
pub fn day_totals(tx: &mut Tx<'_>, mall_id: MallId, store_id: Id, from: Instant, to: Instant) -> Result<DayTotals> {
    let (sales, pieces, sold): (i64, i64, i64) = tx.one(
        "select count(*), coalesce(cast(sum(o.quantity) as bigint), 0), coalesce(cast(sum(o.total_fen) as bigint), 0)
         from counter_sale s
         join trade_order o on o.mall_id = s.mall_id and o.id = s.order_id
         where s.mall_id = $1 and s.store_id = $2 and s.paid_at >= $3 and s.paid_at < $4",
        &args![mall_id, store_id, from, to],
    )?;
    let mut totals = DayTotals { sales, pieces, sold: Fen(sold), channels: BTreeMap::new() };
    let received: Vec<(String, i64)> = tx.all(
        "select p.channel, cast(sum(p.amount_fen) as bigint)
         from counter_sale s
         join payment p on p.mall_id = s.mall_id and p.payable_kind = 'order_group' and p.payable_id = s.order_id
         where s.mall_id = $1 and s.store_id = $2 and s.paid_at >= $3 and s.paid_at < $4
           and p.status in ('paid', 'refunding', 'refunded') and not p.sent_back
         group by p.channel",
        &args![mall_id, store_id, from, to],
    )?;
    for (channel, fen) in received {
        totals.channels.entry(channel).or_default().received = Fen(fen);
    }
    let returned: Vec<(String, i64)> = tx.all(
        "select p.channel, cast(sum(r.amount_fen) as bigint)
         from refund r
         join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
         join counter_sale s on s.mall_id = r.mall_id and s.order_id = r.order_id
         where r.mall_id = $1 and s.store_id = $2 and r.status = 'done' and r.finished_at >= $3 and r.finished_at < $4
           and not p.sent_back
         group by p.channel",
        &args![mall_id, store_id, from, to],
    )?;
    for (channel, fen) in returned {
        totals.channels.entry(channel).or_default().returned = Fen(fen);
    }
    Ok(totals)
}
