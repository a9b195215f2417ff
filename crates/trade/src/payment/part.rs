//! What of a payment pays which order, where one payment pays several. The parts of a payment sum to it, and what goes back
//! for an order is at most its part. A payment of one order has no parts.

use super::store::Payment;
use db::{Tx, args, row};
use kernel::{Error, Fen, Id, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// One order's part of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub payment_id: Id,
    pub order_id: Id,
    /// From 1.
    pub position: i64,
    pub amount: Fen,
    /// Given back or on its way back.
    pub refunded: Fen,
    /// The channel's, of a combined payment.
    pub transaction_id: Option<String>,
}
row!(Part { payment_id, order_id, position, amount, refunded, transaction_id });

impl Part {
    /// The sub-order's number at the channel.
    pub fn number(&self) -> String {
        part_number(self.payment_id, self.position)
    }
}

/// `700S2`: the second sub-order of payment 700.
pub fn part_number(payment_id: Id, position: i64) -> String {
    format!("{payment_id}S{position}")
}

/// The payment and the position behind a sub-order's number.
pub fn part_of_number(number: &str) -> Option<(Id, i64)> {
    let (payment, position) = number.split_once('S')?;
    Some((payment.parse().ok()?, position.parse().ok()?))
}

impl Payment {
    /// True when the channel collects order by order.
    pub fn is_combined(&self) -> bool {
        self.sub_orders > 0
    }
    /// Numbers of the sub-orders at the channel.
    pub fn sub_numbers(&self) -> Vec<String> {
        (1..=self.sub_orders).map(|position| part_number(self.id, position)).collect()
    }
}

/// Writes what of a payment pays which order; nothing of zero. `combined`: the channel collects for each on its own.
pub fn insert_parts(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payment_id: Id,
    parts: &[(Id, Fen)],
    combined: bool,
) -> Result<Vec<Part>> {
    let parts: Vec<Part> = parts
        .iter()
        .filter(|(_, amount)| *amount > Fen::ZERO)
        .zip(1i64..)
        .map(|((order_id, amount), position)| Part {
            payment_id,
            order_id: *order_id,
            position,
            amount: *amount,
            refunded: Fen::ZERO,
            transaction_id: None,
        })
        .collect();
    let rows: Vec<Vec<db::Arg>> = parts
        .iter()
        .map(|part| args![ctx.mall_id, part.payment_id, part.order_id, part.position, part.amount].to_vec())
        .collect();
    tx.insert_many("insert into payment_part (mall_id, payment_id, order_id, position, amount_fen) values", "", &rows)?;
    if combined {
        tx.exec(
            "update payment set sub_orders = $3 where mall_id = $1 and id = $2",
            &args![ctx.mall_id, payment_id, i64::try_from(parts.len()).map_err(Error::internal)?],
        )?;
    }
    Ok(parts)
}

/// Parts of some payments, in their order; a payment of one order is absent.
pub fn parts_of(tx: &mut Tx<'_>, mall_id: MallId, payment_ids: &[Id]) -> Result<HashMap<Id, Vec<Part>>> {
    let mut found: HashMap<Id, Vec<Part>> = HashMap::new();
    if payment_ids.is_empty() {
        return Ok(found);
    }
    let rows: Vec<Part> = tx.all(
        "select payment_id, order_id, position, amount_fen, refunded_fen, transaction_id from payment_part
         where mall_id = $1 and payment_id = any($2)
         order by payment_id, position",
        &args![mall_id, payment_ids],
    )?;
    for part in rows {
        found.entry(part.payment_id).or_default().push(part);
    }
    Ok(found)
}

/// Counts a refund against the order's part; nothing to count for a payment of one order. `refund.too_much` (409).
pub(super) fn count_refund(tx: &mut Tx<'_>, ctx: &Ctx, payment: Id, order_id: Option<Id>, amount: Fen) -> Result<()> {
    let counted = tx.exec(
        "update payment_part set refunded_fen = refunded_fen + $4
         where mall_id = $1 and payment_id = $2 and order_id = $3",
        &args![ctx.mall_id, payment, order_id.unwrap_or(Id(0)), amount],
    )?;
    if counted == 0 && !parts_of(tx, ctx.mall_id, &[payment])?.is_empty() {
        return Err(Error::conflict("refund.too_much", "这笔支付没有为这个订单付款"));
    }
    Ok(())
}

/// Keeps the channel's transaction id of each sub-order.
pub fn name_transactions(tx: &mut Tx<'_>, ctx: &Ctx, payment_id: Id, named: &[(i64, String)]) -> Result<()> {
    let mut values: Vec<db::Arg> = args![ctx.mall_id, payment_id].to_vec();
    let mut cases = String::new();
    for (position, transaction_id) in named {
        values.push(transaction_id.as_str().into());
        cases.push_str(&format!(" when {position} then cast(${} as text)", values.len()));
    }
    if cases.is_empty() {
        return Ok(());
    }
    tx.exec(
        &format!(
            "update payment_part set transaction_id = case position{cases} else transaction_id end
             where mall_id = $1 and payment_id = $2"
        ),
        &values,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_order_is_found_by_its_number() {
        assert_eq!(part_of_number(&part_number(Id(700), 12)), Some((Id(700), 12)));
        for other in ["700", "R7", "700S", "S1", "700SS1"] {
            assert_eq!(part_of_number(other), None, "{other}");
        }
    }
}
