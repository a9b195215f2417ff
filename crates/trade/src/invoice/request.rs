//! Asking for an invoice, and its moves. Every move is a guarded update, so of two that want to move it one wins.

use super::limit::locked_shares;
use super::model::{Kind, State, Title, TitleKind};
use super::store::{Invoice, find, items_of};
use db::{Arg, Tx, args};
use kernel::ports::InvoiceState;
use kernel::{Error, Fen, Id, Result};
use platform::seal::Sealer;
use platform::{Ctx, outbox};
use serde::Serialize;

/// Most orders on one invoice.
const MOST: usize = 50;

/// What a member asks for.
#[derive(Debug, Clone)]
pub struct NewInvoice {
    pub order_ids: Vec<Id>,
    pub title: Title,
    /// What the member saw; another amount is refused.
    pub expected: Fen,
}

#[derive(Serialize)]
struct Told {
    invoice_id: Id,
}

/// Writes a request over one order or several of one shop.
/// `order.not_found` (404), `invoice.not_completed`, `invoice.asked_already`, `invoice.nothing_to_invoice`,
/// `invoice.amount_changed`, `invoice.several_shops` (409).
pub fn request(tx: &mut Tx<'_>, ctx: &Ctx, sealer: &Sealer, member_id: Id, new: &NewInvoice) -> Result<Id> {
    let mut ids = new.order_ids.clone();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MOST {
        return Err(Error::field("order_ids", "请选择 1 到 50 个订单"));
    }
    let found = locked_shares(tx, ctx.mall_id, &ids)?;
    let mut orders: Vec<(Id, Fen)> = Vec::with_capacity(ids.len());
    let mut shop_id = None;
    for id in &ids {
        let share = found.get(id).filter(|share| share.member_id == member_id);
        let share = share.ok_or_else(|| Error::not_found("order.not_found", "没有找到这个订单"))?;
        if share.invoice_id.is_some() {
            return Err(Error::conflict("invoice.asked_already", format!("订单 {id} 已经申请过发票")));
        }
        if share.status != "completed" {
            return Err(Error::conflict("invoice.not_completed", "订单完成后才能开发票"));
        }
        if share.amount <= Fen::ZERO {
            let text = format!("订单 {id} 没有可以开票的金额，余额和积分支付的部分不开票");
            return Err(Error::conflict("invoice.nothing_to_invoice", text));
        }
        if *shop_id.get_or_insert(share.shop_id) != share.shop_id {
            return Err(Error::conflict("invoice.several_shops", "不同店铺的订单要分开开票"));
        }
        orders.push((*id, share.amount));
    }
    let amount = Fen(orders.iter().map(|order| order.1.0).sum());
    if amount != new.expected {
        return Err(Error::conflict("invoice.amount_changed", format!("可开金额现在是 {amount} 元，请看过再提交")));
    }
    let shop_id = shop_id.ok_or_else(|| Error::internal("an invoice without orders"))?;
    let items = serde_json::to_string(&items_of(tx, ctx.mall_id, &orders)?).map_err(Error::internal)?;
    let id = ctx.id();
    tx.exec(
        "insert into invoice
           (id, mall_id, member_id, shop_id, kind, state, title_kind, title, amount_fen, items, created_at, updated_at)
         values ($1, $2, $3, $4, 'blue', 'requested', $5, $6, $7, $8, $9, $9)",
        &args![
            id,
            ctx.mall_id,
            member_id,
            shop_id,
            TitleKind::as_str(new.title.kind),
            new.title.seal(sealer)?,
            amount,
            items,
            ctx.now
        ],
    )?;
    let rows: Vec<Vec<Arg>> = orders.iter().map(|(order, fen)| args![ctx.mall_id, id, order, fen].to_vec()).collect();
    tx.insert_many("insert into invoice_order (mall_id, invoice_id, order_id, amount_fen) values", "", &rows)?;
    Ok(id)
}

/// Takes an invoice to the issuer. False when there is nothing to take: it is issued, or was given up.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<bool> {
    let moved = tx.exec(
        "update invoice set state = 'issuing', updated_at = $3
         where mall_id = $1 and id = $2 and state in ('requested', 'issuing')",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(moved == 1)
}

/// Writes down the issuer's word; a word about an invoice that is not at the issuer changes nothing.
pub fn record(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, word: &InvoiceState) -> Result<()> {
    let moved = match word {
        InvoiceState::Issuing => return Ok(()),
        InvoiceState::Issued { number, issued_at, pdf_url } => tx.exec(
            "update invoice
             set state = 'issued', number = $3, issued_at = $4, pdf_url = $5, last_error = null, updated_at = $6
             where mall_id = $1 and id = $2 and state = 'issuing'",
            &args![ctx.mall_id, id, number, issued_at, pdf_url, ctx.now],
        )?,
        InvoiceState::Refused { reason } => {
            let reason: String = reason.chars().take(200).collect();
            tx.exec(
                "update invoice set state = 'failed', last_error = $3, updated_at = $4
                 where mall_id = $1 and id = $2 and state = 'issuing'",
                &args![ctx.mall_id, id, reason, ctx.now],
            )?
        }
    };
    if moved == 1 && matches!(word, InvoiceState::Issued { .. }) {
        outbox::emit(tx, ctx, "invoice.issued", &Told { invoice_id: id })?;
    }
    Ok(())
}

fn not_allowed() -> Error {
    Error::conflict("invoice.not_allowed", "发票现在的状态不能这样操作，请刷新看看")
}

/// Back to be asked for again. `invoice.not_allowed` (409) when it is issued or was given up.
pub fn retry(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<Invoice> {
    let moved = tx.exec(
        "update invoice set state = case when state = 'failed' then 'requested' else state end, updated_at = $3
         where mall_id = $1 and id = $2 and state in ('requested', 'issuing', 'failed')",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    let invoice = find(tx, ctx.mall_id, id)?;
    if moved == 1 { Ok(invoice) } else { Err(not_allowed()) }
}

/// Staff give a request up, with a reason the member reads; its orders may be asked for again.
pub fn reject(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, reason: &str) -> Result<()> {
    give_up(tx, ctx, id, State::Rejected, reason)
}

/// The member gives a request up.
pub fn cancel(tx: &mut Tx<'_>, ctx: &Ctx, id: Id) -> Result<()> {
    give_up(tx, ctx, id, State::Cancelled, "会员取消")
}

pub(super) fn give_up(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, state: State, reason: &str) -> Result<()> {
    let invoice = find(tx, ctx.mall_id, id)?;
    if invoice.kind == Kind::Red {
        return Err(not_allowed());
    }
    let moved = tx.exec(
        "update invoice set state = $3, reason = $4, updated_at = $5
         where mall_id = $1 and id = $2 and state in ('requested', 'failed')",
        &args![ctx.mall_id, id, state.as_str(), reason, ctx.now],
    )?;
    if moved == 0 {
        return Err(not_allowed());
    }
    tx.exec(
        "update invoice_order set live = false where mall_id = $1 and invoice_id = $2 and live",
        &args![ctx.mall_id, id],
    )?;
    Ok(())
}
