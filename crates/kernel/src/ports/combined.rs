//! Combined payment (合单支付): one press of the member pays several sub-orders, each with a transaction of its own that is
//! refunded and settled alone.

use super::{ChannelPayment, CloseOutcome, PayInstruction, PaymentIntent, Pending};
use crate::Fen;

/// One of the orders collected for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubOrder {
    /// Our number, unique per merchant like a payment's.
    pub number: String,
    pub description: String,
    pub amount: Fen,
}

/// A combined payment as the channel knows it.
#[derive(Debug, Clone)]
pub struct CombinedPayment {
    /// Our number of the whole.
    pub number: String,
    pub app_id: String,
    pub merchant_id: String,
    /// All sub-orders, each like a payment.
    pub parts: Vec<ChannelPayment>,
}

/// A payment channel's way to collect for several orders at once. Refunds go through the channel itself, by the sub-order's
/// number.
pub trait CombinedChannel: Send + Sync {
    /// Asks for an intent over all sub-orders; `intent.amount` is their sum.
    fn create_combined<'a>(&'a self, intent: &'a PaymentIntent, parts: &'a [SubOrder]) -> Pending<'a, PayInstruction>;
    /// State by our number of the whole; `None` if the channel never heard of it.
    fn query_combined<'a>(&'a self, number: &'a str) -> Pending<'a, Option<CombinedPayment>>;
    /// Makes the intent unpayable, or tells that it was paid.
    fn close_combined<'a>(&'a self, number: &'a str, parts: &'a [String]) -> Pending<'a, CloseOutcome>;
}
