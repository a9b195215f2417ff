//! Where a transfer stands, which moves there are, and how it is shown.

use super::store::Transfer;
use kernel::ports::ChannelTransferState;
use kernel::{Error, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// Written; the channel may or may not know it.
    Requested,
    Accepted,
    /// The member has to confirm.
    Waiting,
    Arriving,
    /// Staff called it back; the channel has not said the last word.
    Cancelling,
    Done,
    Failed,
    Cancelled,
}

impl TransferStatus {
    const ALL: [TransferStatus; 8] = [
        TransferStatus::Requested,
        TransferStatus::Accepted,
        TransferStatus::Waiting,
        TransferStatus::Arriving,
        TransferStatus::Cancelling,
        TransferStatus::Done,
        TransferStatus::Failed,
        TransferStatus::Cancelled,
    ];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            TransferStatus::Requested => "requested",
            TransferStatus::Accepted => "accepted",
            TransferStatus::Waiting => "waiting",
            TransferStatus::Arriving => "arriving",
            TransferStatus::Cancelling => "cancelling",
            TransferStatus::Done => "done",
            TransferStatus::Failed => "failed",
            TransferStatus::Cancelled => "cancelled",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let found = TransferStatus::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown transfer status {text}")))
    }

    /// True once nothing can change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, TransferStatus::Done | TransferStatus::Failed | TransferStatus::Cancelled)
    }

    /// From the channel's word.
    pub const fn of_channel(state: ChannelTransferState) -> Self {
        match state {
            ChannelTransferState::Accepted => TransferStatus::Accepted,
            ChannelTransferState::WaitingForUser => TransferStatus::Waiting,
            ChannelTransferState::Arriving => TransferStatus::Arriving,
            ChannelTransferState::Cancelling => TransferStatus::Cancelling,
            ChannelTransferState::Done => TransferStatus::Done,
            ChannelTransferState::Failed => TransferStatus::Failed,
            ChannelTransferState::Cancelled => TransferStatus::Cancelled,
        }
    }
}

/// A transfer as shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TransferView {
    pub id: Id,
    pub member_id: Id,
    pub amount_fen: i64,
    pub remark: String,
    pub status: TransferStatus,
    pub created_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Instant>,
    /// Why it failed, in the channel's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_reason: Option<String>,
    /// Why the last try to ask the channel went wrong; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl From<&Transfer> for TransferView {
    fn from(transfer: &Transfer) -> Self {
        TransferView {
            id: transfer.id,
            member_id: transfer.member_id,
            amount_fen: transfer.amount.0,
            remark: transfer.remark.clone(),
            status: transfer.status,
            created_at: transfer.created_at,
            finished_at: transfer.finished_at,
            fail_reason: transfer.fail_reason.clone(),
            last_error: transfer.last_error.clone(),
        }
    }
}
