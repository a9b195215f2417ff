//! Orders that are paid together, one a shop: how a payment is divided over them, and the calls to a channel that differ when
//! it collects order by order (combined payment). The parts of what paid a group sum to each order's total, to the fen.

use super::{ORDER_GROUP, settle};
use db::Tx;
use kernel::ports::{
    ChannelPayment, ChannelPaymentState, CloseOutcome, CombinedChannel, CombinedPayment, PayInstruction,
    PaymentChannel, PaymentIntent, SubOrder,
};
use kernel::{Error, Fen, Id, Result, prorate};
use platform::{App, Ctx};
use std::collections::HashMap;
use trade::order::Order;
use trade::payment::{self, Part, Payment};

/// Scene of a payment by the payer's code.
pub const CODE: &str = "code";

/// What each order still has to pay once the parts from the balance that wait for the rest are counted.
fn still_due(tx: &mut Tx<'_>, ctx: &Ctx, orders: &[Order], waiting: &[Payment]) -> Result<Vec<(Id, Fen)>> {
    let ids: Vec<Id> = waiting.iter().map(|payment| payment.id).collect();
    let taken = by_order(payment::parts_of(tx, ctx.mall_id, &ids)?.into_values().flatten());
    orders.iter().map(|order| Ok((order.id, order.total.minus(of(&taken, order.id))?))).collect()
}

fn by_order(parts: impl IntoIterator<Item = Part>) -> HashMap<Id, Fen> {
    let mut sums: HashMap<Id, Fen> = HashMap::new();
    for part in parts {
        sums.entry(part.order_id).or_default().0 += part.amount.0;
    }
    sums
}

fn of(sums: &HashMap<Id, Fen>, order_id: Id) -> Fen {
    sums.get(&order_id).copied().unwrap_or(Fen::ZERO)
}

/// Writes what of a new payment pays which order: all that is due, or a share of it by largest remainder. Nothing for a
/// single order. `combines`: the channel can collect order by order, which it does when several have something to pay.
pub fn divide(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    payment_id: Id,
    orders: &[Order],
    amount: Fen,
    combines: bool,
) -> Result<Vec<Part>> {
    if orders.len() < 2 {
        return Ok(Vec::new());
    }
    let mut waiting = payment::waiting_parts(tx, ctx.mall_id, ORDER_GROUP, orders[0].group_id)?;
    waiting.retain(|other| other.id != payment_id);
    let due = still_due(tx, ctx, orders, &waiting)?;
    let weights: Vec<i64> = due.iter().map(|(_, fen)| fen.0).collect();
    let shares = prorate(amount, &weights);
    let parts: Vec<(Id, Fen)> = due.iter().map(|(id, _)| *id).zip(shares).collect();
    let several = parts.iter().filter(|(_, share)| *share > Fen::ZERO).count() > 1;
    payment::insert_parts(tx, ctx, payment_id, &parts, combines && several)
}

/// True when a payment, with the parts of the balance that are kept beside it, pays exactly what each order costs now.
pub fn covers(tx: &mut Tx<'_>, ctx: &Ctx, ours: &Payment, kept: &[Payment], orders: &[Order]) -> Result<bool> {
    if orders.len() < 2 {
        return Ok(true);
    }
    let ids: Vec<Id> = kept.iter().chain([ours]).map(|payment| payment.id).collect();
    let paid = by_order(payment::parts_of(tx, ctx.mall_id, &ids)?.into_values().flatten());
    Ok(orders.iter().all(|order| of(&paid, order.id) == order.total))
}

/// What is left of some payments for one order: its part, or the whole of a payment that has no parts.
pub fn left_of(tx: &mut Tx<'_>, ctx: &Ctx, payments: &[Payment], order_id: Id) -> Result<HashMap<Id, Fen>> {
    let ids: Vec<Id> = payments.iter().map(|payment| payment.id).collect();
    let parts = payment::parts_of(tx, ctx.mall_id, &ids)?;
    payments
        .iter()
        .map(|payment| {
            let left = match parts.get(&payment.id) {
                None => payment.amount.minus(payment.refunded)?,
                Some(parts) => match parts.iter().find(|part| part.order_id == order_id) {
                    Some(part) => part.amount.minus(part.refunded)?,
                    None => Fen::ZERO,
                },
            };
            Ok((payment.id, left))
        })
        .collect()
}

// ---------------------------------------------------------------- calls to the channel

/// What a channel says of a payment.
#[derive(Debug, Clone)]
pub enum Report {
    One(ChannelPayment),
    Combined(CombinedPayment),
}

impl Report {
    /// Acts on it.
    pub fn settle(&self, tx: &mut Tx<'_>, ctx: &Ctx, account: &dyn PaymentChannel) -> Result<settle::Outcome> {
        match self {
            Report::One(theirs) => settle::settle(tx, ctx, account, theirs),
            Report::Combined(theirs) => settle::settle_combined(tx, ctx, account, theirs),
        }
    }
}

fn combining(account: &dyn PaymentChannel) -> Result<&dyn CombinedChannel> {
    account
        .combined()
        .ok_or_else(|| Error::conflict("payment.channel_unavailable", "这个支付渠道现在不能合单支付，请换一种方式"))
}

/// Asks for an intent, over the sub-orders when there are such.
pub async fn create(
    app: &App,
    ctx: &Ctx,
    account: &dyn PaymentChannel,
    attempt: &Payment,
    intent: &PaymentIntent,
    shop: &str,
) -> Result<PayInstruction> {
    if !attempt.is_combined() {
        return account.create(intent).await;
    }
    let (mall_id, id) = (ctx.mall_id, attempt.id);
    let parts = app.db.read(move |tx| payment::parts_of(tx, mall_id, &[id])).await?.remove(&id).unwrap_or_default();
    let describe = |order_id: Id| format!("{shop} 订单 {order_id}").chars().take(40).collect();
    let subs: Vec<SubOrder> = parts
        .iter()
        .map(|part| SubOrder { number: part.number(), description: describe(part.order_id), amount: part.amount })
        .collect();
    combining(account)?.create_combined(intent, &subs).await
}

async fn take_back(account: &dyn PaymentChannel, known: &Payment) -> Result<CloseOutcome> {
    let paid = [ChannelPaymentState::Paid, ChannelPaymentState::Refunded];
    if account.query(&known.number()).await?.is_some_and(|theirs| paid.contains(&theirs.state)) {
        return Ok(CloseOutcome::AlreadyPaid);
    }
    match account.codes() {
        Some(codes) => codes.reverse(&known.number()).await,
        None => Ok(CloseOutcome::Closed),
    }
}

/// How a payment stands at its channel; `None` if the channel never heard of it.
pub async fn query(account: &dyn PaymentChannel, known: &Payment) -> Result<Option<Report>> {
    if known.is_combined() {
        return Ok(combining(account)?.query_combined(&known.number()).await?.map(Report::Combined));
    }
    Ok(account.query(&known.number()).await?.map(Report::One))
}

/// Makes an intent unpayable, or tells that it was paid. A payer's code is charged, not waited for: that is taken back.
pub async fn close(account: &dyn PaymentChannel, known: &Payment) -> Result<CloseOutcome> {
    if known.scene == CODE {
        return take_back(account, known).await;
    }
    if known.is_combined() {
        return combining(account)?.close_combined(&known.number(), &known.sub_numbers()).await;
    }
    account.close(&known.number()).await
}
