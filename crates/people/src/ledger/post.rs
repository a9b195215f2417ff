//! Posting: two legs and the cached sum. The legs come first: a source that posted before changes nothing. A debit is a
//! guarded update, so of two that want the last fen one is refused.

use super::model::{Account, Entry};
use db::{Tx, args};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Event: the balance of a member changed, part by part.
pub const BALANCE_CHANGED: &str = "balance.changed";

/// Its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceChanged {
    pub member_id: Id,
    pub account: Account,
    pub kind: String,
    pub source_id: Id,
}

/// What one source changed in the balance: principal and gift together, with its words. `None` for the gift's part when
/// the principal changed too, so that a change is told once.
pub fn told_change(tx: &mut Tx<'_>, mall_id: MallId, changed: &BalanceChanged) -> Result<Option<(i64, String)>> {
    let legs: Vec<(String, i64, String)> = tx.all(
        "select account, amount, note
         from ledger_posting
         where mall_id = $1 and kind = $2 and source_id = $3 and leg in (2, 4) and member_id = $4
         order by leg",
        &args![mall_id, &changed.kind, changed.source_id, changed.member_id],
    )?;
    if changed.kind.starts_with("merged_") {
        return Ok(None);
    }
    let Some((first, _, note)) = legs.first() else { return Ok(None) };
    if first != changed.account.as_str() {
        return Ok(None);
    }
    Ok(Some((legs.iter().map(|(_, amount, _)| amount).sum(), note.clone())))
}

/// Adds to a member's account. False, and nothing changed, when this source posted before.
pub fn credit(tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry<'_>) -> Result<bool> {
    if !legs(tx, ctx, entry, 1)? {
        return Ok(false);
    }
    tx.exec(
        "insert into ledger_balance (mall_id, member_id, account, amount)
         values ($1, $2, $3, $4)
         on conflict (mall_id, member_id, account) do update
         set amount = ledger_balance.amount + excluded.amount",
        &args![ctx.mall_id, entry.member_id, entry.account.as_str(), entry.amount],
    )?;
    Ok(true)
}

/// Takes from a member's account. `points.not_enough`, `balance.not_enough` or `commission.not_enough` (409) when the
/// balance does not cover it; false, and nothing changed, when this source posted before.
pub fn debit(tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry<'_>) -> Result<bool> {
    if !legs(tx, ctx, entry, -1)? {
        return Ok(false);
    }
    let taken = tx.exec(
        "update ledger_balance
         set amount = amount - $4
         where mall_id = $1 and member_id = $2 and account = $3 and amount >= $4",
        &args![ctx.mall_id, entry.member_id, entry.account.as_str(), entry.amount],
    )?;
    if taken == 1 { Ok(true) } else { Err(entry.account.not_enough()) }
}

/// Takes as much as there is, at most `entry.amount`; answers how much that was.
pub fn move_up_to(tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry<'_>) -> Result<i64> {
    let amount = locked(tx, ctx.mall_id, entry.member_id, entry.account)?.min(entry.amount);
    if amount > 0 && debit(tx, ctx, &Entry { amount, ..*entry })? { Ok(amount) } else { Ok(0) }
}

fn legs(tx: &mut Tx<'_>, ctx: &Ctx, entry: &Entry<'_>, sign: i64) -> Result<bool> {
    if entry.amount <= 0 {
        return Err(Error::internal(format_args!("a posting of {} ({})", entry.amount, entry.kind)));
    }
    let leg = |account: &str, member_id: Id, leg: i64, amount: i64| {
        args![
            ctx.id(),
            ctx.mall_id,
            account,
            member_id,
            entry.kind,
            entry.source_id,
            leg,
            amount,
            entry.note,
            ctx.actor.kind(),
            ctx.actor.id(),
            ctx.now
        ]
        .to_vec()
    };
    let (account, number, amount) = (entry.account, entry.account.leg(), sign * entry.amount);
    let rows =
        [leg(account.as_str(), entry.member_id, number, amount), leg(account.mall_side(), Id(0), number + 1, -amount)];
    let posted = tx.insert_many(
        "insert into ledger_posting
           (id, mall_id, account, member_id, kind, source_id, leg, amount, note, actor_kind, actor_id, at) values",
        "on conflict (mall_id, kind, source_id, leg) do nothing",
        &rows,
    )?;
    match posted {
        2 => {
            if matches!(account, Account::Principal | Account::Gift) {
                let changed = BalanceChanged {
                    member_id: entry.member_id,
                    account,
                    kind: entry.kind.into(),
                    source_id: entry.source_id,
                };
                platform::outbox::emit(tx, ctx, BALANCE_CHANGED, &changed)?;
            }
            Ok(true)
        }
        0 => Ok(false),
        _ => Err(Error::internal(format_args!("half of {} {} was posted before", entry.kind, entry.source_id))),
    }
}

/// What a member has in one account.
pub fn balance(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, account: Account) -> Result<i64> {
    let found: Option<i64> = tx.opt(
        "select amount from ledger_balance where mall_id = $1 and member_id = $2 and account = $3",
        &args![mall_id, member_id, account.as_str()],
    )?;
    Ok(found.unwrap_or(0))
}

/// The same, locked until the transaction ends.
pub(super) fn locked(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id, account: Account) -> Result<i64> {
    let found: Option<i64> = tx.opt(
        "select amount from ledger_balance where mall_id = $1 and member_id = $2 and account = $3 for update",
        &args![mall_id, member_id, account.as_str()],
    )?;
    Ok(found.unwrap_or(0))
}

/// What a member has, by account; an absent account is empty.
pub fn balances(tx: &mut Tx<'_>, mall_id: MallId, member_id: Id) -> Result<HashMap<Account, i64>> {
    let rows: Vec<(String, i64)> = tx.all(
        "select account, amount from ledger_balance where mall_id = $1 and member_id = $2",
        &args![mall_id, member_id],
    )?;
    rows.into_iter().map(|(account, amount)| Ok((Account::parse(&account)?, amount))).collect()
}

/// Moves everything of one member to another who turned out to be the same person: out of one, through the mall's side,
/// into the other. The history stays where it happened.
pub fn merge_member(tx: &mut Tx<'_>, ctx: &Ctx, from: Id, to: Id) -> Result<()> {
    let held = balances(tx, ctx.mall_id, from)?;
    let source_id = ctx.id();
    for account in Account::ALL {
        let Some(amount) = held.get(&account).copied().filter(|amount| *amount > 0) else { continue };
        let note = "账号合并";
        debit(tx, ctx, &Entry { account, member_id: from, kind: "merged_out", source_id, amount, note })?;
        credit(tx, ctx, &Entry { account, member_id: to, kind: "merged_in", source_id, amount, note })?;
    }
    tx.exec(
        "update points_bucket set member_id = $3 where mall_id = $1 and member_id = $2 and remaining > 0",
        &args![ctx.mall_id, from, to],
    )?;
    Ok(())
}
