//! Accounts and entries.

use kernel::{Error, Id, Instant, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Whole points.
    Points,
    /// Fen the member paid in.
    Principal,
    /// Fen the mall gave on top.
    Gift,
    /// Fen earned by distributing.
    Commission,
}

impl Account {
    pub const ALL: [Account; 4] = [Account::Points, Account::Principal, Account::Gift, Account::Commission];

    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Account::Points => "points",
            Account::Principal => "principal",
            Account::Gift => "gift",
            Account::Commission => "commission",
        }
    }

    /// The account on the mall's side.
    pub const fn mall_side(self) -> &'static str {
        match self {
            Account::Points => "mall_points",
            Account::Principal => "mall_principal",
            Account::Gift => "mall_gift",
            Account::Commission => "mall_commission",
        }
    }

    /// Number of the member's leg; the mall's is the next.
    pub(super) const fn leg(self) -> i64 {
        match self {
            Account::Points => 0,
            Account::Principal => 2,
            Account::Gift => 4,
            Account::Commission => 6,
        }
    }

    /// From the stored word.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Account::ALL.into_iter().find(|account| account.as_str() == text);
        found.ok_or_else(|| Error::internal(format_args!("unknown account {text}")))
    }

    /// The refusal of a debit that the balance does not cover.
    pub(super) fn not_enough(self) -> Error {
        match self {
            Account::Points => Error::conflict("points.not_enough", "积分不够了"),
            Account::Principal | Account::Gift => Error::conflict("balance.not_enough", "余额不够了"),
            Account::Commission => Error::conflict("commission.not_enough", "佣金余额不够"),
        }
    }
}

/// A change about to be posted. `kind` and `source_id` say what caused it; together they post once per account.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub account: Account,
    pub member_id: Id,
    /// Past tense, like `order_paid`.
    pub kind: &'static str,
    pub source_id: Id,
    /// Positive.
    pub amount: i64,
    /// One line for the member's statement.
    pub note: &'a str,
}

/// When points expire that never do.
pub const NEVER: Instant = Instant(253_402_271_999_000);
