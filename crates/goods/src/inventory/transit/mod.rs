//! Transfers between places with goods on their way: a sheet is written, sent, and received, in one go or in several.
//! Owns `stock_transfer` and `stock_transfer_line`.
//!
//! Promise: no piece appears or vanishes. What leaves the sender's shelf is under way until it is told of as received
//! (it lies at the receiver), not sent (it lies at the sender again), or lost or damaged (written off, with its reason on
//! the line). What orders hold cannot leave. See docs/adr/0090.
//!
//! ```text
//! draft ── send ──▶ sent ── receive, until nothing is under way ──▶ received
//!   └── cancel ─▶ cancelled
//! ```

mod admin;
mod go;
mod line;
#[cfg(test)]
mod tests;

pub(super) use admin::routes;
pub use go::{DifferenceReason, ReceivedLine, TransferReceipt, receive, send};

use super::scope;
use crate::store;
use db::{Arg, Tx, args, row};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lines of one sheet.
const MOST_LINES: usize = 200;
/// Pieces of one line; as in the table's check.
const MOST_PIECES: i64 = 1_000_000;

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Being written; nothing has moved.
    Draft,
    /// Off the sender's shelf, some of it still under way.
    Sent,
    /// Every piece has been told of.
    Received,
    Cancelled,
}

impl TransferState {
    const ALL: [TransferState; 4] =
        [TransferState::Draft, TransferState::Sent, TransferState::Received, TransferState::Cancelled];

    const fn as_str(self) -> &'static str {
        match self {
            TransferState::Draft => "draft",
            TransferState::Sent => "sent",
            TransferState::Received => "received",
            TransferState::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let known = TransferState::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| Error::internal(format_args!("unknown state of a transfer: {text}")))
    }

    const fn words(self) -> &'static str {
        match self {
            TransferState::Draft => "还没有发出",
            TransferState::Sent => "已经发出",
            TransferState::Received => "已经收完",
            TransferState::Cancelled => "已经作废",
        }
    }
}

/// Pieces of a SKU to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransferPieces {
    pub sku_id: Id,
    #[schema(minimum = 1)]
    pub quantity: i64,
}

/// What staff write on a transfer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewTransferSheet {
    pub from_location_id: Id,
    /// Another place of the same shop.
    pub to_location_id: Id,
    /// 1–200, each SKU once.
    pub lines: Vec<TransferPieces>,
    /// At most 100 characters.
    pub note: Option<String>,
}

/// A transfer as stored.
#[derive(Debug, Clone)]
pub(super) struct TransferRow {
    id: Id,
    from_location_id: Id,
    from_name: String,
    to_location_id: Id,
    to_name: String,
    state: String,
    note: Option<String>,
    line_count: i64,
    quantity: i64,
    received: i64,
    returned: i64,
    lost: i64,
    staff_name: Option<String>,
    created_at: Instant,
    sent_at: Option<Instant>,
    ended_at: Option<Instant>,
}
row!(TransferRow {
    id,
    from_location_id,
    from_name,
    to_location_id,
    to_name,
    state,
    note,
    line_count,
    quantity,
    received,
    returned,
    lost,
    staff_name,
    created_at,
    sent_at,
    ended_at
});

const TRANSFER: &str = "select t.id, t.from_location_id, a.name, t.to_location_id, b.name, t.state, t.note,
   t.line_count, t.quantity, t.received, t.returned, t.lost, s.name, t.created_at, t.sent_at, t.ended_at
 from stock_transfer t
 join location a on a.mall_id = t.mall_id and a.id = t.from_location_id
 join location b on b.mall_id = t.mall_id and b.id = t.to_location_id
 left join staff s on s.mall_id = t.mall_id and s.id = t.staff_id";

fn not_found() -> Error {
    Error::not_found("stock_transfer.not_found", "没有找到这张调拨单")
}

/// A transfer; `stock_transfer.not_found` (404).
fn find(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<TransferRow> {
    tx.opt(&format!("{TRANSFER} where t.mall_id = $1 and t.id = $2"), &args![mall_id, id])?.ok_or_else(not_found)
}

/// Who may act on a transfer, and between which places it goes.
#[derive(Debug, Clone, Copy)]
struct Locked {
    from: Id,
    to: Id,
}

/// The places of a transfer that is in a state, locked.
///
/// # Errors
/// `stock_transfer.not_found` (404), `stock_transfer.wrong_state` (409).
fn lock(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, allowed: TransferState) -> Result<Locked> {
    let found: Option<(Id, Id, String)> = tx.opt(
        "select from_location_id, to_location_id, state from stock_transfer where mall_id = $1 and id = $2 for update",
        &args![ctx.mall_id, id],
    )?;
    let (from, to, state) = found.ok_or_else(not_found)?;
    let state = TransferState::parse(&state)?;
    if state == allowed {
        return Ok(Locked { from, to });
    }
    Err(Error::conflict("stock_transfer.wrong_state", format!("这张调拨单{}，请刷新后再操作", state.words())))
}

impl NewTransferSheet {
    fn checked_note(&self) -> Result<Option<&str>> {
        let note = self.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        if note.is_some_and(|note| note.chars().count() > 100) {
            return Err(Error::field("note", "备注最长 100 个字"));
        }
        Ok(note)
    }

    fn check(&self) -> Result<()> {
        if !(1..=MOST_LINES).contains(&self.lines.len()) {
            return Err(Error::field("lines", format!("一张调拨单要有 1 到 {MOST_LINES} 行")));
        }
        if self.lines.iter().any(|line| !(1..=MOST_PIECES).contains(&line.quantity)) {
            return Err(Error::field("lines", "每一行的数量要在 1 以上"));
        }
        let mut skus: Vec<Id> = self.lines.iter().map(|line| line.sku_id).collect();
        skus.sort_unstable();
        if skus.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::field("lines", "同一个规格写了两次"));
        }
        Ok(())
    }
}

/// Writes a transfer of which nothing has moved yet; answers its id. A clerk of a store writes those from or to it:
/// `by_store` is the store of who asks.
///
/// # Errors
/// `location.not_found`, `inventory.no_such_sku` (404), `stock_transfer.same_place`, `stock_transfer.other_shop` (409),
/// `inventory.other_store` (403).
pub fn open(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, new: &NewTransferSheet) -> Result<Id> {
    new.check()?;
    check_places(tx, ctx, by_store, new)?;
    let id = ctx.id();
    tx.exec(
        "insert into stock_transfer (id, mall_id, from_location_id, to_location_id, state, note, staff_id, created_at)
         values ($1, $2, $3, $4, 'draft', $5, $6, $7)",
        &args![id, ctx.mall_id, new.from_location_id, new.to_location_id, new.checked_note()?, ctx.actor.id(), ctx.now],
    )?;
    write_lines(tx, ctx, id, new)?;
    Ok(id)
}

/// Writes a draft anew.
///
/// # Errors
/// As [`open`], and `stock_transfer.wrong_state` (409) once it was sent.
pub fn rewrite(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, id: Id, new: &NewTransferSheet) -> Result<()> {
    new.check()?;
    let locked = lock(tx, ctx, id, TransferState::Draft)?;
    within_either(tx, ctx, by_store, locked)?;
    check_places(tx, ctx, by_store, new)?;
    tx.exec(
        "update stock_transfer set from_location_id = $3, to_location_id = $4, note = $5 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, new.from_location_id, new.to_location_id, new.checked_note()?],
    )?;
    tx.exec("delete from stock_transfer_line where mall_id = $1 and stock_transfer_id = $2", &args![ctx.mall_id, id])?;
    write_lines(tx, ctx, id, new)
}

/// Gives a draft up.
///
/// # Errors
/// `stock_transfer.wrong_state` (409) once it was sent: what is under way is received, or told of as not sent.
pub fn cancel(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, id: Id) -> Result<()> {
    let locked = lock(tx, ctx, id, TransferState::Draft)?;
    within_either(tx, ctx, by_store, locked)?;
    tx.exec(
        "update stock_transfer set state = 'cancelled', ended_at = $3 where mall_id = $1 and id = $2",
        &args![ctx.mall_id, id, ctx.now],
    )?;
    Ok(())
}

/// A clerk of a store touches what goes from or to it.
fn within_either(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, places: Locked) -> Result<()> {
    match scope::own_place(tx, ctx.mall_id, by_store)? {
        Some(own) if own != places.from && own != places.to => Err(scope::other_store()),
        _ => Ok(()),
    }
}

fn check_places(tx: &mut Tx<'_>, ctx: &Ctx, by_store: Option<Id>, new: &NewTransferSheet) -> Result<()> {
    let (from, to) = (new.from_location_id, new.to_location_id);
    if from == to {
        return Err(Error::conflict("stock_transfer.same_place", "调出和调入要是两个不同的地方").at("to_location_id"));
    }
    let sender = store::find_location(tx, ctx.mall_id, from)?;
    let receiver = store::find_location(tx, ctx.mall_id, to)?;
    if sender.shop_id != receiver.shop_id {
        return Err(
            Error::conflict("stock_transfer.other_shop", "只能在同一家店铺的仓库和门店之间调拨").at("to_location_id")
        );
    }
    within_either(tx, ctx, by_store, Locked { from, to })?;
    let ids: Vec<Id> = new.lines.iter().map(|line| line.sku_id).collect();
    let (known,): (i64,) = tx.one(
        "select count(*)
         from sku k
         join product p on p.mall_id = k.mall_id and p.id = k.product_id
         where k.mall_id = $1 and k.id = any($2) and k.deleted_at is null and p.shop_id = $3",
        &args![ctx.mall_id, &ids, sender.shop_id],
    )?;
    if usize::try_from(known).ok() != Some(ids.len()) {
        return Err(Error::not_found("inventory.no_such_sku", "有一行的规格不在这家店铺里，请刷新后重选"));
    }
    Ok(())
}

fn write_lines(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, new: &NewTransferSheet) -> Result<()> {
    let rows: Vec<Vec<Arg>> = new
        .lines
        .iter()
        .map(|line| Vec::from(args![ctx.mall_id, id, line.sku_id, new.to_location_id, line.quantity]))
        .collect();
    tx.insert_many(
        "insert into stock_transfer_line (mall_id, stock_transfer_id, sku_id, to_location_id, quantity) values",
        "",
        &rows,
    )?;
    refresh(tx, ctx, &[id])
}

/// Brings the sums of transfers in line with their lines.
fn refresh(tx: &mut Tx<'_>, ctx: &Ctx, ids: &[Id]) -> Result<()> {
    tx.exec(
        "with truth as (
           select t.id, count(n.sku_id) as line_count, cast(coalesce(sum(n.quantity), 0) as bigint) as quantity,
             cast(coalesce(sum(n.received), 0) as bigint) as received,
             cast(coalesce(sum(n.returned), 0) as bigint) as returned,
             cast(coalesce(sum(n.lost), 0) as bigint) as lost
           from stock_transfer t
           left join stock_transfer_line n on n.mall_id = t.mall_id and n.stock_transfer_id = t.id
           where t.mall_id = $1 and t.id = any($2)
           group by t.id
         )
         update stock_transfer
         set line_count = truth.line_count, quantity = truth.quantity, received = truth.received,
           returned = truth.returned, lost = truth.lost
         from truth
         where stock_transfer.mall_id = $1 and stock_transfer.id = truth.id",
        &args![ctx.mall_id, ids],
    )?;
    Ok(())
}

/// Takes products that are erased for good off every transfer.
pub(crate) fn forget(tx: &mut Tx<'_>, ctx: &Ctx, product_ids: &[Id]) -> Result<()> {
    let touched: Vec<Id> = tx.all(
        "delete from stock_transfer_line
         where mall_id = $1 and sku_id in (select id from sku where mall_id = $1 and product_id = any($2))
         returning stock_transfer_id",
        &args![ctx.mall_id, product_ids],
    )?;
    if touched.is_empty() { Ok(()) } else { refresh(tx, ctx, &touched) }
}
