//! Freight of goods that were sent. It was paid for the way to the member; when the shop is at fault for what came, the
//! part of it that those pieces stand for goes back, whoever keeps the goods. Counted from the first piece on, so any
//! split of an order gives back the same sum, and all of it when everything that was sent was the shop's fault.

use super::claim::LineStock;
use super::reason::is_shops_fault;
use super::store::AfterSale;
use crate::order::Order;
use db::{Tx, args};
use kernel::{Fen, Id, MallId, Result};

/// What the freight of earlier after-sales amounts to, and how many pieces they were the shop's fault for.
fn before(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id, except: Id) -> Result<(Fen, i64)> {
    let rows: Vec<(Id, String, Fen)> = tx.all(
        "select id, reason, freight_fen
         from after_sale
         where mall_id = $1 and order_id = $2 and id <> $3 and stage = 'sent' and status in ('refunding', 'refunded')",
        &args![mall_id, order_id, except],
    )?;
    let given: i64 = rows.iter().map(|(_, _, freight)| freight.0).sum();
    let ids: Vec<Id> = rows.iter().filter(|(_, reason, _)| is_shops_fault(reason)).map(|(id, ..)| *id).collect();
    if ids.is_empty() {
        return Ok((Fen(given), 0));
    }
    let (pieces,): (i64,) = tx.one(
        "select cast(coalesce(sum(x.accepted_quantity), 0) as bigint)
         from after_sale_line x
         join order_line l on l.mall_id = x.mall_id and l.order_id = $2 and l.id = x.line_id
         where x.mall_id = $1 and x.after_sale_id = any($3) and not l.gift",
        &args![mall_id, order_id, ids],
    )?;
    Ok((Fen(given), pieces))
}

/// What goes back of the freight with `pieces` of an order that were sent, gifts aside.
/// `after` is the after-sale itself, absent while it is asked for.
pub fn freight_back(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    order: &Order,
    after: Option<&AfterSale>,
    reason: &str,
    stock: &[LineStock],
    pieces: i64,
) -> Result<Fen> {
    if order.freight == Fen::ZERO || pieces == 0 || !is_shops_fault(reason) {
        return Ok(Fen::ZERO);
    }
    let (given, earlier) = before(tx, mall_id, order.id, after.map_or(Id(0), |after| after.id))?;
    let sent: i64 = stock.iter().filter(|line| !line.gift).map(|line| line.quantity - line.unsent).sum();
    share(order.freight, given, earlier + pieces, sent)
}

/// The part of the freight that belongs to `faulty` of `sent` pieces, less what was given before.
fn share(freight: Fen, given: Fen, faulty: i64, sent: i64) -> Result<Fen> {
    if sent <= 0 {
        return Ok(Fen::ZERO);
    }
    let due = freight.ratio(faulty.min(sent), sent)?;
    Ok(Fen((due.0 - given.0).max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_back_the_whole_freight_and_never_more() {
        for freight in [1, 7, 600, 790, 1_001] {
            for sent in 1..9 {
                for step in 1..=sent {
                    let (mut given, mut faulty) = (0, 0);
                    while faulty < sent {
                        faulty = (faulty + step).min(sent);
                        given += share(Fen(freight), Fen(given), faulty, sent).unwrap().0;
                        assert!((0..=freight).contains(&given));
                    }
                    assert_eq!(given, freight, "{freight} fen over {sent} pieces, {step} at a time");
                }
            }
        }
    }

    #[test]
    fn pieces_that_were_never_sent_make_the_others_dearer_but_never_owe_more_than_was_paid() {
        assert_eq!(share(Fen(900), Fen(300), 2, 2).unwrap(), Fen(600));
        assert_eq!(share(Fen(900), Fen(900), 3, 3).unwrap(), Fen(0));
        assert_eq!(share(Fen(900), Fen(0), 0, 0).unwrap(), Fen(0));
    }
}
