//! Counts a span of time by day, straight from the rows, each from an index range.

use super::measure;
use db::{FromRow, Row, Tx, args};
use kernel::{Id, Instant, MallId, Result, days};
use people::ledger::Account;

/// One figure of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Days since 1970 on the mall's clock.
    pub day: i64,
    pub measure: String,
    /// 0 where it is of no shop or store.
    pub shop_id: Id,
    pub store_id: Id,
    /// A payment channel, an account of the ledger, or nothing.
    pub channel: String,
    pub part: String,
    pub count: i64,
    /// Fen; whole points in postings of points.
    pub amount: i64,
}

impl FromRow for Entry {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Entry {
            day: row.next()?,
            measure: row.next()?,
            shop_id: row.next()?,
            store_id: row.next()?,
            channel: row.next()?,
            part: row.next()?,
            count: row.next()?,
            amount: row.next()?,
        })
    }
}

/// Which channel paid for the group of order `o`: where money came from outside that one, also when the balance paid a
/// part. Nothing to pay is `none`.
const PAID_BY: &str =
    "coalesce((select coalesce(min(case when p.channel <> 'balance' then p.channel end), min(p.channel))
    from payment p
    where p.mall_id = o.mall_id and p.payable_kind = 'order_group' and p.payable_id = o.group_id
      and p.status in ('paid', 'refunding', 'refunded') and not p.sent_back), 'none')";

/// What payment `p` was for.
const PAID_FOR: &str = "case p.payable_kind when 'order_group' then 'order'
    when 'wallet_purchase' then coalesce(w.kind, 'wallet_purchase') else p.payable_kind end";

/// Everything of `from ≤ at < to`, by day.
pub(super) fn count(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    let mut entries = orders(tx, mall_id, offset, from, to)?;
    entries.extend(discounts(tx, mall_id, offset, from, to)?);
    entries.extend(order_refunds(tx, mall_id, offset, from, to)?);
    entries.extend(received(tx, mall_id, offset, from, to)?);
    entries.extend(returned(tx, mall_id, offset, from, to)?);
    entries.extend(posted(tx, mall_id, offset, from, to)?);
    Ok(entries)
}

fn orders(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    type Paid = (i64, Id, Id, String, i64, i64, i64, i64);
    let rows: Vec<Paid> = tx.all(
        &format!(
            "select x.day, x.shop_id, x.store_id, x.channel, count(*), cast(sum(x.goods_fen) as bigint),
               cast(sum(x.freight_fen) as bigint), cast(sum(x.paid_fen) as bigint)
             from (select (o.paid_at + $4) / $5 as day, o.shop_id, coalesce(o.store_id, 0) as store_id,
                 {PAID_BY} as channel, o.goods_fen, o.freight_fen, o.paid_fen
               from trade_order o
               where o.mall_id = $1 and o.paid_at >= $2 and o.paid_at < $3 and o.paid_at is not null) x
             group by x.day, x.shop_id, x.store_id, x.channel"
        ),
        &args![mall_id, from, to, offset, days(1)],
    )?;
    let mut entries = Vec::with_capacity(rows.len() * 3);
    for (day, shop_id, store_id, channel, count, goods, freight, sales) in rows {
        for (measure, amount) in [(measure::GOODS, goods), (measure::FREIGHT, freight), (measure::SALES, sales)] {
            let (measure, channel, part) = (measure.to_owned(), channel.clone(), String::new());
            entries.push(Entry { day, measure, shop_id, store_id, channel, part, count, amount });
        }
    }
    Ok(entries)
}

/// Rows of the order as a whole are discounts of freight.
fn discounts(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    tx.all(
        &format!(
            "select x.day, '{}', x.shop_id, x.store_id, x.channel, x.lane, count(*), cast(sum(x.amount_fen) as bigint)
             from (select (o.paid_at + $4) / $5 as day, o.shop_id, coalesce(o.store_id, 0) as store_id,
                 {PAID_BY} as channel, case when d.line_id = 0 then 'freight' else d.lane end as lane, d.amount_fen
               from trade_order o
               join order_discount d on d.mall_id = o.mall_id and d.order_id = o.id and d.kind = 'discount'
               where o.mall_id = $1 and o.paid_at >= $2 and o.paid_at < $3 and o.paid_at is not null) x
             group by x.day, x.shop_id, x.store_id, x.channel, x.lane",
            measure::DISCOUNT
        ),
        &args![mall_id, from, to, offset, days(1)],
    )
}

/// A refund that staff gave back by hand left no channel but the till.
const WENT_BY: &str = "case when exists (select 1 from refund_settlement s
    where s.mall_id = r.mall_id and s.refund_id = r.id) then 'offline' else p.channel end";

fn order_refunds(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    tx.all(
        &format!(
            "select x.day, '{}', x.shop_id, x.store_id, x.channel, '', count(*), cast(sum(x.amount_fen) as bigint)
             from (select (r.finished_at + $4) / $5 as day, coalesce(o.shop_id, 0) as shop_id,
                 coalesce(o.store_id, 0) as store_id, {WENT_BY} as channel, r.amount_fen
               from refund r
               join payment p on p.mall_id = r.mall_id and p.id = r.payment_id and p.payable_kind = 'order_group'
                 and not p.sent_back
               left join trade_order o on o.mall_id = r.mall_id and o.id = r.order_id
               where r.mall_id = $1 and r.finished_at >= $2 and r.finished_at < $3 and r.finished_at is not null
                 and r.status = 'done') x
             group by x.day, x.shop_id, x.store_id, x.channel",
            measure::ORDER_REFUND
        ),
        &args![mall_id, from, to, offset, days(1)],
    )
}

fn received(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    tx.all(
        &format!(
            "select x.day, x.measure, cast(0 as bigint), cast(0 as bigint), x.channel, x.part, count(*), cast(sum(x.amount_fen) as bigint)
             from (select (p.paid_at + $4) / $5 as day,
                 case when p.sent_back then '{}' else '{}' end as measure, p.channel,
                 case when p.sent_back then 'in' else {PAID_FOR} end as part, p.amount_fen
               from payment p
               left join wallet_purchase w on p.payable_kind = 'wallet_purchase' and w.mall_id = p.mall_id and w.id = p.payable_id
               where p.mall_id = $1 and p.paid_at >= $2 and p.paid_at < $3 and p.paid_at is not null
                 and p.amount_fen > 0 and p.status in ('paid', 'refunding', 'refunded')) x
             group by x.day, x.measure, x.channel, x.part",
            measure::SENT_BACK,
            measure::RECEIVED
        ),
        &args![mall_id, from, to, offset, days(1)],
    )
}

fn returned(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    tx.all(
        &format!(
            "select x.day, x.measure, cast(0 as bigint), cast(0 as bigint), x.channel, x.part, count(*), cast(sum(x.amount_fen) as bigint)
             from (select (r.finished_at + $4) / $5 as day,
                 case when p.sent_back then '{}' else '{}' end as measure, {WENT_BY} as channel,
                 case when p.sent_back then 'out' else {PAID_FOR} end as part, r.amount_fen
               from refund r
               join payment p on p.mall_id = r.mall_id and p.id = r.payment_id
               left join wallet_purchase w on p.payable_kind = 'wallet_purchase' and w.mall_id = p.mall_id and w.id = p.payable_id
               where r.mall_id = $1 and r.finished_at >= $2 and r.finished_at < $3 and r.finished_at is not null
                 and r.status = 'done') x
             group by x.day, x.measure, x.channel, x.part",
            measure::SENT_BACK,
            measure::RETURNED
        ),
        &args![mall_id, from, to, offset, days(1)],
    )
}

/// The members' side of the ledger; the mall's side is its mirror.
fn posted(tx: &mut Tx<'_>, mall_id: MallId, offset: i64, from: Instant, to: Instant) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for account in Account::ALL {
        let rows: Vec<Entry> = tx.all(
            &format!(
                "select x.day, '{}', cast(0 as bigint), cast(0 as bigint), x.account, x.kind, count(*), cast(sum(x.amount) as bigint)
                 from (select (at + $4) / $5 as day, account, kind, amount
                   from ledger_posting
                   where mall_id = $1 and account = $6 and at >= $2 and at < $3) x
                 group by x.day, x.account, x.kind",
                measure::POSTED
            ),
            &args![mall_id, from, to, offset, days(1), account.as_str()],
        )?;
        entries.extend(rows);
    }
    Ok(entries)
}
