//! Pickup at a store: a code that is turned into handed-over goods once. Owns `pickup`.
//! Two clerks who redeem the same code at the same instant: the guarded update lets one through.

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
    pub redeemed_at: Option<Instant>,
}

db::row!(Pickup { order_id, store_id, code, ready_at, redeemed_at });

const COLUMNS: &str = "order_id, store_id, code, ready_at, redeemed_at";

/// Digits of a code: 10^12 possibilities against guessing, short enough to type.
const CODE_DIGITS: usize = 12;

/// Gives a paid order its code.
pub fn issue(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id, store_id: Id) -> Result<()> {
    for _ in 0..5 {
        let issued = tx.exec(
            "insert into pickup (mall_id, order_id, store_id, code)
             values ($1, $2, $3, $4)
             on conflict do nothing",
            &args![ctx.mall_id, order_id, store_id, seal::random_digits(CODE_DIGITS)],
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

/// The pickup of a code as typed: blanks and dashes do not matter.
pub fn by_code(tx: &mut Tx<'_>, mall_id: MallId, typed: &str) -> Result<Pickup> {
    let code: String = typed.chars().filter(char::is_ascii_digit).collect();
    let found = if code.len() == CODE_DIGITS {
        tx.opt(&format!("select {COLUMNS} from pickup where mall_id = $1 and code = $2"), &args![mall_id, code])?
    } else {
        None
    };
    found.ok_or_else(|| Error::not_found("pickup.code_unknown", "没有这个取货码，请核对数字"))
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

/// Turns the code into handed-over goods, once. `pickup.already_redeemed` (409) for the second clerk.
pub fn redeem(tx: &mut Tx<'_>, ctx: &Ctx, order_id: Id) -> Result<()> {
    let redeemed = tx.exec(
        "update pickup set redeemed_at = $3, redeemed_by = $4
         where mall_id = $1 and order_id = $2 and redeemed_at is null",
        &args![ctx.mall_id, order_id, ctx.now, ctx.actor.id()],
    )?;
    if redeemed == 1 {
        Ok(())
    } else {
        Err(Error::conflict("pickup.already_redeemed", "这个取货码已经核销过了"))
    }
}
