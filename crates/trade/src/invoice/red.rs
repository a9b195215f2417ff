//! After money went back: what stands on an invoice is brought down to what the order still cost. What was not issued yet
//! is made smaller; what was issued gets a red letter over exactly the difference. Doing it twice changes nothing.

use super::limit::locked_shares;
use super::model::State;
use super::request::give_up;
use super::store::{Item, find, items_of, live_of_order, orders_of};
use db::{Tx, args};
use kernel::{Error, Fen, Id, Result};
use platform::Ctx;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// No invoice, or it says what is left already.
    Nothing,
    /// A request was made smaller or cancelled.
    Reduced,
    /// This red letter is to be issued.
    RedLetter(Id),
}

/// Follows a refund of an order. `invoice.under_way` (409) while the issuer has it: try again later.
pub fn follow_refund(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<Followed> {
    let found = locked_shares(tx, ctx.mall_id, &[order_id])?;
    let Some(share) = found.get(&order_id) else { return Ok(Followed::Nothing) };
    let Some((invoice_id, on_it, reversed)) = live_of_order(tx, ctx.mall_id, order_id)? else {
        return Ok(Followed::Nothing);
    };
    let surplus = Fen(on_it.0 - reversed.0 - share.amount.0);
    if surplus <= Fen::ZERO {
        return Ok(Followed::Nothing);
    }
    let blue = find(tx, ctx.mall_id, invoice_id)?;
    match blue.state {
        State::Requested | State::Failed => reduce(tx, ctx, invoice_id, order_id, surplus),
        State::Issued => red_letter(tx, ctx, invoice_id, order_id, surplus).map(Followed::RedLetter),
        State::Issuing => Err(Error::conflict("invoice.under_way", "发票正在开具，开好后再冲红")),
        State::Rejected | State::Cancelled => Ok(Followed::Nothing),
    }
}

fn reduce(tx: &mut Tx<'_>, ctx: &Ctx, invoice_id: Id, order_id: Id, surplus: Fen) -> Result<Followed> {
    let mut orders = orders_of(tx, ctx.mall_id, invoice_id)?;
    for order in orders.iter_mut().filter(|order| order.0 == order_id) {
        order.1 = order.1.minus(surplus)?;
    }
    let amount: i64 = orders.iter().map(|order| order.1.0).sum();
    if amount == 0 {
        give_up(tx, ctx, invoice_id, State::Cancelled, "订单已全额退款")?;
        return Ok(Followed::Reduced);
    }
    let kept: Vec<(Id, Fen)> = orders.into_iter().filter(|order| order.1 > Fen::ZERO).collect();
    let items = serde_json::to_string(&items_of(tx, ctx.mall_id, &kept)?).map_err(Error::internal)?;
    tx.exec(
        "update invoice_order set amount_fen = amount_fen - $4, live = amount_fen > $4
         where mall_id = $1 and invoice_id = $2 and order_id = $3",
        &args![ctx.mall_id, invoice_id, order_id, surplus],
    )?;
    tx.exec(
        "update invoice set amount_fen = $3, items = $4, updated_at = $5
         where mall_id = $1 and id = $2 and state in ('requested', 'failed')",
        &args![ctx.mall_id, invoice_id, amount, items, ctx.now],
    )?;
    Ok(Followed::Reduced)
}

fn red_letter(tx: &mut Tx<'_>, ctx: &Ctx, invoice_id: Id, order_id: Id, surplus: Fen) -> Result<Id> {
    let blue = find(tx, ctx.mall_id, invoice_id)?;
    let items: Vec<Item> = items_of(tx, ctx.mall_id, &[(order_id, surplus)])?;
    let items = serde_json::to_string(&items).map_err(Error::internal)?;
    let id = ctx.id();
    let word = match blue.title_kind {
        super::model::TitleKind::Personal => "personal",
        super::model::TitleKind::Company => "company",
    };
    tx.exec(
        "insert into invoice
           (id, mall_id, member_id, shop_id, kind, blue_id, state, title_kind, title, amount_fen, items, reason, created_at, updated_at)
         values ($1, $2, $3, $4, 'red', $5, 'requested', $6, $7, $8, $9, $10, $11, $11)",
        &args![
            id,
            ctx.mall_id,
            blue.member_id,
            blue.shop_id,
            blue.id,
            word,
            blue.title.clone(),
            surplus,
            items,
            format!("订单 {order_id} 退款冲红"),
            ctx.now
        ],
    )?;
    tx.exec(
        "insert into invoice_order (mall_id, invoice_id, order_id, amount_fen, live) values ($1, $2, $3, $4, false)",
        &args![ctx.mall_id, id, order_id, surplus],
    )?;
    tx.exec(
        "update invoice_order set reversed_fen = reversed_fen + $4, live = amount_fen > reversed_fen + $4
         where mall_id = $1 and invoice_id = $2 and order_id = $3",
        &args![ctx.mall_id, invoice_id, order_id, surplus],
    )?;
    tx.exec(
        "update invoice set reversed_fen = reversed_fen + $3, updated_at = $4 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, invoice_id, surplus, ctx.now],
    )?;
    Ok(id)
}
