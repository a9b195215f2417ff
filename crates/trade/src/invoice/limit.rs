//! How much of an order may stand on an invoice: what was paid for it with money, less what was given back.

use db::{FromRow, Row, Tx, args};
use kernel::{Cursor, Fen, Id, Instant, MallId, Page, Result};
use std::collections::HashMap;

/// What of an order can be invoiced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub order_id: Id,
    pub member_id: Id,
    pub shop_id: Id,
    pub status: String,
    /// Zero when it was paid from the balance or nothing was paid.
    pub amount: Fen,
    /// The live invoice it stands in.
    pub invoice_id: Option<Id>,
    pub completed_at: Option<Instant>,
}

impl FromRow for Share {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (order_id, member_id, shop_id, status) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let (paid, refunded): (i64, i64) = (row.next()?, row.next()?);
        let (by_money, money_back): (i64, i64) = (row.next()?, row.next()?);
        let amount = Fen(invoiceable(paid, refunded, by_money, money_back));
        Ok(Share { order_id, member_id, shop_id, status, amount, invoice_id: row.next()?, completed_at: row.next()? })
    }
}

/// The money that paid for the order, less what of it went back, and never more than what the order still cost. The parts
/// of a payment sum to it, so the orders of a group may be invoiced for exactly the money that paid for them.
fn invoiceable(paid: i64, refunded: i64, by_money: i64, money_back: i64) -> i64 {
    (by_money - money_back).min(paid - refunded).max(0)
}

impl Share {
    /// True when it may be asked for now: completed, not invoiced, and money is left in it.
    pub fn is_open(&self) -> bool {
        self.status == "completed" && self.invoice_id.is_none() && self.amount > Fen::ZERO
    }
}

/// A payment over several orders says in its parts what of it paid which; one without parts paid a single order.
const SELECT: &str = "select o.id, o.member_id, o.shop_id, o.status, o.paid_fen, o.refunded_fen,
    (select cast(coalesce(sum(case
        when t.amount_fen is not null then t.amount_fen
        when exists (select 1 from payment_part x where x.mall_id = p.mall_id and x.payment_id = p.id) then 0
        else p.amount_fen end), 0) as bigint)
      from payment p
      left join payment_part t on t.mall_id = p.mall_id and t.payment_id = p.id and t.order_id = o.id
      where p.mall_id = o.mall_id and p.payable_kind = 'order_group' and p.payable_id = o.group_id
        and p.status in ('paid', 'refunding', 'refunded') and not p.sent_back and p.channel <> 'balance'),
    (select cast(coalesce(sum(r.amount_fen), 0) as bigint) from refund r
      join payment p on p.mall_id = r.mall_id and p.id = r.payment_id and p.channel <> 'balance' and not p.sent_back
      where r.mall_id = o.mall_id and r.order_id = o.id),
    (select min(i.invoice_id) from invoice_order i where i.mall_id = o.mall_id and i.order_id = o.id and i.live),
    o.completed_at
    from trade_order o";

/// Shares of some orders by their id; unknown ids are absent.
pub fn shares(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Share>> {
    let rows: Vec<Share> =
        tx.all(&format!("{SELECT} where o.mall_id = $1 and o.id = any($2)"), &args![mall_id, order_ids])?;
    Ok(rows.into_iter().map(|share| (share.order_id, share)).collect())
}

/// The same with the orders locked until the transaction ends, so that whoever changes their invoices comes one by one.
pub(super) fn locked_shares(tx: &mut Tx<'_>, mall_id: MallId, order_ids: &[Id]) -> Result<HashMap<Id, Share>> {
    let locked: Vec<Id> = tx.all(
        "select id from trade_order where mall_id = $1 and id = any($2) order by id for update",
        &args![mall_id, order_ids],
    )?;
    shares(tx, mall_id, &locked)
}

/// Orders of a member that an invoice can be asked for, newest first.
pub fn candidates(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Page<Share>> {
    let rows: Vec<Share> = tx.all(
        &format!(
            "{SELECT}
             where o.mall_id = $1 and o.member_id = $2 and o.id < $3 and o.status = 'completed'
               and o.paid_fen > o.refunded_fen
               and not exists (select 1 from invoice_order i
                 where i.mall_id = o.mall_id and i.order_id = o.id and i.live)
               and exists (select 1 from payment p
                 where p.mall_id = o.mall_id and p.payable_kind = 'order_group' and p.payable_id = o.group_id
                   and p.status in ('paid', 'refunding', 'refunded') and not p.sent_back and p.channel <> 'balance')
             order by o.id desc
             limit $4"
        ),
        &args![mall_id, member_id, before.map_or(i64::MAX, |cursor| cursor.id), limit + 1],
    )?;
    Ok(Page::from_rows(rows, limit, |row| Cursor { key: 0, id: row.order_id.0 }))
}

#[cfg(test)]
mod tests {
    use super::invoiceable;

    #[test]
    fn only_what_money_paid_and_still_pays_can_be_invoiced() {
        // Paid, refunded, money that paid for it, money that went back for it.
        assert_eq!(invoiceable(10_000, 0, 10_000, 0), 10_000, "money alone");
        assert_eq!(invoiceable(10_000, 0, 0, 0), 0, "the balance alone");
        assert_eq!(invoiceable(10_000, 0, 7_000, 0), 7_000, "a part from the balance");
        assert_eq!(invoiceable(10_000, 3_000, 7_000, 0), 7_000, "the balance went back first");
        assert_eq!(invoiceable(10_000, 5_000, 7_000, 2_000), 5_000);
        assert_eq!(invoiceable(10_000, 10_000, 7_000, 7_000), 0);
    }
}
