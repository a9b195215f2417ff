//! What a payment channel tells of itself: a callback as it came, and once it was proven.

use super::{ChannelPayment, ChannelRefund, ChannelTransfer, CombinedPayment};
use crate::Instant;

/// Raw callback as received; signature headers by lower-case name.
#[derive(Debug, Clone)]
pub struct RawNotice<'a> {
    pub headers: &'a [(String, String)],
    pub body: &'a [u8],
    pub received_at: Instant,
}

/// A callback whose signature was verified and whose content was decrypted.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The channel's notice id and the payment.
    Payment { notice_id: String, payment: ChannelPayment },
    /// The channel's notice id and a payment over several orders.
    Combined { notice_id: String, payment: CombinedPayment },
    /// The channel's notice id and the refund.
    Refund { notice_id: String, refund: ChannelRefund },
    /// The channel's notice id and the transfer.
    Transfer { notice_id: String, transfer: ChannelTransfer },
    /// Verified, but nothing we act on (stored, acknowledged).
    Other { notice_id: String, event: String },
}
