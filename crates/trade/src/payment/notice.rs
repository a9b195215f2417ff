//! What a channel tells us, checked against what we asked: number, amount, currency, merchant and app.
//! Every verified notice is stored once, with what came of it.

use super::part::Part;
use super::store::Payment;
use db::{Tx, args};
use kernel::Result;
use kernel::ports::{ChannelPayment, ChannelPaymentState, CombinedPayment, PaymentChannel};
use platform::Ctx;

/// Verdict over a payment the channel reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Paid in full, in our currency, to our account.
    Paid,
    /// Not paid, for now.
    Open,
    /// It contradicts what we asked; the text says where. Never acted upon.
    Contradicts(&'static str),
}

/// Compares the channel's word with our payment.
pub fn check_payment(ours: &Payment, theirs: &ChannelPayment, account: &dyn PaymentChannel) -> Checked {
    if theirs.number != ours.number() {
        return Checked::Contradicts("number");
    }
    check_money(ours, theirs, account)
}

/// All but the number.
fn check_money(ours: &Payment, theirs: &ChannelPayment, account: &dyn PaymentChannel) -> Checked {
    if theirs.merchant_id != account.merchant_id() {
        return Checked::Contradicts("merchant");
    }
    if theirs.app_id != account.app_id() {
        return Checked::Contradicts("app");
    }
    if !matches!(theirs.state, ChannelPaymentState::Paid | ChannelPaymentState::Refunded) {
        return Checked::Open;
    }
    if theirs.amount != Some(ours.amount) {
        return Checked::Contradicts("amount");
    }
    if theirs.currency.as_deref() != Some(ours.currency.as_str()) {
        return Checked::Contradicts("currency");
    }
    if theirs.transaction_id.as_deref().is_none_or(str::is_empty) {
        return Checked::Contradicts("transaction id");
    }
    Checked::Paid
}

/// The same of a combined payment: every sub-order must be the one we asked for, and all of them are paid or none.
pub fn check_combined(
    ours: &Payment,
    parts: &[Part],
    theirs: &CombinedPayment,
    account: &dyn PaymentChannel,
) -> Checked {
    if theirs.number != ours.number() || !ours.is_combined() {
        return Checked::Contradicts("number");
    }
    if theirs.merchant_id != account.merchant_id() || theirs.app_id != account.app_id() {
        return Checked::Contradicts("merchant");
    }
    let mut open = theirs.parts.is_empty();
    for theirs in &theirs.parts {
        let Some(part) = parts.iter().find(|part| part.number() == theirs.number) else {
            return Checked::Contradicts("sub-order");
        };
        let one = Payment { amount: part.amount, ..ours.clone() };
        match check_money(&one, theirs, account) {
            Checked::Paid => {}
            Checked::Open => open = true,
            contradicts => return contradicts,
        }
    }
    if open {
        return Checked::Open;
    }
    if theirs.parts.len() != parts.len() { Checked::Contradicts("sub-orders") } else { Checked::Paid }
}

/// Stores a verified notice; false if it came before.
pub fn remember_notice(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    channel: &str,
    notice_id: &str,
    outcome: &str,
    body: &str,
) -> Result<bool> {
    let stored = tx.exec(
        "insert into payment_notice (id, mall_id, channel, notice_id, outcome, body, received_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict do nothing",
        &args![ctx.id(), ctx.mall_id, channel, notice_id, outcome, body, ctx.now],
    )?;
    Ok(stored == 1)
}
