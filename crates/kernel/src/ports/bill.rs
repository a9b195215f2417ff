//! What a payment channel says it moved on a day.

use crate::{Fen, Instant};

/// What a line of a bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BillKind {
    Payment,
    Refund,
    /// Paid out to a person; in a flow of funds only, as the two below.
    Transfer,
    /// What the channel took for a payment, by the payment's number, or gave back of it, by the refund's.
    Fee,
    /// What the mall has no part in: withdrawals, money the merchant moved between its accounts.
    Other,
}

/// How a line of a bill stands at the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillState {
    /// The money moved.
    Done,
    /// A refund that was taken on when the bill was made.
    Processing,
    /// A refund that the channel gave up.
    Failed,
}

/// One movement of money as the channel's bill tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    pub kind: BillKind,
    /// Our number of the payment or of the refund.
    pub number: String,
    /// The channel's own number.
    pub channel_number: String,
    /// Positive, also for refunds. A fee that came back is negative; of others, what came in less what went out.
    pub amount: Fen,
    /// What the channel took for a payment, to the fen; negative when it came back with a refund. Zero where the bill does
    /// not tell.
    pub fee: Fen,
    pub state: BillState,
    pub at: Option<Instant>,
}

/// A channel's bill of one day. A day on which nothing happened has no lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    pub lines: Vec<BillLine>,
    /// What the channel keeps for its service, less what it gave back with refunds.
    pub fee: Fen,
}

/// The answer of a channel that has none.
pub(super) fn none() -> crate::Error {
    crate::Error::conflict("payment.no_bills", "这个支付渠道没有账单")
}
