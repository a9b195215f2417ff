//! The ways a customer pays in.

use people::wallet::Confirmation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One way of paying.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = CounterTenderInput)]
pub enum TenderInput {
    Cash {
        #[schema(minimum = 1)]
        amount_fen: i64,
        /// What the customer gave; absent: exactly the amount.
        tendered_fen: Option<i64>,
    },
    /// The customer's payment code, as scanned.
    Code {
        #[schema(minimum = 1)]
        amount_fen: i64,
        #[schema(min_length = 16, max_length = 24)]
        auth_code: String,
    },
    /// The member's balance, confirmed by the member code they show now, by password or by a text message.
    Balance {
        #[schema(minimum = 1)]
        amount_fen: i64,
        #[schema(max_length = 200)]
        member_code: Option<String>,
        confirmation: Option<Confirmation>,
    },
    /// A card terminal, a voucher of the building, and the like.
    Other {
        #[schema(minimum = 1)]
        amount_fen: i64,
        #[schema(min_length = 1, max_length = 40)]
        note: String,
    },
}

impl TenderInput {
    pub(super) fn amount(&self) -> i64 {
        match self {
            TenderInput::Cash { amount_fen, .. }
            | TenderInput::Code { amount_fen, .. }
            | TenderInput::Balance { amount_fen, .. }
            | TenderInput::Other { amount_fen, .. } => *amount_fen,
        }
    }
}
