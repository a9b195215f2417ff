//! Collecting at a counter: the payer shows a code, the merchant scans it, and the channel answers at once, or when the payer
//! has confirmed on the phone. What is in doubt is asked about and, when nobody wants to wait any longer, reversed.

use super::{ChannelPayment, CloseOutcome, Pending};
use crate::Fen;

/// What we ask a channel to take from the owner of a code.
#[derive(Debug, Clone)]
pub struct CodeIntent {
    /// Our number, as of any payment. Another code needs another number.
    pub number: String,
    pub description: String,
    pub amount: Fen,
    /// The digits that were scanned; good for a minute, for one payment.
    pub auth_code: String,
    /// Ours, so that the channel's records name the counter.
    pub store: String,
}

/// A channel that takes codes.
pub trait CodeChannel: Send + Sync {
    /// Whether the digits are meant for this channel.
    fn takes(&self, auth_code: &str) -> bool;
    /// Collects. `Paid`, or `Paying` while the payer confirms. `payment.code_refused` (409) when nothing was and will be
    /// collected for this number; any other error leaves it unknown: query.
    fn pay_by_code<'a>(&'a self, intent: &'a CodeIntent) -> Pending<'a, ChannelPayment>;
    /// Makes the payment impossible; what was paid meanwhile goes back by itself. `AlreadyPaid` when it is too late for that.
    fn reverse<'a>(&'a self, number: &'a str) -> Pending<'a, CloseOutcome>;
}
