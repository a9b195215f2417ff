//! The verbs of an after-sale, each in the transaction of its caller: approve, decline, cancel, send back, receive and
//! inspect, send the replacement, turn to the operator. A verb locks, moves by compare-and-swap, and leaves a log entry.

use super::money::{give_back, restock, take_back};
use super::{held, holder};
use db::Tx;
use goods::inventory::{self, Demand};
use kernel::{Error, Fen, Id, Result, days};
use platform::Ctx;
use trade::after_sale::{self, AfterSale, AskedLine, Change, Kind, ReturnAddress, Status, Step};
use trade::order::{self, Order};
use trade::shipping;

/// Approves: a refund only is given back at once, other goods are asked for at the address. An exchange keeps its goods
/// in stock from now on. `after_sale.no_address`, `inventory.sold_out` (409).
pub fn approve(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, step: Step, address: Option<ReturnAddress>) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    step.apply(after.status, after.kind)?;
    if after.standing().sent_back {
        return Err(after_sale::not_allowed(after.status));
    }
    let lines = after_sale::asked_lines(tx, ctx.mall_id, id)?;
    if after.kind == Kind::RefundOnly {
        give_back(tx, ctx, &order, &after, step, lines, &Change::default())?;
        return after_sale::find(tx, ctx.mall_id, id);
    }
    let rules = after_sale::rules(tx, ctx.mall_id)?;
    let address = address.or(rules.return_address.clone());
    let address = address.ok_or_else(|| Error::conflict("after_sale.no_address", "请填写退货地址"))?;
    if after.kind == Kind::Exchange {
        keep_replacement(tx, ctx, &order, &after, &lines, |line| line.quantity)?;
    }
    let change = Change { due_at: Some(rules.return_by(ctx.now)), return_address: Some(&address), ..Change::default() };
    after_sale::advance(tx, ctx, &after, step, &change)?;
    after_sale::find(tx, ctx.mall_id, id)
}

/// Reserves what an exchange will send.
fn keep_replacement(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    lines: &[AskedLine],
    pieces: impl Fn(&AskedLine) -> i64,
) -> Result<()> {
    let stock = after_sale::line_stock(tx, ctx.mall_id, order.id)?;
    let own = |line: &AskedLine| stock.iter().find(|one| one.id == line.line_id).map(|one| one.sku_id);
    let wanted: Vec<Demand> = lines
        .iter()
        .filter(|line| pieces(line) > 0)
        .filter_map(|line| {
            let sku_id = line.exchange_sku_id.or_else(|| own(line))?;
            Some(Demand { sku_id, location_id: order.location_id, quantity: pieces(line) })
        })
        .collect();
    inventory::reserve(tx, ctx, holder(after), &wanted, None)
}

/// Frees what is claimed, and the goods an exchange kept.
fn let_go(tx: &mut Tx<'_>, ctx: &Ctx, after: &AfterSale) -> Result<()> {
    for line in after_sale::asked_lines(tx, ctx.mall_id, after.id)? {
        after_sale::release(tx, ctx, after.order_id, after.stage, line.line_id, line.quantity)?;
    }
    if after.kind == Kind::Exchange {
        inventory::release(tx, ctx, holder(after))?;
    }
    Ok(())
}

/// Ends it without money: declined, cancelled, or not sent back in time.
pub fn end(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, step: Step, answer: Option<&str>) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    if step == Step::Cancel && after.standing().sent_back {
        return Err(after_sale::not_allowed(after.status));
    }
    let change = Change { answer, is_final: after.status == Status::Escalated, ..Change::default() };
    after_sale::advance(tx, ctx, &after, step, &change)?;
    let_go(tx, ctx, &after)?;
    let text = if step == Step::Decline { "售后申请被拒绝" } else { "售后申请已撤销" };
    order::add_event(tx, ctx, order.id, "after_sale_ended", text)?;
    after_sale::find(tx, ctx.mall_id, id)
}

/// The member handed the goods to a carrier.
pub fn send_back(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, carrier_code: &str, tracking_number: &str) -> Result<AfterSale> {
    let (_, after) = held(tx, ctx.mall_id, id)?;
    let (carrier, number) = parcel(carrier_code, tracking_number)?;
    let note = format!("{} {number}", carrier.name);
    let change = Change {
        due_at: Some(after_sale::rules(tx, ctx.mall_id)?.receive_by(ctx.now)),
        return_parcel: Some((carrier.code, &number)),
        note: Some(&note),
        ..Change::default()
    };
    after_sale::advance(tx, ctx, &after, Step::SendBack, &change)?;
    after_sale::find(tx, ctx.mall_id, id)
}

fn parcel(carrier_code: &str, tracking_number: &str) -> Result<(&'static shipping::CarrierCodes, String)> {
    let carrier = shipping::carrier(carrier_code)
        .ok_or_else(|| Error::field("carrier_code", "没有这家快递公司，请从列表中选择"))?;
    let number: String = tracking_number.chars().filter(|c| !c.is_whitespace()).collect();
    shipping::check_tracking_number(&number)?;
    Ok((carrier, number))
}

/// What was found of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspected {
    pub line_id: Id,
    /// Pieces accepted that can be sold again, and those that cannot; the others go back to the member.
    pub sellable: i64,
    pub damaged: i64,
}

/// Goods came back and were looked at. What is accepted is refunded, or replaced; what is not stays the member's. When
/// nothing is accepted the after-sale is rejected. `after_sale.inspection_note` (400) when pieces are refused without a word.
pub fn receive(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, inspected: &[Inspected], note: Option<&str>) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    let mut lines = after_sale::asked_lines(tx, ctx.mall_id, id)?;
    Step::Receive.apply(after.status, after.kind)?;
    if after.status == Status::Escalated && !after.standing().sent_back {
        return Err(after_sale::not_allowed(after.status));
    }
    look_at(&mut lines, inspected)?;
    let accepted: i64 = lines.iter().filter_map(|line| line.accepted).sum();
    if accepted < after.quantity && note.is_none() {
        return Err(Error::field("note", "有商品没有通过验收，请写明原因"));
    }
    let is_final = after.status == Status::Escalated;
    if accepted == 0 {
        let change = Change { answer: note, is_final, ..Change::default() };
        after_sale::advance(tx, ctx, &after, Step::RefuseGoods, &change)?;
        let_go(tx, ctx, &after)?;
    } else if after.kind == Kind::Exchange {
        swap(tx, ctx, &order, &after, &lines, note)?;
    } else {
        give_back(tx, ctx, &order, &after, Step::Receive, lines, &Change { answer: note, ..Change::default() })?;
    }
    after_sale::find(tx, ctx.mall_id, id)
}

/// Puts what was found beside what was asked for; every line once.
fn look_at(lines: &mut [AskedLine], inspected: &[Inspected]) -> Result<()> {
    for line in lines.iter_mut() {
        let found: Vec<&Inspected> = inspected.iter().filter(|one| one.line_id == line.line_id).collect();
        let [found] = found[..] else { return Err(Error::field("lines", "请写明每件商品的验收结果")) };
        let accepted = found.sellable.checked_add(found.damaged);
        let fits = found.sellable >= 0 && found.damaged >= 0;
        let accepted = accepted.filter(|accepted| fits && *accepted <= line.quantity);
        let accepted = accepted.ok_or_else(|| Error::field("lines", "验收数量超过了申请数量"))?;
        (line.accepted, line.sellable, line.damaged) = (Some(accepted), found.sellable, found.damaged);
    }
    if inspected.len() == lines.len() { Ok(()) } else { Err(Error::field("lines", "售后单里没有这件商品")) }
}

/// An exchange whose goods came back: what is refused is the member's again, the rest waits for its replacement.
fn swap(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    order: &Order,
    after: &AfterSale,
    lines: &[AskedLine],
    note: Option<&str>,
) -> Result<()> {
    let rules = after_sale::rules(tx, ctx.mall_id)?;
    let change = Change { due_at: Some(rules.receive_by(ctx.now)), answer: note, ..Change::default() };
    after_sale::advance(tx, ctx, after, Step::Receive, &change)?;
    for line in lines {
        after_sale::write_outcome(tx, ctx, line)?;
        let refused = line.quantity - line.accepted.unwrap_or_default();
        if refused > 0 {
            after_sale::release(tx, ctx, order.id, after.stage, line.line_id, refused)?;
        }
    }
    inventory::release(tx, ctx, holder(after))?;
    keep_replacement(tx, ctx, order, after, lines, |line| line.accepted.unwrap_or_default())?;
    let stock = after_sale::line_stock(tx, ctx.mall_id, order.id)?;
    let back = take_back(tx, ctx, order, after, &stock, lines)?;
    restock(tx, ctx, after, &back)
}

/// The replacement left the house: its stock is gone, the pieces are the member's as before.
pub fn reship(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, carrier_code: &str, tracking_number: &str) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    let (carrier, number) = parcel(carrier_code, tracking_number)?;
    let note = format!("{} {number}", carrier.name);
    let change = Change { reship_parcel: Some((carrier.code, &number)), note: Some(&note), ..Change::default() };
    after_sale::advance(tx, ctx, &after, Step::Reship, &change)?;
    inventory::commit(tx, ctx, holder(&after))?;
    for line in after_sale::asked_lines(tx, ctx.mall_id, id)? {
        let accepted = line.accepted.unwrap_or(line.quantity);
        if accepted > 0 {
            after_sale::release(tx, ctx, order.id, after.stage, line.line_id, accepted)?;
        }
    }
    after_sale::write_money(tx, ctx, id, Fen::ZERO, Fen::ZERO, &[])?;
    order::add_event(tx, ctx, order.id, "after_sale_exchanged", &format!("换货已发出：{note}"))?;
    after_sale::find(tx, ctx.mall_id, id)
}

/// The goods of an exchange are here but there is nothing to send: the money goes back instead.
pub fn refund_instead(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, note: Option<&str>) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    let lines = after_sale::asked_lines(tx, ctx.mall_id, id)?;
    let change = Change { answer: note, ..Change::default() };
    give_back(tx, ctx, &order, &after, Step::RefundInstead, lines, &change)?;
    inventory::release(tx, ctx, holder(&after))?;
    after_sale::find(tx, ctx.mall_id, id)
}

/// Turns to the operator. A refusal can be taken there for some days, once; its pieces are claimed anew.
/// `after_sale.too_late`, `after_sale.too_many` (409).
pub fn escalate(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: &str) -> Result<AfterSale> {
    let (order, after) = held(tx, ctx.mall_id, id)?;
    Step::Escalate.apply(after.status, after.kind)?;
    if after.status == Status::Rejected {
        if after.is_final {
            return Err(Error::conflict("after_sale.final", "平台已经处理过，不能再次申请"));
        }
        let until = after.updated_at + days(after_sale::rules(tx, ctx.mall_id)?.dispute_days);
        if ctx.now > until {
            return Err(Error::conflict("after_sale.too_late", "已经过了申请平台处理的时间"));
        }
        for mut line in after_sale::asked_lines(tx, ctx.mall_id, id)? {
            after_sale::claim(tx, ctx, &order, after.stage, line.line_id, line.quantity)?;
            (line.accepted, line.sellable, line.damaged) = (None, 0, 0);
            after_sale::write_outcome(tx, ctx, &line)?;
        }
    }
    after_sale::advance(tx, ctx, &after, Step::Escalate, &Change { note: Some(reason), ..Change::default() })?;
    after_sale::find(tx, ctx.mall_id, id)
}
