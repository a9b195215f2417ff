//! The moment money moves: a person pays (or the bank declines) at the cashier. Paid once, whatever is pressed twice.

use super::model::{Payment, TradeState};
use super::notice;
use crate::china;
use crate::switches::Fault;
use crate::world::World;
use std::sync::Arc;

/// Why a payment did not happen, in the cashier's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declined {
    Unknown,
    AlreadyPaid,
    Closed,
    Expired,
    Bank,
}

impl Declined {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Declined::Unknown => "没有这笔订单",
            Declined::AlreadyPaid => "这笔订单已经付过了",
            Declined::Closed => "商家已关闭这笔订单",
            Declined::Expired => "付款链接已过期，请回到订单重新付款",
            Declined::Bank => "银行拒绝了这次付款，请换一种方式再试",
        }
    }
}

fn check(payment: Option<&mut Payment>, now: kernel::Instant) -> Result<&mut Payment, Declined> {
    let payment = payment.ok_or(Declined::Unknown)?;
    match payment.state {
        TradeState::Success | TradeState::Refund => Err(Declined::AlreadyPaid),
        TradeState::Closed | TradeState::Revoked => Err(Declined::Closed),
        TradeState::NotPay | TradeState::UserPaying if !payment.payable(now) => Err(Declined::Expired),
        TradeState::NotPay | TradeState::UserPaying => Ok(payment),
    }
}

/// The person pressed "pay": the payment succeeds and its notice goes out.
pub(crate) fn pay(world: &Arc<World>, prepay_id: &str) -> Result<Payment, Declined> {
    let now = world.now();
    let (whole, paid) = {
        let mut state = world.state();
        let declines = state.switches.has(Fault::PayerDeclined);
        let payment = check(state.pay.by_prepay(prepay_id), now)?;
        if declines || payment.faults.has(Fault::PayerDeclined) {
            return Err(Declined::Bank);
        }
        let (number, combined) = (payment.number.clone(), payment.combined.clone());
        let openid = payment.openid.clone().unwrap_or_else(|| format!("oQr{}", &wire::random::nonce()[..25]));
        let subs = combined.as_deref().and_then(|number| state.pay.combined(number)).map(|known| known.subs.clone());
        let mut paid = Vec::new();
        for number in subs.unwrap_or_else(|| vec![number]) {
            let transaction_id = new_transaction_id(now);
            let Some(payment) = state.pay.by_number(&number) else { continue };
            payment.state = TradeState::Success;
            payment.transaction_id = Some(transaction_id.clone());
            payment.paid_at = Some(now);
            payment.openid = Some(openid.clone());
            paid.push(payment.clone());
            state.pay.name_transaction(&transaction_id, &number);
        }
        (state.pay.whole(prepay_id).ok_or(Declined::Unknown)?, paid)
    };
    world.payments_changed();
    match (&paid[..], &whole.combined) {
        (subs, Some(number)) => notice::announce_combined(world, number, subs),
        (payments, None) => {
            // Nobody is told of code pay: whoever waits asks.
            let told = payments.iter().filter(|payment| !payment.notify_url.is_empty());
            told.for_each(|payment| notice::announce_payment(world, payment));
        }
    }
    Ok(whole)
}

pub(super) fn new_transaction_id(now: kernel::Instant) -> String {
    let day = &china::compact(now)[..8];
    format!("4200{:06}{day}{:010}", random_below(1_000_000), random_below(10_000_000_000))
}

/// The person pressed "fail": nothing changes, the payment can be tried again.
pub(crate) fn decline(world: &World, prepay_id: &str) -> Declined {
    let now = world.now();
    match check(world.state().pay.by_prepay(prepay_id), now) {
        Ok(_) => Declined::Bank,
        Err(why) => why,
    }
}

pub(crate) fn random_below(limit: u64) -> u64 {
    u64::from_le_bytes(wire::random::bytes::<8>()) % limit
}
