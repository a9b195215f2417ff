//! The money of an after-sale: claimed pieces become refunded ones, and everything that hangs on them follows in the same
//! transaction: the order's sums, the refund over the channel that was paid with, points, coupons and growth, stock, the
//! count of sales, and the order's own move when nothing is left of it.

use super::holder;
use crate::flows::refund;
use db::{Tx, args};
use goods::inventory::{self, Demand};
use kernel::{Error, Fen, Id, Result};
use platform::Ctx;
use std::collections::BTreeMap;
use trade::after_sale::{self, AfterSale, AskedLine, Change, LineStock, Stage, Status, Step};
use trade::offers::{self, Refunded};
use trade::order::{self, Move, Order};
use trade::shipping;

/// Gives back what `lines` say was accepted, and makes the after-sale's move.
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    step: Step,
    mut lines: Vec<AskedLine>,
    change: &Change<'_>,
) -> Result<()> {
    // The move first: it is the guard, and the log reads in the order in which things happened.
    after_sale::advance(tx, ctx, after, step, change)?;
    let mut units = Vec::with_capacity(lines.len());
    let mut goods = Fen::ZERO;
    for line in &mut lines {
        let accepted = line.accepted.unwrap_or(line.quantity);
        let claimed = if step == Step::RefundInstead { accepted } else { line.quantity };
        let amount = after_sale::settle(tx, ctx, order.id, after.stage, line.line_id, (claimed, accepted))?;
        (line.accepted, line.amount) = (Some(accepted), Some(amount));
        goods = goods.plus(amount)?;
        after_sale::write_outcome(tx, ctx, line)?;
        units.push((line.line_id.0, accepted));
    }
    units.retain(|(_, pieces)| *pieces > 0);
    let mut stock = after_sale::line_stock(tx, ctx.mall_id, order.id)?;
    if after.stage == Stage::Unsent {
        units.extend(gifts_along(tx, ctx, order, &mut stock)?);
    }
    let is_whole = stock.iter().all(LineStock::is_finished);
    let nothing_sent = stock.iter().all(|line| line.shipped == 0) && after_sale::is_waiting(order);
    let freight =
        if is_whole && nothing_sent { order.freight } else { freight_of_sent(tx, ctx, order, after, &stock, &lines)? };
    let refunds = pay_back(tx, ctx, order, after, goods.plus(freight)?)?;
    after_sale::write_money(tx, ctx, after.id, goods, freight, &refunds)?;

    let finished = stock.iter().filter(|line| line.is_finished()).map(|line| line.id.0).collect();
    let back = Refunded { finished_line_ids: finished, units: units.clone(), whole: is_whole };
    offers::refunded(tx, ctx, &order.sale(), &back)?;
    if step != Step::RefundInstead {
        shelve(tx, ctx, order, after, &stock, &units, &lines)?;
    }
    unsell(tx, ctx, &stock, &units)?;
    move_order(tx, ctx, order, &stock, goods.plus(freight)?)?;
    let now = after_sale::find(tx, ctx.mall_id, after.id)?;
    finish_if_over(tx, ctx, &now)
}

/// The part of the freight that goes back with goods that were sent, by the mall's rules.
fn freight_of_sent(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    stock: &[LineStock],
    lines: &[AskedLine],
) -> Result<Fen> {
    if after.stage != Stage::Sent || !after_sale::rules(tx, ctx.mall_id)?.freight_back {
        return Ok(Fen::ZERO);
    }
    let is_gift = |id: Id| stock.iter().any(|line| line.id == id && line.gift);
    let pieces = lines.iter().filter(|line| !is_gift(line.line_id)).filter_map(|line| line.accepted).sum();
    after_sale::freight_back(tx, ctx.mall_id, order, Some(after), &after.reason, stock, pieces)
}

/// Ends it when there is nothing to wait for: no money, or all of it back.
fn finish_if_over(tx: &mut Tx<'_>, ctx: &Ctx, after: &AfterSale) -> Result<()> {
    let is_over = after_sale::refunds(tx, ctx.mall_id, after.id)?.iter().all(|(_, done)| *done);
    if is_over && after.status == Status::Refunding {
        after_sale::advance(tx, ctx, after, Step::Finish, &Change::default())?;
    }
    Ok(())
}

/// Gifts that were not sent stay in the house with the last of the goods they came with.
fn gifts_along(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, stock: &mut [LineStock]) -> Result<Vec<(i64, i64)>> {
    if stock.iter().any(|line| !line.gift && !line.is_finished()) {
        return Ok(Vec::new());
    }
    let mut along = Vec::new();
    for line in stock.iter_mut().filter(|line| line.gift) {
        let free = line.free(order, Stage::Unsent);
        if free > 0 {
            after_sale::claim(tx, ctx, order, Stage::Unsent, line.id, free)?;
            after_sale::settle(tx, ctx, order.id, Stage::Unsent, line.id, (free, free))?;
            (line.refunded, line.unsent) = (line.refunded + free, line.unsent + free);
            along.push((line.id.0, free));
        }
    }
    Ok(along)
}

/// The order's sums, the member's, and the refunds over the payments that paid it; none when nothing was paid for it.
fn pay_back(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, after: &AfterSale, amount: Fen) -> Result<Vec<Id>> {
    if amount == Fen::ZERO {
        return Ok(Vec::new());
    }
    let counted = tx.exec(
        "update trade_order set refunded_fen = refunded_fen + $3
         where mall_id = $1 and id = $2 and refunded_fen + $3 <= paid_fen",
        &args![ctx.mall_id, order.id, amount],
    )?;
    if counted == 0 {
        return Err(Error::conflict("refund.too_much", "退款超过了实付金额"));
    }
    people::identity::count_refund(tx, ctx, order.member_id, amount)?;
    let reason = format!("售后：{}", after_sale::reason_label(after.stage, &after.reason));
    let made = refund::spread(tx, ctx, order, amount, &reason)?;
    Ok(made.into_iter().map(|refund| refund.id).collect())
}

/// What never left, and what came back fit for sale, lies on the shelf again.
fn shelve(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    stock: &[LineStock],
    units: &[(i64, i64)],
    lines: &[AskedLine],
) -> Result<()> {
    let back = match after.stage {
        Stage::Sent => take_back(tx, ctx, order, after, stock, lines)?,
        Stage::Unsent => {
            let line = |id: i64| stock.iter().find(|line| line.id.0 == id);
            let never_left = units.iter().filter_map(|(id, pieces)| Some((line(*id)?.sku_id, *pieces)));
            demands(order, never_left)
        }
    };
    restock(tx, ctx, after, &back)
}

fn demands(order: &Order, pieces: impl Iterator<Item = (Id, i64)>) -> Vec<Demand> {
    if order.is_service {
        return Vec::new(); // Nothing of it ever lay on a shelf.
    }
    let mut by_sku: BTreeMap<Id, i64> = BTreeMap::new();
    for (sku_id, count) in pieces {
        *by_sku.entry(sku_id).or_default() += count;
    }
    let demand = |(sku_id, quantity)| Demand { sku_id, location_id: order.location_id, quantity };
    by_sku.into_iter().filter(|(_, quantity)| *quantity > 0).map(demand).collect()
}

/// Writes down which SKUs came back of each line, and answers those fit for sale: after an exchange, what was really sent.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    stock: &[LineStock],
    lines: &[AskedLine],
) -> Result<Vec<Demand>> {
    let mut held = after_sale::with_member(tx, ctx.mall_id, order.id, stock)?;
    let mut fit = Vec::new();
    for line in lines {
        let accepted = line.accepted.unwrap_or(line.quantity);
        let (Some(pieces), true) = (held.get_mut(&line.line_id), accepted > 0) else { continue };
        let Some(sold) = stock.iter().find(|one| one.id == line.line_id) else { continue };
        // Nothing comes back of a refund only, but the member's pieces are no longer the shop's concern.
        let back = after_sale::take(pieces, sold.sku_id, accepted);
        after_sale::write_came_back(tx, ctx, after.id, line.line_id, &back)?;
        let mut left = line.sellable;
        for (sku_id, count) in back {
            let part = count.min(left);
            left -= part;
            fit.push((sku_id, part));
        }
    }
    Ok(demands(order, fit.into_iter()))
}

/// Puts pieces back on the shelf.
pub(super) fn restock(tx: &mut Tx<'_>, ctx: &Ctx, after: &AfterSale, back: &[Demand]) -> Result<()> {
    if back.is_empty() {
        return Ok(());
    }
    inventory::restock(tx, ctx, holder(after), back, "售后退回库存")
}

fn unsell(tx: &mut Tx<'_>, ctx: &Ctx, stock: &[LineStock], units: &[(i64, i64)]) -> Result<()> {
    let product = |line: i64| stock.iter().find(|one| one.id.0 == line).map(|one| one.product_id);
    let unsold: Vec<(Id, i64)> = units.iter().filter_map(|(line, pieces)| Some((product(*line)?, -pieces))).collect();
    goods::catalog::add_sales(tx, ctx, &unsold)
}

/// An order of which nothing is left closes; one whose rest had been sent is shipped now, one whose rest had
/// been fetched is completed. A completed one stays.
fn move_order(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, stock: &[LineStock], amount: Fen) -> Result<()> {
    order::add_event(tx, ctx, order.id, "after_sale_refund", &format!("售后退款 ¥{amount}"))?;
    if order.status == order::Status::Completed {
        return Ok(());
    }
    if stock.iter().all(LineStock::is_finished) {
        order::advance(tx, ctx, order, Move::RefundedWhole, None)?;
        trade::pickup::close(tx, ctx, order.id)?;
        trade::delivery::order_closed(tx, ctx, order.id)?;
    } else if order.status == order::Status::ToShip
        && stock.iter().any(|line| line.shipped > 0)
        && shipping::is_all_sent(tx, ctx.mall_id, order.id)?
    {
        order::advance(tx, ctx, order, Move::Ship, Some("其余商品已退款"))?;
    } else if order.status == order::Status::ToPickUp
        && stock.iter().any(|line| line.shipped > 0)
        && shipping::is_all_sent(tx, ctx.mall_id, order.id)?
    {
        trade::pickup::finish(tx, ctx, order.id)?;
        order::advance(tx, ctx, order, Move::Redeem, Some("其余商品已退款"))?;
    }
    Ok(())
}

/// The channel, or a person, has given back the money of a refund: its after-sale is over when nothing else is open.
pub fn arrived(tx: &mut Tx<'_>, ctx: &Ctx, refund_id: Id) -> Result<()> {
    match after_sale::of_refund(tx, ctx.mall_id, refund_id)? {
        Some(after) => finish_if_over(tx, ctx, &after),
        None => Ok(()),
    }
}

/// What is left of an order when staff give back all of it at once: `(line, pieces)`, and whether nothing was left before.
/// `order.after_sale_open` (409) while members wait for an answer about pieces of it.
pub fn rest_of(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<Vec<(i64, i64)>> {
    if after_sale::is_open(tx, ctx.mall_id, order_id)? {
        return Err(Error::conflict("order.after_sale_open", "这个订单有进行中的售后，请先处理售后申请"));
    }
    let stock = after_sale::line_stock(tx, ctx.mall_id, order_id)?;
    after_sale::settle_rest(tx, ctx, &stock, order_id)
}
