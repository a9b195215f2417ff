//! Paying from the balance: principal first, then gift; what comes back is gift first, then principal.
//! What was taken for part of an order that is not paid after all comes back as it was taken.

use crate::ledger::{self, Account, Entry};
use db::{Tx, args};
use kernel::{Error, Fen, Id, Result};
use platform::Ctx;

/// How a payment was made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    pub principal: Fen,
    pub gift: Fen,
}

const PAID: &str = "balance_paid";

/// Takes `amount` for a payment. `balance.not_enough` (409).
pub fn pay(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, payment_id: Id, amount: Fen, note: &str) -> Result<Paid> {
    let entry =
        |account: Account, amount: i64| Entry { account, member_id, kind: PAID, source_id: payment_id, amount, note };
    let principal = ledger::move_up_to(tx, ctx, &entry(Account::Principal, amount.0))?;
    let gift = amount.0 - principal;
    if gift > 0 && !ledger::debit(tx, ctx, &entry(Account::Gift, gift))? {
        return Err(Error::internal("a payment was taken from the balance twice"));
    }
    Ok(Paid { principal: Fen(principal), gift: Fen(gift) })
}

/// Gives back all of a payment that came to nothing, as it was taken.
pub fn release(tx: &mut Tx<'_>, ctx: &Ctx, member_id: Id, payment_id: Id, note: &str) -> Result<()> {
    let taken: Vec<(String, i64)> = tx.all(
        "select account, -amount from ledger_posting
         where mall_id = $1 and kind = $2 and source_id = $3 and account in ('principal', 'gift')",
        &args![ctx.mall_id, PAID, payment_id],
    )?;
    for (account, amount) in taken {
        let account = Account::parse(&account)?;
        let entry = Entry { account, member_id, kind: "balance_released", source_id: payment_id, amount, note };
        ledger::credit(tx, ctx, &entry)?;
    }
    Ok(())
}

/// How much of a refund is gift: of the `taken` gift all goes back before any principal does. `before` went back earlier.
pub fn gift_part(taken: i64, before: i64, amount: i64) -> i64 {
    (before + amount).min(taken) - before.min(taken)
}

/// Gives back part of a payment. `before`: what of it went back earlier.
pub fn give_back(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    member_id: Id,
    payment_id: Id,
    refund_id: Id,
    before: Fen,
    amount: Fen,
    note: &str,
) -> Result<Paid> {
    let taken: Option<(i64,)> = tx.opt(
        "select -amount from ledger_posting
         where mall_id = $1 and kind = $2 and source_id = $3 and account = 'gift'",
        &args![ctx.mall_id, PAID, payment_id],
    )?;
    let taken = taken.map_or(0, |row| row.0);
    let gift = gift_part(taken, before.0, amount.0);
    let principal = amount.0 - gift;
    for (account, amount) in [(Account::Principal, principal), (Account::Gift, gift)] {
        if amount > 0 {
            let entry = Entry { account, member_id, kind: "balance_refunded", source_id: refund_id, amount, note };
            ledger::credit(tx, ctx, &entry)?;
        }
    }
    Ok(Paid { principal: Fen(principal), gift: Fen(gift) })
}
