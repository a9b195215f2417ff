//! What the mall owes its members: points, balance (principal and gift kept apart), commission. Owns `ledger_posting`,
//! `ledger_balance`, `points_bucket`, `points_use`.
//!
//! Promises: every posting has its counterpart on the mall's side, so a source's legs sum to zero; postings are only
//! added, a reversal is a posting too; a source posts a kind once; a balance is the sum of its postings and never
//! negative; what is left in the buckets is the points balance. Verbs run in the caller's transaction.
//! It does not know orders, top-ups or campaigns: a posting names its `kind` and the id of what caused it.

mod expiry;
mod model;
mod points;
mod post;
mod statement;
#[cfg(test)]
mod tests;
mod verify;

pub use expiry::{ExpiringSoon, expire_points, expiring_soon, remind_expiring};
pub use model::{Account, Entry, NEVER};
pub use points::{Grant, Spent, earn, give_back, spend, take_back};
pub use post::{
    BALANCE_CHANGED, BalanceChanged, balance, balances, credit, debit, merge_member, move_up_to, told_change,
};
pub use statement::{Liability, LiabilityMove, LiabilityReport, StatementLine, liabilities, statement};
pub use verify::{Drift, drift, report_drift};
