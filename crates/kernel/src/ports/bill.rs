//! What a payment channel says it moved on a day.

use crate::{Fen, Instant};

/// What a line of a bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BillKind {
    Payment,
    Refund,
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
    /// Positive, also for refunds.
    pub amount: Fen,
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
