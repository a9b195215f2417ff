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
        let (by_money, invoice_id, completed_at): (bool, Option<Id>, Option<Instant>) =
            (row.next()?, row.next()?, row.next()?);
        let amount = Fen(if by_money { paid - refunded } else { 0 });
        Ok(Share { order_id, member_id, shop_id, status, amount, invoice_id, completed_at })
    }
}

impl Share {
    /// True when it may be asked for now: completed, not invoiced, and money is left in it.
    pub fn is_open(&self) -> bool {
        self.status == "completed" && self.invoice_id.is_none() && self.amount > Fen::ZERO
    }
}

const SELECT: &str = "select o.id, o.member_id, o.shop_id, o.status, o.paid_fen, o.refunded_fen,
    exists (select 1 from payment p
      where p.mall_id = o.mall_id and p.payable_kind = 'order_group' and p.payable_id = o.group_id
        and p.status in ('paid', 'refunding', 'refunded') and not p.sent_back and p.channel <> 'balance'),
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
