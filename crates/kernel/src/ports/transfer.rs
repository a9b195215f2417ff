//! The port of paying out to persons: what is asked of a channel, and what it says.

use super::Pending;
use crate::{Fen, Instant};

/// Why money is paid out; a channel wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferPurpose {
    Commission,
    /// Money given away in a campaign.
    Packet,
}

/// Money for a person.
#[derive(Debug, Clone)]
pub struct TransferRequest {
    /// Our number; never changed on retry.
    pub number: String,
    pub openid: String,
    pub amount: Fen,
    /// The payee reads it.
    pub remark: String,
    pub purpose: TransferPurpose,
    pub notify_url: String,
}

/// State of a transfer as the channel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelTransferState {
    Accepted,
    WaitingForUser,
    Arriving,
    Cancelling,
    Done,
    Failed,
    Cancelled,
}

/// A transfer as the channel knows it.
#[derive(Debug, Clone)]
pub struct ChannelTransfer {
    pub number: String,
    pub channel_transfer_id: Option<String>,
    pub state: ChannelTransferState,
    /// In queries and notices.
    pub amount: Option<Fen>,
    /// What the payee's app needs to confirm; in the answer to the request only.
    pub package: Option<String>,
    pub fail_reason: Option<String>,
    pub finished_at: Option<Instant>,
}

impl ChannelTransfer {
    /// One that the channel never took.
    pub fn refused(number: &str, reason: &str) -> Self {
        ChannelTransfer {
            number: number.to_owned(),
            channel_transfer_id: None,
            state: ChannelTransferState::Failed,
            amount: None,
            package: None,
            fail_reason: Some(reason.to_owned()),
            finished_at: None,
        }
    }
}

/// Pays out to persons, who confirm.
pub trait TransferChannel: Send + Sync {
    /// Asks for a transfer; the same number with the same content answers the same. A refusal for good is `transfer.refused`,
    /// `transfer.insufficient` or `transfer.not_permitted` (409); an unknown outcome `payment.channel_unknown` (502): query.
    fn transfer<'a>(&'a self, request: &'a TransferRequest) -> Pending<'a, ChannelTransfer>;
    /// State by our number; `None` if the channel never heard of it.
    fn query_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, Option<ChannelTransfer>>;
    /// Calls it back while nobody confirmed; `transfer.refused` (409) when the payee was faster.
    fn cancel_transfer<'a>(&'a self, number: &'a str) -> Pending<'a, ChannelTransfer>;
}
