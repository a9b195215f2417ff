//! A member's statement, newest first with the balance after each line, and what the mall owes altogether.

use super::model::Account;
use super::post::balances;
use db::{Tx, args, row};
use kernel::{Cursor, Id, Instant, MallId, Page, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One line of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementLine {
    pub id: Id,
    pub account: Account,
    /// What happened, like `order_paid`.
    pub kind: String,
    /// Fen, or whole points; negative when it was taken.
    pub amount: i64,
    /// What was left after it.
    pub balance: i64,
    pub note: String,
    pub at: Instant,
}

struct Posted {
    id: Id,
    account: String,
    kind: String,
    amount: i64,
    note: String,
    at: Instant,
}
row!(Posted { id, account, kind, amount, note, at });

/// A page of some accounts together, newest first. The cursor carries the balance at its place.
pub fn statement(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    member_id: Id,
    accounts: &[Account],
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<StatementLine>> {
    let mut after = match cursor {
        Some(cursor) => cursor.key,
        None => {
            let held = balances(tx, mall_id, member_id)?;
            accounts.iter().filter_map(|account| held.get(account)).sum()
        }
    };
    let names: Vec<&str> = accounts.iter().map(|account| account.as_str()).collect();
    let rows: Vec<Posted> = tx.all(
        "select id, account, kind, amount, note, at from ledger_posting
         where mall_id = $1 and member_id = $2 and account = any($3) and id < $4
         order by id desc
         limit $5",
        &args![mall_id, member_id, names, cursor.map_or(i64::MAX, |cursor| cursor.id), limit + 1],
    )?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        lines.push(StatementLine {
            id: row.id,
            account: Account::parse(&row.account)?,
            kind: row.kind,
            amount: row.amount,
            balance: after,
            note: row.note,
            at: row.at,
        });
        after = after.saturating_sub(row.amount);
    }
    Ok(Page::from_rows(lines, limit, |line| Cursor { key: line.balance.saturating_sub(line.amount), id: line.id.0 }))
}

/// What the mall owes in one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Liability {
    pub account: Account,
    /// Fen, or whole points.
    pub owed: i64,
    /// Members who have any.
    pub members: i64,
}

/// What moved in one account for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiabilityMove {
    pub account: Account,
    /// Like `order_paid`.
    pub kind: String,
    pub amount: i64,
    pub postings: i64,
}

/// What is owed now, and how it came about in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiabilityReport {
    pub from: Instant,
    pub to: Instant,
    pub owed: Vec<Liability>,
    pub moves: Vec<LiabilityMove>,
}

/// Sums of all members, and the postings of `from ≤ at < to` by reason. Read in one snapshot, so they agree.
pub fn liabilities(tx: &mut Tx<'_>, mall_id: MallId, from: Instant, to: Instant) -> Result<LiabilityReport> {
    let owed: Vec<(String, i64, i64)> = tx.all(
        "select account, cast(sum(amount) as bigint), count(*) from ledger_balance
         where mall_id = $1 and amount > 0
         group by account
         order by account",
        &args![mall_id],
    )?;
    let mut moves = Vec::new();
    for account in Account::ALL {
        let rows: Vec<(String, i64, i64)> = tx.all(
            "select kind, cast(sum(amount) as bigint), count(*) from ledger_posting
             where mall_id = $1 and account = $2 and at >= $3 and at < $4
             group by kind
             order by kind",
            &args![mall_id, account.as_str(), from, to],
        )?;
        moves.extend(rows.into_iter().map(|(kind, amount, postings)| LiabilityMove {
            account,
            kind,
            amount,
            postings,
        }));
    }
    let owed: Result<Vec<Liability>> = owed
        .into_iter()
        .map(|(account, owed, members)| Ok(Liability { account: Account::parse(&account)?, owed, members }))
        .collect();
    Ok(LiabilityReport { from, to, owed: owed?, moves })
}
