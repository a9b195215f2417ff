//! Pickup at a store: a time that is booked, a code under which goods are handed over, piece by piece until nothing is left.
//! Owns `pickup`, `pickup_rule`, `pickup_slot` and `pickup_booking`.
//!
//! Promises: no piece is handed over twice — the counters of the lines are guarded by the database's checks, and every
//! hand-over names how much had been handed over before it, so of two clerks at the same instant one is told to look again.

mod slot;
mod waiting;

pub use slot::{Booking, PickupRule, book, booking, no_booking, rebook, rule, save_rule, slots};
pub use waiting::{WaitingPickup, call, close, mark_reminded, to_remind, uncollected, waiting};

use crate::redemption::Piece;
use db::{Tx, args};
use kernel::{Error, Id, Instant, MallId, Result};
use platform::{Ctx, seal};

/// A pickup's row.
#[derive(Debug, Clone)]
pub struct Pickup {
    pub order_id: Id,
    pub store_id: Id,
    pub code: String,
    pub ready_at: Option<Instant>,
    /// When the last piece was handed over.
    pub redeemed_at: Option<Instant>,
    /// Pieces that are with the member.
    pub handed: i64,
}

db::row!(Pickup { order_id, store_id, code, ready_at, redeemed_at, handed });

const COLUMNS: &str = "order_id, store_id, code, ready_at, redeemed_at, handed_quantity";

/// Digits of a code: 10^12 possibilities against guessing, short enough to type.
const CODE_DIGITS: usize = 12;

/// Gives a paid order its code.
pub fn issue(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, store_id: Id) -> Result<()> {
    let wanted_at = booking(tx, ctx.mall_id, order_id)?.map_or(ctx.now, |booking| booking.starts_at);
    for _ in 0..5 {
        let issued = tx.exec(
            "insert into pickup (mall_id, order_id, store_id, code, wanted_at)
             values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            &args![ctx.mall_id, order_id, store_id, seal::random_digits(CODE_DIGITS), wanted_at],
        )?;
        if issued == 1 || of_order(tx, ctx.mall_id, order_id)?.is_some() {
            return Ok(());
        }
    }
    Err(Error::internal("five pickup codes in a row were taken"))
}

/// The pickup of an order.
pub fn of_order(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id) -> Result<Option<Pickup>> {
    tx.opt(&format!("select {COLUMNS} from pickup where mall_id = $1 and order_id = $2"), &args![mall_id, order_id])
}

/// The pickup a signed code names; `pickup.code_unknown` (404).
pub fn of_pass(tx: &mut Tx<'_>, mall_id: MallId, order_id: Id, store_id: Id) -> Result<Pickup> {
    let found = of_order(tx, mall_id, order_id)?.filter(|pickup| pickup.store_id == store_id);
    found.ok_or_else(unknown)
}

/// The pickup of a code as typed: blanks and dashes do not matter.
pub fn by_code(tx: &mut Tx<'_>, mall_id: MallId, typed: &str) -> Result<Pickup> {
    let code: String = typed.chars().filter(char::is_ascii_digit).collect();
    let found = if code.len() == CODE_DIGITS {
        tx.opt(&format!("select {COLUMNS} from pickup where mall_id = $1 and code = $2"), &args![mall_id, code])?
    } else {
        None
    };
    found.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("pickup.code_unknown", "没有这个取货码，请核对数字")
}

/// Marks the goods as laid out for the member.
pub fn mark_ready(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let marked = tx.exec(
        "update pickup set ready_at = $3
         where mall_id = $1 and order_id = $2 and ready_at is null and redeemed_at is null",
        &args![ctx.mall_id, order_id, ctx.now],
    )?;
    if marked == 1 {
        Ok(())
    } else {
        Err(Error::conflict("pickup.not_waiting", "这个订单已经备好货或已取走"))
    }
}

/// The refusal when nothing is left to hand over.
pub fn already_redeemed() -> Error {
    Error::conflict("pickup.already_redeemed", "这个取货码已经核销过了")
}

/// Hands pieces over; `pickup` is what the clerk saw. `redemption.too_many`, `redemption.moved` (409).
pub fn hand_over(tx: &mut Tx<'_>, ctx: &Ctx, pickup: &Pickup, pieces: &[Piece]) -> Result<()> {
    for piece in pieces {
        let handed = tx.exec(
            "update order_line
             set shipped_quantity = shipped_quantity + $4
             where mall_id = $1 and order_id = $2 and id = $3
               and shipped_quantity + $4 + unsent_quantity + withheld_quantity <= quantity",
            &args![ctx.mall_id, pickup.order_id, piece.line_id, piece.quantity],
        )?;
        if handed == 0 {
            return Err(Error::conflict("redemption.too_many", "交付的数量超过了还没取的数量，请重新查询"));
        }
    }
    let more: i64 = pieces.iter().map(|piece| piece.quantity).sum();
    let moved = tx.exec(
        "update pickup set handed_quantity = handed_quantity + $3
         where mall_id = $1 and order_id = $2 and handed_quantity = $4 and redeemed_at is null",
        &args![ctx.mall_id, pickup.order_id, more, pickup.handed],
    )?;
    if moved == 1 { Ok(()) } else { Err(moved_meanwhile()) }
}

/// The refusal when somebody else handed over meanwhile.
pub fn moved_meanwhile() -> Error {
    Error::conflict("redemption.moved", "刚刚有人交付了一部分，请重新查询后再交付")
}

/// Nothing is left to hand over.
pub fn finish(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    tx.exec(
        "update pickup set redeemed_at = $3, redeemed_by = $4
         where mall_id = $1 and order_id = $2 and redeemed_at is null",
        &args![ctx.mall_id, order_id, ctx.now, ctx.actor.id()],
    )?;
    Ok(())
}

/// Takes pieces back that were handed over. `redemption.in_use` (409) when they were reviewed, or are in an after-sale.
pub fn take_back(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, pieces: &[Piece]) -> Result<()> {
    for piece in pieces {
        let back = tx.exec(
            "update order_line
             set shipped_quantity = shipped_quantity - $4
             where mall_id = $1 and order_id = $2 and id = $3 and reviewed_at is null
               and shipped_quantity - $4 >= (refunded_quantity - unsent_quantity) + (claimed_quantity - withheld_quantity)",
            &args![ctx.mall_id, order_id, piece.line_id, piece.quantity],
        )?;
        if back == 0 {
            return Err(Error::conflict("redemption.in_use", "这些商品已经评价或申请了售后，不能撤销"));
        }
    }
    let less: i64 = pieces.iter().map(|piece| piece.quantity).sum();
    let moved = tx.exec(
        "update pickup set handed_quantity = handed_quantity - $3, redeemed_at = null, redeemed_by = null
         where mall_id = $1 and order_id = $2 and handed_quantity >= $3",
        &args![ctx.mall_id, order_id, less],
    )?;
    if moved == 1 { Ok(()) } else { Err(Error::internal("a redemption knows pieces its pickup does not")) }
}
