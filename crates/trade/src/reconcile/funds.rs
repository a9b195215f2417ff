//! The flow of funds on the merchant's account, as a book of its own beside the channel's bill of trades: the same payments and
//! refunds once more as money that really moved, the fees as the bill of trades told them, and the transfers to members.
//! Movements the mall has no part in (withdrawals) are counted and not compared.

use super::compare::{Key, compare};
use super::model::{Ours, kind_of};
use super::run::Window;
use db::{Tx, args};
use kernel::ports::BillKind;
use kernel::{Fen, Id, Instant, MallId, Result};
use platform::Ctx;
use std::collections::HashMap;

/// The flow of funds of WeChat Pay.
pub const WECHAT_FUNDS: &str = "wechat_funds";
/// What a book of funds is named after its channel.
const SUFFIX: &str = "_funds";
/// Fees per step.
const CHUNK: i64 = 400;

/// True for a book that tells what moved on an account.
pub fn is_funds(book: &str) -> bool {
    book.ends_with(SUFFIX)
}

/// The channel whose account a book is about.
pub fn account_of(book: &str) -> &str {
    book.strip_suffix(SUFFIX).unwrap_or(book)
}

/// The book of funds of a channel that has one.
pub fn funds_of(channel: &str) -> Option<&'static str> {
    (channel == "wechat").then_some(WECHAT_FUNDS)
}

/// Adds the fees behind these numbers, as the bill of trades told them; ids are those of the payment or refund.
pub(super) fn fees(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    book: &str,
    keys: &[Key],
    found: &mut HashMap<Key, Ours>,
) -> Result<()> {
    let numbers: Vec<&str> = of_kind(keys, BillKind::Fee).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, Fen, String, Option<Instant>)> = tx.all(
        "select kind, number, fee_fen, state, at
         from bill_line
         where mall_id = $1 and channel = $2 and kind = any($3) and number = any($4) and fee_fen <> 0
           and state <> 'failed'",
        &args![mall_id, account_of(book), vec!["payment", "refund"], numbers],
    )?;
    for (kind, number, amount, status, at) in rows {
        let base = found.get(&(kind_of(&kind)?, number.clone()));
        let ids = base.map(|base| (base.payment_id, base.refund_id, base.order_id)).unwrap_or_default();
        let (payment_id, refund_id, order_id) = ids;
        let (kind, by_hand) = (BillKind::Fee, false);
        let fee = Ours { kind, number: number.clone(), amount, status, payment_id, refund_id, order_id, by_hand, at };
        found.insert((kind, number), fee);
    }
    Ok(())
}

/// Adds payments and refunds that we do not know and the bill of trades does: its own queue asks about those, not this one.
pub(super) fn strangers(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    book: &str,
    keys: &[Key],
    found: &mut HashMap<Key, Ours>,
) -> Result<()> {
    let unknown = keys.iter().filter(|key| matches!(key.0, BillKind::Payment | BillKind::Refund));
    let numbers: Vec<&str> = unknown.filter(|key| !found.contains_key(*key)).map(|key| key.1.as_str()).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, Fen, Option<Instant>)> = tx.all(
        "select kind, number, amount_fen, at from bill_line
         where mall_id = $1 and channel = $2 and kind = any($3) and number = any($4) and state <> 'failed'",
        &args![mall_id, account_of(book), vec!["payment", "refund"], numbers],
    )?;
    for (kind, number, amount, at) in rows {
        let kind = kind_of(&kind)?;
        let status = if kind == BillKind::Payment { "paid" } else { "done" }.to_owned();
        let (payment_id, refund_id, order_id, by_hand) = (None, None, None, false);
        let line = Ours { kind, number: number.clone(), amount, status, payment_id, refund_id, order_id, by_hand, at };
        found.entry((kind, number)).or_insert(line);
    }
    Ok(())
}

/// Adds the transfers behind these numbers.
pub(super) fn transfers(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    book: &str,
    keys: &[Key],
    found: &mut HashMap<Key, Ours>,
) -> Result<()> {
    let ids: Vec<Id> =
        of_kind(keys, BillKind::Transfer).filter_map(|number| number.strip_prefix('T')?.parse().ok()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows: Vec<(Id, Fen, String, Option<Instant>)> = tx.all(
        "select id, amount_fen, status, finished_at from transfer where mall_id = $1 and id = any($2) and channel = $3",
        &args![mall_id, ids, account_of(book)],
    )?;
    for (id, amount, status, at) in rows {
        let (kind, number) = (BillKind::Transfer, format!("T{id}"));
        let (payment_id, refund_id, order_id, by_hand) = (None, None, None, false);
        let sent = Ours { kind, number: number.clone(), amount, status, payment_id, refund_id, order_id, by_hand, at };
        found.insert((kind, number), sent);
    }
    Ok(())
}

fn of_kind(keys: &[Key], kind: BillKind) -> impl Iterator<Item = &str> {
    keys.iter().filter(move |key| key.0 == kind).map(|key| key.1.as_str())
}

/// Looks through the fees that the bill of trades told of the day, from a number on; answers where to go on.
pub fn check_fees(tx: &mut Tx<'_>, ctx: &Ctx, book: &str, day: i64, after: &str) -> Result<Option<String>> {
    let rows: Vec<(String,)> = tx.all(
        "select distinct number from bill_line
         where mall_id = $1 and channel = $2 and day = $3 and number > $4 and fee_fen <> 0
         order by number
         limit $5",
        &args![ctx.mall_id, account_of(book), day, after, CHUNK],
    )?;
    let keys: Vec<Key> = rows.into_iter().map(|(number,)| (BillKind::Fee, number)).collect();
    compare(tx, ctx, book, day, &keys)?;
    let full = i64::try_from(keys.len()).unwrap_or(0) == CHUNK;
    Ok(keys.into_iter().next_back().filter(|_| full).map(|(_, number)| number))
}

/// Looks through our transfers that ended on the day, from an id on; answers where to go on.
pub fn check_transfers(tx: &mut Tx<'_>, ctx: &Ctx, book: &str, window: Window, after: Id) -> Result<Option<Id>> {
    let rows: Vec<(Id,)> = tx.all(
        "select id from transfer
         where mall_id = $1 and finished_at >= $2 and finished_at < $3 and finished_at is not null and channel = $4
           and id > $5
         order by id
         limit $6",
        &args![ctx.mall_id, window.from, window.to, account_of(book), after, CHUNK],
    )?;
    let keys: Vec<Key> = rows.iter().map(|(id,)| (BillKind::Transfer, format!("T{id}"))).collect();
    compare(tx, ctx, book, window.day, &keys)?;
    let full = i64::try_from(rows.len()).unwrap_or(0) == CHUNK;
    Ok(rows.last().filter(|_| full).map(|row| row.0))
}

/// Writes the sums of what only a book of funds tells.
pub(super) fn finish(tx: &mut Tx<'_>, ctx: &Ctx, book: &str, window: Window) -> Result<()> {
    let (mall_id, day, account) = (ctx.mall_id, window.day, account_of(book));
    let theirs: (i64, i64, i64, i64) = tx.one(
        "select cast(count(*) filter (where kind = 'transfer' and state <> 'failed') as bigint),
           cast(coalesce(sum(amount_fen) filter (where kind = 'transfer' and state <> 'failed'), 0) as bigint),
           cast(count(*) filter (where kind = 'other') as bigint),
           cast(coalesce(sum(amount_fen) filter (where kind = 'other'), 0) as bigint)
         from bill_line
         where mall_id = $1 and channel = $2 and day = $3",
        &args![mall_id, book, day],
    )?;
    let ours: (i64, i64) = tx.one(
        "select count(*), cast(coalesce(sum(amount_fen), 0) as bigint)
         from transfer
         where mall_id = $1 and finished_at >= $2 and finished_at < $3 and finished_at is not null and channel = $4
           and status = 'done'",
        &args![mall_id, window.from, window.to, account],
    )?;
    let (fee,): (i64,) = tx.one(
        "select cast(coalesce(sum(fee_fen), 0) as bigint) from bill_line
         where mall_id = $1 and channel = $2 and day = $3 and fee_fen <> 0 and state <> 'failed'",
        &args![mall_id, account, day],
    )?;
    tx.exec(
        "update bill_day
         set ours_transfers = $4, ours_transferred_fen = $5, theirs_transfers = $6, theirs_transferred_fen = $7,
             ours_fee_fen = $8, others = $9, other_fen = $10
         where mall_id = $1 and channel = $2 and day = $3",
        &args![mall_id, book, day, ours.0, ours.1, theirs.0, theirs.1, fee, theirs.2, theirs.3],
    )?;
    Ok(())
}
