//! Money arrived: record the payment, move the orders, commit their stock — one transaction, idempotent by the
//! channel's transaction id. Money that finds its orders closed or paid already is recorded and sent back at once.

use super::{ORDER, ORDER_GROUP, balance_part, booking, counter, group, home, purchase, refund};
use db::Tx;
use goods::inventory::{self, Holder};
use kernel::ports::{ChannelPayment, CombinedPayment, PaymentChannel};
use kernel::{Error, Fen, Id, Result};
use platform::Ctx;
use trade::offers;
use trade::order::{self, DeliveryKind, Move, Order, Status};
use trade::payment::{self, Checked, NewRefund, Payable, Payment};

/// What came of a channel's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The orders are paid now.
    Paid,
    /// It was known before.
    Known,
    /// Not paid yet.
    Open,
    /// Paid, but there was nothing left to pay: goes back.
    SentBack,
    /// It contradicts what we asked; nothing was changed.
    Contradicts(&'static str),
    /// No payment of ours has this number.
    Unknown,
}

impl Outcome {
    /// The word stored with a notice.
    pub fn as_text(self) -> String {
        match self {
            Outcome::Paid => "paid".into(),
            Outcome::Known => "known".into(),
            Outcome::Open => "open".into(),
            Outcome::SentBack => "sent_back".into(),
            Outcome::Contradicts(what) => format!("contradicts: {what}"),
            Outcome::Unknown => "unknown number".into(),
        }
    }
}

/// Acts on what the channel says about a payment.
pub fn settle(tx: &mut Tx<'_>, ctx: &Ctx, account: &dyn PaymentChannel, theirs: &ChannelPayment) -> Result<Outcome> {
    let Some(ours) = payment::find_for_channel(tx, ctx.mall_id, account.name(), &theirs.number)? else {
        return Ok(Outcome::Unknown);
    };
    if ours.is_combined() {
        return Ok(Outcome::Contradicts("a combined payment reported as one"));
    }
    if let Some(otherwise) = unless_paid(tx, ctx, &ours, payment::check_payment(&ours, theirs, account))? {
        return Ok(otherwise);
    }
    let paid_at = theirs.paid_at.unwrap_or(ctx.now);
    let (transaction_id, payer) = (theirs.transaction_id.as_deref(), theirs.payer_openid.as_deref());
    if !payment::mark_paid(tx, ctx, ours.id, transaction_id, payer, paid_at)? {
        return Ok(Outcome::Known);
    }
    arrived(tx, ctx, &ours)
}

/// Acts on what the channel says about a combined payment: all of its sub-orders are paid, or nothing is.
pub fn settle_combined(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    account: &dyn PaymentChannel,
    theirs: &CombinedPayment,
) -> Result<Outcome> {
    let Some(ours) = payment::find_for_channel(tx, ctx.mall_id, account.name(), &theirs.number)? else {
        return Ok(Outcome::Unknown);
    };
    let parts = payment::parts_of(tx, ctx.mall_id, &[ours.id])?.remove(&ours.id).unwrap_or_default();
    if let Some(otherwise) = unless_paid(tx, ctx, &ours, payment::check_combined(&ours, &parts, theirs, account))? {
        return Ok(otherwise);
    }
    let paid_at = theirs.parts.iter().filter_map(|part| part.paid_at).min().unwrap_or(ctx.now);
    let payer = theirs.parts.iter().find_map(|part| part.payer_openid.as_deref());
    if !payment::mark_paid(tx, ctx, ours.id, None, payer, paid_at)? {
        return Ok(Outcome::Known);
    }
    let named = theirs.parts.iter().filter_map(|one| {
        let part = parts.iter().find(|part| part.number() == one.number)?;
        Some((part.position, one.transaction_id.clone()?))
    });
    payment::name_transactions(tx, ctx, ours.id, &named.collect::<Vec<_>>())?;
    arrived(tx, ctx, &ours)
}

/// What came of a report that does not say the money is here.
fn unless_paid(tx: &mut Tx<'_>, ctx: &Ctx, ours: &Payment, checked: Checked) -> Result<Option<Outcome>> {
    match checked {
        Checked::Open => {
            payment::touch_checked(tx, ctx, ours.id)?;
            Ok(Some(Outcome::Open))
        }
        Checked::Contradicts(what) => {
            tracing::error!(payment_id = %ours.id, what, "a channel's report contradicts our payment");
            Ok(Some(Outcome::Contradicts(what)))
        }
        Checked::Paid => Ok(None),
    }
}

/// The money of a payment is here for the first time.
fn arrived(tx: &mut Tx<'_>, ctx: &Ctx, ours: &Payment) -> Result<Outcome> {
    if ours.payable_kind == purchase::PURCHASE {
        return purchase::settle(tx, ctx, ours);
    }
    let orders = order::by_group(tx, ctx.mall_id, ours.member_id, ours.payable_id)?;
    let owed = Fen(orders.iter().map(|order| order.total.0).sum());
    let waiting = !orders.is_empty() && orders.iter().all(|order| order.status == Status::Unpaid);
    let parts = payment::waiting_parts(tx, ctx.mall_id, ORDER_GROUP, ours.payable_id)?;
    let in_full = owed == ours.amount;
    let enough = in_full || owed == ours.amount.plus(balance_part::taken(&parts))?;
    let kept = if in_full { &[][..] } else { &parts[..] };
    if waiting && enough && group::covers(tx, ctx, ours, kept, &orders)? {
        if in_full {
            balance_part::release(tx, ctx, ours.payable_id)?;
        } else {
            balance_part::keep(tx, ctx, &parts)?;
        }
        for order in &orders {
            paid(tx, ctx, order, Move::Paid, None)?;
        }
        return Ok(Outcome::Paid);
    }
    send_back(tx, ctx, ours, &orders)?;
    Ok(Outcome::SentBack)
}

/// The payment has nothing to pay: give it back, and say so in the orders.
fn send_back(tx: &mut Tx<'_>, ctx: &Ctx, ours: &Payment, orders: &[Order]) -> Result<()> {
    let was_closed = orders.iter().any(|order| order.status == Status::Closed);
    let still_unpaid = orders.iter().all(|order| order.status == Status::Unpaid);
    let reason = match (was_closed, still_unpaid) {
        (true, _) => "订单已关闭，款项原路退回",
        (false, true) => "订单改过价，按原价付的款项原路退回",
        (false, false) => "重复付款，款项原路退回",
    };
    let paid = Payment { status: payment::PaymentStatus::Paid, ..ours.clone() };
    payment::mark_sent_back(tx, ctx, ours.id)?;
    match payment::parts_of(tx, ctx.mall_id, &[ours.id])?.remove(&ours.id) {
        Some(parts) => {
            for part in parts {
                let order_id = Some(part.order_id);
                refund::start(tx, ctx, &paid, &NewRefund { order_id, amount: part.amount, reason })?;
            }
        }
        None => {
            let order_id = orders.first().map(|order| order.id);
            refund::start(tx, ctx, &paid, &NewRefund { order_id, amount: ours.amount, reason })?;
        }
    }
    for order in orders {
        order::add_event(tx, ctx, order.id, "sent_back", &format!("收到付款 ¥{}：{reason}", ours.amount))?;
    }
    Ok(())
}

/// Moves one order to paid: stock leaves the shelf's count, sales are counted, pickup gets its code, the counter hands over.
pub fn paid(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, step: Move, note: Option<&str>) -> Result<Status> {
    let status = order::advance(tx, ctx, order, step, note)?;
    offers::paid(tx, ctx, &order.sale())?;
    if !order.is_service {
        inventory::commit(tx, ctx, Holder { kind: ORDER, id: order.id })?;
        let sold: Vec<(Id, i64)> =
            order::lines(tx, ctx.mall_id, order.id)?.iter().map(|line| (line.product_id, line.quantity)).collect();
        goods::catalog::add_sales(tx, ctx, &sold)?;
    }
    people::identity::count_purchase(tx, ctx, order.member_id, order.total)?;
    home::paid(tx, ctx, order)?;
    if order.is_of_counter() {
        return counter::hand_over(tx, ctx, order.id);
    }
    if order.delivery == DeliveryKind::Local {
        super::delivery::dispatch(tx, ctx, order.id)?;
    }
    if order.delivery == DeliveryKind::Pickup {
        let store_id = order.store_id.ok_or_else(|| Error::internal("a pickup order without a store"))?;
        trade::pickup::issue(tx, ctx, order.id, store_id)?;
    }
    if order.is_service {
        booking::paid(tx, ctx, order.id)?;
    }
    Ok(status)
}

/// An order of nothing to pay is paid as it is placed.
pub fn without_payment(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, group_id: Id) -> Result<Status> {
    let orders = order::by_group(tx, ctx.mall_id, member_id, group_id)?;
    let mut status = Status::Unpaid;
    for order in &orders {
        status = paid(tx, ctx, order, Move::Paid, None)?;
    }
    Ok(status)
}

/// Staff received the money by hand.
pub fn offline(tx: &mut Tx<'_>, ctx: &Ctx, order: &Order, note: Option<&str>, currency: &str) -> Result<()> {
    let orders = order::by_group(tx, ctx.mall_id, order.member_id, order.group_id)?;
    let amount = Fen(orders.iter().map(|order| order.total.0).sum());
    for order in &orders {
        paid(tx, ctx, order, Move::PayOffline, note)?;
    }
    balance_part::release(tx, ctx, order.group_id)?;
    let payable = Payable { kind: ORDER_GROUP, id: order.group_id, amount };
    let payment_id = payment::insert_offline(tx, ctx, payable, order.member_id, currency)?;
    group::divide(tx, ctx, payment_id, &orders, amount, false)?;
    Ok(())
}
